"""Keys in the officers' desk, and what a lender says on the borrower's list of debts."""

import datetime as dt
import re

import pytest

from cases import clock
from cases.access import Role
from cases.actions import claims, lender_tokens
from cases.domain.claim_lines import ClaimLine, Kind
from cases.models import LenderToken
from tests import builders
from tests.actions.negotiating import a_file, sent
from tests.lending import OFFERS, read_as

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
EN = {"accept-language": "en"}


@pytest.fixture
def admin(client_for):
    lender = builders.a_lender()
    return client_for(builders.an_officer(lender, role=Role.LENDER_ADMIN), headers=EN)


def test_a_key_is_shown_once_works_and_is_revoked(admin):
    made = admin.post("/officer/keys/new/", {"label": "账务系统", "scopes": ["offers"], "days": "30"})
    secret = made.content.decode().split('<code class="code">')[1].split("<")[0]
    assert made.headers["Cache-Control"].startswith("no-store") or "no-store" in made.headers["Cache-Control"]
    assert read_as(secret, OFFERS).status_code == 200
    token = LenderToken.objects.get()
    assert token.expires_at - token.made_at == dt.timedelta(days=30)
    page = admin.get("/officer/keys/").content.decode()
    assert "账务系统" in page
    assert secret not in page
    assert admin.post(f"/officer/keys/{token.ref}/end/").status_code == 302
    assert read_as(secret, OFFERS).status_code == 401


@pytest.mark.parametrize("wrong", [{"label": ""}, {"scopes": []}, {"scopes": ["all"]}, {"days": "401"}])
def test_a_key_without_a_name_a_purpose_or_an_end_is_not_made(admin, wrong):
    said = {"label": "账务系统", "scopes": ["offers"], "days": "30"} | wrong
    page = admin.post("/officer/keys/new/", said)
    assert page.status_code == 422
    assert said["label"] in page.content.decode()
    assert not LenderToken.objects.exists()


def test_another_lenders_key_is_like_none(admin):
    theirs, _secret = lender_tokens.make(by=None, lender=builders.a_lender(), label="x", scopes=["offers"])
    assert admin.post(f"/officer/keys/{theirs.ref}/end/").status_code == 404
    assert LenderToken.objects.get().revoked_at is None


def test_keys_are_one_step_from_the_queue_for_those_who_make_them(admin, client_for):
    assert 'href="/officer/keys/"' in admin.get("/officer/").content.decode()
    assert re.search(
        r'href="/officer/keys/" aria-current="page"', admin.get("/officer/keys/").content.decode()
    )
    officer = client_for(builders.an_officer(builders.a_lender()))
    assert "/officer/keys/" not in officer.get("/officer/").content.decode()


def test_an_officer_makes_no_keys(client_for):
    officer = client_for(builders.an_officer(builders.a_lender()))
    assert officer.get("/officer/keys/").status_code == 404
    assert (
        officer.post("/officer/keys/new/", {"label": "x", "scopes": ["offers"], "days": "9"}).status_code
        == 404
    )


def said(case, debt="", **more):
    values = {
        "case": case.ref,
        "account": "6222-01" if debt else "6222-02",
        "kind": Kind.CREDIT_CARD,
        "currency": "CNY",
        "principal": 27_000_00,
        "as_of": clock.today(),
        "debt": debt,
    }
    return ClaimLine(**(values | more))


def test_a_borrower_reads_both_figures_and_their_own_stay(client_for):
    file = a_file(1)
    offer = sent(file)[0]
    system = lender_tokens.system_of(lender=file.lenders[0])
    claims.say(by=system, lines=[said(offer.case, offer.debt.ref), said(offer.case, principal=888_00)])
    page = client_for(file.borrower, headers=EN).get("/debts/").content.decode()
    assert "27,000.00" in page
    assert "26,000.00" in page
    assert "What lenders say besides" in page
    assert "888.00" in page
    assert "27,000.00" not in client_for(a_file(1).borrower, headers=EN).get("/debts/").content.decode()


def test_the_list_asks_no_more_for_more_claims(client_for, django_assert_num_queries):
    file = a_file(1)
    offer = sent(file)[0]
    system = lender_tokens.system_of(lender=file.lenders[0])
    browser = client_for(file.borrower)
    claims.say(by=system, lines=[said(offer.case)])
    browser.get("/debts/")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        browser.get("/debts/")
    claims.say(by=system, lines=[said(offer.case, account=f"A-{number}") for number in range(5)])
    with django_assert_num_queries(len(few)):
        browser.get("/debts/")
