"""A second opinion on the clauses of agreements too: month by month, in plain fractions, without a look at the engine."""

import random
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from repayment.domain import schedule
from repayment.domain.terms import (
    Arrears,
    Clawback,
    Lump,
    Method,
    Remainder,
    Review,
    Step,
    Terms,
    TermsRefused,
    Treatment,
    Waived,
)
from tests.domain.test_schedule_oracle import Row, any_terms, due, first_only, half_up, oracle, spread

Answer = tuple[list[Row], int, tuple[int, int, int]]
REST = {"steps": (), "review": None, "clawback": None, "deferral": None}


def steps_oracle(terms: Terms) -> Answer | str:
    """Rows, what is waived, and what stays owed as (principal, interest, fees); or the word "refused"."""
    monthly = Fraction(0) if terms.method is Method.INTEREST_FREE else Fraction(terms.annual_rate) / 12
    left, overdue = terms.principal, terms.interest - terms.waive_interest
    fees = terms.fees - terms.waive_fees
    if terms.arrears is Arrears.CAPITALISED:
        left, overdue = left + overdue, 0
    if left == 0:
        return "refused"
    pots = {Treatment.CARRIED_FIRST: 0, Treatment.CARRIED_SPREAD: 0, Treatment.WAIVED: 0}
    months: list[tuple[Treatment | None, int]] = []
    if terms.deferral:
        months += [(terms.deferral.treatment, 0)] * terms.deferral.periods
    for step in terms.steps:
        months += [(step.treatment, step.amount)] * step.periods
    rows: list[Row] = []
    for month, (treatment, amount) in enumerate(months):
        charge = half_up(left * monthly)
        paid_interest = 0
        if treatment is None:
            paid_interest = charge
        elif treatment is Treatment.CAPITALISED:
            left += charge
        else:
            pots[treatment] += charge
        if amount:
            part = amount - paid_interest
            if part < 0 or part > left or (part == left and not terms.is_open_ended):
                return "refused"
            left -= part
            number = len(rows) + 1
            rows.append((number, due(terms.first_due, month), part, paid_interest, 0, 0, amount, left))
    waived = terms.waive_interest + terms.waive_fees + pots[Treatment.WAIVED]
    first, spreaded = pots[Treatment.CARRIED_FIRST], pots[Treatment.CARRIED_SPREAD]
    if terms.is_open_ended:
        assert terms.review
        if terms.review.on < due(terms.first_due, len(months) - 1):
            return "refused"
        return rows, waived, (left, overdue + first + spreaded, fees)
    # The level part is the plain contract's plan for what is left, so the plain oracle says its rows.
    plain = oracle(
        replace(
            terms, principal=left, interest=0, fees=0, waive_interest=0, waive_fees=0, arrears=Arrears.FIRST,
            **REST,
        )
    )  # fmt: skip
    if isinstance(plain, str) or len(rows) + len(plain[0]) > 600:
        return "refused"
    count = len(plain[0])
    placed = (spread if terms.arrears is Arrears.SPREAD else first_only)(overdue, count)
    fee_parts = (spread if terms.arrears is Arrears.SPREAD else first_only)(fees, count)
    kept, carried = first_only(first, count), spread(spreaded, count)
    for place, row in enumerate(plain[0]):
        behind = placed[place] + kept[place] + carried[place]
        on = due(terms.first_due, len(months) + place)
        total = row[2] + row[3] + behind + fee_parts[place]
        rows.append((len(rows) + 1, on, row[2], row[3], behind, fee_parts[place], total, row[7]))
    return rows, waived, (0, 0, 0)


