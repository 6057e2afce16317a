"""How much each claim may be asked for: nobody below their need, nobody above the budget, and no paradoxes of rounding."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.domain.refusal import Refused
from repayment.domain.fair_split import Claim, Rule, room

parts = st.tuples(st.integers(1, 100_000), st.integers(0, 900), st.integers(1, 3), st.integers(0, 1_000))
portfolios = st.lists(parts, min_size=1, max_size=6)
rules = st.sampled_from(list(Rule))


def asked(rows, available, rule):
    claims = [
        Claim(id=str(place), balance=balance, contractual=contractual, priority=priority)
        for place, (balance, contractual, priority, _need) in enumerate(rows)
    ]
    return room(available, claims, [row[3] for row in rows], rule)


def enough(rows, more):
    return sum(row[3] for row in rows) + more


@settings(max_examples=200)
@given(portfolios, st.integers(0, 20_000), st.integers(0, 500), rules)
def test_everybody_gets_their_need_and_more_to_divide_lowers_nobody(rows, more, extra, rule) -> None:
    available = enough(rows, more)
    shares = asked(rows, available, rule)
    assert sum(shares) <= available
    assert all(share >= row[3] for share, row in zip(shares, rows, strict=True))
    after = asked(rows, available + extra, rule)
    assert all(share <= later for share, later in zip(shares, after, strict=True))


@settings(max_examples=200)
@given(portfolios, parts, st.integers(0, 20_000), rules)
def test_one_more_debt_never_raises_anothers_share_of_the_same_budget(rows, newcomer, more, rule) -> None:
    if rule is Rule.CONTRACTUAL and not any(row[1] for row in rows):
        return  # Without any contract's amount the rule is the one by balance: the question itself would change.
    available = enough([*rows, newcomer], more)
    before, after = asked(rows, available, rule), asked([*rows, newcomer], available, rule)
    assert all(share >= later for share, later in zip(before, after, strict=False))


def test_needs_beyond_the_budget_are_refused() -> None:
    with pytest.raises(Refused) as caught:
        asked([(1_000, 0, 1, 600), (1_000, 0, 1, 600)], 1_000, Rule.BALANCE)
    assert caught.value.code == "too_little"
