"""The moves of a negotiation, each with what it leaves behind."""

import dataclasses
import datetime as dt
import hashlib
import json
from decimal import Decimal

import pytest

from cases.domain.refusal import Refused
from cases.models import Case, Consent, Event, Work
from repayment import queries, queries_compare
from repayment.actions import choices, offers, plans, proposals
from repayment.domain.schedule import build
from repayment.domain.terms import Deferral, Method, Terms, Treatment
from repayment.models import Acceptance, Choice, Offer, Plan
from repayment.tasks import expire_offers
from tests import builders
from tests.actions.negotiating import EVERYTHING, a_file, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def refusal(call, **arguments):
    with pytest.raises(Refused) as caught:
        call(**arguments)
    return caught.value


def terms_of(offer, **changes):
    return dataclasses.replace(Terms.from_json(offer.terms), **changes)


# ── choosing and sending ─────────────────────────────────────────────────────────────────────
def test_choosing_again_replaces_what_was_not_sent():
    file = a_file()
    first = choices.choose(by=file.borrower, kind="soonest")
    second = choices.choose(by=file.borrower, kind="light_first")
    first.refresh_from_db()
    assert first.replaced_at
    assert queries.choice_to_send(file.borrower) == second


def test_a_plan_that_does_not_fit_cannot_be_chosen():
    file = a_file(available=10_000)
    assert refusal(choices.choose, by=file.borrower, kind="soonest").code == "does_not_fit"
    assert refusal(choices.choose, by=file.borrower, kind="something").code == "unknown_plan"
    assert not Choice.objects.exists()


def test_an_officer_chooses_nothing():
    file = a_file()
    with pytest.raises(Choice.DoesNotExist):
        choices.choose(by=file.officers[0], kind="light_first")


def test_sending_writes_consent_before_anything_reaches_a_lender(clock):
    file = a_file()
    made = sent(file)
    assert len(made) == 2
    for lender in file.lenders:
        consents = Consent.objects.filter(borrower=file.borrower, lender=lender)
        assert {consent.purpose for consent in consents} == {"negotiate", "remind"}
        assert all(consent.fields == EVERYTHING and consent.expires_on > clock.today for consent in consents)
        case = Case.objects.get(borrower=file.borrower, lender=lender)
        assert (case.waits, case.reason) == ("lender", "new_proposal")
        assert case.due_on == clock.today + dt.timedelta(days=7)


def test_a_lender_that_is_not_named_gets_nothing():
    file = a_file()
    choice = choices.choose(by=file.borrower, kind="soonest")
    shares = {file.lenders[0].ref: EVERYTHING, file.lenders[1].ref: []}
    made = proposals.send(by=file.borrower, choice=choice, shares=shares)
    assert [offer.debt for offer in made] == [file.debts[0]]
    assert not Consent.objects.filter(lender=file.lenders[1]).exists()
    assert not Case.objects.filter(lender=file.lenders[1]).exists()
    assert list(queries.offers_for(file.officers[1])) == []


def test_sending_twice_is_sending_once():
    file = a_file()
    choice = choices.choose(by=file.borrower, kind="soonest")
    shares = {lender.ref: EVERYTHING for lender in file.lenders}
    first = proposals.send(by=file.borrower, choice=choice, shares=shares)
    events = Event.objects.count()
    again = proposals.send(by=file.borrower, choice=choice, shares=shares)
    assert {offer.pk for offer in again} == {offer.pk for offer in first}
    assert (Offer.objects.count(), Event.objects.count()) == (2, events)


def test_a_choice_made_before_the_budget_changed_is_not_sent():
    file = a_file()
    choice = choices.choose(by=file.borrower, kind="soonest")
    file.borrower.statements.update(replaced_at=choice.made_at)
    builders.a_statement(file.borrower, available=150_000)
    shares = {lender.ref: EVERYTHING for lender in file.lenders}
    refused = refusal(proposals.send, by=file.borrower, choice=choice, shares=shares)
    assert refused.code == "budget_changed"
    assert not Offer.objects.exists()
    assert not Consent.objects.exists()


