"""Pasting collectors' messages: guesses to check, saved together or not at all, and kept nowhere until then."""

import html
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import Http404
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.actions import debts as actions
from cases.domain.refusal import Refused
from cases.models import Debt, Event, Lender, User
from portal.views import demo
from tests import builders as make

pytestmark = pytest.mark.django_db
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}
BANK = "【江晴银行】您尾号2204的信用卡已逾期38天，欠款16,800.00元，详询400-000-2204。"
FINANCE = (
    "【安澜消费金融】您的借款本金17,200.00元，利息980.00元，违约金420.00元，已逾期74天，将联系您的家人。"
)
STRANGER = "【远山数科】您的欠款1.12万元已逾期2个月"
THREE = f"{BANK}\n\n{FINANCE}\n\n{STRANGER}"


@pytest.fixture
def person() -> User:
    return make.a_borrower()


@pytest.fixture
def lenders() -> list[Lender]:
    return [make.a_lender("江晴银行"), make.a_lender("安澜消费金融")]


@pytest.fixture
def browser(person: User, lenders: list[Lender], client_for: Callable[..., Client]) -> Client:
    return client_for(person, **ENGLISH)


def paste(browser: Client, text: str) -> str:
    return browser.post(reverse("debt_paste"), {"text": text}).content.decode()


def boxes(page: str) -> dict[str, str]:
    """What a browser would send if the button were pressed now."""
    main = page[page.index("<main") :]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", main):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        is_tick = 'type="checkbox"' in tag
        if name and (not is_tick or "checked" in tag):
            sent[name[1]] = html.unescape(value[1]) if value else "on" if is_tick else ""
    for name, inside in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', main, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inside)
        sent[name] = chosen[1] if chosen else ""
    return sent


def save(browser: Client, page: str, **changed: str) -> Any:
    return browser.post(reverse("debt_paste"), boxes(page) | changed)


def test_three_messages_become_three_debts_after_they_were_shown(
    browser: Client, lenders: list[Lender]
) -> None:
    page = paste(browser, THREE)
    assert "欠款16,800.00元" in page
    assert not Debt.objects.exists()
    answer = save(browser, page, **{"debt-2-kind": "online_loan"})
    assert (answer.status_code, answer.headers.get("Location")) == (302, reverse("debts"))
    bank, finance, stranger = Debt.objects.order_by("id")
    assert (bank.kind, bank.principal, bank.interest, bank.days_overdue) == (
        "credit_card",
        1_680_000,
        None,
        38,
    )
    assert (finance.principal, finance.interest, finance.fees, finance.days_overdue) == (
        1_720_000, 98_000, 42_000, 74,
    )  # fmt: skip
    assert [debt.parties.get().lender for debt in (bank, finance)] == lenders
    assert (stranger.lender_words, stranger.principal, stranger.days_overdue) == ("远山数科", 1_120_000, 60)


def test_every_guess_shows_the_words_it_was_read_from_and_no_others(browser: Client) -> None:
    page = paste(browser, FINANCE)
    assert "本金17,200.00元 … 利息980.00元 … 违约金420.00元 … 逾期74天" in page
    assert "家人" not in page


def test_nothing_of_the_text_is_kept_or_logged(
    browser: Client, person: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), CaptureQueriesContext(connection) as asked:
        page = paste(browser, FINANCE)
    assert not [query for query in asked.captured_queries if "17,200" in query["sql"]]
    with caplog.at_level(logging.DEBUG):
        save(browser, page)
    assert Debt.objects.count() == 1
    assert "将联系您的家人" not in caplog.text
    events = str(list(Event.objects.values_list("data", flat=True)))
    assert "本金" not in events
    assert "17,200" not in str(browser.session.items())


def test_what_was_changed_is_what_is_saved(browser: Client) -> None:
    page = paste(browser, BANK)
    save(browser, page, **{"debt-0-principal": "16,500", "debt-0-fees": "300", "debt-0-kind": "other"})
    debt = Debt.objects.get()
    assert (debt.principal, debt.fees, debt.kind) == (1_650_000, 30_000, "other")


