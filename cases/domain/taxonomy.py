"""
What complaints are about: one closed list, read from a file that a lawyer can read too. A code stands for one pair of
issue and sub-issue; where the CFPB's debt-collection list has the pair, its English label is used word for word. The
same sub-issue may stand under two issues, so nothing is ever looked up by a sub-issue alone.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cases.domain.rulebook import LANGUAGES

FILE = Path(__file__).resolve().parent.parent / "taxonomies" / "debt_collection.toml"
# The row for what fits no other.
ELSE = "something_else"
_ORIGINS = frozenset({"CFPB", "CN"})


class TaxonomyError(ValueError):
    """A file of categories that cannot be used; the message names the row."""


@dataclass(frozen=True, kw_only=True)
class Issue:
    code: str
    label: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Category:
    """
    `topics` are what a diary entry may show (hours, calls …) or its traits: they suggest this category. `nearest` is the
    code of the CFPB row that comes closest to one of our own; empty where there is none, and for the CFPB's rows.
    """

    code: str
    issue: Issue
    label: Mapping[str, str]
    origin: str
    topics: tuple[str, ...]
    definition: Mapping[str, str]
    example: Mapping[str, str]
    nearest: str

    @property
    def pair(self) -> tuple[str, str]:
        """Issue and sub-issue in the words of the public record."""
        return self.issue.label["en"], self.label["en"]


@dataclass(frozen=True, kw_only=True)
class Taxonomy:
    categories: tuple[Category, ...]
    issues: tuple[Issue, ...]

    def get(self, code: str) -> Category | None:
        return next((category for category in self.categories if category.code == code), None)

    def of_pair(self, issue: str, sub_issue: str) -> Category | None:
        """The row with these two English labels."""
        return next((each for each in self.categories if each.pair == (issue, sub_issue)), None)

    def by_issue(self) -> tuple[tuple[Issue, tuple[Category, ...]], ...]:
        """Issues in the order of the file, each with all of its own."""
        return tuple(
            (issue, tuple(each for each in self.categories if each.issue is issue)) for issue in self.issues
        )

    def suggested(self, topics: tuple[str, ...]) -> Category | None:
        """The category of the first topic that has one."""
        for topic in topics:
            for category in self.categories:
                if topic in category.topics:
                    return category
        return None


def load() -> Taxonomy:
    """Raises TaxonomyError naming the row."""
    return _load(FILE.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _load(_changed: int) -> Taxonomy:
    return parse(FILE.read_bytes())


def parse(content: bytes) -> Taxonomy:
    try:
        data = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TaxonomyError(f"not readable as TOML: {error}") from None
    issues = {
        code: Issue(code=code, label=_label(row, f"issue {code}"))
        for code, row in data.get("issue", {}).items()
    }
    categories: list[Category] = []
    for row in data.get("category", []):
        code = str(row.get("code", ""))
        where = f"category {code or '?'}"
        if not code or code in {known.code for known in categories}:
            raise TaxonomyError(f"{where}: the code is missing or there twice")
        if row.get("issue") not in issues or row.get("origin") not in _ORIGINS:
            raise TaxonomyError(f"{where}: unknown issue or origin")
        categories.append(
            Category(
                code=code,
                issue=issues[row["issue"]],
                label=_label(row, where),
                origin=row["origin"],
                topics=tuple(row.get("topics", [])),
                definition=_label(row.get("definition", {}), where, "definition"),
                example=_label(row.get("example", {}), where, "example"),
                nearest=str(row.get("nearest", "")),
            )
        )
    if not categories:
        raise TaxonomyError("there is no category in it")
    if len({each.pair for each in categories}) < len(categories):
        raise TaxonomyError("a pair of issue and sub-issue is there twice")
    theirs = {each.code for each in categories if each.origin == "CFPB"}
    for each in categories:
        if each.nearest and (each.origin == "CFPB" or each.nearest not in theirs):
            raise TaxonomyError(f"category {each.code}: {each.nearest!r} is no CFPB row, or it needs none")
    return Taxonomy(categories=tuple(categories), issues=tuple(issues.values()))


def _label(row: Mapping[str, Any], where: str, what: str = "label") -> Mapping[str, str]:
    found = {}
    for language in LANGUAGES:
        text = row.get(language.replace("-", "_"))
        if not isinstance(text, str) or not text.strip():
            raise TaxonomyError(f"{where}: the {what} in {language} is missing")
        found[language] = text
    return MappingProxyType(found)
