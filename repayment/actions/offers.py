"""Answering an offer: accept, counter, decline, withdraw, expire. The only place that writes offers.

Every use case takes its locks in the house's order, person → debt → offer → plan, and then closes the offer with
a conditional update: the lock makes two answers wait for one another, the condition makes the second one see
that it came too late. On SQLite a transaction is IMMEDIATE, so `select_for_update` has nothing left to do.
"""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Permission
from cases.actions import events, work
from cases.domain.refusal import Refused
from cases.models import Case, Debt, User
from repayment import queries
from repayment.actions import plans
from repayment.actions.waiting import answer_days, settle
from repayment.domain import negotiation
from repayment.domain import schedule as schedules
from repayment.domain.negotiation import OfferState, OfferVerb, Party
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Method, Terms
from repayment.models import Acceptance, Offer, Plan, Policy, Refusal

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

# Ours too: a first payment further away is a pause by another name.
FIRST_DUE_WITHIN = dt.timedelta(days=366)
REASON_LENGTH = 300


@transaction.atomic
def accept(*, by: User, offer: Offer) -> Plan:
    """Say yes to the other side's open offer: it becomes a plan with its own sealed schedule.

    Raises Refused when it is no longer open, has run out, or (for an officer) lies outside the lender's policy.
    """
    offer = _held(by=by, offer=offer)
    side = _side(by)
    state = _after(offer, OfferVerb.ACCEPT, side)
    terms = Terms.from_json(offer.terms)
    schedule = schedules.build(terms)
    if side == Offer.Side.LENDER:
        _must_fit_policy(offer, terms, schedule)
    _must_lie_ahead(terms)
    plan = plans.open_from(by=by, offer=offer, terms=terms, schedule=schedule)
    now = clock.now()
    close(offer, state)
    Offer.objects.filter(debt=offer.debt_id, state=Offer.State.OPEN).update(
        state=Offer.State.SUPERSEDED, closed_at=now
    )
    Acceptance.objects.create(offer=offer, by=by, side=side, at=now)
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
    )
    work.put("plan_agreed", about=plan, person=offer.case.borrower)
    return plan


@transaction.atomic
def counter(*, by: User, offer: Offer, terms: Terms, reason: str = "") -> Offer:
    """Answer the other side's open offer with other terms; the old one stays in the record as countered.

    Neither side may restate what is owed. A lender's terms must lie inside its published policy; a borrower may
    ask for anything. Raises Refused with the field to change.
    """
    offer = _held(by=by, offer=offer)
    side = _side(by)
    state = _after(offer, OfferVerb.COUNTER, side)
    reason = _worded(reason)
    _must_owe_the_same(Terms.from_json(offer.terms), terms)
    schedule = schedules.build(terms)
    _must_lie_ahead(terms)
    if side == Offer.Side.LENDER:
        _must_fit_policy(offer, terms, schedule)
    close(offer, state)
    answer = put_forward(
        by=by,
        case=offer.case,
        debt=offer.debt,
        terms=terms,
        schedule=schedule,
        number=offer.number + 1,
        previous=offer,
        reason=reason,
    )
    settle(offer.case, otherwise="")
    if side == Offer.Side.LENDER:
        work.put("offer_answered", about=answer, person=offer.case.borrower)
    return answer


@transaction.atomic
def decline(*, by: User, offer: Offer, reason: str = "") -> Offer:
    """Say no to the other side's open offer. The debt stays as it was."""
    offer = _held(by=by, offer=offer)
    side = _side(by)
    state = _after(offer, OfferVerb.DECLINE, side)
    reason = _worded(reason)
    close(offer, state)
    Refusal.objects.create(offer=offer, by=by, side=side, reason=reason, at=clock.now())
    settle(offer.case, otherwise="declined")
    _record("offer.declined", by=by, offer=offer, has_reason=bool(reason))
    if side == Offer.Side.LENDER:
        work.put("offer_answered", about=offer, person=offer.case.borrower)
    return offer


@transaction.atomic
def withdraw(*, by: User, offer: Offer) -> Offer:
    """Take back one's own side's open offer."""
    offer = _held(by=by, offer=offer)
    close(offer, _after(offer, OfferVerb.WITHDRAW, _side(by)))
    settle(offer.case, otherwise="withdrawn")
    _record("offer.withdrawn", by=by, offer=offer)
    return offer


