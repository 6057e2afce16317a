"""The faces of a negotiation in the open: questions, the second person, the waiver budget, the policy, old debts."""

import dataclasses
import datetime as dt
import html
import re

import pytest

from cases.access import Role
from repayment import queries_compare
from repayment.actions import offers, policies, waivers
from repayment.domain.terms import Terms
from repayment.models import Approval, Offer, Question, Reply, WaiverBudget
from tests import builders
from tests.actions.negotiating import a_file, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def file():
    return a_file(1, overdue=200_00)


@pytest.fixture
def own(file):
    return sent(file)[0]


@pytest.fixture
def theirs(file, own):
    terms = dataclasses.replace(Terms.from_json(own.terms), waive_interest=0, waive_fees=50_00)
    return offers.counter(by=file.officers[0], offer=own, terms=terms, reason="可以免一部分。")


def words(response):
    text = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def read(client, address):
    response = client.get(address, headers={"accept-language": "en"})
    assert response.status_code == 200, response.status_code
    return words(response)


# ── questions ────────────────────────────────────────────────────────────────────────────────
def test_a_question_and_its_answer_go_there_and_back(client_for, file, theirs):
    borrower, officer = client_for(file.borrower), client_for(file.officers[0])
    assert "Ask a question" in read(borrower, f"/offers/{theirs.ref}/")
    answer = borrower.post(f"/offers/{theirs.ref}/question", {"text": "可以晚一个月吗？"})
    assert answer.status_code == 302
    asked = Question.objects.get()
    desk = read(officer, "/officer/")
    assert "1 question" in desk
    assert "The borrower asks a question" in desk
    assert "可以晚一个月吗？" in read(officer, f"/officer/cases/{theirs.case.ref}/")
    assert officer.post(f"/officer/questions/{asked.ref}/", {"text": "可以。"}).status_code == 302
    page = read(borrower, f"/offers/{theirs.ref}/")
    assert "They answered" in page
    assert "可以。" in page


def test_a_lenders_question_is_answered_on_a_page_of_its_own(client_for, file, own):
    officer, borrower = client_for(file.officers[0]), client_for(file.borrower)
    assert officer.post(f"/officer/offers/{own.ref}/question/", {"text": "何时恢复收入？"}).status_code == 302
    asked = Question.objects.get()
    assert "Answer this question" in read(borrower, f"/offers/{own.ref}/")
    assert "何时恢复收入？" in read(borrower, f"/questions/{asked.ref}/")
    assert borrower.post(f"/questions/{asked.ref}/", {"text": "九月。"}).status_code == 302
    assert Reply.objects.get().text == "九月。"
    assert borrower.get(f"/questions/{asked.ref}/").status_code == 302


def test_an_empty_question_is_refused_beside_its_field(client_for, file, theirs):
    response = client_for(file.borrower).post(f"/offers/{theirs.ref}/question", {"text": " "})
    assert response.status_code == 422
    long = client_for(file.borrower).post(f"/offers/{theirs.ref}/question", {"text": "字" * 301})
    assert long.status_code == 422
    assert "字" * 301 in long.content.decode()
    assert not Question.objects.exists()


def test_a_question_on_an_offer_that_ended_says_so(client_for, file, theirs):
    offers.withdraw(by=file.officers[0], offer=theirs)
    response = client_for(file.borrower).post(f"/offers/{theirs.ref}/question", {"text": "为什么？"})
    assert response.status_code == 409
    assert "为什么？" in response.content.decode()


# ── the second person ────────────────────────────────────────────────────────────────────────
@pytest.fixture
def limited(file, own):
    administrator = builders.an_officer(file.lenders[0], role=Role.LENDER_ADMIN)
    policies.publish(by=administrator, lender=file.lenders[0], authority={"officer": {"waiver": 10_00}})
    return administrator


def counter_data(own, **changes):
    data = {
        "waive_interest": "0",
        "waive_fees": "100.00",
        "method": "equal_instalment",
        "rate": "6",
        "periods": "40",
        "pause": "0",
        "first_due": "2027-06-20",
        "reason": "可以免掉一部分。",
    }
    return data | changes