def test_a_choice_made_before_a_debt_changed_is_not_sent():
    file = a_file()
    choice = choices.choose(by=file.borrower, kind="soonest")
    file.debts[0].principal += 1
    file.debts[0].save()
    shares = {lender.ref: EVERYTHING for lender in file.lenders}
    assert refusal(proposals.send, by=file.borrower, choice=choice, shares=shares).code == "debts_changed"


def test_a_choice_made_before_a_debt_went_to_another_lender_is_not_sent():
    file = a_file()
    choice = choices.choose(by=file.borrower, kind="soonest")
    other = builders.a_lender()
    file.debts[0].parties.update(lender=other)
    shares = {lender.ref: EVERYTHING for lender in (other, file.lenders[1])}
    assert refusal(proposals.send, by=file.borrower, choice=choice, shares=shares).code == "debts_changed"
    assert not Offer.objects.exists()


def test_a_choice_whose_first_day_has_passed_is_not_sent(clock):
    file = a_file()
    choice = choices.choose(by=file.borrower, kind="soonest")
    clock.advance(days=70)
    shares = {lender.ref: EVERYTHING for lender in file.lenders}
    assert refusal(proposals.send, by=file.borrower, choice=choice, shares=shares).code == "dates_passed"


@pytest.mark.parametrize(
    ("shares", "code"),
    [
        ({"NOBODY": EVERYTHING}, "unknown_lender"),
        ({"other": EVERYTHING}, "unknown_lender"),
        ({"own": ["debt"]}, "fields"),
        ({"own": [*EVERYTHING, "relatives"]}, "fields"),
        ({}, "nothing_to_send"),
    ],
)
def test_nothing_is_shared_that_is_not_the_persons_to_share(shares, code):
    file = a_file(1)
    stranger = builders.a_lender()
    names = {"own": file.lenders[0].ref, "other": stranger.ref}
    choice = choices.choose(by=file.borrower, kind="soonest")
    shares = {names.get(ref, ref): fields for ref, fields in shares.items()}
    assert refusal(proposals.send, by=file.borrower, choice=choice, shares=shares).code == code
    assert not Consent.objects.exists()


def test_nobody_sends_another_persons_choice():
    file = a_file()
    choice = choices.choose(by=file.borrower, kind="soonest")
    with pytest.raises(Choice.DoesNotExist):
        proposals.send(by=builders.a_borrower(), choice=choice, shares={file.lenders[0].ref: EVERYTHING})


def test_a_new_proposal_replaces_the_open_one_and_answers_the_lenders():
    file = a_file()
    own, theirs = sent(file)
    answer = offers.counter(by=file.officers[1], offer=theirs, terms=terms_of(theirs, periods=60))
    fresh = {offer.debt_id: offer for offer in sent(file, "light_first")}
    own.refresh_from_db()
    answer.refresh_from_db()
    assert (own.state, answer.state) == ("superseded", "countered")
    assert fresh[theirs.debt_id].previous == answer
    assert fresh[theirs.debt_id].number == 3
    assert fresh[own.debt_id].previous is None


# ── accepting ────────────────────────────────────────────────────────────────────────────────
def test_an_officers_yes_becomes_a_plan_with_a_sealed_schedule():
    file = a_file(1)
    [offer] = sent(file)
    plan = offers.accept(by=file.officers[0], offer=offer)
    rows = list(plan.instalments.all())
    expected = build(Terms.from_json(offer.terms))
    assert [row.amount for row in rows] == [row.amount for row in expected.rows]
    assert rows[-1].balance == 0
    assert plan.terms_sha256 == hashlib.sha256(plan.canonical.encode()).hexdigest()
    assert json.loads(plan.canonical)["nonce"] == plan.nonce
    assert len(plan.nonce) == 32
    acceptance = Acceptance.objects.get(offer=offer)
    assert (acceptance.by, acceptance.side) == (file.officers[0], "lender")
    case = Case.objects.get(pk=plan.case_id)
    assert (case.waits, case.due_on, case.reason) == ("nobody", None, "plan_agreed")
    assert Work.objects.get(kind="plan_agreed").about_ref == plan.ref
    assert Event.objects.filter(kind="offer.accepted", about_ref=plan.ref).count() == 1


