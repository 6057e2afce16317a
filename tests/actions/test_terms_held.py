"""What terms may not become on their way: other figures than the debt's, or a gift the policy never named."""

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest

from cases.actions import debts
from cases.domain.refusal import Refused
from cases.models import Debt
from repayment.actions import choices, offers, proposals
from repayment.domain.terms import Terms
from repayment.models import Offer
from tests import builders
from tests.actions.negotiating import EVERYTHING, a_file, sent

pytestmark = pytest.mark.django_db


def facts_of(debt, lender, **other):
    told = {name: getattr(debt, name) for name in ("kind", "principal", "interest", "fees", "annual_rate")}
    return debts.Facts(lender=lender, days_overdue=debt.days_overdue, **(told | other))


def test_a_rate_corrected_after_choosing_is_not_sent_as_it_was(clock):
    file = a_file(lenders=1)
    choice = choices.choose(by=file.borrower, kind="soonest")
    corrected = facts_of(file.debts[0], file.lenders[0], annual_rate=Decimal("0.01"))
    debts.change(by=file.borrower, debt=file.debts[0], facts=corrected)
    with pytest.raises(Refused) as refused:
        proposals.send(by=file.borrower, choice=choice, shares={file.lenders[0].ref: EVERYTHING})
    assert refused.value.code == "debts_changed"
    assert not Offer.objects.exists()


@pytest.mark.parametrize("kind", ["soonest", "light_first", "lightest"])
@pytest.mark.parametrize("rate", [None, Decimal("0"), Decimal("0.18"), Decimal("9")])
def test_a_rate_nobody_touched_does_not_stand_in_the_way(clock, kind, rate):
    file = a_file(lenders=1, available=9_000_000)
    Debt.objects.update(annual_rate=rate)
    assert len(sent(file, kind)) == 1


def test_no_rate_at_all_is_an_interest_free_plan_by_any_name(clock):
    file = a_file(lenders=1, interest_free_max_periods=0)
    offer = sent(file)[0]
    free = dataclasses.replace(Terms.from_json(offer.terms), annual_rate=Decimal(0))
    with pytest.raises(Refused) as refused:
        offers.counter(by=file.officers[0], offer=offer, terms=free)
    assert refused.value.code == "outside_policy"


def test_a_debt_that_bears_no_rate_is_paid_in_instalments_like_any_other(clock):
    file = a_file(lenders=1, interest_free_max_periods=0)
    Debt.objects.update(annual_rate=0)
    offer = sent(file)[0]
    assert offers.accept(by=file.officers[0], offer=offer).offer == offer


def test_a_first_payment_in_another_life_is_a_pause_by_another_name(clock):
    file = a_file(lenders=1, deferral_max_periods=0)
    offer = sent(file)[0]
    terms = Terms.from_json(offer.terms)
    for day in (clock.today + dt.timedelta(days=367), dt.date(2090, 1, 1)):
        with pytest.raises(Refused) as refused:
            offers.counter(by=file.officers[0], offer=offer, terms=dataclasses.replace(terms, first_due=day))
        assert (refused.value.code, refused.value.field) == ("first_due_far", "first_due")


@pytest.mark.parametrize(("said", "status"), [("900%", 302), ("900.1%", 200), ("1000%", 200)])
def test_a_rate_the_table_cannot_hold_never_reaches_it(clock, client_for, said, status):
    borrower, lender = builders.a_borrower(), builders.a_lender()
    builders.a_statement(borrower, available=5_000_000)
    client = client_for(borrower)
    typed = {"lender": lender.ref, "kind": "credit_card", "principal": "12000", "annual_rate": said}
    assert client.post("/debts/new", typed).status_code == status
    for page in ("/debts/", "/plans/", "/home/"):
        assert client.get(page).status_code == 200
