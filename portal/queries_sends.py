"""What became of messages, for the regulator: read-only connection, one unit (a message), small counts hidden.

Every kind of message is a column of its own and stands in two tables: by month and by hour, or by month and by rule. Both
tables cover the same messages of the same months, so a column has one total, and either every table of a column shows this
total or none shows anything of it. Columns are not added up with each other. So a hidden cell of one table
cannot be worked out with the help of another.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, CharField, Count, DateField, QuerySet, Value, When
from django.db.models.functions import Cast, ExtractHour, TruncDate, TruncMonth

from cases import clock
from cases.clock import BEIJING
from cases.domain.suppression import ALL, Shape, is_small, suppress
from cases.models import User
from notices.models import Message
from notices.queries_prevented import held_by_rule
from portal.routing import reports

REMINDERS, ANSWERS, CODES = "reminders", "answers", "codes"
PUT_OFF, NOT_SENT = "put_off", "not_sent"
LEFT, HELD = (REMINDERS, ANSWERS, CODES), (PUT_OFF, NOT_SENT)
# What only the law requires and nobody asked for leaves like an answer: at any hour at which the gate lets it go.
_CLASS = {
    Message.Purpose.REMINDER: REMINDERS,
    Message.Purpose.ANSWER: ANSWERS,
    Message.Purpose.CONFIRMATION: ANSWERS,
    Message.Purpose.REQUIRED: ANSWERS,
    Message.Purpose.SECURITY_CODE: CODES,
}
INSIDE = "inbox"
"""What was only to be read in Steady: nothing arrived anywhere at any hour."""
MONTHS = 12
DAYS = 30
"""How far back the days are counted that were full."""

Counts = dict[str, Counter[str]]
"""Column → row → messages."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row: a month (2027-05), an hour of the day (09, or INSIDE), a rule's id, a number of reminders; ALL is the last.

    `counts` in the order of the table's columns; a hidden one is None and is not a zero.
    """

    key: str
    counts: tuple[int | None, ...]

    @property
    def is_total(self) -> bool:
        return self.key == ALL

    @property
    def month(self) -> dt.date:
        return dt.date.fromisoformat(f"{self.key}-01")


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A table with its total as the last line; no lines when there is nothing to count."""

    columns: tuple[str, ...]
    lines: Sequence[Line]


@dataclass(frozen=True, kw_only=True)
class Conduct:
    """All tables of messages. `since` is the first day they cover, `days_since` that of the days; `until` is today."""

    since: dt.date
    days_since: dt.date
    until: dt.date
    months: Counted
    hours: Counted
    rules: Counted
    days: Counted

    @property
    def hides(self) -> bool:
        tables = (self.months, self.hours, self.rules, self.days)
        return any(None in line.counts for table in tables for line in table.lines)


