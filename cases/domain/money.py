"""The one place where an exact number becomes money, and money becomes shares.

An amount is an integer in the currency's minor unit (fen, cents, pence); the number of decimals comes from
ISO 4217. Every rounding is a named value, every division sums back to the total, to the cent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor
from types import MappingProxyType


class Rounding(StrEnum):
    """Where an exact value goes that lies between two minor units. Down and up mean towards and away from zero."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"
    UP = "up"


@dataclass(frozen=True, kw_only=True)
class Currency:
    """An ISO 4217 currency; `exponent` is the number of decimals of its minor unit."""

    code: str
    exponent: int


_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
        "CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG "
        "HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU "
        "MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR "
        "SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED "
        "VES WST XCD YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

CURRENCIES: Mapping[str, Currency] = MappingProxyType(
    {
        code: Currency(code=code, exponent=exponent)
        for exponent, codes in _DECIMALS.items()
        for code in codes.split()
    }
)


def exponent_of(currency: str | int) -> int:
    """Decimals of a currency code (an exponent passes through). Raises ValueError for a code we do not know."""
    if isinstance(currency, int):
        return currency
    try:
        return CURRENCIES[currency].exponent
    except KeyError:
        raise ValueError(f"unknown currency: {currency!r}") from None


def to_integer(value: Fraction | Decimal | int, rounding: Rounding) -> int:
    """The integer beside an exact value."""
    exact = Fraction(value)
    size = abs(exact)
    whole = floor(size)
    rest = size - whole
    half = Fraction(1, 2)
    if rounding is Rounding.UP:
        away = rest > 0
    elif rounding is Rounding.DOWN:
        away = False
    elif rounding is Rounding.HALF_UP:
        away = rest >= half
    else:
        away = rest > half or (rest == half and whole % 2 == 1)
    result = whole + away
    return -result if exact < 0 else result


def to_minor(value: Decimal | Fraction, currency: str | int, rounding: Rounding) -> int:
    """Minor units of an amount in the major unit; `currency` is a code or a number of decimals."""
    return to_integer(Fraction(value) * 10 ** exponent_of(currency), rounding)


def to_major(minor: int, currency: str | int) -> Decimal:
    """The amount in the major unit, with exactly the currency's decimals."""
    sign, digits = (1, -minor) if minor < 0 else (0, minor)
    return Decimal((sign, tuple(int(digit) for digit in str(digits)), -exponent_of(currency)))


def to_text(minor: int, currency: str | int) -> str:
    """The amount as the API and the agreements write it: `12000.00`, no grouping, the currency's decimals."""
    return f"{to_major(minor, currency):f}"


def split(total: int, weights: Sequence[int | Fraction | Decimal]) -> list[int]:
    """Divide `total` in proportion to `weights` by largest remainder; ties go to the earlier.

    The shares always sum to `total`. Raises ValueError for a negative total or weight, and when there is
    something to divide but every weight is zero.
    """
    exact = [Fraction(weight) for weight in weights]
    if total < 0 or any(weight < 0 for weight in exact):
        raise ValueError("a split needs a total and weights that are not negative")
    whole = sum(exact, Fraction(0))
    if whole == 0:
        if total == 0:
            return [0] * len(exact)
        raise ValueError("nothing to divide by: every weight is zero")
    return largest_remainder([total * weight / whole for weight in exact])


def largest_remainder(shares: Sequence[Fraction]) -> list[int]:
    """Round exact shares that sum to an integer: floors first, then one unit each to the largest remainders."""
    floors = [floor(share) for share in shares]
    left = sum(shares, Fraction(0)) - sum(floors)
    if left.denominator != 1:
        raise ValueError("shares must sum to whole minor units")
    by_remainder = sorted(range(len(shares)), key=lambda place: (floors[place] - shares[place], place))
    for place in by_remainder[: int(left)]:
        floors[place] += 1
    return floors


def spread(total: int, n: int) -> list[int]:
    """Divide over `n` rows: the quotient to every row, the odd units one each to the first rows."""
    if n < 1 or total < 0:
        raise ValueError("spreading needs a total that is not negative and at least one row")
    quotient, odd = divmod(total, n)
    return [quotient + 1] * odd + [quotient] * (n - odd)