def test_two_agreements_on_the_same_terms_have_different_hashes():
    file = a_file(1)
    [offer] = sent(file)
    plan = offers.accept(by=file.officers[0], offer=offer)
    assert plan.terms_sha256 != offer.terms_sha256


def test_nobody_accepts_their_own_offer():
    file = a_file(1)
    [offer] = sent(file)
    assert refusal(offers.accept, by=file.borrower, offer=offer).code == "not_yours"


def test_the_second_yes_hears_that_it_came_too_late():
    file = a_file(1)
    [offer] = sent(file)
    offers.accept(by=file.officers[0], offer=offer)
    assert refusal(offers.accept, by=file.officers[0], offer=offer).code == "already_accepted"
    assert Plan.objects.count() == 1


def test_an_offer_that_changed_meanwhile_is_not_accepted():
    file = a_file(1)
    [offer] = sent(file)
    theirs = offers.counter(by=file.officers[0], offer=offer, terms=terms_of(offer, periods=60))
    assert refusal(offers.accept, by=file.officers[0], offer=offer).code == "offer_changed"
    offers.withdraw(by=file.officers[0], offer=theirs)
    assert refusal(offers.accept, by=file.borrower, offer=theirs).code == "offer_withdrawn"


def test_an_offer_stands_through_its_last_day(clock):
    file = a_file(1)
    [offer] = sent(file)
    clock.advance(days=7)
    assert expire_offers() == 0
    clock.advance(days=1)
    assert refusal(offers.accept, by=file.officers[0], offer=offer).code == "offer_expired"
    assert expire_offers() == 1
    offer.refresh_from_db()
    assert offer.state == "expired"
    assert Case.objects.get().reason == "expired"
    assert Work.objects.get(kind="offer_expired").about_ref == offer.ref
    assert expire_offers() == 0


@pytest.mark.parametrize("move", [offers.accept, offers.decline, offers.withdraw])
def test_a_stranger_finds_no_offer_to_answer(move):
    file = a_file()
    [mine, _other] = sent(file)
    for stranger in (builders.a_borrower(), file.officers[1], builders.a_regulator()):
        with pytest.raises(Offer.DoesNotExist):
            move(by=stranger, offer=mine)
    assert Offer.objects.filter(state="open").count() == 2


def test_an_officer_loses_sight_of_offers_when_consent_ends(clock):
    file = a_file(1)
    [offer] = sent(file)
    Consent.objects.update(revoked_at=clock.now)
    assert not queries.offers_for(file.officers[0]).exists()
    with pytest.raises(Offer.DoesNotExist):
        offers.accept(by=file.officers[0], offer=offer)