def test_an_officer_above_the_limit_asks_and_a_team_lead_lets_it_go_out(client_for, file, own, limited):
    officer = client_for(file.officers[0])
    address = f"/officer/offers/{own.ref}/counter/"
    looked = officer.post(address, counter_data(own), headers={"accept-language": "en"}, follow=True)
    assert "A second person has to approve this" in words(looked)
    assert 'name="send"' not in looked.content.decode()
    refused = officer.post(address, counter_data(own, send="1"))
    assert refused.status_code == 422
    assert officer.post(address, counter_data(own, ask="1")).status_code == 302
    approval = Approval.objects.get()
    assert "Your case" not in read(officer, f"/officer/approvals/{approval.ref}/")
    assert officer.post(f"/officer/approvals/{approval.ref}/", {"word": "approve"}).status_code == 404
    lead = client_for(builders.an_officer(file.lenders[0], role=Role.TEAM_LEAD))
    assert "Second person 1" in read(lead, "/officer/")
    assert own.case.ref in read(lead, "/officer/approvals/")
    assert lead.post(f"/officer/approvals/{approval.ref}/", {"word": "approve"}).status_code == 302
    assert Offer.objects.get(made_by="lender").author == file.officers[0]


def test_a_refusal_needs_a_reason_and_reaches_the_officer(client_for, file, own, limited):
    client_for(file.officers[0]).post(f"/officer/offers/{own.ref}/counter/", counter_data(own, ask="1"))
    approval = Approval.objects.get()
    lead = client_for(limited)
    address = f"/officer/approvals/{approval.ref}/"
    assert lead.post(address, {"word": "refuse", "text": ""}).status_code == 422
    assert lead.post(address, {"word": "refuse", "text": "先免 50 元。"}).status_code == 302
    assert "先免 50 元。" in read(client_for(file.officers[0]), address)
    assert lead.post(address, {"word": "approve"}).status_code == 409


