"""The gateway: what is certain, what is doubt, what providers call back, and a channel that is left alone."""

import datetime as dt
import json
import threading
import time

import pytest
from django.db import connection
from django.urls import reverse

from cases import clock as clocks
from notices import channels, signing
from notices.actions import breaking, dispatch, inbound
from notices.channels import Letter, NotTaken, Rejected, gateway
from notices.channels.gateway import GatewayError, HttpSms
from notices.domain.breaker import FAILURES
from notices.models import ChannelState, Inbound, Message, Receipt, WechatLink
from notices.simulator import Behaviour, Simulator
from tests import builders
from tests.actions.reminding import NINE_THIRTY, a_message

pytestmark = pytest.mark.django_db
SECRET = "known to both ends"


@pytest.fixture(autouse=True)
def morning(clock):
    clock.set(NINE_THIRTY)


@pytest.fixture
def provider(settings):
    settings.PROVIDER_SECRET = SECRET
    settings.NOTICE_CHANNELS = {"sms": "notices.channels.gateway.HttpSms"}
    with Simulator(secret=SECRET, behaviour=Behaviour(limits=None)) as simulator:
        settings.PROVIDER_URL = simulator.url
        yield simulator


def a_letter(number: str = "+8613800001234", key: str = "k1") -> Letter:
    return Letter(key=key, address=number, body="您有一条新的提醒", wording="reminder_due_soon")


def called_back(client, words, *, secret=SECRET, name="receipts", path=None, at=None):
    body = json.dumps({name: words}).encode()
    return client.post(
        path or reverse("provider_receipts"),
        body,
        content_type="application/json",
        headers={signing.HEADER: signing.sign(body, secret=secret, at=at or time.time())},
    )


def word(message, status, *, ident="p1", at=NINE_THIRTY):
    return {"id": ident, "key": message.key, "status": status, "at": at.isoformat()}


# ── handing over ─────────────────────────────────────────────────────────────────────────────
def test_what_is_handed_over_has_the_providers_own_number(provider):
    answer = HttpSms().send(a_letter())
    assert answer.provider_id == provider.effects[0].id
    assert answer.status == "accepted"
    assert HttpSms().lookup("k1").provider_id == answer.provider_id
    assert HttpSms().lookup("k2") is None


def test_the_same_key_twice_is_one_effect(provider):
    first, second = HttpSms().send(a_letter()), HttpSms().send(a_letter())
    assert first.provider_id == second.provider_id
    assert len(provider.effects) == 1


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        ("+8613899990001", Rejected),
        ("+8613899990002", NotTaken),
        ("+8613899990003", GatewayError),
    ],
)
def test_each_way_of_failing_is_told_apart(provider, number, outcome):
    with pytest.raises(outcome):
        HttpSms().send(a_letter(number))
    assert provider.effects == []


def test_a_lost_answer_is_doubt_although_it_arrived(provider):
    with pytest.raises(Exception) as raised:
        HttpSms().send(a_letter("+8613899990006"))
    assert not isinstance(raised.value, NotTaken | Rejected)
    assert len(provider.effects) == 1


def test_nobody_at_the_address_surely_took_nothing(settings, provider):
    settings.PROVIDER_URL = "http://127.0.0.1:9"
    with pytest.raises(NotTaken):
        HttpSms().send(a_letter())


def test_a_wrong_secret_is_not_believed_by_the_provider(settings, provider):
    settings.PROVIDER_SECRET = "another"
    with pytest.raises(NotTaken):
        HttpSms().send(a_letter())
    assert provider.effects == []


def test_the_limits_of_real_providers_are_met_in_the_simulator(settings):
    settings.PROVIDER_SECRET = SECRET
    with Simulator(secret=SECRET) as strict:
        settings.PROVIDER_URL = strict.url
        code = Letter(key="c1", address="+8613800001234", body="123456", wording="security_code")
        HttpSms().send(code)
        with pytest.raises(NotTaken) as limited:
            HttpSms().send(Letter(key="c2", address="+8613800001234", body="1", wording="security_code"))
    assert dt.timedelta(seconds=50) < limited.value.wait <= dt.timedelta(seconds=61)


# ── receipts ─────────────────────────────────────────────────────────────────────────────────
def a_sent_message(provider) -> Message:
    message = a_message()
    assert dispatch.drain().sent == 1
    return Message.objects.get(pk=message.pk)


def test_a_signed_receipt_moves_the_message(client, provider):
    message = a_sent_message(provider)
    ident = provider.effects[0].id
    answer = called_back(client, [word(message, "delivered", ident=ident)])
    assert answer.json() == {"taken": 1, "unknown": 0}
    message.refresh_from_db()
    assert message.state == "delivered"


