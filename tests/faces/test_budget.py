"""The budget's pages, with a file and without a trace."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from cases import clock
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
    answer = browser.post(reverse("budget"), SAID | {"parents": typed}, follow=True)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'href="#id_parents"' in page
    assert "<details open>" in page
    for value in (typed, "8600", "2600", "3700", "6000"):
        assert f'value="{value}"' in page
    assert not Statement.objects.exists()


def test_an_unknown_period_is_refused(browser: Client) -> None:
    page = browser.post(reverse("budget"), SAID | {"food_period": "hour"}, follow=True).content.decode()
    assert "Show my number" in page
    assert not Statement.objects.exists()


def test_an_empty_form_asks_for_the_two_things_it_needs(browser: Client) -> None:
    page = browser.post(reverse("budget"), {"once": "b" * 20}, follow=True).content.decode()
    assert 'href="#id_wages"' in page
    assert 'href="#id_food"' in page


def test_unusual_amounts_are_read_back_first(browser: Client) -> None:
    page = browser.post(reverse("budget"), SAID | {"wages": "八千六"}, follow=True).content.decode()
    assert "read from “八千六”" in page
    assert 'value="8,600.00"' in page
    assert not Statement.objects.exists()


def test_the_same_budget_sent_twice_is_kept_once(browser: Client) -> None:
    for _ in range(2):
        browser.post(reverse("budget"), SAID | {"once": "b" * 20})
    assert Statement.objects.count() == Event.objects.count() == 1


def test_without_a_budget_the_result_leads_to_the_form(browser: Client) -> None:
    assert browser.get(reverse("budget_result")).url == reverse("budget")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "change", [{}, {"wages": "八千六"}, {"rent": "abc"}, {"adults": "0"}, {"wages_high": "1"}]
)
def test_every_sending_ends_in_a_redirect_so_that_going_back_asks_nothing(
    browser: Client, change: dict[str, str]
) -> None:
    assert browser.post(reverse("budget"), SAID | change).status_code == 302


def test_a_page_to_look_over_waits_encrypted_and_goes_when_the_budget_is_kept(browser: Client) -> None:
    told = {"difficulties": ["illness", "lost_work"], "word": "insulin"}
    browser.post(reverse("budget"), SAID | told | {"wages": "八千六"})
    assert "insulin" not in str(dict(browser.session))
    for _ in range(2):
        page = browser.get(reverse("budget")).content.decode()
        assert "insulin" in page
        assert page.count(" checked") == 2
    browser.post(reverse("budget"), SAID | told)
    assert "budget_draft" not in browser.session
    assert 'value="8,600.00"' in browser.get(reverse("budget")).content.decode()


def test_what_happened_is_kept_for_the_person_and_no_visitor_is_asked(
    browser: Client, visitor: Client
) -> None:
    browser.post(reverse("budget"), SAID | {"difficulties": ["bereavement"], "word": "insulin"})
    page = browser.get(reverse("budget")).content.decode()
    assert "insulin" in page
    assert "insulin" not in str(list(Event.objects.values_list("data", flat=True)))
    asked = visitor.get(reverse("afford")).content.decode()
    assert 'name="difficulties"' not in asked
    assert 'name="region"' in asked


def test_who_lives_from_it_and_where_is_asked_once_and_shown_again(browser: Client) -> None:
    home = {"adults": "2", "children": "1", "region": "cn.city", "work": "changing", "wages_high": "9800"}
    page = browser.post(reverse("budget"), SAID | home, follow=True).content.decode()
    assert "For 3 people, the guide protects at least" in page
    assert "a bad month is what counts" in page
    assert "8,600.00 a month; the lower counts" not in page
    assert "9,800.00" in page
    assert Statement.objects.get().available == 180_000, "A good month never raises the number."
    form = browser.get(reverse("budget")).content.decode()
    assert '<option value="cn.city" selected>' in form
    assert '<option value="changing" selected>' in form
    assert 'value="9,800.00"' in form


def test_too_little_for_living_is_topped_up_and_the_page_says_so(browser: Client) -> None:
    said = {"wages": "4000", "rent": "1000", "food": "500", "region": "cn.shanghai"}
    page = browser.post(reverse("budget"), said, follow=True).content.decode()
    assert Statement.objects.get().available == 140_500
    for told in ("Kept for living by the guide", "1,095.00", "1,595.00", "Shanghai", "not a rule that binds"):
        assert told in page
    form = browser.get(reverse("budget")).content.decode()
    assert 'name="guide"' not in form, "What the guide adds is never asked."


def test_more_than_usual_is_a_question_and_never_a_cut(browser: Client) -> None:
    page = browser.post(reverse("budget"), SAID | {"region": "cn.city"}, follow=True).content.decode()
    assert "More than usual, and that is fine" in page
    assert "you wrote CN¥3,700.00" in page
    assert "国家统计局" in page
    assert Statement.objects.get().available == 180_000


def test_what_is_only_an_illustration_says_so(visitor: Client) -> None:
    page = visitor.post(reverse("afford"), SAID | {"region": "cn.rural"}).content.decode()
    assert "An illustration by us" in page


@pytest.mark.parametrize("address", ["budget", "afford"])
def test_who_is_short_finds_a_pause_and_free_help(browser: Client, visitor: Client, address: str) -> None:
    client = browser if address == "budget" else visitor
    page = client.post(reverse(address), SAID | {"wages": "0"}, follow=True).content.decode()
    assert f"{reverse('help')}#pause" in page
    assert reverse("plans" if address == "budget" else "tool_quote") in page
    for number in ("12356", "12378", "12363", "12345", "12348"):
        assert f'href="tel:{number}"' in page


def test_a_budget_of_the_first_format_stays_readable(browser: Client, person: User) -> None:
    rows = [
        {"side": "income", "category": "wages", "amount": 860_000, "period": "month"},
        {"side": "essential", "category": "food", "amount": 80_000, "period": "month"},
    ]
    make.a_statement(person, available=780_000, lines=rows)
    page = browser.get(reverse("budget_result")).content.decode()
    assert "7,800" in page
    assert "Kept for living" not in page
    assert 'value="800.00"' in browser.get(reverse("budget")).content.decode()


def test_a_budget_of_an_earlier_edition_of_the_guide_is_still_explained(
    browser: Client, person: User
) -> None:
    rows = [
        {"side": "income", "category": "wages", "amount": 400_000, "period": "month"},
        {"side": "essential", "category": "food", "amount": 80_000, "period": "month"},
        {"side": "essential", "category": "guide", "amount": 20_000, "period": "month"},
    ]
    about = {
        "household": {"adults": 1, "children": 0, "teenagers": 0, "other_dependants": 0},
        "region": "cn.city",
        "work": "steady",
        "guide": {
            "region": "cn.city",
            "version": "0ldedition",
            "floor": 100_000,
            "written": 80_000,
            "review_months": 12,
        },
        "above": [{"group": "food", "written": 80_000, "usual": 40_000}],
    }
    Statement.objects.create(
        borrower=person, format=2, lines=rows, about=about, available=300_000, made_at=clock.now()
    )
    page = browser.get(reverse("budget_result")).content.decode()
    for told in ("3,000", "CN¥1,000.00", "CN¥200.00 more", "the average is CN¥400.00", "0ldedition", "newer"):
        assert told in page


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_language_changes_no_number(person: User, client_for: Callable[..., Client], language: str) -> None:
    said = {"wages": "1999.99", "wages_period": "fortnight", "rent": "700.07", "food": "333.33"}
    browser = client_for(person, HTTP_ACCEPT_LANGUAGE=language)
    browser.post(reverse("budget"), said | {"food_period": "week", "region": "cn.rural"})
    assert Statement.objects.get().available == 433_331 - 70_007 - 144_443


@pytest.mark.parametrize("people", ["0", "-1", "21", "two", "1.5", "9" * 40])
def test_an_odd_number_of_people_is_explained_beside_the_field(browser: Client, people: str) -> None:
    page = browser.post(reverse("budget"), SAID | {"adults": people}, follow=True).content.decode()
    assert 'href="#id_adults"' in page
    assert f'value="{people}"' in page


def test_a_visitor_gets_the_number_and_leaves_nothing(visitor: Client) -> None:
    page = visitor.post(reverse("afford"), SAID).content.decode()
    assert "1,800" in page
    assert not Statement.objects.exists()
    assert not Event.objects.exists()
    assert not Session.objects.exists()


def test_no_figure_of_a_visitor_reaches_a_log(visitor: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        visitor.post(reverse("afford"), SAID | {"wages": "8642.31"})
    assert "8642" not in caplog.text


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
