"""Ceilings by date and by whom they bind, from the rulebook alone."""

from datetime import date
from decimal import Decimal

import pytest

from cases.domain import rulebook
from repayment.domain.ceilings import Cost, beside, ceilings

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


def test_a_rate_that_nobody_has_confirmed_for_the_day_says_until_when_it_was() -> None:
    (known,) = ceilings(CN, date(2026, 1, 20), "creditor")
    (later,) = ceilings(CN, date(2026, 1, 21), "creditor")
    assert (known.known_until, later.known_until) == (None, date(2026, 1, 20))
    assert known.percent == later.percent == Decimal("12.00")
    assert not later.verified


@pytest.mark.parametrize(
    ("on", "percent"),
    [
        ("2020-08-20", "15.40"),
        ("2021-12-19", "15.40"),
        ("2021-12-20", "15.20"),
        ("2022-01-20", "14.80"),
        ("2022-08-22", "14.60"),
        ("2023-06-20", "14.20"),
        ("2023-08-21", "13.80"),
        ("2024-07-22", "13.40"),
        ("2025-05-19", "12.40"),
        ("2025-05-20", "12.00"),
    ],
)
def test_four_times_the_prime_rate_follows_its_dated_rows(on: str, percent: str) -> None:
    (ceiling,) = ceilings(CN, date.fromisoformat(on), "creditor")
    assert ceiling.percent == Decimal(percent)


def test_short_term_caps_stand_beside_what_is_known() -> None:
    known = Cost(
        daily=Decimal("0.8"), charges=Decimal("100.01"), default_fees=Decimal(15), yearly=Decimal(1200)
    )
    found = {each.rule.id: each for each in beside(rulebook.load("uk"), date(2026, 11, 22), "bank", known)}
    assert {name: (each.figure, each.above) for name, each in found.items()} == {
        "uk.hcstc.daily": (Decimal("0.8"), False),
        "uk.hcstc.default": (Decimal(15), False),
        "uk.hcstc.total": (Decimal(100), True),
    }
    before = beside(rulebook.load("uk"), date(2015, 1, 1), "bank", known)
    assert before == []


def test_what_is_not_known_is_neither_above_nor_below() -> None:
    for book in ("cn", "uk", "us"):
        for each in beside(rulebook.load(book), date(2026, 11, 22), "", Cost()):
            assert each.above is None


def test_the_military_ceiling_is_shown_and_caps_nothing_else() -> None:
    us = rulebook.load("us")
    (shown,) = beside(us, date(2026, 11, 22), "bank", Cost(yearly=Decimal("36.01")))
    assert (shown.rule.id, shown.above) == ("us.mla", True)
    assert ceilings(us, date(2026, 11, 22), "bank") == []
