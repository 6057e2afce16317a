"""An agreement that changes: varied, paused, ended early, taken up again; the old version always stays as it was."""

import dataclasses
import datetime as dt
import threading

import pytest
from django.db import DatabaseError, connection, transaction

from cases import clock
from cases.domain.refusal import Refused
from cases.models import Event
from notices.actions import news
from notices.models import Message
from repayment import queries, queries_payments, queries_plans
from repayment.actions import offers, payments, plans, variations
from repayment.domain.allocation import Order
from repayment.domain.restructure import Operation
from repayment.domain.schedule import build
from repayment.domain.terms import Arrears, Clawback, Method, Terms, Waived
from repayment.models import Breach, Instalment, Offer, Plan, Restructuring, Suspension, Variation
from tests import builders
from tests.actions.negotiating import File, a_file, noticed, sent

pytestmark = pytest.mark.django_db


def refused(do, **arguments) -> str:
    with pytest.raises(Refused) as caught, transaction.atomic():
        do(**arguments)
    return caught.value.code


@pytest.fixture
def file() -> File:
    return a_file(1, overdue=50_000, max_periods=60, deferral_max_periods=12, waive_interest_percent=100,
                  waive_fees_percent=100, interest_free_max_periods=60)  # fmt: skip


@pytest.fixture
def plan(file: File) -> Plan:
    (offer,) = sent(file)
    if offer.state == Offer.State.ACCEPTED:
        return queries.plans_for(file.borrower).get()
    return offers.accept(by=file.officers[0], offer=offer)


def pay(file: File, plan: Plan, amount: int, on: dt.date | None = None, reference: str = "") -> None:
    payments.claim(by=file.officers[0], plan=plan, amount=amount, on=on or clock.today(), reference=reference)


def lighter(plan: Plan, **changes) -> Terms:
    terms = queries_plans.terms_to_vary(plan, clock.today())
    return dataclasses.replace(terms, **({"periods": (terms.periods or 0) + 6} | changes))


# ── a variation ──────────────────────────────────────────────────────────────────────────────
def test_a_yes_to_a_variation_replaces_the_agreement_and_leaves_its_rows_alone(
    file: File, plan: Plan
) -> None:
    rows = list(Instalment.objects.filter(plan=plan).values())
    offer = variations.propose(
        by=file.officers[0], plan=plan, terms=lighter(plan), reason="Six months longer."
    )
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE
    newest = offers.accept(by=file.borrower, offer=offer)
    plan.refresh_from_db()
    assert (plan.state, newest.state) == (Plan.State.SUPERSEDED, Plan.State.ACTIVE)
    assert newest.replaces == plan
    assert newest.instalments.count() == len(rows) + 6
    assert list(Instalment.objects.filter(plan=plan).values()) == rows
    assert Offer.objects.get(pk=plan.offer_id).state == Offer.State.SUPERSEDED
    assert Event.objects.filter(kind="plan.replaced", about_ref=plan.ref).count() == 1


