"""Money is whole minor units, rounds as it is told to, and never loses a cent when it is divided."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain import money
from cases.domain.money import Rounding
from cases.domain.refusal import Refused


@pytest.mark.parametrize(
    ("value", "rounding", "expected"),
    [
        ("1.005", Rounding.HALF_UP, 101),
        ("1.005", Rounding.HALF_EVEN, 100),
        ("1.015", Rounding.HALF_EVEN, 102),
        ("1.009", Rounding.DOWN, 100),
        ("1.001", Rounding.UP, 101),
        ("1.00", Rounding.UP, 100),
        ("-1.005", Rounding.HALF_UP, -101),
        ("-1.009", Rounding.DOWN, -100),
    ],
)
def test_rounding_is_a_named_value(value: str, rounding: Rounding, expected: int) -> None:
    assert money.to_minor(Decimal(value), "CNY", rounding) == expected


def test_decimals_follow_the_currency() -> None:
    assert money.to_minor(Decimal("12.5"), "JPY", Rounding.HALF_UP) == 13
    assert money.to_minor(Fraction(1, 3), "GBP", Rounding.DOWN) == 33
    assert money.to_text(1200000, "CNY") == "12000.00"
    assert money.to_text(5, "CNY") == "0.05"
    assert money.to_text(12000, "KRW") == "12000"
    assert str(money.to_major(-150, "USD")) == "-1.50"
    with pytest.raises(ValueError, match="unknown currency"):
        money.exponent_of("XXX")


@given(st.integers(-(10**15), 10**15), st.sampled_from(["CNY", "JPY", "GBP"]))
def test_minor_to_major_and_back_is_the_same_amount(minor: int, currency: str) -> None:
    assert money.to_minor(money.to_major(minor, currency), currency, Rounding.HALF_UP) == minor


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_a_split_always_sums_to_the_cent(total: int, weights: list[int]) -> None:
    if not any(weights):
        weights[0] = 1
    shares = money.split(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Fraction(total * weight, sum(weights))) < 1


def test_ties_of_a_split_go_to_the_earlier() -> None:
    assert money.split(100, [1, 1, 1]) == [34, 33, 33]
    assert money.split(2, [1, 1, 1, 1]) == [1, 1, 0, 0]


def test_a_split_without_weight_is_refused_unless_nothing_is_divided() -> None:
    assert money.split(0, [0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="every weight is zero"):
        money.split(1, [0, 0])
    with pytest.raises(ValueError, match="not negative"):
        money.split(-1, [1])


@given(st.integers(0, 10**12), st.integers(1, 600))
def test_spreading_gives_odd_cents_to_the_first_rows(total: int, rows: int) -> None:
    parts = money.spread(total, rows)
    assert sum(parts) == total
    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= 1


def test_a_refusal_turns_its_message_into_text_only_when_read() -> None:
    class Lazy:
        read = 0

        def __str__(self) -> str:
            self.read += 1
            return "No."

    lazy = Lazy()
    refusal = Refused("not_now", lazy, "art. 70")
    assert lazy.read == 0
    assert (str(refusal), refusal.code, refusal.citation, refusal.field) == ("No.", "not_now", "art. 70", "")
    assert str(Refused("bare")) == "bare"
