"""Thousands of schedules at once for a lender's import: the columns of `rows` as arrays, with identical cents.

One row of each array is a plan, one column a month. The arithmetic is the scalar engine's in 64-bit integers; a plan whose
products could leave them, whose method finds its own length, which has a clause of an agreement, or which the scalar
engine would refuse, is given to the scalar engine. So the answer never depends on which of the two gave it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter, sub

import numpy as np
from numpy.typing import NDArray

from .rows import Row, Schedule
from .schedule import build
from .terms import Arrears, Method, Terms, TermsRefused, Treatment

Integers = NDArray[np.int64]
# Half of what an int64 holds: room for the half that is added before dividing.
LIMIT = 2**62
_EPOCH = date(1970, 1, 1).toordinal()
_READ = attrgetter(
    "principal", "interest", "waive_interest", "fees", "waive_fees", "annual_rate", "method", "periods", "first_due",
    "arrears", "deferral", "pay_day", "steps", "settlement", "review", "clawback",
)  # fmt: skip
_FREE, _NO_RATE = Method.INTEREST_FREE, (0, 1)
_COLUMNS = ("due", "principal", "interest", "arrears", "fees", "amount", "balance")
_KEPT = (Treatment.CARRIED_FIRST, Treatment.CARRIED_SPREAD)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Schedules in the order of their terms. Money in minor units, `due` in days since 1970, `count` rows of each.

    Beyond a plan's `count` its row is zero. A plan in `apart` was built by the scalar engine and one in `refused` was
    refused by it, with the field and the reason; both are zero in the arrays.
    """

    count: Integers
    due: Integers
    principal: Integers
    interest: Integers
    arrears: Integers
    fees: Integers
    amount: Integers
    balance: Integers
    apart: dict[int, Schedule]
    refused: dict[int, TermsRefused]

    def rows(self, place: int) -> tuple[Row, ...]:
        """One plan's rows, as the scalar engine gives them. Raises TermsRefused for one that was refused."""
        if place in self.refused:
            raise self.refused[place]
        if place in self.apart:
            return self.apart[place].rows
        upto = int(self.count[place])
        columns = (
            self.principal, self.interest, self.arrears, self.fees, self.amount, self.balance,
        )  # fmt: skip
        dues = [date.fromordinal(_EPOCH + day) for day in self.due[place, :upto].tolist()]
        amounts = (column[place, :upto].tolist() for column in columns)
        return tuple(map(Row, range(1, upto + 1), dues, *amounts))


def build_many(plans: Sequence[Terms]) -> Batch:
    """The schedules of all these terms, at least one. Nothing is raised for a plan that is refused: it is in `refused`."""
    sheet = _Sheet(plans)
    # Columns of months while we count, rows of plans when we answer: a month of all plans lies together in memory.
    months = np.arange(int(sheet.periods.max()), dtype=np.int64)[:, None]
    # One block for everything: memory that is asked for in one piece is given back and reused in one piece.
    block = np.empty((len(_COLUMNS), len(months), len(plans)), np.int64)
    due, principal, interest, arrears, fees, amount, balance = block
    _divide(sheet, principal, interest, balance)
    _place(arrears, sheet.overdue, sheet.spreads, sheet.periods, months)
    if sheet.carried.any():
        # The block's last free column serves as scratch paper.
        _place(amount, sheet.carried, sheet.carries_spread, sheet.periods, months)
        arrears += amount
    _place(fees, sheet.fees, sheet.spreads, sheet.periods, months)
    _dues(due, sheet, months[:, 0])
    np.add(principal, interest, out=amount)
    even = int(sheet.periods.min()) == len(months)
    active = None if even else months < sheet.periods
    wrong = amount <= 0 if active is None else (amount <= 0) & active
    sheet.apart |= wrong.any(axis=0)
    amount += arrears
    amount += fees
    if sheet.apart.any() or active is not None:
        block *= ~sheet.apart if active is None else active & ~sheet.apart
    apart, refused = _by_the_scalar_engine(plans, sheet.apart)
    return Batch(
        count=np.where(sheet.apart, 0, sheet.periods),
        **{name: column.T for name, column in zip(_COLUMNS, block, strict=True)},
        apart=apart,
        refused=refused,
    )


