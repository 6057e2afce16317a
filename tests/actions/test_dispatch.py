"""Sending: the gate is asked again, one key has one effect, and doubt is settled by kind."""

import datetime as dt
import json
import random
import threading

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.actions import work
from cases.domain import rulebook
from cases.models import Consent, Contact, Event, Hold, Work
from notices import channels
from notices.actions import dispatch, news, planning, preferences, receipts
from notices.actions.claiming import claim
from notices.channels import Answer, CannotTell, NotTaken, Rejected
from notices.domain import breaker
from notices.models import Decision, Message, OptOut, OutboxEntry, Receipt
from repayment.models import Plan
from tests import builders
from tests.actions.reminding import NINE_THIRTY, a_message, a_plan, an_answer

pytestmark = pytest.mark.django_db

NIGHT = dt.datetime(2027, 5, 12, 14, 10, tzinfo=dt.UTC)
NEXT_MORNING = dt.datetime(2027, 5, 13, 0, 0, 1, tzinfo=dt.UTC)
AT_ONCE = dt.timedelta(seconds=0)
VALUES = {"date": "2027-05-15", "amount": 74_421, "number": 1}


@pytest.fixture(autouse=True)
def morning(clock):
    clock.set(NINE_THIRTY)
    return clock


class Provider:
    """A provider we can make misbehave; `effects` is what really reached a person."""

    def __init__(self, *, error=None, after=False, knows=True):
        self.error, self.after, self.knows = error, after, knows
        self.effects = []

    def __call__(self, _name):
        return self

    def send(self, letter):
        if self.error and not self.after:
            raise self.error
        self.effects.append(letter.key)
        if self.error:
            raise self.error
        return Answer(provider_id=f"p-{letter.key}", status="accepted", at=NINE_THIRTY)

    def lookup(self, key):
        if not self.knows:
            raise CannotTell
        if key in self.effects:
            return Answer(provider_id=f"p-{key}", status="delivered", at=NINE_THIRTY)
        return None


def fresh(message):
    message.refresh_from_db()
    return message


def lapse():
    Message.objects.filter(state="claimed").update(lease_until=dt.datetime(2000, 1, 1, tzinfo=dt.UTC))


# ── the straight way ─────────────────────────────────────────────────────────────────────────
def test_a_due_reminder_leaves_once_with_its_trace():
    message = a_message()
    assert dispatch.drain().sent == 1
    assert dispatch.drain() == dispatch.Summary()
    assert fresh(message).state == "delivered"
    entry = OutboxEntry.objects.get()
    assert (entry.channel, entry.key, entry.address) == ("sms", message.key, message.person.phone)
    assert entry.body == "您有一条新的提醒，请在方便时查看。" == message.body
    assert message.decisions.get().stage == "sending"
    assert (message.contact.own, message.contact.purpose, message.contact.channel) == (
        True,
        "reminder",
        "sms",
    )
    assert Receipt.objects.get().status == "delivered"
    assert (
        Event.objects.filter(about_ref=message.ref).values_list("kind", flat=True).get()
        == "message_delivered"
    )


def test_an_event_about_a_message_holds_no_personal_text():
    message = a_message()
    dispatch.drain()
    told = json.dumps(list(Event.objects.values("kind", "data", "about_ref")))
    assert message.person.phone not in told
    assert fresh(message).body not in told


def test_open_wording_names_lender_and_day_but_no_amount_by_sms():
    message = a_message()
    preferences.set_terms(by=message.person, sms=True, email=True, discreet=False)
    dispatch.drain()
    body = fresh(message).body
    assert message.lender.name in body
    assert "2027年5月15日 周六" in body
    assert "744" not in body


def test_email_carries_the_amount_and_a_message_id_made_of_the_key(mailoutbox):
    message = a_message(channel="email")
    message.person.emailaddress_set.create(email="lin@example.test", verified=True, primary=True)
    preferences.set_terms(by=message.person, sms=True, email=True, discreet=False)
    dispatch.drain()
    (mail,) = mailoutbox
    assert "744.21 元" in mail.body
    assert mail.extra_headers["Message-ID"] == channels.email.message_id(message.key)
    assert message.key not in mail.extra_headers["Message-ID"]
    assert fresh(message).state == "sent"


