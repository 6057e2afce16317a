"""Maker and checker: an answer above one person's limit waits for another person of the lender with the authority.

The borrower sees nothing of it until it is approved. What it would waive is reserved while it waits. Locks: person →
debt → offer → request → plan → waiver budget.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases import queries as case_queries
from cases.access import Permission
from cases.actions import events
from cases.domain.refusal import Refused
from cases.models import LenderToken, User
from repayment import queries, queries_approvals
from repayment.actions import agreeing, crossing, offers, plans, second_person, variations, waivers, walls
from repayment.actions.waiting import answer_days, settle
from repayment.domain import schedule as schedules
from repayment.domain.authority import TYPED, Reason, Verb, Who
from repayment.domain.negotiation import OfferVerb
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms
from repayment.models import Approval, Offer, Plan

_STEPS = {Approval.Verb.ACCEPT: OfferVerb.ACCEPT, Approval.Verb.COUNTER: OfferVerb.COUNTER}


def ask(
    *,
    by: User,
    offer: Offer,
    terms: Terms | None = None,
    reason: str = "",
    note: str = "",
    key: LenderToken | None = None,
) -> Approval:
    """Ask a second person for an answer: to accept the offer, or with `terms` to counter it with those.

    `reason` is for the borrower, `note` for the second person; a note is needed where the answer goes above what the
    statement allows or outside the published conditions. `key` is what a program came in with. Raises Refused when no second person is needed, when one is
    asked already, when other terms were tried too often, and for whatever the answer itself would be refused.
    """
    if walls.side_of(by) != Offer.Side.LENDER:
        raise Offer.DoesNotExist
    if terms is not None:
        crossing.count_answer(by=by, offer=offer, terms=terms)
    return _ask(by=by, offer=offer, terms=terms, reason=reason, note=note, key=key)


@transaction.atomic
def _ask(
    *, by: User, offer: Offer, terms: Terms | None, reason: str, note: str, key: LenderToken | None
) -> Approval:
    offer = walls.held(by=by, offer=offer)
    verb = Approval.Verb.COUNTER if terms is not None else Approval.Verb.ACCEPT
    walls.after(offer, _STEPS[verb], Offer.Side.LENDER)
    if queries_approvals.pending_on(offer):
        raise Refused("already_asked", _("An answer to this offer waits for a second person already."))
    terms, schedule = walls.passed(offer, terms)
    why = second_person.reasons(by=by, offer=offer, terms=terms, schedule=schedule)
    approval = _request(
        by=by,
        offer=offer,
        verb=verb,
        terms=terms,
        schedule=schedule,
        why=why,
        reason=walls.worded(reason),
        note=walls.worded(note, field="note"),
        asked_with=key,
        expires_on=offer.expires_on,
    )
    settle(offer.case, otherwise="")
    return approval


def ask_change(*, by: User, plan: Plan, terms: Terms, reason: str = "", note: str = "") -> Approval:
    """Ask a second person to let a change of a running agreement go out. The agreement stays as it is meanwhile.

    It waits as long as an offer would. Raises Refused like `ask`, and for whatever `variations.propose` would refuse.
    """
    if walls.side_of(by) != Offer.Side.LENDER:
        raise Plan.DoesNotExist
    variations.count_change(by=by, plan=plan, terms=terms)
    return _ask_change(by=by, plan=plan, terms=terms, reason=reason, note=note)


@transaction.atomic
def _ask_change(*, by: User, plan: Plan, terms: Terms, reason: str, note: str) -> Approval:
    plan = plans.held(by=by, plan=plan)
    if queries_approvals.pending_change(plan):
        raise Refused("already_asked", _("A change of this agreement waits for a second person already."))
    # One that ran out with its day makes room.
    second_person.lapse_changes(plan)
    built = variations.checked(by=by, plan=plan, terms=terms)
    why = second_person.reasons(by=by, offer=plan.offer, terms=terms, schedule=built.schedule)
    return _request(
        by=by,
        offer=plan.offer,
        plan=plan,
        verb=Approval.Verb.VARY,
        terms=terms,
        schedule=built.schedule,
        why=why,
        reason=walls.worded(reason),
        note=walls.worded(note, field="note"),
        expires_on=clock.today() + dt.timedelta(days=answer_days(plan.case)),
    )


def _request(*, by: User, why: Sequence[Reason], terms: Terms, schedule: Schedule, **row: Any) -> Approval:
    """One pending request, with what it would waive reserved."""
    if not why:
        raise Refused("no_approval_needed", _("You may give this answer yourself."))
    if not row["note"] and TYPED & set(why):
        raise Refused(
            "note_needed", _("Say in a sentence why this is right for this borrower."), field="note"
        )
    offer: Offer = row["offer"]
    approval = Approval.objects.create(
        lender=offer.case.lender,
        terms=terms.to_json(),
        terms_sha256=schedules.terms_sha256(terms, schedule),
        waived=schedule.totals.waived,
        why=[str(each) for each in why],
        requested_by=by,
        requested_at=clock.now(),
        **row,
    )
    waivers.reserve(offer=offer, amount=approval.waived, by=by, approval=approval)
    _record(
        "approval.asked",
        by=by,
        approval=approval,
        verb=str(approval.verb),
        why=approval.why,
        waived=approval.waived,
    )
    return approval


@transaction.atomic
def approve(*, by: User, approval: Approval) -> Plan | Offer:
    """Let an answer go out: the agreement, or the counter-offer, that it becomes.

    Raises Approval.DoesNotExist outside `by`'s scope, Refused for one's own request, above one's own limits, when the
    request or its offer has ended, and when policy or dates no longer allow it.
    """
    approval, offer = _held(by=by, approval=approval)
    _must_be_another(by, approval)
    maker = approval.requested_by
    if not maker.may(Permission.CASE_ANSWER) or case_queries.lender_of(maker) != approval.lender:
        raise Refused(
            "requester_left", _("Whoever asked no longer works on these cases. Please answer anew.")
        )
    if approval.plan is not None:
        return _let_change_go(by=by, maker=maker, approval=approval, plan=approval.plan)
    walls.must_stand(offer)
    counter = approval.verb == Approval.Verb.COUNTER
    terms, schedule = walls.passed(offer, Terms.from_json(approval.terms) if counter else None)
    _must_reach(by, offer, terms, schedule)
    second_person.finish(approval, Verb.APPROVE, who=Who.SECOND, by=by)
    made: Plan | Offer
    if counter:
        made = offers.answer_with(
            by=maker, offer=offer, terms=terms, schedule=schedule, reason=approval.reason, approval=approval
        )
        waivers.hand_over(approval=approval, offer=made, by=by)
    else:
        made = agreeing.agree(
            by=maker,
            offer=offer,
            terms=terms,
            schedule=schedule,
            side=Offer.Side.LENDER,
            approval=approval,
        )
        waivers.hand_over(approval=approval, offer=offer, by=by)
    _record("approval.approved", by=by, approval=approval, requested_by=maker.ref, made=made.ref)
    return made


def _let_change_go(*, by: User, maker: User, approval: Approval, plan: Plan) -> Offer:
    """The change as it was asked for, where what is owed is still what it was worked out from."""
    if clock.today() > approval.expires_on:
        raise Refused("not_possible_now", _("This request has been decided or has ended. Please look again."))
    try:
        built = variations.checked(by=maker, plan=plan, terms=Terms.from_json(approval.terms))
    except Refused as refused:
        if refused.code != "owed_changed":
            raise
        raise Refused(
            "figures_moved",
            _("What is owed has moved since this was asked. Ask again with today’s figures."),
        ) from None
    _must_reach(by, approval.offer, built.terms, built.schedule)
    second_person.finish(approval, Verb.APPROVE, who=Who.SECOND, by=by)
    made = variations.put_forward(by=maker, plan=plan, built=built, reason=approval.reason, approval=approval)
    waivers.hand_over(approval=approval, offer=made, by=by)
    _record("approval.approved", by=by, approval=approval, requested_by=maker.ref, made=made.ref)
    return made


@transaction.atomic
def refuse(*, by: User, approval: Approval, answer: str) -> Approval:
    """Say no, with a reason for the officer. The borrower's offer stays open, and what was reserved is free again."""
    approval, offer = _held(by=by, approval=approval)
    _must_be_another(by, approval)
    answer = walls.worded(answer, field="answer")
    if not answer:
        raise Refused("answer_needed", _("Write a sentence. Whoever asked reads it."), field="answer")
    second_person.finish(approval, Verb.REFUSE, who=Who.SECOND, by=by, answer=answer)
    waivers.release(offer=offer, approval=approval, by=by)
    _settle(approval)
    _record("approval.refused", by=by, approval=approval, requested_by=approval.requested_by.ref)
    return approval


