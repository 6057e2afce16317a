"""The agreement on paper, its exact text, and the public check."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from repayment.actions import offers
from repayment.models import Plan
from tests import builders
from tests.faces.paying import a_file, same_as_random, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
DOCS = Path(__file__).parent.parent.parent / "docs" / "agreements.md"


@pytest.fixture
def file():
    return a_file(1, overdue=100_00)


@pytest.fixture
def plan(file):
    return offers.accept(by=file.officers[0], offer=sent(file)[0])


def test_the_sheet_shows_every_payment_and_they_add_up(client_for, file, plan):
    response = client_for(file.borrower).get(f"/agreements/{plan.ref}/")
    html = response.content.decode()
    rows = list(plan.instalments.all())
    # Once in the schedule with its total, once where it is said what is paid.
    assert html.count('<th scope="row"') == 2 * len(rows) + 1
    assert sum(row.amount for row in rows) == response.context["schedule"].totals.amount
    assert len(response.context["sentences"]) == 6
    assert plan.terms_sha256[:8] in html
    assert plan.nonce[:8] in html


def test_the_sheet_asks_a_fixed_number_of_questions(client_for, file, plan, django_assert_max_num_queries):
    client = client_for(file.borrower)
    client.get("/offers/")
    with django_assert_max_num_queries(10):
        client.get(f"/agreements/{plan.ref}/")


def test_anybody_can_work_out_the_code_from_the_exact_text(client_for, file, plan):
    text = client_for(file.borrower).get(f"/agreements/{plan.ref}/terms.json").content
    assert hashlib.sha256(text).hexdigest() == plan.terms_sha256
    assert json.loads(text)["nonce"] == plan.nonce


def test_the_script_in_the_docs_prints_the_hash_in_the_docs(tmp_path):
    page = DOCS.read_text(encoding="utf-8")
    blocks = [part.split("```")[0] for part in page.split("```python\n")[1:]]
    terms = page.split("```json\n")[1].split("\n```")[0]
    (tmp_path / "terms.json").write_text(terms, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", blocks[0]], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    code = done.stdout.split()[0]
    assert len(code) == 64
    assert f"`{code}`" in page


def test_the_public_page_says_sealed_or_not_found_and_nothing_else(client, file, plan):
    english = {"accept-language": "en"}
    spaced = " ".join(plan.terms_sha256[place : place + 8] for place in range(0, 64, 8)).upper()
    for data, sealed in (
        ({"code": plan.terms_sha256}, True),
        ({"code": spaced}, True),
        ({"code": plan.terms_sha256, "nonce": plan.nonce}, True),
        ({"code": plan.terms_sha256, "nonce": "0" * 32}, False),
        ({"code": "0" * 64}, False),
    ):
        html = client.post("/verify/", data, headers=english).content.decode()
        assert ("Sealed on" in html) is sealed
        assert ("Not found" in html) is not sealed
        for secret in (plan.ref, plan.case.lender.name, file.borrower.name, plan.case.ref):
            assert secret not in html


@pytest.mark.parametrize("code", ["", "abc", "z" * 64, "0" * 65, "🙂" * 64])
def test_what_is_no_code_is_told_at_the_field(client, code):
    response = client.post("/verify/", {"code": code})
    assert response.status_code == 422
    assert "code" in response.context["form"].errors


def test_a_sheet_names_the_sites_own_address_and_a_demos_wherever_it_runs(client_for, file, plan, settings):
    client, address = client_for(file.borrower), f"/agreements/{plan.ref}/"
    settings.SITE_ADDRESS, settings.DEBUG, settings.DEMO = "https://steady.example", False, False
    assert "https://steady.example/verify/" in client.get(address).content.decode()
    settings.DEMO = True
    assert "http://testserver:8123/verify/" in client.get(address, SERVER_PORT="8123").content.decode()


def test_a_yes_is_taken_back_on_the_sheet_within_a_day(client_for, file, plan, clock):
    client = client_for(file.borrower)
    for _press in range(2):
        assert client.post(f"/agreements/{plan.ref}/undoing").status_code == 302
    assert Plan.objects.get().state == "cancelled"


def test_after_a_day_the_sheet_says_why_not(client_for, file, plan, clock):
    clock.advance(hours=25)
    response = client_for(file.borrower).post(f"/agreements/{plan.ref}/undoing")
    assert response.status_code == 409
    assert Plan.objects.get().state == "active"


@pytest.mark.parametrize("rest", ["", "terms.json"])
def test_another_persons_agreement_is_like_none(client_for, file, plan, rest):
    assert same_as_random(client_for(builders.a_borrower()), "/agreements/{}/" + rest, plan.ref)
    for person in (file.officers[0], builders.a_regulator()):
        assert client_for(person).get(f"/agreements/{plan.ref}/{rest}").status_code == 404