def test_doubled_disordered_and_late_receipts_change_nothing_for_the_worse(client, provider):
    message = a_sent_message(provider)
    ident = provider.effects[0].id
    past = NINE_THIRTY - dt.timedelta(days=30)
    for status, at in (("delivered", NINE_THIRTY),) * 5 + (("failed", NINE_THIRTY), ("accepted", past)):
        assert called_back(client, [word(message, status, ident=ident, at=at)]).status_code == 200
    message.refresh_from_db()
    assert message.state == "delivered"
    assert Receipt.objects.filter(message=message, status="delivered").count() == 1


@pytest.mark.parametrize("secret", ["", "somebody else's"])
def test_a_forged_receipt_is_refused_and_leaves_no_trace(client, provider, secret):
    message = a_sent_message(provider)
    before = Receipt.objects.count()
    assert called_back(client, [word(message, "failed")], secret=secret or "x").status_code == 403
    assert (
        client.post(reverse("provider_receipts"), b"{}", content_type="application/json").status_code == 403
    )
    message.refresh_from_db()
    assert (message.state, Receipt.objects.count()) == ("sent", before)


def test_an_old_signature_is_worth_nothing(client, provider):
    message = a_sent_message(provider)
    answer = called_back(client, [word(message, "failed")], at=time.time() - signing.GOOD_FOR - 5)
    assert answer.status_code == 403


def test_a_site_without_a_secret_believes_nobody(client, settings, provider):
    settings.PROVIDER_SECRET = ""
    assert called_back(client, [], secret="").status_code == 403


def test_a_receipt_under_another_number_than_the_providers_is_unknown(client, provider):
    message = a_sent_message(provider)
    assert called_back(client, [word(message, "failed", ident="guess")]).json() == {"taken": 0, "unknown": 1}
    assert called_back(client, [{**word(message, "failed"), "key": "nobody's"}]).json()["unknown"] == 1
    message.refresh_from_db()
    assert message.state == "sent"


@pytest.mark.parametrize(
    "change",
    [
        {"status": "lost"},
        {"at": "yesterday"},
        {"at": "2027-05-12T09:30:00"},
        {"id": ""},
        {"key": "a\0b"},
        {"at": None},
        {"id": "\ud800"},
        {"key": "\ud800"},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"at": "1970-01-01T00:00:00+00:00"},
    ],
)
def test_a_receipt_that_is_none_says_so(client, provider, change):
    message = a_sent_message(provider)
    answer = called_back(client, [{**word(message, "delivered"), **change}])
    assert answer.status_code == 400
    assert "must" in answer.json()["error"]


@pytest.mark.parametrize(
    "change",
    [{"id": "a\0b"}, {"id": "\ud800"}, {"id": "x" * 81}, {"at": "0001-01-01T00:00:00+14:00"}],
    ids=["zero", "half a letter", "long", "before all time"],
)
def test_an_answer_that_cannot_be_kept_is_doubt_about_this_one_message(provider, monkeypatch, change):
    bad, good = a_message(), a_message()
    monkeypatch.setattr(
        gateway,
        "_call",
        lambda *given, **named: _as_answered(change if bad.key == named["key"] else {}, named["key"]),
    )
    done = dispatch.drain()
    assert (done.sent, done.left_to_others) == (1, 1)
    good.refresh_from_db()
    assert good.state == "sent"


def _as_answered(change, key):
    return 202, {"id": f"p-{key}", "status": "accepted", "at": NINE_THIRTY.isoformat()} | change, None


# ── the breaker ──────────────────────────────────────────────────────────────────────────────
def test_a_provider_that_is_down_is_left_alone_after_ten_failures(provider):
    provider.behaviour.down = True
    messages = [a_message(purpose="answer", wording="offer_answered", values={}) for _ in range(25)]
    dispatch.drain()
    assert provider.calls == FAILURES
    assert breaking.closed_ways() == {"sms"}
    calls = provider.calls
    dispatch.drain()
    assert provider.calls == calls
    assert {Message.objects.get(pk=m.pk).state for m in messages} == {"queued"}


def test_it_is_probed_by_a_question_and_then_everything_leaves(provider, clock):
    provider.behaviour.down = True
    for _ in range(12):
        a_message(purpose="answer", wording="offer_answered", values={})
    dispatch.drain()
    ChannelState.objects.update(probe_at=clocks.real_now())
    provider.behaviour.down = False
    clock.set(NINE_THIRTY + dt.timedelta(minutes=10))
    assert dispatch.drain().sent == 12
    assert not breaking.is_open("sms")


def test_a_reminder_is_never_the_probe(provider):
    provider.behaviour.down = True
    for _ in range(FAILURES):
        breaking.failed("sms")
    ChannelState.objects.update(probe_at=clocks.real_now())
    reminder = a_message()
    dispatch.drain()
    assert provider.calls == 0
    reminder.refresh_from_db()
    assert (reminder.state, reminder.attempts) == ("queued", 0)


