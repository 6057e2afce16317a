"""Complaints: delivered with a clock that nobody can move, answered once, and marked by themselves when nobody answers."""

import dataclasses
import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from cases import queries, queries_diary
from cases.actions import complaints, contacts
from cases.actions.complaints import Draft
from cases.domain.refusal import Refused
from cases.models import (
    Complaint,
    ComplaintClock,
    ComplaintFact,
    Consent,
    Event,
    Lender,
    MissedClock,
    User,
    Work,
)
from cases.tasks import mark_missed
from notices.actions import news
from notices.models import Message
from tests import builders as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(clock: Any) -> User:
    return make.a_borrower()


@pytest.fixture
def bank(person: User) -> Lender:
    bank = make.a_lender()
    make.a_debt(of=person, owed_to=bank)
    return bank


def a_draft(lender: Lender, **fields: Any) -> Draft:
    values = {
        "category": "hours_calls",
        "said": "5月11日 22:17 打来电话",
        "wants": ("stop",),
        "name": "林静",
        "reach": "+8613900000001",
    }
    return Draft(lender=lender, **(values | fields))


def test_a_complete_complaint_starts_the_clock_of_the_law(person: User, bank: Lender) -> None:
    sent = complaints.send(by=person, draft=a_draft(bank))
    clock = sent.clock
    assert clock.is_statutory
    assert (clock.rule, clock.missing) == ("cn.cmp.decide", [])
    assert (clock.received_on, clock.due_on) == (dt.date(2027, 5, 12), dt.date(2027, 5, 27))
    assert sent.delivered_at is not None
    event = Event.objects.get(kind="complaint.sent")
    assert event.data["category"] == "hours_calls"
    assert event.lender_ref == bank.ref
    assert "22:17" not in str(event.data)


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"name": ""}, ["name"]),
        ({"reach": " "}, ["contact"]),
        ({"wants": (), "want_words": ""}, ["claim"]),
    ],
)
def test_without_a_field_the_deadline_is_ours(
    person: User, bank: Lender, fields: dict[str, Any], missing: list[str]
) -> None:
    clock = complaints.send(by=person, draft=a_draft(bank, **fields)).clock
    assert not clock.is_statutory
    assert (clock.rule, clock.missing) == ("house.complaint", missing)


def test_a_lender_the_rule_does_not_bind_has_our_deadline(person: User) -> None:
    lender = make.a_lender(kind="microloan")
    make.a_debt(of=person, owed_to=lender)
    assert complaints.send(by=person, draft=a_draft(lender)).clock.missing == ["not_bound"]


def test_a_lender_that_has_not_joined_receives_nothing(person: User, bank: Lender, clock: Any) -> None:
    Lender.objects.filter(pk=bank.pk).update(joined=False)
    bank.refresh_from_db()
    officer = make.an_officer(bank)
    sent = complaints.send(by=person, draft=a_draft(bank))
    assert sent.delivered_at is None
    assert sent.clock.missing == ["not_delivered"]
    assert not Consent.objects.exists()
    assert not queries_diary.complaints_for(officer).exists()
    clock.advance(days=40)
    assert complaints.mark_missed() == 0


