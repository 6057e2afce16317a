"""One budget, several lenders: what is above it needs a reason and a second person, and nobody learns of the others."""

import dataclasses

import pytest
from django.db import transaction

from repayment.actions import crossing, offers
from repayment.domain.terms import Terms
from repayment.models import Offer
from tests import builders
from tests.actions.negotiating import a_file, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def of(offer, **changes):
    return dataclasses.replace(Terms.from_json(offer.terms), **changes)


def above(offer, terms=None):
    with transaction.atomic():
        return crossing.needs_second_person(Offer.objects.get(pk=offer.pk), terms)


def test_what_was_proposed_on_the_budget_needs_nobody_else():
    file = a_file(3)
    for offer, officer in zip(sent(file), file.officers, strict=True):
        assert not above(offer)
        offers.accept(by=officer, offer=offer)


def test_a_dearer_answer_is_above_the_statement_only_beside_the_others_plans():
    file = a_file(2)
    first, second = sent(file)
    dearer = of(second, periods=12)
    assert not above(second, dearer), "alone it would fit"
    offers.accept(by=file.officers[0], offer=first)
    assert above(second, dearer)
    assert not above(second)


def test_a_budget_that_shrank_since_is_the_one_that_counts(clock):
    file = a_file(1)
    offer = sent(file)[0]
    file.borrower.statements.update(replaced_at=clock.now)
    builders.a_statement(file.borrower, available=1_000)
    assert above(offer)


def test_without_a_budget_in_this_currency_nothing_is_above_it(clock):
    file = a_file(1)
    offer = sent(file)[0]
    file.borrower.statements.update(currency="USD")
    assert not above(offer)
    file.borrower.statements.update(replaced_at=clock.now)
    assert not above(offer)


def test_a_debts_own_earlier_plan_does_not_count_against_it():
    file = a_file(1)
    offer = sent(file)[0]
    offers.accept(by=file.officers[0], offer=offer)
    assert not above(offer)