@transaction.atomic
def expire(*, offer: Offer, on: dt.date) -> Offer:
    """End an open offer whose last day is over. Raises Refused while that day still runs."""
    offer = _held(by=None, offer=offer)
    state = _after(offer, OfferVerb.EXPIRE, Party.SYSTEM)
    if on <= offer.expires_on:
        raise Refused("not_yet", _("This offer still stands today."))
    close(offer, state)
    settle(offer.case, otherwise="expired")
    _record("offer.expired", by=None, offer=offer)
    if offer.made_by == Offer.Side.BORROWER:
        work.put("offer_expired", about=offer, person=offer.case.borrower)
    return offer


# ── shared with proposals ────────────────────────────────────────────────────────────────────
def put_forward(
    *,
    by: User,
    case: Case,
    debt: Debt,
    terms: Terms,
    schedule: Schedule,
    number: int,
    previous: Offer | None = None,
    reason: str = "",
    at: dt.datetime | None = None,
) -> Offer:
    """Write one open offer and its Event. The caller holds the locks and has closed what stood open before."""
    offer = Offer.objects.create(
        case=case,
        debt=debt,
        previous=previous,
        number=number,
        made_by=_side(by),
        author=by,
        terms=terms.to_json(),
        terms_sha256=schedules.terms_sha256(terms, schedule),
        reason=reason,
        made_at=at or clock.now(),
        expires_on=clock.today() + dt.timedelta(days=answer_days(case)),
    )
    events.record(
        "offer.countered" if previous else "offer.made",
        by=by,
        about=offer,
        person=case.borrower,
        lender=case.lender,
        debt=debt.ref,
        previous=previous.ref if previous else "",
        total=schedule.totals.amount,
        terms_sha256=offer.terms_sha256,
    )
    return offer


def close(offer: Offer, state: str) -> None:
    """The second wall: only an offer that is open in the database right now changes state."""
    now = clock.now()
    if not Offer.objects.filter(pk=offer.pk, state=Offer.State.OPEN).update(state=state, closed_at=now):
        raise Refused("offer_changed", _("This offer has been replaced by a newer one. Please look again."))
    offer.state, offer.closed_at = state, now


def obstacles(*, offer: Offer, terms: Terms) -> list[Refused]:
    """All that `counter` would refuse in a lender's terms, each with the field to change.

    For a page that shows totals before sending. Raises Refused for terms that mean nothing.
    """
    found = []
    for check in (
        lambda: _must_owe_the_same(Terms.from_json(offer.terms), terms),
        lambda: _must_lie_ahead(terms),
    ):
        try:
            check()
        except Refused as refused:
            found.append(refused)
    return [*found, *_outside_policy(offer, terms, schedules.build(terms))]


# ── the walls ────────────────────────────────────────────────────────────────────────────────
def _held(*, by: User | None, offer: Offer) -> Offer:
    """The offer as it stands now, with person, debt and offer locked, in that order.

    Raises Offer.DoesNotExist outside `by`'s scope: another lender's offer is like no offer. `by` None is the
    system.
    """
    fresh = Offer.objects.all() if by is None else queries.offers_for(by)
    User.objects.select_for_update().get(pk=Case.objects.values("borrower").get(pk=offer.case_id)["borrower"])
    Debt.objects.select_for_update().get(pk=offer.debt_id)
    held: Offer = (
        fresh.select_related("case__borrower", "case__lender", "debt")
        .select_for_update(of=("self",))
        .get(pk=offer.pk)
    )
    return held


def _side(by: User) -> Offer.Side:
    """Which side a person speaks for. Raises Offer.DoesNotExist for somebody who speaks for neither."""
    if by.may(Permission.OFFER_ANSWER):
        return Offer.Side.BORROWER
    if by.may(Permission.CASE_ANSWER):
        return Offer.Side.LENDER
    raise Offer.DoesNotExist


def _after(offer: Offer, verb: OfferVerb, who: str) -> OfferState:
    """The offer's next state by the table of moves, with the reason in words when there is none."""
    if offer.state != Offer.State.OPEN:
        raise _too_late(offer)
    if verb is not OfferVerb.EXPIRE and clock.today() > offer.expires_on:
        raise Refused("offer_expired", _("This offer has run out. You can ask for a new one."))
    try:
        return negotiation.move_offer(OfferState.OPEN, verb, who=Party(who), author=Party(offer.made_by))
    except Refused as refused:
        if verb is OfferVerb.WITHDRAW:
            message = _("Only the side that made an offer can take it back.")
        else:
            message = _("This is your own offer: the other side answers it.")
        raise Refused(refused.code, message) from None


