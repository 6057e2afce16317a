"""
Decision tables of conduct, one for each jurisdiction, for a lawyer to read and edit: a contact, what came before it, what the
person had said, and which rules it departs from. Every rule that the engine asks has rows that trip it, rows that just do not,
and rows on its boundary, where one second or one contact more or less turns the verdict.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from cases.domain import conduct
from cases.domain.facts import Contact
from cases.domain.history import History
from cases.domain.person_facts import PersonFact, PersonFacts
from cases.domain.rulebook import DIRECTORY, Rulebook, load, parse
from tests.domain import contact_words
from tests.domain.conduct_asking import findings, window

JURISDICTIONS = ("CN", "US", "UK")
CASES = {"trips", "just not", "boundary"}
QUESTION = ["when", "clock", "lender", "channel", "party", "outcome", "more", "earlier", "facts"]
HEADING = [*QUESTION, "rules", "about", "case", "why"]


def table(jurisdiction: str) -> list[dict[str, str]]:
    return list(contact_words.rows(f"contacts_{jurisdiction.lower()}.csv"))


def places() -> Iterator[Any]:
    for jurisdiction in JURISDICTIONS:
        for line, row in enumerate(table(jurisdiction), 2):
            yield pytest.param(jurisdiction, row, id=f"{jurisdiction}:{line} {row['why'][:60]}")


def verdicts(asked: dict[str, Any]) -> dict[str, str]:
    return {
        finding.rule: str(finding.verdict)
        for name, finding in findings(asked)
        if name == contact_words.ITSELF
    }


@pytest.mark.parametrize(("jurisdiction", "row"), list(places()))
def test_a_contact_departs_from_the_rules_its_row_names_and_no_other(
    jurisdiction: str, row: dict[str, str]
) -> None:
    assert verdicts(contact_words.request(row, jurisdiction)) == contact_words.rules(row["rules"]), row["why"]


@pytest.mark.parametrize(("jurisdiction", "row"), list(places()))
def test_a_row_shows_what_it_says_it_shows(jurisdiction: str, row: dict[str, str]) -> None:
    expected, about = contact_words.rules(row["rules"]), row["about"].split()
    assert list(row) == HEADING
    assert row["case"] in CASES
    assert about
    assert len(row["why"]) > 5
    for rule in about:
        if row["case"] == "trips":
            assert rule in expected
        elif row["case"] == "just not":
            assert rule not in expected
        else:
            turned = [rule in verdicts(near) for near in neighbours(contact_words.request(row, jurisdiction))]
            assert (rule not in expected) in turned, f"nothing small turns {rule}"


def neighbours(asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same question a second earlier or later, with one earlier contact less, with one more like it."""
    own = next(each for each in asked["contacts"] if each["id"] == contact_words.ITSELF)
    before = [each for each in asked["contacts"] if each is not own]
    for step in (-1, 1):
        at = datetime.fromisoformat(own["at"]) + timedelta(seconds=step)
        yield asked | {"contacts": [*before, own | {"at": at.isoformat()}]}
    if before:
        yield asked | {"contacts": [*before[:-1], own]}
        yield asked | {"contacts": [*before, before[0] | {"id": "one more"}, own]}


def asked_rules(jurisdiction: str) -> set[str]:
    book = load(jurisdiction)
    return {rule.id for rule in book.rules if conduct.check_of(rule.id, book.id)}


def uncovered(rows: list[dict[str, str]], rules: set[str]) -> set[tuple[str, str]]:
    shown = {(rule, row["case"]) for row in rows for rule in row["about"].split()}
    return {(rule, case) for rule in rules for case in CASES} - shown


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_every_rule_is_tripped_just_missed_and_met_on_its_boundary(jurisdiction: str) -> None:
    rows = table(jurisdiction)
    assert len(rows) >= 25
    assert uncovered(rows, asked_rules(jurisdiction)) == set()
    named = {rule for row in rows for rule in (*row["about"].split(), *contact_words.rules(row["rules"]))}
    assert named == asked_rules(jurisdiction)


def test_a_rule_without_its_boundary_is_seen() -> None:
    rows = [row for row in table("US") if (row["about"], row["case"]) != ("us.freq.text", "boundary")]
    assert uncovered(rows, asked_rules("US")) == {("us.freq.text", "boundary")}


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_no_question_stands_twice_in_a_table(jurisdiction: str) -> None:
    questions = [tuple(row[name] for name in QUESTION) for row in table(jurisdiction)]
    assert len(set(questions)) == len(questions)


# ── may this contact be made, and if not, when? ──────────────────────────────────────────────
def windows() -> Iterator[Any]:
    for line, row in enumerate(contact_words.rows("contact_windows.csv"), 2):
        yield pytest.param(row, id=f"{line} {row['jurisdiction']} {row['why'][:60]}")


