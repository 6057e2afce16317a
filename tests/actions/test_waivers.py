"""The waiver budget in the life of offers: reserved, used, given back, and never beyond its month."""

import dataclasses
import datetime as dt

import pytest

from cases.access import Role
from cases.domain.refusal import Refused
from cases.models import Event
from repayment import queries_waivers
from repayment.actions import offers, plans, waivers
from repayment.domain.terms import Terms
from repayment.models import Offer, Waiver, WaiverBudget
from repayment.tasks import expire_offers
from tests import builders
from tests.actions.negotiating import a_file, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def file():
    return a_file(1, overdue=100_00)


@pytest.fixture
def administrator(file):
    return builders.an_officer(file.lenders[0], role=Role.LENDER_ADMIN)


@pytest.fixture
def offer(file):
    return sent(file)[0]


def waiving(offer, amount):
    return dataclasses.replace(Terms.from_json(offer.terms), waive_interest=0, waive_fees=amount)


def counter(file, offer, amount):
    return offers.counter(by=file.officers[0], offer=offer, terms=waiving(offer, amount), reason="可以免掉。")


def standing(file):
    found = queries_waivers.standing(file.lenders[0], "CNY")
    return found.used, found.waiting, found.left


def test_an_offer_reserves_what_it_waives_and_a_yes_uses_it(file, administrator, offer):
    waivers.set_limit(by=administrator, lender=file.lenders[0], limit=150_00)
    ours = counter(file, offer, 100_00)
    assert standing(file) == (0, 100_00, 50_00)
    offers.accept(by=file.borrower, offer=ours)
    assert standing(file) == (100_00, 0, 50_00)


def test_an_offer_beyond_the_budget_is_refused_and_nothing_is_left_behind(file, administrator, offer):
    waivers.set_limit(by=administrator, lender=file.lenders[0], limit=99_99)
    with pytest.raises(Refused) as refused:
        counter(file, offer, 100_00)
    assert refused.value.code == "waiver_budget_spent"
    offer.refresh_from_db()
    assert (offer.state, Offer.objects.count(), Waiver.objects.count()) == ("open", 1, 0)


def test_a_yes_of_the_lender_reserves_too(file, administrator, offer):
    ours = counter(file, offer, 0)
    theirs = offers.counter(by=file.borrower, offer=ours, terms=waiving(ours, 80_00))
    assert standing(file)[:2] == (0, 0)
    offers.accept(by=file.officers[0], offer=theirs)
    assert standing(file)[:2] == (80_00, 0)


@pytest.mark.parametrize("ending", ["withdraw", "decline", "counter", "expire", "take_back"])
def test_what_does_not_come_about_is_given_back(file, offer, clock, ending):
    ours = counter(file, offer, 100_00)
    if ending == "withdraw":
        offers.withdraw(by=file.officers[0], offer=ours)
    elif ending == "decline":
        offers.decline(by=file.borrower, offer=ours)
    elif ending == "counter":
        offers.counter(by=file.borrower, offer=ours, terms=waiving(ours, 0))
    elif ending == "expire":
        clock.advance(days=8)
        assert expire_offers() == 1
    else:
        plans.take_back(by=file.borrower, plan=offers.accept(by=file.borrower, offer=ours))
    assert sum(Waiver.objects.values_list("amount", flat=True)) == 0
    assert [row.amount for row in Waiver.objects.all()] == [100_00, -100_00]


def test_what_is_given_back_goes_to_the_month_it_came_from(file, administrator, offer, clock):
    waivers.set_limit(by=administrator, lender=file.lenders[0], limit=100_00)
    ours = counter(file, offer, 100_00)
    clock.set(dt.datetime(2027, 6, 1, 2, tzinfo=dt.UTC))
    assert standing(file) == (0, 0, 100_00)
    Offer.objects.filter(pk=ours.pk).update(expires_on=dt.date(2027, 6, 30))
    ours.refresh_from_db()
    offers.withdraw(by=file.officers[0], offer=ours)
    may = WaiverBudget.objects.get(month=dt.date(2027, 5, 1))
    assert queries_waivers.standing_of(may).reserved == 0
    assert standing(file) == (0, 0, 100_00)


def test_a_limit_holds_until_another_month_is_set(file, administrator, clock):
    waivers.set_limit(by=administrator, lender=file.lenders[0], limit=100_00)
    clock.set(dt.datetime(2027, 8, 3, 2, tzinfo=dt.UTC))
    assert standing(file) == (0, 0, 100_00)


def test_a_limit_is_not_lowered_below_what_is_promised(file, administrator, offer):
    counter(file, offer, 100_00)
    with pytest.raises(Refused) as refused:
        waivers.set_limit(by=administrator, lender=file.lenders[0], limit=99_99)
    assert (refused.value.code, refused.value.field) == ("below_reserved", "limit")
    assert waivers.set_limit(by=administrator, lender=file.lenders[0], limit=100_00).limit == 100_00
    assert standing(file) == (0, 100_00, 0)


def test_the_record_says_who_set_which_limit(file, administrator, clock):
    waivers.set_limit(by=administrator, lender=file.lenders[0], limit=100_00)
    waivers.set_limit(by=administrator, lender=file.lenders[0], limit=90_00)
    last = Event.objects.filter(kind="waiver_budget.set").latest("pk")
    assert (last.data["before"], last.data["limit"]) == (100_00, 90_00)
    assert last.data["month"] == clock.today.replace(day=1).isoformat()


def test_a_month_that_is_over_keeps_its_limit(file, administrator):
    with pytest.raises(Refused) as refused:
        waivers.set_limit(by=administrator, lender=file.lenders[0], limit=1, month=dt.date(2027, 4, 1))
    assert refused.value.field == "month"


@pytest.mark.parametrize("role", [Role.OFFICER, Role.TEAM_LEAD])
def test_only_the_lenders_administrator_sets_it(file, role):
    stranger = builders.an_officer(builders.a_lender(), role=Role.LENDER_ADMIN)
    for by in (builders.an_officer(file.lenders[0], role=role), stranger, file.borrower):
        with pytest.raises(WaiverBudget.DoesNotExist):
            waivers.set_limit(by=by, lender=file.lenders[0], limit=100_00)
