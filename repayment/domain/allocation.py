"""
Which payment paid what: instalments oldest first, and inside one in the order that the agreement stores.

Every reading starts from all payments again, by the day on which they were made, so that a payment recorded late, out of
turn or taken out again leaves the ledger that would have been there had everybody written it down at once. Money is an
integer in the currency's minor unit; nothing here divides, so nothing is rounded. Civil Code of China, article 561: absent
an agreement, the costs of the claim come first, then interest, then the debt itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


class Component(StrEnum):
    FEES = "fees"
    INTEREST = "interest"
    PRINCIPAL = "principal"


class Order(StrEnum):
    """What a payment pays first inside one instalment; the code names its components."""

    LEGAL = "fees_interest_principal"
    HARDSHIP = "principal_interest_fees"

    @property
    def components(self) -> tuple[Component, ...]:
        return tuple(Component(name) for name in self.value.split("_"))


class RowState(StrEnum):
    """Where one instalment stands. PARTLY: something was confirmed; CHECKING: the lender has not found what was noted."""

    PAID = "paid"
    WAITING = "waiting"
    CHECKING = "checking"
    PARTLY = "partly"
    OPEN = "open"


class Due(Protocol):
    """One instalment, as a schedule or a database row has it. `interest` and `arrears` are one component: interest."""

    @property
    def number(self) -> int: ...
    @property
    def due(self) -> date: ...
    @property
    def principal(self) -> int: ...
    @property
    def interest(self) -> int: ...
    @property
    def arrears(self) -> int: ...
    @property
    def fees(self) -> int: ...
    @property
    def amount(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Paid:
    """One payment: `on` is the day it was made, `id` its place in the record. One `reference` is one payment."""

    id: int
    on: date
    amount: int
    reference: str = ""

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise ValueError("A payment is above zero.")


@dataclass(frozen=True, kw_only=True)
class Reversal:
    """Takes the payment `of` out again, as if it had never been made."""

    of: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """`amount` of a payment went to one component of one instalment."""

    payment: int
    number: int
    component: Component
    amount: int


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One instalment: what was paid of each component, and the day of the payment that closed it."""

    number: int
    due: date
    amount: int
    fees: int = 0
    interest: int = 0
    principal: int = 0
    paid_on: date | None = None

    @property
    def paid(self) -> int:
        return self.fees + self.interest + self.principal

    @property
    def open(self) -> int:
        return self.amount - self.paid

    @property
    def days_late(self) -> int:
        """Whole days from the due day to the payment that closed it; 0 while it is open. Information, never blame."""
        return max(0, (self.paid_on - self.due).days) if self.paid_on else 0


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """Where a plan stands. `credit` is what was paid above everything agreed; it is kept in sight, never lost."""

    rows: tuple[Standing, ...]
    lines: tuple[Line, ...]
    credit: int

    @property
    def paid(self) -> int:
        """What was paid towards the plan, without the credit."""
        return sum(row.paid for row in self.rows)

    @property
    def open(self) -> int:
        return sum(row.open for row in self.rows)

    @property
    def next_open(self) -> Standing | None:
        return next((row for row in self.rows if row.open), None)


def allocate(rows: Iterable[Due], payments: Iterable[Paid | Reversal], order: Order) -> Ledger:
    """The ledger of these instalments after these payments. Raises ValueError when an instalment is not its parts' sum.

    A payment goes to the oldest instalment that is open, whether it is due yet or not, and what is left of it to the next.
    """
    dues = sorted(rows, key=lambda row: row.number)
    standing = [_Open(row, order) for row in dues]
    lines: list[Line] = []
    credit = place = 0
    for payment in counted(payments):
        left = payment.amount
        while left and place < len(standing):
            left = standing[place].take(payment, left, lines)
            if standing[place].open:
                break
            place += 1
        credit += left
    return Ledger(rows=tuple(each.standing() for each in standing), lines=tuple(lines), credit=credit)


def counted(payments: Iterable[Paid | Reversal]) -> list[Paid]:
    """The payments that count, in the order in which they are applied: by day, then by their place in the record.

    What was reversed is out; of several with one reference only the first in this order counts.
    """
    everything = list(payments)
    out = {each.of for each in everything if isinstance(each, Reversal)}
    standing = [each for each in everything if isinstance(each, Paid) and each.id not in out]
    found: list[Paid] = []
    known: set[str] = set()
    for each in sorted(standing, key=lambda payment: (payment.on, payment.id)):
        if each.reference and each.reference in known:
            continue
        known.add(each.reference)
        found.append(each)
    return found


def row_states(hoped: Ledger, *, claimed: Iterable[int], disputed: Iterable[int]) -> dict[int, RowState]:
    """Number → state, read from the ledger in which everything noted counts; `claimed` and `disputed` are payments' ids.

    An instalment is paid when only confirmed payments closed it. A payment in question stays with the instalment it was
    made for: a later one does not slide into its place and look late while the question is open.
    """
    waiting, checked = set(claimed), set(disputed)
    paid_by: dict[int, set[int]] = {row.number: set() for row in hoped.rows}
    for line in hoped.lines:
        paid_by[line.number].add(line.payment)
    found = {}
    for row in hoped.rows:
        by = paid_by[row.number]
        if by & checked:
            state = RowState.CHECKING
        elif by & waiting:
            state = RowState.WAITING
        elif not row.open:
            state = RowState.PAID
        else:
            state = RowState.PARTLY if row.paid else RowState.OPEN
        found[row.number] = state
    return found


class _Open:
    """An instalment while payments are applied to it."""

    def __init__(self, row: Due, order: Order) -> None:
        claimed = {
            Component.FEES: row.fees,
            Component.INTEREST: row.interest + row.arrears,
            Component.PRINCIPAL: row.principal,
        }
        if sum(claimed.values()) != row.amount:
            raise ValueError("An instalment is the sum of its parts.")
        self._row = row
        self._left = {component: claimed[component] for component in order.components}
        self._paid = dict.fromkeys(order.components, 0)
        self._paid_on: date | None = None

    @property
    def open(self) -> bool:
        return any(self._left.values())

    def take(self, payment: Paid, left: int, lines: list[Line]) -> int:
        """Apply what is left of a payment; returns what is left after it."""
        for component, wanted in self._left.items():
            part = min(wanted, left)
            if part:
                self._left[component] -= part
                self._paid[component] += part
                left -= part
                lines.append(
                    Line(payment=payment.id, number=self._row.number, component=component, amount=part)
                )
        if not self.open:
            self._paid_on = payment.on
        return left

    def standing(self) -> Standing:
        return Standing(
            number=self._row.number,
            due=self._row.due,
            amount=self._row.amount,
            fees=self._paid[Component.FEES],
            interest=self._paid[Component.INTEREST],
            principal=self._paid[Component.PRINCIPAL],
            paid_on=self._paid_on,
        )
