"""After the first answer: another look, taking up again, more time with a reason, another body, court papers."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from cases import queries_complaints, queries_diary
from cases.actions import complaint_rounds as more
from cases.actions import complaints, court_papers
from cases.actions.complaint_steps import Bearer
from cases.domain import receipt
from cases.domain.refusal import Refused
from cases.models import Complaint, ComplaintFact, CourtPaper, Event, Lender, MissedClock, User
from tests import builders as make
from tests.actions.complaining import a_complaint, a_court_paper, a_visitors_complaint

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(clock: Any) -> User:
    return make.a_borrower()


@pytest.fixture
def bank(clock: Any) -> Lender:
    return make.a_lender()


@pytest.fixture
def officer(bank: Lender) -> User:
    return make.an_officer(bank)


# ── a receipt instead of an account ──────────────────────────────────────────────────────────
def test_a_visitor_complains_of_any_lender_and_has_a_receipt(bank: Lender) -> None:
    sent = a_visitors_complaint(bank)
    assert sent.borrower is None
    assert receipt.read(sent.receipt) == sent.receipt != ""
    assert sent.delivered_at is not None
    event = Event.objects.get(kind="complaint.sent")
    assert (event.person_ref, event.actor_ref, event.lender_ref) == ("", "", bank.ref)
    assert sent.receipt not in str(event.data)


def test_the_database_does_not_hold_the_digits(bank: Lender) -> None:
    sent = a_visitors_complaint(bank)
    with connection.cursor() as cursor:
        cursor.execute("SELECT receipt, receipt_index FROM cases_complaint")
        kept = " ".join(cursor.fetchone())
    assert sent.receipt not in kept


def test_the_same_form_twice_is_one_complaint_and_one_receipt(bank: Lender) -> None:
    first, second = (a_visitors_complaint(bank, once="o" * 20) for _ in range(2))
    assert (first.pk, first.receipt) == (second.pk, second.receipt)
    assert a_visitors_complaint(bank, once="p" * 20).pk != first.pk


def test_the_holder_of_a_receipt_takes_every_later_step(bank: Lender, officer: User) -> None:
    sent = a_visitors_complaint(bank)
    holder = Bearer(index=sent.receipt_index)
    complaints.answer(by=officer, complaint=sent, text="已停止。")
    complaints.rate(by=holder, complaint=sent, rating="part", words="还有一个号码")
    again = more.review(by=holder, complaint=sent, said="还在打")
    complaints.withdraw(by=holder, complaint=again)
    reopened = more.reopen(by=holder, complaint=again, said="又来了")
    more.escalate(by=holder, complaint=reopened, body="cn_nfra")
    found = queries_complaints.of_receipt(sent.receipt_index).order_by("sent_at", "id")
    assert [each.relation for each in found] == ["", "review", "reopened"]


@pytest.mark.parametrize("index", ["", "0" * 64])
def test_another_receipt_finds_nothing(bank: Lender, index: str) -> None:
    sent = a_visitors_complaint(bank)
    with pytest.raises(Complaint.DoesNotExist):
        complaints.withdraw(by=Bearer(index=index), complaint=sent)
    with pytest.raises(Complaint.DoesNotExist):
        complaints.withdraw(by=make.a_borrower(), complaint=sent)
    assert not queries_complaints.of_receipt("").exists()


def test_an_empty_receipt_never_opens_a_complaint_without_one(person: User, bank: Lender) -> None:
    sent = a_complaint(person, bank)
    Complaint.objects.filter(pk=sent.pk).update(receipt="", receipt_index="")
    assert not queries_complaints.of_receipt("").exists()
    assert queries_complaints.rounds(Complaint.objects.get()) == [sent]


# ── another look ─────────────────────────────────────────────────────────────────────────────
def test_another_look_has_a_clock_of_its_own_and_the_first_one_stands(
    person: User, bank: Lender, officer: User, clock: Any
) -> None:
    sent = a_complaint(person, bank)
    first = (sent.clock.due_on, sent.clock.rule)
    clock.advance(days=3)
    complaints.answer(by=officer, complaint=sent, text="没有问题。")
    again = more.review(by=person, complaint=sent, said="录音说的不一样")
    assert (again.clock.rule, again.clock.due_on) == ("cn.cmp.review", dt.date(2027, 6, 14))
    old = Complaint.objects.get(pk=sent.pk)
    assert (old.state, (old.clock.due_on, old.clock.rule)) == ("continued", first)
    assert (again.follows, again.receipt, again.name, again.wants) == (old, old.receipt, old.name, old.wants)


def test_another_look_can_be_asked_for_once_and_in_time(
    person: User, bank: Lender, officer: User, clock: Any
) -> None:
    sent, late = (a_complaint(person, bank) for _ in range(2))
    for each in (sent, late):
        complaints.answer(by=officer, complaint=each, text="没有问题。")
    again = more.review(by=person, complaint=sent, said="请再看")
    complaints.answer(by=officer, complaint=again, text="还是没有。")
    with pytest.raises(Refused) as twice:
        more.review(by=person, complaint=again, said="请再看")
    with pytest.raises(Refused) as same:
        more.review(by=person, complaint=sent, said="请再看")
    clock.advance(days=30)
    assert more.review_until(Complaint.objects.get(pk=late.pk)) == clock.today
    clock.advance(days=1)
    with pytest.raises(Refused) as over:
        more.review(by=person, complaint=late, said="请再看")
    assert (twice.value.code, same.value.code, over.value.code) == (
        "reviewed_already",
        "complaint_changed",
        "too_late",
    )
    assert Complaint.objects.get(pk=late.pk).state == "answered"


def test_another_look_is_not_counted_twice_but_its_missed_day_is_marked(
    person: User, bank: Lender, officer: User, clock: Any
) -> None:
    sent = a_complaint(person, bank)
    complaints.answer(by=officer, complaint=sent, text="没有问题。")
    again = more.review(by=person, complaint=sent, said="请再看")
    clock.advance(days=31)
    assert complaints.mark_missed() == 1
    assert MissedClock.objects.get().clock == again.clock
    assert [fact.response for fact in ComplaintFact.objects.all()] == ["in_time"]


def test_nothing_new_said_is_refused_and_nothing_moves(person: User, bank: Lender, officer: User) -> None:
    sent = a_complaint(person, bank)
    complaints.answer(by=officer, complaint=sent, text="没有问题。")
    with pytest.raises(Refused) as refusal:
        more.review(by=person, complaint=sent, said="  ")
    assert refusal.value.code == "nothing_said"
    assert Complaint.objects.get().state == "answered"


def test_what_was_withdrawn_can_be_taken_up_again(person: User, bank: Lender, clock: Any) -> None:
    sent = a_complaint(person, bank)
    complaints.withdraw(by=person, complaint=sent)
    clock.advance(days=90)
    again = more.reopen(by=person, complaint=sent, said="他们叫我撤回的")
    assert (again.clock.rule, again.clock.received_on) == ("cn.cmp.decide", clock.today)
    assert again.state == "sent"
    with pytest.raises(Refused):
        more.reopen(by=person, complaint=again, said="再一次")


# ── more time ────────────────────────────────────────────────────────────────────────────────
def test_a_lender_may_say_twice_why_it_takes_longer_and_the_mark_waits(
    person: User, bank: Lender, officer: User, clock: Any
) -> None:
    sent = a_complaint(person, bank)
    assert more.may_extend(sent) == ("complex", dt.date(2027, 6, 11))
    more.extend(by=officer, complaint=sent, words="要调录音")
    clock.advance(days=20)
    assert complaints.mark_missed() == 0
    special = more.extend(by=officer, complaint=sent, words="上级批准")
    assert (special.kind, special.until) == ("special", dt.date(2027, 7, 11))
    with pytest.raises(Refused) as refusal:
        more.extend(by=officer, complaint=sent, words="还要")
    assert refusal.value.code == "no_more_time"
    clock.set(dt.datetime(2027, 7, 12, 4, tzinfo=dt.UTC))
    assert complaints.mark_missed() == 1
    assert Complaint.objects.get().clock.due_on == dt.date(2027, 5, 27)


def test_more_time_is_for_the_day_before_it_has_passed(
    person: User, bank: Lender, officer: User, clock: Any
) -> None:
    sent = a_complaint(person, bank)
    clock.advance(days=16)
    with pytest.raises(Refused) as refusal:
        more.extend(by=officer, complaint=sent, words="要调录音")
    assert refusal.value.code == "no_more_time"
    for someone in (person, make.an_officer(make.a_lender())):
        with pytest.raises(Complaint.DoesNotExist):
            more.extend(by=someone, complaint=sent, words="要调录音")


def test_our_own_deadline_knows_no_more_time(person: User, officer: User, bank: Lender) -> None:
    assert more.may_extend(a_complaint(person, bank, name="")) is None


def test_an_answer_within_the_longer_time_is_in_time(
    person: User, bank: Lender, officer: User, clock: Any
) -> None:
    sent = a_complaint(person, bank)
    more.extend(by=officer, complaint=sent, words="要调录音")
    clock.advance(days=25)
    complaints.answer(by=officer, complaint=sent, text="已处理。")
    assert not MissedClock.objects.exists()
    assert ComplaintFact.objects.get().response == "in_time"


@pytest.mark.parametrize("column", ["kind", "until", "body"])
def test_the_database_refuses_to_change_a_dated_fact(
    person: User, bank: Lender, officer: User, column: str
) -> None:
    facet = more.extend(by=officer, complaint=a_complaint(person, bank), words="要调录音")
    value = dt.date(2030, 1, 1) if column == "until" else "x"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        type(facet).objects.filter(pk=facet.pk).update(**{column: value})
    type(facet).objects.filter(pk=facet.pk).update(words="")


def test_a_british_lender_has_eight_weeks_and_an_american_one_a_yardstick(person: User) -> None:
    british, american = make.a_lender(), make.a_lender()
    Lender.objects.filter(pk=british.pk).update(jurisdiction="UK")
    Lender.objects.filter(pk=american.pk).update(jurisdiction="US")
    british.refresh_from_db()
    american.refresh_from_db()
    uk, us = (a_complaint(person, each, name="").clock for each in (british, american))
    assert (uk.kind, uk.rule, uk.due_on) == ("statutory", "uk.cmp.8w", dt.date(2027, 7, 7))
    assert uk.early_on == dt.date(2027, 5, 17)
    assert uk.calendar.startswith("holidays")
    assert (us.kind, us.rule, us.due_on, us.limit_on) == (
        "ours",
        "us.cmp.respond",
        dt.date(2027, 5, 27),
        dt.date(2027, 7, 11),
    )


# ── labels, bodies, patterns ─────────────────────────────────────────────────────────────────
def test_further_labels_are_kept_once_and_without_the_first(person: User, bank: Lender) -> None:
    sent = a_complaint(person, bank, labels=("employer", "hours_calls", "employer"))
    assert sent.labels == ["employer"]
    for labels, code in ((("weather",), "unknown_category"), (("paid",) * 6, "too_many_labels")):
        with pytest.raises(Refused) as refusal:
            a_complaint(person, bank, labels=labels)
        assert refusal.value.code == code


def test_taking_it_elsewhere_is_written_down_once(person: User, bank: Lender) -> None:
    sent = a_complaint(person, bank)
    first, second = (more.escalate(by=person, complaint=sent, body="cn_nfra") for _ in range(2))
    assert first == second
    assert Event.objects.filter(kind="complaint.escalated").count() == 1
    with pytest.raises(Refused):
        more.escalate(by=person, complaint=sent, body="nobody")


def test_a_pattern_is_told_only_when_enough_different_people_share_it(bank: Lender, settings: Any) -> None:
    settings.SMALL_CELL_THRESHOLD = 4
    people = [make.a_borrower() for _ in range(4)]
    rows = [a_complaint(each, bank) for each in people[:3]]
    a_complaint(people[0], bank)
    for _ in range(3):
        a_visitors_complaint(bank)
    a_complaint(people[3], bank, category="employer")
    assert queries_complaints.pattern_of(rows[0]) is None
    assert queries_complaints.patterns() == []
    a_complaint(people[3], bank)
    assert queries_complaints.pattern_of(rows[0]) == 4
    found = queries_complaints.patterns()
    assert [(each.lender, each.category, each.people) for each in found] == [(bank, "hours_calls", 4)]


def test_old_complaints_make_no_pattern(bank: Lender, settings: Any, clock: Any) -> None:
    settings.SMALL_CELL_THRESHOLD = 2
    first = a_complaint(make.a_borrower(), bank)
    clock.advance(days=queries_complaints.pattern_days() + 1)
    second = a_complaint(make.a_borrower(), bank)
    assert queries_complaints.pattern_of(first) is queries_complaints.pattern_of(second) is None


def test_ones_own_repeats_are_linked_and_nobody_elses(person: User, bank: Lender) -> None:
    first, second = a_complaint(person, bank), a_complaint(person, bank)
    a_complaint(make.a_borrower(), bank)
    assert list(queries_complaints.repeats(second)) == [first]
    assert not queries_complaints.repeats(a_visitors_complaint(bank)).exists()


def test_a_visitors_complaint_reaches_the_lender_and_nobody_else(bank: Lender, officer: User) -> None:
    sent = a_visitors_complaint(bank)
    assert list(queries_diary.complaints_for(officer)) == [sent]
    assert not queries_diary.complaints_for(make.an_officer(make.a_lender())).exists()
    assert not queries_diary.complaints_for(make.a_borrower()).exists()


# ── court papers ─────────────────────────────────────────────────────────────────────────────
def test_court_papers_start_a_clock_that_nobody_moves(person: User) -> None:
    paper = a_court_paper(person, received_on=dt.date(2027, 5, 10))
    assert (paper.due_on, paper.rule) == (dt.date(2027, 5, 25), "court.cn.payment_order")
    assert paper.calendar.startswith("holidays")
    for column in ("due_on", "received_on"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            CourtPaper.objects.filter(pk=paper.pk).update(**{column: dt.date(2030, 1, 1)})
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        paper.delete()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"received_on": dt.date(2027, 5, 13)}, "in_the_future"),
        ({"received_on": dt.date(2026, 5, 1)}, "too_long_ago"),
        ({"rule": "cn.cmp.decide"}, "unknown_papers"),
        ({"rule": "court.uk.claim"}, "unknown_papers"),
        ({"jurisdiction": "XX"}, "unknown_papers"),
    ],
)
def test_papers_that_cannot_be_are_refused(person: User, fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        a_court_paper(person, **fields)
    assert refusal.value.code == code
    assert not CourtPaper.objects.exists()


def test_papers_are_answered_and_taken_off_by_their_person_alone(person: User) -> None:
    paper = a_court_paper(person, once="o" * 20)
    assert a_court_paper(person, once="o" * 20) == paper
    with pytest.raises(CourtPaper.DoesNotExist):
        court_papers.answered(by=make.a_borrower(), paper=paper)
    court_papers.answered(by=person, paper=paper)
    court_papers.answered(by=person, paper=paper)
    assert Event.objects.filter(kind="court.answered").count() == 1
    court_papers.remove(by=person, paper=paper)
    assert not queries_complaints.court_papers_for(person).exists()
    with pytest.raises(CourtPaper.DoesNotExist):
        court_papers.remove(by=person, paper=paper)
