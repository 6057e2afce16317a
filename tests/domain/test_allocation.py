"""Which payment paid what: to the cent, and the same whoever wrote it down when."""

import csv
import dataclasses
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain.refusal import Refused
from repayment.domain.allocation import Component, Order, Paid, Reversal, RowState, allocate, row_states
from repayment.domain.negotiation import Party
from repayment.domain.payment_moves import PaymentState, PaymentVerb, move_payment
from repayment.domain.schedule import Row, build
from repayment.domain.terms import Arrears, Method, Terms

FIRST = date(2027, 1, 20)
DATA = Path(__file__).parent.parent / "data" / "payment_moves.csv"


def a_row(number=1, *, principal=700, interest=200, arrears=60, fees=40, amount=1_000, due=None):
    return Row(
        number=number,
        due=due or date(2027, number, 20),
        principal=principal,
        interest=interest,
        arrears=arrears,
        fees=fees,
        amount=amount,
        balance=0,
    )


def paid(amount, on=FIRST, id=1, reference=""):
    return Paid(id=id, on=on, amount=amount, reference=reference)


ROWS = (a_row(1), a_row(2), a_row(3))
amounts = st.integers(1, 5_000)
days = st.integers(-40, 200).map(lambda days: FIRST + timedelta(days=days))


@st.composite
def schedules(draw):
    """Real ones: every method of repayment, overdue sums and all."""
    method = draw(st.sampled_from(Method))
    fixed = method is Method.FIXED_AMOUNT
    free = [] if method is Method.INTEREST_ONLY_BALLOON else [Decimal(0)]
    principal = draw(st.integers(10_000, 10**12))
    return build(
        Terms(
            currency="CNY",
            principal=principal,
            interest=draw(st.integers(0, 50_000)),
            fees=draw(st.integers(0, 50_000)),
            annual_rate=draw(st.sampled_from([*free, Decimal("0.06"), Decimal("0.18")])),
            method=method,
            periods=None if fixed else draw(st.integers(1, 24)),
            amount=principal // 8 if fixed else None,
            start=FIRST - timedelta(days=30),
            first_due=FIRST,
            arrears=draw(st.sampled_from(Arrears)),
        )
    ).rows


@st.composite
def histories(draw, size=12):
    """Payments with ids of their own, some with a reference used twice, some reversed."""
    made = draw(st.lists(st.tuples(amounts, days, st.booleans()), max_size=size))
    found = [
        Paid(id=place, on=on, amount=amount, reference=f"ref{place}" if named else "")
        for place, (amount, on, named) in enumerate(made, 1)
    ]
    gone = draw(st.lists(st.sampled_from(found), unique=True)) if found else []
    return found, [Reversal(of=each.id) for each in gone]


@given(schedules(), histories(), st.sampled_from(Order), st.integers(0, 10))
def test_every_cent_of_every_payment_is_in_the_ledger_and_no_other(rows, history, order, power):
    payments, reversals = history
    payments = [dataclasses.replace(each, amount=each.amount * 10**power) for each in payments]
    ledger = allocate(rows, [*payments, *reversals], order)
    gone = {each.of for each in reversals}
    assert ledger.paid + ledger.credit == sum(each.amount for each in payments if each.id not in gone)
    assert ledger.paid + ledger.open == sum(row.amount for row in rows)
    assert ledger.paid == sum(line.amount for line in ledger.lines)
    assert ledger.credit == 0 or ledger.open == 0
    for row, standing in zip(rows, ledger.rows, strict=True):
        assert 0 <= standing.fees <= row.fees
        assert 0 <= standing.interest <= row.interest + row.arrears
        assert 0 <= standing.principal <= row.principal
        assert (standing.paid_on is not None) is (standing.open == 0)


@given(schedules(), histories(), st.sampled_from(Order), st.randoms())
def test_the_order_in_which_payments_are_recorded_does_not_change_the_ledger(rows, history, order, dice):
    payments, reversals = history
    numbers = [each.id for each in payments]
    dice.shuffle(numbers)
    renumbered = {each.id: number for each, number in zip(payments, numbers, strict=True)}
    again = [
        *(dataclasses.replace(each, id=renumbered[each.id]) for each in payments),
        *(Reversal(of=renumbered[each.of]) for each in reversals),
    ]
    dice.shuffle(again)
    one, other = allocate(rows, [*payments, *reversals], order), allocate(rows, again, order)
    assert (one.rows, one.credit) == (other.rows, other.credit)


@given(schedules(), histories(), st.sampled_from(Order))
def test_a_payment_recorded_twice_and_one_taken_out_again_leave_no_trace(rows, history, order):
    payments, reversals = history
    twice = [dataclasses.replace(each, id=each.id + 1000) for each in payments if each.reference]
    gone = {each.of for each in reversals}
    out_again = [Reversal(of=each.id) for each in twice if each.id - 1000 in gone]
    without = [each for each in payments if each.id not in gone]
    full = allocate(rows, [*payments, *twice, *reversals, *out_again], order)
    short = allocate(rows, without, order)
    assert (full.rows, full.credit, full.lines) == (short.rows, short.credit, short.lines)


