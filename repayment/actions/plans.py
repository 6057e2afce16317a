"""The life of an agreement: opened from an accepted offer, and never edited afterwards. The only place that writes plans."""

import datetime as dt
import hashlib
import secrets

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Permission
from cases.actions import events, work
from cases.domain.refusal import Refused
from cases.models import Debt, Event, User
from repayment import queries, queries_payments, queries_plans, queries_second_chance
from repayment.actions import card_agreements, endings, second_person, waivers
from repayment.actions.waiting import settle
from repayment.domain import legal_order, negotiation, restructure
from repayment.domain import schedule as schedules
from repayment.domain.allocation import Order
from repayment.domain.negotiation import OfferState, OfferVerb, Party, PlanState, PlanVerb
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms, Treatment
from repayment.models import Breach, Instalment, Offer, PaymentState, Plan, Restructuring, Suspension

# Payments that somebody stands by keep an agreement from being undone.
_STANDING = frozenset({PaymentState.State.CLAIMED, PaymentState.State.CONFIRMED})
# What the last of these events made of an agreement that runs, and what its case says then.
_TURNS: dict[str, tuple[PlanVerb | None, str]] = {
    "plan.suspended": (PlanVerb.SUSPEND, "plan_paused"),
    "plan.broken": (PlanVerb.BREAK, "plan_broken"),
    "plan.resumed": (None, "plan_agreed"),
    "plan.reinstated": (None, "plan_agreed"),
}


def open_from(*, by: User | None, offer: Offer, terms: Terms, schedule: Schedule) -> Plan:
    """The sealed agreement that an offer becomes, with its rows.

    Where the offer varies an agreement, that one is replaced: it stays as it was, and no longer binds. The caller holds
    person, debt and offer, in that order, and closes the offer in the same transaction, after this call. Raises Refused
    when there is another agreement on the debt, or when payments moved what was owed since the offer was worked out.
    """
    card_agreements.must_be_complete(by=by, offer=offer, terms=terms, schedule=schedule)
    old, restructuring = _way_for(offer)
    plan = write(offer=offer, terms=terms, schedule=schedule, old=old, restructuring=restructuring)
    if old is not None:
        supersede(old, by=by, replaced_by=plan)
        Offer.objects.filter(pk=old.offer_id, state=Offer.State.ACCEPTED).update(
            state=negotiation.move_offer(
                OfferState.ACCEPTED, OfferVerb.SUPERSEDE, who=Party.SYSTEM, author=Party(old.offer.made_by)
            )
        )
    return plan


def _way_for(offer: Offer) -> tuple[Plan | None, Restructuring | None]:
    """The agreement that this offer replaces, and what was owed on it; (None, None) for a first agreement."""
    standing = (
        Plan.objects.filter(debt=offer.debt_id, state__in=(*queries.IN_FORCE, Plan.State.BROKEN))
        .select_related("case__borrower", "case__lender", "offer")
        .select_for_update(of=("self",))
        .order_by("-agreed_at", "-pk")
    )
    variation = queries_plans.variation_of(offer)
    for plan in standing:
        if variation and variation.restructuring.plan_id == plan.pk:
            _must_be_as_worked_out(plan, variation.restructuring)
            return plan, variation.restructuring
        if plan.state in queries.IN_FORCE:
            raise Refused("already_agreed", _("There is already an agreement on this debt."))
    return None, None


def _must_be_as_worked_out(plan: Plan, restructuring: Restructuring) -> None:
    no_payment_may_wait(plan)
    if set(queries_plans.confirmed_refs(plan)) != set(restructuring.counted):
        raise Refused(
            "payment_since",
            _(
                "A payment was noted after this was worked out. Ask for the change again, with today’s figures."
            ),
        )


def no_payment_may_wait(plan: Plan) -> None:
    """What is owed must be known before it can be agreed anew."""
    if queries_payments.account_of(plan).pending:
        raise Refused("payment_waiting", _("A payment still waits for the lender’s word. That comes first."))


