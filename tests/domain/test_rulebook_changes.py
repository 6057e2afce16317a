"""What changed between two days: begun, ended, and a number that is another one now."""

from datetime import date

from cases.domain import rulebook
from cases.domain.rulebook_changes import Turn, between, in_force

CN, UK = rulebook.load("cn"), rulebook.load("uk")

TWO_EDITIONS = b"""
id = "xx"
effective_from = 2026-06-01
zone = "Asia/Shanghai"
""" + b"".join(
    b"""
[[rule]]
id = "xx.limit"
force = "STD"
citation = "X"
%s
applies_to = ["bank"]
confidence = "own"
severity = "warn"
parameters = { limit = %d, ways = ["call"] }
[rule.statement]
en = "At most {limit}."
zh_hans = "\xe6\x9c\x80\xe5\xa4\x9a {limit}\xe3\x80\x82"
zh_hant = "\xe6\x9c\x80\xe5\xa4\x9a {limit}\xe3\x80\x82"
"""
    % (dates, limit)
    for dates, limit in (
        (b"effective_from = 2025-01-01\neffective_to = 2026-05-31", 3),
        (b"effective_from = 2026-06-01", 2),
    )
)


def test_a_changed_number_shows_old_and_new() -> None:
    book = rulebook.parse(TWO_EDITIONS, name="xx.toml")
    [change] = between(book, date(2026, 5, 31), date(2026, 6, 1))
    assert (change.turn, change.numbers) == (Turn.CHANGED, (("limit", "3", "2"),))
    assert change.rule.number("limit") == 2


def test_the_first_and_the_last_day_belong_to_a_rule() -> None:
    book = rulebook.parse(TWO_EDITIONS, name="xx.toml")
    assert in_force(book, date(2024, 12, 31)) == {}
    assert in_force(book, date(2026, 5, 31))["xx.limit"].number("limit") == 3
    assert [change.turn for change in between(book, date(2024, 12, 31), date(2025, 1, 1))] == [Turn.ADDED]
    assert [change.turn for change in between(book, date(2025, 1, 1), date(2024, 12, 31))] == [Turn.ENDED]


def test_two_days_with_the_same_rules_differ_in_nothing() -> None:
    assert between(CN, date(2026, 11, 21), date(2026, 11, 22)) == []


def test_a_new_edition_without_another_number_has_changed_too() -> None:
    changes = between(UK, date(2024, 11, 3), date(2024, 11, 4))
    assert [(change.turn, change.rule.id) for change in changes] == [(Turn.CHANGED, "uk.forb")]
