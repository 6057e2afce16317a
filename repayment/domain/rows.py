"""The columns of a schedule and the arithmetic that fills them, in integers and exact fractions.

The only roundings are the ones the contract names: interest of a month, half up, and the level amount, half up. The last
row takes whatever principal is left, so what is divided is always paid off exactly.
"""

import calendar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from operator import add, sub
from typing import Any, NamedTuple

from cases.domain import money

from .terms import MAX_ROWS, Arrears, Method, Terms, TermsRefused, Treatment


class Row(NamedTuple):
    """One instalment, in minor units. `interest` is this month's, `arrears` overdue and carried interest.

    A tuple, because a schedule makes sixty of them and a frozen dataclass costs more than their arithmetic.
    """

    number: int
    due: date
    principal: int
    interest: int
    arrears: int
    fees: int
    amount: int
    balance: int


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Sums over the rows; `waived` is overdue interest, fees and deferral interest that nobody will pay.

    Of a settlement `waived` also counts what its last payment releases, principal among it.
    """

    amount: int
    principal: int
    interest: int
    arrears: int
    fees: int
    waived: int


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Minor units by component; `interest` is overdue, carried and accrued interest together."""

    principal: int = 0
    interest: int = 0
    fees: int = 0

    @property
    def total(self) -> int:
        return self.principal + self.interest + self.fees

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            principal=self.principal + other.principal,
            interest=self.interest + other.interest,
            fees=self.fees + other.fees,
        )

    def __neg__(self) -> "Sums":
        return Sums(principal=-self.principal, interest=-self.interest, fees=-self.fees)


