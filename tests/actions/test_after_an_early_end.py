"""What an agreement was keeps counting: what was paid on it, its pause and its end, and who may answer its changes."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from cases import clock as clocks
from repayment import queries, queries_plans
from repayment.actions import offers, payments, plans, variations
from repayment.domain.schedule import build
from repayment.domain.terms import Terms
from repayment.models import Offer, Plan
from tests import builders
from tests.actions.negotiating import File, a_file, noticed, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def file() -> File:
    return a_file(1, max_periods=60)


@pytest.fixture
def plan(file: File) -> Plan:
    return offers.accept(by=file.officers[0], offer=sent(file)[0])


@pytest.fixture
def ended(file: File) -> Plan:
    """An agreement of a while ago on which one sum was paid, and then nothing more."""
    offer, ago = sent(file)[0], clocks.today() - dt.timedelta(days=130)
    terms = dataclasses.replace(
        Terms.from_json(offer.terms), start=ago, first_due=ago + dt.timedelta(days=1), pay_day=None
    )
    plan = plans.write(offer=offer, terms=terms, schedule=build(terms))
    Offer.objects.filter(pk=offer.pk).update(state=Offer.State.ACCEPTED, closed_at=clocks.now())
    payments.claim(by=file.officers[0], plan=plan, amount=10_000, on=clocks.today(), reference="")
    return plans.break_(by=None, plan=noticed(plan))


def lighter(plan: Plan) -> Terms:
    terms = queries_plans.terms_to_vary(plan, clocks.today())
    return dataclasses.replace(terms, periods=(terms.periods or 0) + 6)


def test_what_was_paid_on_an_ended_agreement_is_not_asked_for_again(file: File, ended: Plan) -> None:
    assert file.debts[0] not in queries.debts_to_settle(file.borrower)


def test_a_pause_holds_again_once_the_change_of_it_is_taken_back(file: File, plan: Plan) -> None:
    plans.suspend(by=file.officers[0], plan=plan, reason="hardship")
    offer = variations.propose(by=file.officers[0], plan=plan, terms=lighter(plan))
    plans.take_back(by=file.borrower, plan=offers.accept(by=file.borrower, offer=offer))
    plan.refresh_from_db()
    assert plan.state == Plan.State.SUSPENDED


def test_taking_back_a_change_does_not_undo_an_early_end(file: File, ended: Plan) -> None:
    offer = variations.propose(by=file.officers[0], plan=ended, terms=lighter(ended))
    plans.take_back(by=file.borrower, plan=offers.accept(by=file.borrower, offer=offer))
    ended.refresh_from_db()
    assert ended.state == Plan.State.BROKEN


def test_a_change_can_be_answered_long_after_the_negotiation(file: File, plan: Plan, clock: Any) -> None:
    clock.advance(days=200)
    offer = variations.propose(by=file.borrower, plan=plan, terms=lighter(plan))
    seen = queries.offers_for(file.officers[0])
    assert list(seen) == [offer]
    stranger = builders.an_officer(builders.a_lender("别家机构"))
    assert not queries.offers_for(stranger).exists()
    assert offers.decline(by=file.officers[0], offer=offer).state == Offer.State.DECLINED
