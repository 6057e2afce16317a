"""Who may be given relief: every published condition, met and not met, said in what is needed and what there is."""

import pytest

from cases.domain.refusal import Refused
from repayment.domain.eligibility import Condition, Conditions, Facts, Relief, Unmet, unmet

NOBODY = Facts(days_overdue=None, times={}, has_difficulty=False, paid_on_time=0)
STRICT = Conditions(min_days_overdue=30, max_in_12_months=1, needs_difficulty=True, min_paid_on_time=3)


def test_conditions_that_ask_nothing_are_met_by_everybody() -> None:
    assert unmet(NOBODY, Conditions(), Relief.DEFERRAL) == ()
    assert Conditions().to_json() == {}


def test_every_condition_not_met_is_named_with_what_is_needed() -> None:
    facts = Facts(days_overdue=29, times={Relief.DEFERRAL: 1}, has_difficulty=False, paid_on_time=2)
    assert unmet(facts, STRICT, Relief.DEFERRAL) == (
        Unmet(condition=Condition.DAYS_OVERDUE, needed=30, found=29),
        Unmet(condition=Condition.TIMES_A_YEAR, needed=1, found=1),
        Unmet(condition=Condition.DIFFICULTY),
        Unmet(condition=Condition.PAID_ON_TIME, needed=3, found=2),
    )


def test_exactly_what_is_asked_is_enough() -> None:
    facts = Facts(days_overdue=30, times={Relief.DEFERRAL: 0}, has_difficulty=True, paid_on_time=3)
    assert unmet(facts, STRICT, Relief.DEFERRAL) == ()


def test_a_pause_does_not_count_against_an_interest_free_plan() -> None:
    facts = Facts(days_overdue=30, times={Relief.DEFERRAL: 1}, has_difficulty=True, paid_on_time=3)
    assert unmet(facts, STRICT, Relief.INTEREST_FREE) == ()


def test_days_overdue_that_nobody_knows_are_not_met() -> None:
    found = unmet(NOBODY, Conditions(min_days_overdue=1), Relief.DEFERRAL)
    assert found == (Unmet(condition=Condition.DAYS_OVERDUE, needed=1, found=None),)


def test_conditions_come_back_from_what_is_kept() -> None:
    assert Conditions.from_json(STRICT.to_json()) == STRICT


@pytest.mark.parametrize(
    "data", [{"min_days": 3}, {"min_days_overdue": -1}, {"max_in_12_months": 0}, {"min_paid_on_time": 61}]
)
def test_a_condition_that_means_nothing_is_refused(data: dict[str, int]) -> None:
    with pytest.raises(Refused) as refused:
        Conditions.from_json(data)
    assert refused.value.field in data
