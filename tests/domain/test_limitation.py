"""How old a claim is: the day the period ends is still inside it, and every known day that starts it again counts."""

from datetime import date

import pytest

from cases.domain import rulebook
from repayment.domain import limitation
from repayment.domain.limitation import Facts, age

TODAY = date(2027, 5, 12)


@pytest.mark.parametrize(
    ("jurisdiction", "paid", "is_old"),
    [
        ("CN", date(2024, 5, 12), False),
        ("CN", date(2024, 5, 11), True),
        ("UK", date(2022, 5, 12), False),
        ("UK", date(2022, 5, 11), True),
        ("US", date(2024, 5, 11), True),
    ],
)
def test_a_claim_is_old_the_day_after_its_period(jurisdiction: str, paid: date, is_old: bool) -> None:
    found = age(Facts(last_paid_on=paid, as_of=TODAY), jurisdiction=jurisdiction, today=TODAY)
    assert found is not None
    assert found.is_old is is_old


def test_an_acknowledgement_starts_the_period_again() -> None:
    facts = Facts(last_paid_on=date(2020, 1, 1), last_acknowledged_on=date(2026, 1, 1), as_of=TODAY)
    found = age(facts, jurisdiction="CN", today=TODAY)
    assert found is not None
    assert (found.since, found.is_old) == (date(2026, 1, 1), False)


def test_without_a_payment_the_day_it_fell_due_counts() -> None:
    old = Facts(days_overdue=1200, as_of=TODAY)
    found = age(old, jurisdiction="CN", today=TODAY)
    assert found is not None
    assert found.is_old
    assert not age(Facts(days_overdue=400, as_of=TODAY), jurisdiction="CN", today=TODAY).is_old  # type: ignore[union-attr]


def test_what_nobody_knows_is_not_called_old() -> None:
    assert age(Facts(as_of=TODAY), jurisdiction="CN", today=TODAY) is None
    assert age(Facts(last_paid_on=date(2000, 1, 1), as_of=TODAY), jurisdiction="XX", today=TODAY) is None


def test_a_leap_day_ends_on_the_last_of_february() -> None:
    facts = Facts(last_paid_on=date(2024, 2, 29), as_of=TODAY)
    found = age(facts, jurisdiction="CN", today=TODAY)
    assert found is not None
    assert found.ends_on == date(2027, 2, 28)


def test_absurd_numbers_of_days_do_not_break_the_calendar() -> None:
    assert age(Facts(days_overdue=10**9, as_of=TODAY), jurisdiction="CN", today=TODAY) is not None


def test_the_rule_file_stands_up_to_a_careful_reader() -> None:
    assert rulebook.check(limitation.periods()) == []
    assert {rule.id for rule in limitation.periods().rules} == set(limitation.GENERAL.values())
