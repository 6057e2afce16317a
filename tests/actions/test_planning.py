"""Reminders are planned once, judged by the gate, and each leaves a decision behind."""

import datetime as dt
import json
import threading

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Consent, Event, Hold
from notices.actions import planning, preferences
from notices.models import Decision, Message
from repayment.models import Plan
from tests import builders
from tests.actions.reminding import NINE_THIRTY, a_plan

pytestmark = pytest.mark.django_db

TODAY = dt.date(2027, 5, 12)
SOON = TODAY + dt.timedelta(days=3)


@pytest.fixture(autouse=True)
def morning(clock):
    clock.set(NINE_THIRTY)
    return clock


def planned():
    return planning.plan(NINE_THIRTY)


def test_what_is_due_today_and_in_three_days_is_queued_for_half_past_nine():
    plan = a_plan(TODAY, SOON, SOON + dt.timedelta(days=30))
    done = planned()
    assert done.queued == 2
    assert {(m.wording, m.due_at) for m in Message.objects.all()} == {
        ("reminder_due_today", NINE_THIRTY),
        # One lender writes once a day: the earlier matter goes first, the other the day after.
        ("reminder_due_soon", dt.datetime(2027, 5, 13, 0, 0, 1, tzinfo=dt.UTC)),
    }
    assert set(Message.objects.values_list("plan", flat=True)) == {plan.pk}


def test_each_planned_message_carries_a_decision_with_facts_and_rulebook():
    a_plan(TODAY)
    planned()
    decision = Decision.objects.get()
    assert (decision.stage, decision.verdict, decision.findings) == ("planning", "allowed", [])
    assert decision.facts["sent_to_person_today"] == 0
    assert len(decision.rulebook_version) == 64


def test_planning_twice_changes_nothing():
    a_plan(TODAY, SOON)
    planned()
    before = list(Message.objects.values()), list(Decision.objects.values()), Event.objects.count()
    assert planned() == planning.Summary()
    assert (list(Message.objects.values()), list(Decision.objects.values()), Event.objects.count()) == before


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_plan_each_reminder_once():
    for _ in range(12):
        a_plan(TODAY, SOON)
    problems = []

    def beat():
        try:
            planned()
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    beats = [threading.Thread(target=beat) for _ in range(4)]
    for each in beats:
        each.start()
    for each in beats:
        each.join()
    assert problems == []
    assert Message.objects.count() == 24
    # Every decision belongs to a message that exists, and each message has its own.
    assert set(Decision.objects.values_list("message", flat=True)) == set(
        Message.objects.values_list("pk", flat=True)
    )
    assert Event.objects.filter(kind="message_queued").count() == 24


def test_reminders_planned_in_one_night_share_the_daily_cap():
    borrower = builders.a_borrower()
    for _ in range(5):
        a_plan(TODAY, of=borrower)
    done = planned()
    due = sorted(m.due_at for m in Message.objects.filter(state="queued"))
    assert [at for at in due if at == NINE_THIRTY] == [NINE_THIRTY] * 3
    # The fourth and fifth would be lawful only after the day they speak of.
    assert done.expired == 2
    rules = {f["rule"] for d in Decision.objects.exclude(verdict="allowed") for f in d.findings}
    assert rules == {"cn.freq.sms_email_wechat"}


def test_a_reminder_planned_at_night_waits_for_the_morning(clock):
    a_plan(TODAY + dt.timedelta(days=2))
    night = clock.set(dt.datetime(2027, 5, 12, 14, 30, tzinfo=dt.UTC))
    assert planning.plan(night).deferred == 1
    message = Message.objects.get()
    assert message.state == "queued"
    assert message.due_at == dt.datetime(2027, 5, 13, 0, 0, 1, tzinfo=dt.UTC)
    first, second = message.decisions.all()
    assert (first.verdict, second.verdict) == ("deferred", "allowed")
    assert {f["rule"] for f in first.findings} == {"cn.time.night_ban.gbt", "cn.time.night_ban.cba"}


