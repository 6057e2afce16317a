"""Two nights at once, and twenty presses of one yes: each missed instalment is marked once, one agreement takes the place of one."""

import datetime as dt
from typing import Any

import pytest

from cases.models import Event, Work
from repayment import queries_second_chance
from repayment.actions import offers, payments, second_chance
from repayment.models import Plan, PlanMark
from tests import builders
from tests.actions.negotiating import a_file, sent
from tests.faults.test_double_accept import THREADS, race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def file(clock: Any) -> Any:
    clock.set(builders.MORNING)
    return a_file(1, second_chance={"at_once": True})


@pytest.fixture
def plan(file: Any) -> Plan:
    return offers.accept(by=file.officers[0], offer=sent(file)[0])


def after(clock: Any, plan: Plan, days: int, number: int) -> dt.datetime:
    due = plan.instalments.get(number=number).due
    at = dt.datetime.combine(due + dt.timedelta(days=days), dt.time(9), dt.UTC)
    clock.set(at)
    return at


def at_that_time(at: dt.datetime, do: Any) -> Any:
    """A thread begins without the test's clock."""
    from cases import clock

    def deed() -> None:
        with clock.fixed(at):
            do()

    return deed


def test_many_nights_at_once_mark_and_tell_once(plan: Plan, clock: Any) -> None:
    at = after(clock, plan, 4, number=2)
    assert race([at_that_time(at, second_chance.mark_missed)] * THREADS) == {"done": THREADS}
    assert sorted(PlanMark.objects.values_list("kind", "number")) == [
        ("at_risk", 2),
        ("missed", 1),
        ("missed", 2),
    ]
    assert Event.objects.filter(kind__in=["plan.missed", "plan.at_risk"]).count() == 3
    assert Work.objects.filter(kind="plan_at_risk").count() == 1


def test_many_nights_at_once_let_it_run_again_once(file: Any, plan: Plan, clock: Any) -> None:
    after(clock, plan, 4, number=2)
    second_chance.mark_missed()
    at = after(clock, plan, 14, number=2)
    second_chance.end(by=file.officers[0], plan=plan)
    owed = sum(plan.instalments.filter(number__lte=2).values_list("amount", flat=True))
    payments.claim(by=file.officers[0], plan=plan, amount=owed, on=at.date())
    assert race([at_that_time(at, second_chance.run_paid_again)] * THREADS) == {"done": THREADS}
    assert Event.objects.filter(kind="plan.reinstated").count() == 1
    assert Plan.objects.get().state == Plan.State.ACTIVE


def test_twenty_presses_of_one_yes_make_one_agreement(file: Any, plan: Plan, clock: Any) -> None:
    at = after(clock, plan, 2, number=1)
    chance = queries_second_chance.chance_of(plan)
    way = next(way for way in queries_second_chance.ways_of(chance, at.date()) if way.option == "to_end")
    seen = second_chance.seal_of(way)

    def press() -> None:
        second_chance.take(by=file.borrower, plan=plan, option="to_end", seen=seen)

    outcomes = race([at_that_time(at, press)] * THREADS)
    assert outcomes["done"] == 1
    assert not [outcome for outcome in outcomes if outcome.startswith("broken")]
    assert Plan.objects.filter(state=Plan.State.ACTIVE).count() == 1
