"""What a running plan owes on a day, what replaced what, and how far behind it is. Reads only."""

import datetime as dt
from collections.abc import Sequence

from cases import clock
from repayment import queries_payments
from repayment.domain import restructure
from repayment.domain.allocation import Order, Paid
from repayment.domain.restructure import Line, State
from repayment.domain.rows import Sums
from repayment.domain.schedule import build
from repayment.domain.terms import Terms
from repayment.models import Offer, Payment, PaymentState, Plan, Restructuring, Variation


def began_on(plan: Plan) -> dt.date:
    """The day of the first version of an agreement, in Beijing."""
    return plan.began_on or signed_on(plan)


def signed_on(plan: Plan) -> dt.date:
    """The day on which this version was agreed, in Beijing."""
    return plan.agreed_at.astimezone(clock.BEIJING).date()


def variation_of(offer: Offer) -> Variation | None:
    """The variation that an offer is, or that it answers: the newest on its debt up to it."""
    return (
        Variation.objects.filter(offer__debt=offer.debt_id, offer__number__lte=offer.number)
        .select_related("restructuring__plan")
        .order_by("-offer__number")
        .first()
    )


def confirmed(plan: Plan) -> list[Paid]:
    """The payments on a plan that its lender has."""
    return [
        Paid(
            id=noted.payment.pk,
            on=noted.payment.on,
            amount=noted.payment.amount,
            reference=noted.payment.external_ref,
        )
        for noted in queries_payments.account_of(plan).payments
        if noted.state == PaymentState.State.CONFIRMED
    ]


def confirmed_refs(plan: Plan) -> list[str]:
    return sorted(
        noted.payment.ref
        for noted in queries_payments.account_of(plan).payments
        if noted.state == PaymentState.State.CONFIRMED
    )


def is_counted(payment: Payment) -> bool:
    """Whether an agreement that replaced this payment's was worked out with it."""
    replaced = Restructuring.objects.filter(plan=payment.plan_id, made__isnull=False).exclude(
        made__state=Plan.State.CANCELLED
    )
    return any(payment.ref in counted for counted in replaced.values_list("counted", flat=True))


def state_of(plan: Plan, on: dt.date) -> State:
    """What is owed on a plan at the end of a day, by its confirmed payments."""
    return restructure.state_at(
        Terms.from_json(plan.terms), confirmed(plan), on=on, order=Order(plan.allocation)
    )


def terms_to_vary(plan: Plan, on: dt.date) -> Terms:
    """The agreement's own terms from here on, for what is owed now: where a variation starts from."""
    return restructure.continued(Terms.from_json(plan.terms), state_of(plan, on))


def steps_to(plan: Plan) -> Sequence[Line]:
    """Every step from the agreement that this one replaced to its own schedule; none for a first agreement."""
    if plan.restructuring is None:
        return ()
    worked_out, terms = plan.restructuring, Terms.from_json(plan.terms)
    owed = Sums(principal=worked_out.principal, interest=worked_out.interest, fees=worked_out.fees)
    return restructure.steps_to(restructure.from_json(worked_out.lines), owed, terms, build(terms))


def steps_of_offer(offer: Offer) -> Sequence[Line]:
    """The same for an offer that would replace an agreement."""
    variation = variation_of(offer)
    if variation is None:
        return ()
    terms = Terms.from_json(offer.terms)
    owed = Sums(principal=terms.principal, interest=terms.interest, fees=terms.fees)
    return restructure.steps_to(
        restructure.from_json(variation.restructuring.lines), owed, terms, build(terms)
    )


def returned(plan: Plan) -> int:
    """What the claw-back of a broken plan brought back, in minor units; 0 while it is not broken."""
    if plan.state != Plan.State.BROKEN:
        return 0
    breach = plan.breaches.first()
    return breach.returned if breach else 0
