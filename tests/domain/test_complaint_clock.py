"""The clock of a complaint: what a lawyer reads in `tests/data/complaint_clocks.csv` is what the code says."""

import csv
from datetime import date
from pathlib import Path

import pytest

from cases.domain import complaint_clock, lifecycle, rulebook
from cases.domain.complaint_clock import Complaint, Kind
from cases.domain.complaint_moves import MOVES
from cases.domain.refusal import Refused

DATA = Path(__file__).parent.parent / "data"
CN = rulebook.load("cn")


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("row", rows("complaint_clocks.csv"), ids=lambda row: row["why"])
def test_a_clock_is_what_the_table_says(row: dict[str, str]) -> None:
    clock = complaint_clock.clock(
        CN,
        Complaint(
            received_on=date.fromisoformat(row["received"]),
            lender_type=row["lender"],
            delivered=row["delivered"] == "yes",
            carries=frozenset(row["carries"].split()),
        ),
    )
    assert (clock.kind, clock.rule, clock.due_on.isoformat()) == (row["kind"], row["rule"], row["due"])
    assert (clock.limit_on.isoformat() if clock.limit_on else "") == row["limit"]
    assert list(clock.missing) == row["missing"].split()
    assert clock.rulebook_version == CN.version
    assert (clock.kind is Kind.STATUTORY) == (clock.missing == ())


def test_the_last_day_is_still_in_time() -> None:
    assert not complaint_clock.is_missed(date(2027, 5, 25), date(2027, 5, 25))
    assert complaint_clock.is_missed(date(2027, 5, 25), date(2027, 5, 26))


def test_a_review_can_be_asked_for_thirty_days() -> None:
    assert complaint_clock.review_until(CN, date(2027, 5, 25)) == date(2027, 6, 24)
    assert complaint_clock.review_until(CN, date(2019, 5, 25)) is None


@pytest.mark.parametrize(
    "row",
    rows("complaint_moves.csv"),
    ids=lambda row: f"{row['state']}-{row['verb']}-{row['who']}",
)
def test_a_complaint_moves_as_the_table_says(row: dict[str, str]) -> None:
    if row["outcome"].startswith("refused: "):
        with pytest.raises(Refused) as refusal:
            lifecycle.move(MOVES, row["state"], row["verb"], row["who"])
        assert refusal.value.code == row["outcome"].removeprefix("refused: ")
    else:
        assert lifecycle.move(MOVES, row["state"], row["verb"], row["who"]) == row["outcome"]


def test_no_move_touches_a_clock() -> None:
    assert {row.verb for row in MOVES} == {"answer", "withdraw", "rate"}
