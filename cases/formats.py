"""How numbers and days are worded, once for pages, charts, messages and print.

Everything here is plain text from Babel's tables in the active language; the tags put markup around it. Amounts are
integers in the currency's minor unit.
"""

from datetime import date, datetime
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from django.utils import timezone
from django.utils.translation import get_language

from cases.domain.money import exponent_of, to_major

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EM DASH}"
NBSP = "\N{NO-BREAK SPACE}"

_LOCALES = {"zh-hans": "zh_Hans_CN", "zh-hant": "zh_Hant_HK", "en": "en_GB"}
# Chinese writes its own currency after the figure; every other pair is Babel's.
_UNIT_AFTER = {("zh", "CNY"): "元"}
_FULL_DAY = {"zh": "y年M月d日 EEE", "en": "EEE d MMMM y"}
_SHORT_DAY = {"zh": "M月d日 EEE", "en": "EEE d MMM"}
_MONTH = {"zh": "y年M月", "en": "MMM y"}
_MOMENT_DAY = {"zh": "M月d日", "en": "d MMM"}


def locale() -> Locale:
    """Babel's locale for the active language; British English where no language is active."""
    return Locale.parse(_LOCALES.get((get_language() or "en").lower(), "en_GB"))


def unit(currency: str) -> str:
    """The currency's sign as this language writes it beside a figure: 元, CN¥, £."""
    after = _UNIT_AFTER.get((locale().language, currency))
    if after:
        return after
    sign = locale().currency_symbols.get(currency, currency)
    return str(sign)


def digits(minor: int, currency: str, whole: bool = False) -> str:
    """Grouped figures without the unit, with the currency's own decimals (none if `whole`) and a true minus sign."""
    places = 0 if whole else exponent_of(currency)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    text = format_decimal(to_major(abs(minor), currency), format=pattern, locale=locale())
    return f"{MINUS}{NBSP}{text}" if minor < 0 else text


def money(minor: int | None, currency: str) -> str:
    """An amount with its currency. A missing amount is a dash: unknown, not zero."""
    if minor is None:
        return NOTHING
    after = _UNIT_AFTER.get((locale().language, currency))
    if after:
        return f"{digits(minor, currency)}{NBSP}{after}"
    text = format_currency(to_major(abs(minor), currency), currency, locale=locale())
    return f"{MINUS}{NBSP}{text}" if minor < 0 else text


def percent(rate: Decimal | None) -> str:
    """A yearly rate given as a fraction (0.06 is 6 %), without idle zeros."""
    if rate is None:
        return NOTHING
    return format_decimal(rate * 100, format="#,##0.####", locale=locale()) + f"{NBSP}%"


def _day(value: date | datetime | None, patterns: dict[str, str]) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        value = local(value).date()
    here = locale()
    return format_date(value, format=patterns[here.language], locale=here).replace(" ", NBSP)


def local(value: datetime) -> datetime:
    """A moment in the active time zone; one already moved by `in_zone` stays where it is."""
    if timezone.is_naive(value) or getattr(value, "keep_zone", False):
        return value
    return timezone.localtime(value)


class Moved(datetime):
    """A moment somebody deliberately put into a zone: wording must not move it back."""

    keep_zone = True


def day(value: date | datetime | None) -> str:
    """2027年3月5日 周五, Fri 5 March 2027."""
    return _day(value, _FULL_DAY)


def short_day(value: date | datetime | None) -> str:
    """3月5日 周五, Fri 5 Mar: where the year is not in question."""
    return _day(value, _SHORT_DAY)


def month(value: date | datetime | None) -> str:
    """2030年2月, Feb 2030."""
    return _day(value, _MONTH)


def clock(value: datetime | None) -> str:
    """14:02, in the active time zone."""
    return NOTHING if value is None else local(value).strftime("%H:%M")


def moment(value: datetime | None) -> str:
    """5月12日 09:30, 12 May 09:30."""
    return NOTHING if value is None else f"{_day(value, _MOMENT_DAY)} {clock(value)}"