def test_an_unusual_amount_is_read_back_with_all_others_still_there(browser: Client) -> None:
    page = save(
        browser, paste(browser, THREE), **{"debt-2-kind": "other", "debt-0-principal": "一万六"}
    ).content.decode()
    assert not Debt.objects.exists()
    assert "read from “一万六”" in page
    assert "本金17,200.00元" in page
    assert save(browser, page).status_code == 302
    assert Debt.objects.count() == 3
    assert Debt.objects.order_by("id")[0].principal == 1_600_000


def test_all_are_saved_or_none(browser: Client) -> None:
    answer = save(browser, paste(browser, THREE), **{"debt-1-principal": "-5", "debt-2-kind": "other"})
    page = answer.content.decode()
    assert not Debt.objects.exists()
    assert "An amount cannot be below zero." in page
    assert 'href="#id_debt-1-principal"' in page
    assert boxes(page)["debt-0-principal"] == "16,800.00"


def test_one_may_be_left_out_whatever_is_wrong_with_it(browser: Client) -> None:
    save(browser, paste(browser, THREE), **{"debt-2-leave_out": "on", "debt-2-principal": "nonsense"})
    assert Debt.objects.count() == 2


def test_leaving_out_all_saves_nothing_and_says_so(browser: Client) -> None:
    answer = save(browser, paste(browser, BANK), **{"debt-0-leave_out": "on"})
    assert answer.status_code == 409
    assert "nothing was saved" in answer.content.decode()
    assert not Debt.objects.exists()


def test_pressing_twice_saves_once(browser: Client) -> None:
    page = paste(browser, f"{BANK}\n\n{FINANCE}")
    for _ in range(2):
        assert save(browser, page).status_code == 302
    assert Debt.objects.count() == 2
    assert Event.objects.filter(kind="debt.added").count() == 2


def test_a_message_without_an_amount_is_not_sure_never_zero(browser: Client) -> None:
    page = paste(browser, "【江晴银行】您的信用卡已逾期，请速还欠款，致电400-000-2204")
    assert boxes(page)["debt-0-principal_unsure"]
    save(browser, page)
    debt = Debt.objects.get()
    assert [debt.principal, debt.interest, debt.fees, debt.annual_rate, debt.days_overdue] == [None] * 5


def test_one_amount_for_everything_is_not_counted_twice(browser: Client) -> None:
    page = paste(browser, "【江晴银行】您的信用卡欠款共计16,800元，其中利息800元，违约金200元")
    sent = boxes(page)
    assert (sent["debt-0-principal"], sent["debt-0-interest"], sent["debt-0-fees"]) == ("16,800.00", "", "")
    assert "may be inside it" in page


@pytest.mark.parametrize("text", ["晚上好", "【江晴银行】验证码123456", "<script>alert(1)</script>"])
def test_a_text_without_a_debt_says_so_and_stays_in_the_box(browser: Client, text: str) -> None:
    page = paste(browser, text)
    assert "We found no debt in this text" in page
    assert html.escape(text) in page


def test_too_long_a_text_is_refused_with_words(browser: Client) -> None:
    assert "more than 10,000 characters" in paste(browser, "欠" * 10_001)
    assert "more than 20 messages" in paste(
        browser, "\n\n".join(f"您的欠款{amount}元" for amount in range(1001, 1022))
    )
    assert "Paste a message first" in paste(browser, "  ")


def test_new_lines_of_a_browser_do_not_count_twice(browser: Client) -> None:
    assert "more than" not in paste(browser, BANK + "\r\n" * 6000)


def test_a_lender_on_the_list_or_named_twice_is_pointed_out(
    browser: Client, person: User, lenders: list[Lender]
) -> None:
    assert "already on your list" not in paste(browser, BANK)
    page = paste(browser, f"{BANK}\n\n{BANK.replace('16,800', '17,000')}")
    assert "The same lender as number 1" in page
    make.a_debt(of=person, owed_to=lenders[0])
    assert "already on your list" in paste(browser, BANK)


