"""Bringing a call log: the borrower picks, only the picked is kept, and the log itself is nowhere."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import log_parcel
from cases.actions import contacts
from cases.actions.contacts import Facts
from cases.models import Contact, Event, Lender, Submission, User
from tests import builders as make

pytestmark = pytest.mark.django_db
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}
COLLECTOR, MOTHER = "057188884420", "13911112222"
LOG = f"""号码,时间,类型,时长,短信内容
{COLLECTOR},2027-05-11 22:17:03,被叫,80,再不还就告诉单位
{COLLECTOR},2027-05-11 22:30:00,未接,0,
{MOTHER},2027-05-11 20:00:00,被叫,600,
{MOTHER},2027-05-10 20:00:00,主叫,300,
=1+1,2027-05-10 20:00:00,主叫,300,
"""


@pytest.fixture
def person(clock: Any) -> User:
    return make.a_borrower()


@pytest.fixture
def lender(person: User) -> Lender:
    lender = make.a_lender("云杉小贷", kind="microloan")
    make.a_debt(of=person, owed_to=lender, kind="online_loan")
    return lender


@pytest.fixture
def browser(person: User, lender: Lender, client_for: Callable[..., Client]) -> Client:
    return client_for(person, **ENGLISH)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def hidden(answer: Any, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())[1]  # type: ignore[index]


def brought(browser: Client, text: str = LOG) -> Any:
    return browser.post(reverse("contact_log"), {"text": text})


def picked(answer: Any, lender: Lender, **more: str) -> dict[str, str]:
    return {
        "parcel": hidden(answer, "parcel"),
        "once": hidden(answer, "once"),
        f"whose-{COLLECTOR}": f"lender-{lender.ref}-agency",
        f"whose-{MOTHER}": "",
    } | more


def test_first_the_numbers_are_shown_and_nothing_is_kept(browser: Client) -> None:
    answer = brought(browser)
    text = text_of(answer)
    assert answer.status_code == 200
    assert COLLECTOR in text
    assert MOTHER in text
    assert "2 calls" in text
    assert "1 line was not read" in text
    assert "Line 6: A formula of a spreadsheet" in text
    assert "Beijing time" in text
    assert "单位" not in answer.content.decode()
    assert not Contact.objects.exists()
    assert "selected" not in answer.content.decode().split("<main")[1].replace('value="" selected', "")


def test_only_rows_of_picked_numbers_are_kept_and_what_is_dropped_is_shown(
    browser: Client, person: User, lender: Lender
) -> None:
    said = picked(brought(browser), lender)
    preview = browser.post(reverse("contact_log"), said | {"step": "preview"})
    text = text_of(preview)
    assert "2 entries for your diary." in text
    assert MOTHER in text.split("This is left out")[1]
    assert not Contact.objects.exists()
    kept = browser.post(reverse("contact_log"), picked(preview, lender) | {"step": "keep"}, follow=True)
    assert "2 entries kept. The rest of the log is forgotten." in text_of(kept)
    rows = list(Contact.objects.order_by("at"))
    assert [(row.number, row.outcome, row.by_agency, row.from_log) for row in rows] == [
        (COLLECTOR, "conversation", True, True),
        (COLLECTOR, "unanswered", True, True),
    ]
    assert {row.lender for row in rows} == {lender}
    event = Event.objects.get(kind="contacts.taken")
    assert event.data == {"kept": 2, "known": 0, "lenders": [lender.ref]}
    assert "Contacted too late" in text_of(browser.get(reverse("contacts")))


def test_nobody_elses_number_is_stored_anywhere(browser: Client, lender: Lender) -> None:
    said = picked(brought(browser), lender)
    browser.post(reverse("contact_log"), said | {"step": "keep"})
    held = repr(list(Contact.objects.values())) + repr(list(Event.objects.values()))
    held += repr(list(Submission.objects.values())) + repr(dict(browser.session))
    assert COLLECTOR in held
    assert MOTHER not in held
    assert "单位" not in held


def test_the_page_between_carries_no_readable_number(browser: Client, person: User) -> None:
    parcel = hidden(brought(browser), "parcel")
    assert MOTHER not in parcel
    assert log_parcel.unpack(person, parcel).rows[0].number == COLLECTOR  # type: ignore[union-attr]
    assert log_parcel.unpack(make.a_borrower(), parcel) is None


def test_a_parcel_that_is_old_torn_or_somebody_elses_is_refused(
    browser: Client, lender: Lender, client_for: Callable[..., Client]
) -> None:
    said = picked(brought(browser), lender) | {"step": "keep"}
    for parcel in (said["parcel"][:-5], "x", ""):
        assert browser.post(reverse("contact_log"), said | {"parcel": parcel}).status_code == 409
    stranger = client_for(make.a_borrower(), **ENGLISH)
    answer = stranger.post(reverse("contact_log"), said)
    assert answer.status_code == 409
    assert "too old" in text_of(answer)
    assert not Contact.objects.exists()


def test_changing_the_picks_loses_none(browser: Client, lender: Lender) -> None:
    preview = browser.post(reverse("contact_log"), picked(brought(browser), lender) | {"step": "preview"})
    again = browser.post(reverse("contact_log"), picked(preview, lender) | {"step": "change"})
    assert re.search(rf'value="lender-{lender.ref}-agency" selected', again.content.decode())


def test_without_a_pick_it_is_asked_again(browser: Client, lender: Lender) -> None:
    said = picked(brought(browser), lender, **{f"whose-{COLLECTOR}": ""})
    answer = browser.post(reverse("contact_log"), said | {"step": "preview"})
    assert answer.status_code == 422
    assert "Pick at least one number" in text_of(answer)


def test_a_lender_that_is_not_ones_own_is_no_answer(browser: Client, lender: Lender) -> None:
    other = make.a_lender()
    said = picked(brought(browser), lender, **{f"whose-{COLLECTOR}": f"lender-{other.ref}"})
    assert browser.post(reverse("contact_log"), said | {"step": "keep"}).status_code == 422
    assert not Contact.objects.exists()


def test_pressed_twice_or_brought_twice_it_counts_once(browser: Client, lender: Lender) -> None:
    said = picked(brought(browser), lender) | {"step": "keep"}
    browser.post(reverse("contact_log"), said)
    browser.post(reverse("contact_log"), said)
    again = picked(brought(browser), lender) | {"step": "preview"}
    assert "2 are in your diary already" in text_of(browser.post(reverse("contact_log"), again))
    browser.post(reverse("contact_log"), again | {"step": "keep"})
    assert Contact.objects.count() == 2


def test_what_was_typed_in_to_the_minute_is_recognised(browser: Client, person: User, lender: Lender) -> None:
    from tests.actions.test_contacts import evening

    typed = Facts(at=evening(), channel="call", outcome="conversation", lender=lender, number="0571-88884420")
    contacts.log(by=person, facts=typed)
    browser.post(reverse("contact_log"), picked(brought(browser), lender) | {"step": "keep"})
    assert Contact.objects.count() == 2


def test_a_number_of_the_diary_is_known_again(browser: Client, person: User, lender: Lender) -> None:
    from tests.actions.test_contacts import a_call, evening

    contacts.log(by=person, facts=a_call(evening(day=3), lender=lender, number=COLLECTOR))
    assert f"in your diary: {lender.name}" in text_of(brought(browser))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "Choose a file, or paste something below."),
        ({"text": "<html>x</html>"}, "This is a web page, not a table."),
        ({"text": "hello"}, "We found no line with a number and a time."),
        ({"text": "x" * 300_001}, "This is too much at once."),
        ({"file": SimpleUploadedFile("a.csv", b"PK\x03\x04")}, "not a CSV"),
        ({"file": SimpleUploadedFile("a.csv", b"x" * 1_050_000)}, "larger than 1 MB"),
        ({"file": SimpleUploadedFile("a.csv", LOG.encode()), "text": LOG}, "one at a time"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_clear_word(
    browser: Client, said: dict[str, Any], words: str
) -> None:
    answer = browser.post(reverse("contact_log"), said)
    assert answer.status_code == 422
    assert words in text_of(answer)
    if "text" in said and len(said["text"]) < 100:
        assert html.escape(said["text"]) in answer.content.decode()


def test_a_log_in_which_no_line_can_be_read_names_each(browser: Client) -> None:
    answer = brought(browser, "95555 5月10日\n<b>95555</b> 2027-05-10 08:01\n")
    assert answer.status_code == 422
    text = text_of(answer)
    assert "Line 1: No day and time." in text
    assert "Line 2: Code of a web page" in text
    assert "<b>95555</b>" not in answer.content.decode().split("<textarea")[0]


def test_the_page_says_whose_clock_and_which_year_it_took(browser: Client, lender: Lender) -> None:
    answer = brought(browser, f"{COLLECTOR} 5月10日 08:01 来电\n")
    preview = browser.post(reverse("contact_log"), picked(answer, lender) | {"step": "preview"})
    for shown in (answer, preview):
        text = text_of(shown)
        assert "on your own clock: Beijing time." in text
        assert "Asia/Shanghai" not in text
        assert "1 line names no year: we took the latest such day" in text
    assert "We did not speak" in text_of(preview)


def test_a_long_log_takes_no_more_queries(browser: Client, lender: Lender) -> None:
    def count(rows: int) -> int:
        lines = "".join(f"{COLLECTOR},2027-05-0{n % 9 + 1} 10:{n // 9:02},被叫,5\n" for n in range(rows))
        answer = brought(browser, "号码,时间,类型,时长\n" + lines)
        said = picked(answer, lender) | {"step": "preview"}
        with CaptureQueriesContext(connection) as queries:
            assert browser.post(reverse("contact_log"), said).status_code == 200
        return len(queries)

    assert count(2) == count(300)
