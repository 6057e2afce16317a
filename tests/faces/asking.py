"""Asking the public contract in tests."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

QUOTES, RATES, SPLITS = "/api/v1/quotes", "/api/v1/rates", "/api/v1/fair-splits"
CHECKS, WINDOWS = "/api/v1/conduct-checks", "/api/v1/contact-windows"
SCAMS = "/api/v1/scam-checks"

QUOTE: dict[str, Any] = {
    "currency": "CNY",
    "principal": "12000.00",
    "annual_rate": "0.18",
    "method": "equal_instalment",
    "periods": 12,
    "start": "2027-01-15",
    "first_due": "2027-02-15",
}
RATE: dict[str, Any] = {
    "convention": "us_actuarial",
    "advances": [{"on": "1978-01-10", "amount": "5000"}],
    "payments": [{"on": "1978-02-10", "amount": "230", "count": 24, "every": "month"}],
}
SPLIT: dict[str, Any] = {
    "currency": "GBP",
    "available": "160.00",
    "rule": "balance",
    "claims": [
        {"id": "a", "balance": "4550.00"},
        {"id": "b", "balance": "6700.00"},
        {"id": "c", "balance": "1200.00"},
    ],
}
SCAM: dict[str, Any] = {"text": "您好！先交3000元服务费，保证停息。", "language": "zh-hans"}
CONTACT: dict[str, Any] = {
    "id": "c1",
    "at": "2027-04-01T10:00:00-04:00",
    "channel": "call",
    "direction": "outbound",
    "initiated_by": "creditor",
    "party": "borrower",
    "outcome": "unanswered",
    "debts": ["M"],
    "number": "n1",
    "by": "agency-x",
    "purpose": "demand",
    "traits": [],
}
CHECK: dict[str, Any] = {
    "jurisdiction": "US",
    "lender_type": "debt_collector",
    "person": {
        "timezones": ["America/New_York"],
        "facts": [{"kind": "opt_out", "channel": "call", "from": "2027-04-01T09:00:00-04:00"}],
    },
    "contacts": [CONTACT],
}
WINDOW: dict[str, Any] = CHECK | {
    "person": {"timezones": ["America/New_York"], "facts": []},
    "proposed": {"at": "2027-04-02T10:00:00-04:00", "channel": "call", "debt": "M", "purpose": "demand"},
}


def ask(address: str, body: Any, language: str = "", **more: Any) -> HttpResponse:
    """POST a body (JSON, or text and bytes as they are) without any cookie."""
    sent = body if isinstance(body, str | bytes) else json.dumps(body)
    headers = {"accept-language": language} if language else {}
    return Client().post(address, sent, content_type="application/json", headers=headers, **more)


def answer(address: str, body: Any) -> Any:
    response = ask(address, body)
    assert response.status_code == 200, response.content
    return response.json()


def pointers(address: str, body: Any, status: int = 422) -> list[str]:
    """The places a refusal names."""
    response = ask(address, body)
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert problem["status"] == status
    assert all(error["message"] for error in problem["errors"])
    return [error["pointer"] for error in problem["errors"]]
