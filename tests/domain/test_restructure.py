"""A running plan on one day and the plan after it: strictly in order, to the cent, whatever was written down when."""

import dataclasses
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from repayment.domain import schedule
from repayment.domain.allocation import Order, Paid, allocate
from repayment.domain.restructure import (
    Operation,
    Restructure,
    State,
    continued,
    months_moved,
    reprocessed,
    restructure,
    resumed,
    state_at,
)
from repayment.domain.rows import Sums
from repayment.domain.terms import (
    Arrears,
    Deferral,
    Lump,
    Method,
    Remainder,
    Review,
    Step,
    Terms,
    TermsRefused,
    Treatment,
)


def terms(**changes: Any) -> Terms:
    base: dict[str, Any] = {
        "currency": "CNY",
        "principal": 12_000_00,
        "annual_rate": Decimal("0.18"),
        "method": Method.EQUAL_INSTALMENT,
        "periods": 12,
        "start": date(2027, 1, 15),
        "first_due": date(2027, 2, 15),
    }
    return Terms(**(base | changes))


def paid(*on_and_amount: tuple[date, int]) -> list[Paid]:
    return [Paid(id=number, on=on, amount=amount) for number, (on, amount) in enumerate(on_and_amount, 1)]


THREE = paid(*((date(2027, month, 15), 1_100_16) for month in (2, 3, 4)))


# ── accrue, pay, waive, capitalise, rebuild ──────────────────────────────────────────────────
def test_a_plan_kept_so_far_owes_its_balance_and_nothing_else() -> None:
    plan = terms()
    state = state_at(plan, THREE, on=date(2027, 4, 30))
    assert state.owed == Sums(principal=schedule.build(plan).rows[2].balance)
    assert state.months == 3


def test_every_step_is_kept_and_each_follows_from_the_one_before() -> None:
    plan = terms(interest=300_00, fees=100_00, arrears=Arrears.SPREAD)
    state = state_at(plan, paid((date(2027, 2, 15), 1_000_00)), on=date(2027, 3, 20))
    after = dataclasses.replace(
        continued(plan, state),
        waive_interest=100_00,
        arrears=Arrears.CAPITALISED,
        method=Method.INTEREST_FREE,
    )
    built = restructure(state, after)
    assert [line.operation for line in built.lines] == list(Operation)
    owed = Sums()
    for line in built.lines:
        owed += line.moved
        assert owed == line.after
    assert built.lines[0].after == Sums(principal=12_000_00, interest=300_00, fees=100_00)
    # The waiver comes off before anything is capitalised, so there is something left to waive.
    waive, capitalise = built.lines[3], built.lines[4]
    assert waive.moved == Sums(interest=-100_00)
    assert capitalise.moved.interest == -waive.after.interest == -capitalise.moved.principal
    assert built.lines[-1].after.total == built.schedule.totals.amount


def test_the_running_month_is_in_the_first_new_instalment_and_bears_interest_once() -> None:
    plan = terms()
    state = state_at(plan, THREE, on=date(2027, 5, 14))
    after = restructure(state, continued(plan, state))
    old = schedule.build(plan)
    assert [row[1:] for row in after.schedule.rows[:-1]] == [row[1:] for row in old.rows[3:-1]]
    assert abs(after.schedule.rows[-1].amount - old.rows[-1].amount) <= 12


def test_a_missed_instalment_bears_nothing_that_was_not_agreed() -> None:
    plan = terms()
    state = state_at(plan, [], on=date(2027, 4, 20))
    rows = schedule.build(plan).rows[:3]
    assert state.owed.interest == sum(row.interest for row in rows)
    assert state.owed.principal == 12_000_00


def test_paying_early_pays_principal_and_not_interest_of_months_to_come() -> None:
    state = state_at(terms(), paid((date(2027, 1, 20), 5_000_00)), on=date(2027, 1, 31))
    assert state.owed == Sums(principal=7_000_00)


def test_what_the_old_agreement_waived_stays_waived() -> None:
    plan = terms(interest=980_00, fees=420_00, waive_interest=490_00, waive_fees=420_00)
    state = state_at(plan, [], on=date(2027, 1, 31))
    assert state.owed == Sums(principal=12_000_00, interest=490_00)


