"""Writing down what was paid, and the lender's word on it. The only place that writes payments; Steady never holds money.

Every use case takes its locks in the house's order, person → debt → offer → plan. A step that was already taken is
answered with how things stand, so that a button pressed twice, or by two officers at once, has one effect; behind the
lock stand two unique indexes, one step each number and one number each step.
"""

import datetime as dt
import re

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Permission
from cases.actions import events, handed_in, work
from cases.domain.refusal import Refused
from cases.models import Submission, User
from repayment import queries, queries_payments, queries_plans
from repayment.actions import plans
from repayment.actions.waiting import settle
from repayment.domain import schedule as schedules
from repayment.domain.negotiation import Party
from repayment.domain.paid_lines import Known, lookalikes
from repayment.domain.payment_moves import PaymentState as StateCode
from repayment.domain.payment_moves import PaymentVerb, move_payment
from repayment.domain.terms import Terms
from repayment.models import Instalment, Offer, Payment, PaymentState, Plan
from repayment.queries_payments import Account

State, Reason = PaymentState.State, PaymentState.Reason
# Why a lender says no, and why it takes a confirmed payment out again.
QUESTIONS = (Reason.NOTHING_CAME, Reason.OTHER_AMOUNT, Reason.NOT_CLEAR)
REVERSALS = (Reason.RETURNED, Reason.MISTAKEN)
# A bank's number of a transfer. Letters and digits only: the record keeps no words about a person.
_REFERENCE = re.compile(r"[0-9A-Za-z][0-9A-Za-z/_.-]{0,39}")


@transaction.atomic
def claim(
    *,
    by: User,
    plan: Plan,
    amount: int,
    on: dt.date,
    reference: str = "",
    once: str = "",
    another: bool = False,
) -> Payment:
    """Note a payment made outside Steady, in minor units. What a lender notes of its own books is confirmed at once.

    The same form, or the same reference of the same amount and day, a second time returns the first payment. A
    lender's line that a borrower's note without a number fits is the lender's word on that note. What looks like a
    confirmed payment is refused with `looks_the_same` until the lender says that it is `another`. Raises Refused with
    the field to change, Plan.DoesNotExist for somebody else's.
    """
    side = _side(by)
    plan = plans.held(by=by, plan=plan)
    made = handed_in.made_of(plan.case.borrower, Submission.Purpose.PAYMENT, once)
    if made is not None:
        return queries_payments.payments_for(by).get(ref=made[0])
    reference = reference.strip()
    _must_be_possible(plan, amount, on, reference)
    known = queries_payments.by_reference(plan, reference) if reference else None
    gone = (State.WITHDRAWN, State.REVERSED)
    if known is not None and known.external_ref != reference:
        # The number came with the lender's word on a note, whose own day may be another than the books'.
        if known.amount == amount and _state(known) == State.CONFIRMED:
            return known
    elif known is not None and (known.amount, known.on) == (amount, on) and _state(known) not in gone:
        if side == Offer.Side.BORROWER:
            return known
        # The lender's books name a payment that its borrower noted: that is the lender's word on it.
        return confirm(by=by, payment=known, another=another, reference=reference)
    if known is not None:
        raise Refused(
            "reference_used",
            _("Another payment already has this number. Check it, or leave it empty."),
            field="reference",
        )
    if side == Offer.Side.LENDER and not another:
        account = queries_payments.account_of(plan)
        if noted := _note_that_fits(account, amount, on, reference):
            return confirm(by=by, payment=noted, reference=reference)
        _must_not_look_the_same(account, amount, on, numbered=bool(reference))
    now = clock.now()
    payment = Payment.objects.create(
        plan=plan,
        amount=amount,
        on=on,
        claimed_by=side,
        author=by,
        external_ref=reference,
        recorded_at=now,
    )
    PaymentState.objects.create(payment=payment, number=1, state=State.CLAIMED, by=by, at=now)
    handed_in.keep(plan.case.borrower, Submission.Purpose.PAYMENT, once, [payment.ref], now)
    _record("payment.noted", by=by, payment=payment, amount=amount, on=on.isoformat())
    if side == Offer.Side.LENDER:
        _confirm(by, payment, 1)
    _settle(plan, by=by)
    return payment


