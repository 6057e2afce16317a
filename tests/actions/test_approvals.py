"""Maker and checker: an answer above one person's limit, and the other person who lets it go out."""

import dataclasses
import datetime as dt
import threading

import pytest
from django.db import connection
from django.db.models import Sum

from cases import clock as clocks
from cases.access import Role
from cases.domain.refusal import Refused
from cases.models import Case, Event, Work
from repayment import queries_approvals, queries_plans, queries_waivers
from repayment.actions import approvals, offers, payments, policies, variations, waivers
from repayment.domain.authority import Reason
from repayment.domain.terms import Deferral, Terms, Treatment
from repayment.models import Acceptance, Approval, Offer, Plan, Waiver
from repayment.tasks import expire_offers
from tests import builders
from tests.actions.negotiating import a_file, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@dataclasses.dataclass
class Desk:
    file: object
    officer: object
    lead: object
    administrator: object
    offer: Offer

    @property
    def lender(self):
        return self.file.lenders[0]


@pytest.fixture
def desk():
    """An officer may waive 50.00 alone, a team lead 150.00; a proposal waits."""
    file = a_file(1, overdue=200_00)
    lender = file.lenders[0]
    administrator = builders.an_officer(lender, role=Role.LENDER_ADMIN)
    policies.publish(
        by=administrator,
        lender=lender,
        authority={"officer": {"waiver": 50_00}, "team_lead": {"waiver": 150_00}},
    )
    return Desk(
        file=file,
        officer=file.officers[0],
        lead=builders.an_officer(lender, role=Role.TEAM_LEAD),
        administrator=administrator,
        offer=sent(file)[0],
    )


def waiving(offer, amount, **changes):
    kept = {"waive_interest": 0, "waive_fees": amount} | changes
    return dataclasses.replace(Terms.from_json(offer.terms), **kept)


def asked(desk, amount=100_00, **more):
    return approvals.ask(
        by=desk.officer,
        offer=desk.offer,
        terms=waiving(desk.offer, amount),
        reason="可以免掉一部分。",
        **more,
    )


def code_of(call, **arguments):
    with pytest.raises(Refused) as refused:
        call(**arguments)
    return refused.value.code


def test_exactly_at_the_limit_an_officer_answers_alone(desk):
    answer = offers.counter(by=desk.officer, offer=desk.offer, terms=waiving(desk.offer, 50_00))
    assert answer.state == Offer.State.OPEN


def test_above_the_limit_an_officer_does_not_answer_alone(desk):
    terms = waiving(desk.offer, 50_01)
    assert code_of(offers.counter, by=desk.officer, offer=desk.offer, terms=terms) == "needs_approval"
    assert approvals.needed(by=desk.officer, offer=desk.offer, terms=terms) == (Reason.WAIVER,)
    assert offers.counter(by=desk.lead, offer=desk.offer, terms=terms)


def test_the_borrower_sees_nothing_until_it_is_approved(desk):
    approval = asked(desk)
    assert [offer.pk for offer in Offer.objects.filter(case__borrower=desk.file.borrower)] == [desk.offer.pk]
    assert not queries_approvals.approvals_for(desk.file.borrower).exists()
    assert not Work.objects.filter(kind="offer_answered").exists()
    case = Case.objects.get(pk=desk.offer.case_id)
    assert (case.waits, case.reason) == ("lender", "approval_waiting")
    answer = approvals.approve(by=desk.lead, approval=approval)
    assert (answer.author, answer.terms, answer.reason) == (desk.officer, approval.terms, "可以免掉一部分。")
    assert Work.objects.filter(kind="offer_answered", about_ref=answer.ref).exists()


def test_an_approved_yes_is_an_agreement_in_the_officers_name(desk):
    ours = offers.counter(by=desk.officer, offer=desk.offer, terms=waiving(desk.offer, 0))
    theirs = offers.counter(by=desk.file.borrower, offer=ours, terms=waiving(ours, 80_00))
    approval = approvals.ask(by=desk.officer, offer=theirs)
    plan = approvals.approve(by=desk.lead, approval=approval)
    assert Acceptance.objects.get(offer=theirs).by == desk.officer
    approval.refresh_from_db()
    assert (approval.decided_by, approval.state) == (desk.lead, "approved")
    assert plan.terms["waive"]["fees"] == "80.00"


