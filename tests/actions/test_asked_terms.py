"""Nobody finds out by trying what a budget allows: a lender asks about few terms of its own, and each try is counted."""

import dataclasses
import threading

import pytest
from django.db import connection

from cases.domain import rulebook
from cases.domain.refusal import Refused
from repayment import queries_plans
from repayment.actions import approvals, offers, variations
from repayment.actions.crossing import RULE
from repayment.actions.second_person import NeedsApproval
from repayment.domain.terms import Terms
from repayment.models import AskedTerms, Offer
from tests import builders
from tests.actions.negotiating import a_file, sent
from tests.lending import OFFERS, a_key, ask_as

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def rule(clock):
    return rulebook.load("house").rule(RULE, clock.today)


@pytest.fixture
def file():
    """Two lenders; the first has agreed, so the second's dearer answers are above the statement."""
    found = a_file(2)
    found.first, found.second = sent(found)
    offers.accept(by=found.officers[0], offer=found.first)
    found.officer = found.officers[1]
    return found


def in_(offer, periods):
    return dataclasses.replace(Terms.from_json(offer.terms), periods=periods)


def tried(file, periods):
    """What the officer learns of one try; a yes would go out to the borrower."""
    try:
        offers.counter(by=file.officer, offer=file.second, terms=in_(file.second, periods))
    except Refused as refused:
        return refused.code
    return "sent"


def test_after_a_few_different_answers_on_one_day_no_more_is_told(file, rule):
    told = [tried(file, 5 + number) for number in range(rule.number("per_day") + 2)]
    assert told == ["needs_approval"] * rule.number("per_day") + ["asked_enough_today"] * 2
    assert AskedTerms.objects.count() == rule.number("per_day")


def test_after_a_few_different_answers_on_one_offer_no_more_is_told_the_next_day(file, rule, clock):
    most = rule.number("per_offer")
    for number in range(most):
        clock.advance(days=1)
        assert tried(file, 5 + number) == "needs_approval"
    clock.advance(days=1)
    assert tried(file, 5 + most) == "asked_enough"


def test_beyond_the_tries_what_would_fit_and_what_would_not_are_told_alike(file, rule):
    for number in range(rule.number("per_day")):
        tried(file, 5 + number)
    said = set()
    for periods in (9, 50):
        with pytest.raises(Refused) as caught:
            offers.counter(by=file.officer, offer=file.second, terms=in_(file.second, periods))
        said.add((caught.value.code, str(caught.value), caught.value.citation))
    assert {(code, citation) for code, _message, citation in said} == {("asked_enough_today", rule.citation)}
    assert len(said) == 1


def test_to_send_and_then_to_ask_with_the_same_terms_is_one_try(file):
    assert tried(file, 6) == "needs_approval"
    assert approvals.ask(by=file.officer, offer=file.second, terms=in_(file.second, 6), note="知道。")
    assert AskedTerms.objects.count() == 1


def test_taking_a_request_back_gives_no_try_back(file, rule):
    for number in range(rule.number("per_day")):
        terms = in_(file.second, 5 + number)
        approval = approvals.ask(by=file.officer, offer=file.second, terms=terms, note="知道。")
        approvals.cancel(by=file.officer, approval=approval)
    assert tried(file, 12) == "asked_enough_today"


def test_a_colleague_has_no_tries_of_their_own(file, rule):
    for number in range(rule.number("per_day")):
        tried(file, 5 + number)
    file.officer = builders.an_officer(file.lenders[1], role="team_lead")
    assert tried(file, 12) == "asked_enough_today"


def test_what_the_policy_refuses_anyway_is_no_try(file):
    with pytest.raises(Refused) as caught:
        offers.counter(by=file.officer, offer=file.second, terms=in_(file.second, 600))
    assert caught.value.code == "outside_policy"
    assert not AskedTerms.objects.exists()


def test_the_borrowers_own_terms_can_be_accepted_after_every_try(file, rule):
    for number in range(rule.number("per_day")):
        tried(file, 5 + number)
    assert offers.accept(by=file.officer, offer=file.second)


def test_a_borrower_may_ask_for_something_else_as_often_as_they_like(file, rule):
    ours = offers.counter(by=file.officer, offer=file.second, terms=in_(file.second, 58))
    offers.counter(by=file.borrower, offer=ours, terms=in_(ours, 59))
    assert AskedTerms.objects.count() == 1


def test_a_change_of_an_agreement_is_counted_like_an_answer(rule, clock):
    file = a_file(1)
    plan = offers.accept(by=file.officers[0], offer=sent(file)[0])
    told = []
    for number in range(rule.number("per_day") + 1):
        terms = queries_plans.terms_to_vary(plan, clock.today)
        terms = dataclasses.replace(terms, periods=terms.periods + 1 + number)
        try:
            made = variations.propose(by=file.officers[0], plan=plan, terms=terms)
            offers.withdraw(by=file.officers[0], offer=made)
            told.append("sent")
        except Refused as refused:
            told.append(refused.code)
    assert told == ["sent"] * rule.number("per_day") + ["asked_enough_today"]


@pytest.mark.parametrize("key", ["", None])
def test_a_program_that_is_refused_has_tried_all_the_same(file, rule, key):
    secret = a_key(file.lenders[1])
    address = f"{OFFERS}/{file.second.ref}/answer"
    codes = []
    for number in range(rule.number("per_day") + 1):
        terms = in_(file.second, 5 + number).to_json()
        answer = ask_as(secret, address, {"answer": "counter", "terms": terms}, key=key)
        codes.append((answer.status_code, answer.json()["code"]))
    assert codes == [(422, "note_needed")] * rule.number("per_day") + [(409, "asked_enough_today")]
    assert rule.citation in answer.json()["detail"]


@pytest.mark.django_db(transaction=True)
def test_eight_tries_at_the_same_time_are_no_more_than_one_after_the_other(clock):
    most = rulebook.load("house").rule(RULE, clock.today).number("per_day")
    file = a_file(2)
    file.first, file.second = sent(file)
    offers.accept(by=file.officers[0], offer=file.first)
    file.officer = file.officers[1]
    start, codes = threading.Barrier(8), []

    def run(periods):
        try:
            start.wait()
            codes.append(tried(file, periods))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(5 + number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["asked_enough_today"] * (8 - most) + ["needs_approval"] * most
    assert AskedTerms.objects.count() == most
    assert Offer.objects.get(pk=file.second.pk).state == Offer.State.OPEN


def test_what_needs_a_second_person_is_said_without_a_figure(file):
    with pytest.raises(NeedsApproval) as caught:
        offers.counter(by=file.officer, offer=file.second, terms=in_(file.second, 6))
    assert [str(each) for each in caught.value.reasons] == ["above_statement"]
