"""Complaints as the borrower and the lender's officer meet them."""

import datetime as dt
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import refs
from cases.actions import complaints, contacts
from cases.actions.complaints import Draft
from cases.domain import taxonomy
from cases.models import Complaint, ComplaintClock, Contact, Lender, User
from tests import builders as make

pytestmark = pytest.mark.django_db
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}
BEIJING = dt.timezone(dt.timedelta(hours=8))


@pytest.fixture
def person(clock: Any) -> User:
    return make.a_borrower(phone="+8613800006021")


@pytest.fixture
def bank(person: User) -> Lender:
    bank = make.a_lender("安澜银行")
    make.a_debt(of=person, owed_to=bank)
    return bank


@pytest.fixture
def browser(person: User, client_for: Callable[..., Client]) -> Client:
    return client_for(person, **ENGLISH)


def filled(bank: Lender, /, **said: Any) -> dict[str, Any]:
    return {
        "lender": bank.ref,
        "category": "hours_calls",
        "said": "5月11日 22:17 打来电话",
        "wants": ["stop"],
        "name": "林静",
        "reach": "phone",
        "once": "o" * 20,
    } | said


def sent(by: User, bank: Lender, **fields: Any) -> Complaint:
    values = {"category": "hours_calls", "said": "5月11日 22:17 打来电话", "wants": ("stop",), "name": "林静"}
    return complaints.send(by=by, draft=Draft(lender=bank, reach="+8613800006021", **(values | fields)))


