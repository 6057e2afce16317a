"""Nobody is hidden by others: people whom another worker serves, and a channel that is down, stand in nobody's way."""

import datetime as dt
import threading

import pytest
from django.db import connection, transaction

from cases import clock as clocks
from cases.models import User
from notices.actions import breaking, dispatch
from notices.channels import Answer
from notices.domain.breaker import FAILURES
from notices.models import ChannelState
from tests.actions.reminding import NINE_THIRTY, a_message, an_answer


@pytest.fixture(autouse=True)
def morning(clock):
    clock.set(NINE_THIRTY)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """A glance of a few messages stands for one of five hundred."""
    monkeypatch.setattr(dispatch, "_GLANCE", 4)
    monkeypatch.setattr(dispatch.delivery, "BATCH", 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows")
def test_a_glance_full_of_busy_people_hides_nobody():
    busy = [a_message(due_at=NINE_THIRTY - dt.timedelta(minutes=1)) for _ in range(6)]
    free = a_message()
    locked, done = threading.Event(), threading.Event()

    def other_worker():
        try:
            with transaction.atomic():
                list(User.objects.select_for_update().filter(pk__in=[each.person_id for each in busy]))
                locked.set()
                done.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=other_worker)
    thread.start()
    try:
        assert locked.wait(10)
        assert dispatch.drain().sent == 1
    finally:
        done.set()
        thread.join()
    free.refresh_from_db()
    assert free.state == "delivered"


class Dead:
    """A provider of SMS that answers nothing; the other ways are well."""

    def __init__(self):
        self.asked = []

    def __call__(self, name):
        self.name = name
        return self

    def send(self, letter):
        return Answer(provider_id="p", status="accepted", at=NINE_THIRTY)

    def lookup(self, key):
        self.asked.append(self.name)
        raise RuntimeError("nobody there")


@pytest.mark.django_db
def test_a_channel_that_is_down_hides_no_other_even_while_it_is_asked():
    for _ in range(6):
        a_message(due_at=NINE_THIRTY - dt.timedelta(minutes=1))
    letter = an_answer(channel="inbox")
    for _ in range(FAILURES):
        breaking.failed("sms")
    ChannelState.objects.update(probe_at=clocks.real_now())
    provider = Dead()
    assert dispatch.drain(channel_of=provider).sent == 1
    assert provider.asked == ["sms"]
    letter.refresh_from_db()
    assert letter.state == "sent"
