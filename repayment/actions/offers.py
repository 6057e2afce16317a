"""Answering an offer: accept, counter, decline, withdraw, expire. The only place that writes offers.

Every use case takes its locks in the house's order, person → debt → offer → plan → waiver budget, and then closes the
offer with a conditional update: the lock makes two answers wait for one another, the condition makes the second one see
that it came too late. On SQLite a transaction is IMMEDIATE, so `select_for_update` has nothing left to do.
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.actions import events, work
from cases.domain.refusal import Refused
from cases.models import Case, Debt, User
from repayment.actions import crossing, instant, second_person, waivers, walls
from repayment.actions.agreeing import agree, close
from repayment.actions.waiting import answer_days, settle
from repayment.domain import schedule as schedules
from repayment.domain.negotiation import OfferVerb, Party
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms
from repayment.models import Approval, Offer, Plan, Refusal


@transaction.atomic
def accept(*, by: User, offer: Offer) -> Plan:
    """Say yes to the other side's open offer: it becomes a plan with its own sealed schedule.

    Raises Refused when it is no longer open, has run out, or (for an officer) lies outside the lender's policy, above
    what the officer may decide alone (`needs_approval`) or beyond the month's waiver budget.
    """
    offer = walls.held(by=by, offer=offer)
    side = walls.side_of(by)
    walls.after(offer, OfferVerb.ACCEPT, side)
    terms = Terms.from_json(offer.terms)
    schedule = schedules.build(terms)
    if side == Offer.Side.LENDER:
        walls.must_fit_policy(offer, terms, schedule)
        second_person.must_not_be_needed(by=by, offer=offer, terms=terms, schedule=schedule)
    else:
        second_person.must_be_cleared(offer, terms)
    walls.must_lie_ahead(terms)
    return agree(by=by, offer=offer, terms=terms, schedule=schedule, side=side)


def counter(*, by: User, offer: Offer, terms: Terms, reason: str = "") -> Offer:
    """Answer the other side's open offer with other terms; the old one stays in the record as countered.

    Neither side may restate what is owed. A lender's terms must lie inside its published policy and what the officer
    may decide alone; a borrower may ask for anything. Raises Refused with the field to change, and when a lender has tried
    too many different answers.
    """
    if walls.side_of(by) == Offer.Side.LENDER:
        crossing.count_answer(by=by, offer=offer, terms=terms)
    return _counter(by=by, offer=offer, terms=terms, reason=reason)


@transaction.atomic
def _counter(*, by: User, offer: Offer, terms: Terms, reason: str) -> Offer:
    offer = walls.held(by=by, offer=offer)
    side = walls.side_of(by)
    walls.after(offer, OfferVerb.COUNTER, side)
    reason = walls.worded(reason)
    walls.must_owe_the_same(Terms.from_json(offer.terms), terms)
    schedule = schedules.build(terms)
    walls.must_lie_ahead(terms)
    if side == Offer.Side.LENDER:
        walls.must_fit_policy(offer, terms, schedule)
        second_person.must_not_be_needed(by=by, offer=offer, terms=terms, schedule=schedule)
    answer = answer_with(by=by, offer=offer, terms=terms, schedule=schedule, reason=reason)
    if side == Offer.Side.BORROWER:
        instant.agree_where_published([answer])
    return answer


def answer_with(
    *,
    by: User,
    offer: Offer,
    terms: Terms,
    schedule: Schedule,
    reason: str,
    approval: Approval | None = None,
) -> Offer:
    """What every counter-offer does, once it is allowed. The caller holds person, debt and offer."""
    side = walls.side_of(by)
    close(offer, walls.after(offer, OfferVerb.COUNTER, side))
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
    if side == Offer.Side.LENDER and approval is None:
        waivers.reserve(offer=answer, amount=schedule.totals.waived, by=by)
    settle(offer.case, otherwise="")
    if side == Offer.Side.LENDER:
        work.put("offer_answered", about=answer, person=offer.case.borrower)
    return answer


@transaction.atomic
def decline(*, by: User, offer: Offer, reason: str = "") -> Offer:
    """Say no to the other side's open offer. The debt stays as it was."""
    offer = walls.held(by=by, offer=offer)
    side = walls.side_of(by)
    state = walls.after(offer, OfferVerb.DECLINE, side)
    reason = walls.worded(reason)
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
    offer = walls.held(by=by, offer=offer)
    close(offer, walls.after(offer, OfferVerb.WITHDRAW, walls.side_of(by)))
    settle(offer.case, otherwise="withdrawn")
    _record("offer.withdrawn", by=by, offer=offer)
    return offer


@transaction.atomic
def expire(*, offer: Offer, on: dt.date) -> Offer:
    """End an open offer whose last day is over. Raises Refused while that day still runs."""
    offer = walls.held(by=None, offer=offer)
    state = walls.after(offer, OfferVerb.EXPIRE, Party.SYSTEM)
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
        made_by=walls.side_of(by),
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


def obstacles(*, offer: Offer, terms: Terms) -> list[Refused]:
    """All that `counter` would refuse in a lender's terms, each with the field to change.

    For a page that shows totals before sending. Raises Refused for terms that mean nothing.
    """
    found = []
    for check in (
        lambda: walls.must_owe_the_same(Terms.from_json(offer.terms), terms),
        lambda: walls.must_lie_ahead(terms),
    ):
        try:
            check()
        except Refused as refused:
            found.append(refused)
    return [*found, *walls.outside_policy(offer, terms, schedules.build(terms))]


def _record(kind: str, *, by: User | None, offer: Offer, **data: object) -> None:
    events.record(kind, by=by, about=offer, person=offer.case.borrower, lender=offer.case.lender, **data)
