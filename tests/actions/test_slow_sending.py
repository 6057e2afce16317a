"""Senders and providers that are slow: nothing leaves on an old answer of the gate, and nothing goes round and round."""

import datetime as dt
import socket

import pytest
import time_machine

from cases.models import Contact
from notices.actions import dispatch, preferences
from notices.actions.claiming import claim
from notices.channels import Answer
from notices.models import Message, Preference
from tests.actions.reminding import NINE_THIRTY, a_message, an_answer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning(clock):
    clock.set(NINE_THIRTY)
    return clock


@pytest.fixture
def watch():
    """The real clock in the test's hand."""
    with time_machine.travel(dt.datetime(2027, 5, 12, tzinfo=dt.UTC), tick=False) as traveller:
        yield traveller


class Slow:
    """A provider that takes one letter after another, each `seconds` on the real clock; `then` happens with the first."""

    def __init__(self, watch, seconds, then=lambda: None):
        self.watch, self.seconds, self.then, self.effects = watch, seconds, then, []

    def __call__(self, _name):
        return self

    def send(self, letter):
        self.watch.shift(self.seconds)
        self.effects.append(letter.key)
        if len(self.effects) == 1:
            self.then()
        return Answer(provider_id=f"p-{letter.key}", status="accepted", at=NINE_THIRTY)

    def lookup(self, key):
        return (
            Answer(provider_id=f"p-{key}", status="accepted", at=NINE_THIRTY) if key in self.effects else None
        )


def test_an_opt_out_reaches_those_that_stand_behind_a_slow_letter(watch):
    first, second = a_message(), a_message()
    provider = Slow(watch, 6, then=lambda: preferences.opt_out(by=second.person, channel="sms"))
    done = dispatch.drain(channel_of=provider)
    assert provider.effects == [first.key]
    assert (done.sent, done.withheld) == (1, 1)
    assert Contact.objects.get() == Message.objects.get(pk=first.pk).contact


def test_no_letter_stands_in_doubt_that_a_slow_sender_never_touched(watch):
    letters = [an_answer() for _ in range(8)]
    provider = Slow(watch, 20)

    def another_worker():
        watch.shift(70)
        dispatch.drain(channel_of=provider)

    provider.then = another_worker
    dispatch.drain(channel_of=provider)
    dispatch.drain(channel_of=provider)
    assert sorted(provider.effects) == sorted(each.key for each in letters)


def test_a_slow_provider_is_given_no_more_than_it_takes(watch):
    messages = [a_message() for _ in range(60)]
    provider = Slow(watch, 2)
    done = dispatch.drain(channel_of=provider)
    assert done.sent == 60
    assert done.put_back < 100
    assert len(set(provider.effects)) == len(messages)


def test_a_database_that_takes_long_to_claim_many_still_sends_few(watch, monkeypatch):
    [a_message() for _ in range(6)]

    def slow_claim(due, **how):
        taken = claim(due, **how)
        watch.shift(2 * len(due))
        return taken

    monkeypatch.setattr(dispatch, "claim", slow_claim)
    assert dispatch.drain(channel_of=Slow(watch, 0)).sent == 6


def test_an_opt_out_counts_although_the_clock_that_wrote_it_was_ahead(clock):
    message = a_message()
    clock.advance(hours=2)
    preferences.opt_out(by=message.person, channel="sms")
    preferences.set_lender_terms(by=message.person, lender=message.lender, channels=[])
    # What a channel's own switch says is not asked here: only the dated fact is.
    Preference.objects.update(sms=True)
    clock.advance(hours=-2)
    assert dispatch.drain().withheld == 1


def test_a_long_host_name_holds_up_nothing(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "worker-" + "a" * 56)
    a_message()
    assert dispatch.drain().sent == 1
