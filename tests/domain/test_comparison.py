"""Three ways out on one budget: what fits stays within it every month, what does not says why."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.domain.refusal import Refused
from repayment.domain import comparison
from repayment.domain.comparison import Candidate, DebtFacts, Kind, PolicyLimits, WhyNot, compare
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Method, Terms, Treatment

START, FIRST_DUE = date(2027, 1, 15), date(2027, 1, 31)
POLICY = PolicyLimits(max_periods=60, interest_free_max_periods=60, deferral_max_periods=6)


def debt(ref: str = "a", **changes: Any) -> DebtFacts:
    facts: dict[str, Any] = {
        "ref": ref,
        "lender_ref": "bank",
        "currency": "CNY",
        "principal": 12_000_00,
        "annual_rate": Decimal("0.18"),
    }
    return DebtFacts(**(facts | changes))


def ways(debts: list[DebtFacts], available: int, policy: PolicyLimits = POLICY) -> dict[Kind, Candidate]:
    return {
        candidate.kind: candidate
        for candidate in compare(debts, available, START, FIRST_DUE, {"bank": policy})
    }


def test_one_debt_gets_the_shortest_plan_that_fits() -> None:
    found = ways([debt()], 1_100_19)
    equal = found[Kind.EQUAL_INSTALMENT]
    assert (equal.months, equal.first_monthly, equal.highest_monthly) == (12, 1_100_16, 1_100_19)
    assert (equal.total_interest, equal.left_each_month) == (1_201_95, 0)
    # One cent less, and the last row of twelve no longer fits.
    assert ways([debt()], 1_100_18)[Kind.EQUAL_INSTALMENT].months == 13
    free = found[Kind.INTEREST_FREE]
    assert (free.months, free.total_cost, free.total_interest) == (11, 12_000_00, 0)
    assert free.per_debt[0].terms.method is Method.INTEREST_FREE


def test_a_pause_is_followed_by_equal_instalments_and_carries_its_interest() -> None:
    pause = ways([debt()], 1_200_00)[Kind.DEFERRAL]
    terms = pause.per_debt[0].terms
    assert terms.deferral is not None
    assert (terms.deferral.periods, terms.deferral.treatment) == (3, Treatment.CARRIED_SPREAD)
    assert [month.total for month in pause.monthly[:3]] == [0, 0, 0]
    assert pause.first_monthly == pause.monthly[3].total > 0
    assert pause.total_interest > ways([debt()], 1_200_00)[Kind.EQUAL_INSTALMENT].total_interest


def test_a_month_lists_every_debt_on_the_restored_day() -> None:
    found = ways([debt(), debt("b", principal=6_000_00)], 1_000_00)[Kind.EQUAL_INSTALMENT]
    assert [month.month for month in found.monthly[:3]] == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
    ]
    first = found.monthly[0]
    assert [ref for ref, _ in first.per_debt] == ["a", "b"]
    assert first.total == sum(amount for _, amount in first.per_debt)
    assert first.left == 1_000_00 - first.total


def test_too_little_names_the_debt_that_blocks_and_what_would_be_enough() -> None:
    debts = [debt("card", principal=30_000_00), debt("loan", principal=6_000_00)]
    found = ways(debts, 500_00)[Kind.EQUAL_INSTALMENT]
    assert (found.fits, found.why_not, found.blocked_by) == (False, WhyNot.TOO_LITTLE, "card")
    assert found.needed is not None
    assert ways(debts, found.needed)[Kind.EQUAL_INSTALMENT].fits
    assert not ways(debts, found.needed - 1)[Kind.EQUAL_INSTALMENT].fits
    nothing = ways(debts, 0)[Kind.INTEREST_FREE]
    assert (nothing.why_not, nothing.needed) == (WhyNot.NOTHING_AVAILABLE, 600_00)


def test_a_lender_that_does_not_offer_a_way_blocks_it() -> None:
    closed = PolicyLimits(max_periods=24, interest_free_max_periods=0, deferral_max_periods=0)
    found = ways([debt()], 1_000_00, closed)
    assert found[Kind.EQUAL_INSTALMENT].fits
    assert found[Kind.INTEREST_FREE].why_not is WhyNot.NOT_OFFERED
    assert found[Kind.DEFERRAL].why_not is WhyNot.NOT_OFFERED
    unknown = compare([debt(lender_ref="other")], 1_000_00, START, FIRST_DUE, {"bank": closed})
    assert {candidate.why_not for candidate in unknown} == {WhyNot.NO_POLICY}


def test_a_lender_that_publishes_nothing_is_counted_at_its_contract_in_every_way() -> None:
    silent = PolicyLimits(
        max_periods=60, interest_free_max_periods=0, deferral_max_periods=0, published=False
    )
    debts = [debt(), debt("b", lender_ref="silent", principal=6_000_00)]
    found = compare(debts, 1_500_00, START, FIRST_DUE, {"bank": POLICY, "silent": silent})
    assert [candidate.fits for candidate in found] == [True, True, True]
    assert {candidate.per_debt[1].terms.method for candidate in found} == {Method.EQUAL_INSTALMENT}
    assert {candidate.per_debt[1].terms.deferral for candidate in found} == {None}
    _equal, free, pause = found
    assert free.per_debt[0].terms.method is Method.INTEREST_FREE
    assert free.total_interest == free.per_debt[1].schedule.totals.interest > 0
    assert dict(pause.monthly[0].per_debt)["a"] == 0 < dict(pause.monthly[0].per_debt)["b"]
    assert all(month.total <= 1_500_00 for candidate in found for month in candidate.monthly)


def test_where_nobody_publishes_anything_there_is_one_way_of_counting() -> None:
    silent = PolicyLimits(
        max_periods=60, interest_free_max_periods=0, deferral_max_periods=0, published=False
    )
    found = ways([debt()], 1_000_00, silent)
    assert found[Kind.EQUAL_INSTALMENT].fits
    assert {found[kind].why_not for kind in (Kind.INTEREST_FREE, Kind.DEFERRAL)} == {WhyNot.NO_POLICY}


def test_an_unknown_rate_beside_an_interest_free_plan_is_still_named() -> None:
    silent = PolicyLimits(
        max_periods=60, interest_free_max_periods=0, deferral_max_periods=0, published=False
    )
    debts = [debt(annual_rate=None), debt("b", lender_ref="silent", annual_rate=None)]
    _equal, free, _pause = compare(debts, 3_000_00, START, FIRST_DUE, {"bank": POLICY, "silent": silent})
    assert free.unknown_rates == ("b",)


def test_instalments_never_fall_below_a_lenders_smallest() -> None:
    policy = PolicyLimits(
        max_periods=60, interest_free_max_periods=60, deferral_max_periods=3, min_instalment=500_00
    )
    found = ways([debt(principal=5_000_00)], 400_00, policy)[Kind.INTEREST_FREE]
    assert (found.fits, found.needed) == (False, 500_00)
    assert ways([debt(principal=5_000_00)], 500_00, policy)[Kind.INTEREST_FREE].months == 10
    # A debt below the smallest instalment is simply paid at once.
    assert ways([debt(principal=300_00)], 400_00, policy)[Kind.INTEREST_FREE].months == 1


def test_a_short_pause_counts_towards_the_longest_plan() -> None:
    policy = PolicyLimits(max_periods=12, interest_free_max_periods=12, deferral_max_periods=2)
    found = ways([debt()], 1_350_00, policy)[Kind.DEFERRAL]
    assert found.fits
    assert found.months == 12
    assert [month.total > 0 for month in found.monthly[:3]] == [False, False, True]


def test_an_unknown_rate_is_counted_as_nothing_and_said_so() -> None:
    found = ways([debt(annual_rate=None)], 1_000_00)
    assert found[Kind.EQUAL_INSTALMENT].unknown_rates == ("a",)
    assert found[Kind.EQUAL_INSTALMENT].total_interest == 0
    assert found[Kind.INTEREST_FREE].unknown_rates == ()


def test_debts_without_principal_or_in_two_currencies_are_not_guessed_at() -> None:
    assert ways([debt(principal=0, interest=5)], 100)[Kind.DEFERRAL].why_not is WhyNot.NO_PRINCIPAL
    assert ways([debt(principal=0)], 100) == {}
    with pytest.raises(Refused) as caught:
        ways([debt(), debt("b", currency="USD")], 100)
    assert caught.value.code == "mixed_currencies"


any_debts = st.lists(
    st.tuples(
        st.integers(1, 5_000_000),
        st.integers(0, 200_000),
        st.integers(0, 50_000),
        st.none() | st.integers(0, 3600).map(lambda points: Decimal(points).scaleb(-4)),
    ),
    min_size=1,
    max_size=4,
).map(
    lambda rows: [
        debt(str(place), principal=principal, interest=interest, fees=fees, annual_rate=rate)
        for place, (principal, interest, fees, rate) in enumerate(rows)
    ]
)
policies = st.builds(
    PolicyLimits,
    max_periods=st.integers(1, 36),
    interest_free_max_periods=st.integers(0, 60),
    deferral_max_periods=st.integers(0, 6),
    min_instalment=st.sampled_from([0, 10_000]),
)


@settings(max_examples=60, deadline=None)
@given(any_debts, st.integers(0, 1_000_000), policies)
def test_what_fits_never_asks_for_more_than_is_available_in_any_month(
    debts: list[DebtFacts], available: int, policy: PolicyLimits
) -> None:
    for candidate in ways(debts, available, policy).values():
        if not candidate.fits:
            assert candidate.blocked_by in {debt.ref for debt in debts}
            assert candidate.needed is None or candidate.needed > available
            continue
        assert max(month.total for month in candidate.monthly) <= available
        assert sum(month.total for month in candidate.monthly) == candidate.total_cost
        owed = sum(debt.owed for debt in debts)
        assert candidate.total_cost == owed + candidate.total_interest
        assert candidate.total_interest >= 0
        assert candidate.monthly[-1].month == candidate.last_due


@settings(max_examples=30, deadline=None)
@given(any_debts, st.integers(0, 300_000), policies)
def test_the_budget_that_is_named_as_enough_is_enough(
    debts: list[DebtFacts], available: int, policy: PolicyLimits
) -> None:
    for kind, candidate in ways(debts, available, policy).items():
        if candidate.needed is not None:
            assert ways(debts, candidate.needed, policy)[kind].fits


def test_a_debt_of_a_few_fen_does_not_stand_in_the_way_of_the_others() -> None:
    debts = [
        DebtFacts(
            ref="large", lender_ref="a", currency="CNY", principal=5_000_000, annual_rate=Decimal("0.18")
        ),
        DebtFacts(ref="tiny", lender_ref="b", currency="CNY", principal=5, annual_rate=Decimal("0.18")),
    ]
    generous = PolicyLimits(max_periods=60, interest_free_max_periods=60, deferral_max_periods=6)
    found = compare(debts, 180_000, date(2027, 1, 1), date(2027, 2, 1), {"a": generous, "b": generous})
    assert [candidate.fits for candidate in found] == [True, True, True]
    for candidate in found:
        assert max(month.total for month in candidate.monthly) <= 180_000


def test_a_lenders_smallest_instalment_is_set_aside_before_the_rest_is_shared() -> None:
    debts = [
        DebtFacts(
            ref="large", lender_ref="a", currency="CNY", principal=5_000_000, annual_rate=Decimal("0.18")
        ),
        DebtFacts(ref="small", lender_ref="b", currency="CNY", principal=30_000, annual_rate=Decimal("0.18")),
    ]
    limits = {
        "a": PolicyLimits(max_periods=60, interest_free_max_periods=60, deferral_max_periods=6),
        "b": PolicyLimits(
            max_periods=24, interest_free_max_periods=24, deferral_max_periods=6, min_instalment=10_000
        ),
    }
    found = compare(debts, 180_000, date(2027, 1, 1), date(2027, 2, 1), limits)
    assert found[0].fits


def test_two_hundred_debts_over_fifty_years_build_few_schedules(monkeypatch: pytest.MonkeyPatch) -> None:
    built = 0
    real = comparison.build

    def counting(terms: Terms) -> Schedule:
        nonlocal built
        built += 1
        return real(terms)

    monkeypatch.setattr(comparison, "build", counting)
    debts = [
        DebtFacts(
            ref=str(number), lender_ref="a", currency="CNY", principal=1_000_000, annual_rate=Decimal("0.18")
        )
        for number in range(40)
    ]
    policy = PolicyLimits(max_periods=600, interest_free_max_periods=600, deferral_max_periods=6)
    compare(debts, 620_000, date(2027, 1, 1), date(2027, 2, 1), {"a": policy})
    assert built < 40 * 3 * 16
