"""Whoever moves the demo's clock sees what that time brought on the very next page."""

import datetime as dt

import pytest
from django.test import RequestFactory
from django.utils import timezone

from cases import clock
from notices.actions import preferences
from notices.models import Message, OutboxEntry
from portal import queries_outbox
from portal.actions import demo_clock
from portal.views import demo
from tests import builders
from tests.actions.reminding import a_message, a_plan, an_answer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_clock(settings, tmp_path):
    settings.DEMO = True
    settings.DEMO_CLOCK_FILE = tmp_path / "clock.json"


def press(step):
    request = RequestFactory().post("/demo/clock/", {"step": step, "next": "/demo/outbox/"})
    assert demo.move_clock(request)["Location"] == "/demo/outbox/"


def test_at_half_past_nine_the_reminders_of_that_minute_have_left_when_the_page_is_back():
    day = timezone.now().astimezone(clock.BEIJING).date()
    # Before 9:30 the next one is today's, after it tomorrow's.
    plans = {due: a_plan(due) for due in (day, day + dt.timedelta(days=1))}
    press("morning")
    assert clock.now().astimezone(clock.BEIJING).time() >= demo.MORNING
    plan = plans[clock.today()]
    reminder = Message.objects.get(key=f"reminder_due_today:{plan.ref}:1")
    assert reminder.state in {Message.State.SENT, Message.State.DELIVERED}
    assert OutboxEntry.objects.filter(person=plan.case.borrower).exists()


def test_a_held_back_message_is_shown_with_its_person_and_its_words():
    message = a_message(not_after=clock.now() + dt.timedelta(days=3))
    press("evening")
    (held,) = queries_outbox.described(queries_outbox.held_back(message.person))
    assert held.message.person == message.person
    assert held.words


def tomorrow_at(hour, minute=0):
    local = clock.now().astimezone(clock.BEIJING)
    return dt.datetime.combine(local.date() + dt.timedelta(days=1), dt.time(hour, minute), clock.BEIJING)


def left_at(message):
    """The hour and minute in Beijing at which it left; it has to have left."""
    message.refresh_from_db()
    return message.sent_at.astimezone(clock.BEIJING).strftime("%H:%M")


def test_a_jump_over_a_day_does_the_work_of_each_hour_in_its_hour():
    press("evening")
    officers = a_message(due_at=tomorrow_at(8), not_after=tomorrow_at(18))
    answer = an_answer(due_at=tomorrow_at(8, 20))
    late = clock.now().astimezone(clock.BEIJING)
    press("day")
    assert left_at(officers) == "08:00"
    assert left_at(answer) == "08:20"
    # Nothing but the stops' own work took time.
    assert clock.now() - late < dt.timedelta(days=1, minutes=1)


def test_a_question_how_it_goes_is_not_lost_in_a_jump():
    press("evening")
    plan = a_plan(clock.today() + dt.timedelta(days=60))
    preferences.set_terms(by=plan.case.borrower, sms=True, email=True, discreet=True, follow_up=True)
    for _ in range(14):
        press("day")
    assert left_at(Message.objects.get(wording="follow_up")) == "09:30"


def test_what_midnight_marks_is_told_on_the_same_morning():
    press("evening")
    today = clock.today()
    missed = a_plan(*(today - dt.timedelta(days=days) for days in (33, 3)))
    press("day")
    assert missed.marks.exists()
    assert left_at(Message.objects.get(wording="plan_at_risk")) == "09:00"


def test_a_day_has_at_most_forty_stops_and_what_is_due_between_two_waits_for_the_next(monkeypatch):
    monkeypatch.setattr(demo_clock, "PATIENCE", 60.0)
    press("evening")
    person, lender, first = builders.a_borrower(), builders.a_lender(), clock.now()
    all_day = [
        an_answer(person, lender, due_at=first + dt.timedelta(minutes=20 * each)) for each in range(1, 72)
    ]
    assert demo_clock.move_to(first + dt.timedelta(days=1)) <= 40
    for message in all_day:
        message.refresh_from_db()
        assert message.sent_at - message.due_at <= demo_clock.FAR + dt.timedelta(minutes=1)


def test_the_clock_moves_only_in_the_demo(settings):
    settings.DEMO = False
    with pytest.raises(RuntimeError):
        demo_clock.move_to(clock.now() + dt.timedelta(hours=1))
