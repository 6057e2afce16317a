"""What a payment does to reminders: a paid instalment gets none, a payment under check silences its plan."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Work
from notices.actions import dispatch, news, planning
from notices.models import Message, OutboxEntry
from repayment.actions import payments
from tests import builders
from tests.actions.reminding import NINE_THIRTY, a_plan

pytestmark = pytest.mark.django_db
SOON = dt.date(2027, 5, 15)
LATER = dt.date(2027, 6, 15)


@pytest.fixture
def plan(clock):
    clock.set(NINE_THIRTY - dt.timedelta(days=20))
    agreed = a_plan(SOON, LATER)
    clock.set(NINE_THIRTY)
    return agreed


@pytest.fixture
def officer(plan):
    return builders.an_officer(plan.case.lender)


def noted(plan, clock, by=None, amount=74_421):
    return payments.claim(by=by or plan.case.borrower, plan=plan, amount=amount, on=clock.today)


def reminders(plan):
    return list(Message.objects.filter(plan=plan, purpose="reminder").order_by("pk"))


def test_an_instalment_that_is_paid_gets_no_reminder(plan, officer, clock):
    noted(plan, clock, by=officer)
    assert planning.plan(clock.now) == planning.Summary()
    assert reminders(plan) == []


def test_an_instalment_paid_in_part_still_does(plan, officer, clock):
    noted(plan, clock, by=officer, amount=74_420)
    assert planning.plan(clock.now).queued == 1


def test_a_payment_without_a_last_word_silences_the_plan_and_says_why(plan, officer, clock):
    payment = noted(plan, clock)
    assert planning.plan(clock.now).withheld == 1
    finding = reminders(plan)[0].decisions.get().findings[0]
    assert finding["rule"] == "house.payment_pending"
    payments.not_received(by=officer, payment=payment, reason="nothing_came")
    clock.set(NINE_THIRTY + dt.timedelta(days=3))
    planning.plan(clock.now)
    assert [message.state for message in reminders(plan)] == ["withheld", "withheld"]


def test_only_the_plan_in_question_is_silent(plan, clock):
    other = a_plan(SOON, of=plan.case.borrower)
    noted(plan, clock)
    assert planning.plan(clock.now).queued == 1
    assert [message.state for message in reminders(other)] == ["queued"]


def test_a_note_taken_back_ends_the_silence(plan, clock):
    payments.withdraw(by=plan.case.borrower, payment=noted(plan, clock))
    assert planning.plan(clock.now).queued == 1


def test_what_is_paid_after_planning_is_not_reminded_of_any_more(plan, officer, clock):
    planning.plan(clock.now)
    payments.confirm(by=officer, payment=noted(plan, clock))
    clock.advance(minutes=1)
    dispatch.drain()
    assert [message.state for message in reminders(plan)] == ["cancelled"]


def test_a_note_between_planning_and_sending_stops_the_reminder(plan, clock):
    planning.plan(clock.now)
    noted(plan, clock)
    clock.advance(minutes=1)
    dispatch.drain()
    assert [message.state for message in reminders(plan)] == ["withheld"]


def test_a_receipt_leaves_by_night_and_each_word_of_the_lender_once(plan, officer, clock):
    midnight = clock.set(dt.datetime(2027, 5, 12, 15, 30, tzinfo=dt.UTC))
    payment = noted(plan, clock)
    payments.not_received(by=officer, payment=payment, reason="other_amount")
    payments.confirm(by=officer, payment=payment)
    payments.reverse(by=officer, payment=payment, reason="mistaken")
    assert news.take_up() == 3
    dispatch.drain()
    dispatch.drain()
    sent = Message.objects.filter(plan=plan).order_by("pk")
    assert [(message.wording, message.purpose, message.state) for message in sent] == [
        ("payment_questioned", "answer", "delivered"),
        ("payment_confirmed", "confirmation", "delivered"),
        ("payment_reversed", "answer", "delivered"),
    ]
    assert {message.sent_at for message in sent} == {midnight}
    assert not Work.objects.filter(done_at=None).exists()
    assert OutboxEntry.objects.count() == 3


def test_planning_asks_no_more_for_plans_with_payments(officer, plan, clock, django_assert_max_num_queries):
    for _more in range(4):
        a_plan(SOON, owed_to=plan.case.lender)
    with CaptureQueriesContext(connection) as without:
        assert planning.plan(clock.now).queued == 5
    for _more in range(5):
        other = a_plan(SOON, owed_to=plan.case.lender)
        payments.claim(by=officer, plan=other, amount=1, on=clock.today)
    with django_assert_max_num_queries(len(without)):
        assert planning.plan(clock.now).queued == 5
