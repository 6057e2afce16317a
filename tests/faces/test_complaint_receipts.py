"""Complaining without an account, and what a receipt opens; the later steps of a complaint; court papers; the officer's side."""

import datetime as dt
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.access import Role
from cases.actions import complaints
from cases.domain import receipt
from cases.models import Complaint, ComplaintFacet, CourtPaper, Lender, User
from portal.officer import queries as desk_queries
from tests import builders as make
from tests.actions.complaining import a_complaint, a_court_paper, a_visitors_complaint

pytestmark = pytest.mark.django_db
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def person(clock: Any) -> User:
    return make.a_borrower()


@pytest.fixture
def bank(clock: Any) -> Lender:
    return make.a_lender("安澜银行")


@pytest.fixture
def officer(bank: Lender) -> User:
    return make.an_officer(bank)


@pytest.fixture
def visitor(clock: Any) -> Client:
    return Client(**ENGLISH)


def filled(bank: Lender, /, **said: Any) -> dict[str, Any]:
    return {
        "lender": bank.ref,
        "category": "hours_calls",
        "labels": ["employer"],
        "said": "5月11日 22:17 打来电话",
        "wants": ["stop"],
        "once": "o" * 20,
    } | said


def page(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def opened(client: Client, kept: Complaint) -> Client:
    client.post(reverse("complaint_receipt"), {"receipt": kept.receipt})
    return client


# ── sending ──────────────────────────────────────────────────────────────────────────────────
def test_a_visitor_sends_and_sees_the_receipt_once_more_on_the_page(visitor: Client, bank: Lender) -> None:
    preview = page(visitor.post(reverse("complain"), filled(bank)))
    assert "Nothing has been sent yet" in preview
    assert "Contacted your employer" in preview
    assert not Complaint.objects.exists()
    answer = visitor.post(reverse("complain"), filled(bank, send="1"), follow=True)
    kept = Complaint.objects.get()
    assert answer.redirect_chain == [(reverse("complaint", args=[kept.ref]), 302)]
    assert receipt.spoken(kept.receipt) in page(answer)
    assert kept.ref not in page(answer), "one code to write down, not two"
    assert kept.labels == ["employer"]
    assert kept.receipt not in str(dict(visitor.session))


def test_no_cookie_but_session_csrf_and_language(visitor: Client, bank: Lender) -> None:
    visitor.get(reverse("complain"))
    visitor.post(reverse("complain"), filled(bank, send="1"))
    assert set(visitor.cookies) <= {"session", "csrftoken", "messages"}


def test_a_mistake_loses_nothing_that_was_typed(visitor: Client, bank: Lender) -> None:
    answer = visitor.post(
        reverse("complain"), filled(bank, said="", want_words="请道歉", labels=["paid"] * 1)
    )
    assert answer.status_code == 422
    content = answer.content.decode()
    assert "请道歉" in content
    assert 'value="paid" selected' in content


def test_too_many_labels_are_named_at_the_field(visitor: Client, bank: Lender) -> None:
    labels = ["employer", "paid", "violence", "visits", "charges", "data_misuse"]
    answer = visitor.post(reverse("complain"), filled(bank, labels=labels))
    assert answer.status_code == 422
    assert "Choose five at most." in page(answer)


def test_pressed_twice_it_is_sent_once(visitor: Client, bank: Lender) -> None:
    for _ in range(2):
        visitor.post(reverse("complain"), filled(bank, send="1"))
    assert Complaint.objects.count() == 1


def test_one_address_cannot_flood_the_desk(visitor: Client, bank: Lender, monkeypatch: Any) -> None:
    # One span of the limit, wherever the real hour stands.
    monkeypatch.setattr(time, "time", lambda: 1_900_000_000.0)
    found = [visitor.post(reverse("complain"), filled(bank, once=f"{n:020d}", send="1")) for n in range(21)]
    assert (found[19].status_code, found[20].status_code) == (302, 429)
    assert found[20].headers["Retry-After"] == "3600"
    assert Complaint.objects.count() == 20


# ── looking up ───────────────────────────────────────────────────────────────────────────────
def test_a_receipt_opens_its_complaint_and_no_other(visitor: Client, bank: Lender) -> None:
    mine, other = a_visitors_complaint(bank), a_visitors_complaint(bank)
    answer = visitor.post(reverse("complaint_receipt"), {"receipt": receipt.spoken(mine.receipt)})
    assert (answer.status_code, answer["Location"]) == (302, reverse("complaint", args=[mine.ref]))
    assert visitor.get(reverse("complaint", args=[mine.ref])).status_code == 200
    for step in ("complaint", "complaint_withdrawal", "complaint_review"):
        assert visitor.get(reverse(step, args=[other.ref])).status_code == 404


def test_what_is_no_receipt_and_what_is_nobodys_are_answered_alike(visitor: Client, bank: Lender) -> None:
    a_visitors_complaint(bank)
    answers = []
    for typed in (receipt.new(), "4111111111111111", "1234", "x", "\x00" * 16):
        with CaptureQueriesContext(connection) as queries:
            answer = visitor.post(reverse("complaint_receipt"), {"receipt": typed})
        text = re.sub(r'value="[^"]*"', "", answer.content.decode())
        asked = [each["sql"] for each in queries if "receipt_index" in each["sql"]]
        answers.append((answer.status_code, text, len(asked)))
    # The NUL never reaches the look-up: Django's own field refuses it.
    assert len(set(answers[:4])) == 1
    assert answers[0][0] == answers[4][0] == 422
    assert answers[0][2] == 1


def test_guessing_is_slowed_down(visitor: Client, bank: Lender, monkeypatch: Any) -> None:
    kept = a_visitors_complaint(bank)
    monkeypatch.setattr(time, "time", lambda: 1_900_000_000.0)
    for _ in range(30):
        assert visitor.post(reverse("complaint_receipt"), {"receipt": receipt.new()}).status_code == 422
    answer = visitor.post(reverse("complaint_receipt"), {"receipt": kept.receipt})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "600")


