"""How full the queue is, as an operator sees it."""

import datetime as dt
import json

import pytest
from django.core.management import call_command

from cases import clock as business
from notices import queries_queue
from notices.actions import breaking, dispatch
from notices.actions.claiming import claim
from notices.domain import breaker
from notices.models import Message
from tests.actions.reminding import NINE_THIRTY, a_message, an_answer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning(clock):
    clock.set(NINE_THIRTY)


def test_an_empty_queue_says_so(capsys):
    assert queries_queue.standings() == []
    call_command("queue")
    assert capsys.readouterr().out == "Nothing waits.\n"


def test_every_lane_and_channel_is_counted_by_itself(django_assert_num_queries):
    for minutes in (1, 30):
        a_message(due_at=NINE_THIRTY - dt.timedelta(minutes=minutes))
    a_message(due_at=NINE_THIRTY + dt.timedelta(hours=1))
    a_message(channel="email")
    taken, gone = an_answer(), an_answer()
    claim([(each.pk, each.person_id) for each in (taken, gone)], worker="w")
    Message.objects.filter(pk=gone.pk).update(lease_until=business.real_now() - dt.timedelta(seconds=1))
    for _ in range(breaker.FAILURES):
        breaking.failed("email")
    with django_assert_num_queries(2):
        found = {(each.lane, each.channel): each for each in queries_queue.standings()}
    assert set(found) == {("answers", "sms"), ("reminders", "email"), ("reminders", "sms")}
    sms, answers = found["reminders", "sms"], found["answers", "sms"]
    assert (sms.due, sms.later, sms.oldest, sms.open_since) == (2, 1, 1800, "")
    assert (answers.due, answers.claimed, answers.lapsed) == (0, 1, 1)
    assert found["reminders", "email"].open_since


def test_the_command_says_the_same_for_people_and_machines(capsys):
    a_message()
    call_command("queue", "--json")
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["lane"], row["channel"], row["due"]) == ("reminders", "sms", 1)
    call_command("queue")
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["lane", "channel", "due"]
    assert line.split()[:3] == ["reminders", "sms", "1"]
    dispatch.drain()
    assert queries_queue.standings() == []
