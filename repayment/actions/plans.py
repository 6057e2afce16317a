"""The life of an agreement: opened from an accepted offer, and never edited afterwards. The only place that writes plans."""

import hashlib
import secrets

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Permission
from cases.actions import events
from cases.domain.refusal import Refused
from cases.models import Debt, User
from repayment import queries, queries_payments
from repayment.actions import waivers
from repayment.actions.waiting import settle
from repayment.domain import negotiation
from repayment.domain import schedule as schedules
from repayment.domain.negotiation import OfferState, OfferVerb, Party, PlanState, PlanVerb
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms
from repayment.models import Instalment, Offer, PaymentState, Plan

# Payments that somebody stands by keep an agreement from being undone.
_STANDING = frozenset({PaymentState.State.CLAIMED, PaymentState.State.CONFIRMED})


def open_from(*, by: User | None, offer: Offer, terms: Terms, schedule: Schedule) -> Plan:
    """The sealed agreement that an offer becomes, with its rows.

    The caller holds person, debt and offer, in that order, and closes the offer in the same transaction, after this
    call. Raises Refused when there is an agreement on the debt already.
    """
    if Plan.objects.filter(debt=offer.debt_id, state__in=queries.IN_FORCE).exists():
        raise Refused("already_agreed", _("There is already an agreement on this debt."))
    nonce = secrets.token_hex(16)
    canonical = schedules.canonical(terms, schedule, nonce)
    plan = Plan.objects.create(
        case=offer.case,
        debt=offer.debt,
        offer=offer,
        terms=offer.terms,
        nonce=nonce,
        canonical=canonical.decode(),
        terms_sha256=hashlib.sha256(canonical).hexdigest(),
        agreed_at=clock.now(),
    )
    Instalment.objects.bulk_create(
        Instalment(
            plan=plan,
            number=row.number,
            due=row.due,
            principal=row.principal,
            interest=row.interest,
            arrears=row.arrears,
            fees=row.fees,
            amount=row.amount,
            balance=row.balance,
        )
        for row in schedule.rows
    )
    return plan


@transaction.atomic
def take_back(*, by: User, plan: Plan) -> Plan:
    """Undo an agreement within its cooling-off. The borrower's alone, and no reason is asked.

    Raises Refused when that time is over or the agreement no longer stands.
    """
    if not by.may(Permission.OFFER_ANSWER):
        raise Plan.DoesNotExist
    case = plan.case
    User.objects.select_for_update().get(pk=case.borrower_id)
    Debt.objects.select_for_update().get(pk=plan.debt_id)
    Offer.objects.select_for_update().get(pk=plan.offer_id)
    plan = queries.plans_for(by).select_for_update(of=("self",)).get(pk=plan.pk)
    try:
        state = negotiation.move_plan(PlanState(plan.state), PlanVerb.CANCEL, who=Party.BORROWER)
    except Refused:
        raise Refused("not_in_force", _("This agreement is no longer in force.")) from None
    if clock.now() > queries.leave_until(plan):
        raise Refused(
            "too_late", _("The time to change your mind is over. You can still ask the lender.")
        )
    if any(noted.state in _STANDING for noted in queries_payments.account_of(plan).payments):
        # Money paid on it would otherwise hang on an agreement that no longer is one.
        raise Refused(
            "payment_noted",
            _("A payment is noted on this agreement. Take the note back first, or talk to the lender."),
        )
    if not Plan.objects.filter(pk=plan.pk, state__in=queries.IN_FORCE).update(state=state):
        raise Refused("not_in_force", _("This agreement is no longer in force."))
    # The yes is history; what it said yes to no longer binds, so a new offer may be accepted.
    released = negotiation.move_offer(
        OfferState.ACCEPTED, OfferVerb.SUPERSEDE, who=Party.SYSTEM, author=Party(plan.offer.made_by)
    )
    Offer.objects.filter(pk=plan.offer_id, state=Offer.State.ACCEPTED).update(state=released)
    waivers.release(offer=plan.offer, by=by)
    plan.state = state
    settle(plan.case, otherwise="taken_back")
    events.record("plan.taken_back", by=by, about=plan, person=plan.case.borrower, lender=plan.case.lender)
    return plan
