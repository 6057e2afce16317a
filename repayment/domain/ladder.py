"""Rows of the plans that only an agreement may have: steps before the level part, an open end, one sum for everything.

What a step pays is all that is paid in its months; overdue interest, fees and interest kept aside wait for the rows
after the steps, or stay owed until the review when there are none. A settlement pays principal first, then interest,
then fees; what it does not reach is released with its last payment and not before.
"""

from collections.abc import Iterable
from typing import NamedTuple

from .rows import (
    NOTHING_LEFT,
    Row,
    Schedule,
    Sums,
    Totals,
    defer,
    divide,
    dues_of,
    month_interest,
    owed,
    place,
)
from .terms import MAX_ROWS, Arrears, Step, Terms, TermsRefused, Treatment, Waived


class _Paid(NamedTuple):
    """A row before it has a number: `month` counts from the end of the pause, `balance` is the principal left."""

    month: int
    principal: int
    interest: int
    balance: int


def build(terms: Terms) -> Schedule:
    """The schedule of terms with a clause. Raises TermsRefused with the field to change."""
    if terms.settlement:
        return _settle(terms)
    overdue, fees, balance = owed(terms)
    if balance == 0:
        raise TermsRefused("principal", "nothing_owed", "There is no principal to pay back.")
    climb = Climb(terms, *defer(balance, terms))
    for number, step in enumerate(terms.steps):
        climb.take(step, f"steps/{number}")
    steps = len(climb.rows)
    if terms.is_open_ended:
        left = Sums(principal=climb.balance, interest=overdue + climb.first + climb.spread, fees=fees)
        arrears = fee_parts = [0] * steps
    else:
        left = NOTHING_LEFT
        rest = climb.divide()
        spreading = terms.arrears is Arrears.SPREAD
        # Divided separately: each has its own odd cents.
        pots = (
            place(overdue, rest, spreading),
            place(climb.first, rest, False),
            place(climb.spread, rest, True),
        )
        arrears = [0] * steps + [sum(parts) for parts in zip(*pots, strict=True)]
        fee_parts = [0] * steps + place(fees, rest, spreading)
    dues = dues_of(terms, climb.month)
    if terms.is_open_ended and terms.review and terms.review.on < dues[-1]:
        raise TermsRefused("review/on", "review_before_end", "The review comes after the last month agreed.")
    rows = tuple(
        Row(
            number=at + 1,
            due=dues[paid.month],
            principal=paid.principal,
            interest=paid.interest,
            arrears=arrears[at],
            fees=fee_parts[at],
            amount=paid.principal + paid.interest + arrears[at] + fee_parts[at],
            balance=paid.balance,
        )
        for at, paid in enumerate(climb.rows)
    )
    waived = terms.waive_interest + terms.waive_fees + climb.forgiven
    return Schedule(
        rows=rows,
        totals=_totals(rows, waived),
        last_due=rows[-1].due if rows else terms.review.on if terms.review else dues[-1],
        left=left,
        forgiven=climb.forgiven,
        clawback=_clawback(terms, climb.forgiven),
    )


class Climb:
    """A balance on its way through the steps. `first` and `spread` are interest kept aside, by where it will go."""

    def __init__(self, terms: Terms, balance: int, carried: int, forgiven: int) -> None:
        treatment = terms.deferral.treatment if terms.deferral else None
        self.terms = terms
        self.balance, self.forgiven = balance, forgiven
        self.spread = carried if treatment is Treatment.CARRIED_SPREAD else 0
        self.first = carried - self.spread
        self.month = 0
        self.rows: list[_Paid] = []

    def take(self, step: Step, field: str) -> None:
        for _ in range(step.periods):
            interest = month_interest(self.balance, self.terms.rate)
            match step.treatment:
                case Treatment.CAPITALISED:
                    self.balance, interest = self.balance + interest, 0
                case Treatment.WAIVED:
                    self.forgiven, interest = self.forgiven + interest, 0
                case Treatment.CARRIED_FIRST:
                    self.first, interest = self.first + interest, 0
                case Treatment.CARRIED_SPREAD:
                    self.spread, interest = self.spread + interest, 0
            if step.amount:
                self._pay(step.amount - interest, interest, field)
            self.month += 1

    def _pay(self, principal: int, interest: int, field: str) -> None:
        if principal < 0:
            raise TermsRefused(
                f"{field}/amount",
                "step_below_interest",
                "This is less than the month's interest: say what happens to the interest.",
            )
        if principal > self.balance or (principal == self.balance and not self.terms.is_open_ended):
            raise TermsRefused(
                f"{field}/amount",
                "step_too_large",
                "The steps pay everything off: nothing is left to divide.",
            )
        self.balance -= principal
        self.rows.append(_Paid(self.month, principal, interest, self.balance))

    def divide(self) -> int:
        """Rows for all that is left, by the method; returns how many."""
        principals, interests = divide(self.balance, self.terms)
        if len(self.rows) + len(principals) > MAX_ROWS:
            raise TermsRefused("amount", "too_many_rows", "This would take more than 600 months.")
        for principal, interest in zip(principals, interests, strict=True):
            self.balance -= principal
            self.rows.append(_Paid(self.month, principal, interest, self.balance))
            self.month += 1
        return len(principals)


def _settle(terms: Terms) -> Schedule:
    overdue, fees, balance = owed(terms)
    owing, paid = balance + overdue + fees, sum(lump.amount for lump in terms.settlement)
    if paid > owing:
        raise TermsRefused("settlement", "settlement_too_large", "This is more than is owed.")
    rows = []
    for number, lump in enumerate(terms.settlement, 1):
        left = lump.amount
        principal = min(left, balance)
        arrears = min(left - principal, overdue)
        fee = left - principal - arrears
        balance, overdue, fees = balance - principal, overdue - arrears, fees - fee
        last = number == len(terms.settlement)
        rows.append(
            Row(
                number=number,
                due=lump.on,
                principal=principal,
                interest=0,
                arrears=arrears,
                fees=fee,
                amount=lump.amount,
                # The last payment releases what is left.
                balance=0 if last else balance,
            )
        )
    waived = terms.waive_interest + terms.waive_fees + owing - paid
    return Schedule(rows=tuple(rows), totals=_totals(rows, waived), last_due=rows[-1].due)


def _totals(rows: Iterable[Row], waived: int) -> Totals:
    listed = list(rows)
    return Totals(
        amount=sum(row.amount for row in listed),
        principal=sum(row.principal for row in listed),
        interest=sum(row.interest for row in listed),
        arrears=sum(row.arrears for row in listed),
        fees=sum(row.fees for row in listed),
        waived=waived,
    )


def _clawback(terms: Terms, forgiven: int) -> int:
    """What the one event would bring back: fixed now, printed, and never more than was waived."""
    if terms.clawback is None:
        return 0
    waived = {
        Waived.INTEREST: terms.waive_interest,
        Waived.FEES: terms.waive_fees,
        Waived.DEFERRED: forgiven,
    }
    amount = sum(waived[part] for part in terms.clawback.returns)
    if amount == 0:
        raise TermsRefused("clawback/returns", "nothing_returns", "Nothing of this kind is waived.")
    return amount