def test_surplus_is_a_credit_and_never_a_negative_balance() -> None:
    state = state_at(terms(), paid((date(2027, 2, 1), 20_000_00)), on=date(2027, 3, 1))
    assert state.owed.principal == 0
    assert state.owed.total + 20_000_00 - state.credit == 12_000_00 + 180_00


def test_nobody_restates_what_is_owed() -> None:
    state = state_at(terms(), THREE, on=date(2027, 4, 30))
    after = continued(terms(), state)
    with pytest.raises(TermsRefused) as caught:
        restructure(state, dataclasses.replace(after, principal=after.principal + 1))
    assert (caught.value.field, caught.value.code) == ("principal", "owed_changed")
    with pytest.raises(TermsRefused) as caught:
        restructure(state, dataclasses.replace(after, start=date(2027, 1, 1), first_due=date(2027, 4, 30)))
    assert caught.value.field == "first_due"


def test_interest_of_a_pause_that_still_runs_is_claimed_only_so_far() -> None:
    plan = terms(deferral=Deferral(periods=6, treatment=Treatment.CARRIED_SPREAD))
    state = state_at(plan, [], on=date(2027, 3, 20))
    assert state.owed == Sums(principal=12_000_00, interest=2 * 180_00)
    after = continued(plan, state)
    assert after.deferral == Deferral(periods=4, treatment=Treatment.CARRIED_SPREAD)
    assert after.periods == 12
    assert schedule.build(after).last_due == schedule.build(plan).last_due


def test_capitalised_months_are_principal_once_they_have_passed() -> None:
    plan = terms(steps=(Step(periods=4, amount=0, treatment=Treatment.CAPITALISED),))
    state = state_at(plan, [], on=date(2027, 3, 15))
    assert state.owed == Sums(principal=12_000_00 + 180_00 + 182_70)
    assert continued(plan, state).steps == (Step(periods=2, amount=0, treatment=Treatment.CAPITALISED),)


def test_token_payments_end_in_a_state_that_can_be_agreed_anew() -> None:
    plan = terms(
        periods=None, interest=980_00, fees=420_00,
        steps=(Step(periods=6, amount=50_00, treatment=Treatment.WAIVED),),
        review=Review(on=date(2027, 8, 1), remainder=Remainder.OPEN),
    )  # fmt: skip
    six = paid(*((date(2027, month, 15), 50_00) for month in range(2, 8)))
    state = state_at(plan, six, on=date(2027, 8, 1))
    assert state.owed == Sums(principal=11_700_00, interest=980_00, fees=420_00)
    assert state.forgiven > 0
    assert restructure(state, continued(plan, state)).schedule.left.total == 0


def test_a_settlement_releases_nothing_before_its_last_payment() -> None:
    plan = terms(
        method=Method.INTEREST_FREE, periods=None, interest=1_000_00,
        settlement=(Lump(on=date(2027, 2, 15), amount=3_000_00), Lump(on=date(2027, 6, 1), amount=3_000_00)),
    )  # fmt: skip
    state = state_at(plan, paid((date(2027, 2, 15), 3_000_00)), on=date(2027, 3, 1))
    assert state.owed.total == 10_000_00
    after = restructure(state, continued(plan, state))
    assert after.schedule.totals.amount == 10_000_00
    assert after.schedule.rows[0].due == date(2027, 6, 1)


def test_the_day_of_the_month_survives_a_restructure_in_february() -> None:
    plan = terms(start=date(2027, 1, 1), first_due=date(2027, 1, 31))
    state = state_at(plan, [], on=date(2027, 2, 10))
    after = continued(plan, state)
    assert (after.first_due, after.pay_day) == (date(2027, 2, 28), 31)
    days = [row.due for row in schedule.build(after).rows[:3]]
    assert days == [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]
    again = state_at(after, [], on=date(2027, 3, 30))
    assert continued(after, again).first_due == date(2027, 3, 31)
    assert Terms.from_json(after.to_json()) == after


