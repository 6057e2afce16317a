"""The public contract as an OpenAPI 3.1 document, and as the tables of the page for people.

Descriptions are in the reader's language; names, patterns and limits are the contract's. The examples are asked of
the calculators themselves, so an example cannot go stale.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cases.domain import wire
from portal.api import openapi_conduct, openapi_lender, scam
from portal.api.calculators import quote, rate, share
from portal.api.conduct import check, window
from portal.api.desk import LARGEST_BODY, Calculator
from portal.api.problems import KINDS, MEDIA_TYPE
from repayment.domain import cost, fair_split
from repayment.domain.terms import MAX_ROWS, Arrears, Method, Treatment

Schema = dict[str, Any]

_AMOUNT = r"^\d{1,13}(\.\d{1,2})?$"


def _choices(kind: Any, description: Any, **more: Any) -> Schema:
    return {"type": "string", "enum": [str(member) for member in kind], "description": description, **more}


def _amount(description: Any, **more: Any) -> Schema:
    return {"type": "string", "pattern": _AMOUNT, "description": description, **more}


def _day(description: Any) -> Schema:
    return {"type": "string", "format": "date", "description": description}


def _whole(description: Any, least: int, most: int | None = None, **more: Any) -> Schema:
    limits = {"minimum": least} if most is None else {"minimum": least, "maximum": most}
    return {"type": "integer", **limits, "description": description, **more}


def _object(properties: Schema, required: tuple[str, ...] = (), **more: Any) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
        **more,
    }


def _list(of: Schema, most: int, description: Any) -> Schema:
    return {"type": "array", "maxItems": most, "items": of, "description": description}


_CURRENCY = {
    "type": "string",
    "pattern": "^[A-Z]{3}$",
    "description": _("ISO 4217 code of a currency with no or two decimals."),
}

QUOTE = _object(
    {
        "currency": _CURRENCY,
        "principal": _amount(_("What is owed without overdue interest and fees.")),
        "interest": _amount(_("Overdue interest already claimed."), default="0"),
        "fees": _amount(_("Overdue fees already claimed. Fees never bear interest."), default="0"),
        "annual_rate": {
            "type": "string",
            "pattern": r"^\d(\.\d{1,8})?$",
            "default": "0",
            "description": _("The yearly rate as a fraction: “0.18” is 18 %."),
        },
        "method": _choices(Method, _("The kind of plan. Interest-free ignores the yearly rate.")),
        "periods": _whole(_("Monthly payments; every method except a fixed amount needs it."), 1, MAX_ROWS),
        "amount": _amount(_("The payment of a fixed-amount plan; no other method takes it.")),
        "start": _day(_("The day the plan begins; it must be before the first due date.")),
        "first_due": _day(_("The first due date; it sets the day of every month.")),
        "arrears": _choices(
            Arrears,
            _(
                "Where overdue interest goes: into the first payment, over all of them, or into the principal."
            ),
            default="first",
        ),
        "deferral": _object(
            {
                "periods": _whole(_("Months without a payment before the first."), 1, MAX_ROWS),
                "treatment": _choices(Treatment, _("What happens to the interest of those months.")),
            },
            ("periods", "treatment"),
            description=_("A pause before the first payment."),
        ),
        "waive": _object(
            {
                "interest": _amount(_("Overdue interest that nobody will pay."), default="0"),
                "fees": _amount(_("Overdue fees that nobody will pay."), default="0"),
            },
            description=_("What is given up before anything is worked out."),
        ),
    },
    ("currency", "principal", "method", "start", "first_due"),
)

RATE = _object(
    {
        "convention": _choices(
            cost.Convention,
            _("US actuarial method (Regulation Z), EU/UK annual rate, or China’s monthly internal rate."),
        ),
        "advances": _list(
            _object(
                {"on": _day(_("The day of the advance.")), "amount": _amount(_("What is received."))},
                ("on", "amount"),
            ),
            cost.MAX_PAYMENTS,
            _("Money received."),
        ),
        "payments": _list(
            _object(
                {
                    "on": _day(_("The day of the first payment of the series.")),
                    "amount": _amount(_("What is paid each time.")),
                    "count": _whole(_("How many times."), 1, cost.MAX_PAYMENTS, default=1),
                    "every": _choices(cost.Every, _("How often."), default="once"),
                },
                ("on", "amount"),
            ),
            cost.MAX_PAYMENTS,
            _("Money paid; at most 6,000 payments when every series is spelt out."),
        ),
        "day_count": _choices(
            cost.DayCount, _("EU only: actual days by 365, or the standard year."), default="standard_year"
        ),
        "interval": _choices(
            cost.Interval, _("EU standard year only: what time is counted in."), default="month"
        ),
        "unit_period": _object(
            {
                "unit": _choices(cost.NamedUnit, _("The unit of time.")),
                "count": _whole(_("How many of them, at most one year."), 1, 365),
            },
            ("unit", "count"),
            description=_("US only: the unit-period. Left out, it follows from the payments."),
        ),
    },
    ("convention", "advances", "payments"),
)

SPLIT = _object(
    {
        "currency": _CURRENCY,
        "available": _amount(_("What there is to divide.")),
        "rule": _choices(
            fair_split.Rule,
            _("By balance, by contractual payment, equally, or the lowest priority number first."),
        ),
        "claims": _list(
            _object(
                {
                    "id": {
                        "type": "string",
                        "description": _("Your name for this claim; every one differs."),
                    },
                    "balance": _amount(_("What is owed in all.")),
                    "contractual": _amount(_("What the contract asks each month."), default="0"),
                    "priority": _whole(_("Needed when the lowest number comes first."), 1),
                },
                ("id", "balance"),
            ),
            fair_split.MAX_CLAIMS,
            _("What is owed to whom."),
        ),
    },
    ("currency", "available", "rule", "claims"),
)

_MONEY_OUT = {"type": "string"}
_ROW = dict.fromkeys(("principal", "interest", "arrears", "fees", "amount", "balance"), _MONEY_OUT)
QUOTED = {
    "type": "object",
    "required": ["instalments", "totals", "last_due", "terms_sha256"],
    "properties": {
        "instalments": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "number": {"type": "integer"},
                    "due": {"type": "string", "format": "date"},
                    **_ROW,
                },
            },
        },
        "totals": {
            "type": "object",
            "properties": dict.fromkeys(
                ("amount", "principal", "interest", "arrears", "fees", "waived"), _MONEY_OUT
            ),
        },
        "last_due": {"type": "string", "format": "date"},
        "terms_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    },
}
RATED = {
    "type": "object",
    "required": ["convention", "detail"],
    "properties": {
        "rate": {"type": "string", "description": _("Per cent a year, two decimals.")},
        "simple": {
            "type": "string",
            "description": _("China: twelve times the monthly rate, four decimals."),
        },
        "compound": {
            "type": "string",
            "description": _("China: the monthly rate compounded, four decimals."),
        },
        "convention": {"type": "string"},
        "detail": {"type": "object"},
    },
}
SHARED = {
    "type": "object",
    "required": ["shares", "total", "unallocated"],
    "properties": {
        "shares": {
            "type": "array",
            "items": {"type": "object", "properties": {"id": {"type": "string"}, "amount": _MONEY_OUT}},
        },
        "total": _MONEY_OUT,
        "unallocated": _MONEY_OUT,
    },
}
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One calculator of the contract."""

    path: str
    name: str
    title: Any
    text: Any
    request: Schema
    answer: Schema
    example: Mapping[str, Any]
    calculator: Calculator

    @property
    def example_body(self) -> str:
        return json.dumps(self.example, ensure_ascii=False, indent=2)

    @property
    def example_answer(self) -> str:
        return json.dumps(self.calculator(wire.Reader(self.example)), ensure_ascii=False, indent=2)

    @property
    def fields(self) -> Iterator[Mapping[str, Any]]:
        """Every field of the request for a table: path, what it is, whether it is needed, default."""
        return _fields(self.request, "")


