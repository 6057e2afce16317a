"""What people write is understood, shown back in words, and refused when it could mean two things."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain import amounts, money
from cases.domain.amounts import AmountRefused, in_words_zh, parse_amount, parse_days, parse_percent


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("12000", "12000"),
        ("12,000.00", "12000"),
        ("１２，０００", "12000"),
        ("１２，０００．５０元", "12000.50"),
        (" ￥ 12 000 ", "12000"),
        ("¥12,000", "12000"),
        ("RMB 12000", "12000"),
        ("12000人民币", "12000"),
        ("12000块钱", "12000"),
        ("12000块", "12000"),
        ("一万二", "12000"),
        ("一万二千", "12000"),
        ("一万二千三", "12300"),
        ("一万二千元三角", "12000.30"),
        ("一万零二百", "10200"),
        ("一万零二", "10002"),
        ("1.2万", "12000"),
        ("1.2万元", "12000"),
        ("1.2w", "12000"),
        ("3k", "3000"),
        ("3千5", "3500"),
        ("1万2", "12000"),
        ("1万2千3", "12300"),
        ("1万2000", "12000"),
        ("1,200万", "12000000"),
        ("十二万", "120000"),
        ("十万", "100000"),
        ("两千", "2000"),
        ("一百五", "150"),
        ("二十五", "25"),
        ("二百五", "250"),
        ("三点五万", "35000"),
        ("壹万贰仟元整", "12000"),
        ("壹萬貳仟圓整", "12000"),
        ("一二〇〇〇", "12000"),
        ("一亿二千万", "120000000"),
        ("12块5", "12.50"),
        ("12元5角3分", "12.53"),
        ("两千元零五分", "2000.05"),
        ("五毛钱", "0.50"),
        ("1.23456万", "12345.60"),
        ("0", "0"),
        ("0.5", "0.50"),
    ],
)
def test_amounts_as_people_write_them(text: str, yuan: str) -> None:
    assert parse_amount(text).minor == money.to_minor(Decimal(yuan), "CNY", money.Rounding.DOWN)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" 　 ", "empty"),
        ("-5", "negative"),
        ("－5", "negative"),
        ("¥-5", "negative"),
        ("-¥5", "negative"),
        ("负五百", "negative"),
        ("(500)", "negative"),
        ("NaN", "not_understood"),
        ("Infinity", "not_understood"),
        ("1e5", "not_understood"),
        ("1.234,56", "not_understood"),
        ("12,00", "not_understood"),
        ("1,2", "not_understood"),
        ("1.2.3", "not_understood"),
        ("12²", "not_understood"),
        ("٣", "not_understood"),
        ("12.345", "too_many_decimals"),
        ("12.000", "too_many_decimals"),
        ("0.0000001万", "too_many_decimals"),
        ("100000000000.01", "too_large"),
        ("9" * 100, "too_large"),
        ("一万亿", "too_large"),
        ("一二万", "not_understood"),
        ("五六百", "not_understood"),
        ("三五", "not_understood"),
        ("十几万", "not_understood"),
        ("大概一万", "not_understood"),
        ("一亿二千", "not_understood"),
        ("1万20", "not_understood"),
        ("二千三千", "not_understood"),
        ("万", "not_understood"),
        ("元", "not_understood"),
        ("1.2万3", "not_understood"),
        ("$12", "not_understood"),
        ("一二三四五六七八九" * 9, "not_understood"),
    ],
)
def test_what_cannot_be_read_safely_is_refused(text: str, code: str) -> None:
    with pytest.raises(AmountRefused) as caught:
        parse_amount(text)
    assert caught.value.code == code
    assert str(caught.value)


def test_other_currencies_bring_their_own_sign_and_decimals() -> None:
    assert parse_amount("£1,200.50", "GBP").minor == 120050
    assert parse_amount("$12", "USD").read_back == "12.00"
    assert parse_amount("12000円", "JPY").minor == 12000
    with pytest.raises(AmountRefused, match="decimals"):
        parse_amount("12.5", "JPY")


@pytest.mark.parametrize(
    ("minor", "words"),
    [
        (0, "零元"),
        (1_800_00, "一千八百元"),
        (12_000_30, "一万二千元三角"),
        (2_000_05, "两千元零五分"),
        (35, "三角五分"),
        (10_00, "十元"),
        (110_00, "一百一十元"),
        (1_050_00, "一千零五十元"),
        (10_500_00, "一万零五百元"),
        (100_002_000_00, "一亿零二千元"),
        (20_00, "二十元"),
        (-5_00, "负五元"),
    ],
)
def test_amounts_in_words(minor: int, words: str) -> None:
    assert in_words_zh(minor) == words


@given(st.integers(0, amounts.LARGEST_MINOR))
def test_words_read_back_as_the_same_amount(minor: int) -> None:
    parsed = parse_amount(in_words_zh(minor))
    assert parsed.minor == minor
    assert parsed.read_back == in_words_zh(minor)


@given(st.integers(0, amounts.LARGEST_MINOR))
def test_digits_grouped_or_not_read_as_the_same_amount(minor: int) -> None:
    assert parse_amount(money.to_text(minor, "CNY")).minor == minor
    assert parse_amount(f"{money.to_major(minor, 'CNY'):,}").minor == minor


@given(st.text(max_size=20) | st.text("0123456789.,万千百十亿零一二两元角分块半-% ", max_size=12))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    for parse in (parse_amount, parse_percent, parse_days):
        try:
            parse(text)
        except AmountRefused as refused:
            if not refused.code:
                raise


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("18%", "0.18"),
        ("１８％", "0.18"),
        ("18", "0.18"),
        ("年化18%", "0.18"),
        ("年利率 7.2%", "0.072"),
        ("百分之十八", "0.18"),
        ("0.05%/天", "0.1825"),
        ("日息0.05%", "0.1825"),
        ("日息万五", "0.1825"),
        ("日息万分之五", "0.1825"),
        ("日利率万分之四点五", "0.16425"),
        ("月息1.5%", "0.18"),
        ("1.5%/月", "0.18"),
        ("0.18%", "0.0018"),
        ("0", "0"),
        ("900%", "9"),
        ("13.4%", "0.134"),
    ],
)
def test_rates_become_yearly_fractions(text: str, rate: str) -> None:
    assert parse_percent(text) == Decimal(rate)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0.18", "ambiguous"),
        ("日息5", "ambiguous"),
        ("900.1%", "too_large"),
        ("-1%", "negative"),
        ("月息一分五", "not_understood"),
        ("万五", "not_understood"),
        ("1.1234567%", "too_many_decimals"),
        ("", "empty"),
        ("%", "not_understood"),
    ],
)
def test_rates_that_could_mean_two_things_are_refused(text: str, code: str) -> None:
    with pytest.raises(AmountRefused) as caught:
        parse_percent(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("45", 45),
        ("45天", 45),
        ("４５天", 45),
        ("3个月", 90),
        ("三个月", 90),
        ("两周", 14),
        ("半年", 180),
        ("半个月", 15),
        ("1年3个月", 455),
        ("45 days", 45),
        ("3 months", 90),
        ("0", 0),
        ("一百二十天", 120),
        ("20000", 20000),
    ],
)
def test_days_as_people_write_them(text: str, days: int) -> None:
    assert parse_days(text) == days


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("20001", "too_large"),
        ("-3", "negative"),
        ("1.5天", "too_many_decimals"),
        ("很久", "not_understood"),
        ("3个月多", "not_understood"),
        ("半天", "not_understood"),
        ("", "empty"),
    ],
)
def test_days_that_make_no_sense_are_refused(text: str, code: str) -> None:
    with pytest.raises(AmountRefused) as caught:
        parse_days(text)
    assert caught.value.code == code