def test_one_address_cannot_close_the_page_to_everybody(
    visitor: Client, bank: Lender, monkeypatch: Any
) -> None:
    monkeypatch.setattr("cases.views.complaint_receipts._LOOKS", {"most": 2, "seconds": 600})
    monkeypatch.setattr("cases.views.complaint_receipts._LOOKS_OF_ALL", {"most": 4, "seconds": 600})
    for host in range(6):
        # An IPv6 line has 2**64 addresses and is one caller.
        visitor.post(reverse("complaint_receipt"), {"receipt": "1" * 16}, REMOTE_ADDR=f"2001:db8:1:2::{host}")
    other = visitor.post(reverse("complaint_receipt"), {"receipt": "1" * 16}, REMOTE_ADDR="2001:db8:1:3::1")
    assert other.status_code == 422


def test_the_page_closes_by_itself_and_by_a_button(visitor: Client, bank: Lender, monkeypatch: Any) -> None:
    kept = a_visitors_complaint(bank)
    address = reverse("complaint", args=[kept.ref])
    opened(visitor, kept).post(reverse("complaint_receipt_end"))
    assert visitor.get(address).status_code == 302
    opened(visitor, kept)
    late = time.time() + 31 * 60
    monkeypatch.setattr("cases.views.complaint_scope.time.time", lambda: late)
    assert visitor.get(address).status_code == 302


def test_an_account_gets_a_receipt_too_and_it_opens_without_signing_in(
    visitor: Client, person: User, bank: Lender, client_for: Callable[..., Client]
) -> None:
    kept = a_complaint(person, bank)
    shown = page(client_for(person, **ENGLISH).get(reverse("complaint", args=[kept.ref])))
    assert receipt.spoken(kept.receipt) in shown
    seen = opened(visitor, kept).get(reverse("complaint", args=[kept.ref]))
    assert seen.status_code == 200
    assert "My complaints" not in page(seen)


