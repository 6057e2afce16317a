"""A borrower sees who looked, takes a copy, and leaves; nothing is handed to whoever merely holds the telephone."""

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import reverse

from cases import accounts
from cases.actions import complaints, holds, viewing
from cases.models import Event, User
from notices.models import OutboxEntry
from tests.builders import a_borrower, a_case, a_debt, a_lender, an_officer
from tests.signing_in import BACKEND, client_for

pytestmark = pytest.mark.django_db
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}


def looked(at: User, times: int = 1) -> Any:
    lender = a_lender()
    officer = an_officer(lender)
    case = a_case(at, lender)
    for _ in range(times):
        viewing.record(by=officer, about=case, purpose="read_case")
    return lender, officer


def page(client: Client, name: str) -> str:
    response = client.get(reverse(name), **ENGLISH)
    assert response.status_code == 200
    return str(response.content.decode())


# ── who looked ───────────────────────────────────────────────────────────────────────────────
def test_the_list_names_role_institution_purpose_and_time_and_no_officer(clock: Any) -> None:
    person = a_borrower()
    lender, officer = looked(person)
    text = page(client_for(person), "privacy")
    for words in (lender.name, "Case officer", "Read your case", "10:05", 'datetime="2027-05-12"'):
        assert words in text
    assert officer.name not in text
    assert officer.ref not in text


def test_nothing_is_folded_together(clock: Any) -> None:
    person = a_borrower()
    looked(person, times=3)
    assert page(client_for(person), "privacy").count("Read your case") == 3


def test_the_week_begins_on_monday_in_beijing(clock: Any) -> None:
    person = a_borrower()
    clock.set(dt.datetime(2027, 5, 9, 15, 59, tzinfo=dt.UTC))
    looked(person)
    clock.set(dt.datetime(2027, 5, 9, 16, 0, tzinfo=dt.UTC))
    looked(person, times=2)
    clock.set(dt.datetime(2027, 5, 12, 2, 0, tzinfo=dt.UTC))
    client = client_for(person)
    assert "2 times this week" in page(client, "privacy")
    home = page(client, "home")
    assert re.search(r"Who looked at my file.*?2 times this week", home)


def test_nobody_sees_who_looked_at_somebody_else(clock: Any) -> None:
    lender, _officer = looked(a_borrower())
    assert lender.name not in page(client_for(a_borrower()), "privacy")


def test_the_list_costs_the_same_however_long(clock: Any, django_assert_max_num_queries: Any) -> None:
    person = a_borrower()
    looked(person, times=30)
    client = client_for(person)
    page(client, "privacy")
    with django_assert_max_num_queries(8):
        page(client, "privacy")


# ── a copy ───────────────────────────────────────────────────────────────────────────────────
def test_the_copy_is_a_file_whose_name_says_nothing(clock: Any) -> None:
    person = a_borrower(name="林静")
    response = client_for(person).post(reverse("privacy_export"))
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="beiwang-20270512.json"'
    assert "no-store" in response["Cache-Control"]
    copy = json.loads(response.content)
    assert copy["records"]["cases.User"][0]["name"] == "林静"
    assert Event.objects.filter(kind="person.data_exported", person_ref=person.ref).count() == 1


def test_looking_at_the_page_copies_nothing() -> None:
    client = client_for(a_borrower())
    before = Event.objects.count()
    page(client, "privacy_export")
    assert Event.objects.count() == before


def by_code_long_ago(person: User) -> Client:
    """Signed in by code an hour ago, on a telephone that somebody else may hold now."""
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


def code_sent_to(person: User) -> str:
    entry = OutboxEntry.objects.filter(person=person).latest("pk")
    found = re.search(r"\d{6}", entry.body)
    assert found
    return found[0]


def test_after_a_while_a_code_is_asked_first() -> None:
    person = a_borrower()
    client = by_code_long_ago(person)
    answer = client.post(reverse("privacy_export"))
    confirm = reverse("privacy_confirm") + "?next=" + reverse("privacy_export").replace("/", "%2F")
    assert answer["Location"] == confirm
    assert client.get(confirm).status_code == 200
    assert not OutboxEntry.objects.filter(person=person).exists(), "Reading a page sends nothing."
    client.post(confirm)
    assert client.post(confirm, {"code": "000000"}).status_code == 422
    assert client.post(confirm, {"code": code_sent_to(person)})["Location"] == reverse("privacy_export")
    assert client.post(reverse("privacy_export")).status_code == 200


