"""From terms to rows: who pays what on which day, to the cent.

The arithmetic is integers and exact fractions throughout; the only roundings are the ones the contract names:
interest of a month, half up, and the level amount, half up. The last row takes whatever principal is left, so
a schedule always pays off exactly. Order: waive, capitalise, defer, then schedule.
"""

import calendar
import hashlib
import json
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
    """Sums over the rows; `waived` is overdue interest, fees and deferral interest that nobody will pay."""

    amount: int
    principal: int
    interest: int
    arrears: int
    fees: int
    waived: int


@dataclass(frozen=True, kw_only=True)
class Schedule:
    rows: tuple[Row, ...]
    totals: Totals
    last_due: date

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


def build(terms: Terms) -> Schedule:
    """The rows of these terms. Raises TermsRefused when a row would not be positive or the plan would not end."""
    overdue = terms.interest - terms.waive_interest
    fees = terms.fees - terms.waive_fees
    balance = terms.principal
    if terms.arrears is Arrears.CAPITALISED:
        balance, overdue = balance + overdue, 0
    balance, carried, forgiven = _defer(balance, terms)
    principals, interests = _divide(balance, terms)
    count = len(principals)

    spreading = terms.arrears is Arrears.SPREAD
    treatment = terms.deferral.treatment if terms.deferral else None
    # Divided separately: each has its own odd cents.
    arrears = list(
        map(
            add,
            _place(overdue, count, spreading),
            _place(carried, count, treatment is Treatment.CARRIED_SPREAD),
        )
    )
    fee_parts = _place(fees, count, spreading)
    level = list(map(add, principals, interests))
    extra = overdue or carried or fees
    amounts = list(map(add, level, map(add, arrears, fee_parts))) if extra else level
    left = accumulate(principals, sub, initial=balance)
    next(left)
    dues = _dues(terms, count)
    rows = tuple(
        map(Row, range(1, count + 1), dues, principals, interests, arrears, fee_parts, amounts, left)
    )
    totals = Totals(
        amount=sum(amounts),
        principal=sum(principals),
        interest=sum(interests),
        arrears=sum(arrears),
        fees=fees,
        waived=terms.waive_interest + terms.waive_fees + forgiven,
    )
    return Schedule(rows=rows, totals=totals, last_due=dues[-1])


def _defer(balance: int, terms: Terms) -> tuple[int, int, int]:
    """Balance, interest kept aside and interest forgiven once the pause is over."""
    carried = forgiven = 0
    if terms.deferral is None:
        return balance, carried, forgiven
    for _ in range(terms.deferral.periods):
        interest = month_interest(balance, terms.rate)
        match terms.deferral.treatment:
            case Treatment.CAPITALISED:
                balance += interest
            case Treatment.WAIVED:
                forgiven += interest
            case Treatment.CARRIED_FIRST | Treatment.CARRIED_SPREAD:
                carried += interest
    return balance, carried, forgiven


def _divide(balance: int, terms: Terms) -> tuple[list[int], list[int]]:
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


def _place(total: int, rows: int, spreading: bool) -> list[int]:
    return money.spread(total, rows) if spreading else [total] + [0] * (rows - 1)


def _dues(terms: Terms, count: int) -> list[date]:
    """The due dates: one a month after the pause, on the first date's day or the last of a shorter month."""
    paused = terms.deferral.periods if terms.deferral else 0
    day = terms.first_due.day
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


def canonical(terms: Terms, schedule: Schedule, nonce: str | None = None) -> bytes:
    """The bytes that are hashed and signed: UTF-8 JSON, keys sorted, no spaces, one flat object.

    Every request field with its default filled in, plus `instalments`, plus `nonce` when an agreement has one.
    """
    sheet = terms.to_json() | {"instalments": schedule.to_json(terms.currency)["instalments"]}
    if nonce is not None:
        sheet["nonce"] = nonce
    return json.dumps(sheet, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def terms_sha256(terms: Terms, schedule: Schedule, nonce: str | None = None) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(terms, schedule, nonce)).hexdigest()
