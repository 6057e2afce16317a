"""Twenty presses of one button, and two channels at once: one payment, one confirmation, one receipt."""

import pytest

from cases import clock
from cases.models import Event, Work
from repayment import queries_payments
from repayment.actions import offers, payments
from repayment.models import Payment, PaymentState, Plan
from tests import builders
from tests.actions.negotiating import a_file, sent
from tests.faults.test_double_accept import THREADS, race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def file():
    return a_file(1)


@pytest.fixture
def plan(file):
    return offers.accept(by=file.officers[0], offer=sent(file)[0])


def note(file, plan, **more):
    return payments.claim(by=file.borrower, plan=plan, amount=100_00, on=clock.today(), **more)


def test_twenty_confirmations_have_one_effect(file, plan):
    payment = note(file, plan)
    colleague = builders.an_officer(file.lenders[0])
    officers = [file.officers[0], colleague] * (THREADS // 2)
    assert race([lambda by=by: payments.confirm(by=by, payment=payment) for by in officers]) == {
        "done": THREADS
    }
    assert [step.state for step in payment.states.all()] == ["claimed", "confirmed"]
    assert Event.objects.filter(kind="payment.confirmed", about_ref=payment.ref).count() == 1
    assert Work.objects.filter(kind="payment_confirmed", about_ref=payment.ref).count() == 1
    assert queries_payments.account_of(plan).ledger.paid == 100_00


def test_one_form_sent_twenty_times_is_one_payment(file, plan):
    assert race([lambda: note(file, plan, once="x" * 22)] * THREADS) == {"done": THREADS}
    assert Payment.objects.count() == PaymentState.objects.count() == 1


def test_one_reference_from_two_channels_is_one_payment(file, plan):
    def books():
        payments.claim(by=file.officers[0], plan=plan, amount=100_00, on=clock.today(), reference="TR-1")

    outcomes = race([books, lambda: note(file, plan, reference="TR-1")] * (THREADS // 2))
    assert outcomes == {"done": THREADS}
    payment = Payment.objects.get()
    assert [step.state for step in payment.states.all()] == ["claimed", "confirmed"]
    assert Work.objects.filter(kind="payment_confirmed").count() == 1


def test_yes_no_and_taking_back_at_once_leave_one_history(file, plan):
    payment = note(file, plan)
    officer = file.officers[0]
    moves = [
        lambda: payments.confirm(by=officer, payment=payment),
        lambda: payments.not_received(by=officer, payment=payment, reason="not_clear"),
        lambda: payments.withdraw(by=file.borrower, payment=payment),
    ]
    outcomes = race(moves * (THREADS // len(moves)))
    assert not [outcome for outcome in outcomes if outcome.startswith("broken")]
    steps = [step.state for step in payment.states.all()]
    assert steps[0] == "claimed"
    assert steps[-1] in {"confirmed", "withdrawn"}
    assert len(steps) == len(set(steps))
    counted = queries_payments.account_of(plan).ledger.paid
    assert counted == (100_00 if steps[-1] == "confirmed" else 0)


def test_a_payment_and_its_reversal_at_once_keep_the_ledger_exact(file, plan):
    agreed = sum(plan.instalments.values_list("amount", flat=True))
    officer = file.officers[0]
    first = payments.claim(by=officer, plan=plan, amount=agreed, on=clock.today())
    moves = [
        lambda: payments.reverse(by=officer, payment=first, reason="returned"),
        lambda: payments.claim(by=officer, plan=plan, amount=5_00, on=clock.today(), another=True),
    ]
    assert race(moves * 5) == {"done": 10}
    account = queries_payments.account_of(Plan.objects.get(pk=plan.pk))
    assert (account.ledger.paid, account.ledger.credit) == (25_00, 0)
    assert account.ledger.paid + account.ledger.open == agreed
    assert account.plan.state == Plan.State.ACTIVE
