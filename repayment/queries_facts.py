"""What agreements say about who may press: `plan_in_force`, as a fact of the public contract, for the diary of contacts."""

from collections.abc import Iterator
from typing import Any

from cases.models import User
from repayment.models import Plan
from repayment.queries import IN_FORCE


def plans_as_facts(user: User) -> Iterator[tuple[int, dict[str, Any]]]:
    """(lender, fact) of every agreement in force, from the instant of the yes. An ended one says nothing any more."""
    plans = Plan.objects.filter(case__borrower=user, state__in=IN_FORCE)
    for lender, debt, since in plans.values_list("case__lender_id", "debt__ref", "agreed_at"):
        yield lender, {"kind": "plan_in_force", "from": since.isoformat(), "debts": [debt]}
