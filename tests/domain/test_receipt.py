"""A receipt looks like a card's number, never is one, and nobody guesses it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain import receipt


@given(seed=st.binary(min_size=1))
def test_a_receipt_has_sixteen_digits_and_fails_the_luhn_check(seed: bytes) -> None:
    digits = receipt.from_seed(seed)
    assert len(digits) == 16
    assert digits.isdigit()
    assert not receipt.passes_luhn(digits)
    assert receipt.read(receipt.spoken(digits)) == digits
    assert receipt.from_seed(seed) == digits


def test_a_thousand_drawn_receipts_are_all_different_and_none_passes() -> None:
    drawn = [receipt.new() for _ in range(1000)]
    assert len(set(drawn)) == 1000
    assert not any(map(receipt.passes_luhn, drawn))
    # Every place is used by every digit: nothing of it is fixed.
    assert all(len({digits[place] for digits in drawn}) == 10 for place in range(16))


@pytest.mark.parametrize("card", ["4111111111111111", "5500005555555559", "6011111111111117"])
def test_the_numbers_of_cards_pass_and_are_no_receipts(card: str) -> None:
    assert receipt.passes_luhn(card)
    assert receipt.read(card) == ""
    assert receipt.read(card[:-1] + str((int(card[-1]) + 1) % 10)) != ""


@pytest.mark.parametrize(
    "typed",
    ["", "1234", "12345678901234567", "abcdefghijklmnop", "1234 5678 9012 345x", "１２" * 9, "\x00" * 16],
)
def test_what_is_no_receipt_is_read_as_nothing(typed: str) -> None:
    assert receipt.read(typed) == ""


@pytest.mark.parametrize("written", ["{}", " {} ", "{}\n"])
def test_spaces_hyphens_and_full_width_digits_are_forgiven(written: str) -> None:
    digits = receipt.from_seed(b"x")
    wide = digits.translate({ord(str(n)): 0xFF10 + n for n in range(10)})
    hyphens = receipt.spoken(digits).replace(" ", "-")
    for form in (digits, receipt.spoken(digits), hyphens, wide):
        assert receipt.read(written.format(form)) == digits