@transaction.atomic
def confirm(*, by: User, payment: Payment, another: bool = False, reference: str = "") -> Payment:
    """The lender has the money; `reference` is its own number of the transfer. Confirming twice changes nothing.

    Several notes of one transfer must not each be confirmed in passing: what looks like a confirmed payment is refused
    with `looks_the_same`, and what nothing is open for with `nothing_open`, until the lender says that it is `another`.
    The surplus of such a one stays in sight as a credit.
    """
    payment = _held_payment(by=by, payment=payment, verb=PaymentVerb.CONFIRM)
    number, state = _where(payment)
    if state == State.CONFIRMED:
        return payment
    _after(state, PaymentVerb.CONFIRM, Party.LENDER)
    if not another:
        account = queries_payments.account_of(payment.plan)
        _must_not_look_the_same(account, payment.amount, payment.on, numbered=bool(reference))
        _must_have_something_open(account)
    _confirm(by, payment, number, reference)
    _settle(payment.plan, by=by)
    return payment


@transaction.atomic
def not_received(*, by: User, payment: Payment, reason: str) -> Payment:
    """The lender cannot find the money: from here on it is being checked, and nothing presses for this plan."""
    payment = _held_payment(by=by, payment=payment, verb=PaymentVerb.QUESTION)
    number, state = _where(payment)
    if state == State.NOT_RECEIVED:
        return payment
    _after(state, PaymentVerb.QUESTION, Party.LENDER)
    _step(by, payment, number, State.NOT_RECEIVED, _chosen(reason, QUESTIONS))
    _record("payment.questioned", by=by, payment=payment, reason=reason)
    work.put("payment_questioned", about=payment, person=payment.plan.case.borrower)
    _settle(payment.plan, by=by)
    return payment


@transaction.atomic
def withdraw(*, by: User, payment: Payment) -> Payment:
    """The borrower takes a note back, as long as the lender has not confirmed it. It stays in the record."""
    payment = _held_payment(by=by, payment=payment, verb=PaymentVerb.WITHDRAW)
    number, state = _where(payment)
    if state == State.WITHDRAWN:
        return payment
    _after(state, PaymentVerb.WITHDRAW, Party.BORROWER)
    _step(by, payment, number, State.WITHDRAWN)
    _record("payment.withdrawn", by=by, payment=payment)
    _settle(payment.plan, by=by)
    return payment


@transaction.atomic
def reverse(*, by: User, payment: Payment, reason: str) -> Payment:
    """The lender takes a confirmed payment out again; what it had paid is open again, a finished plan runs again."""
    payment = _held_payment(by=by, payment=payment, verb=PaymentVerb.REVERSE)
    number, state = _where(payment)
    if state == State.REVERSED:
        return payment
    _after(state, PaymentVerb.REVERSE, Party.LENDER)
    if queries_plans.is_counted(payment):
        raise Refused(
            "payment_counted",
            _("A newer agreement was worked out with this payment in it. Agree a change of that one."),
        )
    _step(by, payment, number, State.REVERSED, _chosen(reason, REVERSALS))
    _record("payment.reversed", by=by, payment=payment, reason=reason)
    work.put("payment_reversed", about=payment, person=payment.plan.case.borrower)
    _settle(payment.plan, by=by)
    return payment


# ── the walls ────────────────────────────────────────────────────────────────────────────────
def _held_payment(*, by: User, payment: Payment, verb: PaymentVerb) -> Payment:
    """The payment with its plan held. Raises Payment.DoesNotExist for a stranger and for the side that has no say."""
    side = Permission.PAYMENT_NOTE if verb is PaymentVerb.WITHDRAW else Permission.PAYMENT_CONFIRM
    if not by.may(side):
        raise Payment.DoesNotExist
    found = queries_payments.payments_for(by).get(pk=payment.pk)
    found.plan = plans.held(by=by, plan=found.plan)
    return found


def _side(by: User) -> Offer.Side:
    if by.may(Permission.PAYMENT_NOTE):
        return Offer.Side.BORROWER
    if by.may(Permission.PAYMENT_CONFIRM):
        return Offer.Side.LENDER
    raise Plan.DoesNotExist


def _note_that_fits(account: Account, amount: int, on: dt.date, reference: str) -> Payment | None:
    """The borrower's note that a line of the lender's books speaks of: the same amount, close by, without a number."""
    if not reference:
        return None
    waiting = {noted.payment.pk: noted.payment for noted in account.pending if not noted.payment.external_ref}
    fits = lookalikes(amount, on, (_known(payment) for payment in waiting.values()))
    return waiting[fits[0].key] if fits else None


def _must_not_look_the_same(account: Account, amount: int, on: dt.date, *, numbered: bool) -> None:
    """Two numbers of a lender's own books are two transfers; without them the lender is asked."""
    confirmed = [
        _known(noted.payment, number=noted.reference)
        for noted in account.payments
        if noted.state == State.CONFIRMED
    ]
    if lookalikes(amount, on, (known for known in confirmed if not (numbered and known.numbered))):
        raise Refused(
            "looks_the_same",
            _("A payment of the same amount, only days apart, is confirmed already. Is this another one?"),
            field="another",
        )