# ── a moratorium ─────────────────────────────────────────────────────────────────────────────
def test_a_pause_gives_every_day_back_and_costs_nothing_when_interest_stands_still() -> None:
    plan = terms()
    after = resumed(
        plan, THREE, paused_on=date(2027, 4, 20), resumed_on=date(2027, 6, 19), treatment=Treatment.WAIVED
    )
    assert after.schedule.rows[0].due == date(2027, 7, 15)
    old = schedule.build(plan)
    assert [row.amount for row in after.schedule.rows[:-1]] == [row.amount for row in old.rows[3:-1]]
    assert len(after.schedule.rows) == 9
    assert after.schedule.forgiven > 0


def test_a_pause_of_a_day_moves_a_month_and_one_of_no_day_moves_nothing() -> None:
    assert months_moved(terms(), date(2027, 2, 1), date(2027, 2, 1)) == 0
    assert months_moved(terms(), date(2027, 2, 1), date(2027, 2, 2)) == 1
    assert months_moved(terms(), date(2027, 2, 1), date(2027, 4, 1)) == 2


def test_the_interest_of_a_pause_goes_where_it_was_agreed() -> None:
    pause = {"paused_on": date(2027, 4, 20), "resumed_on": date(2027, 6, 19)}
    free = resumed(terms(), THREE, treatment=Treatment.WAIVED, **pause)
    carried = resumed(terms(), THREE, treatment=Treatment.CARRIED_SPREAD, **pause)
    capitalised = resumed(terms(), THREE, treatment=Treatment.CAPITALISED, **pause)
    extra = free.schedule.forgiven
    assert carried.schedule.totals.amount == free.schedule.totals.amount + extra
    assert capitalised.schedule.totals.principal > free.schedule.totals.principal


def test_a_pause_within_light_months_comes_before_those_left() -> None:
    plan = terms(steps=(Step(periods=4, amount=300_00),))
    after = resumed(
        plan, [], paused_on=date(2027, 2, 20), resumed_on=date(2027, 3, 10), treatment=Treatment.WAIVED
    )
    assert after.terms.steps == (
        Step(periods=1, amount=0, treatment=Treatment.WAIVED),
        Step(periods=3, amount=300_00),
    )
    assert after.schedule.rows[0].due == date(2027, 4, 15)


def test_a_pause_ends_after_it_began() -> None:
    with pytest.raises(TermsRefused) as caught:
        resumed(
            terms(), [], paused_on=date(2027, 4, 2), resumed_on=date(2027, 4, 1), treatment=Treatment.WAIVED
        )
    assert caught.value.field == "resumed_on"


# ── only interest and fees are left ──────────────────────────────────────────────────────────
def without_principal(on: date, left: int = 9_00, **changes: Any) -> tuple[Terms, list[Paid]]:
    """A plan of which all but `left` was paid, each instalment's principal first: interest and fees of the last one stay."""
    plan = terms(**({"interest": 90_00, "fees": 30_01, "arrears": Arrears.SPREAD} | changes))
    owed = state_at(plan, [], on=on, order=Order.HARDSHIP).owed.total
    return plan, paid((date(2027, 1, 16), owed - left))


@pytest.mark.parametrize("on", [date(2027, 1, 20), date(2027, 3, 20), date(2028, 6, 1)])
def test_interest_and_fees_alone_go_on_as_sums_to_the_cent(on: date) -> None:
    plan, made = without_principal(on)
    state = state_at(plan, made, on=on, order=Order.HARDSHIP)
    assert (state.owed.principal, state.owed.total) == (0, 9_00)
    after = restructure(state, continued(plan, state))
    assert sum(row.amount for row in after.schedule.rows) == 9_00
    assert after.schedule.totals.waived == 0
    assert after.schedule.rows[0].due > on
    assert {row.due.day for row in after.schedule.rows} == {15}
    assert len(after.schedule.rows) <= 12


def test_what_is_left_of_interest_and_fees_keeps_the_months_that_were_left() -> None:
    on = date(2027, 3, 20)
    plan, made = without_principal(on, periods=6)
    state = state_at(plan, made, on=on, order=Order.HARDSHIP)
    assert len(continued(plan, state).settlement) == 4


