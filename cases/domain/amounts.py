"""Amounts, rates and days as people write them, read generously and read back.

Somebody who copies a figure from a debt app may write 12000, １２，０００元, 1.2万 or 一万二. All of these are
understood; what could mean two things is refused rather than guessed, because a guess here becomes a promise.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from cases.domain import money
from cases.domain.refusal import Refused

LARGEST_MINOR = 10**13
MOST_DAYS = 20_000
MOST_A_YEAR = 9  # 900 %: what a debt's row can hold

_MESSAGES = {
    "empty": "Please write something here.",
    "negative": "This cannot be below zero.",
    "too_large": "This is larger than we can take.",
    "too_many_decimals": "There are more decimals here than this can have.",
    "ambiguous": "This could mean two things. Please write it another way.",
    "not_understood": "We could not read this. Please write it in digits.",
}


class AmountRefused(Refused):
    """A text that is not the number it should be.

    `code` is one of `empty`, `negative`, `too_large`, `too_many_decimals`, `ambiguous`, `not_understood`.
    """

    def __init__(self, code: str, message: object = "") -> None:
        super().__init__(code, message or _MESSAGES[code])


@dataclass(frozen=True, kw_only=True)
class ParsedAmount:
    """An amount in minor units, with words to show so that the writer can check it."""

    minor: int
    read_back: str


_NUMERALS = "零一二三四五六七八九"
_DIGITS = {character: place for digits in (_NUMERALS, "0123456789") for place, character in enumerate(digits)}
_UNITS = {"亿": 10**8, "万": 10**4, "千": 1000, "百": 100, "十": 10}
_ARABIC = re.compile(r"\d+(?:\.\d+)?", re.ASCII)

# What people type on a full-width keyboard, or write on a contract, as what it means.
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans(
    "￥−–萬億拾佰仟塊圓圆錢點個週負〇○壹贰貳叁參叄肆伍陆陸柒捌玖两兩",
    "¥--万亿十百千块元元钱点个周负零零一二二三三三四五六六七八九二二",
)

_SIGNS = {
    "CNY": ("人民币", "cny", "rmb", "¥"),
    "USD": ("美元", "美金", "us$", "usd", "$"),
    "GBP": ("英镑", "gbp", "£"),
    "EUR": ("欧元", "eur", "€"),
    "HKD": ("港元", "港币", "hk$", "hkd", "$"),
    "TWD": ("新台币", "台币", "nt$", "twd", "$"),
    "JPY": ("日元", "jpy", "円", "¥"),
    "KRW": ("韩元", "krw", "₩"),
}
_YUAN = ("CNY", "HKD", "TWD")
_DIGIT = f"[0-9{_NUMERALS}]"
_SMALL = re.compile(rf"零?(?:({_DIGIT})[角毛])?零?(?:({_DIGIT})分)?钱?")


def parse_amount(text: str, currency: str = "CNY") -> ParsedAmount:
    """Read an amount in the major unit. Raises AmountRefused with a code that says what is wrong."""
    plain = _plain(text)
    plain = _unsigned(_without_sign(plain, currency))
    value = _yuan(plain) if currency in _YUAN else _number(plain)
    exponent = money.exponent_of(currency)
    if _decimals(plain) > exponent or (value * 10**exponent).denominator != 1:
        raise AmountRefused("too_many_decimals")
    minor = money.to_minor(value, exponent, money.Rounding.DOWN)
    if minor > LARGEST_MINOR:
        raise AmountRefused("too_large")
    words = in_words_zh(minor) if currency == "CNY" else money.to_text(minor, currency)
    return ParsedAmount(minor=minor, read_back=words)


_PERIODS = (
    (365, re.compile(r"^(?:按?日|每[日天])(?:利率|息|利)?(?=.)|(?:/|每)[日天]$|/day$")),
    (12, re.compile(r"^(?:按?月|每月)(?:利率|息|利)?(?=.)|(?:/|每)月$|/month$")),
    (1, re.compile(r"^(?:年化?|每年)(?:利率|息|利)?(?=.)|(?:/|每)年$|(?:/year|a?\.?p\.?r\.?)$")),
)
_PARTS = {"百": 100, "千": 1000, "万": 10_000}


def parse_percent(text: str) -> Decimal:
    """A yearly rate as a fraction: `18%` and `18` are 0.18. Daily and monthly rates become simple yearly ones.

    日息万五 is 0.05 % a day, times 365. A bare number below one is refused: 0.18 may mean 18 % or 0.18 %.
    """
    plain = _unsigned(_plain(text).removesuffix("左右"))
    times, named = 1, False
    for count, pattern in _PERIODS:
        shorter = pattern.sub("", plain)
        if shorter != plain:
            plain, times, named = shorter, count, True
            break
    parts = re.fullmatch(r"([百千万])(分之)?(.+)", plain)
    if plain.endswith("%"):
        value = _number(plain[:-1]) / 100
    elif parts and (parts[2] or (parts[1] == "万" and times == 365)):
        value = _number(parts[3]) / _PARTS[parts[1]]
    else:
        value = _number(plain) / 100
        if 0 < value < Fraction(1, 100):
            raise AmountRefused("ambiguous")
        if named and times != 1:
            raise AmountRefused("ambiguous")
    yearly = value * times
    if yearly > MOST_A_YEAR:
        raise AmountRefused("too_large")
    if (yearly * 10**8).denominator != 1:
        raise AmountRefused("too_many_decimals")
    return money.to_major(int(yearly * 10**8), 8).normalize() + Decimal(0)


_SPANS = (
    (365, "年|years?"),
    (30, "个月|月|months?"),
    (7, "个?星期|周|个?礼拜|weeks?"),
    (1, "天|日|days?"),
)
_SPAN = re.compile(
    "(半|[0-9.零一二三四五六七八九十百千万]+)(?:" + "|".join(f"({names})" for _, names in _SPANS) + ")"
)
_HALVES = {365: 180, 30: 15}


def parse_days(text: str) -> int:
    """Whole days from 0 to 20 000: 45, 45天, 3个月 (30 days each), 两周, 1年 (365 days), 半年 (180 days)."""
    plain = _unsigned(_plain(text))
    days, at = Fraction(0), 0
    if _ARABIC.fullmatch(plain) or not _SPAN.match(plain):
        days = _number(plain)
    else:
        while at < len(plain):
            found = _SPAN.match(plain, at)
            if found is None:
                raise AmountRefused("not_understood")
            length = next(days for (days, _), hit in zip(_SPANS, found.groups()[1:], strict=True) if hit)
            if found[1] != "半":
                days += _number(found[1]) * length
            elif length in _HALVES:
                days += _HALVES[length]
            else:
                raise AmountRefused("not_understood")
            at = found.end()
    if days.denominator != 1:
        raise AmountRefused("too_many_decimals")
    if days > MOST_DAYS:
        raise AmountRefused("too_large")
    return int(days)


def in_words_zh(minor: int) -> str:
    """An amount of yuan as it is said: 一千八百元, 一万二千元三角, 两千元零五分."""
    yuan, rest = divmod(abs(minor), 100)
    jiao, fen = divmod(rest, 10)
    words = "负" if minor < 0 else ""
    if yuan or not rest:
        words += _whole_zh(yuan) + "元"
        if fen and not jiao:
            words += "零"
    if jiao:
        words += _NUMERALS[jiao] + "角"
    if fen:
        words += _NUMERALS[fen] + "分"
    return words


def _whole_zh(number: int) -> str:
    if number == 0:
        return "零"
    words = _grouped_zh(number)
    if words.startswith("一十"):
        words = words[1:]
    # Counting, one says 两千 and 两万, but 二十 and, inside a number, 一万二千.
    if words.startswith(("二千", "二万", "二亿")):
        words = "两" + words[1:]
    return words


def _grouped_zh(number: int) -> str:
    for unit, size in _UNITS.items():
        if number >= size:
            head, tail = divmod(number, size)
            gap = "零" if tail and tail * 10 < size else ""
            return _grouped_zh(head) + unit + gap + (_grouped_zh(tail) if tail else "")
    return _NUMERALS[number]


def _plain(text: str) -> str:
    """One way of writing: half-width, lower case, no spaces, no grouping commas."""
    plain = text.translate(_PLAIN).strip().lower()
    if not plain:
        raise AmountRefused("empty")
    if len(plain) > 64:
        raise AmountRefused("too_large" if plain.replace(",", "").isdecimal() else "not_understood")
    plain = re.sub(r"(?<=\d)\s+(?=\d)", ",", plain, flags=re.ASCII)
    plain = re.sub(r"\s+", "", plain)
    plain = re.sub(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])", lambda found: found[0].replace(",", ""), plain)
    plain = re.sub(
        rf"([{_NUMERALS}])点([{_NUMERALS}]+)",
        lambda found: f"{_DIGITS[found[1]]}." + "".join(str(_DIGITS[numeral]) for numeral in found[2]),
        plain,
    )
    return re.sub(r"(?<=\d)w", "万", re.sub(r"(?<=\d)k", "千", plain))


def _without_sign(plain: str, currency: str) -> str:
    for sign in _SIGNS.get(currency, (currency.lower(),)):
        bare = plain.removeprefix("-").removeprefix(sign)
        if plain.startswith((sign, "-" + sign)):
            return ("-" if plain.startswith("-") else "") + bare
        if plain.endswith(sign):
            return plain.removesuffix(sign)
    return plain


def _unsigned(plain: str) -> str:
    if plain.startswith(("-", "负", "(-")) or re.fullmatch(r"\([\d.]+\)", plain):
        raise AmountRefused("negative")
    if not plain:
        raise AmountRefused("not_understood")
    return plain.removeprefix("+")


def _decimals(plain: str) -> int:
    """Decimals as written; 1.23456万 counts none, because the unit takes them."""
    found = re.search(r"\.(\d+)(?![\d万千百亿])", plain)
    return len(found[1]) if found else 0


def _yuan(plain: str) -> Fraction:
    """An amount that may be written out in 元 (块), 角 (毛) and 分."""
    head, unit, tail = _partition(plain, ("元", "块钱", "块"))
    tail = tail.removesuffix("整").removesuffix("正")
    if not unit:
        found = _SMALL.fullmatch(plain)
        if found and (found[1] or found[2]):
            return _small(found)
        return _number(plain.removesuffix("整"))
    value = _number(head)
    if not tail:
        return value
    if value.denominator != 1:
        raise AmountRefused("not_understood")
    if unit == "块" and re.fullmatch(_DIGIT, tail):
        return value + Fraction(_DIGITS[tail], 10)
    found = _SMALL.fullmatch(tail)
    if found is None or not (found[1] or found[2]):
        raise AmountRefused("not_understood")
    return value + _small(found)


def _small(found: re.Match[str]) -> Fraction:
    return Fraction(_DIGITS[found[1] or "零"], 10) + Fraction(_DIGITS[found[2] or "零"], 100)


def _partition(text: str, marks: tuple[str, ...]) -> tuple[str, str, str]:
    for mark in marks:
        if mark in text:
            return text.partition(mark)
    return text, "", ""


def _number(text: str) -> Fraction:
    """A number in digits, in Chinese numerals or in both."""
    if len(text) > 2 and all(character in _NUMERALS for character in text):
        # Three or more numerals in a row are digits said one by one; 三五 alone would mean "three or five".
        return Fraction(int("".join(str(_DIGITS[character]) for character in text)))
    value = _value(text)
    if value is None:
        raise AmountRefused("not_understood")
    return value


def _value(text: str) -> Fraction | None:
    for unit, size in _UNITS.items():
        head, mark, tail = text.partition(unit)
        if mark:
            count = Fraction(1) if unit == "十" and not head else _value(head)
            rest = _after(tail, size)
            if count is None or rest is None or (tail and count.denominator != 1):
                return None
            # 五十百 is no number, but 五十万 is.
            if size <= 1000 and not _ARABIC.fullmatch(head) and count > 9:
                return None
            return count * size + rest
    if _ARABIC.fullmatch(text):
        return Fraction(text)
    return Fraction(_DIGITS[text]) if len(text) == 1 and text in _DIGITS else None


def _after(tail: str, size: int) -> Fraction | None:
    """What follows a unit: a lone digit counts the next unit down (一万二 is 12 000), 零 skips units."""
    if not tail:
        return Fraction(0)
    if len(tail) == 1 and tail in _DIGITS:
        return Fraction(_DIGITS[tail] * size, 10)
    if tail.isascii() and tail.isdecimal():
        return Fraction(int(tail)) if len(tail) == len(str(size)) - 1 else None
    skipped = tail.startswith("零")
    value = _value(tail.removeprefix("零"))
    if value is None or value >= size or value.denominator != 1:
        return None
    if size == 10**8 and not skipped and "万" not in tail:
        return None  # 一亿二千: two thousand, or twenty million?
    return value