def page(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def entry(by: User, bank: Lender | None) -> Contact:
    at = dt.datetime(2027, 5, 11, 22, 17, tzinfo=BEIJING)
    return contacts.log(
        by=by,
        facts=contacts.Facts(
            at=at, channel="call", outcome="conversation", lender=bank, said="再不还就告诉单位"
        ),
    )


# ── choosing a matter ────────────────────────────────────────────────────────────────────────
def test_matters_stand_in_folds_by_theme_and_only_the_chosen_one_is_open(
    browser: Client, bank: Lender
) -> None:
    form = browser.get(reverse("complaint_new")).context["form"]
    assert [theme.open for theme in form.themes] == [True] + [False] * (len(form.themes) - 1)
    assert sum(len(theme.options) for theme in form.themes) + 1 == len(taxonomy.load().categories)
    again = browser.post(reverse("complaint_new"), filled(bank, said="", category="visits"))
    (opened,) = [theme for theme in again.context["form"].themes if theme.open]
    assert "visits" in [option.data["value"] for option in opened.options]
    assert again.content.decode().count("<details open") == 1
    nothing_fits = browser.post(reverse("complaint_new"), filled(bank, said="", category="something_else"))
    assert not any(theme.open for theme in nothing_fits.context["form"].themes)


def test_the_first_theme_is_how_somebody_was_contacted() -> None:
    assert [issue.code for issue, _rows in taxonomy.load().by_issue()][:3] == [
        "tactics",
        "electronic",
        "sharing",
    ]


def test_before_sending_it_is_said_where_files_are_added(browser: Client, bank: Lender, person: User) -> None:
    assert reverse("contact_new") in browser.get(reverse("complaint_new")).content.decode()
    kept = entry(person, bank)
    form = browser.get(reverse("complaint_new"), {"entry": kept.ref}).content.decode()
    assert reverse("contact_evidence", args=[kept.ref]) in form
    visitor = Client(headers={"accept-language": "en"}).get(reverse("complain")).content.decode()
    assert "Files need an account" in visitor
    assert reverse("contact_new") not in visitor


# ── writing and sending ──────────────────────────────────────────────────────────────────────
def test_an_entry_becomes_a_complaint_in_one_tap_a_look_and_a_press(
    browser: Client, person: User, bank: Lender
) -> None:
    kept = entry(person, bank)
    form = browser.get(reverse("complaint_new"), {"entry": kept.ref})
    content = form.content.decode()
    assert "再不还就告诉单位" in content
    assert re.search(r'value="hours_calls"[^>]* checked', content)
    preview = browser.post(reverse("complaint_new"), filled(bank, entry=kept.ref))
    assert "They must answer by Thu 27 May" in page(preview).replace("\xa0", " ")
    assert "statutory deadline" in page(preview)
    assert not Complaint.objects.exists()
    answer = browser.post(reverse("complaint_new"), filled(bank, entry=kept.ref, send="1"), follow=True)
    complaint = Complaint.objects.get()
    assert answer.redirect_chain == [(reverse("complaint", args=[complaint.ref]), 302)]
    assert list(complaint.contacts.all()) == [kept]
    assert complaint.reach == "+8613800006021"
    assert "Waiting for an answer" in page(answer)


def test_the_preview_carries_every_word_to_the_sending(browser: Client, bank: Lender) -> None:
    said = "第一行\n\n第二行 <b>&amp;</b>"
    preview = browser.post(reverse("complaint_new"), filled(bank, said=said)).content.decode()
    carried = re.search(r'<textarea name="said" hidden>\n?(.*?)</textarea>', preview, re.DOTALL)
    assert carried is not None
    assert html.unescape(carried.group(1)) == said


def test_without_a_name_the_deadline_is_ours_and_the_page_says_what_helps(
    browser: Client, bank: Lender
) -> None:
    preview = page(browser.post(reverse("complaint_new"), filled(bank, name="")))
    assert "our deadline" in preview
    assert "statutory" not in preview
    assert "Your name is missing" in preview
    answer = browser.post(reverse("complaint_new"), filled(bank, name="", send="1"), follow=True)
    assert "How to start the law’s clock" in page(answer)
    assert "statutory" not in page(answer)


def test_a_lender_that_has_not_joined_is_told_nothing(browser: Client, bank: Lender) -> None:
    Lender.objects.update(joined=False)
    preview = page(browser.post(reverse("complaint_new"), filled(bank)))
    assert "delivered to nobody" in preview
    answer = page(browser.post(reverse("complaint_new"), filled(bank, send="1"), follow=True))
    assert "Not delivered yet" in answer
    assert "Print this page" in answer


def test_no_filling_in_is_asked_for_where_the_law_has_no_clock(browser: Client, bank: Lender) -> None:
    Lender.objects.update(kind="microloan")
    preview = page(browser.post(reverse("complaint_new"), filled(bank, name="", reach="none")))
    answer = page(browser.post(reverse("complaint_new"), filled(bank, name="", send="1"), follow=True))
    for shown in (preview, answer):
        assert "is for banks and consumer finance companies" in shown
        assert "Your name is missing" not in shown
        assert "start the law’s clock" not in shown


def test_a_number_is_shown_as_people_write_it(browser: Client, bank: Lender) -> None:
    assert "138 0000 6021" in page(browser.get(reverse("complaint_new")))
    assert "138 0000 6021" in page(browser.post(reverse("complaint_new"), filled(bank)))


def test_an_entry_that_is_in_a_complaint_leads_to_it(browser: Client, person: User, bank: Lender) -> None:
    kept = entry(person, bank)
    complaint = sent(person, bank, contacts=(kept,))
    shown = browser.get(reverse("contact", args=[kept.ref])).content.decode()
    assert f"?entry={kept.ref}" not in shown
    complaints.withdraw(by=person, complaint=complaint)
    assert f"?entry={kept.ref}" in browser.get(reverse("contact", args=[kept.ref])).content.decode()


def test_going_back_from_the_preview_loses_nothing(browser: Client, bank: Lender) -> None:
    again = browser.post(reverse("complaint_new"), filled(bank, change="1"))
    assert again.status_code == 200
    assert "5月11日 22:17 打来电话" in again.content.decode()
    assert not Complaint.objects.exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"said": ""}, "Write what happened. A few words are enough."),
        ({"category": "weather"}, "Choose what it is about."),
        ({"reach": "pigeon"}, "“Not at all” is fine too."),
        ({"wants": ["revenge"]}, "Choose from the list."),
        ({"said": "长" * 4001}, "This is longer than we can keep."),
    ],
)
def test_bad_input_gets_clear_words(browser: Client, bank: Lender, said: dict[str, Any], words: str) -> None:
    answer = browser.post(reverse("complaint_new"), filled(bank, **{"send": "1", **said}))
    assert answer.status_code == 422
    assert words in page(answer)
    assert not Complaint.objects.exists()