@pytest.mark.parametrize(
    ("stop", "rule"),
    [
        (
            lambda p: Hold.objects.create(borrower=p.case.borrower, kind="crisis", since=NINE_THIRTY),
            "house.hold",
        ),
        (
            lambda p: Hold.objects.create(
                borrower=p.case.borrower, kind="dispute", debt=p.debt, since=NINE_THIRTY
            ),
            "house.dispute",
        ),
        (lambda p: Consent.objects.update(revoked_at=NINE_THIRTY), "house.consent"),
        (lambda p: Consent.objects.update(expires_on=TODAY - dt.timedelta(days=1)), "house.consent"),
        (lambda p: preferences.opt_out(by=p.case.borrower, channel="sms"), "house.opt_out"),
        (lambda p: preferences.pause(by=p.case.borrower), "house.paused"),
    ],
)
def test_what_may_not_be_sent_is_withheld_with_its_rule(stop, rule):
    stop(a_plan(TODAY))
    assert planned().withheld == 1
    message = Message.objects.get()
    assert message.state == "withheld"
    assert [f["rule"] for f in message.decisions.get().findings] == [rule]
    event = Event.objects.get(kind="message_withheld")
    assert (event.about_ref, event.data["rules"]) == (message.ref, [rule])


def test_without_a_confirmed_address_it_waits_on_the_persons_own_pages():
    plan = a_plan(TODAY)
    type(plan.case.borrower).objects.update(phone_verified=False)
    assert planned().queued == 1
    assert Message.objects.get().channel == "inbox"


def test_a_hold_on_another_debt_silences_nothing_here():
    borrower = builders.a_borrower()
    other = a_plan(of=borrower)
    a_plan(TODAY, of=borrower)
    Hold.objects.create(borrower=borrower, kind="dispute", debt=other.debt, since=NINE_THIRTY)
    assert planned().queued == 1


def test_only_plans_in_force_are_reminded_of():
    for state in set(Plan.State.values) - {"active"}:
        a_plan(TODAY, state=state)
    assert planned() == planning.Summary()


def test_the_chosen_hours_move_a_reminder_into_them():
    plan = a_plan(TODAY)
    preferences.set_terms(
        by=plan.case.borrower,
        sms=True,
        email=True,
        discreet=True,
        hours_from=dt.time(14),
        hours_to=dt.time(18),
    )
    planned()
    assert Message.objects.get().due_at == dt.datetime(2027, 5, 12, 6, 0, 1, tzinfo=dt.UTC)


def test_email_takes_over_where_sms_was_switched_off():
    plan = a_plan(TODAY)
    borrower = plan.case.borrower
    borrower.emailaddress_set.create(email="lin@example.test", verified=True, primary=True)
    preferences.opt_out(by=borrower, channel="sms")
    planned()
    assert Message.objects.get().channel == "email"


def test_planning_asks_for_many_as_often_as_for_a_few(django_assert_max_num_queries):
    for _ in range(5):
        a_plan(TODAY, SOON)
    with CaptureQueriesContext(connection) as few:
        assert planned().queued == 10
    for _ in range(30):
        a_plan(TODAY, SOON)
    # Records go in twenty at a time where there is no COPY.
    with django_assert_max_num_queries(len(few) + 3):
        assert planned().queued == 60


def test_the_command_plans_for_any_instant_and_counts_in_json(capsys):
    a_plan(SOON + dt.timedelta(days=1))
    call_command("plan_reminders", "--at", "2027-05-12T10:00:00+08:00", "--json")
    assert json.loads(capsys.readouterr().out) == {"queued": 1, "deferred": 0, "withheld": 0, "expired": 0}
    call_command("plan_reminders", "--at", "2027-05-12T02:30:00+00:00")
    assert "0 waiting" in capsys.readouterr().out


@pytest.mark.parametrize("at", ["tomorrow", "2027-05-12T09:30:00"])
def test_the_command_refuses_an_instant_it_cannot_place(at):
    with pytest.raises(CommandError):
        call_command("plan_reminders", "--at", at)
