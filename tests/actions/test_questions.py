"""Questions about an offer: short, bound to it, answered once, and out of the record's words."""

import dataclasses

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from cases.domain.refusal import Refused
from cases.models import Case, Event, Work
from portal.officer import queries as desk
from repayment import queries_approvals
from repayment.actions import offers, questions
from repayment.domain.terms import Terms
from repayment.models import Question, Reply
from tests import builders
from tests.actions.negotiating import a_file, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def file():
    return a_file(1)


@pytest.fixture
def offer(file):
    return sent(file)[0]


@pytest.fixture
def theirs(file, offer):
    terms = dataclasses.replace(Terms.from_json(offer.terms), periods=60)
    return offers.counter(by=file.officers[0], offer=offer, terms=terms)


def code_of(call, **arguments):
    with pytest.raises(Refused) as refused:
        call(**arguments)
    return refused.value.code


def case_of(offer):
    case = Case.objects.get(pk=offer.case_id)
    return case.waits, case.reason


def test_a_borrowers_question_puts_the_case_into_the_officers_queue(file, theirs):
    assert case_of(theirs) == ("borrower", "offer_to_answer")
    question = questions.ask(by=file.borrower, offer=theirs, text="可以晚一个月开始吗？")
    assert case_of(theirs) == ("lender", "question_waiting")
    assert list(queries_approvals.waiting_for_lender(file.officers[0])) == [question]
    questions.answer(by=file.officers[0], question=question, text="可以。")
    assert case_of(theirs) == ("borrower", "offer_to_answer")
    assert not queries_approvals.waiting_for_lender(file.officers[0]).exists()
    assert Work.objects.filter(kind="question_answered", about_ref=theirs.ref).exists()


def test_a_lenders_question_waits_for_the_borrower_and_the_day_stays(file, offer):
    due = Case.objects.get(pk=offer.case_id).due_on
    question = questions.ask(by=file.officers[0], offer=offer, text="收入什么时候恢复？")
    assert case_of(offer) == ("borrower", "question_to_answer")
    assert Case.objects.get(pk=offer.case_id).due_on == due
    assert Work.objects.filter(kind="offer_question", person=file.borrower).exists()
    questions.answer(by=file.borrower, question=question, text="九月。")
    assert case_of(offer) == ("lender", "new_proposal")


def test_a_question_changes_nothing_about_the_offer(file, theirs):
    questions.ask(by=file.borrower, offer=theirs, text="为什么是 60 期？")
    assert offers.accept(by=file.borrower, offer=theirs)


def test_a_question_is_answered_by_the_other_side_once(file, theirs):
    question = questions.ask(by=file.borrower, offer=theirs, text="为什么？")
    assert code_of(questions.answer, by=file.borrower, question=question, text="因为") == "not_yours"
    questions.answer(by=file.officers[0], question=question, text="我们最长 60 期。")
    assert code_of(questions.answer, by=file.officers[0], question=question, text="又") == "already_answered"
    assert Reply.objects.count() == 1


def test_one_question_waits_at_a_time_and_there_is_an_end(file, theirs):
    for number in range(questions.MOST_PER_SIDE):
        question = questions.ask(by=file.borrower, offer=theirs, text=f"问题 {number}")
        assert code_of(questions.ask, by=file.borrower, offer=theirs, text="还有") == "still_waiting"
        questions.answer(by=file.officers[0], question=question, text="好。")
    assert code_of(questions.ask, by=file.borrower, offer=theirs, text="再问") == "enough_questions"


@pytest.mark.parametrize("text", ["", "   ", "字" * 301])
def test_a_question_is_neither_empty_nor_long(file, theirs, text):
    with pytest.raises(Refused) as refused:
        questions.ask(by=file.borrower, offer=theirs, text=text)
    assert refused.value.field == "text"


def test_a_closed_offer_takes_neither_question_nor_answer(file, theirs):
    question = questions.ask(by=file.borrower, offer=theirs, text="为什么？")
    offers.decline(by=file.borrower, offer=theirs)
    assert code_of(questions.answer, by=file.officers[0], question=question, text="晚了") == "offer_declined"
    assert code_of(questions.ask, by=file.officers[0], offer=theirs, text="晚了") == "offer_declined"


def test_a_question_outlives_the_offer_that_other_terms_replace(file, offer):
    question = questions.ask(by=file.borrower, offer=offer, text="可以晚一个月开始吗？")
    terms = dataclasses.replace(Terms.from_json(offer.terms), periods=60)
    newer = offers.counter(by=file.officers[0], offer=offer, terms=terms)
    assert list(queries_approvals.asked_about(file.borrower, newer)) == [question]
    assert list(queries_approvals.waiting_for_lender(file.officers[0])) == [question]
    assert case_of(newer) == ("lender", "question_waiting")
    [sheet] = [each for each in desk.sheets(file.officers[0], newer.case) if each.offer == newer]
    assert list(sheet.asked) == [question]
    questions.answer(by=file.officers[0], question=question, text="可以。")
    assert case_of(newer) == ("borrower", "offer_to_answer")
    assert Work.objects.filter(kind="question_answered", about_ref=newer.ref).exists()
    assert not queries_approvals.waiting_for_lender(file.officers[0]).exists()


def test_a_counter_offer_does_not_wait_for_the_lenders_own_earlier_question(file, theirs):
    question = questions.ask(by=file.officers[0], offer=theirs, text="收入什么时候恢复？")
    terms = dataclasses.replace(Terms.from_json(theirs.terms), periods=48)
    newer = offers.counter(by=file.borrower, offer=theirs, terms=terms)
    assert case_of(newer) == ("lender", "counter_offer")
    questions.answer(by=file.borrower, question=question, text="九月。")


def test_the_page_of_the_newer_offer_shows_the_earlier_question(file, offer, client_for):
    questions.ask(by=file.borrower, offer=offer, text="可以晚一个月开始吗？")
    terms = dataclasses.replace(Terms.from_json(offer.terms), periods=60)
    newer = offers.counter(by=file.officers[0], offer=offer, terms=terms)
    page = client_for(file.borrower).get(reverse("offer", args=[newer.ref])).content.decode()
    assert "可以晚一个月开始吗？" in page


def test_strangers_find_neither_offer_nor_question(file, theirs):
    question = questions.ask(by=file.borrower, offer=theirs, text="为什么？")
    for stranger in (builders.a_borrower(), builders.an_officer(builders.a_lender())):
        with pytest.raises(Question.DoesNotExist):
            questions.answer(by=stranger, question=question, text="我来答")
        assert not queries_approvals.questions_for(stranger).exists()


def test_the_record_never_holds_the_words(file, theirs):
    question = questions.ask(by=file.borrower, offer=theirs, text="我在江晴医院住院")
    questions.answer(by=file.officers[0], question=question, text="祝您早日康复")
    events = Event.objects.filter(about_ref=question.ref)
    assert {event.kind for event in events} == {"question.asked", "question.answered"}
    assert not [event for event in events if "住院" in str(event.data) or "康复" in str(event.data)]


def test_a_question_cannot_be_rewritten_only_emptied(file, theirs):
    question = questions.ask(by=file.borrower, offer=theirs, text="为什么？")
    with pytest.raises(DatabaseError), transaction.atomic():
        Question.objects.filter(pk=question.pk).update(side="lender")
    assert Question.objects.filter(pk=question.pk).update(text="") == 1
