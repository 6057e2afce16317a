"""Shares of one budget: the published example, the contract's rules and what must hold for any claims."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.domain.refusal import Refused
from repayment.domain.fair_split import Claim, Rule, fair_split


def shares(available: int, claims: list[Claim], rule: Rule = Rule.BALANCE) -> list[int]:
    return [share.amount for share in fair_split(available, claims, rule).shares]


def claims_of(*balances: int) -> list[Claim]:
    return [Claim(id=str(place), balance=balance) for place, balance in enumerate(balances)]


def test_the_published_example_sums_to_the_cent() -> None:
    assert shares(160_00, claims_of(4_550_00, 6_700_00, 1_200_00)) == [58_47, 86_11, 15_42]


def test_a_claim_that_is_full_leaves_its_surplus_to_the_others() -> None:
    assert shares(100, claims_of(10, 1000, 1000), Rule.EQUAL) == [10, 45, 45]
    split = fair_split(5000, claims_of(10, 1000), Rule.EQUAL)
    assert (split.total, split.unallocated) == (1010, 3990)


def test_contractual_weights_wait_for_claims_without_a_contract() -> None:
    claims = [
        Claim(id="a", balance=100, contractual=30),
        Claim(id="b", balance=100, contractual=10),
        Claim(id="c", balance=300),
        Claim(id="d", balance=100),
    ]
    assert shares(100, claims, Rule.CONTRACTUAL) == [75, 25, 0, 0]
    assert shares(240, claims, Rule.CONTRACTUAL) == [100, 100, 30, 10]
    assert shares(160_00, claims_of(4_550_00, 6_700_00, 1_200_00), Rule.CONTRACTUAL) == [58_47, 86_11, 15_42]


def test_priority_is_paid_in_full_before_the_next_gets_a_cent() -> None:
    claims = [
        Claim(id="a", balance=100, priority=2),
        Claim(id="b", balance=50, priority=1),
        Claim(id="c", balance=300, priority=2),
    ]
    assert shares(50, claims, Rule.PRIORITY_FIRST) == [0, 50, 0]
    assert shares(90, claims, Rule.PRIORITY_FIRST) == [10, 50, 30]
    assert shares(45, claims, Rule.PRIORITY_FIRST) == [0, 45, 0]


def test_nothing_available_nothing_owed_and_nobody_owed_are_all_fine() -> None:
    assert shares(0, claims_of(5, 0)) == [0, 0]
    assert shares(7, claims_of(0, 0)) == [0, 0]
    assert fair_split(7, []).unallocated == 7


def test_odd_cents_go_to_the_earlier_claim() -> None:
    assert shares(100, claims_of(1000, 1000, 1000)) == [34, 33, 33]


@pytest.mark.parametrize(
    ("available", "claims", "rule", "field"),
    [
        (-1, claims_of(1), Rule.BALANCE, "available"),
        (1, [Claim(id="a", balance=-1)], Rule.BALANCE, "claims/0/balance"),
        (1, [Claim(id="a", balance=1), Claim(id="a", balance=1)], Rule.BALANCE, "claims/1/id"),
        (1, [Claim(id="a", balance=1)], Rule.PRIORITY_FIRST, "claims/0/priority"),
        (1, [Claim(id="a", balance=1, priority=0)], Rule.BALANCE, "claims/0/priority"),
    ],
)
def test_wrong_claims_are_named(available: int, claims: list[Claim], rule: Rule, field: str) -> None:
    with pytest.raises(Refused) as caught:
        fair_split(available, claims, rule)
    assert caught.value.field == field


amounts = st.integers(0, 10**6)
any_claims = st.lists(st.tuples(amounts, amounts | st.just(0), st.integers(1, 3)), max_size=8).map(
    lambda rows: [
        Claim(id=str(place), balance=balance, contractual=contractual, priority=priority)
        for place, (balance, contractual, priority) in enumerate(rows)
    ]
)


@given(st.integers(0, 10**7), any_claims, st.sampled_from(list(Rule)))
def test_shares_sum_to_the_cent_and_never_pass_a_balance(
    available: int, claims: list[Claim], rule: Rule
) -> None:
    split = fair_split(available, claims, rule)
    assert split.total == sum(share.amount for share in split.shares)
    assert split.total + split.unallocated == available
    assert split.total == min(available, sum(claim.balance for claim in claims))
    assert all(0 <= share.amount <= claim.balance for share, claim in zip(split.shares, claims, strict=True))


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**6), min_size=1, max_size=6), amounts)
def test_another_debt_never_raises_a_share(available: int, balances: list[int], more: int) -> None:
    # Largest remainder may move the last cent (the "new states" paradox), so the law holds to one minor unit.
    for rule in (Rule.BALANCE, Rule.EQUAL):
        before = shares(available, claims_of(*balances), rule)
        after = shares(available, claims_of(*balances, more), rule)
        assert all(new <= old + 1 for new, old in zip(after, before, strict=False))


@given(st.integers(0, 10**6), st.lists(st.integers(1, 10**6), min_size=1, max_size=6))
def test_equal_shares_agree_with_an_oracle_that_searches_the_water_level(
    available: int, balances: list[int]
) -> None:
    # Independent of the implementation: sort, and raise the level claim by claim.
    left, level = Fraction(min(available, sum(balances))), Fraction(0)
    ordered = sorted(balances)
    for place, balance in enumerate(ordered):
        step = min(balance - level, left / (len(ordered) - place))
        left -= step * (len(ordered) - place)
        level += step
    for amount, balance in zip(shares(available, claims_of(*balances), Rule.EQUAL), balances, strict=True):
        assert abs(amount - min(level, balance)) < 1


def water_level(available: Fraction, balances: list[int], weights: list[int]) -> list[Fraction]:
    """Shares min(balance, level × weight), the level found at the sorted points where a claim is full."""
    exact = [Fraction(0)] * len(balances)
    weighted = [place for place, weight in enumerate(weights) if weight]
    if sum(balances[place] for place in weighted) <= available:
        for place in weighted:
            exact[place] = Fraction(balances[place])
        return exact
    points = sorted({Fraction(balances[place], weights[place]) for place in weighted})

    def poured(level: Fraction) -> Fraction:
        return sum(
            (min(Fraction(balances[place]), level * weights[place]) for place in weighted), Fraction(0)
        )

    below = max(point for point in [Fraction(0), *points] if poured(point) <= available)
    rising = sum(weights[place] for place in weighted if Fraction(balances[place], weights[place]) > below)
    level = below + (available - poured(below)) / rising if rising else below
    for place in weighted:
        exact[place] = min(Fraction(balances[place]), level * weights[place])
    return exact


def oracle(available: int, claims: list[Claim], rule: Rule) -> list[int]:
    """The contract once more, without the engine: water level, then one rounding by largest remainder."""
    balances = [claim.balance for claim in claims]
    if rule is Rule.PRIORITY_FIRST:
        exact, left = [Fraction(0)] * len(claims), Fraction(available)
        for level in sorted({claim.priority or 0 for claim in claims}):
            own = [claim.balance if claim.priority == level else 0 for claim in claims]
            shares_here = water_level(left, own, own)
            exact = [old + new for old, new in zip(exact, shares_here, strict=True)]
            left -= sum(shares_here)
    else:
        weights = {
            Rule.EQUAL: [1] * len(claims),
            Rule.BALANCE: balances,
            Rule.CONTRACTUAL: [claim.contractual for claim in claims],
        }[rule]
        if not any(weights):
            weights = balances
        exact = water_level(Fraction(available), balances, weights)
        rest = [0 if weight else balance for balance, weight in zip(balances, weights, strict=True)]
        late = water_level(Fraction(available) - sum(exact), rest, rest)
        exact = [old + new for old, new in zip(exact, late, strict=True)]
    whole = [int(share) for share in exact]
    missing = int(min(available, sum(balances)) - sum(whole))
    by_remainder = sorted(range(len(exact)), key=lambda place: (whole[place] - exact[place], place))
    for place in by_remainder[:missing]:
        whole[place] += 1
    return whole


@given(st.integers(0, 3 * 10**6), any_claims, st.sampled_from(list(Rule)))
@settings(max_examples=500)
def test_every_rule_agrees_with_an_oracle_to_the_cent(
    available: int, claims: list[Claim], rule: Rule
) -> None:
    assert shares(available, claims, rule) == oracle(available, claims, rule)


@given(st.integers(0, 40), st.lists(st.integers(0, 9), max_size=6), st.sampled_from(list(Rule)))
@settings(max_examples=300)
def test_tiny_budgets_agree_with_the_oracle_too(available: int, balances: list[int], rule: Rule) -> None:
    claims = [
        Claim(id=str(place), balance=balance, contractual=balance % 3, priority=1 + place % 2)
        for place, balance in enumerate(balances)
    ]
    assert shares(available, claims, rule) == oracle(available, claims, rule)
