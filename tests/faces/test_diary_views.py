"""Month, counts, terms and register as pages: light, scoped, and in few queries."""

import datetime as dt
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from cases import queries_calendar
from cases.access import Role
from cases.actions import contacts, designations, register
from cases.actions.contacts import Facts
from cases.actions.designations import Said
from cases.domain.refusal import Refused
from cases.models import Contact, Designation, Event, Lender, Licence, Mandate, User
from tests import builders as make
from tests.actions.agreeing import a_mandate, an_agency
from tests.actions.negotiating import a_file, sent

pytestmark = pytest.mark.django_db
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}
BEIJING = dt.timezone(dt.timedelta(hours=8))
MAY = dt.date(2027, 5, 1)


@pytest.fixture
def person(clock: Any) -> User:
    return make.a_borrower()


@pytest.fixture
def lender(person: User) -> Lender:
    lender = make.a_lender("云杉小贷", kind="microloan")
    make.a_debt(of=person, owed_to=lender, kind="online_loan")
    return lender


@pytest.fixture
def browser(person: User, client_for: Callable[..., Client]) -> Client:
    return client_for(person, **ENGLISH)


def page(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def call(by: User, lender: Lender | None, day: int, hour: int, minute: int = 0, **more: Any) -> Contact:
    at = dt.datetime(2027, 5, day, hour, minute, tzinfo=BEIJING)
    values: dict[str, Any] = {"channel": "call", "outcome": "conversation"}
    return contacts.log(by=by, facts=Facts(at=at, lender=lender, **(values | more)))


def test_the_month_counts_contacts_by_day_and_marks_findings(person: User, lender: Lender) -> None:
    call(person, lender, 11, 10)
    call(person, lender, 11, 22)
    call(person, lender, 3, 10)
    month = queries_calendar.month(person, MAY)
    days = {day.date.day: (day.count, day.found) for week in month.weeks for day in week if day.inside}
    assert (days[11], days[3], days[4]) == ((2, 1), (1, 0), (0, 0))
    assert len(days) == 31
    assert all(len(week) == 7 for week in month.weeks)
    assert queries_calendar.month(person, dt.date(2027, 4, 1)).later == MAY
    assert month.earlier is month.later is None


def test_a_late_evening_belongs_to_its_own_day(person: User, lender: Lender) -> None:
    contacts.log(
        by=person,
        facts=Facts(at=dt.datetime(2027, 5, 10, 15, 59, tzinfo=dt.UTC), channel="sms", lender=lender),
    )
    contacts.log(
        by=person,
        facts=Facts(at=dt.datetime(2027, 5, 10, 16, 1, tzinfo=dt.UTC), channel="sms", lender=lender),
    )
    days = {
        day.date.day: day.count
        for week in queries_calendar.month(person, MAY).weeks
        for day in week
        if day.inside
    }
    assert (days[10], days[11]) == (1, 1)


def test_counts_pool_everybody_acting_for_one_creditor(person: User, lender: Lender, clock: Any) -> None:
    agency, other = an_agency(), make.a_lender()
    call(person, lender, 11, 10)
    call(person, lender, 11, 11, by_agency=True)
    call(person, lender, 11, 12, agency=agency)
    call(person, lender, 5, 12, outcome="unanswered")
    call(person, lender, 11, 13, direction="inbound")
    call(person, other, 11, 10, channel="sms")
    with translation.override("zh-hans"):
        first, second = queries_calendar.creditors(person, clock.today)
    assert (first.name, first.total.total, second.total.written) == (lender.name, 4, 1)
    assert (first.total.spoken, first.total.rang) == (3, 1)
    assert dict(first.callers) == {"": 2, "agency": 1, "诚启信息": 1}
    assert first.busiest is not None
    assert (first.busiest[0].day, first.busiest[1].spoken, first.limit) == (11, 3, 3)
    assert [tally.total for _monday, tally in first.weeks[:2]] == [3, 1]


@pytest.mark.parametrize("name", ["contact_calendar", "contact_counts", "contacts", "designations"])
def test_a_full_diary_takes_no_more_queries(name: str, browser: Client, person: User, lender: Lender) -> None:
    agency = an_agency()

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(reverse(name)).status_code == 200
        return len(queries)

    call(person, lender, 2, 9, agency=agency)
    browser.get(reverse(name))
    before = count()
    for day in range(1, 11):
        call(person, lender, day, 10, agency=agency)
        call(person, make.a_lender(), day, 11)
    assert count() == before


@pytest.mark.parametrize("month", ["2027-13", "soon", "2027-5", "1999-05", "2027-05'--"])
def test_a_month_that_is_none_is_not_found(month: str, browser: Client) -> None:
    assert browser.get(reverse("contact_calendar"), {"month": month}).status_code == 404


def test_one_press_says_it_and_the_letter_carries_it(browser: Client, person: User, lender: Lender) -> None:
    address = reverse("designations_with", args=[lender.ref])
    assert "The letter to send" not in page(browser.get(address))
    answer = browser.post(address, {"preset": "evenings"}, follow=True)
    made = Designation.objects.get()
    assert (made.kind, made.before, made.lender) == ("inconvenient", "18:00", lender)
    letter = answer.content.decode().split("<textarea")[1]
    assert "Not at these times: before 18:00" in letter
    assert "every company that acts for you" in letter
    again = browser.post(address, {"preset": "evenings"})
    assert again.status_code == 409
    assert "You have said this already" in page(again)


def test_the_whole_form_keeps_what_was_typed(browser: Client, lender: Lender) -> None:
    address = reverse("designations_with", args=[lender.ref])
    bad = browser.post(address, {"kind": "opt_out", "number": "", "told_on": "2027-05-01"})
    assert bad.status_code == 422
    assert "Choose a way, or write the number." in page(bad)
    assert 'value="2027-05-01"' in bad.content.decode()
    browser.post(address, {"kind": "opt_out", "number": "0571 8888 4420", "told_on": "2027-05-01"})
    made = Designation.objects.get()
    assert made.number == "057188884420"
    assert made.since.astimezone(BEIJING).date() == MAY
    future = browser.post(address, {"kind": "cease", "told_on": "2027-05-13"})
    assert "it cannot be later than now" in page(future)
    assert browser.post(address, {"preset": "nonsense"}).status_code == 404


def test_terms_exist_only_with_ones_own_lenders(browser: Client, lender: Lender) -> None:
    stranger = make.a_lender()
    assert browser.get(reverse("designations_with", args=[stranger.ref])).status_code == 404
    other = designations.designate(by=make.a_borrower(), said=Said(kind="cease"))
    address = reverse("designation_end", args=[other.ref])
    assert browser.get(address).status_code == browser.post(address).status_code == 404


def test_what_was_said_can_be_ended(browser: Client, person: User, lender: Lender) -> None:
    made = designations.designate(by=person, said=Said(kind="cease", lender=lender))
    address = reverse("designation_end", args=[made.ref])
    assert "End this?" in page(browser.get(address))
    answer = browser.post(address, follow=True)
    assert "What held before" in page(answer)
    assert "This holds now" not in page(answer)


def test_who_may_contact_me_names_the_published_agencies(
    browser: Client, person: User, lender: Lender
) -> None:
    admin = make.an_officer(lender, role=Role.LENDER_ADMIN)
    a_mandate(admin)
    debt = person.debts.get()
    text = page(browser.get(reverse("debt_who", args=[debt.ref])))
    assert "Owner" in text
    assert "Chengqi" in text
    assert "91330100MA000001X0" in text
    assert "M2" in text
    assert "At no stage may they" in text


def test_an_agency_that_is_not_listed_is_told_as_information(
    browser: Client, person: User, lender: Lender
) -> None:
    kept = call(person, lender, 11, 10, agency=an_agency())
    admin = make.an_officer(lender, role=Role.LENDER_ADMIN)
    a_mandate(admin, an_agency("别家信息"))
    text = page(browser.get(reverse("contact", args=[kept.ref])))
    assert "Not on the lender’s published list on that day" in text
    assert "This is information, not a verdict" in text
    assert "By the rules we checked, nothing stands out" in text
    assert "not on the lender’s published list on that day" in page(browser.get(reverse("contacts")))


def test_the_administrator_publishes_and_ends_a_mandate(
    lender: Lender, client_for: Callable[..., Client]
) -> None:
    desk = client_for(make.an_officer(lender, role=Role.LENDER_ADMIN), **ENGLISH)
    said = {"agency": "", "name": "诚启信息", "number": "", "since": "2027-05-12", "until": ""}
    bad = desk.post(reverse("admin:register_new"), said)
    assert bad.status_code == 422
    assert "Write the number of its business registration." in page(bad)
    assert 'value="诚启信息"' in bad.content.decode()
    assert not Mandate.objects.exists()
    assert not Lender.objects.filter(name="诚启信息").exists()
    done = desk.post(reverse("admin:register_new"), said | {"number": "9133"}, follow=True)
    assert "诚启信息" in page(done)
    mandate = Mandate.objects.get()
    back = desk.post(reverse("admin:register_end", args=[mandate.ref]), {"on": "2027-05-11"})
    assert back.status_code == 422
    desk.post(reverse("admin:register_end", args=[mandate.ref]), {"on": "2027-05-20"})
    assert Mandate.objects.get().last_day == dt.date(2027, 5, 20)


def test_the_administrator_notes_a_licence_of_an_agency_on_the_own_list(
    lender: Lender, client_for: Callable[..., Client]
) -> None:
    admin = make.an_officer(lender, role=Role.LENDER_ADMIN)
    mandate, desk = a_mandate(admin), client_for(admin, **ENGLISH)
    address = reverse("admin:register_licence", args=[mandate.ref])
    assert address in desk.get(reverse("admin:register")).content.decode()
    said = {"kind": "local", "number": "浙金 2027-09", "authority": "地方金融管理局", "source": ""}
    days = {"since": "2027-01-01", "until": "2026-12-31"}
    bad = desk.post(address, said | days)
    assert bad.status_code == 422
    assert "It cannot end before it began." in page(bad)
    assert 'value="浙金 2027-09"' in bad.content.decode()
    assert "Write its number." in page(desk.post(address, said | {"number": " "}))
    done = desk.post(address, said | days | {"until": "2029-12-31"}, follow=True)
    assert "浙金 2027-09" in page(done)
    noted = Licence.objects.get(kind="local")
    assert (noted.institution, noted.until) == (mandate.agency, dt.date(2029, 12, 31))
    assert Event.objects.get(kind="licence.noted", about_ref=noted.ref).actor_ref == admin.ref


def test_nobody_describes_an_agency_that_is_not_on_their_list(
    lender: Lender, client_for: Callable[..., Client]
) -> None:
    mandate = a_mandate(make.an_officer(lender, role=Role.LENDER_ADMIN))
    stranger = make.an_officer(make.a_lender(), role=Role.LENDER_ADMIN)
    for person in (make.an_officer(lender), stranger):
        address = reverse("admin:register_licence", args=[mandate.ref])
        assert client_for(person).get(address).status_code == 404
    before = Licence.objects.count()
    for institution in (mandate.agency, make.a_lender()):
        with pytest.raises(Refused) as refused:
            register.note_licence(
                by=stranger, institution=institution, kind="local", number="1", since=dt.date(2027, 1, 1)
            )
        assert refused.value.code == "not_listed"
    assert Licence.objects.count() == before


def test_an_officer_reads_the_list_and_keeps_none(lender: Lender, client_for: Callable[..., Client]) -> None:
    mandate = a_mandate(make.an_officer(lender, role=Role.LENDER_ADMIN))
    desk = client_for(make.an_officer(lender), **ENGLISH)
    text = page(desk.get(reverse("admin:register")))
    assert "Chengqi" in text
    assert "Put an agency on our list" not in text
    assert (
        desk.post(reverse("admin:register_end", args=[mandate.ref]), {"on": "2027-05-20"}).status_code == 404
    )
    stranger = client_for(make.an_officer(make.a_lender()), **ENGLISH)
    assert "Chengqi" not in page(stranger.get(reverse("admin:register")))


def test_the_officers_case_says_the_same_as_the_borrowers_page(
    client_for: Callable[..., Client], clock: Any
) -> None:
    file = a_file(lenders=1)
    case = sent(file)[0].case
    a_mandate(make.an_officer(file.lenders[0], role=Role.LENDER_ADMIN))
    text = page(client_for(file.officers[0], **ENGLISH).get(reverse("admin:case", args=[case.ref])))
    assert "Who may contact the borrower" in text
    assert "Chengqi" in text
    assert "M2" in text


def test_no_lender_sees_a_diary_or_terms_that_were_not_shared(
    client_for: Callable[..., Client], clock: Any
) -> None:
    file = a_file(lenders=1)
    case = sent(file)[0].case
    me, lender = file.borrower, file.lenders[0]
    kept = contacts.log(
        by=me,
        facts=Facts(
            at=clock.now - dt.timedelta(hours=1),
            channel="call",
            outcome="conversation",
            lender=lender,
            agency=an_agency(),
            said="再不还就告诉单位",
            number="057188884420",
        ),
    )
    said = designations.designate(by=me, said=Said(kind="opt_out", number="057188884420", lender=lender))
    desk = client_for(make.an_officer(lender, role=Role.LENDER_ADMIN), **ENGLISH)
    for address in ("/officer/", f"/officer/cases/{case.ref}/", "/officer/complaints/", "/officer/register/"):
        shown = desk.get(address).content.decode()
        for secret in ("告诉单位", "057188884420", kept.ref, said.ref, "Do not contact me"):
            assert secret not in shown, address
    for name, ref in (
        ("contact", kept.ref),
        ("designation_end", said.ref),
        ("designations_with", lender.ref),
    ):
        assert desk.get(reverse(name, args=[ref])).status_code == 404
    for name in ("contacts", "contact_calendar", "contact_counts", "contact_log", "designations"):
        assert desk.get(reverse(name)).status_code == 404


def test_a_register_that_nobody_keeps_says_so(browser: Client, person: User, lender: Lender) -> None:
    assert register.add_agency(by=None, name="无人名单", number="1")
    text = page(browser.get(reverse("debt_who", args=[person.debts.get().ref])))
    assert "No company stands on a published list for this debt today." in text
