"""A borrower comes in by code, writes down a recovery code, loses the telephone and comes back."""

import datetime as dt
import re

import pytest

from cases.models import User
from notices.models import OutboxEntry
from tests.builders import a_lender, an_officer

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

NUMBER = "13800138000"


@pytest.fixture(autouse=True)
def _own_counts(settings):
    settings.ACCOUNT_RATE_LIMITS = False
    settings.EMAIL_BACKEND = "notices.channels.email.OutboxBackend"


def code() -> str:
    return re.search(r"(?<!\d)\d{6}(?!\d)", OutboxEntry.objects.first().body)[0]


def go_on(page) -> None:
    page.locator("main form .button").first.click()


def tap_twice(page) -> None:
    """The second tap comes when the first request is on its way, and before its answer."""
    page.evaluate(
        """() => {
            const button = document.querySelector("main form .button");
            button.click();
            setTimeout(() => button.click(), 15);
        }"""
    )


def come_in(page) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(NUMBER)
    go_on(page)
    page.wait_for_url("**/confirm/")
    page.locator("[name=code]").fill(code())
    go_on(page)


def test_a_borrower_comes_in_and_comes_back_after_losing_the_number(page, look, browse) -> None:
    page.goto("/accounts/login/")
    look(page)
    page.locator("[name=login]").fill("12")
    go_on(page)
    look(page)
    come_in(page)
    page.wait_for_url("**/home/")
    page.goto("/accounts/")
    look(page)
    page.goto("/accounts/recovery-code/")
    go_on(page)
    look(page)
    written_down = page.locator(".figures").inner_text()

    elsewhere = browse(javascript=False)
    elsewhere.goto("/accounts/recover/")
    elsewhere.locator("[name=code]").fill(written_down)
    go_on(elsewhere)
    assert elsewhere.url.endswith("/accounts/phone/change/")
    elsewhere.locator("[name=phone]").fill("139 0013 9000")
    go_on(elsewhere)
    elsewhere.locator("[name=code]").fill(code())
    go_on(elsewhere)
    assert User.objects.get().phone == "+8613900139000"


def test_a_nervous_double_tap_on_the_code_still_lets_the_person_in(page) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(NUMBER)
    tap_twice(page)
    page.wait_for_url("**/confirm/")
    assert OutboxEntry.objects.count() == 1
    page.locator("[name=code]").fill(code())
    tap_twice(page)
    page.wait_for_url("**/home/")
    page.goto("/accounts/")
    assert page.url.endswith("/accounts/")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_of_a_silent_number_and_of_the_code_are_well_made(width, browse, look) -> None:
    page = browse(width=width, locale="en-GB")
    come_in(page)
    page.wait_for_url("**/home/")
    User.objects.update(phone_seen_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    page = browse(width=width, locale="zh-CN")
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(NUMBER)
    go_on(page)
    look(page)
    page.locator("[name=code]").fill(code())
    go_on(page)
    page.wait_for_url("**/number/")
    look(page)
    page.goto("/accounts/recover/")
    look(page)
    page.goto("/accounts/login/password/")
    look(page)


def test_an_officer_sets_up_an_app_before_seeing_anything(page, look) -> None:
    officer = an_officer(a_lender())
    officer.set_password("a long sentence nobody guesses")
    officer.save()
    page.goto("/officer/")
    page.locator("[name=login]").fill(officer.email)
    page.locator("[name=password]").fill("a long sentence nobody guesses")
    go_on(page)
    page.wait_for_url("**/totp/activate/")
    look(page)
