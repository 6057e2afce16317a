"""A budget ends in one number that can be followed step by step and never promises what is not there."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain.budget import (
    CATEGORIES,
    PER_MONTH,
    Buffer,
    Essential,
    Flexible,
    Household,
    Income,
    Line,
    Period,
    Priority,
    Side,
    Statement,
)
from cases.domain.refusal import Refused


@pytest.mark.parametrize(
    ("period", "income", "outgoing"),
    [
        (Period.WEEK, 433_33, 433_34),
        (Period.FORTNIGHT, 216_66, 216_67),
        (Period.FOUR_WEEKS, 108_33, 108_34),
        (Period.MONTH, 100_00, 100_00),
        (Period.YEAR, 8_33, 8_34),
    ],
)
def test_a_hundred_becomes_a_month_income_down_and_outgoings_up(
    period: Period, income: int, outgoing: int
) -> None:
    assert Line(side=Side.INCOME, category=Income.WAGES, amount=100_00, period=period).monthly == income
    assert (
        Line(side=Side.ESSENTIAL, category=Essential.FOOD, amount=100_00, period=period).monthly == outgoing
    )


def test_the_derivation_can_be_followed_step_by_step() -> None:
    derived = Statement(
        lines=(
            Line(side=Side.INCOME, category=Income.WAGES, amount=6_500_00),
            Line(side=Side.INCOME, category=Income.FAMILY_SUPPORT, amount=1_200_00, period=Period.YEAR),
            Line(side=Side.ESSENTIAL, category=Essential.RENT, amount=2_200_00),
            Line(side=Side.ESSENTIAL, category=Essential.FOOD, amount=1_400_00),
            Line(side=Side.FLEXIBLE, category=Flexible.GIFTS, amount=300_00),
            Line(side=Side.BUFFER, category=Buffer.EMERGENCY, amount=200_00),
            Line(side=Side.PRIORITY, category=Priority.RENT_ARREARS, amount=500_00),
        ),
        household=Household(adults=2, children=1),
    ).derive()
    assert (derived.income, derived.essentials, derived.flexible) == (6_600_00, 3_600_00, 300_00)
    assert [step.left for step in derived.steps] == [6_600_00, 3_000_00, 2_700_00, 2_500_00, 2_000_00]
    assert (derived.available, derived.deficit) == (2_000_00, 0)


def test_a_household_that_is_short_offers_nothing_and_sees_by_how_much() -> None:
    derived = Statement(
        lines=(
            Line(side=Side.INCOME, category=Income.PENSION, amount=1_800_00),
            Line(side=Side.ESSENTIAL, category=Essential.RENT, amount=2_000_00),
        )
    ).derive()
    assert (derived.available, derived.deficit) == (0, 200_00)
    assert Statement(lines=()).derive().available == 0


def test_a_category_belongs_to_one_side_only() -> None:
    every = [category for side in Side for category in CATEGORIES[side]]
    assert len(every) == len(set(every))
    with pytest.raises(Refused) as caught:
        Line(side=Side.INCOME, category=Essential.RENT, amount=1)
    assert caught.value.code == "unknown_category"


def test_negative_amounts_and_empty_households_are_refused() -> None:
    with pytest.raises(Refused) as caught:
        Line(side=Side.INCOME, category=Income.WAGES, amount=-1)
    assert caught.value.field == "amount"
    with pytest.raises(Refused) as caught:
        Household(adults=0)
    assert caught.value.code == "household_size"


@st.composite
def any_line(draw: st.DrawFn) -> Line:
    side = draw(st.sampled_from(list(Side)))
    return Line(
        side=side,
        category=draw(st.sampled_from(CATEGORIES[side])),
        amount=draw(st.integers(0, 10**8)),
        period=draw(st.sampled_from(list(Period))),
    )


@given(st.lists(any_line(), max_size=15), st.integers(0, 10**7), st.sampled_from(list(Period)))
def test_raising_income_never_lowers_what_is_affordable(lines: list[Line], more: int, period: Period) -> None:
    before = Statement(lines=tuple(lines)).derive()
    extra = Line(side=Side.INCOME, category=Income.OTHER, amount=more, period=period)
    after = Statement(lines=(*lines, extra)).derive()
    assert after.available >= before.available
    assert after.deficit <= before.deficit


@given(st.lists(any_line(), max_size=15))
def test_no_more_is_promised_than_is_exactly_there(lines: list[Line]) -> None:
    derived = Statement(lines=tuple(lines)).derive()
    exact = sum(
        (1 if line.side is Side.INCOME else -1) * line.amount * PER_MONTH[line.period] for line in lines
    )
    assert derived.available <= max(Fraction(0), Fraction(exact))
    assert min(derived.available, derived.deficit) == 0
