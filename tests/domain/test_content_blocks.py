"""The six blocks of a Chinese card agreement, line by line of a table, and how long such an agreement may run."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from cases.domain import rulebook
from repayment.domain.content_blocks import (
    CONTENT,
    TERM,
    Block,
    Clause,
    Contents,
    Payment,
    content_blocks,
    contents_of,
    months,
)
from repayment.domain.schedule import build
from repayment.domain.terms import Deferral, Method, Remainder, Review, Step, Terms, Treatment

TABLE = Path(__file__).parent.parent / "data" / "card_agreement_blocks.csv"
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
START = date(2027, 1, 15)
PLAIN = Terms(
    currency="CNY",
    principal=12_000_00,
    annual_rate=Decimal("0.06"),
    method=Method.EQUAL_INSTALMENT,
    periods=12,
    start=START,
    first_due=date(2027, 2, 15),
)


def read(row: dict[str, str]) -> Contents:
    def amount(name: str) -> int | None:
        return int(row[name]) if row[name] else None

    days = (START + timedelta(days=31 * place) for place in range(int(row["payments"])))
    return Contents(
        currency=row["currency"],
        principal=amount("principal"),
        overdue_interest=amount("interest"),
        fees=amount("fees"),
        payments=tuple(Payment(on=day, amount=600_00) for day in days),
        review=date.fromisoformat(row["review"]) if row["review"] else None,
        interest=row["says_interest"] == "yes",
        clauses=frozenset(Clause) - {Clause(name) for name in row["left_out"].split()},
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["what"])
def test_what_is_not_said_is_named(row: dict[str, str]) -> None:
    assert content_blocks(read(row)) == tuple(Block(name) for name in row["missing"].split())


def test_the_table_leaves_out_every_block_and_every_sentence() -> None:
    assert {name for row in ROWS for name in row["missing"].split()} == set(Block)
    assert {name for row in ROWS for name in row["left_out"].split()} == set(Clause)


def test_the_blocks_are_those_of_the_rule_in_its_order() -> None:
    rule = rulebook.load("cn").rule(CONTENT, START)
    assert rule.names("blocks") == tuple(Block)


@pytest.mark.parametrize("clause", Clause)
def test_no_sentence_is_idle(clause: Clause) -> None:
    all_but_one = contents_of(PLAIN, build(PLAIN), frozenset(Clause) - {clause})
    assert len(content_blocks(all_but_one)) == 1


def test_overdue_sums_that_nobody_stated_are_not_nothing() -> None:
    unknown = contents_of(PLAIN, build(PLAIN), frozenset(Clause), overdue_known=False)
    assert content_blocks(unknown) == (Block.BALANCE,)
    assert not content_blocks(contents_of(PLAIN, build(PLAIN), frozenset(Clause)))


def test_a_plan_of_nothing_until_a_review_says_when() -> None:
    nil = replace(
        PLAIN,
        periods=None,
        steps=(Step(periods=3, amount=0, treatment=Treatment.WAIVED),),
        review=Review(on=date(2027, 5, 1), remainder=Remainder.OPEN),
    )
    assert not content_blocks(contents_of(nil, build(nil), frozenset(Clause)))


def test_five_years_are_sixty_months_and_a_pause_counts() -> None:
    most = rulebook.load("cn").rule(TERM, START).number("instalments")
    sixty = replace(PLAIN, periods=60)
    paused = replace(sixty, deferral=Deferral(periods=1, treatment=Treatment.WAIVED))
    assert months(sixty, build(sixty)) == most == 60
    assert months(paused, build(paused)) == 61
    assert months(replace(PLAIN, periods=61), build(replace(PLAIN, periods=61))) == 61
