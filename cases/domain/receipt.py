"""
The number with which a complaint can be looked up, and nothing else. Sixteen digits that look like a card's and never are
one: they always fail the Luhn check, so no till and no form for cards takes them. 15 random digits and one of nine: about
53 bits, too many to guess at a counter that limits how often one may try.
"""

import hashlib
import secrets
import unicodedata

LENGTH = 16
_BODY = 10 ** (LENGTH - 1)


def new() -> str:
    return _shaped(secrets.randbelow(_BODY), secrets.randbelow(9))


def from_seed(seed: bytes) -> str:
    """The same receipt for the same secret seed: a form sent twice must not become two complaints."""
    number = int.from_bytes(hashlib.sha512(seed).digest())
    return _shaped(number % _BODY, number // _BODY % 9)


def read(typed: str) -> str:
    """The digits of what a person typed, spaces, hyphens and full-width digits forgiven; empty when it is no receipt."""
    text = unicodedata.normalize("NFKC", typed)
    digits = "".join(each for each in text if each not in " -\u2010\u2011\u2013\u00a0\t\r\n")
    if len(digits) != LENGTH or not (digits.isascii() and digits.isdigit()) or passes_luhn(digits):
        return ""
    return digits


def spoken(digits: str) -> str:
    """In fours, as one writes it down."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1: every second digit from the right is doubled, nines cast out, and the sum ends in 0."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def _shaped(body: int, pick: int) -> str:
    first = f"{body:0{LENGTH - 1}d}"
    good = next(digit for digit in "0123456789" if passes_luhn(first + digit))
    return first + [digit for digit in "0123456789" if digit != good][pick]
