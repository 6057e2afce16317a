"""The clock of a complaint: what a lawyer reads in `tests/data/complaint_clocks.csv` is what the code says."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain import complaint_clock, court_clock, lifecycle, rulebook, working_days
from cases.domain.complaint_clock import Complaint, Kind
from cases.domain.complaint_moves import MOVES
from cases.domain.refusal import Refused
from cases.domain.working_days import Calendar
from cases.working_calendar import books, calendar

DATA = Path(__file__).parent.parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines()))


def day(shown: date | None) -> str:
    return shown.isoformat() if shown else ""


@pytest.mark.parametrize(
    "row", rows("complaint_clocks.csv"), ids=lambda row: f"{row['jurisdiction']} {row['why']}"
)
def test_a_clock_is_what_the_table_says(row: dict[str, str]) -> None:
    received = date.fromisoformat(row["received"])
    clock = complaint_clock.clock(
        books(row["jurisdiction"]),
        Complaint(
            received_on=received,
            lender_type=row["lender"],
            delivered=row["delivered"] == "yes",
            carries=frozenset(row["carries"].split()),
            jurisdiction=row["jurisdiction"],
            review=row["review"] == "yes",
        ),
        calendar(row["jurisdiction"], received),
    )
    assert (clock.kind, clock.rule, day(clock.due_on)) == (row["kind"], row["rule"], row["due"])
    assert (day(clock.limit_on), day(clock.special_on)) == (row["limit"], row["special"])
    assert day(clock.early_on) == row["early"]
    assert (clock.calendar != "") == (row["early"] != "")
    assert list(clock.missing) == row["missing"].split()
    assert clock.rulebook_version in {book.version for book in books(row["jurisdiction"])}
    assert (clock.kind is Kind.STATUTORY) == (clock.missing == ())


@pytest.mark.parametrize(
    "row", rows("court_clocks.csv"), ids=lambda row: f"{row['jurisdiction']} {row['why']}"
)
def test_court_papers_are_answered_by_the_day_of_the_table(row: dict[str, str]) -> None:
    received = date.fromisoformat(row["received"])
    book = books(row["jurisdiction"])[-1]
    clock = court_clock.clock(book, row["rule"], received, calendar(row["jurisdiction"], received))
    assert (day(clock.due_on), day(clock.longer_on)) == (row["due"], row["longer"])
    assert clock.moved == (row["moved"] == "yes")


def test_each_jurisdiction_has_papers_and_each_paper_a_row_in_the_table() -> None:
    for jurisdiction in ("CN", "UK", "US"):
        known = {rule.id for rule in court_clock.papers(books(jurisdiction), date(2026, 11, 22))}
        walked = {row["rule"] for row in rows("court_clocks.csv") if row["jurisdiction"] == jurisdiction}
        assert known == walked != set()


def test_the_last_day_is_still_in_time() -> None:
    assert not complaint_clock.is_missed(date(2027, 5, 25), date(2027, 5, 25))
    assert complaint_clock.is_missed(date(2027, 5, 25), date(2027, 5, 26))


def test_a_review_can_be_asked_for_thirty_days() -> None:
    cn = (rulebook.load("cn"),)
    assert complaint_clock.review_until(cn, date(2027, 5, 25)) == date(2027, 6, 24)
    assert complaint_clock.review_until(cn, date(2019, 5, 25)) is None
    assert complaint_clock.review_until(books("UK"), date(2027, 5, 25), statutory=False) == date(2027, 6, 24)


WEEK = Calendar(version="test", closed=frozenset({date(2027, 5, 3)}), opened=frozenset({date(2027, 5, 8)}))


@given(day=st.dates(date(2027, 4, 1), date(2027, 6, 1)), count=st.integers(0, 15))
def test_so_many_working_days_lie_between(day: date, count: int) -> None:
    found = working_days.after(WEEK, day, count)
    between = [day + timedelta(days=n) for n in range(1, (found - day).days + 1)]
    assert sum(map(WEEK.works, between)) == count
    assert count == 0 or WEEK.works(found)


def test_a_working_saturday_counts_and_a_holiday_does_not() -> None:
    assert working_days.after(WEEK, date(2027, 4, 30), 1) == date(2027, 5, 4)
    assert working_days.after(WEEK, date(2027, 5, 7), 1) == date(2027, 5, 8)
    assert working_days.or_next(WEEK, date(2027, 5, 1)) == date(2027, 5, 4)


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
    assert {row.verb for row in MOVES} == {"answer", "extend", "withdraw", "rate", "review", "reopen"}