# ── countering ───────────────────────────────────────────────────────────────────────────────
def test_a_counter_keeps_the_old_offer_and_leaves_news_for_the_borrower():
    file = a_file(1)
    [offer] = sent(file)
    answer = offers.counter(
        by=file.officers[0], offer=offer, terms=terms_of(offer, periods=60), reason="Our plans end at 60."
    )
    offer.refresh_from_db()
    assert (offer.state, answer.previous, answer.number) == ("countered", offer, 2)
    assert (answer.made_by, answer.reason) == ("lender", "Our plans end at 60.")
    assert Case.objects.get().waits == "borrower"
    assert Work.objects.get(kind="offer_answered").about_ref == answer.ref
    plan = offers.accept(by=file.borrower, offer=answer)
    assert plan.instalments.count() == 60


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"periods": 61}, "periods"),
        ({"method": Method.INTEREST_FREE, "periods": 37}, "periods"),
        ({"deferral": Deferral(periods=4, treatment=Treatment.CARRIED_SPREAD)}, "deferral/periods"),
        ({"periods": 58, "deferral": Deferral(periods=3, treatment=Treatment.WAIVED)}, "periods"),
        ({"waive_interest": 50_01}, "waive/interest"),
        ({"waive_fees": 80_01}, "waive/fees"),
    ],
)
def test_a_lenders_offer_lies_inside_its_published_policy(changes, field):
    file = a_file(
        1,
        overdue=100_00,
        interest_free_max_periods=36,
        deferral_max_periods=3,
        waive_fees_percent=80,
    )
    [offer] = sent(file)
    terms = terms_of(offer, **changes)
    refused = refusal(offers.counter, by=file.officers[0], offer=offer, terms=terms)
    assert (refused.code, refused.field) == ("outside_policy", field)
    assert any(digit.isdigit() for digit in str(refused))
    offer.refresh_from_db()
    assert offer.state == "open"


def test_the_last_cent_inside_the_policy_may_be_waived():
    file = a_file(1, overdue=100_00, waive_fees_percent=80)
    [offer] = sent(file)
    terms = terms_of(offer, waive_interest=50_00, waive_fees=80_00)
    answer = offers.counter(by=file.officers[0], offer=offer, terms=terms)
    assert build(Terms.from_json(answer.terms)).totals.waived == 130_00


def test_a_lender_without_a_policy_answers_nothing_yet(clock):
    file = a_file(1)
    [offer] = sent(file)
    file.lenders[0].policies.all().delete()
    assert refusal(offers.accept, by=file.officers[0], offer=offer).code == "no_policy"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"principal": 1}, "owed_changed"),
        ({"fees": 1}, "owed_changed"),
        ({"annual_rate": Decimal("0.07"), "method": Method.EQUAL_INSTALMENT}, "rate_raised"),
        ({"start": dt.date(2020, 1, 1), "first_due": dt.date(2020, 2, 1)}, "first_due_passed"),
    ],
)
def test_neither_side_restates_what_is_owed(changes, code):
    file = a_file(1)
    [offer] = sent(file)
    terms = terms_of(offer, **changes)
    assert refusal(offers.counter, by=file.officers[0], offer=offer, terms=terms).code == code


def test_a_borrower_may_ask_for_more_than_the_policy_says():
    file = a_file(1)
    [offer] = sent(file)
    theirs = offers.counter(by=file.officers[0], offer=offer, terms=terms_of(offer, periods=60))
    answer = offers.counter(by=file.borrower, offer=theirs, terms=terms_of(theirs, periods=72))
    assert answer.made_by == "borrower"
    assert Case.objects.get().reason == "counter_offer"
    assert refusal(offers.accept, by=file.officers[0], offer=answer).code == "outside_policy"


def test_a_reason_has_300_characters():
    file = a_file(1)
    [offer] = sent(file)
    assert refusal(offers.decline, by=file.officers[0], offer=offer, reason="字" * 301).field == "reason"
    assert offers.decline(by=file.officers[0], offer=offer, reason="字" * 300).state == "declined"


# ── ending ───────────────────────────────────────────────────────────────────────────────────
def test_only_the_side_that_made_an_offer_takes_it_back():
    file = a_file(1)
    [offer] = sent(file)
    assert refusal(offers.withdraw, by=file.officers[0], offer=offer).code == "not_yours"
    assert offers.withdraw(by=file.borrower, offer=offer).state == "withdrawn"
    assert Case.objects.get().waits == "nobody"


def test_a_yes_can_be_taken_back_for_a_day(clock):
    file = a_file(1)
    [offer] = sent(file)
    plan = offers.accept(by=file.officers[0], offer=offer)
    clock.advance(hours=24)
    assert plans.take_back(by=file.borrower, plan=plan).state == "cancelled"
    [again] = sent(file)
    assert offers.accept(by=file.officers[0], offer=again).state == "active"


