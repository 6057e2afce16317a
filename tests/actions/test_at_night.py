"""What a clock brought about waits for the person's own day; what somebody waits for does not."""

import datetime as dt
from typing import Any

import pytest

from cases import clock as business
from cases import tasks as case_tasks
from cases.actions import work
from notices import tasks
from notices.actions import planning, preferences
from notices.models import Message, OutboxEntry
from repayment import tasks as repayment_tasks
from repayment.actions import offers, plans
from repayment.models import Offer, Plan
from tests import builders
from tests.actions.complaining import a_complaint
from tests.actions.negotiating import File, a_file, noticed, sent
from tests.actions.reminding import a_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(clock: Any) -> File:
    clock.set(builders.MORNING)
    return a_file(1)


@pytest.fixture
def plan(file: File) -> Plan:
    return offers.accept(by=file.officers[0], offer=sent(file)[0])


def at(clock: Any, day: dt.date, time: str) -> None:
    clock.set(dt.datetime.combine(day, dt.time.fromisoformat(time), business.BEIJING))


def the_beat() -> None:
    """What the workers do within each minute."""
    repayment_tasks.expire_offers()
    repayment_tasks.mark_missed()
    case_tasks.mark_missed()
    tasks.plan_reminders()
    tasks.dispatch_answers()
    tasks.dispatch_reminders()


def left(wording: str) -> bool:
    """Whether that message has left; it has to be there."""
    return Message.objects.get(wording=wording).sent_at is not None


def day_at_risk(plan: Plan) -> dt.date:
    """Enough is missed from the night after the second instalment's days of grace."""
    return plan.instalments.get(number=2).due + dt.timedelta(days=4)


def test_what_midnight_finds_is_told_in_the_morning(plan: Plan, clock: Any) -> None:
    day = day_at_risk(plan)
    at(clock, day, "00:01")
    the_beat()
    assert not left("plan_at_risk")
    at(clock, day, "08:59")
    the_beat()
    assert not left("plan_at_risk")
    at(clock, day, "09:00")
    the_beat()
    assert left("plan_at_risk")


def test_it_waits_for_the_hours_the_person_named(plan: Plan, clock: Any) -> None:
    evenings = {"hours_from": dt.time(18), "hours_to": dt.time(20)}
    preferences.set_terms(by=plan.case.borrower, sms=True, email=True, discreet=True, **evenings)
    day = day_at_risk(plan)
    for time, told in (("00:01", False), ("09:00", False), ("17:59", False), ("18:00", True)):
        at(clock, day, time)
        the_beat()
        assert left("plan_at_risk") is told


def test_the_notice_of_an_early_end_is_told_long_before_the_end(plan: Plan, clock: Any) -> None:
    at(clock, day_at_risk(plan), "22:10")
    the_beat()
    notice = Message.objects.get(wording="plan_at_risk")
    assert notice.due_at - clock.now == dt.timedelta(hours=10, minutes=50)
    assert notice.due_at < notice.not_after


def test_a_proposal_that_ran_out_at_midnight_is_told_in_the_morning(file: File, clock: Any) -> None:
    (offer,) = sent(file)
    at(clock, offer.expires_on + dt.timedelta(days=1), "00:01")
    the_beat()
    assert Offer.objects.get().state == Offer.State.EXPIRED
    assert not left("offer_expired")
    clock.advance(hours=9)
    the_beat()
    assert left("offer_expired")


def test_an_agreement_ended_late_is_told_in_the_morning(file: File, plan: Plan, clock: Any) -> None:
    at(clock, plan.instalments.get(number=2).due + dt.timedelta(days=40), "22:10")
    plans.break_(by=file.officers[0], plan=noticed(plan))
    tasks.dispatch_answers()
    assert not left("plan_broken")
    clock.advance(hours=10, minutes=50)
    tasks.dispatch_answers()
    assert left("plan_broken")


@pytest.mark.parametrize(
    ("hours", "then"), [({}, "09:00"), ({"hours_from": dt.time(11), "hours_to": dt.time(12)}, "11:00")]
)
def test_an_overdue_answer_noticed_late_is_told_in_the_morning(clock: Any, hours: Any, then: str) -> None:
    complaint = a_complaint()
    if hours:
        preferences.set_terms(by=complaint.borrower, sms=True, email=True, discreet=True, **hours)
    due_on = complaint.clock.due_on
    at(clock, due_on + dt.timedelta(days=1), "22:10")
    planning.plan(clock.now)
    tasks.dispatch_answers()
    assert not left("complaint_due")
    at(clock, due_on + dt.timedelta(days=2), then)
    assert Message.objects.get(wording="complaint_due").due_at == clock.now
    tasks.dispatch_answers()
    assert left("complaint_due")


def test_nobody_asks_how_it_goes_at_night(clock: Any) -> None:
    plan = a_plan(clock.today + dt.timedelta(days=60))
    preferences.set_terms(by=plan.case.borrower, sms=True, email=True, discreet=True, follow_up=True)
    at(clock, clock.today + dt.timedelta(days=14), "22:10")
    the_beat()
    assert not left("follow_up")
    at(clock, clock.today + dt.timedelta(days=1), "09:30")
    the_beat()
    assert left("follow_up")


def test_an_answer_and_what_was_agreed_leave_at_any_hour(file: File, plan: Plan, clock: Any) -> None:
    at(clock, clock.today + dt.timedelta(days=1), "02:59")
    work.put("offer_answered", about=plan.offer, person=file.borrower)
    tasks.dispatch_answers()
    assert left("offer_answered")
    assert left("plan_confirmed")
    assert OutboxEntry.objects.filter(person=file.borrower).count() == 2
