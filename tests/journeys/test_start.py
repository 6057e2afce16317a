"""A visitor opens the site for the first time, on a phone, without an account."""

import pytest

from tests.browser import HEAVIEST

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_the_start_page_speaks_the_browsers_language(page, look, browse) -> None:
    page.goto("/")
    look(page)
    assert page.locator("html").get_attribute("lang") == "zh-hans"
    english = browse(locale="en-GB")
    english.goto("/")
    assert english.locator("html").get_attribute("lang") == "en"
    assert english.locator("h1").inner_text() != page.locator("h1").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_start_page_is_well_made_on_a_desk_too(scheme, browse, look) -> None:
    page = browse(width=1280, height=800, scheme=scheme)
    page.goto("/")
    look(page)


def test_the_start_page_needs_no_javascript(browse) -> None:
    page = browse(javascript=False)
    page.goto("/")
    assert page.locator("h1").is_visible()
    assert page.locator("main a").count() >= 1


def test_the_start_page_is_light(weigh) -> None:
    assert weigh("/") <= HEAVIEST
