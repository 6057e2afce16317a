"""Three ways out for all lenders at once: each can be paid in every month, and more money never makes it worse."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.domain.refusal import Refused
from repayment.domain import search as searching
from repayment.domain.comparison import Candidate, DebtFacts, Kind, PolicyLimits, WhyNot
from repayment.domain.schedule import Schedule, build, month_after
from repayment.domain.search import LIGHT_MONTHS, search
from repayment.domain.terms import Arrears, Method, Terms, Treatment

START, FIRST_DUE = date(2027, 1, 15), date(2027, 1, 31)
# As the contract says, no favours.
PLAIN = PolicyLimits(max_periods=60, interest_free_max_periods=0, deferral_max_periods=0)
KIND = replace(PLAIN, interest_free_max_periods=36, deferral_max_periods=3)
SILENT = replace(PLAIN, published=False)


def debt(ref: str = "a", **changes: Any) -> DebtFacts:
    facts: dict[str, Any] = {
        "ref": ref,
        "currency": "CNY",
        "principal": 12_000_00,
        "annual_rate": Decimal("0.18"),
    }
    return DebtFacts(**(facts | changes))


def ways(
    debts: list[DebtFacts], available: int, policy: PolicyLimits = PLAIN, **others: PolicyLimits
) -> dict[Kind, Candidate]:
    limits = {each.ref: others.get(each.ref, policy) for each in debts}
    return {each.kind: each for each in search(debts, available, START, FIRST_DUE, limits)}


# ── free soonest ─────────────────────────────────────────────────────────────────────────────
def test_one_debt_is_over_as_soon_as_its_rows_fit() -> None:
    found = ways([debt()], 1_100_19)[Kind.SOONEST]
    assert (found.months, found.first_monthly, found.highest_monthly) == (12, 1_100_16, 1_100_19)
    assert (found.on_top, found.left_each_month) == (1_201_95, 0)
    # One cent less, and the last row of twelve no longer fits.
    assert ways([debt()], 1_100_18)[Kind.SOONEST].months == 13


def test_no_interest_is_taken_where_it_is_offered() -> None:
    found = ways([debt()], 1_100_19, KIND)[Kind.SOONEST]
    assert found.per_debt[0].terms.method is Method.INTEREST_FREE
    assert (found.months, found.total_cost, found.on_top) == (11, 12_000_00, 0)
    # Beyond what is offered without interest, the debt's own rate comes back.
    longer = ways([debt()], 320_00, KIND)[Kind.SOONEST]
    assert longer.per_debt[0].terms.method is Method.EQUAL_INSTALMENT
    assert longer.months > 36


def test_all_that_a_policy_waives_is_asked_for() -> None:
    policy = replace(PLAIN, waive_interest_percent=50, waive_fees_percent=100)
    found = ways([debt(interest=333, fees=999)], 2_000_00, policy)[Kind.SOONEST]
    terms = found.per_debt[0].terms
    assert (terms.waive_interest, terms.waive_fees, found.waived) == (166, 999, 1165)
    assert found.total_cost == 12_000_00 + 333 + 999 + found.on_top


def test_several_debts_are_over_together_at_the_earliest_month_there_is() -> None:
    debts = [
        debt(),
        debt("b", principal=30_000_00, annual_rate=Decimal("0.06")),
        debt("c", principal=2_000_00),
    ]
    found = ways(debts, 2_500_00)[Kind.SOONEST]

    def least(each: DebtFacts, months: int) -> int:
        return min(highest(each, periods) for periods in range(1, months + 1))

    assert sum(least(each, found.months) for each in debts) <= 2_500_00
    assert sum(least(each, found.months - 1) for each in debts) > 2_500_00


def highest(each: DebtFacts, periods: int) -> int:
    terms = Terms(
        currency="CNY",
        principal=each.principal,
        interest=each.interest,
        fees=each.fees,
        annual_rate=each.annual_rate or Decimal(0),
        method=Method.EQUAL_INSTALMENT,
        periods=periods,
        start=START,
        first_due=FIRST_DUE,
        arrears=Arrears.SPREAD,
    )
    return build(terms).highest


def test_what_the_months_leave_makes_it_cheaper() -> None:
    debts = [debt(), debt("b", principal=1_000_00)]
    found = ways(debts, 1_400_00)[Kind.SOONEST]
    small = found.per_debt[1].schedule
    # Twelve thousand need eleven months; the small one need not take as long.
    assert found.months == len(found.per_debt[0].schedule.rows) > len(small.rows)


# ── lightest month ───────────────────────────────────────────────────────────────────────────
def test_the_lightest_month_does_not_depend_on_what_else_there_would_be() -> None:
    debts = [debt(), debt("b", principal=30_000_00)]
    little, much = (ways(debts, available, KIND)[Kind.LIGHTEST] for available in (1_200_00, 9_000_00))
    assert little.per_debt == much.per_debt
    assert little.months == 60


def test_without_interest_is_lighter_only_where_it_runs_as_long() -> None:
    free = replace(PLAIN, interest_free_max_periods=60)
    found = ways([debt()], 1_200_00, free)[Kind.LIGHTEST]
    assert (found.highest_monthly, found.on_top) == (200_00, 0)


# ── light first ──────────────────────────────────────────────────────────────────────────────
def test_a_pause_comes_first_where_it_is_offered_and_carries_its_interest() -> None:
    policy = replace(PLAIN, deferral_max_periods=6)
    found = ways([debt()], 1_200_00, policy)[Kind.LIGHT_FIRST]
    terms = found.per_debt[0].terms
    assert terms.deferral is not None
    assert (terms.deferral.periods, terms.deferral.treatment) == (6, Treatment.CARRIED_SPREAD)
    assert [month.total for month in found.monthly[:6]] == [0] * 6
    assert found.on_top > ways([debt()], 1_200_00)[Kind.SOONEST].on_top
    assert (found.left_at_first, found.first_monthly) == (1_200_00, 0)


def test_without_a_pause_the_first_half_year_takes_half_as_much() -> None:
    found = ways([debt()], 1_200_00)[Kind.LIGHT_FIRST]
    amounts = [month.total for month in found.monthly]
    first, later = amounts[:LIGHT_MONTHS], amounts[LIGHT_MONTHS:]
    assert set(first) == {first[0]}
    assert first[0] * 2 <= min(later)
    assert max(later) <= 1_200_00


def test_light_months_always_pay_the_interest() -> None:
    dear = debt(annual_rate=Decimal("0.9"))
    found = ways([dear], 1_200_00)[Kind.LIGHT_FIRST]
    assert found.monthly[0].total >= 900_00
    assert [row.balance for row in found.per_debt[0].schedule.rows][:LIGHT_MONTHS] == [
        12_000_00
    ] * LIGHT_MONTHS


def test_a_lender_that_publishes_nothing_is_counted_at_its_contract_beside_the_others() -> None:
    debts = [debt(), debt("b", principal=6_000_00)]
    found = ways(debts, 1_500_00, replace(KIND, deferral_max_periods=6), b=SILENT)
    for candidate in found.values():
        assert candidate.per_debt[1].terms.method is Method.EQUAL_INSTALMENT
        assert candidate.per_debt[1].terms.deferral is None
        assert candidate.per_debt[1].terms.steps == ()
    assert dict(found[Kind.LIGHT_FIRST].monthly[0].per_debt)["a"] == 0


def test_where_nobody_publishes_anything_nothing_light_is_promised() -> None:
    found = ways([debt()], 1_000_00, SILENT)
    assert found[Kind.SOONEST].fits
    assert found[Kind.LIGHTEST].fits
    assert (found[Kind.LIGHT_FIRST].why_not, found[Kind.LIGHT_FIRST].blocked_by) == (WhyNot.NOT_OFFERED, "a")


# ── limits ───────────────────────────────────────────────────────────────────────────────────
def test_instalments_never_fall_below_a_lenders_smallest() -> None:
    policy = replace(KIND, interest_free_max_periods=60, min_instalment=500_00)
    found = ways([debt(principal=5_000_00)], 400_00, policy)[Kind.LIGHTEST]
    assert (found.fits, found.needed) == (False, 500_00)
    assert ways([debt(principal=5_000_00)], 500_00, policy)[Kind.LIGHTEST].months == 10
    # A debt below the smallest instalment is simply paid at once.
    assert ways([debt(principal=300_00)], 400_00, policy)[Kind.SOONEST].months == 1


def test_a_pause_counts_towards_the_longest_plan() -> None:
    policy = PolicyLimits(max_periods=12, interest_free_max_periods=12, deferral_max_periods=2)
    for candidate in ways([debt()], 1_350_00, policy).values():
        for plan in candidate.per_debt:
            pause = plan.terms.deferral.periods if plan.terms.deferral else 0
            assert len(plan.schedule.rows) + pause <= 12


def test_too_little_names_the_debt_that_weighs_most_and_what_would_be_enough() -> None:
    debts = [debt("card", principal=30_000_00), debt("loan", principal=6_000_00)]
    found = ways(debts, 500_00)[Kind.LIGHTEST]
    assert (found.fits, found.why_not, found.blocked_by) == (False, WhyNot.TOO_LITTLE, "card")
    assert found.needed is not None
    assert ways(debts, found.needed)[Kind.LIGHTEST].fits
    assert not ways(debts, found.needed - 1)[Kind.LIGHTEST].fits
    assert ways(debts, 0)[Kind.SOONEST].why_not is WhyNot.NOTHING_AVAILABLE


def test_an_unknown_rate_is_counted_as_nothing_and_said_so() -> None:
    found = ways([debt(annual_rate=None)], 1_000_00)[Kind.SOONEST]
    assert (found.unknown_rates, found.on_top) == (("a",), 0)
    assert ways([debt(annual_rate=None)], 1_000_00, KIND)[Kind.SOONEST].unknown_rates == ()


def test_debts_without_principal_or_in_two_currencies_are_not_guessed_at() -> None:
    none = ways([debt(principal=0, interest=5)], 100)
    assert {candidate.why_not for candidate in none.values()} == {WhyNot.NO_PRINCIPAL}
    assert ways([debt(principal=0)], 100) == {}
    with pytest.raises(Refused) as caught:
        ways([debt(), debt("b", currency="USD")], 100)
    assert caught.value.code == "mixed_currencies"


def test_a_debt_of_a_few_fen_does_not_stand_in_the_way_of_the_others() -> None:
    found = ways([debt(principal=5_000_000), debt("tiny", principal=5)], 180_000, KIND)
    assert [candidate.fits for candidate in found.values()] == [True, True, True]


def test_a_month_lists_every_debt_on_the_restored_day() -> None:
    found = ways([debt(), debt("b", principal=6_000_00)], 1_000_00)[Kind.SOONEST]
    assert [month.month for month in found.monthly[:3]] == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
    ]
    first = found.monthly[0]
    assert [ref for ref, _ in first.per_debt] == ["a", "b"]
    assert first.total + first.left == 1_000_00


# ── thousands of portfolios ──────────────────────────────────────────────────────────────────
portfolios = st.lists(
    st.tuples(
        st.integers(1, 5_000_000),
        st.integers(0, 200_000),
        st.integers(0, 50_000),
        st.none() | st.integers(0, 3600).map(lambda points: Decimal(points).scaleb(-4)),
        st.builds(
            PolicyLimits,
            max_periods=st.integers(1, 60),
            interest_free_max_periods=st.sampled_from([0, 0, 6, 12, 36, 60]),
            deferral_max_periods=st.sampled_from([0, 0, 1, 3, 6]),
            min_instalment=st.sampled_from([0, 0, 10_000]),
            waive_interest_percent=st.sampled_from([0, 33, 100]),
            waive_fees_percent=st.sampled_from([0, 50, 100]),
            published=st.sampled_from([True, True, True, False]),
        ),
    ),
    min_size=1,
    max_size=4,
)


def found_for(portfolio: list[Any], available: int) -> dict[Kind, Candidate]:
    debts = [
        debt(str(place), principal=row[0], interest=row[1], fees=row[2], annual_rate=row[3])
        for place, row in enumerate(portfolio)
    ]
    limits = {str(place): row[4] for place, row in enumerate(portfolio)}
    return {each.kind: each for each in search(debts, available, START, FIRST_DUE, limits)}


@pytest.mark.long
@settings(max_examples=4000, deadline=None)
@given(portfolios, st.integers(0, 1_000_000))
def test_thousands_of_portfolios_can_be_paid_in_every_month(portfolio, available) -> None:
    payable(portfolio, available)


@settings(max_examples=120, deadline=None)
@given(portfolios, st.integers(0, 1_000_000))
def test_every_candidate_can_be_paid_in_every_month_inside_every_policy(portfolio, available) -> None:
    payable(portfolio, available)


def payable(portfolio: list[Any], available: int) -> None:
    for kind, candidate in found_for(portfolio, available).items():
        if not candidate.fits:
            assert candidate.needed is None or candidate.needed > available
            continue
        assert all(month.total <= available for month in candidate.monthly)
        assert all(month.total + month.left == available for month in candidate.monthly)
        assert sum(month.total for month in candidate.monthly) == candidate.total_cost
        assert (
            candidate.monthly[-1].month == candidate.last_due == month_after(FIRST_DUE, candidate.months - 1)
        )
        owed = sum(row[0] + row[1] + row[2] for row in portfolio)
        assert candidate.total_cost == owed + candidate.on_top >= owed - candidate.waived
        for plan, (*_facts, policy) in zip(candidate.per_debt, portfolio, strict=True):
            keeps_to(policy, plan.terms, plan.schedule)
            assert kind is Kind.LIGHT_FIRST or not (plan.terms.deferral or plan.terms.steps)


def keeps_to(policy: PolicyLimits, terms: Terms, schedule: Schedule) -> None:
    pause = terms.deferral.periods if terms.deferral else 0
    length = len(schedule.rows) + pause
    assert length <= policy.max_periods
    assert pause <= policy.deferral_max_periods
    assert terms.method is not Method.INTEREST_FREE or length <= policy.interest_free_max_periods
    assert all(row.amount >= policy.min_instalment for row in schedule.rows[:-1])
    assert terms.waive_interest * 100 <= terms.interest * policy.waive_interest_percent
    assert terms.waive_fees * 100 <= terms.fees * policy.waive_fees_percent


@settings(max_examples=80, deadline=None)
@given(portfolios, st.integers(0, 600_000), st.integers(0, 300_000))
def test_more_to_live_on_never_takes_a_way_out_away_nor_makes_it_later(portfolio, available, more) -> None:
    before, after = found_for(portfolio, available), found_for(portfolio, available + more)
    for kind in Kind:
        if before[kind].fits:
            assert after[kind].fits
    if before[Kind.SOONEST].fits:
        assert after[Kind.SOONEST].months <= before[Kind.SOONEST].months
        assert after[Kind.LIGHTEST].highest_monthly == before[Kind.LIGHTEST].highest_monthly


@settings(max_examples=30, deadline=None)
@given(portfolios, st.integers(0, 300_000))
def test_what_is_named_as_enough_is_enough_and_each_is_first_in_what_its_name_says(
    portfolio, available
) -> None:
    found = found_for(portfolio, available)
    for kind, candidate in found.items():
        if candidate.needed is not None:
            assert found_for(portfolio, candidate.needed)[kind].fits
    fitting = [candidate for candidate in found.values() if candidate.fits]
    if found[Kind.SOONEST].fits:
        plain = [each for each in fitting if each.kind is not Kind.LIGHT_FIRST]
        assert found[Kind.SOONEST].months == min(each.months for each in plain)


@settings(max_examples=30, deadline=None)
@given(portfolios, st.integers(0, 600_000))
def test_the_same_question_has_the_same_answer(portfolio, available) -> None:
    assert found_for(portfolio, available) == found_for(portfolio, available)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(10_000, 500_000), st.sampled_from(["0", "0.12", "0.36"])),
        min_size=1,
        max_size=3,
    ),
    st.integers(20_000, 200_000),
)
def test_no_mix_of_lengths_is_over_sooner(rows, available) -> None:
    """Against trying every mix of lengths of a short policy."""
    short = PolicyLimits(max_periods=7, interest_free_max_periods=4, deferral_max_periods=0)
    portfolio = [(principal, 0, 0, Decimal(rate), short) for principal, rate in rows]
    every = [
        [
            (months, way)
            for way, most in ((Method.INTEREST_FREE, 4), (Method.EQUAL_INSTALMENT, 7))
            for months in range(1, most + 1)
        ]
        for _ in rows
    ]
    best = None
    for mix in product(*every):
        dearest = 0
        for (principal, rate), (months, method) in zip(rows, mix, strict=True):
            terms = Terms(
                currency="CNY",
                principal=principal,
                annual_rate=Decimal(rate),
                method=method,
                periods=months,
                start=START,
                first_due=FIRST_DUE,
                arrears=Arrears.SPREAD,
            )
            dearest += build(terms).highest
        if dearest <= available:
            last = max(months for months, _ in mix)
            best = last if best is None else min(best, last)
    found = found_for(portfolio, available)[Kind.SOONEST]
    assert (found.months if found.fits else None) == best


def test_many_debts_over_many_years_build_few_schedules(monkeypatch: pytest.MonkeyPatch) -> None:
    built = 0

    def counting(terms: Terms) -> Schedule:
        nonlocal built
        built += 1
        return build(terms)

    monkeypatch.setattr(searching, "build", counting)
    policy = PolicyLimits(max_periods=600, interest_free_max_periods=600, deferral_max_periods=6)
    ways([debt(str(number), principal=1_000_000) for number in range(40)], 620_000, policy)
    assert 0 < built < 40 * 12