def test_the_borrowers_pages_know_nothing_of_a_request(client_for, file, own, limited):
    borrower = client_for(file.borrower)
    before = [borrower.get(address).content.decode() for address in ("/offers/", f"/offers/{own.ref}/")]
    client_for(file.officers[0]).post(f"/officer/offers/{own.ref}/counter/", counter_data(own, ask="1"))
    after = [borrower.get(address).content.decode() for address in ("/offers/", f"/offers/{own.ref}/")]
    strip = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"|nonce="[^"]+"')
    assert [strip.sub("", page) for page in after] == [strip.sub("", page) for page in before]


def test_the_queue_of_requests_asks_a_fixed_number_of_questions(
    client_for, file, limited, django_assert_max_num_queries
):
    lead = client_for(limited)
    lender = file.lenders[0]
    for _number in range(4):
        other = a_file(1, overdue=200_00)
        other.lenders[0] = lender
        for offer in sent(other):
            client_for(other.officers[0]).post(
                f"/officer/offers/{offer.ref}/counter/", counter_data(offer, ask="1")
            )
    lead.get("/officer/approvals/")
    with django_assert_max_num_queries(22):
        lead.get("/officer/approvals/")


# ── the waiver budget ────────────────────────────────────────────────────────────────────────
def test_an_administrator_sets_the_months_budget_and_officers_see_what_is_left(client_for, file, own):
    administrator = builders.an_officer(file.lenders[0], role=Role.LENDER_ADMIN)
    client, officer = client_for(administrator), client_for(file.officers[0])
    data = {"month": "2027-05-01", "limit": "120.00"}
    assert client.post("/officer/waivers/", data).status_code == 302
    assert WaiverBudget.objects.get().limit == 120_00
    assert "120.00" in read(officer, f"/officer/offers/{own.ref}/counter/")
    assert officer.post("/officer/waivers/", data).status_code == 404
    officer.post(f"/officer/offers/{own.ref}/counter/", counter_data(own, send="1"))
    assert "20.00" in read(officer, f"/officer/cases/{own.case.ref}/")
    low = client.post("/officer/waivers/", data | {"limit": "99.99"}, headers={"accept-language": "en"})
    assert low.status_code == 422
    assert "More than this is promised already" in words(low)


def test_an_answer_beyond_the_budget_is_refused_on_the_page_it_was_written_on(client_for, file, own):
    administrator = builders.an_officer(file.lenders[0], role=Role.LENDER_ADMIN)
    waivers.set_limit(by=administrator, lender=file.lenders[0], limit=99_99)
    response = client_for(file.officers[0]).post(
        f"/officer/offers/{own.ref}/counter/",
        counter_data(own, send="1"),
        headers={"accept-language": "en"},
    )
    assert response.status_code == 422
    assert "waiver budget does not reach" in words(response)
    assert "可以免掉一部分。" in response.content.decode()


# ── what a lender may agree to ───────────────────────────────────────────────────────────────
def test_the_policy_page_says_who_qualifies_and_why_not_yet(client_for, file):
    administrator = builders.an_officer(file.lenders[0], role=Role.LENDER_ADMIN)
    policies.publish(
        by=administrator,
        lender=file.lenders[0],
        instant=True,
        conditions={"deferral": {"min_days_overdue": 60}, "interest_free": {"needs_difficulty": True}},
    )
    page = read(client_for(file.borrower), f"/lenders/{file.lenders[0].ref}/policy")
    assert "It has been overdue for 45 days; they ask for 60." in page
    assert "Your budget names no reason for the difficulty yet." in page
    assert "They can agree at once" in page


def test_a_lender_one_owes_nothing_has_no_page(client_for, file):
    stranger = builders.a_lender()
    assert client_for(file.borrower).get(f"/lenders/{stranger.ref}/policy").status_code == 404


# ── very old debts ───────────────────────────────────────────────────────────────────────────
def test_an_old_debt_is_left_out_until_its_owner_wants_it_in(client_for, file):
    from repayment import queries

    client, debt = client_for(file.borrower), file.debts[0]
    assert "How old is it" in read(client, f"/debts/{debt.ref}/")
    debt.days_overdue = None
    debt.save()
    assert queries.debts_to_settle(file.borrower) == [debt]
    address = f"/debts/{debt.ref}/age"
    assert client.post(address, {"last_paid_on": "2024-05-01"}).status_code == 302
    assert queries.debts_to_settle(file.borrower) == []
    page = read(client, address)
    assert "may start the time again" in page
    assert "free adviser" in page
    assert client.post(address, {"deed": "include"}).status_code == 302
    assert queries.debts_to_settle(file.borrower) == [debt]
    debt.refresh_from_db()
    assert debt.old_included_at
    assert client.post(address, {"deed": "leave_out"}).status_code == 302
    assert queries.debts_to_settle(file.borrower) == []


def test_days_to_come_are_refused_beside_their_field(client_for, file):
    response = client_for(file.borrower).post(
        f"/debts/{file.debts[0].ref}/age", {"last_paid_on": "2028-01-01"}, headers={"accept-language": "en"}
    )
    assert response.status_code == 422
    assert "still to come" in words(response)
    assert "2028-01-01" in response.content.decode()


def test_a_new_day_takes_the_choice_back(client_for, file):
    client, debt = client_for(file.borrower), file.debts[0]
    address = f"/debts/{debt.ref}/age"
    debt.days_overdue = None
    debt.save()
    client.post(address, {"last_paid_on": "2024-05-01"})
    client.post(address, {"deed": "include"})
    client.post(address, {"last_paid_on": "2024-04-01"})
    debt.refresh_from_db()
    assert debt.old_included_at is None


def test_the_lenders_people_see_nothing_of_a_debts_age(client_for, file, own):
    debt = file.debts[0]
    debt.last_paid_on, debt.last_acknowledged_on = dt.date(2019, 3, 7), dt.date(2019, 4, 8)
    debt.old_included_at = debt.created_at
    debt.save()
    officer = client_for(file.officers[0])
    for address in (
        "/officer/",
        f"/officer/cases/{own.case.ref}/",
        f"/officer/offers/{own.ref}/counter/",
        f"/officer/offers/{own.ref}/acceptance/",
    ):
        raw = officer.get(address, headers={"accept-language": "en"}).content.decode()
        assert "2019" not in raw
        assert "court" not in raw


def test_the_comparison_leaves_an_old_debt_out_and_says_so(client_for, clock):
    file = a_file(2)
    debt = file.debts[0]
    debt.last_paid_on, debt.days_overdue = dt.date(2024, 1, 1), None
    debt.save()
    client = client_for(file.borrower)
    page = read(client, "/plans/")
    assert "may be too old for a court" in page
    assert [each.ref for each in queries_compare.compare_for(file.borrower).debts] == [file.debts[1].ref]


def test_the_comparison_asks_for_nothing_whose_conditions_are_not_met():
    open_to_all = a_file(1, deferral_max_periods=6)
    assert queries_compare.compare_for(open_to_all.borrower).pauses
    strict = a_file(1)
    strict.lenders[0].policies.update(conditions={"deferral": {"min_days_overdue": 60}})
    assert not queries_compare.compare_for(strict.borrower).pauses
