"""Which of a borrower's debts are older than the period in which a court hears them. For the borrower's eyes only: no page
of a lender reads from here."""

from cases import clock
from cases import queries as case_queries
from cases.models import Debt
from repayment.domain import limitation
from repayment.domain.limitation import Age, Facts


def age_of(debt: Debt) -> Age | None:
    """How old the claim is today, by the law of its owner's place; China's where the owner is not in our list."""
    owner = case_queries.owner_of(debt)
    return limitation.age(
        Facts(
            last_paid_on=debt.last_paid_on,
            last_acknowledged_on=debt.last_acknowledged_on,
            days_overdue=debt.days_overdue,
            as_of=debt.as_of,
        ),
        jurisdiction=owner.jurisdiction if owner else "CN",
        today=clock.today(),
    )


def is_left_out(debt: Debt) -> bool:
    """Whether comparisons and proposals pass it by: old, and its owner has not asked for it knowingly."""
    found = age_of(debt)
    return found is not None and found.is_old and debt.old_included_at is None
