"""How an offer ends, and what every yes does once it is allowed: an officer's, a borrower's, or the published policy's."""

from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.actions import events, work
from cases.domain.refusal import Refused
from cases.models import User
from repayment import queries
from repayment.actions import plans, second_person, waivers, walls
from repayment.actions.waiting import settle
from repayment.domain import negotiation
from repayment.domain.negotiation import OfferVerb
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms
from repayment.models import Acceptance, Approval, Offer, Plan, Policy


def agree(
    *,
    by: User | None,
    offer: Offer,
    terms: Terms,
    schedule: Schedule,
    side: str,
    policy: Policy | None = None,
    approval: Approval | None = None,
) -> Plan:
    """What every yes does, once it is allowed. The caller holds person, debt and offer.

    `by` None is the system, for a lender, by `policy`. With an `approval` the waiver is reserved already.
    """
    state = walls.after(offer, OfferVerb.ACCEPT, side)
    plan = plans.open_from(by=by, offer=offer, terms=terms, schedule=schedule)
    now = clock.now()
    close(offer, state)
    Offer.objects.filter(debt=offer.debt_id, state=Offer.State.OPEN).update(
        state=Offer.State.SUPERSEDED, closed_at=now
    )
    published = queries.policy_for(offer.case.lender, clock.today())
    Acceptance.objects.create(
        offer=offer,
        by=by,
        side=side,
        at=now,
        policy=policy,
        leave_until=negotiation.leave_until(plan.agreed_at, published.cooling_off_hours if published else 0),
    )
    if side == Offer.Side.LENDER and approval is None:
        waivers.reserve(offer=offer, amount=schedule.totals.waived, by=by)
    settle(offer.case, otherwise="plan_agreed")
    events.record(
        "offer.accepted",
        by=by,
        about=plan,
        person=offer.case.borrower,
        lender=offer.case.lender,
        offer=offer.ref,
        total=schedule.totals.amount,
        terms_sha256=plan.terms_sha256,
        **({"by_policy_of": policy.since.isoformat()} if policy else {}),
    )
    work.put("plan_replaced" if plan.replaces else "plan_agreed", about=plan, person=offer.case.borrower)
    return plan


def close(offer: Offer, state: str) -> None:
    """The second wall: only an offer that is open in the database right now changes state.

    What it had reserved is free again unless it was accepted; an answer that waited for a second person is void.
    """
    now = clock.now()
    if not Offer.objects.filter(pk=offer.pk, state=Offer.State.OPEN).update(state=state, closed_at=now):
        raise Refused("offer_changed", _("This offer has been replaced by a newer one. Please look again."))
    offer.state, offer.closed_at = state, now
    second_person.lapse(offer)
    if state != Offer.State.ACCEPTED:
        waivers.release(offer=offer)
