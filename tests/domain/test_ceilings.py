"""Ceilings by date and by whom they bind, from the rulebook alone."""

from datetime import date
from decimal import Decimal

import pytest

from cases.domain import rulebook
from repayment.domain.ceilings import ceilings

CN = rulebook.load("cn")


@pytest.mark.parametrize(
    ("on", "lender", "expected"),
    [
        ("2024-10-20", "creditor", {"cn.rate.private_4x": "13.40"}),
        ("2024-10-21", "creditor", {"cn.rate.private_4x": "12.40"}),
        ("2026-01-05", "creditor", {"cn.rate.private_4x": "12.00"}),
        ("2020-08-19", "creditor", {}),
        ("2017-08-03", "bank", {}),
        ("2017-08-04", "bank", {"cn.rate.fin_24": "24"}),
        ("2025-09-30", "facilitator", {}),
        ("2025-10-01", "facilitator", {"cn.rate.facilitation": "24"}),
        ("2026-01-05", "microloan", {"cn.rate.fin_24": "24", "cn.rate.microloan": "24"}),
        ("2027-12-30", "microloan", {"cn.rate.fin_24": "24", "cn.rate.microloan": "24"}),
        ("2027-12-31", "microloan", {"cn.rate.microloan": "12.00", "cn.rate.fin_24": "24"}),
        ("2026-01-05", "debt_collector", {}),
    ],
)
def test_a_ceiling_is_the_one_of_the_contracts_day_and_lender(
    on: str, lender: str, expected: dict[str, str]
) -> None:
    found = ceilings(CN, date.fromisoformat(on), lender)
    assert [(ceiling.rule.id, ceiling.percent) for ceiling in found] == [
        (name, Decimal(percent)) for name, percent in expected.items()
    ]


def test_the_very_figure_is_not_above_it() -> None:
    (ceiling,) = ceilings(CN, date(2026, 1, 5), "creditor")
    assert not ceiling.above(Decimal("12.00"))
    assert ceiling.above(Decimal("12.0001"))


def test_private_lendings_ceiling_is_not_a_licensed_lenders() -> None:
    for lender in ("bank", "consumer_finance", "facilitator"):
        names = {ceiling.rule.id for ceiling in ceilings(CN, date(2026, 1, 5), lender)}
        assert "cn.rate.private_4x" not in names


def test_what_was_recalled_and_not_read_is_marked() -> None:
    assert {ceiling.rule.id for ceiling in ceilings(CN, date(2026, 1, 5)) if ceiling.verified} == set()
