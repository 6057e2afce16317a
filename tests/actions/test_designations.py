"""Designations: dated facts in the words of the public contract, per lender, ended and never edited."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.utils import translation

from cases import queries_designations as queries
from cases import queries_diary, verdicts
from cases.actions import contacts, designations
from cases.actions.designations import Said
from cases.domain.refusal import Refused
from cases.models import Contact, Designation, Event, Hold, User
from tests import builders as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(clock: Any) -> User:
    return make.a_borrower()


def test_a_designation_is_a_fact_of_the_public_contract(person: User, clock: Any) -> None:
    lender = make.a_lender()
    designations.designate(by=person, said=Said(kind="opt_out", lender=lender, channel="call"))
    designations.designate(
        by=person,
        said=Said(kind="inconvenient", lender=lender, before="18:00", days=("tue", "mon")),
    )
    now = clock.now.isoformat()
    assert queries.facts_for(person, lender) == [
        {"kind": "opt_out", "from": now, "channel": "call"},
        {"kind": "inconvenient", "from": now, "before": "18:00", "days": ["mon", "tue"]},
    ]


def test_what_was_said_to_one_lender_binds_no_other(person: User) -> None:
    lender, other = make.a_lender(), make.a_lender()
    designations.designate(by=person, said=Said(kind="cease", lender=lender))
    assert [fact["kind"] for fact in queries.facts_for(person, lender)] == ["cease"]
    assert queries.facts_for(person, other) == queries.facts_for(person, None) == []


def test_what_was_said_to_all_binds_each(person: User) -> None:
    lender = make.a_lender()
    designations.designate(by=person, said=Said(kind="represented"))
    designations.designate(by=person, said=Said(kind="cease", lender=lender))
    assert [fact["kind"] for fact in queries.facts_for(person, lender)] == ["represented", "cease"]
    assert [fact["kind"] for fact in queries.facts_for(person, make.a_lender())] == ["represented"]


def test_an_end_is_a_new_row_and_what_was_before_stays(person: User, clock: Any) -> None:
    lender = make.a_lender()
    made = designations.designate(by=person, said=Said(kind="cease", lender=lender))
    begun = clock.now
    clock.set(begun + dt.timedelta(days=3))
    designations.end(by=person, designation=made)
    designations.end(by=person, designation=made)
    assert queries.facts_for(person, lender) == [
        {"kind": "cease", "from": begun.isoformat(), "to": clock.now.isoformat()}
    ]
    assert Event.objects.filter(kind="designation.ended").count() == 1
    kept = queries.designations_for(person).get()
    assert kept.stands(begun)
    assert not kept.stands(clock.now)


def test_the_database_refuses_to_change_what_was_designated(person: User) -> None:
    made = designations.designate(by=person, said=Said(kind="cease"))
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_designation SET kind = 'consent' WHERE id = %s", [made.pk])


def test_a_moratorium_is_a_fact_for_every_lender(person: User, clock: Any) -> None:
    Hold.objects.create(borrower=person, kind=Hold.Kind.MORATORIUM, since=clock.now)
    assert [fact["kind"] for fact in queries.facts_for(person, make.a_lender())] == ["moratorium"]


def test_consent_and_dispute_say_what_they_are_about(person: User) -> None:
    lender = make.a_lender()
    debt = make.a_debt(person, lender)
    designations.designate(
        by=person, said=Said(kind="consent", lender=lender, scope="channel", channel="wechat", number="139")
    )
    designations.designate(by=person, said=Said(kind="dispute", lender=lender, debt=debt))
    consent, dispute = queries.facts_for(person, lender)
    assert (consent["scope"], consent["channel"]) == ("channel", "wechat")
    assert "number" not in consent
    assert dispute["debts"] == [debt.ref]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"kind": "marketing"}, "unknown_kind"),
        ({"kind": "opt_out"}, "nothing_named"),
        ({"kind": "opt_out", "channel": "pigeon"}, "unknown_channel"),
        ({"kind": "contact_refused", "number": "none"}, "no_number"),
        ({"kind": "inconvenient"}, "nothing_named"),
        ({"kind": "inconvenient", "after": "25:00"}, "no_clock"),
        ({"kind": "inconvenient", "after": "18:00", "before": "18:00"}, "no_hours"),
        ({"kind": "inconvenient", "days": ("someday",)}, "unknown_day"),
        ({"kind": "consent"}, "unknown_scope"),
        ({"kind": "consent", "scope": "channel", "channel": "sms"}, "unknown_channel"),
        ({"kind": "cease", "since": make.MORNING + dt.timedelta(hours=1)}, "in_the_future"),
        ({"kind": "cease", "since": dt.datetime(2007, 1, 1, tzinfo=dt.UTC)}, "too_long_ago"),
        ({"kind": "cease", "until": make.MORNING}, "ends_before"),
    ],
)
def test_what_no_rule_could_be_asked_about_is_refused(person: User, said: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        designations.designate(by=person, said=Said(**said))
    assert refusal.value.code == code
    assert not Designation.objects.exists()


def test_the_same_is_not_said_twice_until_it_has_ended(person: User) -> None:
    made = designations.designate(by=person, said=Said(kind="opt_out", channel="call"))
    with pytest.raises(Refused):
        designations.designate(by=person, said=Said(kind="opt_out", channel="call"))
    designations.end(by=person, designation=made)
    designations.designate(by=person, said=Said(kind="opt_out", channel="call"))
    assert Designation.objects.count() == 2


def test_nobody_designates_or_reads_for_somebody_else(person: User) -> None:
    made = designations.designate(by=person, said=Said(kind="cease"))
    officer = make.an_officer(make.a_lender())
    with pytest.raises(Refused):
        designations.designate(by=officer, said=Said(kind="cease"))
    with pytest.raises(Designation.DoesNotExist):
        designations.end(by=make.a_borrower(), designation=made)
    assert not queries.designations_for(officer).exists()


def test_facts_of_all_lenders_take_three_queries(person: User, django_assert_num_queries: Any) -> None:
    for _each in range(5):
        designations.designate(by=person, said=Said(kind="cease", lender=make.a_lender()))
    with django_assert_num_queries(3):
        assert len(queries.pooled_facts(person)) == 5


CASES = [
    # what was said, the contact made afterwards, the rule that speaks
    ({"kind": "opt_out", "channel": "call"}, {"channel": "ai_call"}, "house.opt_out"),
    ({"kind": "opt_out", "number": "0571 8888 4420"}, {"number": "+86 571 8888 4420"}, "house.opt_out"),
    ({"kind": "opt_out", "number": "0571 8888 4420"}, {"number": "95555"}, ""),
    ({"kind": "opt_out", "channel": "call"}, {"channel": "sms"}, ""),
    ({"kind": "inconvenient", "before": "18:00"}, {}, "house.inconvenient"),
    ({"kind": "inconvenient", "after": "18:00"}, {}, ""),
    ({"kind": "inconvenient", "days": ("wed",)}, {}, "house.inconvenient"),
    ({"kind": "inconvenient", "days": ("sat", "sun")}, {}, ""),
    ({"kind": "represented"}, {}, "house.represented"),
    ({"kind": "cease"}, {"channel": "letter"}, "house.cease"),
    ({"kind": "dispute"}, {}, "house.dispute"),
]


@pytest.mark.parametrize(("said", "contact", "rule"), CASES)
def test_the_diary_judges_by_what_was_said(
    person: User, clock: Any, said: dict[str, Any], contact: dict[str, Any], rule: str
) -> None:
    lender = make.a_lender(kind="microloan")
    before = _contact(person, lender, clock.now - dt.timedelta(minutes=5), contact)
    designations.designate(by=person, said=Said(lender=lender, **said))
    clock.set(clock.now + dt.timedelta(hours=2))
    after = _contact(person, lender, clock.now - dt.timedelta(minutes=5), contact)
    other = _contact(person, make.a_lender(kind="microloan"), after.at, contact)
    found = queries_diary.judged(person)
    rules = {
        name: [finding.rule for finding in found[each.ref].findings]
        for name, each in (("before", before), ("after", after), ("other", other))
    }
    assert rules == {"before": [], "after": [rule] if rule else [], "other": []}


def test_a_finding_says_since_when_it_was_said(person: User, clock: Any) -> None:
    lender = make.a_lender(kind="microloan")
    designations.designate(by=person, said=Said(kind="cease", lender=lender))
    told = clock.now
    clock.set(told + dt.timedelta(hours=1))
    kept = _contact(person, lender, clock.now, {})
    verdict = queries_diary.judged(person)[kept.ref]
    assert verdict.findings[0].because["since"] == told.isoformat()
    with translation.override("en"):
        shown = verdicts.shown(kept, verdict)
    assert shown.points[0].title == "You had asked in writing that contact stop"
    assert "You said so on" in shown.points[0].fact
    assert "illegal" not in str(shown).lower()
    assert "we know of no rule that forbids it" in shown.points[0].words


def test_consent_to_the_night_lifts_the_night(person: User, clock: Any) -> None:
    lender = make.a_lender(kind="microloan")
    clock.set(dt.datetime(2027, 5, 12, 15, 0, tzinfo=dt.UTC))
    first = _contact(person, lender, clock.now, {})
    clock.set(clock.now + dt.timedelta(minutes=1))
    designations.designate(by=person, said=Said(kind="consent", scope="night", lender=lender))
    clock.set(clock.now + dt.timedelta(minutes=10))
    second = _contact(person, lender, clock.now, {})
    found = queries_diary.judged(person)
    assert found[first.ref].findings
    assert not found[second.ref].findings


def test_what_was_ticked_is_judged_with_its_force(person: User, clock: Any) -> None:
    kept = _contact(person, make.a_lender(), clock.now, {"traits": ("threat_violence",)})
    [finding] = queries_diary.judged(person)[kept.ref].findings
    assert finding.rule == "cn.conduct.threat_violence"
    with translation.override("en"):
        [point] = verdicts.shown(kept, queries_diary.judged(person)[kept.ref]).points
    assert point.title == "Threatened me or someone close to me"


def _contact(person: User, lender: Any, at: dt.datetime, more: dict[str, Any]) -> Contact:
    values: dict[str, Any] = {"channel": "call", "outcome": "unanswered"} | more
    return contacts.log(by=person, facts=contacts.Facts(at=at, lender=lender, **values))
