"""
Counting working days. Which days are off is an argument: a calendar is a set of days with a version, so that a clock can
say by which calendar it was counted, and anybody can count again.
"""

from dataclasses import dataclass
from datetime import date, timedelta

_WEEKEND = frozenset({5, 6})
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """`closed` are days off besides the weekend; `opened` are weekend days on which people work (调休)."""

    version: str
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        return day in self.opened or (day.weekday() not in _WEEKEND and day not in self.closed)


def after(calendar: Calendar, day: date, count: int) -> date:
    """The `count`-th working day after `day`, which itself is not counted; `day` for 0."""
    while count > 0:
        day += _DAY
        count -= calendar.works(day)
    return day


def or_next(calendar: Calendar, day: date) -> date:
    """`day` if people work on it, else the first working day that follows."""
    while not calendar.works(day):
        day += _DAY
    return day
