"""The suite's `client_for` leaves the session the site itself would have left."""

import pytest

from tests.builders import a_borrower, a_lender, an_officer

pytestmark = pytest.mark.django_db


def test_an_officer_signed_in_by_the_suite_reaches_the_officers_site(client_for) -> None:
    assert client_for(an_officer(a_lender())).get("/officer/").status_code == 200


def test_an_officer_without_the_second_factor_does_not(client_for) -> None:
    response = client_for(an_officer(a_lender()), second_factor=False).get("/officer/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/")


def test_a_borrower_never_does(client_for) -> None:
    assert client_for(a_borrower()).get("/officer/").status_code == 404
