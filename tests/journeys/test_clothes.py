"""Every way a page can be dressed stays whole, and the way out works with and without JavaScript."""

import pytest

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def dressed(page, site, **cookies: str) -> None:
    page.context.add_cookies(
        [{"name": name, "value": value, "url": site.url} for name, value in cookies.items()]
    )


@pytest.fixture
def gallery(settings):
    settings.DEBUG = True
    settings.ROOT_URLCONF = "tests.journeys.gallery_urls"


@pytest.mark.parametrize("text", ["normal", "large", "larger"])
@pytest.mark.parametrize(("theme", "locale"), [("light", "zh-CN"), ("dark", "en-GB")])
def test_every_component_stands_in_every_clothes(theme, locale, text, gallery, browse, site, look) -> None:
    page = browse(locale=locale)
    dressed(page, site, theme=theme, text=text)
    page.goto("/gallery/")
    for details in page.locator("details").all():
        details.evaluate("element => element.open = true")
    look(page)


def test_large_text_makes_every_target_at_least_60_px(page, site) -> None:
    dressed(page, site, text="large")
    page.goto("/")
    heights = [
        box.bounding_box()["height"] for box in page.locator("header .tool:visible, .leave, .button").all()
    ]
    assert heights
    assert min(heights) >= 60


def test_the_errors_are_where_the_reader_is(gallery, page, site) -> None:
    page.goto("/gallery/")
    assert page.title().startswith(("Error:", "要再看看"))
    page.wait_for_function("document.activeElement.matches('[data-error-summary]')")


def test_three_shifts_leave_at_once_and_forget(page, site) -> None:
    page.goto("/help/")
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url("**/away/")
    page.go_back()
    assert "/help/" not in page.url


def test_leaving_needs_no_javascript(browse, site) -> None:
    page = browse(javascript=False)
    page.goto("/help/")
    page.locator(".leave").click()
    assert page.url.endswith("/away/")


def test_language_and_text_size_are_chosen_without_losing_the_place(browse, site) -> None:
    page = browse(javascript=False, width=1280)
    page.goto("/help/")
    page.get_by_role("button", name="繁體", exact=True).click()
    assert page.url.endswith("/help/")
    assert page.locator("html").get_attribute("lang") == "zh-hant"
    page.locator("header button[name=text]").click()
    assert page.url.endswith("/help/")
    assert page.locator("html").get_attribute("data-text") == "large"
