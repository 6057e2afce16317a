"""The diary: what a person writes down is kept as written, judged with its lender's other contacts, and private."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection

from cases import queries_diary
from cases.actions import contacts
from cases.actions.contacts import Facts
from cases.domain.refusal import Refused
from cases.models import Contact, Debt, Event, User
from tests import builders as make

pytestmark = pytest.mark.django_db
BEIJING = dt.timezone(dt.timedelta(hours=8))


def a_call(when: dt.datetime, **fields: Any) -> Facts:
    return Facts(**({"at": when, "channel": "call", "outcome": "conversation"} | fields))


def evening(day: int = 11, hour: int = 22, minute: int = 17) -> dt.datetime:
    return dt.datetime(2027, 5, day, hour, minute, tzinfo=BEIJING)


@pytest.fixture
def person(clock: Any) -> User:
    return make.a_borrower()


def rules(person: User, contact: Contact) -> list[str]:
    return [finding.rule for finding in queries_diary.judged(person)[contact.ref].findings]


def test_an_entry_is_kept_and_the_event_holds_no_words(person: User) -> None:
    lender = make.a_lender()
    kept = contacts.log(
        by=person,
        facts=a_call(
            evening(), lender=lender, said="再不还就告诉单位", caller="诚启", number="0571 8888-4420"
        ),
    )
    fresh = Contact.objects.get(ref=kept.ref)
    assert (fresh.said, fresh.caller, fresh.number) == ("再不还就告诉单位", "诚启", "057188884420")
    event = Event.objects.get(kind="contact.logged")
    assert (event.about_ref, event.lender_ref) == (kept.ref, lender.ref)
    assert "诚启" not in str(event.data)
    assert "8888" not in str(event.data)


def test_personal_text_is_not_readable_in_the_database(person: User) -> None:
    kept = contacts.log(by=person, facts=a_call(evening(), said="再不还就告诉单位"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT said FROM cases_contact WHERE id = %s", [kept.pk])
        assert "单位" not in cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"at": evening(day=12, hour=23)}, "in_the_future"),
        ({"at": evening().replace(tzinfo=None)}, "undated"),
        ({"at": dt.datetime(2007, 5, 11, tzinfo=BEIJING)}, "too_long_ago"),
        ({"channel": "pigeon"}, "unknown_channel"),
        ({"outcome": ""}, "unknown_outcome"),
        ({"party": "stranger"}, "unknown_party"),
        ({"traits": ("rude",)}, "unknown_trait"),
        ({"said": "长" * 2001}, "too_long"),
    ],
)
def test_what_no_diary_can_hold_is_refused(person: User, changes: dict[str, Any], code: str) -> None:
    said = {"at": evening(), "channel": "call", "outcome": "conversation"} | changes
    with pytest.raises(Refused) as refusal:
        contacts.log(by=person, facts=Facts(**said))
    assert refusal.value.code == code
    assert not Contact.objects.exists()


def test_a_clock_that_is_a_minute_ahead_is_not_the_future(person: User, clock: Any) -> None:
    kept = contacts.log(by=person, facts=a_call(clock.now + dt.timedelta(minutes=1)))
    assert kept.at == clock.now


def test_sent_twice_it_is_one_entry(person: User) -> None:
    first = contacts.log(by=person, facts=a_call(evening()), once="k" * 20)
    assert contacts.log(by=person, facts=a_call(evening()), once="k" * 20) == first
    assert Contact.objects.count() == Event.objects.filter(kind="contact.logged").count() == 1


def test_only_the_borrower_keeps_a_diary(person: User) -> None:
    officer = make.an_officer(make.a_lender())
    with pytest.raises(Refused):
        contacts.log(by=officer, facts=a_call(evening()))
    contacts.log(by=person, facts=a_call(evening()))
    assert not queries_diary.contacts_for(officer).exists()


def test_a_removed_entry_counts_no_more(person: User) -> None:
    lender = make.a_lender(kind="microloan")
    calls = [
        contacts.log(by=person, facts=a_call(evening(hour=hour), lender=lender)) for hour in (10, 11, 12, 13)
    ]
    assert rules(person, calls[3]) == ["cn.freq.voice_effective.gbt"]
    contacts.remove(by=person, contact=calls[0])
    assert rules(person, calls[3]) == []
    assert Contact.objects.filter(pk=calls[0].pk, removed_at__isnull=False).exists()
    assert Event.objects.filter(kind="contact.removed").count() == 1


def test_nobody_removes_somebody_elses_entry(person: User) -> None:
    kept = contacts.log(by=person, facts=a_call(evening()))
    with pytest.raises(Contact.DoesNotExist):
        contacts.remove(by=make.a_borrower(), contact=kept)


def test_our_own_sends_cannot_be_removed(person: User, clock: Any) -> None:
    own = Contact.objects.create(
        borrower=person, at=clock.now, channel="sms", direction="outbound", own=True, recorded_at=clock.now
    )
    with pytest.raises(Contact.DoesNotExist):
        contacts.remove(by=person, contact=own)


def test_an_agency_counts_with_its_lender_and_not_with_another(person: User) -> None:
    lender, other = make.a_lender(kind="microloan"), make.a_lender(kind="microloan")
    for hour in (10, 11, 12):
        contacts.log(by=person, facts=a_call(evening(hour=hour), lender=lender))
    elsewhere = contacts.log(by=person, facts=a_call(evening(hour=13), lender=other))
    agency = contacts.log(by=person, facts=a_call(evening(hour=13), lender=lender, by_agency=True))
    assert rules(person, elsewhere) == []
    assert rules(person, agency) == ["cn.freq.voice_effective.gbt"]


def test_strangers_are_not_counted_together(person: User) -> None:
    calls = [contacts.log(by=person, facts=a_call(evening(hour=hour))) for hour in (10, 11, 12, 13)]
    assert rules(person, calls[3]) == []
    same = [
        contacts.log(by=person, facts=a_call(evening(hour=hour), number="0571-1"))
        for hour in (10, 11, 12, 13)
    ]
    assert rules(person, same[3]) == ["cn.freq.voice_effective.gbt"]


def test_a_card_debt_brings_the_rule_for_cards(person: User) -> None:
    bank = make.a_lender()
    asked = contacts.log(by=person, facts=a_call(evening(hour=10), lender=bank, party="employer"))
    assert rules(person, asked) == ["cn.third.contact_gate.gbt", "cn.third.contact_gate.cba"]
    make.a_debt(of=person, owed_to=bank, kind=Debt.Kind.CREDIT_CARD)
    assert rules(person, asked) == ["cn.third.ban_card"]


def test_a_diary_is_judged_in_few_queries(person: User, django_assert_num_queries: Any) -> None:
    lender = make.a_lender()
    make.a_debt(of=person, owed_to=lender)
    for minute in range(20):
        contacts.log(by=person, facts=a_call(evening(hour=10, minute=minute), lender=lender))
    with django_assert_num_queries(6):
        assert len(queries_diary.judged(person)) == 20