@transaction.atomic
def expire_change(*, approval: Approval) -> Approval:
    """End a change whose last day to be decided is over, so that what it had reserved is free again.

    Raises Refused while that day runs, or when it was decided first.
    """
    assert approval.plan is not None
    plans.held(by=None, plan=approval.plan)
    fresh = Approval.objects.select_for_update().get(pk=approval.pk)
    if clock.today() <= fresh.expires_on:
        raise Refused("not_yet", "")
    second_person.finish(fresh, Verb.EXPIRE, who=Who.SYSTEM, by=None)
    waivers.release(offer=fresh.offer, approval=fresh)
    return fresh


@transaction.atomic
def cancel(*, by: User, approval: Approval) -> Approval:
    """Take one's own request back, to answer otherwise."""
    approval, offer = _held(by=by, approval=approval)
    who = Who.REQUESTER if approval.requested_by_id == by.pk else Who.SECOND
    second_person.finish(approval, Verb.CANCEL, who=who, by=by)
    waivers.release(offer=offer, approval=approval, by=by)
    _settle(approval)
    _record("approval.cancelled", by=by, approval=approval)
    return approval


def needed(*, by: User, offer: Offer, terms: Terms | None = None) -> Sequence[Reason]:
    """Why an answer would need a second person, for a page that says so before it is sent."""
    terms = terms or Terms.from_json(offer.terms)
    return second_person.reasons(
        by=by, offer=offer, terms=terms, schedule=schedules.build(terms), looking=True
    )


