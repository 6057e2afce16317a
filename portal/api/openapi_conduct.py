"""The two endpoints about contacts, described for OpenAPI and for the tables of the page."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.domain import conduct_question as question
from cases.domain.conduct_windows import Answer
from cases.domain.facts import Trait
from cases.domain.person_facts import Weekday
from cases.domain.rulebook import Force, Kind, LenderType

Schema = dict[str, Any]


def _choices(kind: Any, description: Any, **more: Any) -> Schema:
    return {"type": "string", "enum": [str(member) for member in kind], "description": description, **more}


def _text(description: Any) -> Schema:
    return {"type": "string", "description": description}


def _instant(description: Any) -> Schema:
    return {"type": "string", "format": "date-time", "description": description}


def _clock(description: Any) -> Schema:
    return {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "description": description}


def _object(properties: Schema, required: tuple[str, ...] = (), **more: Any) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
        **more,
    }


def _list(of: Schema, description: Any, most: int | None = None, **more: Any) -> Schema:
    limit = {} if most is None else {"maxItems": most}
    return {"type": "array", **limit, "items": of, "description": description, **more}


_DEBT = _text(_("Your name for a debt."))
_FACT = _object(
    {
        "kind": _choices(question.FactKind, _("What the person said, or what is in force for them.")),
        "from": _instant(_("From this instant.")),
        "to": _instant(_("Up to this instant, not included; absent while it lasts.")),
        "channel": _choices(question.Channel, _("Opt-out: this channel. Consent to a channel: which one.")),
        "number": _text(_("Opt-out and contact refused: this number.")),
        "debts": _list(_DEBT, _("Moratorium, plan and dispute: these debts; absent, all of them.")),
        "scope": _choices(question.Scope, _("Consent: what it lifts.")),
        "before": _clock(_("Inconvenient: before this time of day.")),
        "after": _clock(_("Inconvenient: from this time of day.")),
        "days": _list(
            _choices(Weekday, _("A day of the week.")),
            _("Inconvenient: on these days; absent, on all."),
        ),
    },
    ("kind", "from"),
)
_CONTACT = _object(
    {
        "id": _text(_("Your name for this contact; every one differs.")),
        "at": _instant(_("When, with the offset from UTC. Fractions of a second are cut off.")),
        "channel": _choices(question.Channel, _("How. An AI’s call is a call in every rule.")),
        "direction": _choices(question.Direction, _("Inbound contacts are judged for traits only.")),
        "initiated_by": _choices(question.Initiator, _("For the record only.")),
        "party": _choices(question.Party, _("Who was contacted.")),
        "outcome": _choices(
            question.Outcome, _("How it ended; absent, “unanswered” for calls and “delivered” otherwise.")
        ),
        "debts": _list(_DEBT, _("Which debts it was about; absent or empty, one unnamed debt.")),
        "number": _text(_("The number; absent, no rule about a number applies.")),
        "by": _text(_("Who acted for the creditor; for the record only.")),
        "purpose": _choices(question.Purpose, _("What for; believed as stated."), default="demand"),
        "traits": _list(_choices(Trait, _("A trait of the closed list.")), _("What was said or done.")),
    },
    ("id", "at", "channel", "direction", "party"),
)
_COMMON: Schema = {
    "jurisdiction": _choices(question.Jurisdiction, _("Whose rules.")),
    "lender_type": _choices(LenderType, _("What the creditor, or whoever collects for it, is.")),
    "person": _object(
        {
            "timezones": _list(
                _text(_("A name of the time-zone database.")),
                _(
                    "Where the person may be; a breach in any of them counts. China is judged in Beijing time."
                ),
                question.MAX_ZONES,
                minItems=1,
            ),
            "facts": _list(_FACT, _("What is in force for the person."), question.MAX_FACTS),
        },
        ("timezones",),
        description=_("Whom the contacts are about."),
    ),
    "contacts": _list(
        _CONTACT,
        _("Contacts of one creditor and everyone acting for it, in any order."),
        question.MAX_CONTACTS,
    ),
}
_NEEDED = ("jurisdiction", "lender_type", "person", "contacts")

CHECK = _object(_COMMON, _NEEDED)
WINDOW = _object(
    {
        **_COMMON,
        "proposed": _object(
            {
                "at": _instant(_("When, with the offset from UTC. Fractions of a second are cut off.")),
                "channel": _choices(question.Channel, _("How. An AI’s call is a call in every rule.")),
                "debt": _DEBT,
                "purpose": _choices(question.Purpose, _("What for; believed as stated.")),
                "number": _text(_("The number; absent, no rule about a number applies.")),
                "party": _choices(question.Party, _("Who would be contacted."), default="borrower"),
                "by": _text(_("Who acted for the creditor; for the record only.")),
            },
            ("at", "channel", "debt", "purpose"),
            description=_("The contact that has not been made yet, judged as if it connected."),
        ),
    },
    (*_NEEDED, "proposed"),
)

_FOUND: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["contact", "rule", "verdict", "force", "citation", "verified", "because", "text"],
        "properties": {
            "contact": {"type": "string"},
            "rule": {"type": "string"},
            "verdict": {"type": "string", "enum": [str(kind) for kind in Kind]},
            "force": {"type": "string", "enum": [str(force) for force in Force]},
            "citation": {"type": "string"},
            "verified": {"type": "boolean", "description": _("Whether we have read the source itself.")},
            "because": {
                "type": "object",
                "description": _("What was counted, what the clock said, or which fact."),
            },
            "text": {"type": "string"},
        },
    },
}
CHECKED: Schema = {
    "type": "object",
    "required": ["rulebook", "findings"],
    "properties": {
        "rulebook": {
            "type": "object",
            "required": ["id", "version", "effective_from"],
            "properties": {
                "id": {"type": "string"},
                "version": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "effective_from": {"type": "string", "format": "date"},
            },
        },
        "findings": _FOUND,
    },
}
WINDOWED: Schema = {
    "type": "object",
    "required": ["verdict", "not_before", "findings"],
    "properties": {
        "verdict": {"type": "string", "enum": [str(answer) for answer in Answer]},
        "not_before": {"type": ["string", "null"], "format": "date-time"},
        "findings": _FOUND,
    },
}

_PERSON = {"timezones": ["America/New_York"]}
_CALL = {"channel": "call", "direction": "outbound", "party": "borrower", "debts": ["M"], "number": "n1"}

CHECK_EXAMPLE: Schema = {
    "jurisdiction": "US",
    "lender_type": "debt_collector",
    "person": _PERSON
    | {"facts": [{"kind": "opt_out", "channel": "call", "from": "2027-04-01T09:00:00-04:00"}]},
    "contacts": [{"id": "c1", "at": "2027-04-01T10:00:00-04:00", **_CALL}],
}
WINDOW_EXAMPLE: Schema = {
    "jurisdiction": "US",
    "lender_type": "debt_collector",
    "person": _PERSON,
    "contacts": [
        {"id": "c1", "at": "2027-04-01T10:00:00-04:00", **_CALL, "outcome": "conversation"},
    ],
    "proposed": {"at": "2027-04-02T18:00:00-04:00", "channel": "call", "debt": "M", "purpose": "demand"},
}
