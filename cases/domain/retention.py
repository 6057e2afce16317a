"""
How long things are kept: periods as rules of a rule file, `cases/rulebooks/retention.toml`, each with force and source.
A row is kept through the last day of its period and may go on the day after.
"""

import calendar
from datetime import date, timedelta

from cases.domain import rulebook
from cases.domain.rulebook import Rule, Rulebook, RulebookError

UNITS = ("years", "months", "days")


def periods() -> Rulebook:
    """All periods. Raises RulebookError naming the row of a file that cannot be used."""
    return rulebook.load("retention")


def last_day(rule: Rule, since: date) -> date:
    """The last day on which something that began on `since` is kept. 29 February ends on the last day of February."""
    unit = _unit(rule)
    count = rule.number(unit)
    if unit == "days":
        return since + timedelta(days=count)
    return _months_later(since, count * 12 if unit == "years" else count)


def is_over(rule: Rule, since: date, today: date) -> bool:
    return last_day(rule, since) < today


def keeps_from(rule: Rule, today: date) -> date:
    """The earliest beginning that is still kept today: everything that began before it has outlived its period."""
    unit = _unit(rule)
    count = rule.number(unit)
    if unit == "days":
        return today - timedelta(days=count)
    first = _months_later(today, -(count * 12 if unit == "years" else count))
    # From a short month the way back is not the way forth: 29 February 2028 still keeps 28 February 2027 for a year.
    while not is_over(rule, first - timedelta(days=1), today):
        first -= timedelta(days=1)
    while is_over(rule, first, today):
        first += timedelta(days=1)
    return first


def _unit(rule: Rule) -> str:
    named = [unit for unit in UNITS if unit in rule.parameters]
    if len(named) != 1:
        raise RulebookError(f"{rule.id}: a period is one of {', '.join(UNITS)}")
    return named[0]


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))
