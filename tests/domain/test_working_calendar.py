"""Days off come from a library and from the operator's dated rows; a clock that has begun keeps its calendar."""

import datetime as dt
from pathlib import Path

import pytest

from cases import working_calendar

ROW = """
[[day]]
jurisdiction = "CN"
on = 2027-05-10
works = false
known_from = 2027-04-01
source = "test"
"""


def test_a_saturday_on_which_china_works_is_a_working_day() -> None:
    cn = working_calendar.calendar("CN", dt.date(2026, 9, 25))
    assert cn.works(dt.date(2026, 10, 10))
    assert not cn.works(dt.date(2026, 10, 5))


def test_an_override_counts_from_the_day_it_was_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "overrides.toml"
    file.write_text(ROW, encoding="utf-8")
    monkeypatch.setattr(working_calendar, "FILE", file)
    day = dt.date(2027, 5, 10)
    before, since = (working_calendar.calendar("CN", dt.date(2027, *at)) for at in ((3, 31), (4, 1)))
    assert before.works(day)
    assert not since.works(day)
    assert before.version != since.version
    assert working_calendar.calendar("UK", dt.date(2027, 5, 1)).works(day)


@pytest.mark.parametrize(
    "wrong",
    ["works = 1", 'on = "2027-05-10"', 'jurisdiction = "XX"', 'extra = "x"', "on = 2027-05-10T00:00:00"],
)
def test_a_row_that_is_wrong_is_refused_by_its_number(wrong: str) -> None:
    key = wrong.split(" = ")[0]
    lines = [line for line in ROW.splitlines() if not line.startswith(key)]
    with pytest.raises(working_calendar.CalendarError, match="day 1"):
        working_calendar.overrides("\n".join([*lines, wrong]).encode())


def test_the_file_that_is_shipped_can_be_read() -> None:
    assert working_calendar.overrides(working_calendar.FILE.read_bytes()) == []
