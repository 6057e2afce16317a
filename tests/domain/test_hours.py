"""What nobody asked for just now waits for the person's own day."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.domain.hours import DAY, next_moment

EVENINGS = (dt.time(18), dt.time(22))
NIGHTS = (dt.time(22), dt.time(6))
FIRST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
NEVER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
ZONES = ("Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe")


def told(day: int, time: str, zone: str = "Asia/Shanghai", hours=None, latest=NEVER) -> str:
    at = dt.datetime.combine(dt.date(2027, 5, day), dt.time.fromisoformat(time), ZoneInfo(zone))
    return next_moment(at, zone, hours, latest=latest).astimezone(ZoneInfo(zone)).strftime("%d %H:%M")


@pytest.mark.parametrize(
    ("day", "time", "hours", "then"),
    [
        (12, "00:01", None, "12 09:00"),
        (12, "02:59", None, "12 09:00"),
        (12, "09:00", None, "12 09:00"),
        (12, "20:59", None, "12 20:59"),
        (12, "21:00", None, "13 09:00"),
        (12, "22:10", None, "13 09:00"),
        (12, "09:30", EVENINGS, "12 18:00"),
        (12, "22:10", EVENINGS, "13 18:00"),
        (12, "22:10", NIGHTS, "12 22:10"),
        (12, "02:59", NIGHTS, "12 02:59"),
        (12, "12:00", NIGHTS, "12 22:00"),
        (12, "03:00", (dt.time(8), dt.time(8)), "12 03:00"),
    ],
)
def test_it_waits_for_the_next_of_the_persons_hours(day, time, hours, then):
    assert told(day, time, hours=hours) == then


def test_the_persons_own_clock_counts():
    assert told(12, "22:10", "America/New_York") == "13 09:00"


def test_nothing_waits_past_its_deadline():
    deadline = dt.datetime(2027, 5, 13, 0, 30, tzinfo=dt.UTC)
    assert told(12, "22:10", latest=deadline) == "12 22:10"
    assert told(12, "22:10", latest=deadline + dt.timedelta(minutes=30)) == "13 09:00"


@given(
    minutes=st.integers(0, 3 * 366 * 24 * 60),
    zone=st.sampled_from(ZONES),
)
def test_it_is_always_day_and_at_most_a_night_away(minutes, zone):
    at = FIRST + dt.timedelta(minutes=minutes)
    moment = next_moment(at, zone, latest=NEVER)
    local = moment.astimezone(ZoneInfo(zone))
    assert at <= moment <= at + dt.timedelta(hours=13)
    assert DAY[0] <= local.time() < DAY[1]