def test_nobody_approves_their_own_answer(desk):
    policies.publish(
        by=desk.administrator,
        lender=desk.lender,
        since=dt.date(2027, 5, 13),
        authority={"officer": {"waiver": 50_00}, "team_lead": {"waiver": 50_00}},
    )
    approval = asked(desk)
    assert code_of(offers.accept, by=desk.file.borrower, offer=desk.offer) == "not_yours"
    desk.officer.role = Role.TEAM_LEAD
    desk.officer.save(update_fields=["role"])
    assert code_of(approvals.approve, by=desk.officer, approval=approval) == "own_request"
    assert code_of(approvals.refuse, by=desk.officer, approval=approval, answer="不") == "own_request"


def test_a_second_post_is_not_a_second_person(desk):
    approval = asked(desk)
    twin = builders.an_officer(desk.lender, role=Role.TEAM_LEAD)
    twin.email = desk.officer.email.upper()
    twin.save(update_fields=["email"])
    assert code_of(approvals.approve, by=twin, approval=approval) == "own_request"
    assert not Plan.objects.exists()


def test_a_colleague_without_the_authority_cannot_approve(desk):
    approval = asked(desk)
    with pytest.raises(Approval.DoesNotExist):
        approvals.approve(by=builders.an_officer(desk.lender), approval=approval)


def test_another_lenders_lead_finds_nothing(desk):
    approval = asked(desk)
    stranger = builders.an_officer(builders.a_lender(), role=Role.TEAM_LEAD)
    for call in (approvals.approve, approvals.cancel):
        with pytest.raises(Approval.DoesNotExist):
            call(by=stranger, approval=approval)
    assert not queries_approvals.pending(stranger).exists()


def test_above_the_leads_limit_somebody_higher_decides(desk):
    approval = asked(desk, 150_01)
    assert code_of(approvals.approve, by=desk.lead, approval=approval) == "above_your_limit"
    assert approvals.approve(by=desk.administrator, approval=approval).terms["waive"]["fees"] == "150.01"


def test_a_refusal_says_why_and_gives_the_waiver_back(desk):
    approval = asked(desk)
    assert queries_waivers.standing(desk.lender, "CNY").waiting == 100_00
    assert code_of(approvals.refuse, by=desk.lead, approval=approval, answer=" ") == "answer_needed"
    approvals.refuse(by=desk.lead, approval=approval, answer="先免 50 元。")
    approval.refresh_from_db()
    assert (approval.state, approval.answer, approval.decided_by) == ("refused", "先免 50 元。", desk.lead)
    assert queries_waivers.standing(desk.lender, "CNY").reserved == 0
    desk.offer.refresh_from_db()
    assert desk.offer.state == Offer.State.OPEN
    assert Case.objects.get(pk=desk.offer.case_id).reason == "new_proposal"
    assert asked(desk, 60_00).state == "pending"


def test_what_is_reserved_while_it_waits_is_handed_to_the_offer(desk):
    waivers.set_limit(by=desk.administrator, lender=desk.lender, limit=100_00)
    approval = asked(desk)
    assert queries_waivers.standing(desk.lender, "CNY").left == 0
    answer = approvals.approve(by=desk.lead, approval=approval)
    standing = queries_waivers.standing(desk.lender, "CNY")
    assert (standing.waiting, standing.left) == (100_00, 0)
    offers.withdraw(by=desk.officer, offer=answer)
    assert queries_waivers.standing(desk.lender, "CNY").left == 100_00


def test_a_request_beyond_the_months_budget_is_not_made(desk):
    waivers.set_limit(by=desk.administrator, lender=desk.lender, limit=99_99)
    with pytest.raises(Refused) as refused:
        asked(desk)
    assert refused.value.code == "waiver_budget_spent"
    assert not Approval.objects.exists()


def test_one_request_waits_at_a_time_and_can_be_taken_back(desk):
    approval = asked(desk)
    assert code_of(asked, desk=desk) == "already_asked"
    assert code_of(approvals.cancel, by=desk.lead, approval=approval) == "not_yours"
    approvals.cancel(by=desk.officer, approval=approval)
    assert queries_waivers.standing(desk.lender, "CNY").reserved == 0
    assert asked(desk).pk != approval.pk


def test_a_request_is_not_decided_twice(desk):
    approval = asked(desk)
    approvals.approve(by=desk.lead, approval=approval)
    other = builders.an_officer(desk.lender, role=Role.TEAM_LEAD)
    assert code_of(approvals.refuse, by=other, approval=approval, answer="不") == "not_possible_now"


