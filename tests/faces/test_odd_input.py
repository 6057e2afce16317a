"""What no form of ours sends, and every address still answers: never a 500."""

import pytest
from django.test import Client

from tests.actions.negotiating import a_file, sent

pytestmark = pytest.mark.django_db
NUL = "a\x00b"


def test_a_nul_in_a_reference_finds_nothing(clock, client_for):
    file = a_file(lenders=1)
    sent(file)
    borrower, officer = client_for(file.borrower), client_for(file.officers[0])
    assert borrower.post("/plans/sending", {"choice": NUL}).status_code == 404
    assert officer.get("/officer/", {"q": NUL}).status_code == 200
    assert borrower.post("/debts/import", {"lines": NUL}).status_code == 200
    assert borrower.get("/complaints/new", {"entry": [NUL, "0" * 16]}).status_code == 200
    assert borrower.post("/complaints/new", {"entry": NUL}).status_code == 422


@pytest.mark.parametrize(
    "target",
    ["home", NUL, "a:b", "", "//elsewhere.test", "/\\elsewhere.test", "https://elsewhere.test", "\n/x"],
)
def test_a_place_to_return_to_that_is_none_leads_to_the_start(target):
    answer = Client().post("/display/", {"theme": "dark", "next": target})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
