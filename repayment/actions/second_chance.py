"""A second chance: what is marked when an instalment is missed, the way on that a person chooses, an early end after its
notice, and the agreement that runs again. The only place that writes marks; versions of plans are written by `plans`."""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Permission
from cases.domain.refusal import Refused
from cases.models import Event, User, Work
from repayment import queries_compare, queries_payments, queries_second_chance
from repayment.actions import agreeing, plans, second_person, variations, walls
from repayment.domain.crossing import above_statement
from repayment.domain.schedule import build, terms_sha256
from repayment.domain.second_chance_options import Way
from repayment.models import Offer, Plan, PlanMark
from repayment.queries_second_chance import Chance

BATCH = 500


class Wait(StrEnum):
    """Why a way on waits for the lender's yes instead of taking effect at once."""

    LENDER = "lender"
    OUTSIDE = "outside"
    SECOND_PERSON = "second_person"
    STATEMENT = "statement"
    CLAWBACK = "clawback"
    RETURNED = "returned"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a choice: the agreement in force at once, or None and the offer that waits."""

    offer: Offer
    plan: Plan | None


def seal_of(way: Way) -> str:
    """What a read-back page carries along, so that exactly what was shown is what is agreed."""
    return terms_sha256(way.terms, way.schedule)


def waits_for(chance: Chance, way: Way) -> tuple[Wait, ...]:
    """Why this way is the lender's to answer; empty when it is inside what the lender published, and takes effect at once."""
    plan = chance.plan
    offer = Offer(case=plan.case, debt=plan.debt, terms=way.terms.to_json())
    promised = queries_compare.promises(plan.case.borrower, way.terms.currency, besides=plan.debt_id)
    available = queries_compare.stated(plan.case.borrower, way.terms.currency)
    proposed = [(row.due, row.amount) for row in way.schedule.rows]
    above = available is not None and above_statement(available, promised, proposed)
    found = {
        Wait.LENDER: not chance.published.at_once,
        Wait.OUTSIDE: any(walls.outside_policy(offer, way.terms, way.schedule)),
        Wait.SECOND_PERSON: bool(
            second_person.reasons(by=None, offer=offer, terms=way.terms, schedule=way.schedule, looking=True)
        ),
        Wait.STATEMENT: above,
        # A change ends a claw-back with the agreement that holds it; giving that up is the lender's to say.
        Wait.CLAWBACK: chance.would_return > 0,
        Wait.RETURNED: chance.returned > 0,
    }
    return tuple(why for why, is_so in found.items() if is_so)


@transaction.atomic
def take(*, by: User, plan: Plan, option: str, seen: str) -> Taken:
    """Choose a way on. Inside what the lender published it takes effect at once; otherwise it is a proposal.

    `seen` is the seal of what the read-back page showed: other figures are refused with `figures_changed`, so that
    nothing is agreed that was not read. Raises Refused, Plan.DoesNotExist for somebody else's.
    """
    if not by.may(Permission.OFFER_ANSWER):
        raise Plan.DoesNotExist
    plan = plans.held(by=by, plan=plan)
    today = clock.today()
    chance = queries_second_chance.chance_of(plan, today)
    way = next((way for way in queries_second_chance.ways_of(chance, today) if way.option == option), None)
    if way is None:
        plans.no_payment_may_wait(plan)
        raise Refused("not_possible_now", _("This way is no longer open. Please look again."))
    if seal_of(way) != seen:
        raise Refused("figures_changed", _("The figures have changed meanwhile. Please read them again."))
    waits = waits_for(chance, way)
    offer = variations.propose(by=by, plan=plan, terms=way.terms)
    newest = None if waits else _agree(offer, way, chance)
    plans.record(
        "plan.way_chosen",
        by=by,
        plan=plan,
        option=way.option.value,
        cost=way.cost,
        at_once=newest is not None,
    )
    return Taken(offer=offer, plan=newest)