def test_the_outbox_keeps_the_button_of_a_mail_and_one_click_stops_mail(settings, client):
    settings.EMAIL_BACKEND = "notices.channels.email.OutboxBackend"
    message = a_message(channel="email")
    message.person.emailaddress_set.create(email="lin@example.test", verified=True, primary=True)
    dispatch.drain()
    entry = OutboxEntry.objects.get()
    assert entry.person == message.person
    # Looking at it, as scanners of mail do, stops nothing.
    assert client.get(entry.one_click).status_code == 200
    assert not OptOut.objects.exists()
    assert client.post(entry.one_click, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert OptOut.objects.get().person == message.person


def test_the_outbox_shows_emails_and_honours_their_key(settings):
    settings.EMAIL_BACKEND = "notices.channels.email.OutboxBackend"
    email = channels.of("email")
    for _ in range(2):
        answer = email.send(
            channels.Letter(
                key="k1", address="lin@example.test", subject="提醒\nBcc: x@example.test", body="…"
            )
        )
    entry = OutboxEntry.objects.get()
    assert (entry.subject, entry.channel) == ("提醒 Bcc: x@example.test", "email")
    assert entry.one_click == ""
    assert email.lookup("k1") == answer
    assert email.lookup("k2") is None


# ── the gate, asked again ────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("between", "rule"),
    [
        (lambda m: preferences.opt_out(by=m.person, channel="sms"), "house.opt_out"),
        (
            lambda m: OptOut.objects.create(
                person=m.person, lender=m.lender, channel="sms", since=NINE_THIRTY
            ),
            "house.opt_out",
        ),
        (lambda m: preferences.pause(by=m.person), "house.paused"),
        (lambda m: Consent.objects.update(revoked_at=NINE_THIRTY), "house.consent"),
        (
            lambda m: Hold.objects.create(borrower=m.person, kind="bereavement", since=NINE_THIRTY),
            "house.hold",
        ),
        (
            lambda m: Hold.objects.create(borrower=m.person, kind="moratorium", since=NINE_THIRTY),
            "house.moratorium",
        ),
    ],
)
def test_what_changed_after_planning_stops_a_reminder_at_the_door(between, rule):
    message = a_message()
    between(message)
    assert dispatch.drain().withheld == 1
    assert fresh(message).state == "withheld"
    assert [f["rule"] for f in message.decisions.get().findings] == [rule]
    assert not OutboxEntry.objects.exists()
    assert not Contact.objects.exists()


@pytest.mark.parametrize("purpose", ["answer", "confirmation", "required"])
def test_a_hold_and_the_night_never_stop_what_was_asked_for(purpose, clock):
    clock.set(NIGHT)
    message = an_answer(purpose=purpose)
    Hold.objects.create(borrower=message.person, kind="crisis", since=NINE_THIRTY)
    preferences.pause(by=message.person)
    assert dispatch.drain().sent == 1


def test_at_night_a_reminder_goes_back_to_wait_for_the_morning(clock):
    clock.set(NIGHT)
    message = a_message()
    assert dispatch.drain().deferred == 1
    assert fresh(message).state == "queued"
    assert message.due_at == NEXT_MORNING
    decision = message.decisions.get()
    assert (decision.verdict, decision.not_before) == ("deferred", NEXT_MORNING)
    assert dispatch.drain() == dispatch.Summary()
    clock.set(NEXT_MORNING)
    assert dispatch.drain().sent == 1


def test_a_day_later_a_stale_reminder_is_dropped_with_its_reason(clock):
    message = a_message(not_after=NINE_THIRTY + dt.timedelta(hours=12))
    clock.advance(days=1)
    assert dispatch.drain().expired == 1
    assert fresh(message).state == "expired"
    assert Event.objects.get(kind="message_expired").data == {"reason": "too_late"}


def test_a_reminder_without_a_lawful_moment_in_time_expires(clock):
    clock.set(NIGHT)
    message = a_message(not_after=NIGHT + dt.timedelta(hours=2))
    assert dispatch.drain().expired == 1
    assert fresh(message).state == "expired"


def test_a_reminder_of_a_cancelled_plan_is_no_longer_needed():
    plan = a_plan()
    message = a_message(plan.case.borrower, plan.case.lender, plan=plan)
    Plan.objects.update(state=Plan.State.CANCELLED)
    assert dispatch.drain().cancelled == 1
    assert fresh(message).state == "cancelled"


def test_the_daily_cap_counts_what_left_and_lets_the_rest_wait():
    borrower = builders.a_borrower()
    messages = [a_message(borrower) for _ in range(5)]
    done = dispatch.drain()
    assert (done.sent, done.deferred) == (3, 2)
    assert sorted(fresh(m).state for m in messages) == ["delivered"] * 3 + ["queued"] * 2