@pytest.mark.parametrize("ending", ["withdraw", "decline", "lead_answers"])
def test_a_request_is_void_once_its_offer_is_answered_otherwise(desk, ending):
    approval = asked(desk)
    if ending == "withdraw":
        offers.withdraw(by=desk.file.borrower, offer=desk.offer)
    elif ending == "decline":
        offers.decline(by=desk.officer, offer=desk.offer)
    else:
        offers.counter(by=desk.lead, offer=desk.offer, terms=waiving(desk.offer, 0))
    approval.refresh_from_db()
    assert (approval.state, approval.decided_by) == ("cancelled", None)
    assert sum(Waiver.objects.values_list("amount", flat=True)) == 0


def test_a_request_runs_out_with_its_offer(desk, clock):
    approval = asked(desk)
    clock.advance(days=8)
    assert code_of(approvals.approve, by=desk.lead, approval=approval) == "offer_expired"
    assert not queries_approvals.pending(desk.lead).exists()
    assert expire_offers() == 1
    approval.refresh_from_db()
    assert approval.state == "expired"
    assert queries_waivers.standing(desk.lender, "CNY").reserved == 0


def test_somebody_who_left_does_not_answer_any_more(desk, clock):
    approval = asked(desk)
    desk.officer.posts.update(until=clock.today - dt.timedelta(days=1))
    assert code_of(approvals.approve, by=desk.lead, approval=approval) == "requester_left"


def test_what_one_may_answer_alone_needs_no_request(desk):
    terms = waiving(desk.offer, 50_00)
    assert code_of(approvals.ask, by=desk.officer, offer=desk.offer, terms=terms) == "no_approval_needed"


def test_what_is_outside_the_policy_cannot_be_approved_either(desk):
    terms = waiving(desk.offer, 100_00, waive_interest=200_00)
    assert code_of(approvals.ask, by=desk.officer, offer=desk.offer, terms=terms) == "outside_policy"


def test_outside_the_published_conditions_a_sentence_and_a_second_person_are_needed(desk):
    policies.publish(
        by=desk.administrator,
        lender=desk.lender,
        since=dt.date(2027, 5, 13),
        conditions={"deferral": {"min_days_overdue": 90}},
    )
    pause = Deferral(periods=2, treatment=Treatment.CARRIED_SPREAD)
    terms = waiving(desk.offer, 0, deferral=pause)
    assert not approvals.needed(by=desk.officer, offer=desk.offer, terms=terms)
    with clocks.fixed(dt.datetime(2027, 5, 13, 2, tzinfo=dt.UTC)):
        assert approvals.needed(by=desk.officer, offer=desk.offer, terms=terms) == (Reason.CONDITIONS,)
        ask = {"by": desk.officer, "offer": desk.offer, "terms": terms}
        assert code_of(approvals.ask, **ask) == "note_needed"
        approval = approvals.ask(**ask, note="刚刚住院，已看过证明。")
        assert approvals.approve(by=desk.lead, approval=approval).terms["deferral"]["periods"] == 2


def test_the_record_names_both_people_and_no_words(desk):
    approval = asked(desk, note="家里有人住院")
    approvals.approve(by=desk.lead, approval=approval)
    first, second = Event.objects.filter(about_ref=approval.ref).order_by("pk")
    assert (first.actor_ref, second.actor_ref) == (desk.officer.ref, desk.lead.ref)
    assert second.data["requested_by"] == desk.officer.ref
    assert "住院" not in f"{first.data}{second.data}"


def test_a_team_lead_reaches_at_least_as_far_as_an_officer(desk):
    with pytest.raises(Refused) as refused:
        policies.publish(
            by=desk.administrator,
            lender=desk.lender,
            since=dt.date(2027, 5, 20),
            authority={"officer": {"waiver": 100}, "team_lead": {"waiver": 99}},
        )
    assert refused.value.field == "lead_waiver"


def test_whoever_leads_nobody_goes_as_far_as_an_officer(desk):
    terms = waiving(desk.offer, 50_01)
    desk.officer.role = "lender_system"
    assert approvals.needed(by=desk.officer, offer=desk.offer, terms=terms) == (Reason.WAIVER,)


# ── a change of an agreement that runs ───────────────────────────────────────────────────────
def agreed(file):
    """An agreement on the first proposal that waives nothing."""
    (offer,) = sent(file)
    answer = offers.counter(by=file.officers[0], offer=offer, terms=waiving(offer, 0))
    return offers.accept(by=file.borrower, offer=answer)


@pytest.fixture
def plan(desk):
    answer = offers.counter(by=desk.officer, offer=desk.offer, terms=waiving(desk.offer, 0))
    return offers.accept(by=desk.file.borrower, offer=answer)


