"""What a person can do when an instalment does not work out, each way with its exact terms before it is chosen.

Every way starts from the agreement's own terms for what is owed today (`restructure.continued`), so the arithmetic and the
rounding are the agreement's. What the agreement waived stays waived. No way is better than another here: they stand in
one order, and each says what it costs. Money in minor units.
"""

import dataclasses
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .difference import usual_amount
from .schedule import Schedule, build
from .terms import Deferral, Step, Terms, TermsRefused, Treatment

# Ours: months over which an overdue sum is spread, months that may be lighter, and months of one pause.
SPREAD_MONTHS = 6
LIGHTER_MONTHS = 3
PAUSE_MONTHS = 3


class Option(StrEnum):
    """In the order in which they are shown."""

    PAY = "pay"
    SPREAD = "spread"
    TO_END = "to_end"
    LIGHTER = "lighter"
    PAUSE = "pause"
    TALK = "talk"


# Those that make a new version of the agreement.
CHANGES = (Option.SPREAD, Option.TO_END, Option.LIGHTER, Option.PAUSE)


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way on. `cost` is what is paid in all, above what the agreement still asks; below 0 it is less.

    `months` says how many months the way is about: spread over, lighter, paused, or added at the end. `next_due` and
    `next_amount` are the first payment of it, `usual` what most months ask.
    """

    option: Option
    terms: Terms
    schedule: Schedule
    cost: int
    months: int

    @property
    def ends(self) -> date:
        return self.schedule.last_due

    @property
    def next_due(self) -> date:
        return self.schedule.rows[0].due

    @property
    def next_amount(self) -> int:
        return self.schedule.rows[0].amount

    @property
    def usual(self) -> int:
        return usual_amount(self.schedule)

    @property
    def total(self) -> int:
        return self.schedule.totals.amount


def ways(
    terms: Terms, *, owed: int, behind: int, overdue: int, lighter_percent: int, pause_months: int
) -> tuple[Way, ...]:
    """Every change that works for these terms, in the order of Option.

    `terms` go on from today; `owed` is what the agreement still asks in all, `behind` how many instalments are past their
    day, `overdue` what is open of them. `pause_months` is what the lender gives at most, 0 for none.
    """
    found = []
    for option in CHANGES:
        changed = _changed(option, terms, behind, overdue, lighter_percent, min(pause_months, PAUSE_MONTHS))
        if changed is None:
            continue
        after, months = changed
        try:
            schedule = build(after)
        except TermsRefused:
            # Not with so little left, or with so much interest a month.
            continue
        found.append(
            Way(
                option=option,
                terms=after,
                schedule=schedule,
                cost=schedule.totals.amount - owed,
                months=months,
            )
        )
    return tuple(found)


def _changed(
    option: Option, terms: Terms, behind: int, overdue: int, lighter_percent: int, pause_months: int
) -> tuple[Terms, int] | None:
    """The terms of one way and the months it is about; None where it does not fit this agreement."""
    if terms.is_open_ended or (behind == 0 and option in (Option.SPREAD, Option.TO_END)):
        return None
    if terms.settlement:
        # Only interest and fees are left, as sums that fit the months there are.
        return (terms, len(terms.settlement)) if option is Option.SPREAD else None
    longer = terms if terms.periods is None else dataclasses.replace(terms, periods=terms.periods + behind)
    if option is Option.TO_END:
        return longer, behind
    if option is Option.PAUSE:
        if not pause_months or terms.deferral:
            return None
        pause = Deferral(periods=pause_months, treatment=Treatment.CARRIED_SPREAD)
        return dataclasses.replace(longer, deferral=pause), pause_months
    if terms.steps or terms.deferral or terms.periods is None:
        # It is light already, or it has no length to spread over: what is owed is divided over what is left.
        return (terms, len(build(terms).rows)) if option is Option.SPREAD and terms.periods else None
    try:
        level = usual_amount(build(longer))
    except TermsRefused:
        return None
    return (
        _spread(terms, level, overdue)
        if option is Option.SPREAD
        else _lighter(longer, level, lighter_percent)
    )


def _spread(terms: Terms, level: int, overdue: int) -> tuple[Terms, int]:
    """The usual amount and a part of what is overdue, for some months; then as agreed, and the end stays where it was."""
    left = terms.periods or 1
    if left <= SPREAD_MONTHS:
        return terms, left
    step = Step(periods=SPREAD_MONTHS, amount=level - (-overdue // SPREAD_MONTHS))
    return dataclasses.replace(terms, steps=(step,), periods=left - SPREAD_MONTHS), SPREAD_MONTHS


def _lighter(longer: Terms, level: int, percent: int) -> tuple[Terms, int]:
    """Some months at a part of the usual amount; what they leave open adds months, so that no month becomes heavier."""
    light = Step(periods=LIGHTER_MONTHS, amount=-(-level * percent // 100))
    skipped = -(-LIGHTER_MONTHS * (100 - percent) // 100)
    rest = max(1, (longer.periods or 1) - LIGHTER_MONTHS + skipped)
    return dataclasses.replace(longer, steps=(light,), periods=rest), LIGHTER_MONTHS
