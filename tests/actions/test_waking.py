"""Who pauses and goes on again is reminded tomorrow as if nothing had been: never of more, and of nothing that a protection stops."""

import datetime as dt

import pytest

from cases.models import Consent, Event, Hold
from notices.actions import dispatch, planning, preferences
from notices.models import Decision, Message
from tests.actions.reminding import NINE_THIRTY, a_plan

pytestmark = pytest.mark.django_db

# Three days before it, tomorrow, is the morning of its reminder.
DUE = dt.date(2027, 5, 16)
EVENING = NINE_THIRTY + dt.timedelta(hours=8)
MORNING = NINE_THIRTY + dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def evening(clock):
    clock.set(EVENING)
    return clock


def all_channels(person, on):
    preferences.set_terms(by=person, sms=on, email=on, wechat=on, discreet=True)


def of_lender(plan, channels):
    preferences.set_lender_terms(by=plan.case.borrower, lender=plan.case.lender, channels=channels)


WAYS = {
    "all": (
        lambda plan: preferences.pause(by=plan.case.borrower),
        lambda plan: preferences.resume(by=plan.case.borrower),
    ),
    "one lender": (lambda plan: of_lender(plan, []), lambda plan: of_lender(plan, preferences.CHANNELS)),
    "one way": (
        lambda plan: preferences.opt_out(by=plan.case.borrower, channel="sms"),
        lambda plan: all_channels(plan.case.borrower, True),
    ),
    "every way": (
        lambda plan: all_channels(plan.case.borrower, False),
        lambda plan: all_channels(plan.case.borrower, True),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_tomorrows_reminder_comes_back_when_the_person_goes_on(way, clock):
    stop, go_on = WAYS[way]
    plan = a_plan(DUE)
    stop(plan)
    planning.plan(EVENING)
    message = Message.objects.get()
    assert message.state == "withheld"
    go_on(plan)
    message.refresh_from_db()
    assert (message.state, message.due_at) == ("queued", MORNING)
    assert list(message.decisions.order_by("id").values_list("verdict", flat=True)) == ["refused", "allowed"]
    told = Event.objects.get(kind="message_queued", about_ref=message.ref)
    assert (told.actor_ref, told.data["reason"]) == (plan.case.borrower.ref, "terms_loosened")
    clock.set(MORNING)
    assert dispatch.drain().sent == 1


def test_it_takes_the_way_that_is_open_now():
    plan = a_plan(DUE)
    person = plan.case.borrower
    person.emailaddress_set.create(email="lin@example.test", verified=True, primary=True)
    preferences.pause(by=person)
    planning.plan(EVENING)
    preferences.opt_out(by=person, channel="sms")
    preferences.resume(by=person)
    assert Message.objects.values_list("state", "channel").get() == ("queued", "email")


def test_what_is_still_stopped_stays_as_it_is():
    plan = a_plan(DUE)
    preferences.pause(by=plan.case.borrower)
    planning.plan(EVENING)
    all_channels(plan.case.borrower, True)
    of_lender(plan, ["sms"])
    assert Message.objects.get().state == "withheld"
    assert Decision.objects.count() == 1


def test_what_was_due_while_paused_is_not_sent_late(clock):
    plan = a_plan(DUE)
    preferences.pause(by=plan.case.borrower)
    planning.plan(EVENING)
    clock.set(MORNING + dt.timedelta(minutes=1))
    preferences.resume(by=plan.case.borrower)
    assert Message.objects.get().state == "withheld"


def a_crisis(plan):
    return Hold.objects.create(borrower=plan.case.borrower, kind="crisis", since=EVENING)


def a_dispute(plan):
    return Hold.objects.create(borrower=plan.case.borrower, kind="dispute", debt=plan.debt, since=EVENING)


def no_consent(plan):
    Consent.objects.update(revoked_at=EVENING)


def no_more_sms(plan):
    preferences.opt_out(by=plan.case.borrower, channel="sms")


def cancelled(plan):
    type(plan).objects.update(state="cancelled")


BETWEEN = [None, a_crisis, a_dispute, no_consent, no_more_sms, cancelled]


def end_of_holds():
    Hold.objects.update(until=EVENING + dt.timedelta(hours=2))
    Consent.objects.update(revoked_at=None)


@pytest.mark.parametrize("ends", [False, True], ids=["it lasts", "it ends"])
@pytest.mark.parametrize("when", ["before planning", "while paused", "after going on"])
@pytest.mark.parametrize("also", BETWEEN, ids=lambda each: each.__name__ if each else "nothing else")
@pytest.mark.parametrize("way", ["all", "one lender"])
def test_never_more_leaves_than_would_have_left_without_the_pause(way, also, when, ends, clock):
    """The same evening twice: one borrower pauses and goes on, the other does not, and everything else befalls both."""
    stop, go_on = WAYS[way]
    paused, other = a_plan(DUE), a_plan(DUE)

    def befalls(moment):
        if also and when == moment:
            for plan in (paused, other):
                also(plan)

    stop(paused)
    befalls("before planning")
    planning.plan(EVENING)
    befalls("while paused")
    if ends and when != "after going on":
        end_of_holds()
    clock.set(EVENING + dt.timedelta(hours=3))
    if also is not no_more_sms or way == "all":
        go_on(paused)
    befalls("after going on")
    for hour in range(0, 48, 6):
        clock.set(MORNING + dt.timedelta(hours=hour))
        dispatch.drain()
    left = {
        plan.pk: Message.objects.filter(plan=plan, state__in=["sent", "delivered"]).count()
        for plan in (paused, other)
    }
    assert left[paused.pk] <= left[other.pk]
    if also is None:
        assert left[paused.pk] == left[other.pk] > 0


def test_going_on_asks_the_database_as_often_for_many_as_for_one(django_assert_max_num_queries):
    plan = a_plan(DUE)
    for _ in range(8):
        a_plan(DUE, of=plan.case.borrower)
    preferences.pause(by=plan.case.borrower)
    planning.plan(EVENING)
    with django_assert_max_num_queries(40):
        preferences.resume(by=plan.case.borrower)
    # The day has three slots, as on any night.
    assert Message.objects.filter(state="queued", due_at=MORNING).count() == 3
