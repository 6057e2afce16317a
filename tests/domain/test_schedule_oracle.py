"""A second opinion on every cent: the contract once more, in plain fractions, written without looking at the engine.

The oracle walks month by month with exact fractions, rounds where the contract says, finds the level amount from
present values and spreads odd cents one by one. It shares no function with the engine but the list of methods.
"""

import random
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest

from repayment.domain import schedule
from repayment.domain.terms import Arrears, Deferral, Method, Terms, TermsRefused, Treatment

Row = tuple[int, date, int, int, int, int, int, int]


def half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


def spread(total: int, count: int) -> list[int]:
    parts = [0] * count
    for place in range(count):
        parts[place] = total // count
    for place in range(total - sum(parts)):
        parts[place] += 1
    return parts


def first_only(total: int, count: int) -> list[int]:
    return [total if place == 0 else 0 for place in range(count)]


def due(anchor: date, months: int) -> date:
    """Day by day back from the wished-for day until the month has it."""
    month = anchor.month - 1 + months
    for day in range(anchor.day, 0, -1):
        try:
            return date(anchor.year + month // 12, month % 12 + 1, day)
        except ValueError:
            continue
    raise AssertionError


def oracle(terms: Terms) -> tuple[list[Row], int] | str:
    """Rows and what is waived, or the word "refused"."""
    free = terms.method is Method.INTEREST_FREE
    monthly = Fraction(0) if free else Fraction(terms.annual_rate) / 12
    interest_due, fees_due = terms.interest - terms.waive_interest, terms.fees - terms.waive_fees
    balance = terms.principal
    waived = terms.waive_interest + terms.waive_fees
    if terms.arrears is Arrears.CAPITALISED:
        balance += interest_due
        interest_due = 0
    aside = 0
    pause = terms.deferral.periods if terms.deferral else 0
    for _ in range(pause):
        assert terms.deferral
        charge = half_up(balance * monthly)
        if terms.deferral.treatment is Treatment.CAPITALISED:
            balance += charge
        elif terms.deferral.treatment is Treatment.WAIVED:
            waived += charge
        else:
            aside += charge
    pairs: list[tuple[int, int]] = []
    left = balance
    if terms.method is Method.FIXED_AMOUNT:
        assert terms.amount is not None
        if left == 0 or terms.amount <= half_up(left * monthly):
            return "refused"
        while left + half_up(left * monthly) > terms.amount:
            charge = half_up(left * monthly)
            pairs.append((terms.amount - charge, charge))
            left -= terms.amount - charge
            if len(pairs) >= 600:
                return "refused"
        pairs.append((left, half_up(left * monthly)))
    else:
        count = terms.periods or 0
        worth = sum((1 / (1 + monthly) ** place for place in range(1, count + 1)), Fraction(0))
        if terms.method is Method.EQUAL_PRINCIPAL:
            worth = Fraction(count)
        level = half_up(balance / worth)
        for place in range(count):
            charge = half_up(left * monthly)
            if place == count - 1:
                part = left
            elif terms.method is Method.INTEREST_ONLY_BALLOON:
                part = 0
            elif terms.method is Method.EQUAL_PRINCIPAL:
                part = level
            else:
                part = level - charge
            pairs.append((part, charge))
            left -= part
        if any(part + charge <= 0 for part, charge in pairs) or any(part < 0 for part, _ in pairs):
            return "refused"
    count = len(pairs)
    spreads = terms.arrears is Arrears.SPREAD
    carried_spread = terms.deferral is not None and terms.deferral.treatment is Treatment.CARRIED_SPREAD
    overdue = (spread if spreads else first_only)(interest_due, count)
    kept = (spread if carried_spread else first_only)(aside, count)
    fees = (spread if spreads else first_only)(fees_due, count)
    rows: list[Row] = []
    left = balance
    for place, (part, charge) in enumerate(pairs):
        left -= part
        behind = overdue[place] + kept[place]
        rows.append(
            (
                place + 1,
                due(terms.first_due, pause + place),
                part,
                charge,
                behind,
                fees[place],
                part + charge + behind + fees[place],
                left,
            )
        )
    return rows, waived


def any_terms(dice: random.Random) -> Terms:
    """Plans as they occur and as they hardly ever do: tiny debts, no interest, ruinous interest, long pauses."""
    fixed = dice.random() < 0.2
    principal = dice.choice(
        [dice.randint(0, 300), dice.randint(100_00, 500_000_00), 10 ** dice.randint(2, 14)]
    )
    interest, fees = (dice.choice([0, dice.randint(0, 50), dice.randint(0, 9_999_99)]) for _ in range(2))
    rate = dice.choice([0, dice.randint(1, 4000), dice.randint(1, 10**9 - 1)])
    places = 4 if rate <= 4000 else 8
    first = date(2027, 2, 1) + timedelta(days=dice.randrange(800))
    changes: dict[str, Any] = {}
    if fixed:
        changes["amount"] = dice.choice(
            [dice.randint(0, 300), dice.randint(1_00, 50_000_00), principal // 9 + 1]
        )
    else:
        changes["periods"] = dice.choice([1, 2, dice.randint(1, 36), dice.randint(1, 60)])
    if dice.random() < 0.5:
        changes["deferral"] = Deferral(periods=dice.randint(1, 14), treatment=dice.choice(list(Treatment)))
    return Terms(
        currency=dice.choice(["CNY", "JPY", "GBP"]),
        principal=principal,
        interest=interest,
        fees=fees,
        annual_rate=Decimal(rate).scaleb(-places),
        method=Method.FIXED_AMOUNT
        if fixed
        else dice.choice([method for method in Method if method is not Method.FIXED_AMOUNT]),
        start=date(2027, 1, 1),
        first_due=first,
        arrears=dice.choice(list(Arrears)),
        waive_interest=dice.choice([0, dice.randint(0, interest)]),
        waive_fees=dice.choice([0, dice.randint(0, fees)]),
        **changes,
    )


def compare(count: int, seed: int) -> tuple[int, int]:
    """How many of `count` random plans were built and how many refused, by both alike."""
    dice = random.Random(seed)
    built = refused = 0
    for _ in range(count):
        terms = any_terms(dice)
        expected = oracle(terms)
        try:
            found = schedule.build(terms)
        except TermsRefused:
            assert expected == "refused", terms
            refused += 1
            continue
        assert expected != "refused", terms
        rows, waived = expected
        assert [tuple(row) for row in found.rows] == rows, terms
        totals = found.totals
        assert totals.waived == waived
        assert totals.amount == sum(row[6] for row in rows)
        assert (totals.principal, totals.interest, totals.arrears, totals.fees) == tuple(
            sum(row[place] for row in rows) for place in (2, 3, 4, 5)
        )
        built += 1
    return built, refused


@pytest.mark.parametrize("seed", range(8))
def test_the_engine_agrees_with_the_oracle_on_fourteen_hundred_random_plans(seed: int) -> None:
    built, refused = compare(2_000, seed)
    assert built >= 1_400
    assert refused >= 100


@pytest.mark.long
def test_the_engine_agrees_with_the_oracle_on_a_hundred_thousand_plans() -> None:
    built, _refused = compare(140_000, 20270115)
    assert built >= 100_000
