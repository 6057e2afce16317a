"""The clauses that only an agreement may have: what they pay, what they leave, and what they never touch."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cases.domain import wire
from repayment.domain import schedule
from repayment.domain.allocation import Order
from repayment.domain.terms import (
    Arrears,
    Clawback,
    Deferral,
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

LATER = date(2027, 9, 15)


def terms(**changes: Any) -> Terms:
    base: dict[str, Any] = {
        "currency": "CNY",
        "principal": 12_000_00,
        "interest": 980_00,
        "fees": 420_00,
        "annual_rate": Decimal("0.18"),
        "method": Method.EQUAL_INSTALMENT,
        "periods": 12,
        "start": date(2027, 1, 15),
        "first_due": date(2027, 2, 15),
    }
    return Terms(**(base | changes))


def until_review(*steps: Step, **changes: Any) -> Terms:
    review = Review(on=LATER, remainder=Remainder.OPEN)
    return terms(periods=None, steps=steps, review=review, **changes)


def settlement(*lumps: Lump, **changes: Any) -> Terms:
    return terms(method=Method.INTEREST_FREE, periods=None, settlement=lumps, **changes)


def amounts(plan: Terms) -> list[int]:
    return [row.amount for row in schedule.build(plan).rows]


def refusal(**changes: Any) -> tuple[str, str]:
    with pytest.raises(TermsRefused) as caught:
        schedule.build(terms(**changes))
    return caught.value.field, caught.value.code


# ── light first ──────────────────────────────────────────────────────────────────────────────
def test_light_months_come_first_and_the_rest_finds_its_level() -> None:
    plan = schedule.build(
        terms(interest=0, fees=0, steps=(Step(periods=3, amount=200_00), Step(periods=3, amount=500_00)))
    )
    assert [row.amount for row in plan.rows[:6]] == [200_00] * 3 + [500_00] * 3
    # 180.00 of the first 200.00 is the month's interest.
    assert (plan.rows[0].principal, plan.rows[0].interest) == (20_00, 180_00)
    assert len({row.amount for row in plan.rows[6:17]}) == 1
    assert plan.rows[-1].balance == 0
    assert plan.totals.principal == 12_000_00
    assert plan.last_due == date(2028, 7, 15)


def test_overdue_interest_and_fees_wait_for_the_rows_after_the_steps() -> None:
    plan = schedule.build(terms(steps=(Step(periods=2, amount=200_00),), arrears=Arrears.SPREAD))
    assert [row.amount for row in plan.rows[:2]] == [200_00, 200_00]
    assert sum(row.arrears for row in plan.rows[2:]) == 980_00
    assert sum(row.fees for row in plan.rows[2:]) == 420_00


def test_months_without_a_payment_have_no_row_and_no_row_has_their_number() -> None:
    plan = schedule.build(terms(steps=(Step(periods=2, amount=0, treatment=Treatment.WAIVED),)))
    assert plan.rows[0].number == 1
    assert plan.rows[0].due == date(2027, 4, 15)
    assert plan.forgiven == 2 * 180_00
    assert plan.totals.waived == 2 * 180_00


@pytest.mark.parametrize(
    ("treatment", "principal", "carried"),
    [
        (Treatment.WAIVED, 12_000_00 - 200_00, 0),
        (Treatment.CARRIED_FIRST, 12_000_00 - 200_00, 180_00 + 178_50),
        (Treatment.CARRIED_SPREAD, 12_000_00 - 200_00, 180_00 + 178_50),
        (Treatment.CAPITALISED, 12_000_00 - 200_00 + 180_00 + 181_20, 0),
    ],
)
def test_the_interest_of_token_months_goes_where_the_agreement_says(
    treatment: Treatment, principal: int, carried: int
) -> None:
    plan = schedule.build(
        terms(interest=0, fees=0, steps=(Step(periods=2, amount=100_00, treatment=treatment),))
    )
    assert [(row.principal, row.interest) for row in plan.rows[:2]] == [(100_00, 0), (100_00, 0)]
    assert plan.rows[1].balance == principal
    assert sum(row.arrears for row in plan.rows) == carried
    if treatment is Treatment.CARRIED_FIRST:
        assert plan.rows[2].arrears == carried
    assert plan.rows[-1].balance == 0


def test_a_pause_comes_before_the_steps() -> None:
    plan = schedule.build(
        terms(
            steps=(Step(periods=1, amount=300_00),),
            deferral=Deferral(periods=2, treatment=Treatment.CARRIED_SPREAD),
        )
    )
    assert plan.rows[0].due == date(2027, 4, 15)
    assert plan.rows[0].amount == 300_00
    assert sum(row.arrears for row in plan.rows) == 980_00 + 2 * 180_00


def test_a_fixed_amount_may_follow_light_months() -> None:
    plan = terms(
        method=Method.FIXED_AMOUNT, periods=None, amount=2_000_00, steps=(Step(periods=2, amount=200_00),),
        interest=0, fees=0,
    )  # fmt: skip
    assert amounts(plan)[:4] == [200_00, 200_00, 2_000_00, 2_000_00]


# ── until a review ───────────────────────────────────────────────────────────────────────────
def test_token_payments_leave_the_rest_owed_until_the_review() -> None:
    plan = schedule.build(until_review(Step(periods=6, amount=50_00, treatment=Treatment.WAIVED)))
    assert [row.amount for row in plan.rows] == [50_00] * 6
    assert (plan.left.principal, plan.left.interest, plan.left.fees) == (11_700_00, 980_00, 420_00)
    assert plan.totals.amount + plan.left.total == 12_000_00 + 980_00 + 420_00


def test_carried_interest_of_token_months_stays_owed_in_plain_sight() -> None:
    plan = schedule.build(until_review(Step(periods=1, amount=50_00, treatment=Treatment.CARRIED_FIRST)))
    assert plan.left.interest == 980_00 + 180_00


def test_paying_nothing_until_a_review_has_no_rows() -> None:
    plan = schedule.build(until_review(Step(periods=6, amount=0, treatment=Treatment.WAIVED)))
    assert plan.rows == ()
    assert plan.totals.amount == 0
    assert plan.highest == 0
    assert plan.last_due == LATER
    assert plan.left.total == 13_400_00


def test_a_review_comes_after_the_months_it_reviews() -> None:
    steps = (Step(periods=6, amount=50_00, treatment=Treatment.WAIVED),)
    early = Review(on=date(2027, 7, 14), remainder=Remainder.OPEN)
    assert refusal(periods=None, steps=steps, review=early) == ("review/on", "review_before_end")


# ── one sum for everything ───────────────────────────────────────────────────────────────────
def test_a_settlement_pays_principal_first_and_releases_the_rest_with_its_last_payment() -> None:
    plan = schedule.build(
        settlement(Lump(on=date(2027, 2, 15), amount=6_000_00), Lump(on=date(2027, 8, 1), amount=6_500_00))
    )
    assert [row.balance for row in plan.rows] == [6_000_00, 0]
    assert (plan.rows[1].principal, plan.rows[1].arrears, plan.rows[1].fees) == (6_000_00, 500_00, 0)
    assert plan.totals.waived == 480_00 + 420_00
    assert plan.totals.amount + plan.totals.waived == 13_400_00


def test_one_sum_may_settle_less_than_the_principal() -> None:
    plan = schedule.build(settlement(Lump(on=date(2027, 2, 15), amount=5_000_00)))
    assert (plan.totals.amount, plan.totals.waived, plan.rows[0].balance) == (5_000_00, 8_400_00, 0)


# ── what comes back ──────────────────────────────────────────────────────────────────────────
def test_a_clawback_is_one_amount_and_one_last_day() -> None:
    clawback = Clawback(
        after_missed=2, until=date(2028, 1, 15), returns=(Waived.INTEREST, Waived.FEES, Waived.DEFERRED)
    )
    plan = terms(
        waive_interest=490_00, waive_fees=420_00, clawback=clawback,
        deferral=Deferral(periods=1, treatment=Treatment.WAIVED),
    )  # fmt: skip
    built = schedule.build(plan)
    assert built.clawback == 490_00 + 420_00 + 180_00
    sheet = json.loads(schedule.canonical(plan, built))
    assert sheet["clawback"] == {
        "after_missed": 2,
        "until": "2028-01-15",
        "returns": ["interest", "fees", "deferred"],
        "amount": "1090.00",
    }


def test_nothing_comes_back_that_was_not_waived() -> None:
    clawback = Clawback(after_missed=2, until=date(2028, 1, 15), returns=(Waived.INTEREST,))
    assert refusal(waive_fees=420_00, clawback=clawback) == ("clawback/returns", "nothing_returns")


def test_without_a_clawback_clause_nothing_ever_comes_back() -> None:
    assert schedule.build(terms(waive_interest=980_00, waive_fees=420_00)).clawback == 0


def test_a_lower_rate_says_what_it_forgoes() -> None:
    assert (
        schedule.forgone(terms(method=Method.INTEREST_FREE, interest=0, fees=0), Decimal("0.18")) == 1_201_95
    )
    assert schedule.forgone(terms(), Decimal("0.18")) == 0


# ── refused, with the field ──────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"steps": (Step(periods=0, amount=1),)}, "steps/0/periods", "periods_out_of_range"),
        ({"steps": (Step(periods=10**9, amount=1),)}, "steps/0/periods", "periods_out_of_range"),
        ({"steps": (Step(periods=1, amount=-1),)}, "steps/0/amount", "negative"),
        ({"steps": (Step(periods=1, amount=0),)}, "steps/0/treatment", "required"),
        ({"steps": (Step(periods=1, amount=179_99),)}, "steps/0/amount", "step_below_interest"),
        ({"steps": (Step(periods=2, amount=13_000_00),)}, "steps/0/amount", "step_too_large"),
        ({"steps": (Step(periods=589, amount=200_00),)}, "steps", "too_many_rows"),
        ({"steps": (Step(periods=1, amount=200_00),) * 61}, "steps", "too_many_steps"),
        ({"review": Review(on=LATER, remainder=Remainder.OPEN)}, "periods", "periods_not_allowed"),
        ({"review": Review(on=LATER, remainder=Remainder.OPEN), "periods": None}, "steps", "required"),
        ({"review": Review(on=date(2027, 1, 15))}, "review/on", "review_before_start"),
        ({"settlement": (Lump(on=date(2027, 2, 15), amount=1),)}, "periods", "periods_not_allowed"),
        (
            {"settlement": (Lump(on=date(2027, 2, 15), amount=1),), "periods": None},
            "method",
            "settlement_bears_interest",
        ),
    ],
)
def test_a_clause_that_means_nothing_names_its_field(changes: dict[str, Any], field: str, code: str) -> None:
    assert refusal(**changes) == (field, code)


@pytest.mark.parametrize(
    ("lumps", "field", "code"),
    [
        ([("2027-02-15", 0)], "settlement/0/amount", "not_positive"),
        ([("2027-02-16", 1)], "settlement/0/on", "not_first_due"),
        ([("2027-02-15", 1), ("2027-02-15", 1)], "settlement/1/on", "not_in_order"),
        ([("2027-02-15", 13_400_01)], "settlement", "settlement_too_large"),
    ],
)
def test_a_settlement_that_means_nothing_names_its_field(
    lumps: list[tuple[str, int]], field: str, code: str
) -> None:
    with pytest.raises(TermsRefused) as caught:
        schedule.build(settlement(*(Lump(on=date.fromisoformat(on), amount=sum_) for on, sum_ in lumps)))
    assert (caught.value.field, caught.value.code) == (field, code)


# ── the wire ─────────────────────────────────────────────────────────────────────────────────
FULL = terms(
    steps=(Step(periods=2, amount=200_00), Step(periods=1, amount=0, treatment=Treatment.CARRIED_SPREAD)),
    review=Review(on=LATER),
    waive_fees=420_00,
    clawback=Clawback(after_missed=2, until=LATER, returns=(Waived.FEES,)),
    allocation=Order.HARDSHIP,
)


@pytest.mark.parametrize(
    "plan",
    [FULL, until_review(Step(periods=1, amount=1_00, treatment=Treatment.WAIVED)),
     settlement(Lump(on=date(2027, 2, 15), amount=5_000_00))],
)  # fmt: skip
def test_every_clause_survives_the_agreement_sheet(plan: Terms) -> None:
    assert Terms.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_a_plain_sheet_has_no_trace_of_clauses() -> None:
    assert not set(terms().to_json()) & {"steps", "settlement", "review", "clawback", "allocation"}


def test_the_public_contract_knows_no_clause() -> None:
    reader = wire.Reader(FULL.to_json())
    assert Terms.read(reader) is None
    assert {problem.at for problem in reader.problems} == {"steps", "review", "clawback", "allocation"}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"steps": {}}, "steps", "not_a_list"),
        ({"steps": [{"periods": 1, "amount": 100}]}, "steps/0/amount", "not_money"),
        ({"steps": [{"periods": 1, "amount": "1.00", "rate": "0"}]}, "steps/0/rate", "unknown_field"),
        ({"review": {"on": "2027-13-01"}}, "review/on", "not_a_date"),
        ({"clawback": {"after_missed": 2, "until": "2028-01-15", "returns": ["all"]}}, "clawback/returns",
         "not_a_choice"),
        ({"allocation": "interest_first"}, "allocation", "not_a_choice"),
    ],
)  # fmt: skip
def test_a_clause_written_wrongly_names_its_place(changes: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(TermsRefused) as caught:
        Terms.from_json(terms().to_json() | changes)
    assert (caught.value.field, caught.value.code) == (field, code)
