"""The register: dated lines that nobody edits, and what they say about who may contact a person on a day."""

import datetime as dt
from typing import Any

import pytest

from cases import queries, queries_register
from cases.access import Role
from cases.actions import contacts, register
from cases.actions.contacts import Facts
from cases.domain.refusal import Refused
from cases.models import Contact, DebtParty, Event, Lender, Mandate, User
from cases.queries_register import Listing
from tests import builders as make

pytestmark = pytest.mark.django_db
TODAY = dt.date(2027, 5, 12)


@pytest.fixture
def admin(clock: Any) -> User:
    return make.an_officer(make.a_lender("云杉小贷", kind="microloan"), role=Role.LENDER_ADMIN)


@pytest.fixture
def agency(admin: User) -> Lender:
    return register.add_agency(by=admin, name="诚启信息", name_en="Chengqi", number="91330100MA000001X0")


def test_an_agency_comes_with_its_registration_and_is_sent_nothing(agency: Lender) -> None:
    assert (agency.kind, agency.joined) == ("debt_collector", False)
    assert agency.licences.get().number == "91330100MA000001X0"
    assert {"lender.added", "licence.noted"} <= set(Event.objects.values_list("kind", flat=True))


def test_only_the_lenders_administrator_keeps_its_list(agency: Lender) -> None:
    for stranger in (make.an_officer(make.a_lender()), make.a_borrower(), make.a_regulator()):
        with pytest.raises(Refused):
            register.publish_mandate(by=stranger, agency=agency, since=TODAY)
        with pytest.raises(Refused):
            register.add_agency(by=stranger, name="别家", number="1")
    other = make.an_officer(make.a_lender(), role=Role.LENDER_ADMIN)
    mandate = register.publish_mandate(by=other, agency=agency, since=TODAY)
    rival = make.an_officer(make.a_lender(), role=Role.LENDER_ADMIN)
    with pytest.raises(Mandate.DoesNotExist):
        register.end_mandate(by=rival, mandate=mandate, on=TODAY)
    assert not queries_register.mandates_for(rival).exists()
    assert not queries_register.mandates_for(make.an_officer(mandate.lender)).exists()


def test_a_line_ends_forward_and_another_may_follow(admin: User, agency: Lender, clock: Any) -> None:
    first = register.publish_mandate(by=admin, agency=agency, since=dt.date(2027, 1, 1))
    with pytest.raises(Refused) as again:
        register.publish_mandate(by=admin, agency=agency, since=TODAY)
    assert again.value.code == "already_listed"
    with pytest.raises(Refused) as backwards:
        register.end_mandate(by=admin, mandate=first, on=TODAY - dt.timedelta(days=1))
    assert backwards.value.code == "backwards"
    register.end_mandate(by=admin, mandate=first, on=TODAY)
    with pytest.raises(Refused):
        register.end_mandate(by=admin, mandate=first, on=TODAY)
    register.publish_mandate(by=admin, agency=agency, since=TODAY + dt.timedelta(days=1))
    assert [line.holds_on(TODAY) for line in queries_register.published_by(admin)] == [False, True]


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (TODAY, TODAY - dt.timedelta(days=1), "ends_before"),
        (dt.date(1999, 1, 1), None, "too_far"),
    ],
)
def test_dates_that_cannot_be_are_refused(
    admin: User, agency: Lender, since: dt.date, until: dt.date | None, code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        register.publish_mandate(by=admin, agency=agency, since=since, until=until)
    assert refusal.value.code == code


def test_only_an_agency_is_mandated(admin: User) -> None:
    with pytest.raises(Refused):
        register.publish_mandate(by=admin, agency=make.a_lender(), since=TODAY)


def called(person: User, lender: Lender, agency: Lender, *, days_ago: int, now: dt.datetime) -> Contact:
    at = now - dt.timedelta(days=days_ago, hours=1)
    facts = Facts(at=at, channel="call", outcome="conversation", lender=lender, agency=agency)
    return contacts.log(by=person, facts=facts)


def test_the_diary_says_whether_the_list_of_that_day_named_the_agency(
    admin: User, agency: Lender, clock: Any, django_assert_num_queries: Any
) -> None:
    person, lender = make.a_borrower(), queries.lender_of(admin)
    assert lender is not None
    silent = make.a_lender()
    published = clock.now
    register.publish_mandate(by=admin, agency=agency, since=dt.date(2027, 5, 1), until=dt.date(2027, 5, 20))
    stranger = register.add_agency(by=None, name="别家信息", number="2")
    clock.set(published + dt.timedelta(days=15))
    made = {
        name: called(person, of, by, days_ago=days, now=clock.now)
        for name, of, by, days in (
            ("during", lender, agency, 12),
            ("after its end", lender, agency, 2),
            ("before it was published", lender, agency, 20),
            ("before it began", lender, agency, 40),
            ("somebody else", lender, stranger, 12),
            ("a lender without a list", silent, agency, 12),
        )
    }
    with django_assert_num_queries(1):
        found = queries_register.listings(made.values())
    assert {name: found[contact.ref] for name, contact in made.items()} == {
        "during": Listing.ON,
        "after its end": Listing.OFF,
        "before it was published": Listing.LATER,
        "before it began": Listing.OFF,
        "somebody else": Listing.OFF,
        "a lender without a list": Listing.NO_LIST,
    }


def test_who_may_contact_me_names_owner_agencies_and_stage(admin: User, agency: Lender, clock: Any) -> None:
    person, lender = make.a_borrower(), queries.lender_of(admin)
    debt = make.a_debt(person, lender, kind="online_loan", days_overdue=45)
    collects = register.add_agency(by=None, name="别家信息", number="2")
    DebtParty.objects.create(debt=debt, lender=collects, role="agency", since=TODAY)
    register.publish_mandate(by=admin, agency=agency, since=TODAY)
    [standing] = queries_register.standings(list(queries.debts_for(person)), TODAY)
    assert {(party.lender, party.role) for party in standing.parties} == {
        (lender, "owner"),
        (collects, "agency"),
    }
    assert [line.agency for line in standing.listed] == [agency]
    assert (standing.days, standing.stage) == (45, "M2")
    tasks = {task.code: task for task in standing.tasks}
    assert tasks["entrust_listed"].allowed
    assert "visit" not in tasks
    assert [rule.id for rule in tasks["not_others"].rules] == [
        "cn.third.contact_gate.gbt",
        "cn.third.contact_gate.cba",
    ]


def test_standings_take_the_same_queries_for_many_debts(admin: User, django_assert_num_queries: Any) -> None:
    person = make.a_borrower()
    for _each in range(5):
        make.a_debt(person, make.a_lender())
    debts = list(queries.debts_for(person))
    with django_assert_num_queries(2):
        assert len(queries_register.standings(debts, TODAY)) == 5
