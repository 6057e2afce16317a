"""The diary by day and by lender: a month as a grid, and how often each creditor and everyone acting for it came."""

import calendar as calendars
import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cases import naming, queries_diary
from cases.domain import rulebook
from cases.domain.facts import CALLS
from cases.models import Contact, User

WEEKS = 8
_DAY = dt.timedelta(days=1)
_SPOKEN = "cn.freq.voice_effective.gbt"


@dataclass(frozen=True, kw_only=True)
class Day:
    """One day of the grid; `found` counts the contacts of it in which something stands out."""

    date: dt.date
    inside: bool
    count: int = 0
    found: int = 0


@dataclass(frozen=True, kw_only=True)
class Month:
    """Whole weeks from Monday; `earlier` and `later` are first days of months, None where the diary has nothing."""

    first: dt.date
    weeks: Sequence[Sequence[Day]]
    entries: Sequence[Contact]
    earlier: dt.date | None
    later: dt.date | None


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Contacts of one kind of time: what counts under the rules apart from what only rang."""

    spoken: int = 0
    rang: int = 0
    written: int = 0
    visits: int = 0

    @property
    def total(self) -> int:
        return self.spoken + self.rang + self.written + self.visits


@dataclass(frozen=True, kw_only=True)
class Creditor:
    """One creditor with everyone acting for it. `weeks`: (Monday, tally), the latest first. `busiest`: the day with most
    calls that were answered, and `limit` how many the measure of that day allows, None where none binds."""

    name: str
    callers: Sequence[tuple[str, int]]
    weeks: Sequence[tuple[dt.date, Tally]]
    total: Tally
    busiest: tuple[dt.date, Tally] | None
    limit: int | None


def month(user: User, first: dt.date) -> Month:
    """The grid of one month: a fixed number of queries, however full it is."""
    zone = queries_diary.zone_of(user)
    next_first = (first + dt.timedelta(days=31)).replace(day=1)
    begins, ends = (dt.datetime.combine(day, dt.time(), zone) for day in (first, next_first))
    diary = queries_diary.contacts_for(user)
    entries = list(diary.filter(at__gte=begins, at__lt=ends))
    verdicts = queries_diary.judged(user, entries)
    counts: Counter[dt.date] = Counter()
    found: Counter[dt.date] = Counter()
    for contact in entries:
        day = contact.at.astimezone(zone).date()
        counts[day] += 1
        found[day] += bool(verdicts[contact.ref].findings)
    weeks = [
        [Day(date=day, inside=day.month == first.month, count=counts[day], found=found[day]) for day in week]
        for week in calendars.Calendar().monthdatescalendar(first.year, first.month)
    ]
    return Month(
        first=first,
        weeks=weeks,
        entries=entries,
        earlier=(first - _DAY).replace(day=1) if diary.filter(at__lt=begins).exists() else None,
        later=next_first if diary.filter(at__gte=ends).exists() else None,
    )


def creditors(user: User, today: dt.date) -> list[Creditor]:
    """Every creditor of the diary, the one that came most often first; our own messages are not among them."""
    zone = queries_diary.zone_of(user)
    this_week = today - dt.timedelta(days=today.weekday())
    mondays = [this_week - dt.timedelta(weeks=number) for number in range(WEEKS)]
    held: dict[object, list[tuple[dt.date, Contact]]] = {}
    for contact in queries_diary.contacts_for(user).defer("said", "caller", "number"):
        if contact.direction == "outbound":
            key = contact.lender_id or contact.lender_words
            held.setdefault(key, []).append((contact.at.astimezone(zone).date(), contact))
    found = [_creditor(rows, mondays) for rows in held.values()]
    return sorted(found, key=lambda each: -each.total.total)


def _creditor(rows: Sequence[tuple[dt.date, Contact]], mondays: Sequence[dt.date]) -> Creditor:
    lender = rows[0][1].lender
    by_day: dict[dt.date, list[Contact]] = {}
    for day, contact in rows:
        by_day.setdefault(day, []).append(contact)
    days = {day: _tally(mine) for day, mine in by_day.items()}
    busiest = max(days.items(), key=lambda each: (each[1].spoken, each[1].total, each[0]))
    limit = None
    if lender is not None:
        rule = rulebook.load("cn").in_force(busiest[0], str(lender.kind)).get(_SPOKEN)
        limit = rule.number("limit") if rule else None
    callers: Counter[str] = Counter()
    for _day, contact in rows:
        callers[_caller(contact)] += 1
    return Creditor(
        name=naming.called(lender) if lender else rows[0][1].lender_words,
        callers=callers.most_common(),
        weeks=[
            (monday, _tally([row for day, row in rows if monday <= day < monday + 7 * _DAY]))
            for monday in mondays
        ],
        total=_tally([row for _day, row in rows]),
        busiest=busiest if busiest[1].spoken else None,
        limit=limit,
    )


def _caller(contact: Contact) -> str:
    """Who came: an agency by its name where it is known, "agency" where only that much is, empty for the lender itself."""
    if contact.agency is not None:
        return naming.called(contact.agency)
    return "agency" if contact.by_agency else ""


def _tally(rows: Sequence[Contact]) -> Tally:
    calls = [row for row in rows if row.channel in CALLS]
    visits = sum(row.channel == "visit" for row in rows)
    spoken = sum(row.outcome == "conversation" for row in calls)
    return Tally(
        spoken=spoken,
        rang=len(calls) - spoken,
        written=len(rows) - len(calls) - visits,
        visits=visits,
    )