@pytest.mark.parametrize("row", list(windows()))
def test_a_window_opens_at_the_second_its_row_names(row: dict[str, str]) -> None:
    asked = contact_words.request(row, row["jurisdiction"])
    own = asked["contacts"].pop()
    assert set(own) <= {"id", "at", "direction", "party", "channel", "number", "debts", "purpose"}
    proposed = {name: own[name] for name in ("at", "channel", "party", "number") if name in own}
    proposed |= {"debt": own.get("debts", ["M"])[0], "purpose": own.get("purpose", "demand")}
    for each in asked["contacts"]:
        each.setdefault("debts", [proposed["debt"]])
    answer = window(asked | {"proposed": proposed})
    not_before = answer.not_before and answer.not_before.isoformat()
    assert (str(answer.answer), not_before or "") == (row["verdict"], row["not before"]), row["why"]
    found = {finding.rule: str(finding.verdict) for finding in answer.findings}
    assert found == contact_words.rules(row["rules"]), row["why"]


def test_the_windows_show_every_answer_in_every_jurisdiction() -> None:
    shown = {(row["jurisdiction"], row["verdict"]) for row in contact_words.rows("contact_windows.csv")}
    assert shown == {
        (place, verdict) for place in JURISDICTIONS for verdict in ("allowed", "deferred", "refused")
    }


# ── a number that changes ────────────────────────────────────────────────────────────────────
CHANGED = "2027-05-10"
"""The first day of a stricter edition, in a copy of the Chinese rules: two calls a day, a night from 21:00."""


LAST_DAY = "2027-05-09"


def edited(jurisdiction: str, rule: str, begins: str, number: tuple[str, str] | None) -> Rulebook:
    """A rulebook in which this rule ends on LAST_DAY and, where a number changes, goes on with another from CHANGED."""
    text = (DIRECTORY / f"{jurisdiction}.toml").read_text(encoding="utf-8")
    before, mark, row = text.partition(f'id = "{rule}"')
    row, end, after = row.partition("[[rule]]")
    older = mark + row.replace(begins, f"{begins}\neffective_to = {LAST_DAY}") + end
    newer = (
        "\n" + mark + row.replace(begins, f"effective_from = {CHANGED}").replace(*number) + end
        if number
        else ""
    )
    return parse((before + older + newer + after).encode())


def book_with_two_editions() -> Rulebook:
    book = edited(
        "cn", "cn.freq.voice_effective.gbt", "effective_from = 2025-02-28", ("limit = 3", "limit = 2")
    )
    night = edited("cn", "cn.time.night_ban.gbt", "effective_from = 2025-02-28", ("22:00", "21:00"))
    stays = [rule for rule in book.rules if rule.id != "cn.time.night_ban.gbt"]
    return replace(
        book, rules=(*stays, *(rule for rule in night.rules if rule.id == "cn.time.night_ban.gbt"))
    )


@pytest.mark.parametrize(
    ("day", "clock", "earlier", "expected"),
    [
        ("2027-05-09", "15:00:00", 2, []),
        ("2027-05-09", "15:00:00", 3, ["cn.freq.voice_effective.gbt"]),  # the last day of the old edition
        ("2027-05-10", "15:00:00", 1, []),
        ("2027-05-10", "15:00:00", 2, ["cn.freq.voice_effective.gbt"]),  # the first day of the new one
        ("2027-05-09", "21:30:00", 0, []),
        ("2027-05-09", "23:59:59", 0, ["cn.time.night_ban.gbt"]),
        ("2027-05-10", "20:59:59", 0, []),
        ("2027-05-10", "21:00:00", 0, ["cn.time.night_ban.gbt"]),
    ],
)
def test_a_rule_whose_number_changed_is_judged_by_the_edition_of_the_day(
    day: str, clock: str, earlier: int, expected: list[str]
) -> None:
    book, at = book_with_two_editions(), datetime.fromisoformat(f"{day}T{clock}+08:00")
    call = Contact(id="c", at=at, channel="call", outcome="conversation")
    before = [replace(call, id=str(n), at=at - timedelta(minutes=n)) for n in range(1, earlier + 1)]
    days = History([*before, call], book.contact_zones(("Asia/Shanghai",))).days(call)
    found = conduct.judge(book, call, days, lender_type="facilitator")
    assert [finding.rule for finding in found] == expected
    assert {finding.effective_from for finding in found} <= {
        date(2027, 5, 10) if day == CHANGED else date(2025, 2, 28)
    }


@pytest.mark.parametrize(("day", "expected"), [(LAST_DAY, ["uk.bs.effect"]), (CHANGED, ["house.moratorium"])])
def test_the_house_is_silent_to_the_last_day_of_the_rule_before_it(day: str, expected: list[str]) -> None:
    book = edited("uk", "uk.bs.effect", "effective_from = 2021-05-04", None)
    at = datetime.fromisoformat(f"{day}T12:00:00+01:00")
    letter = Contact(id="c", at=at, channel="letter")
    said = PersonFacts([PersonFact(kind="moratorium", begins=at - timedelta(days=9))])
    days = History([letter], ("Europe/London",), said).days(letter)
    assert [finding.rule for finding in conduct.judge(book, letter, days, lender_type="bank")] == expected