ENDPOINTS = (
    Endpoint(
        path="/api/v1/quotes",
        name="quotes",
        title=_("What would a plan cost?"),
        text=_("Every payment to the cent, the totals, and the code that seals these terms."),
        request=QUOTE,
        answer=QUOTED,
        example={
            "currency": "CNY",
            "principal": "12000.00",
            "annual_rate": "0.18",
            "method": "equal_instalment",
            "periods": 3,
            "start": "2027-01-15",
            "first_due": "2027-02-15",
        },
        calculator=quote,
    ),
    Endpoint(
        path="/api/v1/rates",
        name="rates",
        title=_("What does it really cost a year?"),
        text=_("The yearly rate at which everything paid is worth everything received."),
        request=RATE,
        answer=RATED,
        example={
            "convention": "cn_irr",
            "advances": [{"on": "2027-01-15", "amount": "12000"}],
            "payments": [{"on": "2027-02-15", "amount": "1072", "count": 12, "every": "month"}],
        },
        calculator=rate,
    ),
    Endpoint(
        path="/api/v1/fair-splits",
        name="fair-splits",
        title=_("How is one budget divided fairly?"),
        text=_("Exact shares by one of four rules, rounded once, never above what is owed."),
        request=SPLIT,
        answer=SHARED,
        example={
            "currency": "GBP",
            "available": "160.00",
            "rule": "balance",
            "claims": [
                {"id": "a", "balance": "4550.00"},
                {"id": "b", "balance": "6700.00"},
                {"id": "c", "balance": "1200.00"},
            ],
        },
        calculator=share,
    ),
    Endpoint(
        path="/api/v1/conduct-checks",
        name="conduct-checks",
        title=_("Were these contacts allowed?"),
        text=_("Every contact of one creditor and all who act for it, judged by the rules of its own day."),
        request=openapi_conduct.CHECK,
        answer=openapi_conduct.CHECKED,
        example=openapi_conduct.CHECK_EXAMPLE,
        calculator=check,
    ),
    Endpoint(
        path="/api/v1/contact-windows",
        name="contact-windows",
        title=_("May this contact be made, and if not, when?"),
        text=_("One contact that has not been made yet, on top of those that have."),
        request=openapi_conduct.WINDOW,
        answer=openapi_conduct.WINDOWED,
        example=openapi_conduct.WINDOW_EXAMPLE,
        calculator=window,
    ),
    Endpoint(
        path="/api/v1/scam-checks",
        name="scam-checks",
        title=_("Which signs of a false debt helper does this text show?"),
        text=_("Signs only, each with its source and the words that show it; never a verdict on a person."),
        request=scam.REQUEST,
        answer=scam.ANSWER,
        example={"text": "先交3000元服务费，保证停息，加微信办理。", "language": "zh-hans"},
        calculator=scam.read,
    ),
)


