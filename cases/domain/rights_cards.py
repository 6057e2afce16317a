"""
Rights cards: for one jurisdiction and stage, what a person may ask and what the other side should do, each resting on rows
of the rulebooks. Read from a file that a lawyer can read too; no number of law stands on a card, only in its rules.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cases.domain import rulebook
from cases.domain.conduct_question import Jurisdiction
from cases.domain.rulebook import LANGUAGES, Rule

FILE = Path(__file__).resolve().parent.parent / "guides" / "rights.toml"
_WORDS = ("line", "example", "can", "must")
_KEYS = frozenset({"code", "jurisdiction", "stages", "rules", "as_of", *_WORDS})


class Situation(StrEnum):
    """Where one stands: a stage by days overdue, or something that weighs more."""

    M0 = "M0"
    M1 = "M1"
    M2 = "M2"
    M3 = "M3"
    M3_PLUS = "M3+"
    SUED = "sued"
    PLAN = "plan"
    VULNERABLE = "vulnerable"


class CardsError(ValueError):
    """A file of cards that cannot be used; the message names the card."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """Words are keyed by language tag. Empty `stages` means every one."""

    code: str
    jurisdiction: Jurisdiction
    stages: frozenset[Situation]
    rules: tuple[str, ...]
    as_of: date
    line: Mapping[str, str]
    example: Mapping[str, str]
    can: Mapping[str, str]
    must: Mapping[str, str]


def cards(jurisdiction: Jurisdiction, situation: Situation) -> tuple[Card, ...]:
    """What is particular to this stage first, then what holds in all; each in the order of the file."""
    fitting = [card for card in load() if card.jurisdiction is jurisdiction]
    return (
        *(card for card in fitting if situation in card.stages),
        *(card for card in fitting if not card.stages),
    )


def rows(card: Card, on: date) -> tuple[Rule, ...]:
    """The rows a card rests on, as they are in force on this day; one that has ended is left out."""
    found = []
    for rule_id in card.rules:
        for name in _books(card.jurisdiction):
            row = next(
                (row for row in rulebook.load(name).rules if row.id == rule_id and row.in_force(on)), None
            )
            if row is not None:
                found.append(row)
                break
    return tuple(found)


def _books(jurisdiction: Jurisdiction) -> tuple[str, ...]:
    own = jurisdiction.lower()
    return own, f"clocks_{own}", "limitation"


def load() -> tuple[Card, ...]:
    """Raises CardsError naming the card."""
    return _load(FILE.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _load(_changed: int) -> tuple[Card, ...]:
    return parse(FILE.read_bytes())


def parse(content: bytes) -> tuple[Card, ...]:
    try:
        given = tomllib.loads(content.decode()).get("card", [])
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CardsError(f"not readable as TOML: {error}") from None
    found: dict[str, Card] = {}
    for row in given:
        where = f"card {row.get('code', '?')}"
        if set(row) != _KEYS:
            raise CardsError(f"{where}: keys {sorted(set(row) ^ _KEYS)}")
        if row["code"] in found:
            raise CardsError(f"{where}: the code is there twice")
        if not row["rules"] or type(row["as_of"]) is not date:
            raise CardsError(f"{where}: no rule, or as_of is no date")
        try:
            jurisdiction = Jurisdiction(row["jurisdiction"])
            stages = frozenset(Situation(stage) for stage in row["stages"])
        except ValueError as error:
            raise CardsError(f"{where}: {error}") from None
        found[row["code"]] = Card(
            code=row["code"],
            jurisdiction=jurisdiction,
            stages=stages,
            rules=tuple(row["rules"]),
            as_of=row["as_of"],
            **{name: _words(row[name], where) for name in _WORDS},
        )
    return tuple(found.values())


def _words(row: Mapping[str, Any], where: str) -> Mapping[str, str]:
    words = {language: str(row.get(language.replace("-", "_"), "")).strip() for language in LANGUAGES}
    if not all(words.values()):
        raise CardsError(f"{where}: words are missing in a language")
    return MappingProxyType(words)