def _agree(offer: Offer, way: Way, chance: Chance) -> Plan | None:
    """The lender's yes by what it has published, as in `instant`; None where it turns out to be somebody's to give.

    One that ended early is replaced as it stands: in one step it is followed by the new version, and it never runs again
    in between.
    """
    if second_person.reasons(by=None, offer=offer, terms=way.terms, schedule=way.schedule):
        return None
    try:
        with transaction.atomic():
            walls.must_lie_ahead(way.terms)
            return agreeing.agree(
                by=None,
                offer=offer,
                terms=way.terms,
                schedule=build(way.terms),
                side=Offer.Side.LENDER,
                policy=chance.policy,
            )
    except Refused:
        offer.refresh_from_db()
        return None


# ── an early end, and after it ───────────────────────────────────────────────────────────────
def end(*, by: User, plan: Plan) -> Plan:
    """End an agreement early: the lender's to say. Raises Refused with what stands against it, as `plans.break_` does."""
    if not by.may(Permission.CASE_ANSWER):
        raise Plan.DoesNotExist
    return plans.break_(by=by, plan=plan)


@transaction.atomic
def run_again(*, by: User, plan: Plan) -> Plan:
    """The lender lets an agreement that ended run again; what its claw-back brought back is gone again."""
    if not by.may(Permission.CASE_ANSWER):
        raise Plan.DoesNotExist
    return plans.reinstate(by=by, plan=plan)


def run_paid_again() -> int:
    """Agreements that ended run again by themselves once everything missed is paid in time; returns how many.

    Not where the claw-back brought money back: undoing that is the lender's to say. Two runs at once do it once.
    """
    today, count = clock.today(), 0
    ended = queries_payments.accounts(queries_second_chance.ended_lately(today))
    for chance in queries_second_chance.chances(ended, today):
        if not _is_paid_in_time(chance, today):
            continue
        try:
            plans.reinstate(by=None, plan=chance.plan)
            count += 1
        except Refused:
            # Somebody was first, or there is another agreement by now.
            continue
    return count


def _is_paid_in_time(chance: Chance, today: dt.date) -> bool:
    until = chance.again_until
    return until is not None and today <= until and not chance.returned and not chance.standing.behind


# ── the night ────────────────────────────────────────────────────────────────────────────────
def mark_missed() -> int:
    """Mark what was missed since the last run, and announce what may follow; returns how many marks are new.

    In batches, each of a fixed number of statements. The unique constraint lets of two runs at once only one write a
    mark, and each run records only what it wrote itself.
    """
    today, after, count = clock.today(), 0, 0
    while found := queries_second_chance.with_news(today, after, BATCH):
        after = found[-1].pk
        count += _mark(found, today)
    return count


@transaction.atomic
def _mark(found: Sequence[Plan], today: dt.date) -> int:
    run, now = secrets.token_hex(16), clock.now()
    wanted = []
    chances = queries_second_chance.chances(queries_payments.accounts(found), today)
    for chance in chances:
        missed = chance.standing.missed_numbers
        kinds = [(PlanMark.Kind.MISSED, number) for number in missed]
        if chance.standing.may_end:
            kinds.append((PlanMark.Kind.AT_RISK, missed[-1]))
        wanted += [
            PlanMark(plan=chance.plan, number=number, kind=kind, on=today, at=now, run=run)
            for kind, number in kinds
        ]
    PlanMark.objects.bulk_create(wanted, ignore_conflicts=True)
    written = list(PlanMark.objects.filter(run=run).order_by("plan", "number", "kind"))
    plans_by_key = {plan.pk: plan for plan in found}
    Event.objects.bulk_create(_event(mark, plans_by_key[mark.plan_id], now) for mark in written)
    # The notice goes out as news; a row that is there already is as good.
    Work.objects.bulk_create(
        (
            Work(
                kind="plan_at_risk",
                about_type="plan",
                about_ref=plans_by_key[mark.plan_id].ref,
                person_id=plans_by_key[mark.plan_id].case.borrower_id,
                due_at=now,
            )
            for mark in written
            if mark.kind == PlanMark.Kind.AT_RISK
        ),
        ignore_conflicts=True,
    )
    return len(written)


def _event(mark: PlanMark, plan: Plan, at: dt.datetime) -> Event:
    """What `events.record` writes, for many at once: by the system."""
    return Event(
        at=at,
        kind=f"plan.{mark.kind}",
        actor_role="system",
        about_type="plan",
        about_ref=plan.ref,
        person_ref=plan.case.borrower.ref,
        lender_ref=plan.case.lender.ref,
        data={"number": mark.number},
    )
