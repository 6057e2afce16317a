"""Every page, for every role: what `tests/data/access.csv` says is what happens.

One row per URL name. The columns are the answers to a GET: 200 a page, 302 sent to sign in or onward, 404
does not exist for this role, 405 exists for POST only. `object` names what the address speaks of: a
builder in OBJECTS makes one that belongs to somebody else, and the answer to it must be the very same as
to a reference that never was.
"""

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from cases import refs
from cases.access import Role
from tests.actions.agreeing import a_designation, a_mandate, an_owed_lender
from tests.actions.complaining import a_complaint, a_contact, a_court_paper
from tests.actions.evidencing import shared_evidence
from tests.actions.negotiating import a_file, a_question, an_approval, sent
from tests.actions.reminding import a_message, a_plan
from tests.actions.wording import a_template
from tests.builders import a_borrower, a_debt, a_lender, a_regulator, an_officer
from tests.faces.paying import a_payment
from tests.lending import a_token
from tests.signing_in import client_for, give_second_factor

TABLE = Path(__file__).parent.parent / "data" / "access.csv"
ROLES = ("anonymous", "borrower", "officer", "team_lead", "lender_admin", "regulator", "half")
HOW = (
    "\n\nHow to add a row: look at the line above, which is how the site answers now (columns: name, object, "
    + ", ".join(ROLES)
    + "; half is an officer who has not shown a second factor). Check each figure against "
    "cases/access.py by eye, then paste it into tests/data/access.csv in the order of the addresses. "
    "If the address has a reference, name its kind in `object` and see that OBJECTS can build one."
)
# What an address may speak of, made so that it belongs to none of the people who ask.
OBJECTS: dict[str, Callable[[], str]] = {
    "debt": lambda: a_debt(of=a_borrower(), owed_to=a_lender()).ref,
    "case": lambda: sent(a_file())[0].case.ref,
    "offer": lambda: sent(a_file())[0].ref,
    "question": lambda: a_question().ref,
    "approval": lambda: an_approval().ref,
    "plan": lambda: a_plan().ref,
    "message": lambda: a_message().ref,
    "contact": lambda: a_contact().ref,
    "lender": lambda: an_owed_lender().ref,
    "designation": lambda: a_designation().ref,
    "mandate": lambda: a_mandate().ref,
    "token": lambda: a_token().ref,
    "payment": lambda: a_payment(a_file()).ref,
    "complaint": lambda: a_complaint().ref,
    "court_paper": lambda: a_court_paper().ref,
    "template": lambda: a_template().ref,
    "evidence": lambda: shared_evidence().ref,
    "evidence_page": lambda: shared_evidence().pages.get().ref,
}
# What else an address may ask for.
WORDS = {
    "pk": "987654",
    "key": "abc-123",
    "uidb36": "1",
    "role": "borrower",
    "app_label": "repayment",
    "object_id": "987654",
    "edition": "2026-01-9",
    "body": "cn_nfra",
    "channel": "sms",
    "option": "pause",
    "token": "nobody:signed",
    "rule": "cn.cmp.decide",
}


def walk(
    patterns: list[Any], space: str = "", parts: tuple[str, ...] = ()
) -> Iterator[tuple[str, list[str]]]:
    """(name, names of the parts of its address) for each named route."""
    for entry in patterns:
        here = (*parts, *entry.pattern.regex.groupindex)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from walk(entry.url_patterns, inner, here)
        elif isinstance(entry, URLPattern):
            assert entry.name, f"The route {entry.pattern} has no name, so no row can speak of it."
            yield space + entry.name, list(here)


ROUTES = dict(walk(get_resolver().url_patterns))
LINES = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
ROWS = {row["name"]: row for row in LINES}


def address(name: str, ref: str) -> str:
    return reverse(name, kwargs={part: WORDS.get(part, ref) for part in ROUTES[name]})


def client_of(role: str) -> Client:
    """A client of somebody new. An accident is the answer 500, so that one page cannot hide the others."""
    client = _client_of(role)
    client.raise_request_exception = False
    return client


def _client_of(role: str) -> Client:
    if role == "anonymous":
        return Client()
    if role == Role.BORROWER:
        return client_for(a_borrower())
    if role == Role.REGULATOR:
        return client_for(a_regulator())
    if role == "half":
        officer = an_officer(a_lender())
        give_second_factor(officer)
        return client_for(officer, second_factor=False)
    return client_for(an_officer(a_lender(), role=role))


def answers(name: str, ref: str) -> dict[str, int]:
    return {role: client_of(role).get(address(name, ref)).status_code for role in ROLES}


@pytest.mark.django_db
def test_every_route_has_a_row() -> None:
    lines = []
    for name in ROUTES.keys() - ROWS.keys():
        kind = "?" if "ref" in ROUTES[name] else ""
        found = answers(name, refs.new())
        lines.append(",".join([name, kind, *(str(found[role]) for role in ROLES)]))
    assert not lines, "\n" + "\n".join(sorted(lines)) + HOW


def test_no_row_speaks_of_a_route_that_is_gone() -> None:
    assert sorted(ROWS.keys() - ROUTES.keys()) == []


def test_every_row_names_the_object_of_its_address() -> None:
    without = [
        name for name in ROWS.keys() & ROUTES.keys() if "ref" in ROUTES[name] and not ROWS[name]["object"]
    ]
    assert without == []


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_every_page_answers_a_role_as_the_table_says(role: str) -> None:
    ref = refs.new()
    wrong = []
    for name, row in ROWS.items():
        if name not in ROUTES:
            continue
        # A fresh client each time: some pages sign out.
        found = client_of(role).get(address(name, ref)).status_code
        if str(found) != row[role]:
            wrong.append(f"{name}: {role} gets {found}, the table says {row[role]}")
    assert not wrong, "\n" + "\n".join(wrong)


def alike(response: HttpResponse, ref: str) -> tuple[int, bytes, str]:
    body = re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", response.content)
    return (
        response.status_code,
        body.replace(ref.encode(), b"REF"),
        response.get("Location", "").replace(ref, "REF"),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", sorted(name for name in ROUTES if "ref" in ROUTES[name] and ROWS.get(name, {}).get("object"))
)
def test_somebody_elses_object_is_no_other_than_one_that_never_was(name: str) -> None:
    theirs, nobodys = OBJECTS[ROWS[name]["object"]](), refs.new()
    for role in ROLES:
        client = client_of(role)
        assert alike(client.get(address(name, theirs)), theirs) == alike(
            client.get(address(name, nobodys)), nobodys
        ), f"{role} can tell a stranger's {ROWS[name]['object']} from nothing"
        assert client.get(address(name, theirs)).status_code in {404, 302, 405}


def test_each_route_has_one_row_only() -> None:
    assert len(LINES) == len(ROWS)
