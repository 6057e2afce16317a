"""
The rulebook: dated rules of one jurisdiction, read from a TOML file that a lawyer can read too. Every number of law that
Steady uses stands in such a file, with its force, its source and how sure we are. A rulebook is known by the SHA-256 of
its bytes, so a decision can name exactly the rules it was made under, and anyone can judge again.
"""

import hashlib
import os
import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DIRECTORY = Path(__file__).resolve().parent.parent / "rulebooks"
LANGUAGES = ("en", "zh-hans", "zh-hant")
JURISDICTIONS = ("cn", "us", "uk")
HOUSE = "house.toml"
"""Rows that our own messages are judged by under every law."""

Parameter = str | int | tuple[str, ...]


class RulebookError(ValueError):
    """A rule file that cannot be used; the message names the file and the row."""


class Force(StrEnum):
    LAW = "LAW"
    RULE = "RULE"
    STD = "STD"
    SELF = "SELF"
    GUID = "GUID"
    PRAC = "PRAC"


class Kind(StrEnum):
    """How a finding is called. Only LAW may be called a breach of law; that is a matter of wording, not of kind."""

    BREACH = "breach"
    PRESUMED_BREACH = "presumed_breach"
    CONCERN = "concern"


class Severity(StrEnum):
    BLOCK = "block"
    OVERRIDE = "override"
    WARN = "warn"
    CONTENT = "content"
    INFORM = "inform"


class LenderType(StrEnum):
    BANK = "bank"
    CONSUMER_FINANCE = "consumer_finance"
    MICROLOAN = "microloan"
    FACILITATOR = "facilitator"
    CREDITOR = "creditor"
    DEBT_COLLECTOR = "debt_collector"


_Word = TypeVar("_Word", bound=StrEnum)

