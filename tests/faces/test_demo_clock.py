"""Whoever moves the demo's clock sees what that time brought on the very next page."""

import datetime as dt

import pytest
from django.test import RequestFactory
from django.utils import timezone

from cases import clock
from notices.models import Message, OutboxEntry
from notices.queries_prevented import withheld_messages
from portal.views import demo
from tests.actions.reminding import a_message, a_plan

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
    (held,) = [item for item in withheld_messages() if item.message == message]
    assert held.message.person == message.person
    assert held.words
