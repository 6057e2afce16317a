"""What a person may ask of us: who looked at their file, a copy of everything, and what stands against erasure."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.domain import money
from cases.domain.refusal import Refused
from cases.models import Complaint, Hold, Lender, User, Viewing
from notices.models import Message
from portal.domain.personal import PERSONAL, Rows

FORMAT = "steady.my-data.1"
_ERASURE_RULE = "个人信息保护法 第四十七条"


@dataclass(frozen=True, kw_only=True)
class Day:
    """One day of the list of who looked, newest first."""

    day: dt.date
    viewings: Sequence[Viewing]


# ── who looked ───────────────────────────────────────────────────────────────────────────────
def viewings_of(person: User) -> QuerySet[Viewing]:
    return Viewing.objects.filter(person=person).select_related("lender").order_by("-at", "-id")


def by_day(viewings: Sequence[Viewing]) -> Sequence[Day]:
    """Grouped by the day in China."""

    def day_of(viewing: Viewing) -> dt.date:
        return viewing.at.astimezone(clock.BEIJING).date()

    return [Day(day=day, viewings=list(rows)) for day, rows in groupby(viewings, day_of)]


def viewed_this_week(person: User) -> int:
    """How often the file was opened since Monday morning in Beijing."""
    today = clock.today()
    monday = dt.datetime.combine(today - dt.timedelta(days=today.weekday()), dt.time(0), clock.BEIJING)
    return Viewing.objects.filter(person=person, at__gte=monday).count()


# ── a copy of everything ─────────────────────────────────────────────────────────────────────
def rows_of(entry: Rows, person: User) -> QuerySet[Any]:
    """A person's rows of one table."""
    value: Any = person.ref if entry.by_ref else person.pk
    return apps.get_model(entry.model)._default_manager.filter(**{entry.path: value})


def export(person: User) -> dict[str, Any]:
    """Everything we hold about a person: one JSON-ready object, one query for each table.

    Instants ISO 8601 in UTC, amounts as decimal strings with their currency, other rows by their reference.
    """
    return {
        "format": FORMAT,
        "made_at": clock.now().astimezone(dt.UTC).isoformat(),
        "person": person.ref,
        "how_to_read": {
            "instants": "ISO 8601, UTC",
            "amounts": "decimal strings in the currency beside them; inside `data` of cases.Event, which is kept as it "
            "was sealed, whole numbers are hundredths",
            "rows": "other rows are named by their reference",
        },
        "left_out": {entry.model: dict(entry.hidden) for entry in PERSONAL if entry.hidden},
        "records": {entry.model: _exported(entry, person) for entry in PERSONAL},
    }


def exported_fields(entry: Rows) -> list[Any]:
    """The columns of a table that a copy contains: all but the number of the row and what is hidden, and why."""
    meta = apps.get_model(entry.model)._meta
    fields = [*meta.concrete_fields, *meta.many_to_many]
    return [field for field in fields if not field.primary_key and field.name not in entry.hidden]


def _exported(entry: Rows, person: User) -> list[dict[str, Any]]:
    fields = exported_fields(entry)
    joins = {field.name for field in fields if field.many_to_one or field.one_to_one}
    if "__" in entry.currency:
        joins.add(entry.currency.rpartition("__")[0])
    if "clock" in joins:
        joins.add("clock__complaint")
    many = [field.name for field in fields if field.many_to_many]
    found = rows_of(entry, person).select_related(*sorted(joins)).prefetch_related(*many).order_by("pk")
    return [_plain_row(entry, fields, row, person) for row in found]


def _plain_row(entry: Rows, fields: Sequence[Any], row: Any, person: User) -> dict[str, Any]:
    currency = _currency(entry, row)
    plain = {}
    for field in fields:
        if field.many_to_many:
            plain[field.name] = [_name_of(each, person) for each in getattr(row, field.name).all()]
            continue
        value = getattr(row, field.name)
        if isinstance(field, models.JSONField):
            value = _figures(value, entry.minor.get(field.name, ()), currency)
        elif isinstance(field, models.BigIntegerField) and entry.currency and value is not None:
            value = _amount(value, currency)
        plain[field.name] = _plain(value, person)
    return plain


def _currency(entry: Rows, row: Any) -> str:
    if not entry.currency:
        return "CNY"
    return str(reduce(lambda at, name: getattr(at, name, None), entry.currency.split("__"), row) or "CNY")


def _amount(minor: int, currency: str) -> dict[str, str]:
    return {"amount": money.to_text(minor, currency), "currency": currency}


def _figures(value: Any, keys: Sequence[str], currency: str) -> Any:
    """A JSON value in which the numbers under `keys` are amounts with their currency."""
    if isinstance(value, list):
        return [_figures(each, keys, currency) for each in value]
    if isinstance(value, dict):
        return {
            key: _amount(each, currency)
            if key in keys and isinstance(each, int)
            else _figures(each, keys, currency)
            for key, each in value.items()
        }
    return value


def _plain(value: Any, person: User) -> Any:
    if isinstance(value, models.Model):
        return _name_of(value, person)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    return str(value)


def _name_of(row: Any, person: User) -> Any:
    """How one row is named in another: by its reference; an institution by name; somebody else only by role."""
    if isinstance(row, User):
        return row.ref if row.pk == person.pk else {"role": row.role}
    if isinstance(row, Lender):
        return {"ref": row.ref, "name": row.name}
    if hasattr(row, "complaint"):
        return row.complaint.ref
    return getattr(row, "ref", None) or getattr(row, "email", "")


# ── erasure ──────────────────────────────────────────────────────────────────────────────────
def against_erasure(person: User) -> list[Refused]:
    """Why this file cannot be erased today, in words; empty when nothing stands against it."""
    now = clock.now()
    holds = set(
        Hold.objects.filter(Q(until__isnull=True) | Q(until__gt=now), borrower=person).values_list(
            "kind", flat=True
        )
    )
    found = []
    if Hold.Kind.LEGAL in holds:
        found.append(
            Refused(
                "legal_hold",
                _("A court or a regulator asked us to keep this file. We tell you when that is over."),
                citation=_ERASURE_RULE,
            )
        )
    if Hold.Kind.DISPUTE in holds:
        found.append(
            Refused(
                "open_dispute",
                _(
                    "You questioned an amount, and there is no answer yet. Without your file nobody could answer."
                ),
            )
        )
    if _open_complaints().filter(borrower=person).exists():
        found.append(
            Refused(
                "open_complaint",
                _(
                    "A complaint of yours still waits for an answer. Erasing now would make it disappear. You can withdraw it first."
                ),
            )
        )
    if Message.objects.filter(person=person, state=Message.State.CLAIMED).exists():
        found.append(
            Refused(
                "message_leaving",
                _("A message to you is leaving at this moment. Please try again in a minute."),
            )
        )
    return found


def people_kept(at: dt.datetime) -> QuerySet[User]:
    """Whose periods are suspended: a legal hold, a disputed amount, or a complaint that waits for an answer."""
    holds = Hold.objects.filter(
        Q(until__isnull=True) | Q(until__gt=at), kind__in=[Hold.Kind.LEGAL, Hold.Kind.DISPUTE]
    )
    return User.objects.filter(
        Q(pk__in=holds.values("borrower")) | Q(pk__in=_open_complaints().values("borrower"))
    )


def _open_complaints() -> QuerySet[Complaint]:
    return Complaint.objects.filter(state=Complaint.State.SENT)