def _must_have_something_open(account: Account) -> None:
    if not account.ledger.open:
        raise Refused(
            "nothing_open",
            _("Nothing is open on this plan: all of it would stay as a credit. Is this another payment?"),
            field="another",
        )


def _known(payment: Payment, *, number: str = "") -> Known:
    by_lender = payment.claimed_by == Offer.Side.LENDER and bool(payment.external_ref)
    return Known(key=payment.pk, amount=payment.amount, on=payment.on, numbered=by_lender or bool(number))


def _must_be_possible(plan: Plan, amount: int, on: dt.date, reference: str) -> None:
    if plan.state not in queries_payments.PAYABLE:
        raise Refused("not_in_force", _("This agreement is no longer in force."))
    if amount <= 0:
        raise Refused("not_positive", _("Write an amount above zero."), field="amount")
    agreed = Instalment.objects.filter(plan=plan).aggregate(sum=Sum("amount"))["sum"] or 0
    if amount > agreed + schedules.build(Terms.from_json(plan.terms)).left.total:
        raise Refused(
            "above_plan", _("This is more than the whole plan. Please check the zeros."), field="amount"
        )
    if on > clock.today():
        raise Refused(
            "still_to_come", _("Choose today or an earlier day: the day on which you paid."), field="on"
        )
    if on < queries_plans.began_on(plan):
        raise Refused(
            "before_agreement",
            _("This day is before the agreement. What was paid before it is not part of this plan."),
            field="on",
        )
    if reference and not _REFERENCE.fullmatch(reference):
        raise Refused(
            "reference_not_plain", _("Write the number with letters and digits only."), field="reference"
        )


def _where(payment: Payment) -> tuple[int, str]:
    """The number and the code of the newest step."""
    number, state = payment.states.order_by("-number").values_list("number", "state")[:1].get()
    return number, state


def _state(payment: Payment) -> str:
    return _where(payment)[1]


def _after(state: str, verb: PaymentVerb, who: Party) -> None:
    try:
        move_payment(StateCode(state), verb, who=who)
    except Refused as refused:
        raise Refused(refused.code, _TOO_LATE[State(state)]) from None


_TOO_LATE = {
    State.CLAIMED: _("This payment still waits for the lender’s word."),
    State.CONFIRMED: _("This payment has been confirmed already."),
    State.NOT_RECEIVED: _("This payment is being checked."),
    State.WITHDRAWN: _("The borrower has taken this note back."),
    State.REVERSED: _("This payment has been taken out again."),
}


def _chosen(reason: str, allowed: tuple[PaymentState.Reason, ...]) -> str:
    if reason not in allowed:
        raise Refused("unknown_reason", _("Choose a reason."), field="reason")
    return reason


def _step(by: User, payment: Payment, number: int, state: str, reason: str = "", reference: str = "") -> None:
    PaymentState.objects.create(
        payment=payment,
        number=number + 1,
        state=state,
        reason=reason,
        reference=reference,
        by=by,
        at=clock.now(),
    )


def _confirm(by: User, payment: Payment, number: int, reference: str = "") -> None:
    _step(by, payment, number, State.CONFIRMED, reference=reference)
    _record("payment.confirmed", by=by, payment=payment, amount=payment.amount)
    work.put("payment_confirmed", about=payment, person=payment.plan.case.borrower)


def _settle(plan: Plan, *, by: User) -> None:
    """What the payments mean for the plan and for whom the case waits."""
    account = queries_payments.account_of(plan)
    # What stays owed until a review is not paid off by the rows before it.
    paid_off = not account.ledger.open and not Terms.from_json(plan.terms).is_open_ended
    if paid_off and plan.state in (*queries.IN_FORCE, Plan.State.BROKEN):
        plans.complete(by=by, plan=plan)
    elif account.ledger.open and plan.state == Plan.State.COMPLETED:
        plans.reopen(by=by, plan=plan)
    if account.is_checked:
        otherwise = "payment_not_found"
    elif plan.state in queries.IN_FORCE:
        otherwise = "plan_agreed"
    else:
        otherwise = "plan_completed" if plan.state == Plan.State.COMPLETED else plan.case.reason
    settle(plan.case, otherwise=otherwise)


def _record(kind: str, *, by: User, payment: Payment, **data: object) -> None:
    case = payment.plan.case
    events.record(
        kind, by=by, about=payment, person=case.borrower, lender=case.lender, plan=payment.plan.ref, **data
    )
