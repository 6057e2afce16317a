"""Every page that shows an officer a borrower's file leaves a row for the borrower, before the page is made."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from cases import append_only, clock
from cases.actions import complaints, viewing
from cases.models import Complaint, Viewing
from portal.officer.watch import NO_FILE
from tests.actions.evidencing import shared_evidence
from tests.actions.negotiating import File, a_bound_file, a_file, a_question, an_approval, sent
from tests.builders import a_case, an_officer
from tests.faces.paying import a_payment
from tests.signing_in import client_for

pytestmark = pytest.mark.django_db


def walk(patterns: list[Any], space: str = "") -> list[tuple[str, Any]]:
    found = []
    for entry in patterns:
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            found += walk(entry.url_patterns, inner)
        elif isinstance(entry, URLPattern):
            found.append((f"{space}{entry.name}", entry.callback))
    return found


PAGES = {name: view for name, view in walk(get_resolver().url_patterns) if name.startswith("admin:")}
WATCHED = {name: view.watch for name, view in PAGES.items() if hasattr(view, "watch")}


def unaccounted(pages: dict[str, Any]) -> list[str]:
    return [name for name, view in pages.items() if not hasattr(view, "watch") and name not in NO_FILE]


def test_every_page_of_the_officers_says_whose_file_it_shows_or_why_none() -> None:
    assert PAGES
    assert unaccounted(PAGES) == []
    assert NO_FILE.keys() - PAGES.keys() == set()
    assert NO_FILE.keys() & WATCHED.keys() == set()


def test_a_page_without_a_purpose_is_seen() -> None:
    assert unaccounted({"admin:planted": lambda request: None}) == ["admin:planted"]


def test_no_page_outside_the_officers_site_shows_files_unwatched() -> None:
    """Other staff pages would have to be walked here too: the only ones are the regulator's tables."""
    elsewhere = [
        name
        for name, view in walk(get_resolver().url_patterns)
        if not name.startswith("admin:") and str(getattr(view, "access", "")).startswith("case.")
    ]
    assert elsewhere == []


def a_complaint(file: File) -> Complaint:
    draft = complaints.Draft(lender=file.lenders[0], category="hours_calls", said="半夜来电")
    return complaints.send(by=file.borrower, draft=draft)


# How a page is reached whose address speaks of something: URL name → (file → reference).
REFS: dict[str, Callable[[File], str]] = {
    "admin:case": lambda file: sent(file)[0].case.ref,
    "admin:case_message": lambda file: sent(file)[0].case.ref,
    "admin:offer_acceptance": lambda file: sent(file)[0].ref,
    "admin:offer_counter": lambda file: sent(file)[0].ref,
    "admin:offer_refusal": lambda file: sent(file)[0].ref,
    "admin:offer_withdrawal": lambda file: sent(file)[0].ref,
    "admin:question_new": lambda file: sent(file)[0].ref,
    "admin:question": lambda file: a_question(file).ref,
    "admin:approval": lambda file: an_approval(file).ref,
    "admin:payment": lambda file: a_payment(file).ref,
    "admin:plan_change": lambda file: a_payment(file).plan.ref,
    "admin:plan_pause": lambda file: a_payment(file).plan.ref,
    "admin:plan_ending": lambda file: a_payment(file).plan.ref,
    "admin:complaint": lambda file: a_complaint(file).ref,
    "admin:complaint_evidence": lambda file: a_complaint(file).ref,
    "admin:evidence_original": lambda file: shared_evidence(a_complaint(file)).ref,
    "admin:evidence_page": lambda file: shared_evidence(a_complaint(file)).pages.get().ref,
}


@pytest.mark.parametrize("name", WATCHED)
def test_every_such_page_writes_one_row_each_time(name: str) -> None:
    assert name in REFS, f"Say in REFS how {name} is reached."
    file = a_bound_file() if name == "admin:approval" else a_file()
    ref = REFS[name](file)
    client = client_for(file.officers[0])
    for times in (1, 2):
        assert client.get(reverse(name, args=[ref])).status_code in {200, 409}
        assert Viewing.objects.count() == times
    row = Viewing.objects.first()
    assert row is not None
    assert (row.person, row.lender, row.officer_ref, row.role, row.purpose) == (
        file.borrower,
        file.lenders[0],
        file.officers[0].ref,
        "officer",
        WATCHED[name].purpose,
    )


def test_posting_to_a_page_shows_the_file_too_and_counts() -> None:
    file = a_file()
    offer = sent(file)[0]
    answer = client_for(file.officers[0]).post(
        reverse("admin:offer_refusal", args=[offer.ref]), {"reason": "x" * 2000}
    )
    assert answer.status_code == 422
    assert Viewing.objects.count() == 1


def test_a_file_of_another_lender_is_not_shown_and_leaves_no_row() -> None:
    file = a_file(2)
    case = sent(file)[0].case
    for client in (client_for(file.officers[1]), client_for(file.borrower), Client()):
        assert client.get(reverse("admin:case", args=[case.ref])).status_code in {302, 404}
    assert Viewing.objects.count() == 0


def test_when_the_row_cannot_be_written_the_page_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    file = a_file()
    case = sent(file)[0].case
    client = client_for(file.officers[0])
    client.raise_request_exception = False

    def full(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("The disk is full.")

    monkeypatch.setattr(QuerySet, "create", full)
    answer = client.get(reverse("admin:case", args=[case.ref]))
    assert answer.status_code == 500
    assert case.ref not in answer.content.decode()


def a_viewing(**fields: Any) -> Viewing:
    file = a_file(1)
    row = viewing.record(
        by=an_officer(file.lenders[0]), about=a_case(file.borrower, file.lenders[0]), purpose="read_case"
    )
    if fields:
        row.pk = None
        for name, value in fields.items():
            setattr(row, name, value)
        row.save(force_insert=True)
    return row


@pytest.mark.parametrize("verb", ["UPDATE cases_viewing SET purpose = 'x'", "DELETE FROM cases_viewing"])
def test_nobody_changes_or_removes_a_row(verb: str) -> None:
    a_viewing()
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(verb)
    assert Viewing.objects.count() == 1


def test_a_row_may_go_when_its_period_is_over_and_not_a_day_before() -> None:
    days = append_only.VIEWING_DAYS
    young = a_viewing(at=clock.real_now() - dt.timedelta(days=days - 1))
    old = a_viewing(at=clock.real_now() - dt.timedelta(days=days + 1))
    Viewing.objects.filter(pk=old.pk).delete()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Viewing.objects.filter(pk=young.pk).delete()