def _fields(schema: Schema, above: str) -> Iterator[Mapping[str, Any]]:
    for name, inner in schema["properties"].items():
        path = f"{above}/{name}"
        yield {
            "path": path,
            "text": inner.get("description", ""),
            "choices": inner.get("enum", inner.get("items", {}).get("enum", [])),
            "needed": name in schema["required"],
            "default": inner.get("default"),
        }
        if inner["type"] == "object":
            yield from _fields(inner, path)
        elif inner["type"] == "array" and inner["items"]["type"] == "object":
            yield from _fields(inner["items"], f"{path}/0")


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document in the active language."""
    problem = {
        "description": "RFC 9457",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    plain: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Steady",
            "version": "1",
            "description": _(
                "Anyone may check our arithmetic: no account, no key, and nothing is kept. Amounts and rates are strings."
            ),
        },
        "servers": [{"url": settings.SITE_ADDRESS}],
        "paths": {
            endpoint.path: {
                "post": {
                    "operationId": endpoint.name,
                    "summary": endpoint.title,
                    "description": endpoint.text,
                    "security": [],
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {"schema": endpoint.request, "example": endpoint.example}
                        },
                    },
                    "responses": {
                        "200": {
                            "description": endpoint.text,
                            "content": {"application/json": {"schema": endpoint.answer}},
                        },
                        **{
                            str(status): {**problem, "description": title}
                            for status, (_kind, title) in KINDS.items()
                        },
                    },
                }
            }
            for endpoint in ENDPOINTS
        }
        | openapi_lender.PATHS,
        "components": {
            "schemas": {"Problem": PROBLEM},
            "securitySchemes": {"lenderKey": openapi_lender.SCHEME},
        },
    }
    words: dict[str, Any] = json.loads(json.dumps(plain, default=str))
    return words


# What the contract promises at least, also where this machine sets no limit.
LIMITS = {"body": LARGEST_BODY // 1024, "minute": 1_200}