def write(
    *,
    offer: Offer,
    terms: Terms,
    schedule: Schedule,
    old: Plan | None = None,
    restructuring: Restructuring | None = None,
) -> Plan:
    """One sealed version of an agreement and its rows. The caller has made sure that it may be in force."""
    nonce = secrets.token_hex(16)
    canonical = schedules.canonical(terms, schedule, nonce)
    moved_on = old is not None and old.offer_id == offer.pk
    plan = Plan.objects.create(
        case=offer.case,
        debt=offer.debt,
        offer=offer,
        # A version that replaces another begins to bind once that one no longer does.
        state=Plan.State.SUPERSEDED if old else Plan.State.ACTIVE,
        version=old.version + 1 if old and moved_on else 1,
        replaces=old,
        restructuring=restructuring,
        began_on=queries_plans.began_on(old) if old else None,
        terms=terms.to_json(),
        allocation=terms.allocation
        or (old.allocation if old else legal_order.usual(offer.case.lender.jurisdiction, clock.today())),
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


def supersede(old: Plan, *, by: User | None, replaced_by: Plan) -> None:
    """The old version stays as it was and no longer binds; the new one does."""
    state = negotiation.move_plan(PlanState(old.state), PlanVerb.SUPERSEDE, who=Party.SYSTEM)
    second_person.lapse_changes(old)
    _move(old, state)
    Plan.objects.filter(pk=replaced_by.pk).update(state=Plan.State.ACTIVE)
    replaced_by.state = Plan.State.ACTIVE
    record("plan.replaced", by=by, plan=old, replaced_by=replaced_by.ref)


@transaction.atomic
def take_back(*, by: User, plan: Plan) -> Plan:
    """Undo an agreement within its cooling-off. The borrower's alone, and no reason is asked.

    Raises Refused when that time is over or the agreement no longer stands.
    """
    if not by.may(Permission.OFFER_ANSWER):
        raise Plan.DoesNotExist
    plan = held(by=by, plan=plan)
    try:
        state = negotiation.move_plan(PlanState(plan.state), PlanVerb.CANCEL, who=Party.BORROWER)
    except Refused:
        raise Refused("not_in_force", _("This agreement is no longer in force.")) from None
    if plan.version > 1 or clock.now() > queries.leave_until(plan):
        raise Refused("too_late", _("The time to change your mind is over. You can still ask the lender."))
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
    record("plan.taken_back", by=by, plan=plan)
    if plan.replaces is not None:
        _restore(plan.replaces, by=by)
    return plan


def _restore(old: Plan, *, by: User) -> None:
    """What the taken-back agreement had replaced is again what it was: running, paused, or ended early."""
    _move(old, negotiation.move_plan(PlanState(old.state), PlanVerb.RESTORE, who=Party.SYSTEM))
    last = Event.objects.filter(about_type="plan", about_ref=old.ref, kind__in=_TURNS).order_by("-pk").first()
    verb, reason = _TURNS[last.kind] if last else (None, "plan_agreed")
    if verb is not None:
        _move(old, negotiation.move_plan(PlanState(old.state), verb, who=Party.SYSTEM))
    settle(old.case, otherwise=reason)
    record("plan.restored", by=by, plan=old)


# ── the end of a plan, and what undoes it ────────────────────────────────────────────────────
def complete(*, by: User | None, plan: Plan) -> Plan:
    """Everything agreed is paid. The caller holds the plan; what stays owed until a review is never paid by rows."""
    _move(plan, negotiation.move_plan(PlanState(plan.state), PlanVerb.COMPLETE, who=Party.SYSTEM))
    record("plan.completed", by=by, plan=plan)
    return plan


def reopen(*, by: User, plan: Plan) -> Plan:
    """A payment that completed it was taken out again. The caller holds the plan."""
    _none_in_force(plan)
    _move(plan, negotiation.move_plan(PlanState(plan.state), PlanVerb.REOPEN, who=Party.SYSTEM))
    record("plan.reopened", by=by, plan=plan)
    return plan


@transaction.atomic
def break_(*, by: User | None, plan: Plan) -> Plan:
    """End a plan early: enough missed in a row, each after its grace, and the days of its notice over.

    What its claw-back names comes back with this event, once, and nothing else does. `by` None is the system, for which
    nothing less holds. Never while it is paused, held, or a payment is in question. Raises Refused with the rule.
    """
    plan = held(by=by, plan=plan)
    terms, today = Terms.from_json(plan.terms), clock.today()
    chance = queries_second_chance.chance_of(plan, today)
    for refused in endings.against(chance, today):
        raise refused
    state = _after(plan, PlanVerb.BREAK, by)
    no_payment_may_wait(plan)
    missed = chance.standing.missed
    returned = schedules.build(terms).clawback if terms.clawback and today <= terms.clawback.until else 0
    _move(plan, state)
    Breach.objects.create(plan=plan, on=today, missed=missed, returned=returned, by=by, at=clock.now())
    settle(plan.case, otherwise="plan_broken")
    record("plan.broken", by=by, plan=plan, missed=missed, returned=returned)
    work.put("plan_broken", about=plan, person=plan.case.borrower)
    return plan


@transaction.atomic
def reinstate(*, by: User | None, plan: Plan) -> Plan:
    """Let a broken plan run again as it was agreed; what its claw-back brought back is gone again."""
    plan = held(by=by, plan=plan)
    state = _after(plan, PlanVerb.REINSTATE, by)
    _none_in_force(plan)
    _move(plan, state)
    settle(plan.case, otherwise="plan_agreed")
    record("plan.reinstated", by=by, plan=plan)
    return plan


# ── a moratorium ─────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def suspend(
    *,
    by: User | None,
    plan: Plan,
    reason: str,
    until: dt.date | None = None,
    treatment: Treatment = Treatment.WAIVED,
) -> Plan:
    """Pause a running plan from today. Nothing falls due, nothing is missed, and interest stands still.

    A pause that costs interest is a change of the agreement: it is proposed and answered like any other. `by` None is
    the system. Raises Refused with the field to change.
    """
    plan = held(by=by, plan=plan)
    state = _after(plan, PlanVerb.SUSPEND, by)
    today = clock.today()
    if reason not in Suspension.Reason.values:
        raise Refused("unknown_reason", _("Choose a reason."), field="reason")
    if until is not None and until <= today:
        raise Refused("until_passed", _("Choose a day that is still to come."), field="until")
    if treatment is not Treatment.WAIVED:
        raise Refused(
            "needs_agreement",
            _("A pause that costs interest changes the agreement. Propose it as a change."),
            field="treatment",
        )
    _move(plan, state)
    Suspension.objects.create(
        plan=plan, since=today, until=until, reason=reason, treatment=treatment, by=by, at=clock.now()
    )
    settle(plan.case, otherwise="plan_paused")
    record("plan.suspended", by=by, plan=plan, reason=reason, until=until.isoformat() if until else "")
    work.put("plan_paused", about=plan, person=plan.case.borrower)
    return plan


