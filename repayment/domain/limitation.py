"""How old a claim is, against the period after which a court need no longer hear it. The periods are rows of
`cases/rulebooks/limitation.toml`, with force and source; where the period differs inside a jurisdiction, the row says so
and names its shortest, so that an old debt is noticed rather than missed."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from cases.domain import rulebook
from cases.domain.rulebook import Rule, Rulebook

# A debt's own jurisdiction → the rule that is looked at.
GENERAL = {"CN": "cn.limitation.general", "UK": "uk.limitation.general", "US": "us.limitation.states"}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of one debt. `days_overdue` were true on `as_of`; None means not known."""

    last_paid_on: date | None = None
    last_acknowledged_on: date | None = None
    days_overdue: int | None = None
    as_of: date


@dataclass(frozen=True, kw_only=True)
class Age:
    """Since when a claim runs, the last day of its period, and whether that day is over."""

    since: date
    ends_on: date
    is_old: bool
    rule: Rule


def periods() -> Rulebook:
    """All periods. Raises RulebookError naming the row of a file that cannot be used."""
    return rulebook.load("limitation")


def age(facts: Facts, *, jurisdiction: str, today: date) -> Age | None:
    """How old a claim is today; None when no date is known or the jurisdiction has no row.

    Counted from the latest of the days that start the period again: a payment, an acknowledgement, else the day it
    fell due. Demands are the other side's to prove and are not assumed. The day itself does not count (Civil Code 201).
    """
    rule_id = GENERAL.get(jurisdiction)
    since = _since(facts)
    if rule_id is None or since is None:
        return None
    rule = periods().rule(rule_id, today)
    ends_on = _years_later(since, rule.number("years"))
    return Age(since=since, ends_on=ends_on, is_old=today > ends_on, rule=rule)


def _since(facts: Facts) -> date | None:
    known = [day for day in (facts.last_paid_on, facts.last_acknowledged_on) if day is not None]
    if facts.days_overdue:
        known.append(facts.as_of - timedelta(days=min(facts.days_overdue, facts.as_of.toordinal() - 1)))
    return max(known, default=None)


def _years_later(day: date, years: int) -> date:
    year = min(day.year + years, date.max.year)
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))