def test_by_receipt_one_rates_asks_again_and_writes_a_letter(
    visitor: Client, bank: Lender, officer: User
) -> None:
    kept = a_visitors_complaint(bank)
    complaints.answer(by=officer, complaint=kept, text="我们没有打过。")
    opened(visitor, kept)
    wrong = visitor.post(reverse("complaint_rating", args=[kept.ref]), {"words": "没有解决"})
    assert wrong.status_code == 422
    assert "没有解决" in wrong.content.decode()
    visitor.post(reverse("complaint_rating", args=[kept.ref]), {"rating": "bad", "words": "没有解决"})
    answer = visitor.post(reverse("complaint_review", args=[kept.ref]), {"said": "有录音"}, follow=True)
    again = Complaint.objects.get(relation="review")
    assert answer.redirect_chain[-1][0] == reverse("complaint", args=[again.ref])
    assert visitor.post(reverse("complaint_review", args=[kept.ref]), {"said": "x"}).status_code == 302
    letter = visitor.get(reverse("complaint_letter", args=[again.ref, "cn_nfra"]))
    text = page(letter)
    for fact in (
        "国家金融监督管理总局",
        "安澜银行",
        "22:17",
        "我们没有打过。",
        "请该机构再看一次",
        "2027年5月12日",
    ):
        assert fact in text
    visitor.post(reverse("complaint_escalation", args=[again.ref, "cn_nfra"]))
    assert ComplaintFacet.objects.get().body == "cn_nfra"
    assert visitor.get(reverse("complaint_letter", args=[again.ref, "uk_fos"])).status_code == 404
    assert visitor.get(reverse("complaint_letter", args=[again.ref, "cn_police"])).status_code == 404


def test_a_letter_speaks_the_language_of_its_body(visitor: Client, bank: Lender) -> None:
    Lender.objects.update(jurisdiction="UK", name_en="Anlan Bank")
    kept = a_visitors_complaint(Lender.objects.get())
    opened(visitor, kept)
    chinese = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    opened(chinese, kept)
    text = page(chinese.get(reverse("complaint_letter", args=[kept.ref, "uk_fos"])))
    assert "Complaint about Anlan Bank: Called before 8am or after 9pm" in text
    assert "写好的信" in text


def test_who_is_signed_in_learns_why_a_visitors_receipt_does_not_open(
    bank: Lender, person: User, client_for: Callable[..., Client]
) -> None:
    kept = a_visitors_complaint(bank)
    page = client_for(person).post(
        reverse("complaint_receipt"), {"receipt": kept.receipt}, headers={"accept-language": "en"}
    )
    assert page.status_code == 422
    assert "opens without an account. Sign out first" in page.content.decode()


def test_staff_open_nothing_by_receipt(
    bank: Lender, officer: User, client_for: Callable[..., Client]
) -> None:
    kept = a_visitors_complaint(bank)
    browser = opened(client_for(officer), kept)
    assert browser.get(reverse("complaint", args=[kept.ref])).status_code == 404


# ── what others see ──────────────────────────────────────────────────────────────────────────
def test_the_officer_of_a_visitors_complaint_sees_no_person_and_answers(
    bank: Lender, officer: User, client_for: Callable[..., Client]
) -> None:
    kept = a_visitors_complaint(bank)
    desk = client_for(officer, **ENGLISH)
    shown = page(desk.get(reverse("admin:complaint", args=[kept.ref])))
    assert "Sent without an account" in shown
    assert kept.receipt not in shown
    assert receipt.spoken(kept.receipt) not in shown
    desk.post(reverse("admin:complaint", args=[kept.ref]), {"text": "已停止。"})
    assert Complaint.objects.get().answer == "已停止。"