def test_every_step_to_the_new_agreement_is_kept(file: File, plan: Plan) -> None:
    pay(file, plan, 100_000)
    terms = lighter(plan)
    terms = dataclasses.replace(terms, waive_interest=terms.interest // 2)
    newest = offers.accept(
        by=file.borrower, offer=variations.propose(by=file.officers[0], plan=plan, terms=terms)
    )
    lines = queries_plans.steps_to(newest)
    assert [line.operation for line in lines] == [
        Operation.OPEN,
        Operation.ACCRUE,
        Operation.PAY,
        Operation.WAIVE,
        Operation.REBUILD,
    ]
    assert lines[2].moved.total == -100_000
    assert lines[-1].after.total == sum(row.amount for row in newest.instalments.all())


def test_the_borrower_may_ask_for_a_variation_and_the_lender_counters_it(file: File, plan: Plan) -> None:
    asked = variations.propose(by=file.borrower, plan=plan, terms=lighter(plan))
    assert asked.made_by == Offer.Side.BORROWER
    countered = offers.counter(
        by=file.officers[0], offer=asked, terms=dataclasses.replace(lighter(plan), periods=lighter(plan).periods - 3),
        reason="Three months longer.",
    )  # fmt: skip
    newest = offers.accept(by=file.borrower, offer=countered)
    assert newest.replaces == plan


def test_a_no_to_a_variation_leaves_the_agreement_in_force(file: File, plan: Plan) -> None:
    offer = variations.propose(by=file.officers[0], plan=plan, terms=lighter(plan))
    offers.decline(by=file.borrower, offer=offer)
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE


def test_a_variation_cannot_restate_what_is_owed_or_raise_the_rate(file: File, plan: Plan) -> None:
    terms = lighter(plan)
    more = dataclasses.replace(terms, principal=terms.principal + 1)
    assert refused(variations.propose, by=file.officers[0], plan=plan, terms=more) == "owed_changed"
    dearer = dataclasses.replace(terms, method=Method.EQUAL_INSTALMENT, annual_rate=terms.annual_rate + 1)
    assert refused(variations.propose, by=file.officers[0], plan=plan, terms=dearer) == "rate_raised"


def test_a_payment_in_between_makes_the_figures_old(file: File, plan: Plan) -> None:
    offer = variations.propose(by=file.officers[0], plan=plan, terms=lighter(plan))
    pay(file, plan, 10_000)
    assert refused(offers.accept, by=file.borrower, offer=offer) == "payment_since"
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE


def test_a_payment_that_waits_comes_first(file: File, plan: Plan) -> None:
    payments.claim(by=file.borrower, plan=plan, amount=10_000, on=clock.today())
    assert (
        refused(variations.propose, by=file.officers[0], plan=plan, terms=lighter(plan)) == "payment_waiting"
    )


def test_a_payment_from_before_is_a_credit_with_the_interest_it_saved(file: File, plan: Plan) -> None:
    newest = offers.accept(
        by=file.borrower, offer=variations.propose(by=file.officers[0], plan=plan, terms=lighter(plan))
    )
    pay(file, newest, 100_000, on=newest.restructuring.value_date)
    account = queries_payments.account_of(newest)
    asked = sum(row.amount for row in newest.instalments.all())
    saved = asked - account.ledger.open - 100_000
    assert saved >= 0
    assert bool(saved) == bool(Terms.from_json(newest.terms).rate)


def test_a_payment_that_was_counted_cannot_be_taken_out_of_the_old_agreement(file: File, plan: Plan) -> None:
    pay(file, plan, 10_000)
    paid = plan.payments.get()
    offers.accept(
        by=file.borrower, offer=variations.propose(by=file.officers[0], plan=plan, terms=lighter(plan))
    )
    code = refused(payments.reverse, by=file.officers[0], payment=paid, reason="returned")
    assert code == "payment_counted"


def test_taking_back_the_yes_to_a_variation_restores_what_it_replaced(file: File, plan: Plan) -> None:
    newest = offers.accept(
        by=file.borrower, offer=variations.propose(by=file.officers[0], plan=plan, terms=lighter(plan))
    )
    plans.take_back(by=file.borrower, plan=newest)
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE
    again = variations.propose(by=file.officers[0], plan=plan, terms=lighter(plan))
    assert offers.accept(by=file.borrower, offer=again).replaces == plan


def test_another_lender_knows_nothing_of_the_agreement(file: File, plan: Plan) -> None:
    stranger = builders.an_officer(builders.a_lender("别家机构"))
    for do in (
        lambda: variations.propose(by=stranger, plan=plan, terms=lighter(plan)),
        lambda: plans.suspend(by=stranger, plan=plan, reason="hardship"),
        lambda: plans.break_(by=stranger, plan=plan),
    ):
        with pytest.raises(Plan.DoesNotExist):
            do()


# ── a pause ──────────────────────────────────────────────────────────────────────────────────
def test_a_pause_stops_the_plan_and_its_end_moves_the_days(file: File, plan: Plan) -> None:
    first = plan.instalments.first().due
    plans.suspend(
        by=file.officers[0], plan=plan, reason="hardship", until=clock.today() + dt.timedelta(days=90)
    )
    plan.refresh_from_db()
    assert plan.state == Plan.State.SUSPENDED
    pause = Suspension.objects.get()
    # Sixty days ago, as if the clock had moved.
    _move_back(pause, days=60)
    newest = plans.resume(by=file.officers[0], plan=plan)
    plan.refresh_from_db()
    assert (plan.state, newest.state, newest.version) == (Plan.State.SUPERSEDED, Plan.State.ACTIVE, 2)
    assert newest.instalments.first().due >= first + dt.timedelta(days=60)
    assert sum(row.amount for row in newest.instalments.all()) == sum(
        row.amount for row in plan.instalments.all()
    )
    assert newest.offer == plan.offer


def _move_back(pause: Suspension, days: int) -> None:
    """The pause as it would stand had it begun earlier; history cannot be edited, so it is written anew."""
    Suspension.objects.create(
        plan=pause.plan, since=pause.since - dt.timedelta(days=days), until=pause.until, reason=pause.reason,
        treatment=pause.treatment, by=pause.by, at=pause.at + dt.timedelta(seconds=1),
    )  # fmt: skip


def test_a_pause_ended_on_its_day_changes_nothing(file: File, plan: Plan) -> None:
    plans.suspend(by=file.officers[0], plan=plan, reason="dispute")
    assert plans.resume(by=file.officers[0], plan=plan) == plan
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE


def test_a_pause_is_the_lenders_to_give_and_costs_nothing(file: File, plan: Plan) -> None:
    assert refused(plans.suspend, by=file.borrower, plan=plan, reason="hardship") == "not_yours"
    assert refused(plans.suspend, by=file.officers[0], plan=plan, reason="whim") == "unknown_reason"
    carried = {"treatment": "carried_first"}
    assert (
        refused(plans.suspend, by=file.officers[0], plan=plan, reason="hardship", **carried)
        == "needs_agreement"
    )
    yesterday = clock.today() - dt.timedelta(days=1)
    assert (
        refused(plans.suspend, by=file.officers[0], plan=plan, reason="hardship", until=yesterday)
        == "until_passed"
    )


def paid_but(file: File, plan: Plan, left: int) -> None:
    """The lender has all that is owed on the plan today but so much, principal first."""
    owed = queries_plans.state_of(plan, clock.today()).owed.total
    pay(file, plan, owed - left)


@pytest.fixture
def principal_first(file: File) -> Plan:
    (offer,) = sent(file)
    terms = dataclasses.replace(
        Terms.from_json(offer.terms),
        arrears=Arrears.SPREAD,
        allocation=Order.HARDSHIP,
        method=Method.EQUAL_INSTALMENT,
        periods=60,
        waive_interest=0,
        waive_fees=0,
    )
    return offers.accept(
        by=file.borrower, offer=offers.counter(by=file.officers[0], offer=offer, terms=terms)
    )


def test_a_pause_ends_where_only_interest_and_fees_are_left(file: File, principal_first: Plan, clock) -> None:
    plan = principal_first
    paid_but(file, plan, 4_00)
    plans.suspend(by=file.officers[0], plan=plan, reason="hardship")
    clock.advance(days=40)
    newest = plans.resume(by=file.officers[0], plan=plan)
    assert newest.terms["principal"] == "0.00"
    assert sum(row.amount for row in newest.instalments.all()) == 4_00
    assert newest.instalments.first().due > clock.today
    assert newest.state == Plan.State.ACTIVE


def test_a_pause_of_an_agreement_on_which_nothing_is_owed_any_more_ends_with_it(
    file: File, principal_first: Plan, clock
) -> None:
    plan = principal_first
    plans.suspend(by=file.officers[0], plan=plan, reason="hardship")
    paid_but(file, plan, 0)
    plan.refresh_from_db()
    assert plan.state == Plan.State.SUSPENDED, "interest of months to come is not asked for yet"
    clock.advance(days=3)
    assert plans.resume(by=file.officers[0], plan=plan).state == Plan.State.COMPLETED
    assert not Restructuring.objects.exists()


def test_what_is_left_of_interest_and_fees_can_be_agreed_anew(file: File, principal_first: Plan) -> None:
    plan = principal_first
    paid_but(file, plan, 4_00)
    terms = queries_plans.terms_to_vary(plan, clock.today())
    for by, other in ((file.borrower, file.officers[0]), (file.officers[0], file.borrower)):
        offer = variations.propose(by=by, plan=plan, terms=terms)
        offers.decline(by=other, offer=offer)
    offer = variations.propose(by=file.borrower, plan=plan, terms=terms)
    assert offers.accept(by=file.officers[0], offer=offer).replaces == plan


# ── an early end ─────────────────────────────────────────────────────────────────────────────
def test_one_missed_instalment_never_ends_an_agreement(file: File, plan: Plan) -> None:
    assert refused(plans.break_, by=file.officers[0], plan=plan) == "not_missed_enough"
    assert not Breach.objects.exists()


def _overdue(file: File, **clauses) -> Plan:
    """A plan whose first instalments lie in the past, written as history is: by an agreement of that time."""
    (offer,) = sent(file)
    terms = dataclasses.replace(Terms.from_json(offer.terms), **clauses)
    ago = clock.today() - dt.timedelta(days=100)
    terms = dataclasses.replace(terms, start=ago, first_due=ago + dt.timedelta(days=1), pay_day=None)
    return plans.write(offer=offer, terms=terms, schedule=build(terms))


def test_what_the_clawback_names_comes_back_once_with_the_early_end_and_goes_with_reinstatement(
    file: File,
) -> None:
    until = clock.today() + dt.timedelta(days=300)
    clawback = Clawback(after_missed=3, until=until, returns=(Waived.INTEREST, Waived.FEES))
    plan = _overdue(file, waive_interest=50_000, waive_fees=20_000, clawback=clawback)
    plans.break_(by=file.officers[0], plan=noticed(plan))
    assert Breach.objects.get().returned == 70_000
    assert Event.objects.get(kind="plan.broken").data["returned"] == 70_000
    plan.refresh_from_db()
    assert queries_plans.returned(plan) == 70_000
    plans.reinstate(by=file.officers[0], plan=plan)
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE
    assert queries_plans.returned(plan) == 0


def test_without_a_clawback_nothing_comes_back(file: File) -> None:
    plan = _overdue(file, waive_interest=50_000)
    plans.break_(by=None, plan=noticed(plan))
    assert Breach.objects.get().returned == 0


def test_a_broken_plan_may_run_again_on_other_terms(file: File) -> None:
    plan = _overdue(file)
    Offer.objects.filter(pk=plan.offer_id).update(state=Offer.State.ACCEPTED, closed_at=clock.now())
    plans.break_(by=file.officers[0], plan=noticed(plan))
    offer = variations.propose(by=file.officers[0], plan=plan, terms=lighter(plan, periods=36))
    assert offers.accept(by=file.borrower, offer=offer).replaces == plan


# ── the record ───────────────────────────────────────────────────────────────────────────────
def test_history_of_plans_cannot_be_rewritten(file: File, plan: Plan) -> None:
    variations.propose(by=file.officers[0], plan=plan, terms=lighter(plan))
    for change in (
        lambda: Restructuring.objects.update(principal=1),
        lambda: Plan.objects.filter(pk=plan.pk).update(version=2),
        lambda: Restructuring.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# ── what the borrower hears ──────────────────────────────────────────────────────────────────
def test_the_borrower_hears_of_a_pause_its_end_and_a_replaced_agreement(
    file: File, plan: Plan, clock
) -> None:
    officer = file.officers[0]
    plans.suspend(by=officer, plan=plan, reason=Suspension.Reason.HARDSHIP)
    clock.advance(days=20)
    newest = plans.resume(by=officer, plan=plan)
    offer = variations.propose(by=officer, plan=newest, terms=lighter(newest))
    offers.accept(by=file.borrower, offer=offer)
    news.take_up()
    heard = list(
        Message.objects.filter(person=file.borrower, wording__startswith="plan_")
        .order_by("pk")
        .values_list("wording", flat=True)
    )
    assert heard == ["plan_confirmed", "plan_paused", "plan_resumed", "plan_replaced"]


def test_the_borrower_hears_of_an_early_end(file: File, plan: Plan, clock) -> None:
    first, second = (row.due for row in plan.instalments.all()[:2])
    clock.advance(days=(second - first).days + (first - clock.today).days + 5)
    plans.break_(by=file.officers[0], plan=noticed(plan))
    news.take_up()
    assert Message.objects.filter(person=file.borrower, wording="plan_broken").count() == 1


# ── two changes at once ──────────────────────────────────────────────────────────────────────
@pytest.mark.django_db(transaction=True)
def test_of_two_changes_of_one_agreement_at_the_same_time_one_is_offered() -> None:
    file = a_file(1, overdue=50_000, max_periods=60, interest_free_max_periods=60)
    (offer,) = sent(file)
    plan = offers.accept(by=file.officers[0], offer=offer)
    terms, start, codes = lighter(plan), threading.Barrier(2), []

    def ask(by) -> None:
        try:
            start.wait()
            variations.propose(by=by, plan=plan, terms=terms)
            codes.append("offered")
        except Refused as caught:
            codes.append(caught.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(by,)) for by in (file.borrower, file.officers[0])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["offer_open", "offered"]
    assert Offer.objects.filter(debt=plan.debt, state=Offer.State.OPEN).count() == 1
    assert Variation.objects.count() == 1
