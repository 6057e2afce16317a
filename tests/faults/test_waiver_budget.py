"""Fifty answers are approved at once, and the month's waiver budget holds.

The control takes the lock away: the same threads, reading the sum before they write, go beyond it.
"""

import dataclasses
import threading

import pytest

from cases import clock
from cases.access import Role
from cases.domain.refusal import Refused
from repayment import queries_waivers
from repayment.actions import approvals, offers, policies, waivers
from repayment.domain import waiver_budget
from repayment.domain.terms import Terms
from repayment.models import Approval, Offer, Waiver, WaiverBudget
from tests import builders
from tests.actions.negotiating import a_file, sent
from tests.faults.test_double_accept import race

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 50
EACH = 10_00
ROOM_FOR = 7


@pytest.fixture
def fifty():
    """One lender, fifty borrowers whose proposals each want the same waived, and room in the month for seven."""
    files = [a_file(1, overdue=100_00) for _number in range(THREADS)]
    lender = files[0].lenders[0]
    administrator = builders.an_officer(lender, role=Role.LENDER_ADMIN)
    waivers.set_limit(by=administrator, lender=lender, limit=EACH * ROOM_FOR + EACH // 2)
    return files, [sent(file)[0] for file in files], administrator


def waiving(offer):
    return dataclasses.replace(Terms.from_json(offer.terms), waive_interest=0, waive_fees=EACH)


def reserved():
    return sum(Waiver.objects.values_list("amount", flat=True))


def test_fifty_answers_at_once_never_exceed_the_months_budget(fifty):
    files, made, _administrator = fifty
    moves = [
        lambda o=offer, by=file.officers[0]: offers.counter(by=by, offer=o, terms=waiving(o))
        for file, offer in zip(files, made, strict=True)
    ]
    assert race(moves) == {"done": ROOM_FOR, "waiver_budget_spent": THREADS - ROOM_FOR}
    assert reserved() == EACH * ROOM_FOR
    assert Offer.objects.filter(made_by="lender").count() == ROOM_FOR


def test_fifty_approvals_at_once_never_exceed_the_months_budget(fifty):
    """Each is asked for by an officer and approved by somebody else, in one breath, beside all the others."""
    files, made, administrator = fifty
    lender = files[0].lenders[0]
    policies.publish(by=administrator, lender=lender, authority={"officer": {"waiver": 0}})

    def both(file, offer):
        approval = approvals.ask(by=file.officers[0], offer=offer, terms=waiving(offer))
        approvals.approve(by=administrator, approval=approval)

    moves = [lambda f=file, o=offer: both(f, o) for file, offer in zip(files, made, strict=True)]
    assert race(moves) == {"done": ROOM_FOR, "waiver_budget_spent": THREADS - ROOM_FOR}
    assert reserved() == EACH * ROOM_FOR
    assert Approval.objects.filter(state="approved").count() == ROOM_FOR
    standing = queries_waivers.standing(lender, "CNY")
    assert (standing.waiting, standing.used) == (EACH * ROOM_FOR, 0)


def test_one_request_is_approved_once_by_many_at_once(fifty):
    files, made, administrator = fifty
    lender = files[0].lenders[0]
    policies.publish(by=administrator, lender=lender, authority={"officer": {"waiver": 0}})
    approval = approvals.ask(by=files[0].officers[0], offer=made[0], terms=waiving(made[0]))
    leads = [builders.an_officer(lender, role=Role.TEAM_LEAD) for _number in range(10)]
    outcomes = race([lambda by=lead: approvals.approve(by=by, approval=approval) for lead in leads])
    assert outcomes["done"] == 1
    assert not [outcome for outcome in outcomes if outcome.startswith("broken")]
    assert Offer.objects.filter(previous=made[0]).count() == 1
    assert reserved() == EACH


def naive_reserve(offer, *, seen_by_all):
    """What `waivers.reserve` would be without its lock: read the sum, then write."""
    month = waiver_budget.month_of(clock.today())
    budget = WaiverBudget.objects.get(lender=offer.case.lender, month=month)
    standing = queries_waivers.standing_of(budget)
    seen_by_all.wait(timeout=60)
    try:
        waiver_budget.must_have_room(standing, EACH)
    except Refused as refused:
        raise Refused(refused.code) from None
    Waiver.objects.create(budget=budget, offer=offer, amount=EACH, at=clock.now())


def test_without_the_lock_fifty_answers_go_far_beyond_the_budget(fifty):
    _files, made, _administrator = fifty
    seen_by_all = threading.Barrier(THREADS)
    race([lambda o=offer: naive_reserve(o, seen_by_all=seen_by_all) for offer in made])
    assert reserved() > EACH * ROOM_FOR
