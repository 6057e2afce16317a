"""Picking one of the compared plans. Nothing leaves the house by it; `proposals.send` does that."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Permission
from cases.actions import events
from cases.domain.refusal import Refused
from cases.models import User
from repayment import queries, queries_compare
from repayment.models import Choice


@transaction.atomic
def choose(*, by: User, kind: str) -> Choice:
    """Keep the candidate of this kind as it computes now; it replaces one that was not sent yet.

    Raises Refused for a kind that does not exist or does not fit, and when there is no budget or no debt.
    """
    if not by.may(Permission.PLAN_SEND):
        raise Choice.DoesNotExist
    # The person's lock makes two choices at once wait for one another.
    User.objects.select_for_update().get(pk=by.pk)
    comparison = queries_compare.compare_for(by)
    candidate = next((each for each in comparison.candidates if each.kind == kind), None)
    if comparison.statement is None or candidate is None:
        raise Refused("unknown_plan", _("Please choose one of the plans."), field="plan")
    if not candidate.fits:
        raise Refused(
            "does_not_fit", _("This plan does not fit your budget or a lender's rules."), field="plan"
        )
    now = clock.now()
    Choice.objects.filter(borrower=by, sent_at__isnull=True, replaced_at__isnull=True).update(replaced_at=now)
    choice = Choice.objects.create(
        borrower=by,
        statement_ref=comparison.statement.ref,
        kind=candidate.kind.value,
        per_debt={plan.debt_ref: plan.terms.to_json() for plan in candidate.per_debt},
        owners=queries.owner_refs(comparison.debts),
        made_at=now,
    )
    events.record(
        "choice.made", by=by, about=choice, person=by, kind_of_plan=choice.kind, total=candidate.total_cost
    )
    return choice