def test_consent_names_what_is_handed_over_and_leaves_others_alone(person: User, bank: Lender) -> None:
    remind = Consent.objects.create(
        borrower=person,
        lender=bank,
        purpose=Consent.Purpose.REMIND,
        given_at=dt.datetime(2027, 5, 1, tzinfo=dt.UTC),
        expires_on=dt.date(2028, 1, 1),
    )
    complaints.send(by=person, draft=a_draft(bank, reach=""))
    complaints.send(by=person, draft=a_draft(bank))
    given = Consent.objects.filter(purpose=Consent.Purpose.COMPLAIN).order_by("id")
    assert [consent.fields for consent in given] == [["complaint", "name"], ["complaint", "name", "contact"]]
    assert [consent.revoked_at is None for consent in given] == [False, True]
    remind.refresh_from_db()
    assert remind.revoked_at is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"category": "weather"}, "unknown_category"),
        ({"said": "  "}, "nothing_said"),
        ({"said": "长" * 4001}, "too_long"),
        ({"wants": ("revenge",)}, "unknown_want"),
    ],
)
def test_what_cannot_be_sent_is_refused(
    person: User, bank: Lender, fields: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        complaints.send(by=person, draft=a_draft(bank, **fields))
    assert refusal.value.code == code
    assert not Complaint.objects.exists()


def test_a_lender_one_owes_nothing_is_refused(person: User) -> None:
    with pytest.raises(Refused) as refusal:
        complaints.send(by=person, draft=a_draft(make.a_lender()))
    assert refusal.value.code == "no_debt_with_lender"
    assert not Complaint.objects.exists()
    assert not Consent.objects.exists()


def test_sent_twice_it_is_one_complaint(person: User, bank: Lender) -> None:
    first = complaints.send(by=person, draft=a_draft(bank), once="k" * 20)
    assert complaints.send(by=person, draft=a_draft(bank), once="k" * 20) == first
    assert Complaint.objects.count() == Event.objects.filter(kind="complaint.sent").count() == 1


def test_only_the_persons_own_entries_go_with_it(person: User, bank: Lender, clock: Any) -> None:
    def entry(by: User, hours_ago: int = 1) -> Any:
        at = clock.now - dt.timedelta(hours=hours_ago)
        return contacts.log(
            by=by, facts=contacts.Facts(at=at, channel="call", outcome="conversation", lender=bank)
        )

    mine, theirs, gone = entry(person), entry(make.a_borrower()), entry(person, 2)
    contacts.remove(by=person, contact=gone)
    sent = complaints.send(by=person, draft=a_draft(bank, contacts=(mine, theirs, gone)))
    assert list(sent.contacts.all()) == [mine]


# ── nobody edits the clock ───────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("column", ["kind", "rule", "rulebook_version", "received_on", "due_on", "limit_on"])
def test_the_database_refuses_to_move_a_clock(person: User, bank: Lender, column: str) -> None:
    clock = complaints.send(by=person, draft=a_draft(bank)).clock
    value = dt.date(2030, 1, 1) if column.endswith("_on") else "x"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ComplaintClock.objects.filter(pk=clock.pk).update(**{column: value})
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ComplaintClock.objects.filter(pk=clock.pk).delete()


def test_the_database_refuses_to_take_a_mark_away(person: User, bank: Lender, clock: Any) -> None:
    complaints.send(by=person, draft=a_draft(bank))
    clock.advance(days=16)
    complaints.mark_missed()
    for statement in ("DELETE FROM cases_missedclock", "UPDATE cases_missedclock SET noted_at = noted_at"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)
    assert MissedClock.objects.count() == 1


# ── a missed clock ───────────────────────────────────────────────────────────────────────────
def test_a_missed_clock_marks_itself_and_the_mark_stays_after_the_answer(
    person: User, bank: Lender, clock: Any
) -> None:
    sent = complaints.send(by=person, draft=a_draft(bank))
    clock.advance(days=15)
    mark_missed()
    assert not MissedClock.objects.exists()
    clock.advance(days=1)
    mark_missed()
    mark_missed()
    assert MissedClock.objects.get().clock == sent.clock
    assert Event.objects.filter(kind="complaint.clock_missed").count() == 1
    complaints.answer(by=make.an_officer(bank), complaint=sent, text="对不起，我们已停止。")
    fresh = queries_diary.complaints_for(person).get()
    assert fresh.state == Complaint.State.ANSWERED
    assert fresh.clock.missed_at is not None


def test_a_late_answer_before_the_sweep_is_marked_too(person: User, bank: Lender, clock: Any) -> None:
    sent = complaints.send(by=person, draft=a_draft(bank))
    clock.advance(days=16)
    complaints.answer(by=make.an_officer(bank), complaint=sent, text="对不起。")
    assert MissedClock.objects.count() == 1


def test_answered_or_withdrawn_in_time_is_not_missed(person: User, bank: Lender, clock: Any) -> None:
    answered, withdrawn = (complaints.send(by=person, draft=a_draft(bank)) for _ in range(2))
    complaints.answer(by=make.an_officer(bank), complaint=answered, text="对不起。")
    complaints.withdraw(by=person, complaint=withdrawn)
    clock.advance(days=60)
    assert complaints.mark_missed() == 0


# ── the answer ───────────────────────────────────────────────────────────────────────────────
def test_an_answer_reaches_the_borrower_as_one_message(person: User, bank: Lender) -> None:
    sent = complaints.send(by=person, draft=a_draft(bank))
    complaints.answer(by=make.an_officer(bank), complaint=sent, text="我们已停止夜间联系。")
    assert Work.objects.get().kind == "complaint_answered"
    news.take_up()
    message = Message.objects.get()
    assert (message.wording, message.person, message.lender) == ("complaint_answered", person, bank)
    assert message.purpose == Message.Purpose.ANSWER


def test_after_withdrawal_or_closing_an_answer_is_refused_with_words(person: User, bank: Lender) -> None:
    officer = make.an_officer(bank)
    withdrawn, closed = (complaints.send(by=person, draft=a_draft(bank)) for _ in range(2))
    complaints.withdraw(by=person, complaint=withdrawn)
    complaints.answer(by=officer, complaint=closed, text="一")
    with pytest.raises(Refused) as again:
        complaints.answer(by=officer, complaint=closed, text="二")
    complaints.rate(by=person, complaint=closed, rating="bad")
    for complaint in (withdrawn, closed):
        with pytest.raises(Refused) as refusal:
            complaints.answer(by=officer, complaint=complaint, text="三")
        assert refusal.value.code == again.value.code == "complaint_over"
        assert str(refusal.value)
    assert Complaint.objects.get(pk=closed.pk).answer == "一"


def test_another_lenders_officer_finds_nothing(person: User, bank: Lender) -> None:
    sent = complaints.send(by=person, draft=a_draft(bank))
    stranger = make.an_officer(make.a_lender())
    assert queries.lender_of(stranger) != bank
    assert not queries_diary.complaints_for(stranger).exists()
    for someone in (stranger, person, make.a_regulator()):
        with pytest.raises(Complaint.DoesNotExist):
            complaints.answer(by=someone, complaint=sent, text="好")


def test_only_the_person_withdraws_and_rates(person: User, bank: Lender) -> None:
    sent = complaints.send(by=person, draft=a_draft(bank))
    with pytest.raises(Complaint.DoesNotExist):
        complaints.withdraw(by=make.a_borrower(), complaint=sent)
    with pytest.raises(Refused):
        complaints.rate(by=person, complaint=sent, rating="good")
    complaints.answer(by=make.an_officer(bank), complaint=sent, text="好")
    with pytest.raises(Refused):
        complaints.withdraw(by=person, complaint=sent)
    assert complaints.rate(by=person, complaint=sent, rating="good").state == Complaint.State.CLOSED


def test_a_draft_is_judged_by_the_clock_it_would_start(person: User, bank: Lender) -> None:
    draft = a_draft(bank)
    day = dt.date(2027, 5, 12)
    assert complaints.clock_for(draft, day).due_on == dt.date(2027, 5, 27)
    assert complaints.clock_for(dataclasses.replace(draft, name=""), day).missing == ("name",)


def test_each_outcome_is_counted_once_for_the_public(person: User, bank: Lender, clock: Any) -> None:
    officer = make.an_officer(bank)
    answered, late, withdrawn, late_withdrawn = (
        complaints.send(by=person, draft=a_draft(bank)) for _ in range(4)
    )
    assert not ComplaintFact.objects.exists()
    complaints.answer(by=officer, complaint=answered, text="好")
    complaints.withdraw(by=person, complaint=withdrawn)
    clock.advance(days=16)
    complaints.mark_missed()
    complaints.mark_missed()
    complaints.answer(by=officer, complaint=late, text="好")
    complaints.withdraw(by=person, complaint=late_withdrawn)
    found = ComplaintFact.objects.values_list("response", flat=True)
    assert sorted(found) == ["in_time", "missed", "missed", "withdrawn"]
