"""After the day: marked once, announced, never ended in haste, and mended by one choice whose cost was read first."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cases.actions import holds
from cases.domain.refusal import Refused
from cases.models import Event
from notices.actions import news
from notices.models import Message
from repayment import queries, queries_payments, queries_second_chance
from repayment.actions import offers, payments, plans, second_chance
from repayment.domain.second_chance import Part, Whole, rules
from repayment.domain.second_chance_options import Option
from repayment.models import Acceptance, Breach, Offer, Plan, PlanMark
from tests import builders
from tests.actions.negotiating import File, a_file, sent

pytestmark = pytest.mark.django_db
AT_ONCE = {"at_once": True}


@pytest.fixture
def file(clock: Any) -> File:
    clock.set(builders.MORNING)
    return a_file(1, second_chance=AT_ONCE)


@pytest.fixture
def plan(file: File) -> Plan:
    return offers.accept(by=file.officers[0], offer=sent(file)[0])


def after(clock: Any, plan: Plan, days: int, number: int = 1) -> None:
    """Move to some days after the day of an instalment."""
    due = plan.instalments.get(number=number).due
    clock.set(dt.datetime.combine(due + dt.timedelta(days=days), dt.time(9), dt.UTC))


def refused(do: Any, **arguments: Any) -> str:
    with pytest.raises(Refused) as caught, transaction.atomic():
        do(**arguments)
    return caught.value.code


def standing(plan: Plan) -> Any:
    plan = Plan.objects.select_related("case__borrower", "case__lender", "debt", "offer").get(pk=plan.pk)
    return queries_second_chance.chance_of(plan)


def way(plan: Plan, option: Option, clock: Any) -> Any:
    chance = standing(plan)
    return next(each for each in queries_second_chance.ways_of(chance, clock.today) if each.option is option)


def take(file: File, plan: Plan, option: Option, clock: Any) -> second_chance.Taken:
    seen = second_chance.seal_of(way(plan, option, clock))
    return second_chance.take(by=file.borrower, plan=plan, option=option.value, seen=seen)


def pay(file: File, plan: Plan, amount: int, on: dt.date) -> None:
    payments.claim(by=file.officers[0], plan=plan, amount=amount, on=on)


# ── grace, then missed ───────────────────────────────────────────────────────────────────────
def test_nothing_is_marked_while_an_instalment_is_in_grace(plan: Plan, clock: Any) -> None:
    after(clock, plan, 3)
    assert standing(plan).standing.parts[0].state is Part.GRACE
    assert second_chance.mark_missed() == 0
    after(clock, plan, 4)
    assert standing(plan).standing.parts[0].state is Part.MISSED
    assert second_chance.mark_missed() == 1


def test_a_mark_is_written_and_recorded_once_however_often_the_night_runs(plan: Plan, clock: Any) -> None:
    after(clock, plan, 5)
    assert [second_chance.mark_missed() for _night in range(3)] == [1, 0, 0]
    assert PlanMark.objects.get().kind == PlanMark.Kind.MISSED
    assert Event.objects.filter(kind="plan.missed", about_ref=plan.ref).count() == 1


def test_the_night_asks_no_question_per_agreement(clock: Any) -> None:
    clock.set(builders.MORNING)
    made = [offers.accept(by=file.officers[0], offer=sent(file)[0]) for file in (a_file(1), a_file(1))]
    after(clock, made[0], 5)
    with CaptureQueriesContext(connection) as two:
        assert second_chance.mark_missed() == 2
    more = [
        offers.accept(by=file.officers[0], offer=sent(file)[0]) for file in (a_file(1) for _more in range(4))
    ]
    after(clock, more[0], 5)
    with CaptureQueriesContext(connection) as six:
        assert second_chance.mark_missed() >= 4
    # Those of before have missed two by now: one statement more writes all their notices.
    assert len(six) == len(two) + 1


def test_marks_are_history(plan: Plan, clock: Any) -> None:
    after(clock, plan, 5)
    second_chance.mark_missed()
    for change in (lambda: PlanMark.objects.update(number=9), lambda: PlanMark.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize("stop", ["hold", "pause", "question"])
def test_nothing_is_missed_while_it_is_held_paused_or_in_question(
    file: File, plan: Plan, clock: Any, stop: str
) -> None:
    if stop == "hold":
        holds.place(by=file.borrower, kind="dispute")
    elif stop == "pause":
        plans.suspend(by=file.officers[0], plan=plan, reason="hardship")
    else:
        noted = payments.claim(by=file.borrower, plan=plan, amount=100, on=clock.today)
        payments.not_received(by=file.officers[0], payment=noted, reason="nothing_came")
    after(clock, plan, 40)
    assert second_chance.mark_missed() == 0
    assert standing(plan).standing.state is Whole.IN_ORDER
    assert refused(second_chance.end, by=file.officers[0], plan=plan) == "stopped"


# ── an end only after grace, enough missed, and notice ───────────────────────────────────────
@pytest.mark.parametrize("end", [second_chance.end, plans.break_])
def test_an_end_needs_enough_missed_then_a_notice_then_its_days(
    end: Any, file: File, plan: Plan, clock: Any
) -> None:
    officer = file.officers[0]
    after(clock, plan, 5)
    second_chance.mark_missed()
    assert refused(end, by=officer, plan=plan) == "not_missed_enough"
    after(clock, plan, 4, number=2)
    assert refused(end, by=officer, plan=plan) == "no_notice"
    second_chance.mark_missed()
    assert Event.objects.filter(kind="plan.at_risk").count() == 1
    assert refused(end, by=officer, plan=plan) == "notice_runs"
    after(clock, plan, 14, number=2)
    assert end(by=officer, plan=plan).state == Plan.State.BROKEN
    assert Breach.objects.get().missed == 2


@pytest.mark.parametrize("by_system", [True, False])
def test_nobody_ends_without_the_notice_and_the_refusal_names_its_rule(
    by_system: bool, file: File, plan: Plan, clock: Any
) -> None:
    after(clock, plan, 30, number=3)
    with pytest.raises(Refused) as caught:
        plans.break_(by=None if by_system else file.officers[0], plan=plan)
    rule = rules().rule("grace.ending", clock.today)
    assert (caught.value.code, caught.value.citation) == ("no_notice", rule.citation)
    assert not Breach.objects.exists()


def test_under_a_hold_nobody_ends_it(file: File, plan: Plan, clock: Any) -> None:
    after(clock, plan, 30, number=3)
    second_chance.mark_missed()
    after(clock, plan, 45, number=3)
    holds.place(by=file.borrower, kind="dispute")
    assert refused(plans.break_, by=None, plan=plan) == "stopped"


def test_the_notice_reaches_the_borrower_once(plan: Plan, clock: Any) -> None:
    after(clock, plan, 4, number=2)
    for _night in range(2):
        second_chance.mark_missed()
        news.take_up()
    assert Message.objects.filter(wording="plan_at_risk").count() == 1


def test_a_borrower_ends_nothing_and_another_lender_knows_of_nothing(file: File, plan: Plan) -> None:
    for person in (file.borrower, builders.an_officer(builders.a_lender("别家机构"))):
        with pytest.raises(Plan.DoesNotExist):
            second_chance.end(by=person, plan=plan)


def _broken(file: File, plan: Plan, clock: Any) -> Plan:
    after(clock, plan, 4, number=2)
    second_chance.mark_missed()
    after(clock, plan, 14, number=2)
    return second_chance.end(by=file.officers[0], plan=plan)


def test_paying_what_was_missed_in_time_lets_it_run_again_by_itself_once(
    file: File, plan: Plan, clock: Any
) -> None:
    _broken(file, plan, clock)
    assert second_chance.run_paid_again() == 0
    rows = plan.instalments.filter(number__lte=2)
    pay(file, plan, sum(row.amount for row in rows), clock.today)
    assert [second_chance.run_paid_again() for _night in range(2)] == [1, 0]
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE
    assert Event.objects.filter(kind="plan.reinstated").count() == 1


def test_paying_too_late_leaves_it_to_the_lender(file: File, plan: Plan, clock: Any) -> None:
    _broken(file, plan, clock)
    pay(file, plan, plan.instalments.get(number=1).amount * 3, clock.today)
    after(clock, plan, 14 + 31, number=2)
    assert second_chance.run_paid_again() == 0
    assert second_chance.run_again(by=file.officers[0], plan=plan).state == Plan.State.ACTIVE


def test_a_way_on_brings_a_broken_agreement_back_without_a_new_application(
    file: File, plan: Plan, clock: Any
) -> None:
    _broken(file, plan, clock)
    newest = take(file, plan, Option.TO_END, clock).plan
    plan.refresh_from_db()
    assert newest is not None
    assert (plan.state, newest.state, newest.replaces) == (Plan.State.SUPERSEDED, Plan.State.ACTIVE, plan)
    kinds = set(Event.objects.filter(about_ref=plan.ref).values_list("kind", flat=True))
    assert {"plan.broken", "plan.replaced", "plan.way_chosen"} <= kinds
    assert "plan.reinstated" not in kinds, "the old one never runs in between"


def test_a_way_on_that_is_taken_back_leaves_the_end_as_it_was(file: File, plan: Plan, clock: Any) -> None:
    _broken(file, plan, clock)
    newest = take(file, plan, Option.TO_END, clock).plan
    assert newest is not None
    plans.take_back(by=file.borrower, plan=newest)
    plan.refresh_from_db()
    assert plan.state == Plan.State.BROKEN
    assert take(file, plan, Option.TO_END, clock).plan is not None


def test_a_way_on_that_is_the_lenders_to_answer_leaves_the_end_as_it_was(
    file: File, plan: Plan, clock: Any
) -> None:
    _broken(file, plan, clock)
    _budget(file, clock, 1)
    taken = take(file, plan, Option.TO_END, clock)
    plan.refresh_from_db()
    assert (taken.plan, taken.offer.state, plan.state) == (None, Offer.State.OPEN, Plan.State.BROKEN)
    assert not Event.objects.filter(kind="plan.reinstated").exists()


def test_a_notice_from_before_an_end_that_was_undone_counts_no_more(
    file: File, plan: Plan, clock: Any
) -> None:
    _broken(file, plan, clock)
    second_chance.run_again(by=file.officers[0], plan=plan)
    assert refused(second_chance.end, by=file.officers[0], plan=plan) == "no_notice"


def _budget(file: File, clock: Any, available: int) -> None:
    file.borrower.statements.update(replaced_at=clock.now)
    builders.a_statement(file.borrower, available=available)


# ── ways on ──────────────────────────────────────────────────────────────────────────────────
def test_a_way_inside_what_is_published_takes_effect_at_once_and_names_the_policy(
    file: File, plan: Plan, clock: Any
) -> None:
    after(clock, plan, 2)
    shown = way(plan, Option.TO_END, clock)
    assert second_chance.waits_for(standing(plan), shown) == ()
    newest = take(file, plan, Option.TO_END, clock).plan
    assert newest is not None
    assert sum(row.amount for row in newest.instalments.all()) == shown.total
    assert newest.instalments.latest("due").due == shown.ends
    said = Acceptance.objects.get(offer=newest.offer)
    assert (said.by, said.policy is not None) == (None, True)
    assert standing(newest).standing.state is Whole.IN_ORDER


@pytest.mark.parametrize("option", [Option.SPREAD, Option.TO_END, Option.LIGHTER, Option.PAUSE])
def test_what_was_read_is_what_is_agreed_to_the_cent(
    file: File, plan: Plan, clock: Any, option: Option
) -> None:
    after(clock, plan, 2)
    _budget(file, clock, 900_000)
    open_before = queries_payments.account_of(plan).ledger.open
    shown = way(plan, option, clock)
    newest = take(file, plan, option, clock).plan
    assert newest is not None
    assert queries_payments.account_of(newest).ledger.open == open_before + shown.cost


def test_a_lender_that_has_published_nothing_is_asked(clock: Any) -> None:
    clock.set(builders.MORNING)
    file = a_file(1)
    plan = offers.accept(by=file.officers[0], offer=sent(file)[0])
    after(clock, plan, 2)
    taken = take(file, plan, Option.TO_END, clock)
    assert (taken.plan, taken.offer.state) == (None, Offer.State.OPEN)
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE
    assert offers.accept(by=file.officers[0], offer=taken.offer).replaces == plan


def test_figures_that_changed_since_they_were_read_are_not_agreed(file: File, plan: Plan, clock: Any) -> None:
    after(clock, plan, 2)
    seen = second_chance.seal_of(way(plan, Option.TO_END, clock))
    pay(file, plan, 10_000, clock.today)
    code = refused(second_chance.take, by=file.borrower, plan=plan, option="to_end", seen=seen)
    assert code == "figures_changed"


def test_a_second_press_changes_nothing_more(file: File, plan: Plan, clock: Any) -> None:
    after(clock, plan, 2)
    seen = second_chance.seal_of(way(plan, Option.TO_END, clock))
    first = second_chance.take(by=file.borrower, plan=plan, option="to_end", seen=seen)
    assert (
        refused(second_chance.take, by=file.borrower, plan=plan, option="to_end", seen=seen)
        == "not_possible_now"
    )
    assert queries.plans_for(file.borrower).filter(state=Plan.State.ACTIVE).get() == first.plan


def test_while_a_payment_waits_no_way_is_worked_out(file: File, plan: Plan, clock: Any) -> None:
    after(clock, plan, 2)
    payments.claim(by=file.borrower, plan=plan, amount=10_000, on=clock.today)
    assert queries_second_chance.ways_of(standing(plan), clock.today) == ()
    assert (
        refused(second_chance.take, by=file.borrower, plan=plan, option="to_end", seen="")
        == "payment_waiting"
    )


def test_more_than_the_budget_allows_is_not_agreed_by_itself(file: File, plan: Plan, clock: Any) -> None:
    after(clock, plan, 2)
    _budget(file, clock, 1_000)
    shown = way(plan, Option.SPREAD, clock)
    assert second_chance.Wait.STATEMENT in second_chance.waits_for(standing(plan), shown)
    assert take(file, plan, Option.SPREAD, clock).plan is None