def test_a_code_works_once_and_three_wrong_ones_end_it() -> None:
    person = a_borrower()
    client = by_code_long_ago(person)
    confirm = reverse("privacy_confirm")
    client.post(confirm)
    code = code_sent_to(person)
    for _ in range(3):
        client.post(confirm, {"code": "000000" if code != "000000" else "111111"})
    assert client.post(confirm, {"code": code}).status_code == 422
    client.post(confirm)
    fresh = code_sent_to(person)
    assert client.post(confirm, {"code": fresh}).status_code == 302
    assert client.post(confirm, {"code": fresh}).status_code == 422


def test_a_code_for_one_person_is_none_for_another() -> None:
    one, other = a_borrower(), a_borrower()
    client = by_code_long_ago(one)
    client.post(reverse("privacy_confirm"))
    stranger = by_code_long_ago(other)
    answer = stranger.post(reverse("privacy_confirm"), {"code": code_sent_to(one)})
    assert answer.status_code == 422


def test_whoever_has_a_password_is_asked_for_it() -> None:
    person = a_borrower()
    person.set_password("a long and quiet pass")
    person.save()
    answer = by_code_long_ago(person).post(reverse("privacy_export"))
    assert answer["Location"].startswith(reverse("account_reauthenticate"))


def test_the_way_back_leads_nowhere_else() -> None:
    client = by_code_long_ago(a_borrower())
    text = client.get(reverse("privacy_confirm") + "?next=https://example.test/").content.decode()
    assert 'href="https://example.test' not in text
    to = client.post(reverse("privacy_confirm") + "?next=https://example.test/")
    assert to["Location"].startswith(reverse("privacy_confirm"))


def test_the_demo_door_counts_only_in_the_demo(settings: Any) -> None:
    request = RequestFactory().get("/")
    request.user = a_borrower()
    request.session = {"demo_door": request.user.ref}  # type: ignore[assignment]
    settings.DEMO = True
    assert accounts.came_through_demo_door(request)
    settings.DEMO = False
    assert not accounts.came_through_demo_door(request)
    with pytest.raises(PermissionDenied):
        accounts.sign_in_for_demo(request, request.user)


# ── leaving ──────────────────────────────────────────────────────────────────────────────────
def test_the_page_says_what_goes_and_what_stays_with_rule_and_period() -> None:
    text = page(client_for(a_borrower()), "privacy_erasure")
    for words in ("What goes", "at least 5 years", "GB/T 45251-2025", "stays 3 years", "no way back"):
        assert words in text
    assert not re.search(r"<input[^>]* checked", text)


def test_leaving_needs_the_tick_and_then_signs_out(clock: Any) -> None:
    person = a_borrower()
    client = client_for(person)
    assert client.post(reverse("privacy_erasure"), {}).status_code == 422
    person.refresh_from_db()
    assert person.is_active
    answer = client.post(reverse("privacy_erasure"), {"understood": "on"})
    assert answer["Location"] == reverse("start")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    person.refresh_from_db()
    assert (person.name, person.phone, person.is_active) == ("", "", False)
    assert client.get(reverse("home")).status_code == 302


def test_leaving_asks_for_a_fresh_key() -> None:
    person = a_borrower()
    answer = by_code_long_ago(person).post(reverse("privacy_erasure"), {"understood": "on"})
    assert answer["Location"].startswith(reverse("privacy_confirm"))
    person.refresh_from_db()
    assert person.is_active


def test_what_stands_against_leaving_is_said_and_there_is_no_button() -> None:
    person, lender = a_borrower(), a_lender()
    a_debt(person, lender)
    complaints.send(by=person, draft=complaints.Draft(lender=lender, category="hours_calls", said="半夜来电"))
    holds.preserve(by=None, person=person)
    client = client_for(person)
    text = page(client, "privacy_erasure")
    assert "A complaint of yours still waits" in text
    assert "A court or a regulator asked us" in text
    assert "Erase my data" not in text
    answer = client.post(reverse("privacy_erasure"), {"understood": "on"})
    assert answer.status_code == 409
    assert Event.objects.filter(kind="person.erasure_refused", person_ref=person.ref).count() == 1
