"""The diary as a browser without JavaScript meets it."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import refs
from cases.actions import contacts
from cases.actions.contacts import Facts
from cases.models import Contact, Debt, Lender, User
from tests import builders as make

pytestmark = pytest.mark.django_db
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}
BEIJING = dt.timezone(dt.timedelta(hours=8))


@pytest.fixture
def person(clock: Any) -> User:
    return make.a_borrower()


@pytest.fixture
def lender(person: User) -> Lender:
    lender = make.a_lender("云杉小贷", kind="microloan")
    make.a_debt(of=person, owed_to=lender, kind=Debt.Kind.ONLINE_LOAN)
    return lender


@pytest.fixture
def browser(person: User, client_for: Callable[..., Client]) -> Client:
    return client_for(person, **ENGLISH)


def filled(owed_to: Lender, /, **said: Any) -> dict[str, Any]:
    return {
        "channel": "call",
        "outcome": "conversation",
        "when": "earlier",
        "day": "2027-05-11",
        "time": "22:17",
        "lender": f"lender-{owed_to.ref}",
        "once": "o" * 20,
    } | said


def page(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def late_call(by: User, lender: Lender | None, **fields: Any) -> Contact:
    values = {
        "at": dt.datetime(2027, 5, 11, 22, 17, tzinfo=BEIJING),
        "channel": "call",
        "outcome": "conversation",
    }
    return contacts.log(by=by, facts=Facts(lender=lender, **(values | fields)))


def test_a_late_call_is_judged_on_the_next_page(browser: Client, lender: Lender) -> None:
    answer = browser.post(reverse("contact_new"), filled(lender), follow=True)
    kept = Contact.objects.get()
    assert answer.redirect_chain == [(reverse("contact", args=[kept.ref]), 302)]
    text = page(answer)
    assert "By the rules, one thing stands out" in text
    assert "Contacted too late" in text
    assert "If it happened as you wrote, it departs from a recommended national standard." in text
    assert "GB/T 45251-2025" in text
    assert "Recommended standard" in text
    assert "The number of calls is fine: 1 connected that day, at most 3." in text


def test_only_a_law_may_be_named_as_not_allowing(browser: Client, person: User, lender: Lender) -> None:
    kept = late_call(person, lender, party="employer")
    text = page(browser.get(reverse("contact", args=[kept.ref])))
    assert "two things" in text or "2 things" in text
    assert "the law does not allow" not in text
    assert "illegal" not in text


def test_the_common_case_is_five_answers_and_nothing_typed(
    browser: Client, lender: Lender, clock: Any
) -> None:
    five = {"channel": "call", "outcome": "unanswered", "when": "now", "lender": f"lender-{lender.ref}"}
    assert browser.post(reverse("contact_new"), five).status_code == 302
    kept = Contact.objects.get()
    assert (kept.at, kept.party, kept.outcome) == (clock.now, "borrower", "unanswered")


def test_an_empty_day_is_today_and_rough_is_kept(browser: Client, lender: Lender) -> None:
    browser.post(reverse("contact_new"), filled(lender, when="", day="", time="09:05", about="on"))
    kept = Contact.objects.get()
    assert kept.at.astimezone(BEIJING) == dt.datetime(2027, 5, 12, 9, 5, tzinfo=BEIJING)
    assert kept.about


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"day": "2027-05-13"}, "This time has not come yet"),
        ({"day": "", "time": "", "when": ""}, "Choose when it was."),
        ({"time": ""}, "Write the time. A rough time is fine."),
        ({"day": "soon"}, "Write the day like 2027-05-09."),
        ({"when": "now"}, "Please keep one of them."),
        ({"lender": ""}, "“I do not know who” is fine too."),
        ({"lender": "lender-0000000000000000"}, "Choose a lender from the list."),
        ({"outcome": ""}, "Choose whether it was answered."),
        ({"channel": ""}, "Choose how they contacted you."),
        ({"traits": "rude"}, "Choose from the list."),
    ],
)
def test_bad_input_gets_clear_words_and_loses_nothing(
    browser: Client, lender: Lender, said: dict[str, Any], words: str
) -> None:
    answer = browser.post(reverse("contact_new"), filled(lender, **{"said": "再不还就告诉单位", **said}))
    assert answer.status_code == 422
    assert words in page(answer)
    assert "再不还就告诉单位" in answer.content.decode()
    assert not Contact.objects.exists()


def test_a_contact_without_a_lender_is_kept_as_unknown(browser: Client, lender: Lender) -> None:
    answer = browser.post(reverse("contact_new"), filled(lender, lender="unknown"), follow=True)
    assert Contact.objects.get().lender is None
    text = page(answer)
    assert "only rules that bind every lender and collector are named" in text
    assert "Make this a complaint" not in text


def test_a_name_in_the_persons_own_words_is_kept(browser: Client, person: User, lender: Lender) -> None:
    debt = make.a_debt(of=person, lender_words="快乐借")
    browser.post(reverse("contact_new"), filled(lender, lender=f"debt-{debt.ref}"))
    assert Contact.objects.get().lender_words == "快乐借"


def test_pressed_twice_it_is_one_entry(browser: Client, lender: Lender) -> None:
    first = browser.post(reverse("contact_new"), filled(lender))
    second = browser.post(reverse("contact_new"), filled(lender))
    assert first["Location"] == second["Location"]
    assert Contact.objects.count() == 1


def test_threats_bring_the_police_number_first(browser: Client, person: User, lender: Lender) -> None:
    kept = late_call(person, lender, traits=("threat_violence",))
    answer = browser.get(reverse("contact", args=[kept.ref])).content.decode()
    assert answer.index('href="tel:110"') < answer.index('href="tel:12378"')
    assert "threats" in answer


def test_another_persons_entry_is_no_other_than_one_that_never_was(
    person: User, lender: Lender, client_for: Callable[..., Client]
) -> None:
    kept = late_call(person, lender)
    stranger = client_for(make.a_borrower(), **ENGLISH)
    for name in ("contact", "contact_removal"):
        assert stranger.get(reverse(name, args=[kept.ref])).status_code == 404
        assert stranger.get(reverse(name, args=[refs.new()])).status_code == 404
    assert stranger.post(reverse("contact_removal", args=[kept.ref])).status_code == 404
    assert Contact.objects.filter(removed_at__isnull=True).count() == 1


def test_officers_never_see_a_diary(person: User, lender: Lender, client_for: Callable[..., Client]) -> None:
    kept = late_call(person, lender)
    officer = client_for(make.an_officer(lender))
    assert officer.get(reverse("contacts")).status_code == 404
    assert officer.get(reverse("contact", args=[kept.ref])).status_code == 404


def test_an_entry_can_be_taken_out(browser: Client, person: User, lender: Lender) -> None:
    kept = late_call(person, lender)
    assert "Take this entry out of the diary?" in page(
        browser.get(reverse("contact_removal", args=[kept.ref]))
    )
    browser.post(reverse("contact_removal", args=[kept.ref]))
    assert browser.get(reverse("contact", args=[kept.ref])).status_code == 404
    assert "云杉" not in page(browser.get(reverse("contacts")))


def test_a_long_diary_takes_no_more_queries(browser: Client, person: User, lender: Lender) -> None:
    def count(address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert browser.get(address).status_code == 200
        return len(queries)

    first = late_call(person, lender)
    addresses = [reverse("contacts"), reverse("contact", args=[first.ref])]
    browser.get(addresses[0])
    before = [count(address) for address in addresses]
    for minute in range(25):
        late_call(person, lender, at=dt.datetime(2027, 5, 11, 20, minute, tzinfo=BEIJING))
    assert [count(address) for address in addresses] == before
    assert max(before) <= 20


def test_the_chinese_page_speaks_by_force(
    person: User, lender: Lender, client_for: Callable[..., Client]
) -> None:
    kept = late_call(person, lender)
    text = page(client_for(person).get(reverse("contact", args=[kept.ref])))
    assert "违法" not in text
    assert "联系得太晚" in text


def test_what_was_said_is_only_text(browser: Client, person: User, lender: Lender) -> None:
    kept = late_call(person, lender, said="<script>alert(1)</script>\u202e", caller="<b>x</b>")
    content = browser.get(reverse("contact", args=[kept.ref])).content.decode()
    assert "<script>alert" not in content
    assert "<b>x" not in content
