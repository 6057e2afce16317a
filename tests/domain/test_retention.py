"""Each period ends on its day: the last day is still kept, the day after is not."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain import retention
from cases.domain.rulebook import LANGUAGES, Rule, RulebookError, statement

PERIODS = {rule.id: rule for rule in retention.periods().rules if rule.parameters}
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1))


@given(st.sampled_from(sorted(PERIODS)), DAYS)
def test_the_last_day_is_kept_and_the_next_is_not(name: str, since: dt.date) -> None:
    rule = PERIODS[name]
    last = retention.last_day(rule, since)
    assert not retention.is_over(rule, since, last)
    assert retention.is_over(rule, since, last + dt.timedelta(days=1))


@given(st.sampled_from(sorted(PERIODS)), DAYS, st.integers(-5, 5))
def test_one_cutoff_says_the_same_as_each_row(name: str, today: dt.date, off: int) -> None:
    rule = PERIODS[name]
    first = retention.keeps_from(rule, today)
    begun = first + dt.timedelta(days=off)
    assert (begun < first) == retention.is_over(rule, begun, today)


@pytest.mark.parametrize(
    ("since", "ends"),
    [("2024-02-29", "2029-02-28"), ("2024-03-01", "2029-03-01"), ("2023-12-31", "2028-12-31")],
)
def test_years_end_on_the_same_day_of_the_year(since: str, ends: str) -> None:
    rule = PERIODS["retention.messages"]
    assert retention.last_day(rule, dt.date.fromisoformat(since)) == dt.date.fromisoformat(ends)


def test_every_period_is_said_in_every_language() -> None:
    for rule in retention.periods().rules:
        assert all(statement(rule, language) for language in LANGUAGES)


def test_a_period_in_two_units_is_refused() -> None:
    rule = PERIODS["retention.messages"]
    both = Rule(**{**vars(rule), "parameters": {"years": 1, "days": 3}})
    with pytest.raises(RulebookError):
        retention.last_day(both, dt.date(2027, 1, 1))