_BINDING = frozenset({Force.LAW, Force.RULE, Force.STD, Force.SELF})
_CONFIDENCES = frozenset({"S", "S*", "R-H", "R-M", "R-L", "own"})
_RULE_KEYS = frozenset(
    [
        "id",
        "force",
        "citation",
        "effective_from",
        "effective_to",
        "applies_to",
        "confidence",
        "sources",
        "doubt",
        "severity",
        "verdict",
        "parameters",
        "statement",
    ]
)
_FILE_KEYS = frozenset(
    ["id", "effective_from", "zone", "one_clock", "zone_aliases", "rule", "lpr", "help_line", "sources"]
)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_UNLAWFUL = re.compile(r"违法|違法|非法|illegal|unlawful", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row. `statement` is keyed by language tag and still holds its {names}; use `statement(rule, language)`."""

    id: str
    statement: Mapping[str, str]
    parameters: Mapping[str, Parameter]
    force: Force
    citation: str
    applies_to: frozenset[LenderType]
    confidence: str
    sources: tuple[str, ...]
    doubt: str
    severity: Severity
    verdict: Kind
    effective_from: date | None
    effective_to: date | None

    @property
    def verified(self) -> bool:
        """Read in a source by us, not recalled and not from a secondary copy."""
        return self.confidence == "S"

    def number(self, name: str) -> int:
        value = self.parameters.get(name)
        if not isinstance(value, int):
            raise RulebookError(f"{self.id}: the parameter {name!r} must be a whole number")
        return value

    def last_day(self, name: str, since: date) -> date | None:
        """So many days after `since`, which is not counted, as the parameter says; None where the rule has none."""
        return since + timedelta(days=self.number(name)) if name in self.parameters else None

    def second(self, name: str) -> int:
        """Second of the local day of an "HH:MM" parameter."""
        value = self.parameters.get(name)
        if not isinstance(value, str) or not _CLOCK.fullmatch(value):
            raise RulebookError(f'{self.id}: the parameter {name!r} must be a time like "22:00"')
        at = time.fromisoformat(value)
        return at.hour * 3600 + at.minute * 60

    def names(self, name: str) -> tuple[str, ...]:
        value = self.parameters.get(name)
        if not isinstance(value, tuple):
            raise RulebookError(f"{self.id}: the parameter {name!r} must be a list of words")
        return value

    def binds(self, lender_type: str) -> bool:
        return lender_type in self.applies_to

    def in_force(self, on: date) -> bool:
        """First and last day included."""
        begun = self.effective_from is None or self.effective_from <= on
        return begun and (self.effective_to is None or on <= self.effective_to)


@dataclass(frozen=True, kw_only=True)
class PrimeRate:
    """One-year loan prime rate in per cent, from the day it changed; confirmed only up to `checked_until` when given."""

    effective_from: date
    percent: Decimal
    confidence: str
    checked_until: date | None

    @property
    def verified(self) -> bool:
        return self.confidence == "S"


@dataclass(frozen=True, kw_only=True)
class HelpLine:
    number: str
    purpose: Mapping[str, str]
    as_of: date
    confidence: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Rulebook:
    """
    All rows of one file, and behind them the house's own of HOUSE where a jurisdiction's is read. `version` is the SHA-256
    of the file's bytes, in hex; `version_with_house` that of both files, one after the other. `one_clock`: contacts are
    judged by the file's own zone wherever the person is. `content` and `house` are the files' bytes themselves.
    """

    id: str
    version: str
    version_with_house: str
    effective_from: date
    rules: tuple[Rule, ...]
    zone: str
    one_clock: bool
    zone_aliases: Mapping[str, str]
    prime_rates: tuple[PrimeRate, ...]
    help_lines: tuple[HelpLine, ...]
    sources: Mapping[str, str]
    content: bytes
    house: bytes = b""

    def in_force(self, on: date, lender_type: str) -> Mapping[str, Rule]:
        """Rules by id that bind this lender type on this day."""
        return _bound(self, on, lender_type)

    def rule(self, rule_id: str, on: date) -> Rule:
        """The edition of one rule that is in force on this day, whomever it binds."""
        for rule in self.rules:
            if rule.id == rule_id and rule.in_force(on):
                return rule
        raise RulebookError(f"{self.id}: no rule {rule_id!r} is in force on {on.isoformat()}")

    def contact_zones(self, zones: tuple[str, ...]) -> tuple[str, ...]:
        """The zones whose clocks a contact is judged by, each once."""
        return (self.zone,) if self.one_clock else tuple(dict.fromkeys(zones))

    def judged_zones(self, zones: tuple[str, ...]) -> tuple[str, ...]:
        """The zones whose clocks the law looks at: aliases resolved, each once, the rulebook's own where none is known."""
        return tuple(dict.fromkeys(self.zone_aliases.get(zone, zone) for zone in zones)) or (self.zone,)

    def prime_rate(self, on: date) -> PrimeRate | None:
        """The one-year LPR of a contract date; None before the first row."""
        earlier = [rate for rate in self.prime_rates if rate.effective_from <= on]
        return earlier[-1] if earlier else None


@lru_cache(maxsize=4096)
def _bound(rulebook: Rulebook, on: date, lender_type: str) -> Mapping[str, Rule]:
    """Kept, because the gate asks the same of one day again and again."""
    bound = (rule for rule in rulebook.rules if rule.binds(lender_type) and rule.in_force(on))
    return MappingProxyType({rule.id: rule for rule in bound})


def statement(rule: Rule, language: str) -> str:
    """What the rule says, in one of LANGUAGES, with its own numbers filled in."""
    shown = {k: str(len(v)) if isinstance(v, tuple) else str(v) for k, v in rule.parameters.items()}
    return rule.statement[language].format_map(shown)


def load(source: str | Path) -> Rulebook:
    """
    A rulebook by jurisdiction ("cn", "CN") or by path. Read again only when the file has changed.

    Raises RulebookError naming the row.
    """
    path, house = _files_of(source, DIRECTORY)
    try:
        return _load(path, _changed(path), house, _changed(house) if house else 0)
    except FileNotFoundError:
        raise RulebookError(f"{path.name}: there is no such rule file") from None


@lru_cache(maxsize=64)
def _files_of(source: str | Path, directory: Path) -> tuple[Path, Path | None]:
    """The rule file, and the house's own rules where it is joined with them. Asked for every message, so worked out once."""
    path = source if isinstance(source, Path) else directory / f"{source.lower()}.toml"
    house = path.with_name(HOUSE)
    return path, house if path.stem in JURISDICTIONS and house.is_file() else None


def _changed(path: Path) -> int:
    return os.stat(path).st_mtime_ns


@lru_cache(maxsize=16)
def _load(path: Path, _stamp: int, house: Path | None, _house_stamp: int) -> Rulebook:
    return joined(path.read_bytes(), house.read_bytes() if house else b"", name=path.name)


def joined(content: bytes, house: bytes, *, name: str = "rulebook") -> Rulebook:
    """Bytes of a rule file, and of HOUSE where they are not empty, to one Rulebook."""
    book = parse(content, name=name)
    if not house:
        return book
    rules = (*book.rules, *parse(house, name=HOUSE).rules)
    _refuse_overlaps(rules, f"{name} with {HOUSE}")
    version = hashlib.sha256(content + house).hexdigest()
    return replace(book, rules=rules, version_with_house=version, house=house)


def parse(content: bytes, *, name: str = "rulebook") -> Rulebook:
    """Bytes of a rule file to a Rulebook; `name` is only for messages."""
    try:
        data = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RulebookError(f"{name}: not readable as TOML: {error}") from None
    _closed(data, _FILE_KEYS, name)
    rules = tuple(
        _rule(row, f"{name}: rule {row.get('id', f'number {n}')}")
        for n, row in enumerate(data.get("rule", []), 1)
    )
    if not rules:
        raise RulebookError(f"{name}: there is no rule in it")
    _refuse_overlaps(rules, name)
    sources = data.get("sources", {})
    for rule in rules:
        for key in rule.sources:
            if key not in sources:
                raise RulebookError(f"{name}: rule {rule.id}: source {key!r} is not listed under [sources]")
    zone, aliases = _text(data, "zone", name), data.get("zone_aliases", {})
    for each in (zone, *aliases, *aliases.values()):
        try:
            ZoneInfo(each)
        except (ZoneInfoNotFoundError, ValueError):
            raise RulebookError(f"{name}: unknown time zone {each!r}") from None
    version = hashlib.sha256(content).hexdigest()
    return Rulebook(
        id=_text(data, "id", name),
        version=version,
        version_with_house=version,
        effective_from=_date(data, "effective_from", name),
        rules=rules,
        zone=zone,
        one_clock=data.get("one_clock", False) is True,
        zone_aliases=MappingProxyType(dict(aliases)),
        prime_rates=_prime_rates(data.get("lpr", []), name),
        help_lines=tuple(
            _help_line(row, f"{name}: help_line {row.get('number', '?')}")
            for row in data.get("help_line", [])
        ),
        sources=MappingProxyType(dict(sources)),
        content=content,
    )


def check(rulebook: Rulebook) -> list[str]:
    """
    What a careful reader would still object to in a file that loads: one sentence each, naming the row. Empty when all
    is well. What makes a file unusable is refused by `load` already.
    """
    problems = []
    latest = max(
        (r.effective_from for r in rulebook.rules if r.effective_from), default=rulebook.effective_from
    )
    if rulebook.effective_from < latest:
        problems.append(f"{rulebook.id}: effective_from is before its latest row ({latest.isoformat()})")
    for rule in rulebook.rules:
        for language, text in rule.statement.items():
            if rule.force is not Force.LAW and _UNLAWFUL.search(text):
                problems.append(
                    f"{rule.id}: force {rule.force} may not speak of law being broken ({language})"
                )
        if rule.verified and not rule.sources:
            problems.append(f"{rule.id}: confidence S needs at least one source")
        if rule.confidence == "own" and rule.force is not Force.PRAC:
            problems.append(f"{rule.id}: a house rule has force PRAC, not {rule.force}")
        if rule.parameters.get("from") is not None and rule.parameters.get("from") == rule.parameters.get(
            "to"
        ):
            problems.append(f"{rule.id}: from and to are the same time")
    for line in rulebook.help_lines:
        if not re.fullmatch(r"[0-9 +-]{3,20}", line.number):
            problems.append(f"help_line {line.number}: not a telephone number")
    return problems


def _rule(row: Mapping[str, Any], where: str) -> Rule:
    _closed(row, _RULE_KEYS, where)
    force = _member(Force, row, "force", where)
    confidence = _text(row, "confidence", where)
    if confidence not in _CONFIDENCES:
        raise RulebookError(f"{where}: unknown confidence {confidence!r}")
    effective_from = _date(row, "effective_from", where) if "effective_from" in row else None
    effective_to = _date(row, "effective_to", where) if "effective_to" in row else None
    if effective_from is None and force is not Force.PRAC:
        raise RulebookError(f"{where}: effective_from is missing (only practice may have no beginning)")
    if effective_from and effective_to and effective_to < effective_from:
        raise RulebookError(f"{where}: effective_to is before effective_from")
    applies_to = frozenset(_listed(LenderType, row, "applies_to", where))
    parameters = _parameters(row, where)
    rule = Rule(
        id=_text(row, "id", where),
        statement=_languages(row, "statement", where),
        parameters=parameters,
        force=force,
        citation=_text(row, "citation", where),
        applies_to=applies_to,
        confidence=confidence,
        sources=tuple(str(key) for key in row.get("sources", [])),
        doubt=row.get("doubt", ""),
        severity=_member(Severity, row, "severity", where),
        verdict=_member(Kind, row, "verdict", where)
        if "verdict" in row
        else (Kind.BREACH if force in _BINDING else Kind.CONCERN),
        effective_from=effective_from,
        effective_to=effective_to,
    )
    for name in ("from", "to"):
        if name in parameters and not _CLOCK.fullmatch(str(parameters[name])):
            raise RulebookError(f'{where}: the parameter {name!r} must be a time like "22:00"')
    _refuse_unequal_names(rule, where)
    return rule


def _parameters(row: Mapping[str, Any], where: str) -> Mapping[str, Parameter]:
    given = row.get("parameters")
    if not isinstance(given, dict):
        raise RulebookError(f"{where}: parameters is missing (write {{}} when there are none)")
    kept: dict[str, Parameter] = {}
    for name, value in given.items():
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            kept[name] = tuple(value)
        elif isinstance(value, str | int) and not isinstance(value, bool):
            kept[name] = value
        else:
            raise RulebookError(
                f"{where}: the parameter {name!r} must be text, a whole number or a list of words"
            )
    return MappingProxyType(kept)


def _refuse_unequal_names(rule: Rule, where: str) -> None:
    """A number that one language shows must be shown by all, and must be a parameter of the row."""
    used = {}
    for language, text in rule.statement.items():
        try:
            used[language] = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        except ValueError as error:
            raise RulebookError(f"{where}: statement ({language}): {error}") from None
        for name in sorted(used[language] - set(rule.parameters)):
            raise RulebookError(f"{where}: statement ({language}) names an unknown parameter {name!r}")
    if len({frozenset(names) for names in used.values()}) > 1:
        raise RulebookError(f"{where}: the languages of the statement show different parameters")


def _refuse_overlaps(rules: tuple[Rule, ...], name: str) -> None:
    editions: dict[str, list[Rule]] = {}
    for rule in rules:
        editions.setdefault(rule.id, []).append(rule)
    for rule_id, rows in editions.items():
        dated = sorted(rows, key=lambda rule: rule.effective_from or date.min)
        for earlier, later in pairwise(dated):
            if earlier.effective_to is None or earlier.effective_to >= (later.effective_from or date.min):
                raise RulebookError(f"{name}: rule {rule_id}: two rows are in force on the same day")


def _prime_rates(rows: list[Mapping[str, Any]], name: str) -> tuple[PrimeRate, ...]:
    rates = []
    for row in rows:
        where = f"{name}: lpr {row.get('from', '?')}"
        _closed(row, frozenset({"from", "percent", "confidence", "checked_until"}), where)
        try:
            percent = Decimal(_text(row, "percent", where))
        except InvalidOperation:
            raise RulebookError(f"{where}: percent is not a number") from None
        rates.append(
            PrimeRate(
                effective_from=_date(row, "from", where),
                percent=percent,
                confidence=_text(row, "confidence", where),
                checked_until=_date(row, "checked_until", where) if "checked_until" in row else None,
            )
        )
    for earlier, later in pairwise(rates):
        if later.effective_from <= earlier.effective_from:
            raise RulebookError(f"{name}: lpr {later.effective_from}: rows must go forward in time")
    return tuple(rates)


def _help_line(row: Mapping[str, Any], where: str) -> HelpLine:
    _closed(row, frozenset({"number", "purpose", "as_of", "confidence"}), where)
    return HelpLine(
        number=_text(row, "number", where),
        purpose=_languages(row, "purpose", where),
        as_of=_date(row, "as_of", where),
        confidence=_text(row, "confidence", where),
    )


def _languages(row: Mapping[str, Any], key: str, where: str) -> Mapping[str, str]:
    texts = row.get(key)
    if not isinstance(texts, dict):
        raise RulebookError(f"{where}: {key} is missing")
    wanted = {language.replace("-", "_"): language for language in LANGUAGES}
    _closed(texts, frozenset(wanted), f"{where}: {key}")
    return MappingProxyType({tag: _text(texts, name, f"{where}: {key}") for name, tag in wanted.items()})


def _closed(row: Mapping[str, Any], allowed: frozenset[str], where: str) -> None:
    for key in row:
        if key not in allowed:
            raise RulebookError(f"{where}: unknown key {key!r}")


def _text(row: Mapping[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise RulebookError(f"{where}: {key} is missing")
    return value


def _date(row: Mapping[str, Any], key: str, where: str) -> date:
    value = row.get(key)
    # A TOML timestamp is a datetime, which Python counts as a date: only the bare date is meant.
    if type(value) is not date:
        raise RulebookError(f"{where}: {key} must be a date like 2026-01-30")
    return value


def _member(kind: type[_Word], row: Mapping[str, Any], key: str, where: str) -> _Word:
    return _one(kind, _text(row, key, where), key, where)


def _listed(kind: type[_Word], row: Mapping[str, Any], key: str, where: str) -> list[_Word]:
    values = row.get(key)
    if not isinstance(values, list) or not values:
        raise RulebookError(f"{where}: {key} is missing")
    return [_one(kind, value, key, where) for value in values]


def _one(kind: type[_Word], value: str, key: str, where: str) -> _Word:
    try:
        return kind(value)
    except ValueError:
        raise RulebookError(f"{where}: unknown {key} {value!r}") from None
