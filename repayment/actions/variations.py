"""Changing an agreement that runs: an offer to replace it, worked out from what is owed today. Either side may propose.

Only a yes of the other side replaces anything (`plans.open_from`); until then, and after a no, the agreement stands.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.actions import work
from cases.domain.refusal import Refused
from cases.models import User
from repayment import queries, queries_plans
from repayment.actions import crossing, offers, plans, second_person, waivers, walls
from repayment.actions.waiting import settle
from repayment.domain import restructure
from repayment.domain.schedule import build
from repayment.domain.terms import Terms
from repayment.models import Approval, Offer, Plan, Variation

# Agreements that can be changed: a broken one too, for that is how it runs again on other terms.
VARIABLE = (*queries.IN_FORCE, Plan.State.BROKEN)


def propose(*, by: User, plan: Plan, terms: Terms, reason: str = "") -> Offer:
    """Offer other terms for what a running agreement still owes today; it is replaced when the other side says yes.

    `terms` start from `queries_plans.terms_to_vary`: they say how to pay, never how much is owed. An officer keeps to
    the lender's published policy and to what may be decided alone; beyond that `approvals.ask_change` is the way. Raises
    Refused with the field to change, and when a lender has tried too many different changes.
    """
    if walls.side_of(by) == Offer.Side.LENDER:
        count_change(by=by, plan=plan, terms=terms)
    return _propose(by=by, plan=plan, terms=terms, reason=reason)


@transaction.atomic
def count_change(*, by: User, plan: Plan, terms: Terms) -> None:
    """Write down that a lender asks for this change, before the answer is known. Raises Refused as `propose` would."""
    plan = plans.held(by=by, plan=plan)
    built = checked(by=by, plan=plan, terms=terms)
    crossing.count(by=by, offer=plan.offer, terms=terms, schedule=built.schedule)


@transaction.atomic
def _propose(*, by: User, plan: Plan, terms: Terms, reason: str) -> Offer:
    plan = plans.held(by=by, plan=plan)
    reason = walls.worded(reason)
    built = checked(by=by, plan=plan, terms=terms)
    if walls.side_of(by) == Offer.Side.LENDER:
        second_person.must_not_be_needed(by=by, offer=plan.offer, terms=terms, schedule=built.schedule)
    return put_forward(by=by, plan=plan, built=built, reason=reason)


def checked(*, by: User, plan: Plan, terms: Terms) -> restructure.Restructure:
    """The change worked out, once every wall is passed but the second person. The caller holds the plan."""
    side = walls.side_of(by)
    if plan.state not in VARIABLE:
        raise Refused("not_in_force", _("This agreement is no longer in force."))
    plans.no_payment_may_wait(plan)
    if Offer.objects.filter(debt=plan.debt_id, state=Offer.State.OPEN).exists():
        raise Refused("offer_open", _("An offer on this debt already waits for an answer."))
    _must_not_raise(plan, terms)
    walls.must_lie_ahead(terms)
    built = restructure.restructure(queries_plans.state_of(plan, clock.today()), terms)
    if side == Offer.Side.LENDER:
        walls.must_fit_policy(plan.offer, terms, built.schedule)
    return built


def put_forward(
    *,
    by: User,
    plan: Plan,
    built: restructure.Restructure,
    reason: str,
    approval: Approval | None = None,
) -> Offer:
    """Write the offer of a change. The caller holds the plan and has passed the walls; an approval reserved already."""
    number = Offer.objects.filter(debt=plan.debt_id).aggregate(last=Max("number"))["last"] or 0
    offer = offers.put_forward(
        by=by,
        case=plan.case,
        debt=plan.debt,
        terms=built.terms,
        schedule=built.schedule,
        number=number + 1,
        reason=reason,
    )
    theirs = offer.made_by == Offer.Side.LENDER
    if theirs and approval is None:
        waivers.reserve(offer=offer, amount=built.schedule.totals.waived, by=by)
    today = clock.today()
    Variation.objects.create(offer=offer, restructuring=plans.keep(plan, built.state, paid_until=today))
    plans.record("plan.variation_offered", by=by, plan=plan, offer=offer.ref)
    second_person.lapse_changes(plan)
    settle(plan.case, otherwise="plan_agreed")
    if theirs:
        work.put("offer_answered", about=offer, person=plan.case.borrower)
    return offer


def obstacles(*, plan: Plan, terms: Terms, on: dt.date, by_lender: bool = True) -> list[Refused]:
    """What `propose` would refuse in these terms, each with the field to change, for a page that shows them first."""
    found = []
    for check in (
        lambda: walls.must_lie_ahead(terms),
        lambda: _must_not_raise(plan, terms),
        lambda: restructure.restructure(queries_plans.state_of(plan, on), terms),
    ):
        try:
            check()
        except Refused as refused:
            found.append(refused)
    return [*found, *(walls.outside_policy(plan.offer, terms, build(terms)) if by_lender else ())]


def _must_not_raise(plan: Plan, terms: Terms) -> None:
    old = Terms.from_json(plan.terms)
    if terms.rate > max(old.annual_rate, old.rate):
        raise Refused("rate_raised", _("The rate cannot be higher than the debt's own."), field="annual_rate")