NOTHING_LEFT = Sums()


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Rows and what goes with them. `forgiven` is interest waived month by month, `clawback` what may come back.

    `left` stays owed without a row until the review. A plan of months without any payment has no rows; `last_due` is then
    the day of its review.
    """

    rows: tuple[Row, ...]
    totals: Totals
    last_due: date
    left: Sums = NOTHING_LEFT
    forgiven: int = 0
    clawback: int = 0

    @property
    def highest(self) -> int:
        """The dearest row; 0 without rows."""
        return max((row.amount for row in self.rows), default=0)

    def to_json(self, currency: str) -> dict[str, Any]:
        """The answer of the quotes contract, without its hash: `instalments`, `totals`, `last_due`."""

        def text(minor: int) -> str:
            return money.to_text(minor, currency)

        return {
            "instalments": [
                {
                    "number": row.number,
                    "due": row.due.isoformat(),
                    "principal": text(row.principal),
                    "interest": text(row.interest),
                    "arrears": text(row.arrears),
                    "fees": text(row.fees),
                    "amount": text(row.amount),
                    "balance": text(row.balance),
                }
                for row in self.rows
            ],
            "totals": {
                "amount": text(self.totals.amount),
                "principal": text(self.totals.principal),
                "interest": text(self.totals.interest),
                "arrears": text(self.totals.arrears),
                "fees": text(self.totals.fees),
                "waived": text(self.totals.waived),
            },
            "last_due": self.last_due.isoformat(),
        }


def month_after(anchor: date, months: int) -> date:
    """The anchor's day `months` later; a month too short uses its last day.

    Counting always starts from the anchor, so the day comes back after a short month. Raises ValueError beyond
    the year 9999.
    """
    years, month = divmod(anchor.month - 1 + months, 12)
    year = anchor.year + years
    if year > date.max.year:
        raise ValueError("beyond the calendar")
    return date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))


def month_interest(balance: int, annual_rate: Decimal) -> int:
    """Interest of one period: balance × annual rate ÷ 12, half up to the minor unit."""
    top, bottom = annual_rate.as_integer_ratio()
    return (2 * balance * top + 12 * bottom) // (24 * bottom)


def level_amount(principal: int, annual_rate: Decimal, periods: int) -> int:
    """The annuity P·r·(1+r)ⁿ ÷ ((1+r)ⁿ − 1) with r a twelfth of the year's rate, exact, then half up.

    Without interest it is P ÷ n.
    """
    rate = Fraction(annual_rate) / 12
    if rate == 0:
        return money.to_integer(Fraction(principal, periods), money.Rounding.HALF_UP)
    top, bottom = rate.as_integer_ratio()
    grown: int = (bottom + top) ** periods
    plain: int = bottom**periods
    numerator, denominator = principal * top * grown, bottom * (grown - plain)
    return (2 * numerator + denominator) // (2 * denominator)


def owed(terms: Terms) -> tuple[int, int, int]:
    """Overdue interest, fees and principal once the waivers are off and what is capitalised is added."""
    overdue, fees = terms.interest - terms.waive_interest, terms.fees - terms.waive_fees
    if terms.arrears is Arrears.CAPITALISED:
        return 0, fees, terms.principal + overdue
    return overdue, fees, terms.principal


def defer(balance: int, terms: Terms, passed: int = MAX_ROWS) -> tuple[int, int, int]:
    """Balance, interest kept aside and interest forgiven once the pause is over, or `passed` months of it are."""
    carried = forgiven = 0
    if terms.deferral is None:
        return balance, carried, forgiven
    for _ in range(min(passed, terms.deferral.periods)):
        interest = month_interest(balance, terms.rate)
        match terms.deferral.treatment:
            case Treatment.CAPITALISED:
                balance += interest
            case Treatment.WAIVED:
                forgiven += interest
            case Treatment.CARRIED_FIRST | Treatment.CARRIED_SPREAD:
                carried += interest
    return balance, carried, forgiven


def divide(balance: int, terms: Terms) -> tuple[list[int], list[int]]:
    """Principal and interest of every row; each pair is positive and the principals sum to the balance."""
    if balance == 0:
        raise TermsRefused("principal", "nothing_owed", "There is no principal to pay back.")
    if terms.method is Method.FIXED_AMOUNT:
        return _fixed_amount(balance, terms.amount or 0, terms.rate)
    periods = terms.periods or 0
    level = _level(balance, terms, periods)
    by_interest = terms.method in (Method.EQUAL_INSTALMENT, Method.INTEREST_FREE)
    # `month_interest` unrolled: (2·balance·top + 12·bottom) ÷ (24·bottom), the half already inside.
    top, bottom = terms.rate.as_integer_ratio()
    twice, half, whole = 2 * top, 12 * bottom, 24 * bottom
    principals, interests = [], []
    for _ in range(periods - 1):
        interest = (balance * twice + half) // whole
        principal = level - interest if by_interest else level
        if principal > balance or principal + interest <= 0:
            raise _too_small()
        principals.append(principal)
        interests.append(interest)
        balance -= principal
    interest = (balance * twice + half) // whole
    if balance + interest <= 0:
        raise _too_small()
    principals.append(balance)
    interests.append(interest)
    return principals, interests


def _too_small() -> TermsRefused:
    return TermsRefused("periods", "row_not_positive", "So small a debt cannot be divided into so many rows.")


def _level(balance: int, terms: Terms, periods: int) -> int:
    """The level amount, or of equal principal the level principal; of interest only, no principal at all."""
    if terms.method is Method.INTEREST_ONLY_BALLOON:
        return 0
    if terms.method is Method.EQUAL_PRINCIPAL:
        return level_amount(balance, Decimal(0), periods)
    return level_amount(balance, terms.rate, periods)


def _fixed_amount(balance: int, amount: int, rate: Decimal) -> tuple[list[int], list[int]]:
    interest = month_interest(balance, rate)
    if amount <= interest:
        raise TermsRefused(
            "amount", "amount_not_above_interest", "This does not cover the interest: it would never end."
        )
    principals, interests = [], []
    for _ in range(MAX_ROWS):
        interests.append(interest)
        if balance + interest <= amount:
            principals.append(balance)
            return principals, interests
        principals.append(amount - interest)
        balance -= amount - interest
        interest = month_interest(balance, rate)
    raise TermsRefused("amount", "too_many_rows", "This would take more than 600 months.")


def place(total: int, rows: int, spreading: bool) -> list[int]:
    return money.spread(total, rows) if spreading else [total] + [0] * (rows - 1)


def dues_of(terms: Terms, count: int, skipped: int = 0) -> list[date]:
    """The due dates: one a month after the pause, on the first date's day or the last of a shorter month.

    `skipped` months more pass before the first of them.
    """
    paused = skipped + (terms.deferral.periods if terms.deferral else 0)
    day = terms.day
    year, month = divmod(terms.first_due.year * 12 + terms.first_due.month - 1 + paused, 12)
    last_year = (year * 12 + month + count - 1) // 12
    if last_year > date.max.year:
        raise TermsRefused("first_due", "beyond_calendar", "The plan would run past the year 9999.")
    if day <= 28:
        return [date(year + at // 12, at % 12 + 1, day) for at in range(month, month + count)]
    return [
        date(year + at // 12, at % 12 + 1, min(day, calendar.monthrange(year + at // 12, at % 12 + 1)[1]))
        for at in range(month, month + count)
    ]


def table(
    principals: list[int],
    interests: list[int],
    arrears: list[int],
    fees: list[int],
    dues: list[date],
    balance: int,
    extra: bool = True,
) -> tuple[tuple[Row, ...], list[int]]:
    """The rows of these columns and their amounts. `extra` False says that arrears and fees are all zero."""
    level = list(map(add, principals, interests))
    amounts = list(map(add, level, map(add, arrears, fees))) if extra else level
    left = accumulate(principals, sub, initial=balance)
    next(left)
    rows = tuple(map(Row, range(1, len(dues) + 1), dues, principals, interests, arrears, fees, amounts, left))
    return rows, amounts
