"""The provider is away for six hours, slow, overrun, half broken or forgetful, and the machine's clock jumps: nothing is lost,
nothing arrives twice, nothing leaves outside its hours or beyond its cap, and other ways of sending notice none of it.

All of it through the real gateway; the clock of this process is moved, the business clock and that of leases and breakers.
"""

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail

from cases.models import Event
from notices import channels
from notices.actions import dispatch
from notices.actions.handing_over import letter_of
from notices.channels import gateway
from notices.domain.breaker import FAILURES, PROBE
from notices.domain.delivery import LEASE
from notices.models import Message
from notices.simulator import Behaviour, Simulator
from tests import builders
from tests.actions.reminding import a_message
from tests.faults.provider import SECRET
from tests.faults.rig import CONFIRMATION, keys, nothing_waits

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

BEIJING = ZoneInfo("Asia/Shanghai")
# The house's own rules for China: reminders from 8 to 22, three a day to one person, one of them for any one lender.
OPENS, CLOSES, PER_PERSON, PER_LENDER = 8, 22, 3, 1
FIVE = dt.datetime(2027, 5, 12, 17, tzinfo=BEIJING)
SENT = ["sent", "delivered"]


@pytest.fixture
def moved() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(FIVE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def provider(settings, moved) -> Iterator[Simulator]:
    settings.PROVIDER_SECRET = SECRET
    settings.NOTICE_CHANNELS = {"sms": "notices.channels.gateway.HttpSms"}
    with Simulator(secret=SECRET, behaviour=Behaviour(limits=None)) as simulator:
        settings.PROVIDER_URL = simulator.url
        yield simulator


def now() -> dt.datetime:
    return dt.datetime.now(BEIJING)


def e_mails(count: int) -> None:
    for _ in range(count):
        person = builders.a_borrower()
        person.emailaddress_set.create(email=f"{person.ref}@example.test", verified=True, primary=True)
        a_message(person, channel="email", **CONFIRMATION)


def confirmations(count: int) -> None:
    for _ in range(count):
        a_message(**CONFIRMATION)


def reminders(count: int) -> None:
    for _ in range(count):
        a_message()


def seen(provider: Simulator) -> Counter[str]:
    return Counter(effect.key for effect in provider.effects)


def nothing_unlawful(provider: Simulator) -> None:
    """By the clock on the wall when each reached somebody."""
    reminder = {
        message.key: message
        for message in Message.objects.filter(purpose="reminder").select_related("person")
    }
    by_person: Counter[tuple[object, ...]] = Counter()
    by_lender: Counter[tuple[object, ...]] = Counter()
    for effect in provider.effects:
        if effect.key in reminder:
            at = dt.datetime.fromisoformat(effect.at).astimezone(BEIJING)
            assert OPENS <= at.hour < CLOSES, f"a reminder left at {at:%H:%M}"
            message = reminder[effect.key]
            by_person[message.person_id, at.date()] += 1
            by_lender[message.person_id, message.lender_id, at.date()] += 1
    assert max(by_person.values(), default=0) <= PER_PERSON
    assert max(by_lender.values(), default=0) <= PER_LENDER


def nothing_lost_or_doubled(provider: Simulator, *, in_doubt: bool = False) -> None:
    """Every message reached somebody once, or rests with its reason; a doubt only where one is possible."""
    arrived = seen(provider)
    assert nothing_waits()
    assert set(arrived.values()) <= {1}
    of_sms = keys(purpose="confirmation", channel="sms")
    assert of_sms == keys(purpose="confirmation", channel="sms", state__in=SENT)
    assert of_sms <= set(arrived)
    states = set(Message.objects.filter(purpose="reminder").values_list("state", flat=True))
    assert states <= {*SENT, "expired", *({"uncertain"} if in_doubt else ())}
    assert keys(purpose="reminder", state__in=SENT) <= set(arrived)
    assert not keys(state="expired") & set(arrived)
    for state, reasons in (("expired", {"too_late", "no_lawful_moment"}), ("uncertain", {"lease_ran_out"})):
        said = {
            event.about_ref: event.data["reason"] for event in Event.objects.filter(kind=f"message_{state}")
        }
        assert set(said) == set(Message.objects.filter(state=state).values_list("ref", flat=True))
        assert set(said.values()) <= reasons


def settle(moved: time_machine.Traveller, *, rounds: int = 60) -> None:
    """Minute after minute, until nothing waits."""
    for _ in range(rounds):
        dispatch.drain()
        if nothing_waits():
            return
        moved.shift(LEASE + dt.timedelta(seconds=1))


# ── away ─────────────────────────────────────────────────────────────────────────────────────
def due_at_five(count: int) -> None:
    """For every ten: one person, six reminders of five lenders, one of a passing matter, two answers, one e-mail to another."""
    lenders = [builders.a_lender() for _ in range(5)]
    for _ in range(count // 10):
        person = builders.a_borrower()
        for number in range(6):
            a_message(person, lenders[number % 5])
        a_message(person, lenders[0], not_after=FIVE + dt.timedelta(hours=3))
        for lender in lenders[:2]:
            a_message(person, lender, **CONFIRMATION)
    e_mails(count // 10)


def six_hours_away(provider: Simulator, moved: time_machine.Traveller, *, due: int) -> None:
    due_at_five(due)
    provider.behaviour.down = True
    dispatch.drain(limit=2 * due)
    opened_after = provider.calls
    assert opened_after <= FAILURES
    # The others noticed none of it.
    assert len(mail.outbox) == due // 10
    for _ in range(60):
        moved.shift(dt.timedelta(seconds=10))
        dispatch.drain(limit=2 * due)
    # Ten minutes, one question every thirty seconds.
    assert provider.questions <= dt.timedelta(minutes=10) / PROBE
    for _ in range(70):
        moved.shift(dt.timedelta(minutes=5))
        dispatch.drain(limit=2 * due)
    assert provider.calls == opened_after
    assert provider.effects == []
    assert now() >= FIVE + dt.timedelta(hours=6)

    provider.behaviour.down = False
    for step in [dt.timedelta(minutes=1)] * 15 + [dt.timedelta(minutes=30)] * 72:
        dispatch.drain(limit=2 * due)
        if nothing_waits():
            break
        moved.shift(step)
    nothing_lost_or_doubled(provider)
    nothing_unlawful(provider)
    expired = Counter(event.data["reason"] for event in Event.objects.filter(kind="message_expired"))
    # What was to pass while nobody could be reached is dropped with its reason.
    passing = keys(not_after=FIVE + dt.timedelta(hours=3))
    assert len(passing) == due // 10
    assert passing <= keys(state="expired")
    print(
        f"{due} due, away for six hours: {opened_after} failures opened the breaker, {provider.questions} probes, "
        f"{len(provider.effects)} sent once, dropped: {dict(expired)}"
    )


def test_six_hours_without_a_provider(provider, moved):
    six_hours_away(provider, moved, due=200)


@pytest.mark.long
@pytest.mark.postgres
def test_six_hours_without_a_provider_and_five_thousand_due(provider, moved):
    six_hours_away(provider, moved, due=5000)


def test_control_sending_what_waited_as_soon_as_it_is_back(provider, moved):
    """The usual retry, which asked about hours and caps when it planned and does not ask again."""
    due_at_five(50)
    moved.shift(dt.timedelta(hours=6))
    for message in Message.objects.filter(channel="sms").select_related("person"):
        message.address, message.body = message.person.phone, "您有一条新的提醒"
        channels.of("sms").send(letter_of(message))
    with pytest.raises(AssertionError, match="left at 23:00"):
        nothing_unlawful(provider)


# ── there, but in trouble ────────────────────────────────────────────────────────────────────
def test_a_slow_provider_opens_the_breaker_and_delays_nobody_else(provider, moved, monkeypatch):
    monkeypatch.setattr(gateway, "TIMEOUT", 0.1)
    provider.behaviour.latency = 0.3
    reminders(15)
    confirmations(15)
    e_mails(10)
    done = dispatch.drain()
    assert len(mail.outbox) == 10
    assert done.sent == 10
    assert done.left_to_others == FAILURES
    provider.behaviour.latency = 0.0
    monkeypatch.setattr(gateway, "TIMEOUT", 15)
    settle(moved)
    nothing_lost_or_doubled(provider, in_doubt=True)


def test_a_provider_that_is_overrun_is_asked_once_in_thirty_seconds(provider, moved):
    provider.behaviour.throttle = 5
    confirmations(30)
    e_mails(10)
    dispatch.drain()
    assert provider.calls == FAILURES
    assert len(mail.outbox) == 10
    for _ in range(30):
        moved.shift(dt.timedelta(seconds=10))
        dispatch.drain()
    assert provider.calls <= FAILURES + 300 // PROBE.seconds
    provider.behaviour.throttle = 0
    settle(moved)
    nothing_lost_or_doubled(provider)


def test_one_number_that_has_had_enough_delays_no_other(provider, moved):
    a_message(builders.a_borrower(phone="+8613899990002"), **CONFIRMATION)
    confirmations(20)
    dispatch.drain()
    assert len(provider.effects) == 20


def test_half_of_all_calls_fail(provider, moved):
    provider.behaviour.error_percent = 50
    reminders(40)
    confirmations(40)
    settle(moved)
    nothing_lost_or_doubled(provider, in_doubt=True)
    uncertain = keys(state="uncertain")
    # An error of the provider is doubt, and a doubtful reminder is never sent again.
    assert not uncertain & set(seen(provider))
    assert 0 < len(uncertain) < 40


# ── lost answers ─────────────────────────────────────────────────────────────────────────────
def forgetful(provider, moved, *, keeps_a_list: bool, honours_keys: bool = True, each: int = 60) -> int:
    provider.behaviour.lost_ack_percent = 20
    provider.behaviour.keeps_a_list, provider.behaviour.honours_keys = keeps_a_list, honours_keys
    reminders(each)
    confirmations(each)
    settle(moved)
    return len(keys(state="uncertain"))


def test_a_lost_answer_is_asked_for(provider, moved):
    assert forgetful(provider, moved, keeps_a_list=True) == 0
    nothing_lost_or_doubled(provider)
    assert set(seen(provider)) == keys()


def test_a_lost_answer_nobody_can_be_asked_about_leaves_a_reminder_uncertain(provider, moved):
    uncertain = forgetful(provider, moved, keeps_a_list=False)
    nothing_lost_or_doubled(provider, in_doubt=True)
    assert 0 < uncertain < 30
    # They did arrive, once, and were not sent again.
    assert set(seen(provider)) == keys()


def test_control_without_a_key_lost_answers_double_confirmations(provider, moved):
    forgetful(provider, moved, keeps_a_list=False, honours_keys=False)
    assert max(seen(provider)[key] for key in keys(purpose="confirmation")) > 1
    assert max(seen(provider)[key] for key in keys(purpose="reminder")) == 1


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.parametrize("keeps_a_list", [True, False])
def test_four_hundred_lost_answers(provider, moved, keeps_a_list):
    uncertain = forgetful(provider, moved, keeps_a_list=keeps_a_list, each=1000)
    nothing_lost_or_doubled(provider, in_doubt=not keeps_a_list)
    assert set(seen(provider)) == keys()
    print(
        f"20 % of answers lost, a list is {'' if keeps_a_list else 'not '}kept: {uncertain} uncertain of 1000"
    )


# ── a clock that jumps ───────────────────────────────────────────────────────────────────────
def jumps(provider, moved, *, people: int, steps: int, seed: int) -> None:
    """Around the evening's end and the morning's beginning, two hours forward and back at random."""
    chance = random.Random(seed)
    lenders = [builders.a_lender() for _ in range(5)]
    moved.move_to(FIVE + dt.timedelta(hours=3))
    for _ in range(people):
        person = builders.a_borrower()
        for lender in lenders:
            due = now() + dt.timedelta(minutes=chance.randrange(720))
            a_message(person, lender, due_at=due, not_after=due + dt.timedelta(hours=36))
        a_message(person, lenders[0], **CONFIRMATION)
    two_hours = dt.timedelta(hours=2)
    for _ in range(steps):
        dispatch.drain(limit=3)
        moved.shift(chance.choice([two_hours, -two_hours, *[dt.timedelta(minutes=20)] * 4]))
    # Whatever the jumps left over, the days that follow settle.
    for _ in range(4 * 24):
        dispatch.drain()
        moved.shift(dt.timedelta(hours=1))
    nothing_lost_or_doubled(provider)
    nothing_unlawful(provider)


@pytest.mark.parametrize("seed", range(2))
def test_a_clock_that_jumps_two_hours_sends_nothing_twice_or_at_night(provider, moved, seed):
    jumps(provider, moved, people=6, steps=60, seed=seed)


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(10, 30))
def test_twenty_clocks_that_jump(provider, moved, seed):
    jumps(provider, moved, people=20, steps=120, seed=seed)
