"""Payments from a lender's books, many lines at once: all of them or none, and the same lines again change nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import queries as case_queries
from cases.access import Permission
from cases.actions.claims import Refusals
from cases.domain.refusal import Refused
from cases.models import Lender, User
from repayment import queries, queries_payments
from repayment.actions import payments
from repayment.domain.paid_lines import PaidLine
from repayment.models import Offer, Payment, PaymentState, Plan

Step = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One line and its payment. `outcome`: `recorded`, `matched` to a borrower's note, or `known` from before."""

    payment: Payment
    outcome: str


@transaction.atomic
def take(*, by: User, lines: Sequence[PaidLine], step: Step = lambda done: None) -> list[Taken]:
    """Take over what a lender's books say was paid, in the lines' order in the answer; `step` hears how many are done.

    `by` is the lender's system or one of its people. Raises Refusals with every line that cannot be taken,
    Lender.DoesNotExist for somebody who speaks for none.
    """
    lender = case_queries.lender_of(by) if by.may(Permission.PAYMENT_CONFIRM) else None
    if lender is None:
        raise Lender.DoesNotExist
    plans = {plan.ref: plan for plan in queries.plans_for(by).filter(ref__in={line.plan for line in lines})}
    # People always in one order, and all of them before any debt: two files at once then wait, and never for each other.
    people = sorted({plan.case.borrower_id for plan in plans.values()})
    list(User.objects.select_for_update().filter(pk__in=people).order_by("pk"))
    # Nothing moves any more: what a file of yesterday said is known without asking line by line.
    known = queries_payments.confirmed_by_number(plans.values(), {line.reference for line in lines})
    taken: dict[int, Taken] = {}
    refused = []
    order = sorted(range(len(lines)), key=lambda place: _place(lines[place], plans, place))
    for done, place in enumerate(order, start=1):
        line = lines[place]
        before = known.get((line.plan, line.reference))
        if before is not None and _is_same(before, line, plans[line.plan]):
            taken[place] = Taken(payment=before, outcome="known")
            step(done)
            continue
        try:
            with transaction.atomic():
                taken[place] = _take(by, line, plans)
        except Refused as caught:
            refused.append((place, caught))
        step(done)
    if refused:
        raise Refusals(sorted(refused, key=lambda one: one[0]))
    return [taken[place] for place in range(len(lines))]


def _is_same(before: Payment, line: PaidLine, plan: Plan) -> bool:
    """A note's own day may be another than the books'; a number that came first with the lender's line has its day."""
    day = before.external_ref != line.reference or before.on == line.on
    return before.amount == line.amount and day and line.currency == plan.debt.currency


def _place(line: PaidLine, plans: dict[str, Plan], place: int) -> tuple[int, int, str, int]:
    plan = plans.get(line.plan)
    return (plan.debt_id, plan.pk, line.on.isoformat(), place) if plan else (0, 0, "", place)


def _take(by: User, line: PaidLine, plans: dict[str, Plan]) -> Taken:
    plan = plans.get(line.plan)
    if plan is None:
        raise Refused("unknown_plan", _("There is no such agreement."), field="plan")
    if line.currency != plan.debt.currency:
        raise Refused("other_currency", _("The agreement is in another currency."), field="currency")
    before = queries_payments.by_reference(plan, line.reference)
    confirmed = before is not None and queries_payments.state_of(before) == PaymentState.State.CONFIRMED
    payment = payments.claim(
        by=by,
        plan=plan,
        amount=line.amount,
        on=line.on,
        reference=line.reference,
        another=line.another,
    )
    first = "matched" if payment.claimed_by == Offer.Side.BORROWER else "recorded"
    return Taken(payment=payment, outcome="known" if confirmed else first)
