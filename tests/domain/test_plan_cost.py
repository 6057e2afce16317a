"""What an agreement costs a year, against hand-worked figures and the conventions' own functions."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repayment.domain import cost
from repayment.domain.cost import Convention, Flow, Question
from repayment.domain.plan_cost import Why, plan_cost
from repayment.domain.schedule import build
from repayment.domain.terms import Lump, Method, Remainder, Review, Step, Terms, Treatment

PLAIN = Terms(
    currency="CNY",
    principal=12_000_00,
    annual_rate=Decimal("0.12"),
    method=Method.EQUAL_INSTALMENT,
    periods=12,
    start=date(2027, 1, 15),
    first_due=date(2027, 2, 15),
)


def test_the_rate_of_even_payments_is_the_rate_of_the_terms() -> None:
    found = plan_cost(PLAIN, build(PLAIN), "CN")
    assert found.convention is Convention.CN_IRR
    assert abs(found.rates["simple"] - 12) < Decimal("0.01")
    assert found.yearly == found.rates["simple"]
    assert found.on_top == build(PLAIN).totals.interest


def test_a_first_month_cut_short_is_still_a_month_in_china() -> None:
    late = replace(PLAIN, start=date(2027, 2, 1))
    assert plan_cost(late, build(late), "CN").rates == plan_cost(PLAIN, build(PLAIN), "CN").rates
    assert plan_cost(late, build(late), "UK").yearly > plan_cost(PLAIN, build(PLAIN), "UK").yearly


@pytest.mark.parametrize(
    ("jurisdiction", "convention"), [("UK", Convention.EU), ("US", Convention.US_ACTUARIAL)]
)
def test_each_country_counts_its_own_way(jurisdiction: str, convention: Convention) -> None:
    schedule = build(PLAIN)
    payments = tuple(
        Flow(on=row.due, amount=row.amount, at="payments/0", every=cost.Every.MONTH) for row in schedule.rows
    )
    advance = Flow(on=PLAIN.start, amount=PLAIN.principal, at="advances/0")
    direct = cost.annual_cost(Question(convention=convention, advances=(advance,), payments=payments))
    assert plan_cost(PLAIN, schedule, jurisdiction).rates == direct.rates


def test_what_is_waived_at_once_is_no_balance_to_settle() -> None:
    owed = replace(PLAIN, interest=400_00, fees=100_00, waive_interest=300_00, waive_fees=100_00)
    found = plan_cost(owed, build(owed), "CN")
    assert found.settled == 12_000_00 + 100_00
    assert found.waived == 400_00


def test_what_costs_nothing_says_so() -> None:
    free = replace(PLAIN, method=Method.INTEREST_FREE)
    found = plan_cost(free, build(free), "CN")
    assert (found.why, found.yearly, found.on_top) == (Why.NOTHING_ON_TOP, 0, 0)


def test_a_settlement_costs_less_than_nothing() -> None:
    lump = replace(
        PLAIN,
        method=Method.INTEREST_FREE,
        periods=None,
        settlement=(Lump(on=date(2027, 2, 15), amount=9_000_00),),
    )
    found = plan_cost(lump, build(lump), "CN")
    assert (found.why, found.on_top) == (Why.NOTHING_ON_TOP, -3_000_00)


def test_a_rest_that_stays_open_has_no_rate_yet() -> None:
    token = replace(
        PLAIN,
        periods=None,
        steps=(Step(periods=3, amount=50_00, treatment=Treatment.WAIVED),),
        review=Review(on=date(2027, 5, 15), remainder=Remainder.OPEN),
    )
    found = plan_cost(token, build(token), "CN")
    assert (found.why, found.yearly) == (Why.STAYS_OPEN, None)


@given(
    rate=st.integers(1, 3600),
    periods=st.integers(1, 60),
    day=st.integers(1, 31),
    place=st.sampled_from(["CN", "UK", "US"]),
)
def test_every_plain_agreement_has_a_rate(rate: int, periods: int, day: int, place: str) -> None:
    terms = replace(
        PLAIN,
        annual_rate=Decimal(rate) / 10_000,
        periods=periods,
        start=date(2026, 12, 28),
        first_due=date(2027, 1, day),
    )
    found = plan_cost(terms, build(terms), place)
    assert found.why is None
    assert found.yearly is not None
    assert found.yearly > 0