def lighter(plan, waived):
    terms = queries_plans.terms_to_vary(plan, clocks.today())
    return dataclasses.replace(terms, waive_fees=waived)


def change(desk, plan, waived=100_00, **more):
    return approvals.ask_change(
        by=desk.officer, plan=plan, terms=lighter(plan, waived), reason="可以免掉一部分。", **more
    )


def test_a_change_above_the_limit_goes_to_a_second_person_and_then_to_the_borrower(desk, plan):
    terms = lighter(plan, 100_00)
    assert code_of(variations.propose, by=desk.officer, plan=plan, terms=terms) == "needs_approval"
    approval = change(desk, plan)
    assert not Offer.objects.filter(debt=plan.debt, state=Offer.State.OPEN).exists()
    assert queries_waivers.standing(desk.lender, "CNY").reserved == 100_00
    offer = approvals.approve(by=desk.lead, approval=approval)
    assert (offer.author, offer.terms, offer.reason) == (desk.officer, approval.terms, "可以免掉一部分。")
    assert queries_waivers.standing(desk.lender, "CNY").reserved == 100_00
    newest = offers.accept(by=desk.file.borrower, offer=offer)
    assert newest.replaces == plan


def test_a_change_is_decided_by_another_person_with_the_authority(desk, plan):
    approval = change(desk, plan)
    with pytest.raises(Approval.DoesNotExist):
        approvals.approve(by=desk.officer, approval=approval)
    approvals.cancel(by=desk.officer, approval=approval)
    own = approvals.ask_change(by=desk.lead, plan=plan, terms=lighter(plan, 160_00))
    assert code_of(approvals.approve, by=desk.lead, approval=own) == "own_request"
    assert approvals.approve(by=desk.administrator, approval=own).made_by == Offer.Side.LENDER


def test_a_change_not_approved_gives_the_waiver_back_and_leaves_the_agreement(desk, plan):
    approval = change(desk, plan)
    approvals.refuse(by=desk.lead, approval=approval, answer="先免 50 元。")
    assert queries_waivers.standing(desk.lender, "CNY").reserved == 0
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE
    assert change(desk, plan).state == Approval.State.PENDING


def test_one_change_waits_at_a_time_and_one_that_ran_out_makes_room(desk, plan, clock):
    approval = change(desk, plan)
    assert code_of(change, desk=desk, plan=plan) == "already_asked"
    clock.advance(days=8)
    assert code_of(approvals.approve, by=desk.lead, approval=approval) == "not_possible_now"
    change(desk, plan)
    approval.refresh_from_db()
    assert approval.state == Approval.State.EXPIRED
    assert queries_waivers.standing(desk.lender, "CNY").reserved == 100_00


def test_a_change_that_nobody_decides_gives_the_waiver_back_by_itself(desk, plan, clock):
    approval = change(desk, plan)
    clock.advance(days=8)
    expire_offers()
    approval.refresh_from_db()
    assert approval.state == Approval.State.EXPIRED
    assert not Waiver.objects.aggregate(held=Sum("amount"))["held"]


def test_a_change_is_void_once_another_one_is_offered(desk, plan):
    approval = change(desk, plan)
    variations.propose(by=desk.file.borrower, plan=plan, terms=lighter(plan, 0))
    approval.refresh_from_db()
    assert approval.state == Approval.State.CANCELLED
    assert queries_waivers.standing(desk.lender, "CNY").reserved == 0


def test_a_change_is_approved_only_for_what_is_still_owed(desk, plan):
    approval = change(desk, plan)
    payments.claim(by=desk.officer, plan=plan, amount=10_000, on=clocks.today(), reference="")
    assert code_of(approvals.approve, by=desk.lead, approval=approval) == "figures_moved"


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_ask_for_a_change_at_the_same_time_one_waits(clock):
    file = a_file(1, overdue=200_00, authority={"officer": {"waiver": 50_00}})
    plan = agreed(file)
    people = [file.officers[0], builders.an_officer(file.lenders[0])]
    terms, start, codes = lighter(plan, 100_00), threading.Barrier(2), []

    def ask(by):
        try:
            start.wait()
            approvals.ask_change(by=by, plan=plan, terms=terms)
            codes.append("asked")
        except Refused as caught:
            codes.append(caught.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(by,)) for by in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["already_asked", "asked"]
    assert queries_waivers.standing(file.lenders[0], "CNY").reserved == 100_00
