"""The demo's outbox: one person's messages, why others did not leave, and what their telephone could answer."""

import datetime as dt

import pytest

from cases import clock
from notices.actions import dispatch, planning
from notices.models import Inbound, OptOut, OutboxEntry
from portal import queries_outbox
from tests import builders
from tests.actions.reminding import a_message, a_plan

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.demo_urls")]


@pytest.fixture(autouse=True)
def _demo(settings, clock, tmp_path):
    settings.DEMO = True
    settings.DEMO_CLOCK_FILE = tmp_path / "clock.json"


@pytest.fixture
def shown(client):
    """What a page of the outbox is made of."""
    return lambda **query: client.get("/demo/outbox/", query, headers={"accept-language": "en"}).context


def sent():
    message = a_message()
    dispatch.drain()
    return OutboxEntry.objects.get(person=message.person)


@pytest.fixture
def reply(client):
    """Reply to an entry; what the next page says about it, by its first word."""

    def replying(entry, **fields):
        response = client.post(
            "/demo/outbox/reply/",
            {"entry": entry.key, "next": "/demo/outbox/", **fields},
            follow=True,
            headers={"accept-language": "en"},
        )
        if response.status_code == 200:
            (message,) = response.context["messages"]
            return message.level_tag, str(message).split()[0]
        return response.status_code

    return replying


@pytest.mark.parametrize(
    ("word", "wording"),
    [
        ("余额", "balance"),
        ("计划", "plan"),
        ("帮助", "help"),
        ("停", "stop"),
        ("T", "stop"),
        ("BALANCE", "balance"),
    ],
)
def test_a_keyword_is_answered_at_once_by_the_real_way_in(reply, word, wording):
    entry = sent()
    assert reply(entry, word=word) == ("success", "Answered.")
    assert Inbound.objects.get(person=entry.person).intent == wording
    answer = OutboxEntry.objects.first()
    assert (answer.person, answer.address, answer.pk > entry.pk) == (entry.person, entry.address, True)
    assert OptOut.objects.filter(person=entry.person).exists() is (wording == "stop")


def test_a_sentence_is_kept_for_a_reader_and_nothing_answers(reply):
    entry = sent()
    assert reply(entry, text="我下周再付。") == ("success", "Kept")
    assert Inbound.objects.get().body == "我下周再付。"
    assert OutboxEntry.objects.count() == 1
    assert reply(entry, text=" ") == ("warning", "Write")
    assert Inbound.objects.count() == 1


def test_only_an_sms_that_left_can_be_replied_to_and_only_in_the_demo(settings, reply):
    nobody = OutboxEntry(key="never")
    assert reply(nobody, word="T") == 404
    mail = OutboxEntry.objects.create(
        key="mail", channel="email", address="a@example.test", body="…", at=clock.now()
    )
    assert reply(mail, word="T") == 404
    entry = sent()
    settings.DEMO = False
    assert reply(entry, word="T") == 404
    assert not Inbound.objects.exists()


def test_one_persons_messages_can_be_read_alone(shown):
    mine, theirs = sent(), sent()
    assert {entry.pk for entry in shown()["page"]} == {mine.pk, theirs.pk}
    alone = shown(person=mine.person.ref)
    assert [entry.pk for entry in alone["page"]] == [mine.pk]
    assert alone["here"].endswith(f"?person={mine.person.ref}")
    assert set(alone["people"]) == {mine.person, theirs.person}
    assert shown(person="nobody")["chosen"] is None


def test_what_was_not_sent_has_pages_and_its_queries_do_not_grow(clock, shown, django_assert_max_num_queries):
    person, lender = builders.a_borrower(), builders.a_lender()
    clock.set(clock.now.replace(hour=14, minute=10))
    for _ in range(15):
        a_message(person, lender, not_after=clock.now + dt.timedelta(days=3))
    dispatch.drain()
    with django_assert_max_num_queries(16):
        first = shown(person=person.ref)
    assert len(first["withheld"]) == 12
    assert first["held"].paginator.count >= 15
    second = shown(person=person.ref, held="2")["withheld"]
    assert not {item.message.pk for item in second} & {item.message.pk for item in first["withheld"]}


def test_a_decision_of_the_night_before_names_the_day_it_was_about(clock):
    plan = a_plan(clock.today + dt.timedelta(days=1), consent=False)
    planning.plan(clock.now)
    (item,) = [
        each
        for each in queries_outbox.described(queries_outbox.held_back(plan.case.borrower))
        if each.message.wording == "reminder_due_today"
    ]
    assert item.at == clock.now
    assert item.meant_for == item.message.due_at > item.at
    assert item.is_ahead
