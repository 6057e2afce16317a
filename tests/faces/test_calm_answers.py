"""An address that leads nowhere is answered by a page of ours, in the demo too: calm, translated, with a way on."""

import re

import pytest
from django.test import Client

from cases import refs
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings):
    settings.DEMO = settings.DEBUG = True


@pytest.mark.parametrize(
    "path", ["/no-such-page", "/debts/abc/", "/api/no-such-thing", "/officer/no-such-page"]
)
def test_the_demo_shows_our_own_page_for_an_unknown_address(demo, client_for, path):
    client = client_for(builders.a_borrower())
    client.cookies["django_language"] = "zh-hans"
    answer = client.get(path)
    assert answer.status_code == 404
    assert "这里没有内容" in answer.content.decode()
    assert "URLconf" not in answer.content.decode()


def test_in_the_demo_a_foreign_debt_answers_as_one_that_never_was(demo, client_for):
    theirs = builders.a_debt(of=builders.a_borrower(), owed_to=builders.a_lender())
    client = client_for(builders.a_borrower())

    def page(ref):
        answer = client.get(f"/debts/{ref}/")
        assert answer.status_code == 404
        text = answer.content.decode().replace(ref, "REF")
        return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)

    assert page(theirs.ref) == page(refs.new())


@pytest.mark.parametrize("path", ["/leave/", "/display/"])
def test_an_address_behind_a_button_says_so_and_names_the_way_in(path):
    answer = Client(headers={"accept-language": "en"}).get(path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert "This address is only for a button" in answer.content.decode()


def test_the_contract_keeps_its_own_answer_to_a_wrong_method():
    answer = Client().get("/api/v1/quotes")
    assert answer.status_code == 405
    assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_search_engines_are_asked_to_stay_away():
    assert Client().get("/robots.txt").content.decode() == "User-agent: *\nDisallow: /\n"


def test_a_browser_that_asks_for_an_icon_finds_the_seal():
    answer = Client().get("/favicon.ico")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/static/icons/seal")
