"""The budget's pages, with a file and without a trace."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from cases.models import Event, Statement, User
from tests import builders as make

pytestmark = pytest.mark.django_db
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}
SAID = {"wages": "8600", "rent": "2600", "food": "3700", "emergency": "6000", "emergency_period": "year"}


@pytest.fixture
def person() -> User:
    return make.a_borrower()


@pytest.fixture
def browser(person: User, client_for: Callable[..., Client]) -> Client:
    return client_for(person, **ENGLISH)


@pytest.fixture
def visitor() -> Client:
    return Client(**ENGLISH)


def test_a_budget_ends_in_one_number_with_its_derivation(browser: Client) -> None:
    answer = browser.post(reverse("budget"), SAID, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [(reverse("budget_result"), 302)]
    for figure in ("8,600.00", "6,300.00", "500.00", "1,800"):
        assert figure in page
    assert "Food, rent" in page
    assert Statement.objects.get().available == 180_000


def test_the_form_comes_back_with_what_was_kept(browser: Client) -> None:
    browser.post(reverse("budget"), SAID)
    page = browser.get(reverse("budget")).content.decode()
    assert 'value="8,600.00"' in page
    assert '<option value="year" selected>' in page


def test_no_income_is_a_normal_answer(browser: Client) -> None:
    page = browser.post(reverse("budget"), SAID | {"wages": "0"}, follow=True).content.decode()
    assert "You have not made a mistake" in page
    assert "6,800.00" in page
    assert reverse("help") in page
    assert "Compare plans" not in page


@pytest.mark.parametrize("typed", ["-1", "NaN", "1.234", "9" * 30, "1,23"])
def test_wrong_amounts_are_explained_and_nothing_typed_is_lost(browser: Client, typed: str) -> None:
    answer = browser.post(reverse("budget"), SAID | {"parents": typed})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'href="#id_parents"' in page
    assert "<details open>" in page
    for value in (typed, "8600", "2600", "3700", "6000"):
        assert f'value="{value}"' in page
    assert not Statement.objects.exists()


def test_an_unknown_period_is_refused(browser: Client) -> None:
    assert browser.post(reverse("budget"), SAID | {"food_period": "hour"}).status_code == 200
    assert not Statement.objects.exists()


def test_an_empty_form_asks_for_the_two_things_it_needs(browser: Client) -> None:
    page = browser.post(reverse("budget"), {}).content.decode()
    assert 'href="#id_wages"' in page
    assert 'href="#id_food"' in page


def test_unusual_amounts_are_read_back_first(browser: Client) -> None:
    page = browser.post(reverse("budget"), SAID | {"wages": "八千六"}).content.decode()
    assert "read from “八千六”" in page
    assert 'value="8,600.00"' in page
    assert not Statement.objects.exists()


def test_the_same_budget_sent_twice_is_kept_once(browser: Client) -> None:
    for _ in range(2):
        browser.post(reverse("budget"), SAID | {"once": "b" * 20})
    assert Statement.objects.count() == Event.objects.count() == 1


def test_without_a_budget_the_result_leads_to_the_form(browser: Client) -> None:
    assert browser.get(reverse("budget_result")).url == reverse("budget")  # type: ignore[attr-defined]


def test_a_visitor_gets_the_number_and_leaves_nothing(visitor: Client) -> None:
    page = visitor.post(reverse("afford"), SAID).content.decode()
    assert "1,800" in page
    assert not Statement.objects.exists()
    assert not Event.objects.exists()
    assert not Session.objects.exists()


def test_a_visitors_mistakes_keep_what_was_typed(visitor: Client) -> None:
    page = visitor.post(reverse("afford"), SAID | {"rent": "abc"}).content.decode()
    assert 'value="abc"' in page
    assert 'value="8600"' in page


def test_a_visitor_may_go_back_and_change_something(visitor: Client) -> None:
    page = visitor.post(reverse("afford"), SAID | {"edit": "1"}).content.decode()
    assert 'value="8600"' in page
    assert '<option value="year" selected>' in page


def test_what_a_visitor_keeps_is_not_asked_again_after_signing_in(visitor: Client, person: User) -> None:
    to_budget = visitor.post(reverse("afford"), SAID | {"keep": "1"})
    assert to_budget.url == reverse("budget")  # type: ignore[attr-defined]
    assert reverse("account_login") in visitor.get(reverse("budget")).url  # type: ignore[attr-defined]
    visitor.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = visitor.get(reverse("budget")).content.decode()
    assert 'value="8600"' in page
    assert '<option value="year" selected>' in page
    visitor.post(reverse("budget"), SAID)
    assert Statement.objects.get().available == 180_000
    assert "budget_carried" not in visitor.session


def test_the_start_page_shows_an_example_that_adds_up_and_leads_on(visitor: Client) -> None:
    page = visitor.get(reverse("start")).content.decode()
    for figure in ("8,600.00", "6,300.00", "500.00", "1,800"):
        assert figure in page
    assert reverse("afford") in page


def test_help_names_the_free_lines_of_the_rulebook(visitor: Client) -> None:
    page = visitor.get(reverse("help")).content.decode()
    assert 'href="tel:12348"' in page


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_the_page_one_flees_to_says_nothing_of_money(language: str) -> None:
    page = strip_tags(Client(HTTP_ACCEPT_LANGUAGE=language).get(reverse("away")).content.decode()).lower()
    for word in ("debt", "lender", "steady", "稳还", "穩還", "债", "債", "还款", "还", "欠"):
        assert word not in page
