"""
What a person has said, or what is in force for them: opted out of calls, asked in writing that contact stop, represented,
in a moratorium. Each is a dated fact; which of them a contact meets is found here, as its place in the list.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from cases.domain.conduct_rules import NONE
from cases.domain.facts import CALLS, Contact, LocalTime, local_time

CONSENT_DAYS = 7
"""Local days for which a consent to extra calls holds, its own being day 1: 12 CFR 1006.14(b)(3)(i), and our contract for all."""


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


DAYS = tuple(str(day) for day in Weekday)


@dataclass(frozen=True, kw_only=True)
class PersonFact:
    """
    One dated fact, in the words of the public contract. `begins` and `ends` are instants cut to the second, the end not
    included, None while it lasts. Without `debts` all are meant. `before` and `after` are seconds of the local day.
    """

    kind: str
    begins: datetime
    ends: datetime | None = None
    channel: str = ""
    number: str = ""
    debts: tuple[str, ...] = ()
    scope: str = ""
    before: int | None = None
    after: int | None = None
    days: frozenset[str] = frozenset(DAYS)
    # Asked of every contact on every clock, so the set is made once.
    _about: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_about", frozenset(self.debts))

    def holds(self, at: datetime) -> bool:
        return self.begins <= at and (self.ends is None or at < self.ends)

    def concerns(self, contact: Contact) -> bool:
        """Of one unnamed debt, every fact is true."""
        return not self.debts or not contact.debts or not self._about.isdisjoint(contact.debts)

    def opts_out(self, contact: Contact) -> bool:
        channel = not self.channel or same_channel(self.channel, contact.channel)
        return channel and (not self.number or self.number == contact.number)

    def inconvenient_at(self, local: LocalTime) -> bool:
        """Hours over midnight belong to the day on which they began."""
        today = DAYS[local.date.weekday()] in self.days
        before, after, second = self.before, self.after, local.second
        if before is None:
            return today and (after is None or second >= after)
        if after is None:
            return today and second < before
        if after < before:
            return today and after <= second < before
        yesterday = DAYS[local.date.weekday() - 1] in self.days
        return (today and second >= after) or (yesterday and second < before)


def same_channel(one: str, other: str) -> bool:
    """An AI's call is a call."""
    return one == other or (one in CALLS and other in CALLS)


class PersonFacts:
    """All facts of one person, asked by kind; the first that matches, in the order given, speaks."""

    def __init__(self, facts: Sequence[PersonFact] = ()) -> None:
        self.all = tuple(facts)
        self._kinds: dict[str, list[tuple[int, PersonFact]]] = {}
        for place, fact in enumerate(self.all):
            self._kinds.setdefault(fact.kind, []).append((place, fact))
        self._last_days: dict[tuple[int, str], date] = {}

    def first(self, kind: str, at: datetime, matches: Callable[[PersonFact], bool] | None = None) -> int:
        """Place of the first fact of this kind that holds at the instant and matches; NONE where there is none."""
        for place, fact in self._kinds.get(kind, ()):
            if fact.holds(at) and (matches is None or matches(fact)):
                return place
        return NONE

    def consents(self, scope: str, at: datetime, channel: str = "") -> bool:
        return any(
            fact.scope == scope and fact.holds(at) and (scope != "channel" or fact.channel == channel)
            for _, fact in self._kinds.get("consent", ())
        )

    def consents_to_extra_calls(self, at: datetime, local: LocalTime) -> bool:
        """From its instant to the end of the seventh local day."""
        return any(
            fact.scope == "extra_calls" and fact.holds(at) and local.date <= self._last_day(place, local.zone)
            for place, fact in self._kinds.get("consent", ())
        )

    def _last_day(self, place: int, zone: str) -> date:
        if (place, zone) not in self._last_days:
            given = local_time(self.all[place].begins, zone).date
            self._last_days[place, zone] = given + timedelta(days=CONSENT_DAYS - 1)
        return self._last_days[place, zone]

    def last_days_of_extra_calls(self, zone: str) -> list[date]:
        return [
            self._last_day(place, zone)
            for place, fact in self._kinds.get("consent", ())
            if fact.scope == "extra_calls"
        ]
