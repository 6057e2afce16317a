"""From terms to rows: who pays what on which day, to the cent.

The arithmetic is integers and exact fractions throughout; the only roundings are the ones the contract names:
interest of a month, half up, and the level amount, half up. The last row takes whatever principal is left, so
a schedule always pays off exactly. Order: waive, capitalise, defer, then schedule.
"""

import calendar
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from cases.domain import money

from .terms import MAX_ROWS, Arrears, Method, Terms, TermsRefused, Treatment


@dataclass(frozen=True, kw_only=True)
class Row:
    """One instalment, in minor units. `interest` is this month's, `arrears` overdue and carried interest."""

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
    pairs = list(_pairs(balance, terms))
    count = len(pairs)

    spreading = terms.arrears is Arrears.SPREAD
    treatment = terms.deferral.treatment if terms.deferral else None
    arrears_rows = [
        own + kept
        for own, kept in zip(
            _place(overdue, count, spreading),
            _place(carried, count, treatment is Treatment.CARRIED_SPREAD),
            strict=True,
        )
    ]
    fee_rows = _place(fees, count, spreading)
    rows = []
    for place, (principal, interest) in enumerate(pairs):
        balance -= principal
        arrears, fee = arrears_rows[place], fee_rows[place]
        rows.append(
            Row(
                number=place + 1,
                due=_due(terms, place),
                principal=principal,
                interest=interest,
                arrears=arrears,
                fees=fee,
                amount=principal + interest + arrears + fee,
                balance=balance,
            )
        )
    totals = Totals(
        amount=sum(row.amount for row in rows),
        principal=sum(row.principal for row in rows),
        interest=sum(row.interest for row in rows),
        arrears=sum(row.arrears for row in rows),
        fees=sum(row.fees for row in rows),
        waived=terms.waive_interest + terms.waive_fees + forgiven,
    )
    return Schedule(rows=tuple(rows), totals=totals, last_due=rows[-1].due)


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


def _pairs(balance: int, terms: Terms) -> Iterator[tuple[int, int]]:
    """Principal and interest of every row; each pair is positive and the principals sum to the balance."""
    if balance == 0:
        raise TermsRefused("principal", "nothing_owed", "There is no principal to pay back.")
    if terms.method is Method.FIXED_AMOUNT:
        yield from _fixed_amount(balance, terms.amount or 0, terms.rate)
        return
    periods = terms.periods or 0
    level = _level(balance, terms, periods)
    for number in range(1, periods + 1):
        interest = month_interest(balance, terms.rate)
        if number == periods:
            principal = balance
        elif terms.method is Method.INTEREST_ONLY_BALLOON:
            principal = 0
        elif terms.method is Method.EQUAL_PRINCIPAL:
            principal = level
        else:
            principal = level - interest
        if principal + interest <= 0 or principal > balance:
            raise TermsRefused(
                "periods", "row_not_positive", "So small a debt cannot be divided into so many rows."
            )
        yield principal, interest
        balance -= principal


def _level(balance: int, terms: Terms, periods: int) -> int:
    if terms.method is Method.EQUAL_PRINCIPAL:
        return level_amount(balance, Decimal(0), periods)
    return level_amount(balance, terms.rate, periods)


def _fixed_amount(balance: int, amount: int, rate: Decimal) -> Iterator[tuple[int, int]]:
    interest = month_interest(balance, rate)
    if amount <= interest:
        raise TermsRefused(
            "amount", "amount_not_above_interest", "This does not cover the interest: it would never end."
        )
    for _ in range(MAX_ROWS):
        if balance + interest <= amount:
            yield balance, interest
            return
        yield amount - interest, interest
        balance -= amount - interest
        interest = month_interest(balance, rate)
    raise TermsRefused("amount", "too_many_rows", "This would take more than 600 months.")


def _place(total: int, rows: int, spreading: bool) -> list[int]:
    return money.spread(total, rows) if spreading else [total] + [0] * (rows - 1)


def _due(terms: Terms, place: int) -> date:
    paused = terms.deferral.periods if terms.deferral else 0
    try:
        return month_after(terms.first_due, paused + place)
    except ValueError:
        raise TermsRefused("first_due", "beyond_calendar", "The plan would run past the year 9999.") from None


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
