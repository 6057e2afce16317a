"""If nothing is agreed: what is added is split by what it is, capped, and says what it assumes."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain import rulebook
from repayment.domain.ceilings import ceilings
from repayment.domain.do_nothing import CARD_LATE_FEE, PENALTY, UNKNOWN_RATE, DoNothing, Overdue, do_nothing
from repayment.domain.schedule import month_interest

BOOK = rulebook.load("cn")
TODAY, FIRST = date(2027, 5, 12), date(2027, 6, 20)


def overdue(**changes: Any) -> Overdue:
    facts: dict[str, Any] = {
        "ref": "a",
        "principal": 12_000_00,
        "owed": 12_500_00,
        "annual_rate": Decimal("0.12"),
        "lender_type": "consumer_finance",
    }
    return Overdue(**(facts | changes))


def after(*debts: Overdue, months: int = 12) -> DoNothing:
    return do_nothing(debts, BOOK, on=TODAY, first_month=FIRST, months=months)


def test_a_loan_bears_its_interest_and_half_as_much_again_as_penalty() -> None:
    found = after(overdue())
    assert (found.a_month.interest, found.a_month.penalty, found.a_month.fees) == (120_00, 60_00, 0)
    assert (found.last.month, found.last.owed) == (date(2028, 5, 20), 12_500_00 + 12 * 180_00)


def test_a_card_is_charged_a_late_fee_and_no_penalty_interest() -> None:
    found = after(overdue(is_card=True, lender_type="bank"))
    # Five per cent of a least payment of ten per cent.
    assert (found.a_month.interest, found.a_month.penalty, found.a_month.fees) == (120_00, 0, 62_50)


def test_a_rate_nobody_knows_is_assumed_and_named() -> None:
    found = after(overdue(annual_rate=None))
    assert found.unknown_rates == ("a",)
    assert found.a_month.interest == month_interest(12_000_00, Decimal("0.1825"))
    assert [rule.id for rule in found.rules][:2] == [UNKNOWN_RATE, PENALTY]


def test_no_month_adds_more_than_the_ceiling_and_fees_go_first() -> None:
    cap = month_interest(12_000_00, Decimal("0.24"))
    dear = after(overdue(annual_rate=Decimal("0.2"), is_card=True, lender_type="bank")).a_month
    assert (dear.interest, dear.total) == (200_00, cap)
    assert dear.fees == cap - 200_00
    beyond = after(overdue(annual_rate=Decimal("0.36"))).a_month
    assert (beyond.interest, beyond.penalty, beyond.fees) == (cap, 0, 0)


def test_every_rule_that_went_in_is_named_once() -> None:
    found = after(overdue(), overdue(ref="b"), overdue(ref="c", is_card=True, lender_type="bank"))
    names = [rule.id for rule in found.rules]
    assert len(names) == len(set(names))
    assert {PENALTY, CARD_LATE_FEE} < set(names)


def test_an_estimate_of_no_month_is_none() -> None:
    with pytest.raises(ValueError, match="one month"):
        after(overdue(), months=0)


kinds = st.sampled_from(["bank", "consumer_finance", "microloan", "facilitator", "debt_collector", ""])


@given(
    st.integers(0, 10**9),
    st.integers(0, 10**6),
    st.integers(0, 9000),
    st.booleans(),
    kinds,
    st.integers(1, 60),
)
def test_parts_add_up_month_by_month_and_stay_below_the_ceiling(
    principal, more, points, card, kind, months
) -> None:
    debt = overdue(
        principal=principal,
        owed=principal + more,
        annual_rate=Decimal(points).scaleb(-4),
        is_card=card,
        lender_type=kind,
    )
    found = after(debt, months=months)
    highest = max(each.percent for each in ceilings(BOOK, TODAY))
    assert found.a_month.total <= month_interest(principal, highest / 100)
    for number, month in enumerate(found.months, 1):
        assert month.owed == debt.owed + month.added.total
        assert month.added.total == number * found.a_month.total
    assert min(found.a_month.interest, found.a_month.penalty, found.a_month.fees) >= 0