def test_a_lender_one_owes_nothing_is_refused_with_words(browser: Client, bank: Lender) -> None:
    other = make.a_lender()
    answer = browser.post(reverse("complaint_new"), filled(other, send="1"))
    assert answer.status_code == 422
    assert "None of your debts is with this lender." in page(answer)
    assert not Complaint.objects.exists()


def test_pressed_twice_it_is_one_complaint(browser: Client, bank: Lender) -> None:
    first = browser.post(reverse("complaint_new"), filled(bank, send="1"))
    second = browser.post(reverse("complaint_new"), filled(bank, send="1"))
    assert first["Location"] == second["Location"]
    assert Complaint.objects.count() == 1


def test_somebody_elses_entry_is_not_read_through_a_complaint(browser: Client, bank: Lender) -> None:
    theirs = entry(make.a_borrower(), bank)
    content = browser.get(reverse("complaint_new"), {"entry": theirs.ref}).content.decode()
    assert "再不还就告诉单位" not in content
    browser.post(reverse("complaint_new"), filled(bank, entry=theirs.ref, send="1"))
    assert not Complaint.objects.get().contacts.exists()


# ── following ────────────────────────────────────────────────────────────────────────────────
def test_another_persons_complaint_is_no_other_than_one_that_never_was(
    person: User, bank: Lender, client_for: Callable[..., Client]
) -> None:
    kept = sent(person, bank)
    stranger = client_for(make.a_borrower())
    for name in ("complaint", "complaint_withdrawal"):
        assert stranger.get(reverse(name, args=[kept.ref])).status_code == 404
        assert stranger.get(reverse(name, args=[refs.new()])).status_code == 404
        assert stranger.post(reverse(name, args=[kept.ref])).status_code in (404, 405)
    assert stranger.post(reverse("complaint_rating", args=[kept.ref]), {"rating": "good"}).status_code == 404
    kept.refresh_from_db()
    assert kept.state == Complaint.State.SENT


def test_a_missed_day_stands_in_the_timeline_after_the_answer(
    browser: Client, person: User, bank: Lender, clock: Any
) -> None:
    kept = sent(person, bank)
    clock.advance(days=19)
    complaints.mark_missed()
    assert "The day passed without an answer" in page(browser.get(reverse("complaints")))
    complaints.answer(by=make.an_officer(bank), complaint=kept, text="对不起，我们已停止。")
    text = page(browser.get(reverse("complaint", args=[kept.ref])))
    assert "The day passed without an answer" in text
    assert "4 days late" in text
    assert "对不起，我们已停止。" in text


def test_withdrawing_and_rating_work_and_a_second_press_does_nothing(
    browser: Client, person: User, bank: Lender
) -> None:
    one, two = sent(person, bank), sent(person, bank)
    complaints.answer(by=make.an_officer(bank), complaint=two, text="好")
    for _press in range(2):
        address = reverse("complaint_withdrawal", args=[one.ref])
        assert browser.post(address)["Location"] == reverse("complaint", args=[one.ref])
        address = reverse("complaint_rating", args=[two.ref])
        assert browser.post(address, {"rating": "bad"})["Location"] == reverse("complaint", args=[two.ref])
    assert "upper office" in page(browser.get(reverse("complaint", args=[two.ref])))
    late = browser.post(reverse("complaint_withdrawal", args=[two.ref]))
    assert late.status_code == 409
    assert "This is no longer possible." in page(late)


def test_free_numbers_come_from_the_rulebook_with_their_day(
    browser: Client, person: User, bank: Lender
) -> None:
    content = browser.get(reverse("complaint", args=[sent(person, bank).ref])).content.decode()
    for number in ("12378", "12363", "12345", "110"):
        assert f'href="tel:{number}"' in content
    assert "As known on" in content


