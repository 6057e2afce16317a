"""The lender API as a part of the OpenAPI 3.1 document: five addresses behind a lender's key."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.domain import claim_lines
from cases.models.lender_tokens import Scope
from portal.api.lender import MOST_A_PAGE, MOST_LINES, Word
from portal.api.lender_desk import LENDER_KINDS
from portal.api.problems import MEDIA_TYPE
from repayment.domain import paid_lines
from repayment.models import Offer

Schema = dict[str, Any]

SCHEME: Schema = {
    "type": "http",
    "scheme": "bearer",
    "description": _(
        "A key of one lender, with scopes: made by its administrator, shown once, revocable, dated."
    ),
}
_AMOUNT = {"type": "string", "pattern": r"^\d{1,13}(\.\d{1,2})?$"}
_DAY = {"type": "string", "format": "date"}
_REF = {"type": "string", "maxLength": 16}
_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "description": _(
        "New for each new request. The same key and body again: the first answer, with “Idempotency-Replayed”. Another "
        "body: 409. While the first still runs: 409 with “Retry-After”. A refused request leaves its key free."
    ),
}


def _text(most: int) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": most}


def _object(properties: Schema, required: tuple[str, ...]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


def _lines(name: str, of: Schema) -> Schema:
    listed = {"type": "array", "minItems": 1, "maxItems": MOST_LINES, "items": of}
    return _object({name: listed}, (name,))


_CLAIM = _object(
    {
        "case": {**_REF, "description": _("As your proposals name it.")},
        "account": {
            **_text(claim_lines.LONGEST_ACCOUNT),
            "description": _("Your own number of the account."),
        },
        "debt": {**_REF, "description": _("The borrower’s entry it speaks of, as your proposals name it.")},
        "kind": {"type": "string", "enum": [str(kind) for kind in claim_lines.Kind]},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "principal": _AMOUNT,
        "interest": {**_AMOUNT, "default": "0"},
        "fees": {**_AMOUNT, "default": "0"},
        "annual_rate": {"type": "string", "pattern": r"^\d(\.\d{1,8})?$"},
        "days_overdue": {"type": "integer", "minimum": 0, "maximum": 20_000},
        "as_of": {**_DAY, "description": _("The day on which these figures are true.")},
    },
    claim_lines.REQUIRED,
)
_PAID = _object(
    {
        "plan": {**_REF, "description": _("The agreement, as the answer to your yes or the event named it.")},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "amount": _AMOUNT,
        "on": {**_DAY, "description": _("The day on which the money was paid; it decides the order.")},
        "reference": {
            **_text(paid_lines.LONGEST_REFERENCE),
            "description": _("Your number of the transfer. The same number again is the same payment."),
        },
        "another": {
            "type": "boolean",
            "default": False,
            "description": _("You have looked: it is not the confirmed payment that looks the same."),
        },
    },
    paid_lines.REQUIRED,
)
_ANSWER = _object(
    {
        "answer": {"type": "string", "enum": [str(word) for word in Word]},
        "terms": {
            "type": "object",
            "description": _(
                "With “counter”: the whole term sheet, in the form in which the proposal has it."
            ),
        },
        "reason": {"type": "string", "maxLength": 300, "description": _("The borrower reads it.")},
        "note": {
            "type": "string",
            "maxLength": 300,
            "description": _("For the second person, where one is needed."),
        },
    },
    ("answer",),
)


def _said(description: Any, properties: Schema) -> Schema:
    schema = {"type": "object", "properties": properties}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _refusals(*statuses: int) -> Schema:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {str(status): {"description": LENDER_KINDS[status][1], "content": content} for status in statuses}


def _posted(name: str, scope: str, summary: Any, body: Schema, said: Schema, **more: Any) -> Schema:
    return {
        "post": {
            "operationId": name,
            "summary": summary,
            "security": [{"lenderKey": [scope]}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {**said, **_refusals(400, 401, 403, 404, 409, 413, 415, 422, 429)},
            **more,
        }
    }


def _read(name: str, scope: str, summary: Any, said: Schema, *parameters: Schema) -> Schema:
    limit = {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST_A_PAGE},
    }
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "security": [{"lenderKey": [scope]}],
            "parameters": [*parameters, limit],
            "responses": {"200": said, **_refusals(401, 403, 404, 422, 429)},
        }
    }


_AFTER = {"name": "after", "in": "query", "schema": {"type": "string"}}
_STATE = {
    "name": "state",
    "in": "query",
    "schema": {"type": "string", "enum": [str(s) for s in Offer.State.values]},
}
_LIST = {"type": "array", "items": {"type": "object"}}

PATHS: Schema = {
    "/api/v1/lender/debts": _posted(
        "lender-debts",
        Scope.DEBTS,
        _("What you say is owed. The borrower sees it beside the own record, which stays as it is."),
        _lines("debts", _CLAIM),
        {"201": _said(_("All lines were taken over, or were known."), {"debts": _LIST})},
        parameters=[{**_KEY, "required": True}],
    ),
    "/api/v1/lender/payments": _posted(
        "lender-payments",
        Scope.PAYMENTS,
        _("What arrived, all lines or none. A borrower’s note that fits is confirmed by it."),
        _lines("payments", _PAID),
        {"201": _said(_("All lines were taken over, or were known."), {"payments": _LIST})},
        parameters=[{**_KEY, "required": True}],
    ),
    "/api/v1/lender/offers": _read(
        "lender-offers",
        Scope.OFFERS,
        _("Term sheets between you and borrowers who show you their part, the oldest first."),
        _said(_("A page; “next” is the “after” of the following one, or null."), {"offers": _LIST}),
        _STATE,
        _AFTER,
    ),
    "/api/v1/lender/offers/{ref}/answer": _posted(
        "lender-answer",
        Scope.ANSWER,
        _("Accept, counter or decline, within your policy and as far as an officer may go."),
        _ANSWER,
        {
            "200": _said(_("Answered."), {"state": {"type": "string"}}),
            "202": _said(_("It waits for a second person."), {"approval": _REF}),
        },
        parameters=[{"name": "ref", "in": "path", "required": True, "schema": _REF}, _KEY],
    ),
    "/api/v1/lender/events": _read(
        "lender-events",
        Scope.EVENTS,
        _("What happened, in the order of the sealed record: read on from “next” and nothing is missed."),
        _said(_("A page; “more” says whether another one is there already."), {"events": _LIST}),
        _AFTER,
    ),
}


def listed() -> list[tuple[str, Any]]:
    """(method and address, what it is for) of each, for the page for people."""
    return [
        (f"{verb.upper()} {path}", said["summary"])
        for path, verbs in PATHS.items()
        for verb, said in verbs.items()
    ]