def test_other_channels_are_not_touched(provider):
    for _ in range(FAILURES):
        breaking.failed("email")
    a_message()
    assert dispatch.drain().sent == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_takes_the_probe():
    for _ in range(FAILURES):
        breaking.failed("sms")
    ChannelState.objects.update(probe_at=clocks.real_now())
    taken = []

    def ask():
        try:
            taken.append(breaking.take_probe("sms"))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 7 + [True]


# ── what comes back ──────────────────────────────────────────────────────────────────────────
def a_word(text, *, sender, ident="in-1"):
    return {"id": ident, "from": sender, "text": text, "at": NINE_THIRTY.isoformat()}


def test_stop_stops_at_once_and_is_confirmed_once(client, provider):
    reminder = a_message()
    person = reminder.person
    path = reverse("provider_inbound", args=["sms"])
    for _ in range(3):
        answer = called_back(client, [a_word("退订", sender=person.phone)], name="messages", path=path)
        assert answer.json() == {"taken": 1}
    dispatch.drain()
    reminder.refresh_from_db()
    assert reminder.state == "withheld"
    texts = [effect.text for effect in provider.effects]
    assert len(texts) == 1
    assert Inbound.objects.get().body == ""


def test_a_keyword_is_answered_without_a_word_about_the_matter(client, provider):
    person = a_message(state="cancelled").person
    path = reverse("provider_inbound", args=["sms"])
    called_back(client, [a_word("余额", sender=person.phone)], name="messages", path=path)
    dispatch.drain()
    (effect,) = provider.effects
    assert not any(sign in effect.text for sign in "¥￥元0123456789")


def test_a_stranger_is_answered_by_nothing_and_told_nothing(client, provider):
    path = reverse("provider_inbound", args=["sms"])
    answer = called_back(client, [a_word("余额", sender="+8613999999999")], name="messages", path=path)
    assert answer.json() == {"taken": 1}
    assert not Inbound.objects.exists()
    assert not Message.objects.exists()


def test_a_sentence_is_kept_for_the_lender_it_answers(provider):
    message = a_sent_message(provider)
    row = inbound.receive(
        channel="sms", provider_id="i2", sender=message.person.phone, text="我下周才发工资", at=NINE_THIRTY
    )
    assert (row.intent, row.body, row.lender) == ("reply", "我下周才发工资", message.lender)


def test_a_sentence_that_asks_to_stop_stops_and_is_still_read(provider):
    message = a_sent_message(provider)
    person = message.person
    row = inbound.receive(
        channel="sms",
        provider_id="i3",
        sender=person.phone,
        text="别再给我发短信了，我在住院",
        at=NINE_THIRTY,
    )
    assert (row.intent, row.body, row.lender) == ("reply", "别再给我发短信了，我在住院", message.lender)
    assert person.opt_outs.get(until=None).channel == "sms"
    assert Message.objects.filter(wording="inbound_stopped").count() == 1


def test_a_number_the_provider_gives_twice_swallows_nobodys_stop(provider):
    people = [builders.a_borrower() for _ in range(2)]
    for person in (*people, people[0]):
        inbound.receive(channel="sms", provider_id="7", sender=person.phone, text="停", at=NINE_THIRTY)
    assert Inbound.objects.count() == Message.objects.filter(wording="inbound_stopped").count() == 2
    assert all(person.opt_outs.filter(until=None).exists() for person in people)


def test_whoever_tries_codes_is_soon_not_asked_any_more():
    person = builders.a_borrower()
    digits = inbound.link_code(by=person)
    wrong = f"{(int(digits) + 1) % 10**8:08d}"

    def write(text, sender):
        return inbound.receive(channel="wechat", provider_id="x", sender=sender, text=text, at=NINE_THIRTY)

    for _ in range(inbound.GUESSES):
        assert write(wrong, "a machine") is None
    assert write(digits, "a machine") is None
    assert write(digits, "a person") is not None


def test_wechat_is_linked_by_a_number_that_works_once(settings):
    person = builders.a_borrower()
    digits = inbound.link_code(by=person)
    for sender in ("openid-1", "openid-2"):
        inbound.receive(channel="wechat", provider_id=sender, sender=sender, text=digits, at=NINE_THIRTY)
    assert [link.openid for link in WechatLink.objects.filter(person=person, until=None)] == ["openid-1"]
    inbound.unlink(by=person)
    assert not WechatLink.objects.filter(until=None).exists()


def test_every_channel_has_its_class(settings):
    for name in Message.Channel.values:
        assert channels.of(name).send
