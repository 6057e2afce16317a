"""A month's waiver budget: exactly the limit fits, a cent more does not, and promises made are covered."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain.refusal import Refused
from repayment.domain.waiver_budget import Standing, month_of, must_cover, must_have_room

SUMS = st.integers(min_value=0, max_value=10**12)


def test_a_month_is_named_by_its_first_day() -> None:
    assert month_of(date(2027, 2, 28)) == date(2027, 2, 1)


@given(limit=SUMS, used=SUMS, waiting=SUMS, amount=SUMS)
def test_nothing_fits_beyond_the_limit(limit: int, used: int, waiting: int, amount: int) -> None:
    standing = Standing(limit=limit, used=used, waiting=waiting)
    if amount and used + waiting + amount > limit:
        with pytest.raises(Refused) as refused:
            must_have_room(standing, amount)
        assert refused.value.code == "waiver_budget_spent"
    else:
        must_have_room(standing, amount)


def test_without_a_limit_there_is_no_end() -> None:
    standing = Standing(limit=None, used=10**12, waiting=0)
    assert standing.left is None
    must_have_room(standing, 10**12)


def test_a_limit_is_never_below_what_is_promised() -> None:
    standing = Standing(limit=None, used=300, waiting=200)
    must_cover(500, standing)
    with pytest.raises(Refused) as refused:
        must_cover(499, standing)
    assert (refused.value.code, refused.value.field) == ("below_reserved", "limit")