def test_an_officer_says_why_it_takes_longer_and_the_borrower_reads_it(
    person: User, bank: Lender, officer: User, clock: Any, client_for: Callable[..., Client]
) -> None:
    kept = a_complaint(person, bank)
    desk, address = client_for(officer, **ENGLISH), reverse("admin:complaint", args=[kept.ref])
    assert desk.post(address, {"more_time": "1", "why": ""}).status_code == 422
    assert desk.post(address, {"more_time": "1", "why": "要调录音"}).status_code == 302
    assert "Answer by Fri 11 Jun" in page(desk.get(address)).replace("\xa0", " ")
    clock.advance(days=16)
    assert desk_queries.complaints_waiting(officer, clock.today) == {"waiting": 1, "late": 0}
    assert "Past its day" not in page(desk.get(reverse("admin:complaints")))
    assert "要调录音" in page(client_for(person, **ENGLISH).get(reverse("complaint", args=[kept.ref])))


def test_a_pattern_is_shown_to_who_leads_the_desk_and_to_the_regulator(
    bank: Lender, officer: User, settings: Any, client_for: Callable[..., Client]
) -> None:
    settings.SMALL_CELL_THRESHOLD = 3
    rows = [a_complaint(make.a_borrower(), bank) for _ in range(3)]
    lead = client_for(make.an_officer(bank, role=Role.TEAM_LEAD), **ENGLISH)
    address = reverse("admin:complaint", args=[rows[0].ref])
    assert "3 different people complained to you" in page(lead.get(address))
    assert "different people complained" not in page(client_for(officer, **ENGLISH).get(address))


@pytest.mark.django_db(databases=["default", "reports"], transaction=True)
def test_the_regulator_reads_patterns_without_a_person(
    bank: Lender, settings: Any, client_for: Callable[..., Client]
) -> None:
    settings.SMALL_CELL_THRESHOLD = 3
    people = [make.a_borrower(name=f"某人{n}") for n in range(3)]
    for each in people[:2]:
        a_complaint(each, bank, name="林静")
    regulator = client_for(make.a_regulator(), **ENGLISH)
    assert "安澜银行" not in page(regulator.get(reverse("report_patterns")))
    a_complaint(people[2], bank, name="林静")
    shown = page(regulator.get(reverse("report_patterns")))
    assert "安澜银行" in shown
    assert "Called before 8am or after 9pm" in shown
    assert not [name for name in ("林静", "某人", "22:17", "138") if name in shown]


# ── court papers ─────────────────────────────────────────────────────────────────────────────
def test_court_papers_are_written_down_in_two_answers(
    person: User, client_for: Callable[..., Client]
) -> None:
    browser = client_for(person, **ENGLISH)
    form = page(browser.get(reverse("court_new")))
    assert "A payment order" in form
    assert "England" not in form
    said = {"kind": "court.cn.payment_order", "received_on": "2027-05-10", "once": "o" * 20}
    shown = page(browser.post(reverse("court_new"), said, follow=True)).replace("\xa0", " ")
    assert "Answer by Tue 25 May" in shown
    assert "12348" in shown
    paper = CourtPaper.objects.get()
    shown = page(browser.post(reverse("court_answer", args=[paper.ref]), follow=True))
    assert "Answered on" in shown
    browser.post(reverse("court_removal", args=[paper.ref]))
    assert "Answered on" not in page(browser.get(reverse("court")))


@pytest.mark.parametrize("day", ["", "2027-05-13", "2020-01-01", "31.02.2027", "yesterday"])
def test_a_day_that_cannot_be_is_refused_at_the_field(
    person: User, client_for: Callable[..., Client], day: str
) -> None:
    said = {"kind": "court.cn.payment_order", "received_on": day}
    answer = client_for(person).post(reverse("court_new"), said)
    assert answer.status_code == 422
    assert not CourtPaper.objects.exists()


def test_the_court_page_asks_the_same_however_many_papers(
    person: User, clock: Any, client_for: Callable[..., Client]
) -> None:
    browser = client_for(person)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("court"))
        return len(queries)

    a_court_paper(person)
    asked()
    first = asked()
    for days in range(1, 6):
        a_court_paper(person, received_on=clock.today - dt.timedelta(days=days))
    assert asked() == first
