"""Machines ask whether the site lives and whether it can work; log lines carry nothing personal."""

import datetime as dt
import json
import logging
import sys

import pytest
from django.test import Client

from cases import clock
from cases.actions import work
from cases.models import Work
from portal import queries
from portal.logs import JsonLine, PlainLine, without_personal
from tests.builders import MORNING, a_borrower


def test_healthz_answers_without_asking_anybody(client: Client) -> None:
    # No database mark: a query would fail the test.
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_readyz_says_that_everything_is_there(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "broker": "ok", "oldest_unsent_seconds": 0, "ready": True}


@pytest.mark.django_db
def test_readyz_says_no_when_work_has_waited_too_long(client: Client) -> None:
    person = a_borrower()
    with clock.fixed(MORNING), work.silently():
        work.put("offer_answered", about=person, person=person)
    with clock.fixed(MORNING + dt.timedelta(minutes=30)):
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["oldest_unsent_seconds"] == 1800


@pytest.mark.django_db
def test_work_for_later_does_not_count_as_waiting() -> None:
    person = a_borrower()
    with clock.fixed(MORNING), work.silently():
        work.put("offer_answered", about=person, due_at=MORNING + dt.timedelta(days=1))
        assert queries.oldest_unsent_seconds() == 0
        Work.objects.update(due_at=MORNING - dt.timedelta(seconds=90))
        assert queries.oldest_unsent_seconds() == 90


@pytest.mark.django_db
def test_readyz_says_no_when_the_broker_is_away(client: Client, settings: object) -> None:
    from portal.celery import app

    before = app.conf.broker_url
    app.conf.broker_url = "redis://127.0.0.1:1/0"
    app.connection_for_read().close()
    try:
        response = client.get("/readyz")
    finally:
        app.conf.broker_url = before
    assert response.status_code == 503
    assert response.json()["broker"] == "down"


# ── log lines ────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("no account for +8613900000001", "no account for [telephone]"),
        ("called 139 0000 0001 twice", "called [telephone] twice"),
        ("mail to lin.jing+debt@example.test bounced", "mail to [e-mail] bounced"),
        ("id 11010519491231002X", "id [identity number]"),
        ("message 7W2C0TFYJZJMDAVP failed after 3 tries", "message 7W2C0TFYJZJMDAVP failed after 3 tries"),
        ("total 1234567 fen on 2027-05-12", "total 1234567 fen on 2027-05-12"),
        ("one\r\n2027 ERROR forged\x1b[31m", "one\\x0d\\x0a2027 ERROR forged\\x1b[31m"),
    ],
)
def test_personal_shapes_and_line_breaks_do_not_reach_the_log(text: str, kept: str) -> None:
    assert without_personal(text) == kept


def a_record() -> logging.LogRecord:
    try:
        raise ValueError("no such person: +8613900000001")
    except ValueError:
        return logging.LogRecord(
            "steady", logging.ERROR, __file__, 1, "could not tell %s", ("+8613900000001",), sys.exc_info()
        )


def test_a_json_line_is_one_object_and_its_trace_is_clean_too() -> None:
    text = JsonLine().format(a_record())
    line = json.loads(text)
    assert "\n" not in text
    assert line["message"] == "could not tell [telephone]"
    assert line["level"] == "ERROR"
    assert line["trace"].endswith("ValueError: no such person: [telephone]")
    assert dt.datetime.fromisoformat(line["at"]).tzinfo is not None


def test_a_plain_line_is_clean_in_every_row() -> None:
    assert "139" not in PlainLine().format(a_record())