def _too_late(offer: Offer) -> Refused:
    """Why an offer that is no longer open cannot be answered, in words."""
    state = Offer.State
    match offer.state:
        case state.ACCEPTED:
            return Refused("already_accepted", _("This offer has already been accepted."))
        case state.COUNTERED | state.SUPERSEDED:
            return Refused(
                "offer_changed", _("This offer has been replaced by a newer one. Please look again.")
            )
        case state.WITHDRAWN:
            return Refused("offer_withdrawn", _("This offer has been taken back."))
        case state.DECLINED:
            return Refused("offer_declined", _("This offer has already been declined."))
        case _:
            return Refused("offer_expired", _("This offer has run out. You can ask for a new one."))


def _must_lie_ahead(terms: Terms) -> None:
    if terms.first_due <= clock.today():
        raise Refused(
            "first_due_passed", _("The first payment day has passed. Choose a later one."), field="first_due"
        )
    if terms.first_due > clock.today() + FIRST_DUE_WITHIN:
        raise Refused("first_due_far", _("Choose a day within the next year."), field="first_due")


def _must_owe_the_same(before: Terms, after: Terms) -> None:
    """Terms say how a debt is paid. What is owed is not theirs to change, nor is its rate theirs to raise."""
    for field in ("currency", "principal", "interest", "fees"):
        if getattr(before, field) != getattr(after, field):
            raise Refused("owed_changed", _("An offer cannot change what is owed."), field=field)
    if after.rate > max(before.annual_rate, before.rate):
        raise Refused("rate_raised", _("The rate cannot be higher than the debt's own."), field="annual_rate")


def _must_fit_policy(offer: Offer, terms: Terms, schedule: Schedule) -> None:
    """An officer goes as far as the lender has published, and no further."""
    for refused in _outside_policy(offer, terms, schedule):
        raise refused


def _outside_policy(offer: Offer, terms: Terms, schedule: Schedule) -> Iterator[Refused]:
    """Every limit of the lender's policy that the terms overstep."""
    policy = queries.policy_for(offer.case.lender, clock.today())
    if policy is None:
        yield Refused("no_policy", _("Your institution has not published a policy yet."))
        return
    for field, value, limit, message in _limits(policy, terms, schedule, own_rate=offer.debt.annual_rate):
        if value > limit:
            yield Refused("outside_policy", format_lazy(message, limit=limit), field=field)
    smallest = min(row.amount for row in schedule.rows[:-1]) if len(schedule.rows) > 1 else None
    if smallest is not None and smallest < policy.min_instalment:
        yield Refused(
            "outside_policy",
            _("The policy sets a smallest instalment; this one is below it."),
            field="periods",
        )


def _limits(
    policy: Policy, terms: Terms, schedule: Schedule, *, own_rate: Decimal | None
) -> list[tuple[str, int, int, "StrPromise"]]:
    """(field, what the terms give, what the policy allows, the sentence) for every limit.

    `own_rate` is the debt's own. A plan at no rate on a debt that bears one is interest-free by any name.
    """
    free = terms.method is Method.INTEREST_FREE or (terms.rate == 0 and bool(own_rate))
    pause = terms.deferral.periods if terms.deferral else 0
    length = len(schedule.rows) + pause
    return [
        (
            "periods",
            length if free else 0,
            policy.interest_free_max_periods,
            _("The policy allows at most {limit} months without interest."),
        ),
        ("periods", length, policy.max_periods, _("The policy allows at most {limit} months.")),
        (
            "deferral/periods",
            pause,
            policy.deferral_max_periods,
            _("The policy allows a pause of at most {limit} months."),
        ),
        (
            "waive/interest",
            _percent_up(terms.waive_interest, terms.interest),
            policy.waive_interest_percent,
            _("The policy allows waiving at most {limit} % of overdue interest."),
        ),
        (
            "waive/fees",
            _percent_up(terms.waive_fees, terms.fees),
            policy.waive_fees_percent,
            _("The policy allows waiving at most {limit} % of fees."),
        ),
    ]


def _percent_up(part: int, whole: int) -> int:
    """Percent rounded up, so that a cent above the limit is above the limit."""
    return -(-part * 100 // whole) if part else 0


def _worded(reason: str) -> str:
    reason = reason.strip()
    if len(reason) > REASON_LENGTH:
        raise Refused("reason_too_long", _("Please keep this within 300 characters."), field="reason")
    return reason


def _record(kind: str, *, by: User | None, offer: Offer, **data: object) -> None:
    events.record(kind, by=by, about=offer, person=offer.case.borrower, lender=offer.case.lender, **data)
