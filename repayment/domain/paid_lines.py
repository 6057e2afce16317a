"""What a lender's books say was paid, one line at a time, and when two payments look like one.

The same reading serves the lender API and a file. A lender's line always has the number of its transfer: by it a
line that was sent before is known again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from cases.domain import money, wire

FIELDS = ("plan", "currency", "amount", "on", "reference", "another")
REQUIRED = ("plan", "currency", "amount", "on", "reference")
LONGEST_REFERENCE = 40
# Ours, not a law's: a transfer noted by the borrower and booked by the lender is rarely further apart over a weekend.
CLOSE = timedelta(days=5)


@dataclass(frozen=True, kw_only=True)
class PaidLine:
    """One payment in minor units. `another`: the lender has looked, and it is not the one that looks the same."""

    plan: str
    currency: str
    amount: int
    on: date
    reference: str
    another: bool = False


@dataclass(frozen=True, kw_only=True)
class Known:
    """A payment that is there already. `numbered` when a lender's number stands on it, so it is told from others."""

    key: int
    amount: int
    on: date
    numbered: bool = False


def read(sheet: wire.Reader) -> PaidLine | None:
    """One object of `payments`; None when something is wrong, and `sheet.problems` then says what."""
    before = len(sheet.problems)
    sheet.only(*FIELDS)
    plan = sheet.take("plan", wire.name(16))
    currency = sheet.take("currency", wire.currency)
    amount = sheet.take("amount", wire.amount(money.exponent_of(currency) if currency else 2))
    on = sheet.take("on", wire.day)
    reference = sheet.take("reference", wire.name(LONGEST_REFERENCE))
    another = sheet.given("another", wire.flag, False)
    if len(sheet.problems) > before or not (plan and currency and on and reference) or amount is None:
        return None
    return PaidLine(plan=plan, currency=currency, amount=amount, on=on, reference=reference, another=another)


def lookalikes(amount: int, on: date, others: Iterable[Known]) -> list[Known]:
    """Payments of the same amount within CLOSE, the nearest day first, then the one that was there first."""
    found = [other for other in others if other.amount == amount and abs(other.on - on) <= CLOSE]
    return sorted(found, key=lambda other: (abs(other.on - on), other.key))
