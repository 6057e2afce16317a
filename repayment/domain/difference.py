"""What a counter-offer changes, field by field, in raw values that the faces put into words."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from cases.domain.refusal import Refused

from .kinds import kind_of
from .schedule import Schedule, build
from .terms import Terms

Value = int | Decimal | date | str | None


class Field(StrEnum):
    """What is compared. Money in minor units, `rate` a yearly fraction, `periods` and `pause` in months."""

    TOTAL_COST = "total_cost"
    MONTHLY = "monthly"
    HIGHEST_MONTHLY = "highest_monthly"
    PERIODS = "periods"
    PAUSE = "pause"
    RATE = "rate"
    WAIVED_INTEREST = "waived_interest"
    WAIVED_FEES = "waived_fees"
    FIRST_DUE = "first_due"
    LAST_DUE = "last_due"
    METHOD = "method"
    LIGHT_MONTHS = "light_months"
    LIGHT_AMOUNT = "light_amount"
    RELEASED = "released"
    REVIEW = "review"
    CLAWBACK = "clawback"
    LEFT_OPEN = "left_open"


class Change(StrEnum):
    """How a value moved. A later date is more; a value without order is `other`."""

    MORE = "more"
    LESS = "less"
    SAME = "same"
    NEW = "new"
    GONE = "gone"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """`by` is the size of the change: minor units, months, a rate, or days between dates; None without order."""

    field: Field
    before: Value
    after: Value
    change: Change
    by: int | Decimal | None


def differences(ours: Terms, theirs: Terms) -> list[Difference]:
    """Every field, the unchanged ones as `same`, from our terms to theirs. One currency at a time."""
    if ours.currency != theirs.currency:
        raise Refused(
            "mixed_currencies", "Terms in different currencies cannot be compared.", field="currency"
        )
    before, after = _facts(ours), _facts(theirs)
    return [_difference(field, before[field], after[field]) for field in Field]


def _facts(terms: Terms) -> dict[Field, Value]:
    schedule = build(terms)
    return {
        Field.TOTAL_COST: schedule.totals.amount,
        Field.MONTHLY: usual_amount(schedule),
        Field.HIGHEST_MONTHLY: schedule.highest,
        Field.PERIODS: len(schedule.rows),
        Field.PAUSE: terms.deferral.periods if terms.deferral else None,
        Field.RATE: terms.rate,
        Field.WAIVED_INTEREST: (terms.waive_interest + schedule.forgiven) or None,
        Field.WAIVED_FEES: terms.waive_fees or None,
        Field.FIRST_DUE: schedule.rows[0].due if schedule.rows else None,
        Field.LAST_DUE: schedule.last_due,
        Field.METHOD: kind_of(terms).value,
        Field.LIGHT_MONTHS: sum(step.periods for step in terms.steps) or None,
        Field.LIGHT_AMOUNT: min(step.amount for step in terms.steps) if terms.steps else None,
        Field.RELEASED: released(terms, schedule) or None,
        Field.REVIEW: terms.review.on if terms.review else None,
        Field.CLAWBACK: schedule.clawback or None,
        Field.LEFT_OPEN: schedule.left.total or None,
    }


def released(terms: Terms, schedule: Schedule) -> int:
    """What the last sum of a settlement lets go, beside what is waived at once; 0 for any other plan."""
    return schedule.totals.waived - terms.waive_interest - terms.waive_fees if terms.settlement else 0


def usual_amount(schedule: Schedule) -> int:
    """The instalment that people call "the monthly": the most frequent one, the larger when several tie; 0 without any."""
    counts = Counter(row.amount for row in schedule.rows)
    return max(counts, key=lambda amount: (counts[amount], amount), default=0)


def _difference(field: Field, before: Value, after: Value) -> Difference:
    change, by = _move(before, after)
    return Difference(field=field, before=before, after=after, change=change, by=by)


def _move(before: Value, after: Value) -> tuple[Change, int | Decimal | None]:
    match before, after:
        case (None, None):
            return Change.SAME, 0
        case (None, int() as new):
            return Change.NEW, new
        case (int() as old, None):
            return Change.GONE, old
        case (None, date()) | (date(), None):
            return Change.OTHER, None
        case (date() as old_day, date() as new_day):
            return _ordered((new_day - old_day).days)
        case (int() as old, int() as new):
            return _ordered(new - old)
        case (Decimal() as old_rate, Decimal() as new_rate):
            return _ordered(new_rate - old_rate)
        case _:
            return (Change.SAME, None) if before == after else (Change.OTHER, None)


def _ordered(by: int | Decimal) -> tuple[Change, int | Decimal]:
    if by == 0:
        return Change.SAME, by
    return (Change.MORE, by) if by > 0 else (Change.LESS, -by)
