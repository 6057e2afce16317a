"""Agreement at once: only inside what the lender published, only where it needs nobody, and said so."""

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest

from cases.access import Role
from cases.domain.refusal import Refused
from cases.models import Event
from repayment import queries, queries_waivers
from repayment.actions import offers, plans, policies, waivers
from repayment.domain.terms import Method, Terms
from repayment.models import Acceptance, Offer, Plan, Policy
from tests import builders
from tests.actions.negotiating import a_file, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

# Whatever the comparison proposed: the debt's own rate, nothing waived, no pause.
PLAIN = {"method": Method.EQUAL_INSTALMENT, "waive_interest": 0, "waive_fees": 0, "deferral": None}


def test_a_proposal_inside_the_policy_is_agreed_as_it_is_sent(clock):
    file = a_file(2, instant=True)
    made = sent(file)
    assert [offer.state for offer in made] == ["accepted", "accepted"]
    for offer, lender in zip(made, file.lenders, strict=True):
        acceptance = Acceptance.objects.get(offer=offer)
        assert (acceptance.by, acceptance.side) == (None, "lender")
        assert acceptance.policy == queries.policy_for(lender, clock.today)
        event = Event.objects.get(kind="offer.accepted", data__offer=offer.ref)
        assert (event.actor_role, event.data["by_policy_of"]) == ("system", "2026-01-01")


def test_where_the_lender_did_not_switch_it_on_an_officer_answers():
    made = sent(a_file(1))
    assert made[0].state == "open"
    assert not Plan.objects.exists()


def test_the_borrower_can_still_leave(clock):
    file = a_file(1, instant=True)
    sent(file)
    plan = plans.take_back(by=file.borrower, plan=Plan.objects.get())
    assert plan.state == "cancelled"


@pytest.mark.parametrize(
    "policy",
    [
        {"max_periods": 2},
        {"min_instalment": 10_000_000_00},
        {"authority": {"officer": {"principal": 1}}},
        {"authority": {"officer": {"periods": 1}}},
    ],
)
def test_whatever_needs_somebody_waits_for_somebody(policy):
    assert countered(a_file(1), policy).state == "open"


def countered(file, policy=None, **changes):
    """The borrower's answer to an officer's counter-offer, with the lender's switch on from here."""
    ours = offers.counter(
        by=file.officers[0],
        offer=sent(file)[0],
        terms=dataclasses.replace(Terms.from_json(Offer.objects.get().terms), periods=40, **PLAIN),
    )
    Policy.objects.update(instant=True, **(policy or {}))
    terms = dataclasses.replace(Terms.from_json(ours.terms), **changes)
    return offers.counter(by=file.borrower, offer=ours, terms=terms)


def test_a_borrowers_answer_inside_the_policy_is_agreed_too():
    assert countered(a_file(1), periods=36).state == "accepted"


def test_a_rate_next_to_nothing_is_not_a_rate():
    file = a_file(1, min_annual_rate=Decimal("0.02"))
    assert countered(file, annual_rate=Decimal("0.000001")).state == "open"


def test_an_officer_cannot_pass_off_next_to_nothing_as_a_rate_either():
    file = a_file(1, min_annual_rate=Decimal("0.02"), interest_free_max_periods=12)
    offer = sent(file)[0]
    terms = dataclasses.replace(Terms.from_json(offer.terms), annual_rate=Decimal("0.000001"))
    with pytest.raises(Refused) as refused:
        offers.counter(by=file.officers[0], offer=offer, terms=terms)
    assert (refused.value.code, refused.value.field) == ("outside_policy", "annual_rate")
    assert offers.counter(
        by=file.officers[0],
        offer=offer,
        terms=dataclasses.replace(terms, annual_rate=Decimal("0.02")),
    )


@pytest.mark.parametrize(("limit", "state"), [(39_99, "open"), (40_00, "accepted")])
def test_the_months_budget_holds_for_it_too(limit, state):
    file = a_file(1, overdue=100_00)
    administrator = builders.an_officer(file.lenders[0], role=Role.LENDER_ADMIN)
    waivers.set_limit(by=administrator, lender=file.lenders[0], limit=limit)
    assert countered(file, waive_fees=40_00).state == state
    assert queries_waivers.standing(file.lenders[0], "CNY").left == (limit if state == "open" else 0)


def test_conditions_not_met_wait_for_somebody():
    file = a_file(1, conditions={"interest_free": {"needs_difficulty": True}})
    offer = countered(file, method=Method.INTEREST_FREE)
    assert offer.state == "open"


def test_a_lender_may_give_more_time_to_leave_but_never_less(clock):
    file = a_file(1, cooling_off_hours=72)
    plan = offers.accept(by=file.officers[0], offer=sent(file)[0])
    assert queries.leave_until(plan) == plan.agreed_at + dt.timedelta(hours=72)
    clock.advance(hours=71, minutes=59)
    assert plans.take_back(by=file.borrower, plan=plan).state == "cancelled"
    administrator = builders.an_officer(file.lenders[0], role=Role.LENDER_ADMIN)
    with pytest.raises(Refused) as refused:
        policies.publish(by=administrator, lender=file.lenders[0], cooling_off_hours=23)
    assert refused.value.field == "cooling_off_hours"


def test_the_time_to_leave_is_the_one_that_stood_at_the_yes():
    file = a_file(1)
    plan = offers.accept(by=file.officers[0], offer=sent(file)[0])
    Policy.objects.update(cooling_off_hours=720)
    assert queries.leave_until(plan) == plan.agreed_at + dt.timedelta(hours=24)
