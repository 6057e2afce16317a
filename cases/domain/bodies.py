"""
Where a complaint can go when the lender did not settle it: bodies by jurisdiction, kind of lender and matter, in the order
in which one would try them. Data with a source and a day, read from a file that a lawyer can read too.
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

from cases.domain.rulebook import LANGUAGES, LenderType

FILE = Path(__file__).resolve().parent.parent / "routes" / "complaint_bodies.toml"
_KEYS = frozenset(
    [
        "code",
        "jurisdiction",
        "lender_types",
        "issues",
        "categories",
        "letter",
        "when",
        "phone",
        "web",
        "name",
        "takes",
        "source",
        "as_of",
        "confidence",
    ]
)


class BodiesError(ValueError):
    """A file of bodies that cannot be used; the message names the row."""


class When(StrEnum):
    """`any`: at once. `after_lender`: after the lender's answer, or when its day has passed without one."""

    ANY = "any"
    AFTER_LENDER = "after_lender"


@dataclass(frozen=True, kw_only=True)
class Body:
    """`letter`: whether one writes to it; the others one calls. Empty `lender_types`, `issues`, `categories` mean all."""

    code: str
    jurisdiction: str
    lender_types: frozenset[str]
    issues: frozenset[str]
    categories: frozenset[str]
    letter: bool
    when: When
    phone: str
    web: str
    name: Mapping[str, str]
    takes: Mapping[str, str]
    source: str
    as_of: date
    confidence: str

    def fits(self, *, jurisdiction: str, lender_type: str, issue: str, category: str) -> bool:
        if self.jurisdiction != jurisdiction or (self.lender_types and lender_type not in self.lender_types):
            return False
        named = bool(self.issues or self.categories)
        return not named or issue in self.issues or category in self.categories


@dataclass(frozen=True, kw_only=True)
class Bodies:
    rows: tuple[Body, ...]

    def get(self, code: str) -> Body | None:
        return next((row for row in self.rows if row.code == code), None)

    def for_complaint(
        self, *, jurisdiction: str, lender_type: str, issue: str, category: str
    ) -> tuple[Body, ...]:
        """All that take such a complaint, in the order of the file."""
        return tuple(
            row
            for row in self.rows
            if row.fits(jurisdiction=jurisdiction, lender_type=lender_type, issue=issue, category=category)
        )


def load() -> Bodies:
    """Raises BodiesError naming the row."""
    return _load(FILE.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _load(_changed: int) -> Bodies:
    return parse(FILE.read_bytes())


def parse(content: bytes) -> Bodies:
    try:
        rows = tomllib.loads(content.decode()).get("body", [])
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BodiesError(f"not readable as TOML: {error}") from None
    found: list[Body] = []
    for row in rows:
        where = f"body {row.get('code', '?')}"
        if set(row) != _KEYS:
            raise BodiesError(f"{where}: keys {sorted(set(row) ^ _KEYS)}")
        if row["code"] in {each.code for each in found}:
            raise BodiesError(f"{where}: the code is there twice")
        if not set(row["lender_types"]) <= set(LenderType) or type(row["as_of"]) is not date:
            raise BodiesError(f"{where}: unknown kind of lender, or as_of is no date")
        if not (row["phone"] or row["web"] or row["letter"] is True):
            raise BodiesError(f"{where}: no way to reach it")
        found.append(
            Body(
                code=row["code"],
                jurisdiction=row["jurisdiction"],
                lender_types=frozenset(row["lender_types"]),
                issues=frozenset(row["issues"]),
                categories=frozenset(row["categories"]),
                letter=row["letter"] is True,
                when=When(row["when"]),
                phone=row["phone"],
                web=row["web"],
                name=_words(row["name"], where),
                takes=_words(row["takes"], where),
                source=row["source"],
                as_of=row["as_of"],
                confidence=row["confidence"],
            )
        )
    return Bodies(rows=tuple(found))


def _words(row: Mapping[str, Any], where: str) -> Mapping[str, str]:
    words = {language: str(row.get(language.replace("-", "_"), "")).strip() for language in LANGUAGES}
    if not all(words.values()):
        raise BodiesError(f"{where}: words are missing in a language")
    return MappingProxyType(words)