def test_after_a_day_a_yes_stays_a_yes(clock):
    file = a_file(1)
    [offer] = sent(file)
    plan = offers.accept(by=file.officers[0], offer=offer)
    with pytest.raises(Plan.DoesNotExist):
        plans.take_back(by=file.officers[0], plan=plan)
    clock.advance(hours=24, seconds=1)
    assert refusal(plans.take_back, by=file.borrower, plan=plan).code == "too_late"


# ── comparing ────────────────────────────────────────────────────────────────────────────────
def test_what_is_already_promised_is_not_promised_again():
    file = a_file()
    first, _second = sent(file)
    plan = offers.accept(by=file.officers[0], offer=first)
    comparison = queries_compare.compare_for(file.borrower)
    assert comparison.debts == (file.debts[1],)
    assert comparison.agreed == max(row.amount for row in plan.instalments.all())
    assert comparison.available == 180_000 - comparison.agreed


def test_a_lender_that_has_not_joined_counts_but_gets_nothing():
    file = a_file(1)
    unjoined = builders.a_lender(with_policy=False)
    unjoined.joined = False
    unjoined.save()
    builders.a_debt(file.borrower, unjoined, principal=500_000)
    builders.a_debt(file.borrower, None, principal=400_000, lender_words="王先生")
    choice = choices.choose(by=file.borrower, kind="soonest")
    assert len(choice.per_debt) == 3
    refused = refusal(proposals.send, by=file.borrower, choice=choice, shares={unjoined.ref: EVERYTHING})
    assert refused.code == "unknown_lender"
    made = proposals.send(by=file.borrower, choice=choice, shares={file.lenders[0].ref: EVERYTHING})
    assert len(made) == 1


def test_a_lender_that_publishes_nothing_does_not_close_the_ways_of_the_others():
    file = a_file(1)
    mute = builders.a_lender(with_policy=False)
    theirs = builders.a_debt(file.borrower, mute, principal=500_000)
    unlisted = builders.a_debt(file.borrower, None, principal=400_000, lender_words="王先生")
    comparison = queries_compare.compare_for(file.borrower)
    assert comparison.at_contract == (theirs, unlisted)
    assert [candidate.fits for candidate in comparison.candidates] == [True, True, True]


def test_a_relief_whose_conditions_are_not_met_is_not_counted_on():
    file = a_file(
        1, conditions={"interest_free": {"min_days_overdue": 90}, "deferral": {"min_days_overdue": 90}}
    )
    soonest, light, _lightest = queries_compare.compare_for(file.borrower).candidates
    assert soonest.per_debt[0].terms.method is Method.EQUAL_INSTALMENT
    assert light.per_debt[0].terms.deferral is None
    file.debts[0].days_overdue = 120
    file.debts[0].save()
    soonest, light, _lightest = queries_compare.compare_for(file.borrower).candidates
    assert soonest.per_debt[0].terms.method is Method.INTEREST_FREE
    assert light.per_debt[0].terms.deferral is not None


def test_a_debt_of_unknown_amount_is_named_not_guessed():
    file = a_file(1)
    unclear = builders.a_debt(file.borrower, None, principal=None)
    comparison = queries_compare.compare_for(file.borrower)
    assert comparison.unclear == (unclear,)
    assert comparison.debts == (file.debts[0],)


@pytest.mark.parametrize(
    ("today", "first"),
    [
        ("2026-03-04", "2026-04-20"),
        ("2026-03-23", "2026-04-20"),
        ("2026-03-24", "2026-05-20"),
        ("2026-12-01", "2027-01-20"),
    ],
)
def test_the_first_payment_leaves_everybody_time_to_answer(today, first):
    assert queries_compare.first_due_after(dt.date.fromisoformat(today)) == dt.date.fromisoformat(first)
