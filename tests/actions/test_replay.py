"""Every decision kept can be asked again, and one that was altered does not come out the same."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from cases import append_only
from notices.actions import dispatch, planning
from tests.actions.reminding import NINE_THIRTY, a_plan

pytestmark = pytest.mark.django_db
TODAY = dt.date(2027, 5, 12)


@pytest.fixture(autouse=True)
def a_night(clock):
    clock.set(NINE_THIRTY)
    for _ in range(6):
        a_plan(TODAY)
    planning.plan(NINE_THIRTY)
    dispatch.drain()


def replayed(*args):
    out = StringIO()
    call_command("replay_decisions", "--json", *args, stdout=out)
    return json.loads(out.getvalue())


def altered(sql):
    append_only.disarm(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql)
    append_only.arm(connection)


def test_every_answer_comes_out_the_same():
    found = replayed()
    assert (found["nights"], found["records"], found["decisions"]) == (1, 6, 12)
    assert found["differences"] == []


def test_a_sample_is_as_large_as_asked_for():
    found = replayed("--sample", "3")
    assert (found["records"], found["decisions"]) == (3, 3)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE notices_asked SET outcome = 2 WHERE place = 3",
        "UPDATE notices_asked SET flags = 0 WHERE place = 2",
        "UPDATE notices_asked SET sent_to_person = 7 WHERE place = 0",
        "UPDATE notices_asked SET run = run + 1 WHERE place = 4",
        "UPDATE notices_decision SET verdict = 'refused' WHERE id = (SELECT max(id) FROM notices_decision)",
    ],
)
def test_an_altered_answer_or_fact_is_named(sql):
    altered(sql)
    with pytest.raises(CommandError, match="today it is"):
        replayed()