def settlement_oracle(terms: Terms) -> Answer | str:
    queue = [
        ["principal", terms.principal],
        ["interest", terms.interest - terms.waive_interest],
        ["fees", terms.fees - terms.waive_fees],
    ]
    if terms.arrears is Arrears.CAPITALISED:
        queue[0][1] += queue[1][1]
        queue[1][1] = 0
    rows: list[Row] = []
    for lump in terms.settlement:
        cents, parts = lump.amount, {"principal": 0, "interest": 0, "fees": 0}
        for entry in queue:
            taken = min(cents, entry[1])
            entry[1] -= taken
            parts[entry[0]] += taken
            cents -= taken
        if cents:
            return "refused"
        last = lump is terms.settlement[-1]
        rows.append(
            (len(rows) + 1, lump.on, parts["principal"], 0, parts["interest"], parts["fees"], lump.amount,
             0 if last else queue[0][1])
        )  # fmt: skip
    return rows, terms.waive_interest + terms.waive_fees + sum(entry[1] for entry in queue), (0, 0, 0)


def any_special(dice: random.Random) -> Terms | None:
    """A plain random plan with clauses put on; None where they do not go together."""
    plain = any_terms(dice)
    changes: dict[str, Any] = {}
    kind = dice.randrange(4)
    size = max(1, plain.principal // dice.choice([2, 10, 40, 200]))
    if kind == 0:
        days = sorted(dice.sample(range(1, 900), dice.randint(0, 4)))
        on = [plain.first_due, *(plain.first_due + timedelta(days=after) for after in days)]
        lumps = tuple(Lump(on=day, amount=dice.randint(1, size)) for day in on)
        changes = {
            "settlement": lumps, "method": Method.INTEREST_FREE, "periods": None, "amount": None,
            "deferral": None,
        }  # fmt: skip
    else:
        changes["steps"] = tuple(
            Step(
                periods=dice.randint(1, 6),
                amount=dice.choice([0, dice.randint(1, 300), dice.randint(1, size)]),
                treatment=dice.choice([None, *Treatment]),
            )
            for _ in range(dice.randint(1, 3))
        )
        if kind == 1:
            changes |= {"periods": None, "amount": None}
            after = dice.randint(200, 1500)
            changes["review"] = Review(on=plain.first_due + timedelta(days=after), remainder=Remainder.OPEN)
            if plain.method is Method.FIXED_AMOUNT:
                changes["method"] = Method.EQUAL_INSTALMENT
        if kind == 2 and plain.waive_interest:
            until = plain.first_due + timedelta(days=dice.randint(0, 900))
            changes["clawback"] = Clawback(after_missed=2, until=until, returns=(Waived.INTEREST,))
    try:
        return replace(plain, **changes)
    except TermsRefused:
        return None


def compare(count: int, seed: int) -> tuple[int, int]:
    dice = random.Random(seed)
    built = refused = 0
    for _ in range(count):
        terms = any_special(dice)
        if terms is None:
            continue
        expected = settlement_oracle(terms) if terms.settlement else steps_oracle(terms)
        try:
            found = schedule.build(terms)
        except TermsRefused:
            assert expected == "refused", terms
            refused += 1
            continue
        assert not isinstance(expected, str), terms
        rows, waived, left = expected
        assert [tuple(row) for row in found.rows] == rows, terms
        assert found.totals.waived == waived, terms
        assert (found.left.principal, found.left.interest, found.left.fees) == left, terms
        assert found.totals.amount == sum(row[6] for row in rows)
        assert found.clawback == (terms.waive_interest if terms.clawback else 0)
        assert all(row.balance >= 0 and row.amount > 0 for row in found.rows)
        built += 1
    return built, refused


@pytest.mark.parametrize("seed", range(4))
def test_the_engine_agrees_with_the_oracle_on_eight_hundred_plans_with_clauses(seed: int) -> None:
    built, refused = compare(2_000, seed)
    assert built >= 800
    assert refused >= 100


@pytest.mark.long
def test_the_engine_agrees_with_the_oracle_on_fifty_thousand_plans_with_clauses() -> None:
    built, _refused = compare(120_000, 20270115)
    assert built >= 50_000
