"""What a Chinese bank's personal card agreement has to say, and how long it may run: article 70 of the card rules.

The article names six blocks. An agreement that leaves one out is not this agreement, so `missing` names it before
anybody says yes. The names of the blocks are those of the rulebook's row `cn.plan.card70.content`. Money in minor units.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cases.domain import money

from .schedule import Schedule
from .terms import Terms

CONTENT, TERM = "cn.plan.card70.content", "cn.plan.card70.term"


class Block(StrEnum):
    """The blocks in the article's order."""

    BALANCE = "balance"
    PAYMENTS = "payments"
    CHARGES = "charges"
    NO_NEW_CARD = "no_new_card"
    RIGHTS_AND_DUTIES = "rights_and_duties"
    OTHER = "other"


class Clause(StrEnum):
    """A sentence of the sheet that is the same in every agreement, or is not there."""

    ANNUAL_FEE = "annual_fee"
    OTHER_FEES = "other_fees"
    NO_NEW_CARD = "no_new_card"
    RIGHTS = "rights"
    DUTIES = "duties"
    DEFAULT = "default"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Payment:
    on: date
    amount: int


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What an agreement says. A part of the balance that nobody has stated is None, which is not the same as nothing.

    `review` is the day on which both sides look again, for an agreement under which nothing is paid until then.
    `interest` is whether it says if interest goes on; that there is none is said too.
    """

    currency: str
    principal: int | None
    overdue_interest: int | None
    fees: int | None
    payments: tuple[Payment, ...]
    clauses: frozenset[Clause]
    review: date | None = None
    interest: bool = True


def contents_of(
    terms: Terms, schedule: Schedule, clauses: frozenset[Clause], *, overdue_known: bool = True
) -> Contents:
    """What terms and the sheet's own sentences say together. `overdue_known`: somebody stated interest and fees owed."""
    return Contents(
        currency=terms.currency,
        principal=terms.principal,
        overdue_interest=terms.interest if terms.interest or overdue_known else None,
        fees=terms.fees if terms.fees or overdue_known else None,
        payments=tuple(Payment(on=row.due, amount=row.amount) for row in schedule.rows),
        clauses=clauses,
        review=terms.review.on if terms.review else None,
    )


def content_blocks(contents: Contents) -> tuple[Block, ...]:
    """The blocks that are missing, in the article's order; empty when the agreement says all that it must."""
    said = {
        Block.BALANCE: _has_balance(contents),
        Block.PAYMENTS: _has_payments(contents),
        Block.CHARGES: contents.interest and contents.clauses >= {Clause.ANNUAL_FEE, Clause.OTHER_FEES},
        Block.NO_NEW_CARD: Clause.NO_NEW_CARD in contents.clauses,
        Block.RIGHTS_AND_DUTIES: contents.clauses >= {Clause.RIGHTS, Clause.DUTIES, Clause.DEFAULT},
        Block.OTHER: Clause.OTHER in contents.clauses,
    }
    return tuple(block for block in Block if not said[block])


def months(terms: Terms, schedule: Schedule) -> int:
    """How many calendar months an agreement runs, a pause before its first payment included."""
    last = schedule.last_due
    return (last.year - terms.first_due.year) * 12 + last.month - terms.first_due.month + 1


def _has_balance(contents: Contents) -> bool:
    parts = (contents.principal, contents.overdue_interest, contents.fees)
    return contents.currency in money.CURRENCIES and None not in parts and any(parts)


def _has_payments(contents: Contents) -> bool:
    """Each day and amount; or, where nothing is paid, until when."""
    if not contents.payments:
        return contents.review is not None
    return all(each.amount > 0 for each in contents.payments)