def _held(*, by: User, approval: Approval) -> tuple[Approval, Offer]:
    """The request and its offer as they stand, locked after person and debt."""
    scoped = queries_approvals.approvals_for(by).get(pk=approval.pk)
    if scoped.plan is None:
        offer = walls.held(by=by, offer=scoped.offer)
    else:
        plan = plans.held(by=by, plan=scoped.plan)
        offer = plan.offer
    fresh = queries_approvals.approvals_for(by).select_for_update(of=("self",)).get(pk=approval.pk)
    if scoped.plan is not None:
        fresh.plan = plan
    return fresh, offer


def _settle(approval: Approval) -> None:
    """A change that waited left the case as it was."""
    if approval.plan is None:
        settle(approval.offer.case, otherwise="")


def _must_be_another(by: User, approval: Approval) -> None:
    """Another person, not another post: see `queries_approvals.is_maker`."""
    if not by.may(Permission.APPROVE):
        raise Approval.DoesNotExist
    if queries_approvals.is_maker(by, approval):
        raise Refused("own_request", _("Somebody else has to decide this: nobody approves their own answer."))


def _must_reach(by: User, offer: Offer, terms: Terms, schedule: Schedule) -> None:
    policy = queries.policy_for(offer.case.lender, clock.today())
    if second_person.beyond(policy, role=by.role, terms=terms, schedule=schedule):
        raise Refused(
            "above_your_limit",
            _("This is above your own limit too. Somebody with a higher one has to decide."),
        )


def _record(kind: str, *, by: User, approval: Approval, **data: object) -> None:
    case = approval.offer.case
    events.record(
        kind,
        by=by,
        about=approval,
        person=case.borrower,
        lender=case.lender,
        offer=approval.offer.ref,
        **data,
    )