def test_a_forged_count_or_a_strange_lender_saves_nothing(browser: Client) -> None:
    page = paste(browser, BANK)
    for changed in (
        {"debt-TOTAL_FORMS": "500"},
        {"debt-TOTAL_FORMS": "x"},
        {"debt-0-lender": make.a_debt(of=make.a_borrower()).ref},
        {"debt-0-kind": "gift"},
    ):
        before = Debt.objects.count()
        assert save(browser, page, **changed).status_code == 200
        assert Debt.objects.count() == before


def test_the_number_of_queries_does_not_grow_with_the_messages(browser: Client) -> None:
    def count(text: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            paste(browser, text)
        return len(asked)

    count(BANK)
    assert count(BANK) == count(
        "\n\n".join(f"【第{chr(0x4E00 + n)}贷】您的欠款{n}000元" for n in range(1, 19))
    )


def test_the_example_is_shown_in_the_demo_only(browser: Client, settings: Any) -> None:
    def asked() -> str:
        return browser.get(reverse("debt_paste"), {"example": "1"}).content.decode()

    assert "江晴银行" not in asked()
    settings.DEMO = True
    assert asked().count("江晴银行") == 2


def test_the_list_and_the_form_lead_here(browser: Client) -> None:
    for name in ("debts", "debt_new"):
        assert f'href="{reverse("debt_paste")}"' in browser.get(reverse(name)).content.decode()


def test_nobody_elses_debts_are_saved_by_an_officer(lenders: list[Lender]) -> None:
    with pytest.raises(Refused) as refused:
        actions.add_all(by=make.an_officer(of=lenders[0]), facts=[actions.Facts(principal=1)])
    assert refused.value.code == "not_allowed"


def test_one_impossible_figure_keeps_all_out(person: User) -> None:
    with pytest.raises(Refused):
        actions.add_all(by=person, facts=[actions.Facts(principal=1), actions.Facts(principal=-1)])
    assert not Debt.objects.exists()


def test_a_name_of_the_list_and_a_name_in_words_are_not_asked_for_twice(browser: Client) -> None:
    known, stranger = (paste(browser, text).partition("<details")[0] for text in (BANK, STRANGER))
    assert 'name="debt-0-lender_words"' not in known
    assert 'name="debt-0-lender_words" value="远山数科"' in stranger


def test_what_was_said_of_the_message_is_still_said_after_an_error(browser: Client) -> None:
    page = save(browser, paste(browser, f"{BANK}\n\n{FINANCE}"), **{"debt-1-fees": "-1"}).content.decode()
    assert page.count("may be inside it") == 1
    assert "欠款16,800.00元" in page


# ── the newcomer's door ──────────────────────────────────────────────────────────────────────
def newcomer(settings: Any) -> Client:
    settings.DEMO = True
    request = RequestFactory().post("/demo/doors/newcomer")
    request.session = SessionStore()
    request.user = AnonymousUser()
    assert demo.door(request, role="newcomer").status_code == 302
    request.session.save()
    browser = Client(**ENGLISH)
    browser.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    return browser


def test_each_press_of_the_newcomers_door_is_somebody_new_with_an_empty_file(settings: Any) -> None:
    browser = newcomer(settings)
    newcomer(settings)
    phones = [person.phone for person in User.objects.all()]
    assert len(set(phones)) == 2
    assert all(phone.startswith(demo.NEWCOMERS) for phone in phones)
    assert {person.role for person in User.objects.all()} == {"borrower"}
    home = browser.get(reverse("home")).content.decode()
    assert "Start with the debt that worries you most" in home
    assert reverse("debt_paste") in home


def test_the_newcomers_door_is_shut_outside_the_demo(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(Http404):
        demo.door(RequestFactory().post("/"), role="newcomer")
    assert not User.objects.exists()
