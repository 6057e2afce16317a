"""A passkey is made and used in a real browser, with the browser's own stand-in for a fingerprint reader."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from cases.models import User
from tests.builders import a_borrower, a_lender, an_officer
from tests.signing_in import session_cookie

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = False


def local(site: Any) -> str:
    return site.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def keyed(browser: Any, site: Any) -> Iterator[Any]:
    """A browser with an authenticator built in. Passkeys belong to names, so the site is "localhost" here."""
    context = browser.new_context(
        base_url=local(site), viewport={"width": 390, "height": 844}, locale="en-GB"
    )
    page = context.new_page()
    reader = context.new_cdp_session(page)
    reader.send("WebAuthn.enable")
    reader.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    problems: list[str] = []
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    yield page
    context.close()
    assert problems == []


def enter(page: Any, user: User, site: Any) -> None:
    """The browser holds this person's session."""
    page.context.add_cookies(
        [{"name": "session", "value": session_cookie(user, second_factor=False), "url": local(site)}]
    )


def make_a_passkey(page: Any) -> None:
    page.goto("/accounts/2fa/webauthn/add/")
    page.locator("main form [name=name]").fill("My phone")
    page.locator("main form .button, main form button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")


def test_a_borrower_makes_a_passkey_and_comes_in_with_it(keyed: Any, site: Any) -> None:
    person = a_borrower()
    enter(keyed, person, site)
    make_a_passkey(keyed)
    kept = Authenticator.objects.get(user=person, type=Authenticator.Type.WEBAUTHN)
    assert kept.data

    keyed.context.clear_cookies()
    keyed.goto("/accounts/login/")
    keyed.get_by_role("button", name="passkey").or_(keyed.get_by_role("link", name="passkey")).first.click()
    keyed.wait_for_url("**/home/")
    assert User.objects.get(pk=person.pk).is_active


def test_a_passkey_is_an_officers_second_factor(keyed: Any, site: Any) -> None:
    officer = an_officer(a_lender())
    officer.set_password("a-long-pass-phrase-of-hers")
    officer.save()
    enter(keyed, officer, site)
    make_a_passkey(keyed)
    assert Authenticator.objects.filter(user=officer, type=Authenticator.Type.WEBAUTHN).count() == 1