def conduct() -> Conduct:
    """The tables of the last twelve months, this one among them, as far as they may be shown."""
    today = clock.today()
    ordinal = today.year * 12 + today.month - MONTHS
    first = dt.date(ordinal // 12, ordinal % 12 + 1, 1)
    since = dt.datetime.combine(first, dt.time(0), BEIJING)
    zones = _zones()
    left, by_hour = _left_by_month_and_hour(since, zones)
    held, by_rule = _held_by_month_and_rule(since)
    shown = {
        **{name: _agreeing(left[name], by_hour[name]) for name in LEFT},
        **{name: _agreeing(held[name], by_rule[name]) for name in HELD},
    }
    months = {name: shown[name][0] for name in (*LEFT, *HELD)}
    hours = {name: shown[name][1] for name in LEFT}
    rules = {name: shown[name][1] for name in HELD}
    told = None not in months[REMINDERS].values() and hours[REMINDERS].get(INSIDE, 0) is not None
    weight = {row: sum(by_rule[name][row] for name in HELD) for name in HELD for row in by_rule[name]}
    return Conduct(
        since=first,
        days_since=(clock.now() - dt.timedelta(days=DAYS)).astimezone(BEIJING).date(),
        until=today,
        months=_table(months, sorted(_rows(months), reverse=True)),
        hours=_table(hours, sorted(_rows(hours))),
        rules=_table(rules, sorted(_rows(rules), key=lambda row: (-weight.get(row, 0), row))),
        days=_days_by_reminders(zones, told=told),
    )


def _agreeing(one: Mapping[str, int], other: Mapping[str, int]) -> tuple[dict[str, int | None], ...]:
    """One column of two tables of the same messages: both show its total, or neither shows anything but its zeros."""
    threshold = settings.SMALL_CELL_THRESHOLD
    tables = [
        suppress(
            Shape(rows=tuple(counts), groups={}),
            {(row, ALL): count for row, count in counts.items()},
            threshold=threshold,
            show_last_row=True,
        )
        for counts in (one, other)
    ]
    if is_small(sum(one.values()), threshold) or None in tables:
        return tuple(_hidden(counts) for counts in (one, other))
    return tuple(
        {row: table.shown[row, ALL] for row in (*table.shape.rows, ALL)} for table in tables if table
    )


def _hidden(counts: Mapping[str, int]) -> dict[str, int | None]:
    """Nothing but the zeros, which are never hidden."""
    return {row: None if count else 0 for row, count in {**counts, ALL: sum(counts.values())}.items()}


def _rows(columns: Mapping[str, Mapping[str, int | None]]) -> set[str]:
    return {row for counts in columns.values() for row in counts} - {ALL}


def _table(columns: Mapping[str, Mapping[str, int | None]], rows: Sequence[str]) -> Counted:
    """Columns in which nothing was ever counted are left out, but never all of them."""
    kept = tuple(name for name, counts in columns.items() if counts.get(ALL) != 0 or name != CODES)
    lines = [
        Line(key=row, counts=tuple(columns[name].get(row, 0) for name in kept))
        for row in (*rows, *([ALL] if rows else []))
    ]
    return Counted(columns=kept, lines=lines)


def _left_by_month_and_hour(since: dt.datetime, zones: Sequence[str]) -> tuple[Counts, Counts]:
    """One question for both, so that they count the same; the hour is the one that the person's own clock showed."""
    hour = Case(
        When(channel=Message.Channel.INBOX, then=Value(INSIDE)),
        *(
            When(person__timezone=zone, then=Cast(ExtractHour("sent_at", tzinfo=ZoneInfo(zone)), CharField()))
            for zone in zones
        ),
        output_field=CharField(),
    )
    rows = (
        _left(since)
        .annotate(month=TruncMonth("sent_at", tzinfo=BEIJING), hour=hour)
        .values_list("month", "hour", "purpose")
        .annotate(count=Count("id"))
        .order_by()
    )
    months, hours = _none(LEFT), _none(LEFT)
    for month, at, purpose, count in rows if zones else ():
        name = _CLASS[Message.Purpose(purpose)]
        months[name][f"{month:%Y-%m}"] += count
        hours[name][at if at == INSIDE else at.rjust(2, "0")] += count
    return months, hours


def _held_by_month_and_rule(since: dt.datetime) -> tuple[Counts, Counts]:
    months, rules = _none(HELD), _none(HELD)
    for held in held_by_rule(since, reports()):
        name = NOT_SENT if held.stopped else PUT_OFF
        months[name][held.month] += held.messages
        rules[name][held.rule] += held.messages
    return months, rules


def _none(columns: Sequence[str]) -> Counts:
    return {name: Counter() for name in columns}


def _days_by_reminders(zones: Sequence[str], *, told: bool) -> Counted:
    """How many of the last days of a person had one reminder, two, three: the caps as they were used.

    Each row times its number adds up to reminders. So nothing is shown as soon as anything has to be hidden, here or where
    a sum of reminders would tell it.
    """
    day = Case(
        *(When(person__timezone=zone, then=TruncDate("sent_at", tzinfo=ZoneInfo(zone))) for zone in zones),
        output_field=DateField(),
    )
    pushed = _left(clock.now() - dt.timedelta(days=DAYS)).filter(purpose=Message.Purpose.REMINDER)
    rows = pushed.exclude(channel=Message.Channel.INBOX).annotate(day=day).values("person", "day")
    counted = Counter(
        str(row["count"]) for row in rows.annotate(count=Count("id")).order_by().iterator() if zones
    )
    told = told and not any(is_small(count, settings.SMALL_CELL_THRESHOLD) for count in counted.values())
    shown: dict[str, int | None] = {**counted, ALL: counted.total()} if told else _hidden(counted)
    return _table({"days": shown}, sorted(_rows({"days": shown}), key=int))


def _left(since: dt.datetime) -> QuerySet[Message]:
    """Whatever went out, whether or not it is known to have arrived."""
    return Message.objects.using(reports()).filter(sent_at__gte=since)


def _zones() -> Sequence[str]:
    return list(
        User.objects.using(reports()).order_by("timezone").values_list("timezone", flat=True).distinct()
    )