class _Sheet:
    """The terms as columns, each plan after waiver, capitalisation and pause; `apart` are those for the scalar engine."""

    def __init__(self, plans: Sequence[Terms]) -> None:
        self.plans = plans
        columns = zip(*map(_READ, plans), strict=True)
        (
            principals,
            claimed,
            waived,
            owed_fees,
            waived_fees,
            rates,
            methods,
            lengths,
            dues,
            goes,
            deferrals,
            pay_days,
            steps,
            settlements,
            reviews,
            clawbacks,
        ) = columns
        known = {rate: rate.as_integer_ratio() for rate in set(rates)}
        self.methods, self.first_dues = methods, dues
        self.days = [stated or on.day for stated, on in zip(pay_days, dues, strict=True)]
        self.ratios = [
            _NO_RATE if method is _FREE else known[rate] for method, rate in zip(methods, rates, strict=True)
        ]
        extra = list(map(sub, claimed, waived))
        treatments = [pause and pause.treatment for pause in deferrals]
        self.apart = np.zeros(len(plans), np.bool_)
        if (
            not steps.count(())
            == settlements.count(())
            == reviews.count(None)
            == clawbacks.count(None)
            == len(plans)
        ):
            self.apart |= np.array([plan.is_special for plan in plans], np.bool_)
        # A fixed amount has no length of its own.
        if None in lengths:
            self.apart |= np.array([length is None for length in lengths], np.bool_)
            lengths = tuple(length or 1 for length in lengths)
        self.periods = self._column(lengths)
        self.pause = self._column([pause.periods if pause else 0 for pause in deferrals])
        top, bottom = (self._column(each) for each in zip(*self.ratios, strict=True))
        self.fees = self._column(list(map(sub, owed_fees, waived_fees)))
        self.overdue = self._column(extra)
        joins = np.array([where is Arrears.CAPITALISED for where in goes], np.bool_)
        self.balance = self._column(principals) + self.overdue * joins
        self.overdue *= ~joins
        self._leave_out_what_is_large(top, bottom)
        for each in (self.balance, self.fees, self.overdue, self.pause, top):
            each *= ~self.apart
        self.twice, self.half = 2 * top, 12 * bottom
        self.whole = 2 * self.half
        self.spreads = np.array([where is Arrears.SPREAD for where in goes], np.bool_)
        self.carries_spread = np.array([each is Treatment.CARRIED_SPREAD for each in treatments], np.bool_)
        self.carried = np.zeros(len(plans), np.int64)
        self._defer(treatments)

    def _column(self, values: Sequence[int]) -> Integers:
        try:
            return np.array(values, np.int64)
        except OverflowError:
            fits = [value < LIMIT for value in values]
            self.apart |= ~np.array(fits, np.bool_)
            return np.array([value if fit else 1 for value, fit in zip(values, fits, strict=True)], np.int64)

    def _leave_out_what_is_large(self, top: Integers, bottom: Integers) -> None:
        """Products that an int64 might not hold are the scalar engine's, and so is a debt of nothing.

        The bound is in floats, whose error lies far inside the margin that LIMIT leaves.
        """
        with np.errstate(over="ignore"):
            largest = self.balance * (1 + top / bottom / 12) ** self.pause
        largest = (largest + self.overdue + self.fees) * (self.pause + 2.0)
        self.apart |= ~(largest * np.maximum(2.0 * top, 1) + 24.0 * bottom < LIMIT) | (self.balance <= 0)
        years = np.array([on.year for on in self.first_dues]) + (self.periods + self.pause + 12) // 12
        self.apart |= years >= date.max.year

    def _defer(self, treatments: Sequence[Treatment | None]) -> None:
        if not self.pause.any():
            return
        grows = np.array([each is Treatment.CAPITALISED for each in treatments])
        keeps = np.array([each in _KEPT for each in treatments])
        for month in range(int(self.pause.max())):
            charge = (self.balance * self.twice + self.half) // self.whole * (month < self.pause)
            self.balance += charge * grows
            self.carried += charge * keeps


