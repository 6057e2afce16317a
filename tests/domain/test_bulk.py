"""Two thousand schedules at once have the cents of two thousand schedules one by one, whoever computes them."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from repayment.domain.bulk import build_many
from repayment.domain.schedule import build
from repayment.domain.terms import Lump, Method, Step, Terms, TermsRefused, Treatment
from tests.domain.test_schedule_oracle import any_terms


def plain(**changes: object) -> Terms:
    base = Terms(
        currency="CNY", principal=12_000_00, annual_rate=Decimal("0.18"), method=Method.EQUAL_INSTALMENT,
        periods=12, start=date(2027, 1, 15), first_due=date(2027, 2, 15),
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


def agree(plans: list[Terms]) -> tuple[int, int]:
    batch = build_many(plans)
    for place, terms in enumerate(plans):
        if place in batch.refused:
            with pytest.raises(TermsRefused) as caught:
                build(terms)
            assert caught.value.code == batch.refused[place].code
        else:
            assert batch.rows(place) == build(terms).rows, terms
    return len(batch.apart), len(batch.refused)


@pytest.mark.parametrize("seed", range(4))
def test_a_batch_has_the_cents_of_the_scalar_engine(seed: int) -> None:
    dice = random.Random(seed)
    apart, refused = agree([any_terms(dice) for _ in range(600)])
    # Both ways were walked.
    assert 50 < apart < 400
    assert refused > 20


def test_what_an_integer_of_the_machine_cannot_hold_is_done_apart() -> None:
    huge = plain(principal=10**18, annual_rate=Decimal("9.99999999"))
    beyond = plain(principal=10**30)
    batch = build_many([plain(), huge, beyond])
    assert set(batch.apart) == {1, 2}
    assert agree([plain(), huge, beyond]) == (2, 0)


def test_twelve_digits_stay_exact_in_a_batch() -> None:
    plans = [plain(principal=10**12 - 1, periods=60, annual_rate=Decimal("0.2399"))]
    assert agree(plans) == (0, 0)


def test_clauses_and_fixed_amounts_are_done_apart() -> None:
    special = [
        plain(steps=(Step(periods=2, amount=200_00),)),
        plain(method=Method.FIXED_AMOUNT, periods=None, amount=2_000_00),
        plain(
            method=Method.INTEREST_FREE, periods=None, settlement=(Lump(on=date(2027, 2, 15), amount=1_00),)
        ),
        plain(steps=(Step(periods=2, amount=0, treatment=Treatment.WAIVED),)),
    ]
    assert agree(special) == (4, 0)


def test_days_after_short_months_come_back_in_a_batch() -> None:
    plans = [plain(first_due=date(2027, 1, day), start=date(2027, 1, 1)) for day in (28, 29, 30, 31)]
    stated = plain(first_due=date(2027, 2, 28), pay_day=31)
    assert agree([*plans, stated]) == (0, 0)


def test_a_plan_that_is_refused_says_why_and_stops_nobody_else() -> None:
    batch = build_many([plain(principal=0), plain(), plain(principal=3, periods=60, annual_rate=Decimal(0))])
    assert batch.refused[0].code == "nothing_owed"
    assert batch.refused[2].code == "row_not_positive"
    assert batch.count.tolist() == [0, 12, 0]
    with pytest.raises(TermsRefused):
        batch.rows(0)
