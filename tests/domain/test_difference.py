"""A counter-offer is shown as what it changes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cases.domain.refusal import Refused
from repayment.domain.difference import Change, Difference, Field, differences, usual_amount
from repayment.domain.schedule import build
from repayment.domain.terms import Deferral, Method, Terms, Treatment

OURS = Terms(
    currency="CNY",
    principal=12_000_00,
    interest=400_00,
    annual_rate=Decimal("0.18"),
    method=Method.EQUAL_INSTALMENT,
    periods=12,
    start=date(2027, 1, 15),
    first_due=date(2027, 2, 15),
)


def changes(theirs: Terms, ours: Terms = OURS) -> dict[Field, Difference]:
    return {difference.field: difference for difference in differences(ours, theirs)}


def test_equal_terms_differ_in_nothing() -> None:
    found = differences(OURS, OURS)
    assert [difference.field for difference in found] == list(Field)
    assert {difference.change for difference in found} == {Change.SAME}


def test_more_months_cost_more_and_ask_less_each_month() -> None:
    found = changes(replace(OURS, periods=24))
    assert (found[Field.PERIODS].change, found[Field.PERIODS].by) == (Change.MORE, 12)
    assert found[Field.MONTHLY].change is Change.LESS
    assert found[Field.TOTAL_COST].change is Change.MORE
    cost = found[Field.TOTAL_COST]
    assert isinstance(cost.before, int)
    assert isinstance(cost.after, int)
    assert cost.by == cost.after - cost.before
    assert found[Field.FIRST_DUE].change is Change.SAME
    assert (found[Field.LAST_DUE].change, found[Field.LAST_DUE].by) == (Change.MORE, 366)


def test_a_waiver_is_new_and_a_withdrawn_one_is_gone() -> None:
    kinder = replace(OURS, waive_interest=100_00)
    assert changes(kinder)[Field.WAIVED_INTEREST] == Difference(
        field=Field.WAIVED_INTEREST, before=None, after=100_00, change=Change.NEW, by=100_00
    )
    assert changes(OURS, kinder)[Field.WAIVED_INTEREST].change is Change.GONE
    more = changes(replace(OURS, waive_interest=150_00), kinder)[Field.WAIVED_INTEREST]
    assert (more.change, more.by) == (Change.MORE, 50_00)


def test_interest_free_terms_lower_the_rate_to_nothing() -> None:
    found = changes(replace(OURS, method=Method.INTEREST_FREE))
    assert (found[Field.RATE].change, found[Field.RATE].by) == (Change.LESS, Decimal("0.18"))
    assert found[Field.METHOD].change is Change.OTHER
    assert found[Field.METHOD].by is None


def test_a_pause_moves_the_first_due_date_and_may_waive_interest() -> None:
    found = changes(replace(OURS, deferral=Deferral(periods=2, treatment=Treatment.WAIVED)))
    assert (found[Field.PAUSE].change, found[Field.PAUSE].by) == (Change.NEW, 2)
    assert (found[Field.FIRST_DUE].change, found[Field.FIRST_DUE].by) == (Change.MORE, 59)
    assert found[Field.WAIVED_INTEREST].after == 360_00


def test_the_usual_amount_is_the_one_asked_most_often() -> None:
    assert usual_amount(build(OURS)) == 1_100_16
    assert usual_amount(build(replace(OURS, interest=0, method=Method.EQUAL_PRINCIPAL))) == 1_180_00


def test_two_currencies_cannot_be_compared() -> None:
    with pytest.raises(Refused) as caught:
        differences(OURS, replace(OURS, currency="USD"))
    assert caught.value.code == "mixed_currencies"