def _levels(sheet: _Sheet) -> Integers:
    """The level amount of each plan, exact: one power for each rate and length, one division for each plan."""
    keys = [
        (
            _NO_RATE if method is Method.EQUAL_PRINCIPAL else ratio,
            length,
            method is Method.INTEREST_ONLY_BALLOON,
        )
        for ratio, length, method in zip(sheet.ratios, sheet.periods.tolist(), sheet.methods, strict=True)
    ]
    factors = {key: _annuity(*key) for key in set(keys)}
    levels = [
        (balance * numerator + denominator) // twice
        for balance, (numerator, denominator, twice) in zip(
            sheet.balance.tolist(), map(factors.__getitem__, keys), strict=True
        )
    ]
    return np.array(levels, np.int64)


def _annuity(ratio: tuple[int, int], periods: int, pays_interest_only: bool) -> tuple[int, int, int]:
    """What a level amount is of a balance: r·(1+r)ⁿ ÷ ((1+r)ⁿ − 1) with r a twelfth of the rate, exact.

    As the three numbers that half-up rounding needs: twice the numerator, the denominator, and twice that.
    """
    top, bottom = ratio[0], ratio[1] * 12
    if pays_interest_only:
        return 0, 1, 2
    if top == 0:
        return 2, periods, 2 * periods
    grown, plain = (bottom + top) ** periods, bottom**periods
    denominator = bottom * (grown - plain)
    return 2 * top * grown, denominator, 2 * denominator


def _divide(sheet: _Sheet, principals: Integers, interests: Integers, balances: Integers) -> None:
    """Principal, interest and balance of every month. What cannot be divided so is marked as apart."""
    level = _levels(sheet)
    by_interest = np.array(
        [method is Method.EQUAL_INSTALMENT or method is Method.INTEREST_FREE for method in sheet.methods],
        np.int64,
    )
    balance = sheet.balance
    last = sheet.periods - 1
    earliest = int(last.min())
    # None of these is negative, and division without a sign is twice as fast.
    twice, half, whole = (column.view(np.uint64) for column in (sheet.twice, sheet.half, sheet.whole))
    for month, (principal, interest, after) in enumerate(zip(principals, interests, balances, strict=True)):
        share = interest.view(np.uint64)
        np.multiply(balance.view(np.uint64), twice, out=share)
        share += half
        share //= whole
        np.multiply(interest, by_interest, out=principal)
        np.subtract(level, principal, out=principal)
        if month >= earliest:
            # The last row takes what is left; after it there is nothing.
            np.copyto(principal, balance, where=month >= last)
        np.subtract(balance, principal, out=after)
        balance = after
    # A plan that went below zero once is wrong from there on, whatever followed.
    if min(int(principals.min()), int(balances.min())) < 0:
        sheet.apart |= ((principals < 0) | (balances < 0)).any(axis=0)


def _place(
    out: Integers, total: Integers, spreads: NDArray[np.bool_], periods: Integers, months: Integers
) -> None:
    """Into the first month, or the quotient to every month and the odd units one each to the first of them."""
    whole, odd = np.divmod(total * spreads, periods)
    np.less(months, odd, out=out, casting="unsafe")
    out += whole
    out[0] += total * ~spreads


def _dues(out: Integers, sheet: _Sheet, months: Integers) -> None:
    """Due days since 1970: the day of the first date, or the last of a month too short for it."""
    first = np.array([on.year * 12 + on.month - 1 for on in sheet.first_dues], np.int64)
    day = np.array(sheet.days, np.int64)
    begin = np.where(sheet.apart, first.min(), first + sheet.pause)
    earliest = int(begin.min())
    span = int(begin.max()) - earliest + len(months) + 1
    # Days since 1970 of the first of each month that occurs.
    since = earliest - 1970 * 12
    starts = np.arange(since, since + span).astype("M8[M]").astype("M8[D]").astype(np.int64)
    # Thousands of plans share few first days: each is walked once.
    known, which = np.unique((begin - earliest) * 32 + day, return_inverse=True)
    at = known // 32 + months[:, None]
    table = starts[at] + np.minimum(known % 32, np.diff(starts)[at]) - 1
    np.take(table, which, axis=1, out=out, mode="clip")


def _by_the_scalar_engine(
    plans: Sequence[Terms], apart: NDArray[np.bool_]
) -> tuple[dict[int, Schedule], dict[int, TermsRefused]]:
    built: dict[int, Schedule] = {}
    refused: dict[int, TermsRefused] = {}
    for place in np.flatnonzero(apart).tolist():
        try:
            built[place] = build(plans[place])
        except TermsRefused as refusal:
            refused[place] = refusal
    return built, refused
