"""One budget, several lenders: what is above it needs a reason and a second person, and nobody learns of the others."""

import dataclasses
import re

import pytest
from django.db import transaction

from repayment.actions import agreeing, crossing, offers
from repayment.actions.second_person import NeedsApproval
from repayment.domain.authority import Reason
from repayment.domain.schedule import build
from repayment.domain.terms import Terms
from repayment.models import Offer
from repayment.wording import APPROVAL_REASONS
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


# ── what an officer learns ───────────────────────────────────────────────────────────────────
def desk(client_for, file, offer):
    """The officer's page of the case, without what differs on every page and between two people's references."""
    path = f"/officer/cases/{offer.case.ref}/"
    html = client_for(file.officers[0]).get(path, headers={"accept-language": "en"}).content.decode()
    html = re.sub(r'(csrfmiddlewaretoken" value=")[^"]+', r"\1", html)
    for ref in (offer.case.ref, offer.ref, offer.case.borrower.ref, offer.debt.ref):
        html = html.replace(ref, "REF")
    return re.sub(r"[+]?86\d{11}|\d{3}[*•]+\d{4}", "PHONE", html)


def test_an_officers_page_is_the_same_whether_there_are_other_lenders_or_not(client_for, clock):
    alone, beside = a_file(1, available=60_000), a_file(1, available=60_000)
    [own], [like] = sent(alone), sent(beside)
    other = builders.a_lender("远山银行")
    debt = builders.a_debt(beside.borrower, other, principal=5_000_000)
    case = builders.a_case(beside.borrower, other)
    terms = dataclasses.replace(Terms.from_json(like.terms), principal=5_000_000, periods=60)
    theirs = offers.put_forward(
        by=beside.borrower, case=case, debt=debt, terms=terms, schedule=build(terms), number=1
    )
    with transaction.atomic():
        agreeing.agree(
            by=builders.an_officer(other),
            offer=theirs,
            terms=terms,
            schedule=build(terms),
            side=Offer.Side.LENDER,
        )
    assert above(like)
    assert not above(own)
    assert desk(client_for, alone, own) == desk(client_for, beside, like)


def test_what_an_officer_is_told_holds_no_figure_and_no_name(clock):
    file = a_file(2)
    first, second = sent(file)
    offers.accept(by=file.officers[0], offer=first)
    with pytest.raises(NeedsApproval) as caught:
        offers.counter(by=file.officers[1], offer=second, terms=of(second, periods=12))
    assert caught.value.reasons == (Reason.STATEMENT,)
    told = f"{caught.value.message} {APPROVAL_REASONS[Reason.STATEMENT]}"
    assert not re.search(r"\d", told)
    assert not any(lender.name in told for lender in file.lenders)
