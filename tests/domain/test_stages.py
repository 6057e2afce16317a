"""The stage of a debt: thirty days each, and every line names rules that exist."""

import datetime as dt

import pytest

from cases.domain import rulebook, stages
from cases.domain.stages import Stage

DAY = dt.date(2027, 5, 12)


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        (None, None),
        (0, "M0"),
        (1, "M1"),
        (30, "M1"),
        (31, "M2"),
        (60, "M2"),
        (61, "M3"),
        (90, "M3"),
        (91, "M3+"),
        (4000, "M3+"),
    ],
)
def test_a_stage_is_thirty_days(days: int | None, stage: str | None) -> None:
    assert stages.stage_of(days) == stage


def test_days_count_on_from_the_day_the_figure_was_true() -> None:
    week = DAY + dt.timedelta(days=7)
    assert stages.days_on(38, DAY, week) == 45
    assert stages.days_on(38, week, DAY) == 38
    assert stages.days_on(0, DAY, week) == 0
    assert stages.days_on(None, DAY, week) is None


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("card", [True, False])
def test_every_line_rests_on_rules_in_force(stage: Stage, card: bool) -> None:
    book = rulebook.load("cn")
    lines = stages.lines(stage, card=card)
    for line in lines:
        for name in line.rules:
            assert book.rule(name, DAY)
    forbidden = [line.code for line in lines if not line.allowed]
    assert forbidden == ["not_at_night", "not_others", "not_in_public", "not_pester"]
