"""
Histories of contact as people tell them, with what departs from a rule marked by somebody who read the contract, not the
engine. For what rules define, precision and recall are both one: nothing is missed, and nobody is accused of what they did not do.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

from cases.domain import conduct
from cases.domain.rulebook import load
from tests.domain import contact_words
from tests.domain.conduct_asking import findings

FOLDER = contact_words.DATA / "conduct_corpus"
JURISDICTIONS = ("CN", "US", "UK")

Found = tuple[str, str, str]
"""(history, contact, rule)."""


@dataclass(frozen=True, kw_only=True)
class History:
    title: str
    asked: dict[str, Any]
    lines: dict[str, str]
    expected: frozenset[Found]

    def found(self) -> list[Found]:
        return [(self.title, name, finding.rule) for name, finding in findings(self.asked)]


def histories(jurisdiction: str) -> Iterator[History]:
    text = (FOLDER / f"{jurisdiction.lower()}.toml").read_text(encoding="utf-8")
    for told in tomllib.loads(text)["history"]:
        zones = told["clock"].split()
        contacts, lines, expected = [], {}, set()
        for place, line in enumerate(told["contacts"].strip().splitlines(), 1):
            when, what, rules = (part.strip() for part in line.split("|"))
            name = str(place)
            at = contact_words.instant(when, zones[0])
            contacts.append(contact_words.contact(name, at, contact_words.words(what)))
            lines[name] = line
            expected |= {(told["title"], name, rule) for rule in rules.split()}
        yield History(
            title=told["title"],
            asked={
                "jurisdiction": jurisdiction,
                "lender_type": told["lender"],
                "person": {
                    "timezones": zones,
                    "facts": contact_words.facts(told.get("facts", ""), zones[0]),
                },
                "contacts": contacts,
            },
            lines=lines,
            expected=frozenset(expected),
        )


CORPUS = {jurisdiction: list(histories(jurisdiction)) for jurisdiction in JURISDICTIONS}


@dataclass(frozen=True, kw_only=True)
class Score:
    """Of everything that was found, how much is right; of everything that is right, how much was found."""

    right: int
    found: int
    expected: int

    @property
    def precision(self) -> Fraction:
        return Fraction(self.right, self.found) if self.found else Fraction(1)

    @property
    def recall(self) -> Fraction:
        return Fraction(self.right, self.expected) if self.expected else Fraction(1)


def score(found: Iterable[Found], expected: Iterable[Found]) -> Score:
    found, expected = set(found), set(expected)
    return Score(right=len(found & expected), found=len(found), expected=len(expected))


def first_difference(stories: Iterable[History]) -> str:
    """The first contact about which the engine and the corpus differ, in the words of the corpus."""
    for story in stories:
        found = set(story.found())
        for name, line in story.lines.items():
            less = sorted(rule for _, contact, rule in story.expected - found if contact == name)
            more = sorted(rule for _, contact, rule in found - story.expected if contact == name)
            if less or more:
                return f"{story.title!r}, contact {name}: {line}\n  missed: {less}\n  accused wrongly: {more}"
    return ""


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_nothing_is_missed_and_nobody_is_accused_wrongly(
    jurisdiction: str, record_property: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stories = CORPUS[jurisdiction]
    found = [each for story in stories for each in story.found()]
    assert len(found) == len(set(found)), "one finding for a contact and a rule"
    reached = score(found, {each for story in stories for each in story.expected})
    said = (
        f"{jurisdiction}: {len(stories)} histories, {sum(len(story.lines) for story in stories)} contacts, "
        f"{reached.expected} findings expected, precision {float(reached.precision):.3f}, "
        f"recall {float(reached.recall):.3f}"
    )
    record_property("conduct_corpus", said)
    with capsys.disabled():
        print(f"\n{said}")
    assert first_difference(stories) == ""
    assert (reached.precision, reached.recall) == (1, 1)


def test_the_corpus_is_large_and_not_only_of_breaches() -> None:
    stories = [story for told in CORPUS.values() for story in told]
    assert len(stories) >= 60
    assert len({story.title for story in stories}) == len(stories)
    clean = sum(
        name not in {contact for _, contact, _ in story.expected} for story in stories for name in story.lines
    )
    assert clean >= 100


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_every_rule_is_met_somewhere_in_the_corpus(jurisdiction: str) -> None:
    book = load(jurisdiction)
    asked = {rule.id for rule in book.rules if conduct.check_of(rule.id, book.id)}
    met = {rule for story in CORPUS[jurisdiction] for _, _, rule in story.expected}
    assert met <= asked
    assert {rule for rule in asked - met if not rule.startswith("house.")} == set()


def test_a_miss_and_a_false_accusation_are_seen() -> None:
    expected = {("a", "1", "x"), ("a", "1", "y")}
    assert score({("a", "1", "x"), ("a", "2", "x")}, expected) == Score(right=1, found=2, expected=2)
    story = CORPUS["US"][0]
    wrong = History(
        title=story.title,
        asked=story.asked,
        lines=story.lines,
        expected=story.expected | {(story.title, "1", "us.cease")},
    )
    assert first_difference([wrong]).endswith("missed: ['us.cease']\n  accused wrongly: []")
