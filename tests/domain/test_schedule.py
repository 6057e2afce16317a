"""Schedules: published answers, the contract's edge cases, and an independent oracle in plain fractions."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from repayment.domain import schedule
from repayment.domain.terms import Arrears, Deferral, Method, Terms, TermsRefused, Treatment


def terms(**changes: Any) -> Terms:
    base: dict[str, Any] = {
        "currency": "CNY",
        "principal": 12_000_00,
        "annual_rate": Decimal("0.18"),
        "method": Method.EQUAL_INSTALMENT,
        "periods": 12,
        "start": date(2027, 1, 15),
        "first_due": date(2027, 2, 15),
    }
    return Terms(**(base | changes))


def amounts(**changes: Any) -> list[int]:
    return [row.amount for row in schedule.build(terms(**changes)).rows]


def refusal(**changes: Any) -> tuple[str, str]:
    with pytest.raises(TermsRefused) as caught:
        schedule.build(terms(**changes))
    return caught.value.field, caught.value.code


def test_twelve_thousand_at_eighteen_per_cent_over_a_year() -> None:
    plan = schedule.build(terms())
    assert [row.amount for row in plan.rows] == [1_100_16] * 11 + [1_100_19]
    assert plan.totals.interest == 1_201_95
    assert (plan.rows[0].principal, plan.rows[0].interest) == (920_16, 180_00)
    assert (plan.rows[-1].principal, plan.rows[-1].interest, plan.rows[-1].balance) == (1_083_93, 16_26, 0)
    assert plan.last_due == date(2028, 1, 15)


def test_known_interest_free_plans() -> None:
    free = {"method": Method.INTEREST_FREE}
    assert amounts(principal=10_000_00, periods=7, **free) == [1_428_57] * 6 + [1_428_58]
    assert amounts(periods=60, **free) == [200_00] * 60


def test_interest_only_pays_the_principal_at_the_end() -> None:
    assert amounts(method=Method.INTEREST_ONLY_BALLOON) == [180_00] * 11 + [12_180_00]


def test_equal_principal_lowers_the_interest_every_month() -> None:
    rows = schedule.build(terms(method=Method.EQUAL_PRINCIPAL)).rows
    assert {row.principal for row in rows} == {1_000_00}
    assert [row.interest for row in rows] == [180_00 - 15_00 * past for past in range(12)]


def test_a_fixed_amount_finds_its_own_number_of_rows() -> None:
    plan = schedule.build(terms(method=Method.FIXED_AMOUNT, periods=None, amount=1_100_16))
    assert [row.amount for row in plan.rows] == [1_100_16] * 12 + [3]
    exact = schedule.build(
        terms(method=Method.FIXED_AMOUNT, periods=None, amount=1_000_00, annual_rate=Decimal(0))
    )
    assert [row.amount for row in exact.rows] == [1_000_00] * 12


def test_the_day_comes_back_after_a_short_month() -> None:
    rows = schedule.build(terms(first_due=date(2027, 12, 31), start=date(2027, 12, 1))).rows
    assert [row.due.day for row in rows] == [31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30]
    assert [(row.due.year, row.due.month) for row in rows[:3]] == [(2027, 12), (2028, 1), (2028, 2)]


def test_overdue_interest_goes_where_it_is_sent_and_fees_never_bear_interest() -> None:
    owed = {"interest": 100_01, "fees": 50_01, "periods": 2, "annual_rate": Decimal(0)}
    first = schedule.build(terms(**owed)).rows
    assert [(row.arrears, row.fees) for row in first] == [(100_01, 50_01), (0, 0)]
    spread = schedule.build(terms(arrears=Arrears.SPREAD, **owed)).rows
    assert [(row.arrears, row.fees) for row in spread] == [(50_01, 25_01), (50_00, 25_00)]
    grown = schedule.build(terms(arrears=Arrears.CAPITALISED, **owed)).rows
    assert [(row.principal, row.arrears, row.fees) for row in grown] == [
        (6_050_01, 0, 50_01),
        (6_050_00, 0, 0),
    ]


@pytest.mark.parametrize(
    ("treatment", "first", "principal", "arrears", "waived"),
    [
        # 12,000 at 1.5 %: 180.00, then 182.70, then 185.44 when capitalised; otherwise 180.00 three times.
        (Treatment.CAPITALISED, 0, 12_548_14, 0, 0),
        (Treatment.CARRIED_FIRST, 540_00, 12_000_00, 540_00, 0),
        (Treatment.CARRIED_SPREAD, 45_00, 12_000_00, 540_00, 0),
        (Treatment.WAIVED, 0, 12_000_00, 0, 540_00),
    ],
)
def test_a_pause_of_three_months(
    treatment: Treatment, first: int, principal: int, arrears: int, waived: int
) -> None:
    plan = schedule.build(terms(deferral=Deferral(periods=3, treatment=treatment)))
    assert plan.rows[0].due == date(2027, 5, 15)
    assert plan.rows[0].arrears == first
    assert (plan.totals.principal, plan.totals.arrears, plan.totals.waived) == (principal, arrears, waived)


def test_odd_cents_of_overdue_and_carried_interest_are_divided_separately() -> None:
    plan = schedule.build(
        terms(
            principal=100_00,
            interest=1,
            arrears=Arrears.SPREAD,
            periods=2,
            annual_rate=Decimal("0.0012"),
            deferral=Deferral(periods=1, treatment=Treatment.CARRIED_SPREAD),
        )
    )
    assert [row.arrears for row in plan.rows] == [2, 0]


def test_an_interest_free_pause_costs_nothing() -> None:
    plan = schedule.build(
        terms(method=Method.INTEREST_FREE, deferral=Deferral(periods=6, treatment=Treatment.CAPITALISED))
    )
    assert plan.totals.amount == 12_000_00


def test_what_is_waived_comes_off_before_anything_else() -> None:
    plan = schedule.build(
        terms(
            interest=500_00,
            fees=80_00,
            waive_interest=500_00,
            waive_fees=30_00,
            arrears=Arrears.CAPITALISED,
        )
    )
    assert (plan.totals.principal, plan.totals.fees, plan.totals.waived) == (12_000_00, 50_00, 530_00)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"waive_interest": 1}, "waive/interest", "waives_too_much"),
        ({"waive_fees": 1}, "waive/fees", "waives_too_much"),
        ({"start": date(2027, 2, 15)}, "first_due", "due_before_start"),
        ({"periods": 0}, "periods", "periods_out_of_range"),
        ({"periods": 601}, "periods", "periods_out_of_range"),
        ({"periods": None}, "periods", "required"),
        ({"amount": 5}, "amount", "amount_not_allowed"),
        ({"method": Method.FIXED_AMOUNT, "amount": 5}, "periods", "periods_not_allowed"),
        ({"method": Method.FIXED_AMOUNT, "periods": None}, "amount", "required"),
        (
            {"method": Method.FIXED_AMOUNT, "periods": None, "amount": 180_00},
            "amount",
            "amount_not_above_interest",
        ),
        ({"method": Method.FIXED_AMOUNT, "periods": None, "amount": 180_01}, "amount", "too_many_rows"),
        (
            {"deferral": Deferral(periods=601, treatment=Treatment.WAIVED)},
            "deferral/periods",
            "periods_out_of_range",
        ),
        ({"principal": 0}, "principal", "nothing_owed"),
        ({"principal": -1}, "principal", "negative"),
        ({"annual_rate": Decimal(10)}, "annual_rate", "rate_out_of_range"),
        ({"annual_rate": Decimal("NaN")}, "annual_rate", "rate_out_of_range"),
        ({"principal": 5}, "periods", "row_not_positive"),
        ({"principal": 9, "periods": 6, "method": Method.INTEREST_FREE}, "periods", "row_not_positive"),
        ({"principal": 11, "periods": 7, "method": Method.INTEREST_FREE}, "periods", "row_not_positive"),
        (
            {"method": Method.INTEREST_ONLY_BALLOON, "annual_rate": Decimal(0)},
            "periods",
            "row_not_positive",
        ),
        ({"currency": "BHD"}, "currency", "unknown_currency"),
        ({"first_due": date(9999, 6, 1)}, "first_due", "beyond_calendar"),
    ],
)
def test_impossible_terms_name_the_field_to_change(changes: dict[str, Any], field: str, code: str) -> None:
    assert refusal(**changes) == (field, code)


def test_a_row_of_interest_only_is_fine() -> None:
    rows = schedule.build(
        terms(principal=100, annual_rate=Decimal("0.60"), periods=120, method=Method.EQUAL_INSTALMENT)
    ).rows
    assert rows[0].principal == 0 < rows[0].interest


methods = st.sampled_from(
    [
        Method.EQUAL_INSTALMENT,
        Method.EQUAL_PRINCIPAL,
        Method.INTEREST_ONLY_BALLOON,
        Method.INTEREST_FREE,
    ]
)
rates = st.integers(0, 10_000).map(lambda points: Decimal(points).scaleb(-4))


@st.composite
def any_terms(draw: st.DrawFn) -> Terms:
    interest, fees = draw(st.integers(0, 10**7)), draw(st.integers(0, 10**6))
    pause = draw(
        st.none()
        | st.builds(Deferral, periods=st.integers(1, 12), treatment=st.sampled_from(list(Treatment)))
    )
    return terms(
        principal=draw(st.integers(100_00, 10**9)),
        interest=interest,
        fees=fees,
        waive_interest=draw(st.integers(0, interest)),
        waive_fees=draw(st.integers(0, fees)),
        annual_rate=draw(rates),
        method=draw(methods),
        periods=draw(st.integers(1, 60)),
        arrears=draw(st.sampled_from(list(Arrears))),
        deferral=pause,
        first_due=draw(st.dates(date(2027, 2, 1), date(2027, 12, 31))),
    )


@given(any_terms())
def test_every_schedule_adds_up(plan: Terms) -> None:
    try:
        built = schedule.build(plan)
    except TermsRefused as refused:
        if refused.code != "row_not_positive":
            raise
        reject()
    rows, totals = built.rows, built.totals
    assert [row.number for row in rows] == list(range(1, (plan.periods or 0) + 1))
    assert all(row.amount == row.principal + row.interest + row.arrears + row.fees for row in rows)
    assert all(row.balance >= 0 and row.principal >= 0 for row in rows)
    assert rows[-1].balance == 0
    assert totals.amount == sum(row.amount for row in rows)
    assert totals.fees == plan.fees - plan.waive_fees
    claimed = plan.interest - plan.waive_interest
    if plan.deferral is None:
        assert totals.principal + totals.arrears == plan.principal + claimed
    months = [row.due.year * 12 + row.due.month for row in rows]
    assert months == list(range(months[0], months[0] + len(rows)))
    for row in rows:
        assert row.due.day == plan.first_due.day or (
            row.due.day < plan.first_due.day
            and schedule.month_after(row.due, 1).day == row.due.day
            and (row.due.toordinal() + 1)
            == date(row.due.year + row.due.month // 12, row.due.month % 12 + 1, 1).toordinal()
        )


@given(st.integers(100_00, 10**9), rates, st.integers(1, 120))
def test_a_level_plan_agrees_with_an_independent_oracle(principal: int, rate: Decimal, periods: int) -> None:
    # The oracle finds the level amount from present values, not from the closed formula.
    discount = 1 / (1 + Fraction(rate) / 12)
    worth, factor = Fraction(0), Fraction(1)
    for _ in range(periods):
        factor *= discount
        worth += factor
    level = int(principal / worth + Fraction(1, 2))
    assert schedule.level_amount(principal, rate, periods) == level


@given(any_terms())
def test_terms_survive_their_wire_form(plan: Terms) -> None:
    assert Terms.from_json(json.loads(json.dumps(plan.to_json()))) == plan


WIRE: dict[str, Any] = {
    "currency": "CNY",
    "principal": "12000.00",
    "method": "equal_instalment",
    "periods": 12,
    "start": "2027-01-15",
    "first_due": "2027-02-15",
}


def test_the_wire_form_fills_in_defaults() -> None:
    assert Terms.from_json(WIRE) == terms(annual_rate=Decimal(0))


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"principal": 12000}, "principal", "not_money"),
        ({"principal": "12000.001"}, "principal", "not_money"),
        ({"principal": "-1"}, "principal", "not_money"),
        ({"principal": "1e3"}, "principal", "not_money"),
        ({"principal": "１２"}, "principal", "not_money"),
        ({"principal": "1\n"}, "principal", "not_money"),
        ({"currency": "JPY"}, "principal", "not_money"),
        ({"currency": "CN"}, "currency", "unknown_currency"),
        ({"interest": None}, "interest", "not_money"),
        ({"annual_rate": "0.123456789"}, "annual_rate", "not_a_rate"),
        ({"annual_rate": 0.18}, "annual_rate", "not_a_rate"),
        ({"periods": True}, "periods", "not_an_integer"),
        ({"periods": 12.0}, "periods", "not_an_integer"),
        ({"start": "2027-02-30"}, "start", "not_a_date"),
        ({"start": "20270115"}, "start", "not_a_date"),
        ({"method": "balloon"}, "method", "not_a_choice"),
        ({"deferral": None}, "deferral", "not_an_object"),
        ({"deferral": {"periods": 3}}, "deferral/treatment", "required"),
        ({"waive": {"interest": "1.00"}}, "waive/interest", "waives_too_much"),
        ({"waive": {"principal": "1.00"}}, "waive/principal", "unknown_field"),
        ({"a/b~c": 1}, "a~1b~0c", "unknown_field"),
    ],
)
def test_the_wire_form_is_strict(changes: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(TermsRefused) as caught:
        Terms.from_json(WIRE | changes)
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize("missing", ["currency", "principal", "method", "periods", "start", "first_due"])
def test_a_required_field_that_is_missing_is_named(missing: str) -> None:
    sheet = {name: value for name, value in WIRE.items() if name != missing}
    with pytest.raises(TermsRefused) as caught:
        Terms.from_json(sheet)
    assert (caught.value.field, caught.value.code) == (missing, "required")


def test_the_hash_covers_one_flat_object_that_anyone_can_write_down() -> None:
    plan = terms(principal=100_00, periods=1, annual_rate=Decimal("0.12"))
    built = schedule.build(plan)
    written = (
        b'{"annual_rate":"0.12000000","arrears":"first","currency":"CNY","fees":"0.00","first_due":"2027-02-15",'
        b'"instalments":[{"amount":"101.00","arrears":"0.00","balance":"0.00","due":"2027-02-15","fees":"0.00",'
        b'"interest":"1.00","number":1,"principal":"100.00"}],"interest":"0.00","method":"equal_instalment",'
        b'"periods":1,"principal":"100.00","start":"2027-01-15","waive":{"fees":"0.00","interest":"0.00"}}'
    )
    assert schedule.canonical(plan, built) == written
    assert schedule.terms_sha256(plan, built) == sha256(written).hexdigest()
    sealed = schedule.canonical(plan, built, nonce="00ff")
    assert b'"nonce":"00ff"' in sealed
    assert schedule.terms_sha256(plan, built, nonce="00ff") != schedule.terms_sha256(plan, built)
