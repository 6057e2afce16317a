"""Reading what outsiders send, to the letter of the public contract.

The pages are generous, the wire is strict: amounts and rates are decimal strings, integers are JSON integers, null
is not "absent", unknown fields are refused. A `Reader` goes through one JSON object and collects everything that is
wrong with it, so that a caller mends a request once and not field by field. Paths are RFC 6901 pointers without
their leading slash, as in `Refused.field`; codes are for machines, faces word them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from . import money

_MONEY = re.compile(r"(\d{1,13})(?:\.(\d{1,2}))?", re.ASCII)
_RATE = re.compile(r"\d(\.\d{1,8})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Value = TypeVar("Value")
Chosen = TypeVar("Chosen", bound=StrEnum)


class Wrong(Exception):
    """A value that is not what its field takes; `words` fill the placeholders of the code's message."""

    def __init__(self, code: str, **words: object) -> None:
        super().__init__(code)
        self.code = code
        self.words = words


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing to mend: where (None is the whole body), which code, and what its message names."""

    at: str | None
    code: str
    words: Mapping[str, object] = field(default_factory=dict)


class Reader:
    """One JSON object of a request. Problems of inner objects land in the same list."""

    def __init__(self, value: object, at: str | None = None, problems: list[Problem] | None = None) -> None:
        self.at = at
        self.problems: list[Problem] = [] if problems is None else problems
        self._value: Mapping[str, object] = value if isinstance(value, Mapping) else {}
        # What is no object at all is one problem, not one for each field it lacks.
        self._is_object = isinstance(value, Mapping)
        if not self._is_object:
            self.problems.append(Problem(at=at, code="not_an_object"))

    def __contains__(self, name: str) -> bool:
        return name in self._value

    def path(self, name: str) -> str:
        """Where a field stands. RFC 6901: a name may itself hold the characters that a pointer is made of."""
        escaped = name.replace("~", "~0").replace("/", "~1")
        return escaped if self.at is None else f"{self.at}/{escaped}"

    def wrong(self, name: str, code: str, **words: object) -> None:
        self.problems.append(Problem(at=self.path(name), code=code, words=words))

    def only(self, *names: str) -> None:
        """Every other field is unknown."""
        for name in self._value:
            if name not in names:
                self.wrong(str(name), "unknown_field")

    def take(self, name: str, parse: Callable[[object], Value]) -> Value | None:
        """A required field; None when it is missing or wrong, which is then among the problems."""
        if name not in self._value:
            self._lacks(name)
            return None
        return self._read(name, parse)

    def given(self, name: str, parse: Callable[[object], Value], default: Value) -> Value:
        """A field with a default. A wrong value counts as the default, and as a problem."""
        if name not in self._value:
            return default
        value = self._read(name, parse)
        return default if value is None else value

    def maybe(self, name: str, parse: Callable[[object], Value]) -> Value | None:
        """A field that may be absent."""
        return self._read(name, parse) if name in self._value else None

    def inner(self, name: str) -> "Reader":
        """An object inside this one; an absent one reads as empty."""
        return Reader(self._value.get(name, {}), self.path(name), self.problems)

    def each(self, name: str, most: int) -> Iterator["Reader"]:
        """The objects of a required list. More than `most`: one problem, and none of them is read."""
        if name not in self._value:
            self._lacks(name)
            return
        values = self._value[name]
        if not isinstance(values, list):
            self.wrong(name, "not_a_list")
        elif len(values) > most:
            self.wrong(name, "too_many", most=most)
        else:
            for place, value in enumerate(values):
                yield Reader(value, f"{self.path(name)}/{place}", self.problems)

    def values(self, name: str, parse: Callable[[object], Value], most: int | None = None) -> list[Value]:
        """A list of plain values that may be absent; each wrong one is named by its place."""
        found: list[Value] = []
        listed = self._value.get(name, [])
        if not isinstance(listed, list):
            self.wrong(name, "not_a_list")
        elif most is not None and len(listed) > most:
            self.wrong(name, "too_many", most=most)
        else:
            for place, value in enumerate(listed):
                try:
                    found.append(parse(value))
                except Wrong as wrong:
                    at = f"{self.path(name)}/{place}"
                    self.problems.append(Problem(at=at, code=wrong.code, words=wrong.words))
        return found

    def _lacks(self, name: str) -> None:
        if self._is_object:
            self.wrong(name, "required")

    def _read(self, name: str, parse: Callable[[object], Value]) -> Value | None:
        try:
            return parse(self._value[name])
        except Wrong as wrong:
            self.wrong(name, wrong.code, **wrong.words)
            return None


def currency(value: object) -> str:
    """An ISO 4217 code; only currencies with no or two decimals are on the wire."""
    if isinstance(value, str) and value in money.CURRENCIES and money.exponent_of(value) in (0, 2):
        return value
    raise Wrong("unknown_currency")


def amount(exponent: int) -> Callable[[object], int]:
    """A parser of amounts in the major unit with at most `exponent` decimals; gives minor units."""

    def parse(value: object) -> int:
        found = _MONEY.fullmatch(value) if isinstance(value, str) else None
        if found is None or len(found[2] or "") > exponent:
            raise Wrong("not_money")
        return int(found[1] + (found[2] or "").ljust(exponent, "0"))

    return parse


def rate(value: object) -> Decimal:
    """A fraction below ten: "0.18" is 18 %."""
    if isinstance(value, str) and _RATE.fullmatch(value):
        return Decimal(value)
    raise Wrong("not_a_rate")


def day(value: object) -> date:
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Wrong("not_a_date")


def whole(value: object) -> int:
    """A JSON integer: neither 12.0 nor true."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise Wrong("not_an_integer")


def between(least: int, most: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        number = whole(value)
        if not least <= number <= most:
            raise Wrong("out_of_range", least=least, most=most)
        return number

    return parse


def at_least(least: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        number = whole(value)
        if number < least:
            raise Wrong("too_small", least=least)
        return number

    return parse


def text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise Wrong("not_text")


def flag(value: object) -> bool:
    """A JSON true or false."""
    if isinstance(value, bool):
        return value
    raise Wrong("not_a_flag")


def name(most: int) -> Callable[[object], str]:
    """A parser of references and numbers that others gave out: one to `most` printable characters, kept as they are."""

    def parse(value: object) -> str:
        said = text(value)
        if not said.strip():
            raise Wrong("empty_text")
        if len(said) > most or not said.isprintable():
            raise Wrong("not_a_name", most=most)
        return said

    return parse


def choice(kind: type[Chosen]) -> Callable[[object], Chosen]:
    def parse(value: object) -> Chosen:
        try:
            if isinstance(value, str):
                return kind(value)
        except ValueError:
            pass
        raise Wrong("not_a_choice", choices=", ".join(kind))

    return parse
