"""Several notes of one transfer, two channels for one payment, and what the gate hears of a dispute."""

import datetime as dt

import pytest

from cases.domain.refusal import Refused
from notices.actions.asking import Question, Surroundings
from repayment import queries_payments
from repayment.actions import importing, offers, payments
from repayment.domain.paid_lines import PaidLine
from repayment.models import Payment, Plan
from tests.actions.negotiating import a_file, sent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def file():
    return a_file(1)


@pytest.fixture
def plan(file):
    return offers.accept(by=file.officers[0], offer=sent(file)[0])


@pytest.fixture
def officer(file):
    return file.officers[0]


def note(file, plan, clock, amount=100_00, days=0, **more):
    clock_day = clock.today - dt.timedelta(days=days)
    return payments.claim(by=file.borrower, plan=plan, amount=amount, on=clock_day, **more)


def account(plan):
    return queries_payments.account_of(Plan.objects.get(pk=plan.pk))


def code_of(call, **kwargs):
    with pytest.raises(Refused) as caught:
        call(**kwargs)
    return caught.value.code, caught.value.field


def line(plan, clock, number, amount=100_00, **more):
    return PaidLine(
        plan=plan.ref, currency="CNY", amount=amount, on=clock.today, reference=f"TR-{number}", **more
    )


def test_the_second_note_of_one_amount_is_asked_about_before_it_counts(file, plan, officer, clock):
    clock.set(clock.now + dt.timedelta(days=10))
    first, second = note(file, plan, clock), note(file, plan, clock, days=5)
    payments.confirm(by=officer, payment=first)
    assert code_of(payments.confirm, by=officer, payment=second) == ("looks_the_same", "another")
    assert account(plan).ledger.paid == 100_00
    payments.confirm(by=officer, payment=second, another=True)
    assert account(plan).ledger.paid == 200_00


@pytest.mark.parametrize(("amount", "days"), [(100_01, 0), (100_00, 6)])
def test_another_amount_or_a_week_between_is_another_payment(file, plan, officer, clock, amount, days):
    clock.set(clock.now + dt.timedelta(days=10))
    payments.confirm(by=officer, payment=note(file, plan, clock))
    payments.confirm(by=officer, payment=note(file, plan, clock, amount=amount, days=days))
    assert account(plan).ledger.paid == 100_00 + amount


def test_three_notes_of_the_whole_sum_do_not_become_a_credit_in_passing(file, plan, officer, clock):
    clock.set(clock.now + dt.timedelta(days=20))
    whole = sum(plan.instalments.values_list("amount", flat=True))
    notes = [note(file, plan, clock, amount=whole, days=days) for days in (0, 8, 16)]
    payments.confirm(by=officer, payment=notes[0])
    for again in notes[1:]:
        assert code_of(payments.confirm, by=officer, payment=again) == ("nothing_open", "another")
    assert (account(plan).ledger.credit, account(plan).plan.state) == (0, "completed")
    payments.confirm(by=officer, payment=notes[1], another=True)
    assert account(plan).ledger.credit == whole


def test_the_lenders_own_line_without_a_number_is_asked_about_too(plan, officer, clock):
    booked = {"by": officer, "plan": plan, "amount": 100_00, "on": clock.today}
    payments.claim(**booked)
    assert code_of(payments.claim, **booked) == ("looks_the_same", "another")
    payments.claim(**booked, another=True)
    assert account(plan).ledger.paid == 200_00


def test_a_line_of_the_books_confirms_the_nearest_note_and_no_more(file, plan, officer, clock):
    clock.set(clock.now + dt.timedelta(days=10))
    far, near = note(file, plan, clock, days=4), note(file, plan, clock, days=1)
    (taken,) = importing.take(by=officer, lines=[line(plan, clock, 1)])
    assert (taken.payment, taken.outcome) == (near, "matched")
    assert queries_payments.state_of(far) == "claimed"
    assert account(plan).payments[-1].reference == "TR-1"
    assert importing.take(by=officer, lines=[line(plan, clock, 1)])[0].outcome == "known"
    assert account(plan).ledger.paid == 100_00


def test_a_number_is_one_payment_whichever_amount_is_sent_with_it(plan, officer, clock):
    importing.take(by=officer, lines=[line(plan, clock, 1)])
    with pytest.raises(importing.Refusals) as caught:
        importing.take(by=officer, lines=[line(plan, clock, 2), line(plan, clock, 1, amount=5)])
    assert [(place, refused.code) for place, refused in caught.value.found] == [(1, "reference_used")]
    assert Payment.objects.count() == 1


def test_lines_in_any_order_leave_the_same_rows(file, officer, clock):
    plan = offers.accept(by=officer, offer=sent(file)[0])
    clock.set(clock.now + dt.timedelta(days=10))
    days = [clock.today - dt.timedelta(days=away) for away in (0, 7, 3)]
    lines = [
        PaidLine(plan=plan.ref, currency="CNY", amount=100_00 + place, on=on, reference=f"TR-{place}")
        for place, on in enumerate(days)
    ]
    taken = importing.take(by=officer, lines=lines)
    # The answer keeps the order of the lines; the account goes by the days.
    assert [one.payment.amount for one in taken] == [100_00, 100_01, 100_02]
    paid_first = next(each.payment for each in account(plan).ledger.lines)
    assert paid_first == taken[1].payment.pk


def facts(file, plan, clock):
    person = file.borrower
    around = Surroundings([person.pk], at=clock.now, planned=False)
    question = Question(
        person=person,
        lender=file.lenders[0],
        debt_id=plan.debt_id,
        purpose="reminder",
        channel="sms",
        reminds_of_plan=True,
    )
    return around.ask(question, clock.now)


def test_a_payment_the_lender_has_not_found_is_disputed_and_silences(file, plan, officer, clock):
    payment = note(file, plan, clock)
    waiting, _verdict = facts(file, plan, clock)
    assert (waiting.payment_pending, waiting.payment_disputed) == (True, False)
    payments.not_received(by=officer, payment=payment, reason="nothing_came")
    disputed, verdict = facts(file, plan, clock)
    assert (disputed.payment_pending, disputed.payment_disputed) == (True, True)
    assert verdict.outcome == "refused"
    assert "dispute" in " ".join(finding.rule for finding in verdict.findings)
    payments.confirm(by=officer, payment=payment)
    settled, _verdict = facts(file, plan, clock)
    assert (settled.payment_pending, settled.payment_disputed) == (False, False)