def test_a_pause_moves_the_sums_by_its_months() -> None:
    on, until = date(2027, 2, 1), date(2027, 4, 3)
    plan, made = without_principal(on, deferral=Deferral(periods=2, treatment=Treatment.WAIVED))
    state = state_at(plan, made, on=on, order=Order.HARDSHIP, paid_until=until)
    still = restructure(state, continued(plan, state)).schedule.rows
    after = resumed(
        plan, made, paused_on=on, resumed_on=until, treatment=Treatment.WAIVED, order=Order.HARDSHIP
    )
    assert [row.amount for row in after.schedule.rows] == [row.amount for row in still]
    assert after.schedule.rows[0].due - still[0].due >= until - on
    assert (still[0].due, after.schedule.rows[0].due) == (date(2027, 4, 15), date(2027, 6, 15))


def test_fewer_cents_than_months_are_paid_in_as_many_sums_as_there_are_cents() -> None:
    on = date(2027, 1, 20)
    plan, made = without_principal(on, left=3)
    state = state_at(plan, made, on=on, order=Order.HARDSHIP)
    assert [lump.amount for lump in continued(plan, state).settlement] == [1, 1, 1]


def test_where_nothing_at_all_is_owed_there_is_nothing_to_agree() -> None:
    plan = terms(annual_rate=Decimal(0), method=Method.INTEREST_FREE)
    state = state_at(plan, paid((date(2027, 1, 16), 12_000_00)), on=date(2027, 1, 20))
    with pytest.raises(TermsRefused) as caught:
        continued(plan, state)
    assert caught.value.code == "nothing_owed"


# ── whatever comes together ──────────────────────────────────────────────────────────────────
@st.composite
def plans(draw: st.DrawFn) -> Terms:
    method = draw(st.sampled_from([method for method in Method if method is not Method.FIXED_AMOUNT]))
    rate = draw(st.sampled_from(["0", "0.06", "0.18", "0.2399"]))
    treatment = st.sampled_from(Treatment)
    steps = draw(
        st.lists(
            st.builds(Step, periods=st.integers(1, 4), amount=st.integers(0, 300_00), treatment=treatment),
            max_size=2,
        )
    )
    plan = terms(
        method=Method.INTEREST_FREE if rate == "0" else method,
        annual_rate=Decimal(rate),
        principal=draw(st.integers(2_000_00, 10**12)),
        interest=draw(st.integers(0, 900_00)),
        fees=draw(st.integers(0, 900_00)),
        periods=draw(st.integers(1, 24)),
        first_due=date(2027, 1, 16) + timedelta(days=draw(st.integers(0, 60))),
        arrears=draw(st.sampled_from(Arrears)),
        deferral=draw(st.none() | st.builds(Deferral, periods=st.integers(1, 6), treatment=treatment)),
        steps=tuple(steps),
    )
    try:
        schedule.build(plan)
    except TermsRefused:
        # Light months that would pay everything off are refused: no plan to change.
        reject()
    return plan


days = st.integers(0, 900).map(lambda after: date(2027, 1, 16) + timedelta(days=after))
payments = st.lists(st.tuples(days, st.integers(1, 4_000_00)), max_size=6).map(lambda rows: paid(*rows))
orders = st.sampled_from(Order)


def holds(state: State, plan: Terms, made: list[Paid]) -> None:
    """Nothing is lost: what was owed and accrued is paid, still owed, or a credit."""
    opening, accrue, _pay = state.lines
    counted = sum(payment.amount for payment in made if payment.id in state.counted)
    assert opening.after.total + accrue.moved.total == state.owed.total + counted - state.credit
    assert min(state.owed.principal, state.owed.interest, state.owed.fees, state.credit) >= 0
    owed = plan.principal + plan.interest + plan.fees
    assert opening.after.total == owed


def again(state: State, plan: Terms) -> Restructure | None:
    if 0 < state.owed.principal < 1_000 or not state.owed.total:
        return None
    return restructure(state, continued(plan, state))


