"""Noting a payment, the lender's word on it, and what both mean for the plan. No cent is lost, none counts twice."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction

from cases.domain.refusal import Refused
from cases.models import Case, Event, Work
from repayment import queries, queries_payments
from repayment.actions import offers, payments, plans
from repayment.domain.allocation import Order, RowState
from repayment.models import Payment, PaymentState, Plan
from tests import builders
from tests.actions.negotiating import a_file, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
State = PaymentState.State


@pytest.fixture
def file():
    return a_file(1, overdue=100_00, interest_free_max_periods=0, waive_fees_percent=0)


@pytest.fixture
def plan(file):
    return offers.accept(by=file.officers[0], offer=sent(file)[0])


def account(plan):
    return queries_payments.account_of(Plan.objects.get(pk=plan.pk))


def note(file, plan, clock, amount=None, **more):
    first = plan.instalments.earliest("number")
    values = {"by": file.borrower, "plan": plan, "amount": amount or first.amount, "on": clock.today} | more
    return payments.claim(**values)


def everything(plan):
    return sum(plan.instalments.values_list("amount", flat=True))


def refused(call, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.code, caught.value.field


def test_a_noted_payment_waits_and_counts_only_when_the_lender_confirms(file, plan, clock):
    payment = note(file, plan, clock)
    before = account(plan)
    assert (before.ledger.paid, before.hoped.paid) == (0, payment.amount)
    assert before.rows[0].state is RowState.WAITING
    case = Case.objects.get(pk=plan.case_id)
    assert (case.waits, case.reason) == ("lender", "payment_to_confirm")
    assert case.due_on == clock.today + dt.timedelta(days=7)

    payments.confirm(by=file.officers[0], payment=payment)
    after = account(plan)
    assert (after.ledger.paid, after.ledger.credit) == (payment.amount, 0)
    assert after.rows[0].state is RowState.PAID
    assert after.rows[0].standing.paid_on == clock.today
    case.refresh_from_db()
    assert (case.waits, case.reason) == ("nobody", "plan_agreed")
    assert Work.objects.filter(kind="payment_confirmed", about_ref=payment.ref).count() == 1
    kinds = set(Event.objects.filter(about_ref=payment.ref).values_list("kind", flat=True))
    assert kinds == {"payment.noted", "payment.confirmed"}


def test_a_lender_that_has_not_found_it_says_why_and_may_find_it_later(file, plan, clock):
    payment, officer = note(file, plan, clock), file.officers[0]
    assert refused(payments.not_received, by=officer, payment=payment, reason="") == (
        "unknown_reason",
        "reason",
    )
    assert (
        refused(payments.not_received, by=officer, payment=payment, reason="returned")[0] == "unknown_reason"
    )
    payments.not_received(by=officer, payment=payment, reason="nothing_came")
    checked = account(plan)
    assert checked.is_checked
    assert checked.rows[0].state is RowState.CHECKING
    assert checked.payments[0].reason == "nothing_came"
    assert Work.objects.filter(kind="payment_questioned", about_ref=payment.ref).count() == 1
    payments.confirm(by=officer, payment=payment)
    assert not account(plan).is_checked
    assert account(plan).ledger.paid == payment.amount


def test_a_note_may_be_taken_back_until_it_is_confirmed(file, plan, clock):
    first, second = note(file, plan, clock), note(file, plan, clock)
    payments.withdraw(by=file.borrower, payment=first)
    assert account(plan).hoped.paid == second.amount
    payments.confirm(by=file.officers[0], payment=second)
    assert refused(payments.withdraw, by=file.borrower, payment=second)[0] == "not_possible_now"
    assert refused(payments.confirm, by=file.officers[0], payment=first)[0] == "not_possible_now"


def test_each_step_taken_twice_is_taken_once(file, plan, clock):
    officer = file.officers[0]
    questioned, taken_back = note(file, plan, clock), note(file, plan, clock)
    for _again in range(3):
        payments.not_received(by=officer, payment=questioned, reason="not_clear")
    for _again in range(3):
        payments.confirm(by=officer, payment=questioned)
    for _again in range(3):
        payments.reverse(by=officer, payment=questioned, reason="returned")
    for _again in range(3):
        payments.withdraw(by=file.borrower, payment=taken_back)
    assert [step.state for step in questioned.states.all()] == [
        "claimed",
        "not_received",
        "confirmed",
        "reversed",
    ]
    assert [step.state for step in taken_back.states.all()] == ["claimed", "withdrawn"]
    assert account(plan).ledger.paid == 0


def test_the_same_form_and_the_same_reference_make_one_payment(file, plan, clock):
    one = note(file, plan, clock, once="a" * 22)
    assert note(file, plan, clock, once="a" * 22) == one
    two = note(file, plan, clock, reference="TR-2027-05")
    assert note(file, plan, clock, reference=" TR-2027-05 ") == two
    assert refused(note, file, plan, clock, amount=99, reference="TR-2027-05") == (
        "reference_used",
        "reference",
    )
    assert Payment.objects.count() == 2


def test_what_a_lender_notes_of_its_own_books_is_confirmed_at_once(file, plan, clock):
    note(file, plan, clock, by=file.officers[0])
    assert account(plan).ledger.paid == plan.instalments.earliest("number").amount


def test_over_under_early_and_back_dated_payments_end_in_one_ledger(file, plan, clock):
    first, officer = plan.instalments.earliest("number"), file.officers[0]
    clock.set(dt.datetime.combine(first.due + dt.timedelta(days=9), dt.time(9), dt.UTC))
    note(file, plan, clock, by=officer, amount=first.amount - 1)
    assert account(plan).rows[0].state is RowState.PARTLY
    note(file, plan, clock, by=officer, amount=1, on=first.due - dt.timedelta(days=3))
    late = account(plan).rows[0].standing
    assert (late.paid_on, late.days_late) == (clock.today, 9)
    note(file, plan, clock, by=officer, on=first.due)
    found = account(plan)
    assert (found.rows[0].standing.paid_on, found.rows[0].standing.days_late) == (first.due, 0)
    assert found.rows[1].standing.paid == first.amount
    assert found.ledger.paid + found.ledger.open == everything(plan)


def test_a_plan_paid_off_is_completed_and_what_is_above_it_is_a_credit(file, plan, clock):
    officer = file.officers[0]
    note(file, plan, clock, by=officer, amount=100)
    note(file, plan, clock, by=officer, amount=everything(plan))
    plan.refresh_from_db()
    assert plan.state == Plan.State.COMPLETED
    assert account(plan).ledger.credit == 100
    assert Event.objects.filter(kind="plan.completed", about_ref=plan.ref).count() == 1
    assert Case.objects.get(pk=plan.case_id).reason == "plan_completed"
    note(file, plan, clock, by=officer, amount=5)
    assert account(plan).ledger.credit == 105
    assert Event.objects.filter(kind="plan.completed", about_ref=plan.ref).count() == 1
    assert plan.debt not in queries.debts_to_settle(file.borrower)


def test_a_payment_taken_out_again_opens_what_it_had_paid_and_the_plan(file, plan, clock):
    officer = file.officers[0]
    payment = note(file, plan, clock, by=officer, amount=everything(plan))
    assert (
        refused(payments.reverse, by=officer, payment=payment, reason="nothing_came")[0] == "unknown_reason"
    )
    payments.reverse(by=officer, payment=payment, reason="returned")
    plan.refresh_from_db()
    assert plan.state == Plan.State.ACTIVE
    assert account(plan).ledger.open == everything(plan)
    assert Event.objects.filter(kind="plan.reopened", about_ref=plan.ref).count() == 1


def test_the_order_of_components_is_data_on_the_plan_and_stays(file, plan, clock):
    assert Order(plan.allocation) is Order.LEGAL
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Plan.objects.filter(pk=plan.pk).update(allocation=Plan.Order.HARDSHIP)
    note(file, plan, clock, by=file.officers[0], amount=1)
    assert account(plan).rows[0].standing.fees == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"amount": -1}, ("not_positive", "amount")),
        ({"amount": 10**12}, ("above_plan", "amount")),
        ({"amount": 10**30}, ("above_plan", "amount")),
        ({"on": dt.date(2027, 5, 13)}, ("still_to_come", "on")),
        ({"on": dt.date(9999, 12, 31)}, ("still_to_come", "on")),
        ({"on": dt.date(2027, 5, 11)}, ("before_agreement", "on")),
        ({"on": dt.date(1, 1, 1)}, ("before_agreement", "on")),
        ({"reference": "给王五"}, ("reference_not_plain", "reference")),
        ({"reference": "A" * 41}, ("reference_not_plain", "reference")),
    ],
)
def test_what_cannot_be_is_refused_with_the_field(file, plan, clock, change, expected):
    assert refused(note, file, plan, clock, **change) == expected
    assert not Payment.objects.exists()


def test_an_agreement_with_a_noted_payment_is_not_undone_until_the_note_is_taken_back(file, plan, clock):
    payment = note(file, plan, clock)
    assert refused(plans.take_back, by=file.borrower, plan=plan)[0] == "payment_noted"
    payments.withdraw(by=file.borrower, payment=payment)
    assert plans.take_back(by=file.borrower, plan=plan).state == "cancelled"


def test_nothing_is_noted_on_an_agreement_that_was_taken_back(file, plan, clock):
    plans.take_back(by=file.borrower, plan=plan)
    plan.refresh_from_db()
    assert refused(note, file, plan, clock)[0] == "not_in_force"


def test_a_stranger_finds_neither_plan_nor_payment(file, plan, clock):
    payment = note(file, plan, clock)
    other = builders.an_officer(builders.a_lender())
    for stranger in (builders.a_borrower(), other, builders.a_regulator()):
        with pytest.raises(Plan.DoesNotExist):
            note(file, plan, clock, by=stranger)
        for step in (payments.confirm, payments.withdraw):
            with pytest.raises(Payment.DoesNotExist):
                step(by=stranger, payment=payment)
    with pytest.raises(Payment.DoesNotExist):
        payments.confirm(by=file.borrower, payment=payment)
    with pytest.raises(Payment.DoesNotExist):
        payments.withdraw(by=file.officers[0], payment=payment)


@pytest.mark.parametrize("table", [Payment, PaymentState])
def test_history_of_payments_cannot_be_altered_or_removed(file, plan, clock, table):
    note(file, plan, clock)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        table.objects.update(**({"amount": 1} if table is Payment else {"state": "confirmed"}))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        table.objects.all()._raw_delete(using="default")


def test_any_number_of_plans_are_read_in_three_questions(file, plan, clock, django_assert_num_queries):
    for _more in range(3):
        note(file, plan, clock)
    with django_assert_num_queries(3):
        queries_payments.accounts([plan])
    other = a_file(2)
    plans = [offers.accept(by=by, offer=offer) for by, offer in zip(other.officers, sent(other), strict=True)]
    note(other, plans[0], clock)
    with django_assert_num_queries(3):
        queries_payments.accounts([plan, *plans])


def test_the_database_and_the_ledger_agree_on_what_is_unpaid(file, plan, clock):
    officer = file.officers[0]
    for amount in (1, plan.instalments.earliest("number").amount - 1, 77_777, 12_345):
        payment = note(file, plan, clock, by=officer, amount=amount)
        asked = queries_payments.unpaid(plan.instalments.all())
        assert set(asked.values_list("number", flat=True)) == {
            row.number for row in account(plan).ledger.rows if row.open
        }
    payments.reverse(by=officer, payment=payment, reason="mistaken")
    note(file, plan, clock)
    asked = queries_payments.unpaid(plan.instalments.all())
    assert set(asked.values_list("number", flat=True)) == {
        row.number for row in account(plan).ledger.rows if row.open
    }