def test_a_long_list_takes_no_more_queries(
    browser: Client, person: User, bank: Lender, client_for: Callable[..., Client]
) -> None:
    officer = client_for(make.an_officer(bank), **ENGLISH)

    def counts() -> list[int]:
        found = []
        for client, address in ((browser, reverse("complaints")), (officer, reverse("admin:complaints"))):
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found.append(len(queries))
        return found

    sent(person, bank)
    before = counts()
    for _number in range(12):
        sent(person, bank)
    assert counts() == before
    assert max(before) <= 20


# ── the officer ──────────────────────────────────────────────────────────────────────────────
def test_an_officer_reads_it_as_sent_and_answers_once(
    person: User, bank: Lender, client_for: Callable[..., Client]
) -> None:
    kept = sent(person, bank)
    desk = client_for(make.an_officer(bank), **ENGLISH)
    assert kept.ref in page(desk.get(reverse("admin:complaints")))
    text = page(desk.get(reverse("admin:complaint", args=[kept.ref])))
    assert "5月11日 22:17 打来电话" in text
    assert "138 0000 6021" in text
    address = reverse("admin:complaint", args=[kept.ref])
    for _press in range(2):
        assert desk.post(address, {"text": "我们已停止夜间联系。"})["Location"] == address
    other = desk.post(address, {"text": "别的话"})
    assert other.status_code == 409
    assert "The first answer stands." in page(other)
    kept.refresh_from_db()
    assert kept.answer == "我们已停止夜间联系。"


def test_answering_after_withdrawal_is_refused_with_words(
    person: User, bank: Lender, client_for: Callable[..., Client]
) -> None:
    kept = sent(person, bank)
    complaints.withdraw(by=person, complaint=kept)
    desk = client_for(make.an_officer(bank), **ENGLISH)
    answer = desk.post(reverse("admin:complaint", args=[kept.ref]), {"text": "好"})
    assert answer.status_code == 409
    assert "The borrower has withdrawn this complaint" in page(answer)


def test_nothing_an_officer_posts_moves_the_clock(
    person: User, bank: Lender, client_for: Callable[..., Client]
) -> None:
    kept = sent(person, bank)
    before = ComplaintClock.objects.values().get()
    desk = client_for(make.an_officer(bank))
    desk.post(
        reverse("admin:complaint", args=[kept.ref]),
        {"text": "好", "due_on": "2030-01-01", "clock": "ours", "received_on": "2030-01-01"},
    )
    assert ComplaintClock.objects.values().get() == before


def test_an_officer_sees_only_the_complaints_of_its_own_lender(
    person: User, bank: Lender, client_for: Callable[..., Client]
) -> None:
    """A stranger who is busy with another lender, and one whose lender has not joined."""
    kept = sent(person, bank)
    other = make.a_lender("江晴银行二")
    busy = make.a_borrower()
    for lender in (bank, other):
        make.a_debt(of=busy, owed_to=lender)
    theirs = sent(busy, other)
    desk = client_for(make.an_officer(other), **ENGLISH)
    text = page(desk.get(reverse("admin:complaints"), {"show": "all"}))
    assert theirs.ref in text
    assert kept.ref not in text
    assert desk.get(reverse("admin:complaint", args=[kept.ref])).status_code == 404
    assert desk.get(reverse("admin:complaint", args=[refs.new()])).status_code == 404
    assert desk.post(reverse("admin:complaint", args=[kept.ref]), {"text": "好"}).status_code == 404
    kept.refresh_from_db()
    assert kept.answer == ""


def test_an_empty_answer_gets_words(person: User, bank: Lender, client_for: Callable[..., Client]) -> None:
    kept = sent(person, bank)
    answer = client_for(make.an_officer(bank), **ENGLISH).post(
        reverse("admin:complaint", args=[kept.ref]), {"text": " "}
    )
    assert answer.status_code == 422
    assert "Write a sentence. The borrower reads it." in page(answer)