@transaction.atomic
def resume(*, by: User | None, plan: Plan) -> Plan:
    """Let a paused plan go on: every due day moves by the pause, in a new version that replaces this one.

    Returns the version in force, or the plan itself where nothing is owed any more: then it is completed. Raises Refused while a payment waits for the lender's word.
    """
    plan = held(by=by, plan=plan)
    state = _after(plan, PlanVerb.RESUME, by)
    no_payment_may_wait(plan)
    pause, today = plan.suspensions.latest("at"), clock.today()
    if not queries_plans.state_of(plan, today).owed.total:
        # Paid off during the pause, by more than its rows had asked for so far: there is no day to move.
        _move(plan, state)
        complete(by=by, plan=plan)
        settle(plan.case, otherwise="plan_completed")
        return plan
    built = restructure.resumed(
        Terms.from_json(plan.terms),
        queries_plans.confirmed(plan),
        paused_on=pause.since,
        resumed_on=today,
        treatment=Treatment(pause.treatment),
        order=Order(plan.allocation),
    )
    if today == pause.since:
        _move(plan, state)
        newest = plan
    else:
        worked_out = keep(plan, built.state, paid_until=today)
        newest = write(
            offer=plan.offer, terms=built.terms, schedule=built.schedule, old=plan, restructuring=worked_out
        )
        supersede(plan, by=by, replaced_by=newest)
    settle(plan.case, otherwise="plan_agreed")
    record("plan.resumed", by=by, plan=newest, paused_days=(today - pause.since).days)
    work.put("plan_resumed", about=newest, person=plan.case.borrower)
    return newest


def keep(plan: Plan, state: restructure.State, *, paid_until: dt.date) -> Restructuring:
    """Write down what was owed on a day, with every step to it."""
    return Restructuring.objects.create(
        plan=plan,
        value_date=state.on,
        paid_until=paid_until,
        principal=state.owed.principal,
        interest=state.owed.interest,
        fees=state.owed.fees,
        credit=state.credit,
        lines=restructure.to_json(state.lines),
        counted=queries_plans.confirmed_refs(plan),
        made_at=clock.now(),
    )


# ── the walls ────────────────────────────────────────────────────────────────────────────────
def held(*, by: User | None, plan: Plan) -> Plan:
    """The plan as it stands now, with person, debt, offer and plan locked, in that order.

    Raises Plan.DoesNotExist outside `by`'s scope. `by` None is the system.
    """
    fresh = (
        Plan.objects.select_related("case__borrower", "case__lender", "debt", "offer")
        if by is None
        else queries.plans_for(by)
    )
    found = fresh.get(pk=plan.pk)
    User.objects.select_for_update().get(pk=found.case.borrower_id)
    Debt.objects.select_for_update().get(pk=found.debt_id)
    Offer.objects.select_for_update().get(pk=found.offer_id)
    locked: Plan = fresh.select_for_update(of=("self",)).get(pk=plan.pk)
    return locked


def _after(plan: Plan, verb: PlanVerb, by: User | None) -> PlanState:
    """The plan's next state by the table of moves, in words when there is none."""
    if by is None:
        who = Party.SYSTEM
    elif by.may(Permission.CASE_ANSWER):
        who = Party.LENDER
    elif by.may(Permission.OFFER_ANSWER):
        who = Party.BORROWER
    else:
        raise Plan.DoesNotExist
    try:
        return negotiation.move_plan(PlanState(plan.state), verb, who=who)
    except Refused as refused:
        words = {
            "not_possible_now": _("This agreement has changed meanwhile. Please look again."),
            "not_yours": _("This step is the other side’s."),
        }
        raise Refused(refused.code, words[refused.code]) from None


def _none_in_force(plan: Plan) -> None:
    if Plan.objects.filter(debt=plan.debt_id, state__in=queries.IN_FORCE).exists():
        raise Refused("already_agreed", _("There is already an agreement on this debt."))


def _move(plan: Plan, state: str) -> None:
    """The second wall: only a plan that is still in the state we saw moves."""
    if not Plan.objects.filter(pk=plan.pk, state=plan.state).update(state=state):
        raise Refused("not_possible_now", _("This agreement has changed meanwhile. Please look again."))
    plan.state = state


def record(kind: str, *, by: User | None, plan: Plan, **data: object) -> None:
    """One Event about a plan."""
    events.record(kind, by=by, about=plan, person=plan.case.borrower, lender=plan.case.lender, **data)