@settings(max_examples=300, deadline=None)
@given(plan=plans(), made=payments, on=days, order=orders)
def test_nothing_is_lost_between_two_agreements(
    plan: Terms, made: list[Paid], on: date, order: Order
) -> None:
    state = state_at(plan, made, on=on, order=order)
    holds(state, plan, made)
    after = again(state, plan)
    if after is None:
        return
    rows = after.schedule.rows
    assert rows[-1].balance == 0
    assert all(row.balance >= 0 and row.amount > 0 for row in rows)
    assert after.schedule.totals.principal + after.schedule.totals.arrears + after.schedule.totals.fees >= (
        state.owed.total
    )
    assert rows[0].due > on
    months = [(row.due.year, row.due.month) for row in rows]
    assert len(set(months)) == len(months)


@settings(max_examples=200, deadline=None)
@given(plan=plans(), made=payments, on=days, order=orders, seed=st.randoms())
def test_the_order_in_which_payments_are_written_down_changes_nothing(
    plan: Terms, made: list[Paid], on: date, order: Order, seed: Any
) -> None:
    shuffled = list(made)
    seed.shuffle(shuffled)
    assert state_at(plan, shuffled, on=on, order=order) == state_at(plan, made, on=on, order=order)
    # Another place in the record, the same balance.
    renumbered = [dataclasses.replace(each, id=place) for place, each in enumerate(shuffled, 1)]
    assert (
        state_at(plan, renumbered, on=on, order=order).owed == state_at(plan, made, on=on, order=order).owed
    )


@settings(max_examples=200, deadline=None)
@given(
    plan=plans(),
    made=payments,
    paused_on=days,
    length=st.integers(0, 200),
    treatment=st.sampled_from(Treatment),
)
def test_pause_restructure_and_no_interest_go_together(
    plan: Terms, made: list[Paid], paused_on: date, length: int, treatment: Treatment
) -> None:
    resumed_on = paused_on + timedelta(days=length)
    before = state_at(plan, made, on=paused_on, paid_until=resumed_on)
    if 0 < before.owed.principal < 1_000 or not before.owed.total:
        return
    after = resumed(plan, made, paused_on=paused_on, resumed_on=resumed_on, treatment=treatment)
    holds(after.state, plan, made)
    plain = again(before, plan)
    assert plain is not None
    if plan.rate == 0 or treatment is Treatment.WAIVED:
        assert after.schedule.totals.principal == plain.schedule.totals.principal
        if not plan.steps:
            assert after.schedule.totals.amount == plain.schedule.totals.amount
    assert after.schedule.rows[0].due >= plain.schedule.rows[0].due + timedelta(days=length)
    # A second restructure while nothing happened in between owes the same.
    on = after.terms.first_due - timedelta(days=1)
    if on > after.terms.start:
        still = state_at(after.terms, [], on=on)
        assert still.owed.total == before.owed.total


@settings(max_examples=100, deadline=None)
@given(plan=plans(), made=payments)
def test_the_state_after_the_last_day_is_the_ledger_of_the_schedule(plan: Terms, made: list[Paid]) -> None:
    built = schedule.build(plan)
    on = built.last_due
    known = [payment for payment in made if payment.on <= on]
    ledger = allocate(built.rows, known, Order.LEGAL)
    assert state_at(plan, made, on=on).owed.total == ledger.open


@settings(max_examples=200, deadline=None)
@given(plan=plans(), made=payments, on=days, late=st.integers(0, 6))
def test_a_payment_written_down_after_the_restructure_leaves_the_same_balance(
    plan: Terms, made: list[Paid], on: date, late: int
) -> None:
    before = [payment for payment in made if payment.on <= on]
    known = before[late:]
    state = state_at(plan, known, on=on)
    if state.owed.principal < 1_000:
        return
    new = continued(plan, state)
    agreed = schedule.build(new)
    saved = reprocessed(plan, before, new, on=on, paid_until=on)
    really = state_at(plan, before, on=on)
    if really.credit or really.owed.principal == 0:
        return
    asked = agreed.totals.amount - saved
    fits = dataclasses.replace(
        new, principal=really.owed.principal, interest=really.owed.interest, fees=really.owed.fees
    )
    try:
        assert asked == min(schedule.build(fits).totals.amount, agreed.totals.amount)
    except TermsRefused:
        assert asked == really.owed.total
    # Every late cent came off, and so did the interest it would have borne.
    assert saved >= sum(payment.amount for payment in before[:late]) or agreed.totals.amount == asked
