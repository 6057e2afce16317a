"""A lender's program in tests: `a_key(lender)` is its key, `ask_as(key, …)` asks the lender API."""

import itertools
import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from cases.actions import lender_tokens
from cases.models import Lender, LenderToken, User
from tests import builders

DEBTS, PAYMENTS = "/api/v1/lender/debts", "/api/v1/lender/payments"
OFFERS, EVENTS = "/api/v1/lender/offers", "/api/v1/lender/events"
_keys = itertools.count(1)


def a_key(lender: Lender, *scopes: str, by: User | None = None) -> str:
    """The secret of a new key; without scopes it may do everything."""
    return lender_tokens.make(
        by=by, lender=lender, label="账务系统", scopes=scopes or LenderToken.Scope.values
    )[1]


def a_token() -> LenderToken:
    """A key of some lender."""
    return lender_tokens.make(by=None, lender=builders.a_lender(), label="账务系统", scopes=["offers"])[0]


def read_as(secret: str, address: str, **query: Any) -> HttpResponse:
    return Client().get(address, query, headers={"Authorization": f"Bearer {secret}"})


def ask_as(secret: str, address: str, body: Any, *, key: str | None = None, **headers: str) -> HttpResponse:
    """POST under a fresh `Idempotency-Key`, or under this one; an empty one is left out."""
    key = f"k-{next(_keys)}" if key is None else key
    sent = {"Authorization": f"Bearer {secret}", **({"Idempotency-Key": key} if key else {}), **headers}
    content = body if isinstance(body, str) else json.dumps(body)
    return Client().post(address, content, content_type="application/json", headers=sent)
