"""Every decision kept can be asked again, and one that was altered does not come out the same."""

import datetime as dt
import json
import shutil
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from cases import append_only
from cases.domain import rulebook
from cases.models import KeptRulebook
from notices.actions import dispatch, planning
from notices.models import Decision
from tests.actions.reminding import NINE_THIRTY, a_message, a_plan

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


# ── the rules of the day ─────────────────────────────────────────────────────────────────────
@pytest.fixture
def stricter(tmp_path):
    """Where a copy of the rules lies that allows no contact before ten."""
    for name in ("cn", "us", "uk", "house"):
        shutil.copy(rulebook.DIRECTORY / f"{name}.toml", tmp_path)
    text = (tmp_path / "cn.toml").read_text(encoding="utf-8")
    stricter = text.replace('to = "08:00"', 'to = "10:00"')
    assert stricter != text
    (tmp_path / "cn.toml").write_text(stricter, encoding="utf-8")
    return tmp_path


@pytest.fixture
def another_day(stricter, monkeypatch):
    """Something more was planned under stricter rules; today they are others again."""
    a_plan(TODAY)
    with monkeypatch.context() as patch:
        patch.setattr(rulebook, "DIRECTORY", stricter)
        assert planning.plan(NINE_THIRTY).deferred == 1
        return rulebook.load("CN").version_with_house


def test_old_answers_are_asked_again_by_the_rules_of_their_day(another_day):
    found = replayed()
    assert (found["records"], found["decisions"]) == (8, 14)
    assert (found["other_books"], found["unkept"]) == (4, 0)
    assert found["differences"] == []


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM cases_keptrulebook WHERE version = '{version}'",
        "UPDATE cases_keptrulebook SET text = text || '# touched' WHERE version = '{version}'",
    ],
    ids=["gone", "altered"],
)
def test_the_rules_of_today_would_answer_otherwise(another_day, sql):
    altered(sql.format(version=another_day))
    out = StringIO()
    with pytest.raises(CommandError, match="today it is"):
        call_command("replay_decisions", "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert (found["other_books"], found["unkept"]) == (0, 4)


def test_a_version_is_kept_once_however_often_it_judges(another_day):
    a_plan(TODAY)
    planning.plan(NINE_THIRTY)
    versions = list(KeptRulebook.objects.values_list("version", flat=True))
    assert sorted(set(versions)) == sorted(versions)
    assert {rulebook.load(name).version_with_house for name in rulebook.JURISDICTIONS} | {another_day} == set(
        versions
    )


def test_the_moment_of_sending_keeps_its_rules_too(stricter, monkeypatch):
    a_message()
    monkeypatch.setattr(rulebook, "DIRECTORY", stricter)
    dispatch.drain()
    version = Decision.objects.latest("pk").rulebook_version
    assert version == rulebook.load("CN").version_with_house
    assert KeptRulebook.objects.filter(version=version).exists()