def test_one_lender_writes_once_a_day():
    borrower, lender = builders.a_borrower(), builders.a_lender()
    for _ in range(2):
        a_message(borrower, lender)
    done = dispatch.drain()
    assert (done.sent, done.deferred) == (1, 1)


def test_a_message_the_lender_sent_itself_uses_the_same_cap():
    message = a_message()
    Contact.objects.create(
        borrower=message.person,
        lender=message.lender,
        at=NINE_THIRTY,
        channel="sms",
        direction="outbound",
        recorded_at=NINE_THIRTY,
    )
    assert dispatch.drain().deferred == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_workers_race_for_the_last_slot_and_one_sends():
    borrower, lender = builders.a_borrower(), builders.a_lender()
    for _ in range(20):
        a_message(borrower, lender)
    gate = threading.Barrier(20)

    def worker():
        gate.wait()
        try:
            dispatch.drain(limit=20)
        finally:
            connection.close()

    workers = [threading.Thread(target=worker) for _ in range(20)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    dispatch.drain()
    assert OutboxEntry.objects.count() == 1
    assert Message.objects.filter(state="queued").count() == 19
    assert Contact.objects.count() == 1


# ── doubt ────────────────────────────────────────────────────────────────────────────────────
def test_a_reminder_in_doubt_is_never_sent_again_and_counts():
    message = a_message()
    provider = Provider(error=TimeoutError(), after=True, knows=False)
    dispatch.drain(channel_of=provider)
    assert fresh(message).state == "claimed"
    lapse()
    assert dispatch.drain(channel_of=provider).uncertain == 1
    assert fresh(message).state == "uncertain"
    dispatch.drain(channel_of=provider)
    assert len(provider.effects) == 1
    assert Event.objects.get(kind="message_uncertain").data == {"reason": "lease_ran_out"}
    # It may have arrived, so it uses up the lender's slot of the day.
    a_message(message.person, message.lender)
    assert dispatch.drain(channel_of=provider).deferred == 1


def test_a_reminder_the_provider_knows_is_marked_as_it_says():
    message = a_message()
    provider = Provider(error=TimeoutError(), after=True)
    dispatch.drain(channel_of=provider)
    lapse()
    dispatch.drain(channel_of=provider)
    assert fresh(message).state == "delivered"
    assert len(provider.effects) == 1


@pytest.mark.parametrize("after", [True, False])
def test_an_answer_in_doubt_is_sent_exactly_once(after):
    message = an_answer()
    provider = Provider(error=TimeoutError(), after=after)
    dispatch.drain(channel_of=provider)
    lapse()
    provider.error = None
    assert dispatch.drain(channel_of=provider).sent == 1
    assert fresh(message).state in {"sent", "delivered"}
    assert provider.effects == [message.key]


def test_a_provider_that_is_surely_away_costs_nothing_but_time(clock):
    message = a_message()
    away = Provider(error=NotTaken("closed"))
    assert dispatch.drain(channel_of=away).deferred == 1
    assert fresh(message).state == "queued"
    assert not Contact.objects.exists()
    clock.advance(minutes=10)
    assert dispatch.drain(channel_of=Provider()).sent == 1


def test_a_rejected_address_ends_the_message_at_once():
    message = a_message()
    assert dispatch.drain(channel_of=Provider(error=Rejected("no such number"))).failed == 1
    assert fresh(message).state == "failed"


def test_a_poisoned_message_is_set_aside_and_holds_up_nobody(clock):
    lender = builders.a_lender("=?utf-8?b?x?=")
    poisoned = a_message(of=lender, due_at=NINE_THIRTY - dt.timedelta(minutes=1))
    preferences.set_terms(by=poisoned.person, sms=True, email=True, discreet=False)
    good = a_message()
    assert dispatch.drain().sent == 1
    assert fresh(good).state == "delivered"
    for _ in range(3):
        clock.advance(minutes=10)
        dispatch.drain()
    assert fresh(poisoned).state == "failed"
    assert poisoned.attempts == 3
    assert Event.objects.get(kind="message_failed").data == {"reason": "could_not_be_prepared"}


def test_while_the_rules_cannot_be_read_nothing_leaves_and_nothing_is_lost(tmp_path, monkeypatch, clock):
    message = a_message()
    (tmp_path / "cn.toml").write_text("half a file = ")
    with monkeypatch.context() as broken:
        broken.setattr(rulebook, "DIRECTORY", tmp_path)
        for _ in range(4):
            assert dispatch.drain() == dispatch.Summary()
            clock.advance(minutes=10)
    assert (fresh(message).state, message.attempts) == ("queued", 0)
    assert dispatch.drain().sent == 1


def test_the_command_counts_what_it_did(capsys):
    a_message()
    call_command("dispatch", "--once", "--json")
    assert json.loads(capsys.readouterr().out)["sent"] == 1


def test_one_provider_that_cannot_be_asked_holds_up_nobody():
    a_message(channel="email", state="claimed", lease_until=dt.datetime(2000, 1, 1, tzinfo=dt.UTC))
    good = a_message()

    def channel_of(name):
        if name == "email":
            raise RuntimeError("no such provider")
        return Provider()

    assert dispatch.drain(channel_of=channel_of).sent == 1
    assert fresh(good).state == "sent"


def test_a_worker_that_was_held_up_past_its_lease_does_not_start_to_send():
    a_message()
    provider = Provider()
    assert dispatch.drain(channel_of=provider, lease=AT_ONCE) == dispatch.Summary(put_back=1)
    assert provider.effects == []
    assert not Contact.objects.exists()
    assert dispatch.drain(channel_of=provider).sent == 1


# ── many at once ─────────────────────────────────────────────────────────────────────────────
def test_a_claim_that_was_never_begun_goes_back_and_is_sent_once():
    message = a_message()
    (taken,) = claim([(message.pk, message.person_id)], worker="killed").mine
    assert (taken.state, taken.attempts) == ("claimed", 0)
    provider = Provider(knows=False)
    assert dispatch.drain(channel_of=provider) == dispatch.Summary()
    lapse()
    assert dispatch.drain(channel_of=provider).sent == 1
    assert provider.effects == [message.key]
    assert fresh(message).attempts == 1
    assert Contact.objects.count() == 1
    assert Event.objects.get(kind="message_put_back").data == {"reason": "not_begun"}


def test_a_claim_that_was_begun_never_goes_back():
    message = a_message()
    claim([(message.pk, message.person_id)], worker="killed")
    Message.objects.update(started_at=NINE_THIRTY)
    lapse()
    provider = Provider(knows=False)
    assert dispatch.drain(channel_of=provider).uncertain == 1
    assert provider.effects == []


def test_claiming_many_asks_the_database_as_often_as_claiming_a_few(django_assert_max_num_queries):
    plans = [a_plan(dt.date(2027, 5, 15), owed_to=builders.a_lender()) for _ in range(12)]
    due = [a_message(each.case.borrower, each.case.lender, plan=each, values=VALUES) for each in plans]
    pairs = [(message.pk, message.person_id) for message in due]
    with CaptureQueriesContext(connection) as few:
        claim(pairs[:2], worker="w")
    with django_assert_max_num_queries(len(few)):
        assert len(claim(pairs[2:], worker="w").mine) == 10


def test_a_provider_that_fails_in_the_middle_gives_the_rest_back_with_their_slots(clock):
    messages = [a_message() for _ in range(30)]
    done = dispatch.drain(channel_of=Provider(error=NotTaken("closed")))
    assert (done.deferred, done.put_back) == (breaker.FAILURES, 30 - breaker.FAILURES)
    assert not Contact.objects.exists()
    assert {fresh(each).state for each in messages} == {"queued"}


def test_what_many_sent_leaves_the_same_trace_as_one():
    messages = [a_message() for _ in range(20)]
    assert dispatch.drain(channel_of=Provider()).sent == 20
    for message in messages:
        assert (fresh(message).state, message.attempts, message.claimed_by) == ("sent", 1, "")
        assert message.contact.at == message.sent_at == NINE_THIRTY
        assert message.receipts.get().status == "accepted"
        assert message.decisions.get().verdict == "allowed"
        assert [each.kind for each in Event.objects.filter(about_ref=message.ref)] == ["message_sent"]


# ── receipts ─────────────────────────────────────────────────────────────────────────────────
def test_receipts_in_any_order_and_any_number_only_rise():
    said = [
        Answer(provider_id="p", status=word, at=NINE_THIRTY)
        for word in ("accepted", "failed", "delivered", "??")
    ]
    for seed in range(10):
        message = a_message()
        dispatch.drain(channel_of=Provider())
        shuffled = random.Random(seed).choices(said, k=8) + said
        random.Random(seed).shuffle(shuffled)
        seen = []
        for answer in shuffled:
            seen.append(receipts.record(message=message, answer=answer).state)
        assert fresh(message).state == "delivered"
        first = seen.index("delivered")
        assert set(seen[first:]) == {"delivered"}
        assert message.receipts.count() == 5


# ── news ─────────────────────────────────────────────────────────────────────────────────────
def test_an_agreed_plan_is_confirmed_once(mailoutbox):
    plan = a_plan(dt.date(2027, 6, 15), dt.date(2027, 7, 15))
    work.put("plan_agreed", about=plan, person=plan.case.borrower)
    assert news.take_up() == 1
    assert news.take_up() == 0
    message = Message.objects.get()
    assert (message.purpose, message.wording, message.plan) == ("confirmation", "plan_confirmed", plan)
    assert message.values == {"date": "2027-06-15", "amount": 74_421, "count": 2}
    preferences.set_terms(by=plan.case.borrower, sms=True, email=True, discreet=False)
    dispatch.drain()
    assert "已经说定" in OutboxEntry.objects.get().body


def test_a_yes_taken_back_before_the_message_left_is_not_confirmed():
    plan = a_plan(dt.date(2027, 6, 15))
    work.put("plan_agreed", about=plan, person=plan.case.borrower)
    news.take_up()
    Plan.objects.update(state=Plan.State.CANCELLED)
    dispatch.drain()
    assert Message.objects.get().state == Message.State.CANCELLED
    assert not OutboxEntry.objects.exists()


def test_a_lenders_answer_reaches_the_borrower_even_at_night(clock):
    clock.set(NIGHT)
    plan = a_plan()
    work.put("offer_answered", about=plan.offer, person=plan.case.borrower)
    call_command("dispatch", "--once")
    assert OutboxEntry.objects.get().person == plan.case.borrower
    assert Work.objects.get().done_at is not None


def test_a_proposal_that_ran_out_is_told():
    plan = a_plan()
    work.put("offer_expired", about=plan.offer, person=plan.case.borrower)
    preferences.set_terms(by=plan.case.borrower, sms=True, email=True, discreet=False)
    call_command("dispatch", "--once")
    assert Message.objects.get().purpose == "answer"
    assert "没有按时答复" in OutboxEntry.objects.get().body


def test_work_of_other_kinds_is_left_alone():
    work.put("something_else", about=builders.a_borrower())
    assert news.take_up() == 0
    assert Work.objects.get().done_at is None


def test_news_that_cannot_be_understood_is_tried_three_times(clock):
    Work.objects.create(kind="plan_agreed", about_type="plan", about_ref="nothing", due_at=NINE_THIRTY)
    for _ in range(5):
        assert news.take_up() == 0
        clock.advance(minutes=10)
    row = Work.objects.get()
    assert (row.attempts, row.done_at) == (3, None)


# ── whole days ───────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_no_random_fortnight_ever_breaks_a_rule(seed, clock):
    """Plans, opt-outs, pauses, holds and irregular workers: nothing leaves at night, above a cap or after a stop."""
    rng = random.Random(seed)
    people = [builders.a_borrower() for _ in range(4)]
    lenders = [builders.a_lender() for _ in range(4)]
    start = dt.date(2027, 5, 12)
    for person in people:
        for lender in rng.sample(lenders, 3):
            days = sorted({start + dt.timedelta(days=rng.randrange(14)) for _ in range(4)})
            a_plan(*days, of=person, owed_to=lender)
    stopped = {}
    for _ in range(120):
        now = clock.advance(minutes=rng.randrange(20, 240))
        person = rng.choice(people)
        match rng.randrange(12):
            case 0:
                preferences.opt_out(by=person, channel="sms")
                stopped.setdefault(person.pk, now)
            case 1:
                Hold.objects.create(borrower=person, kind="crisis", since=now)
                stopped.setdefault(person.pk, now)
            case 2 | 3 | 4:
                planning.plan(now)
        if rng.random() < 0.7:
            dispatch.drain(limit=rng.choice([1, 3, 500]))
    sent = list(Contact.objects.filter(own=True))
    assert sent, "the story must send something"
    beijing = dt.timezone(dt.timedelta(hours=8))
    days, pairs = {}, {}
    for contact in sent:
        local = contact.at.astimezone(beijing)
        assert dt.time(8) < local.time() < dt.time(22)
        assert contact.at <= stopped.get(contact.borrower_id, contact.at)
        day = (contact.borrower_id, local.date())
        days[day] = days.get(day, 0) + 1
        pair = (*day, contact.lender_id)
        pairs[pair] = pairs.get(pair, 0) + 1
    assert max(days.values()) <= 3
    assert max(pairs.values()) == 1
    assert Decision.objects.filter(stage="sending", verdict="allowed").count() == len(sent)