@given(schedules(), histories())
def test_the_order_of_components_changes_no_instalment_and_no_total(rows, history):
    payments, reversals = history
    legal, hardship = (allocate(rows, [*payments, *reversals], order) for order in Order)
    assert [row.paid for row in legal.rows] == [row.paid for row in hardship.rows]
    assert [row.paid_on for row in legal.rows] == [row.paid_on for row in hardship.rows]
    assert legal.credit == hardship.credit


@pytest.mark.parametrize(
    ("order", "amount", "expected"),
    [
        (Order.LEGAL, 30, (30, 0, 0)),
        (Order.LEGAL, 100, (40, 60, 0)),
        (Order.LEGAL, 400, (40, 260, 100)),
        (Order.HARDSHIP, 100, (0, 0, 100)),
        (Order.HARDSHIP, 750, (0, 50, 700)),
        (Order.HARDSHIP, 980, (20, 260, 700)),
    ],
)
def test_inside_an_instalment_the_stored_order_decides(order, amount, expected):
    first, second, _third = allocate(ROWS, [paid(amount)], order).rows
    assert (first.fees, first.interest, first.principal) == expected
    assert second.paid == 0


def test_what_an_instalment_does_not_need_goes_to_the_next_and_the_rest_is_a_credit():
    ledger = allocate(ROWS, [paid(1_500), paid(2_000, id=2)], Order.LEGAL)
    assert [row.paid for row in ledger.rows] == [1_000, 1_000, 1_000]
    assert (ledger.open, ledger.credit) == (0, 500)
    assert [line.component for line in ledger.lines if line.number == 1] == [
        Component.FEES,
        Component.INTEREST,
        Component.PRINCIPAL,
    ]


def test_a_payment_dated_back_makes_an_instalment_punctual_after_all():
    late = paid(1_000, FIRST + timedelta(days=6), id=1)
    assert allocate(ROWS, [late], Order.LEGAL).rows[0].days_late == 6
    found = allocate(ROWS, [late, paid(1_000, FIRST - timedelta(days=1), id=2)], Order.LEGAL)
    assert (found.rows[0].paid_on, found.rows[0].days_late) == (FIRST - timedelta(days=1), 0)
    assert found.rows[1].paid_on == late.on


def test_two_halves_close_an_instalment_on_the_day_of_the_second():
    halves = [paid(500, FIRST, id=1), paid(500, FIRST + timedelta(days=2), id=2)]
    assert allocate(ROWS, halves[:1], Order.LEGAL).rows[0].paid_on is None
    assert allocate(ROWS, halves, Order.LEGAL).rows[0].days_late == 2


def test_a_reversed_reference_may_be_paid_again():
    first, again = paid(1_000, id=1, reference="A1"), paid(1_000, id=2, reference="A1")
    assert allocate(ROWS, [first, again], Order.LEGAL).paid == 1_000
    assert allocate(ROWS, [first, again, Reversal(of=1)], Order.LEGAL).paid == 1_000
    assert allocate(ROWS, [first, Reversal(of=1)], Order.LEGAL).paid == 0


def test_nothing_paid_leaves_everything_open():
    ledger = allocate(ROWS, [], Order.LEGAL)
    assert (ledger.paid, ledger.open, ledger.credit) == (0, 3_000, 0)
    assert ledger.next_open is not None
    assert ledger.next_open.number == 1


@pytest.mark.parametrize("amount", [0, -1])
def test_a_payment_is_above_zero(amount):
    with pytest.raises(ValueError, match="above zero"):
        paid(amount)


def test_an_instalment_that_is_not_its_parts_is_not_allocated():
    with pytest.raises(ValueError, match="sum of its parts"):
        allocate([a_row(amount=999)], [], Order.LEGAL)


def test_what_waits_and_what_is_checked_is_said_of_its_own_instalment():
    rows = [*ROWS, a_row(4), a_row(5)]
    noted = [
        paid(1_000, ROWS[0].due, id=1),
        paid(1_000, ROWS[1].due, id=2),
        paid(1_400, ROWS[2].due, id=3),
    ]
    hoped = allocate(rows, noted, Order.LEGAL)
    states = row_states(hoped, claimed=[3], disputed=[1])
    assert list(states.values()) == [
        RowState.CHECKING,
        RowState.PAID,
        RowState.WAITING,
        RowState.WAITING,
        RowState.OPEN,
    ]
    part = allocate(ROWS, [paid(300)], Order.LEGAL)
    assert row_states(part, claimed=[], disputed=[])[1] is RowState.PARTLY


def test_a_payment_in_question_does_not_make_the_next_one_late():
    noted = [paid(1_000, ROWS[0].due, id=1), paid(1_000, ROWS[1].due, id=2)]
    assert [row.days_late for row in allocate(ROWS, noted, Order.LEGAL).rows] == [0, 0, 0]
    # What is confirmed alone would call it a month late.
    assert allocate(ROWS, noted[1:], Order.LEGAL).rows[0].days_late == 31


def test_a_payment_moves_as_its_table_says():
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    walked = [(row["state"], row["verb"], row["who"]) for row in rows]
    assert walked == list(product(PaymentState, PaymentVerb, Party))
    for row in rows:
        try:
            outcome = str(
                move_payment(PaymentState(row["state"]), PaymentVerb(row["verb"]), who=Party(row["who"]))
            )
        except Refused as refused:
            outcome = f"refused: {refused.code}"
        assert outcome == row["outcome"], row
