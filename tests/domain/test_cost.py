"""What credit costs a year: published answers to their last digit, the counting rules, and the equation itself."""

import csv
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cases.domain import wire
from repayment.domain import cost
from repayment.domain.cost import Convention, CostRefused, DayCount, Every, Flow, Interval, Unit, UnitPeriod

TABLE = Path(__file__).parent.parent / "data" / "rates.csv"
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))


def body(row: dict[str, str]) -> dict[str, Any]:
    """A row of the table as the contract's request."""
    sheet: dict[str, Any] = {"convention": row["convention"], "advances": [], "payments": []}
    for name in ("advances", "payments"):
        for entry in row[name].split(";"):
            on, amount, *more = entry.split()
            flow: dict[str, Any] = {"on": on, "amount": amount}
            if more:
                flow |= {"count": int(more[0]), "every": more[1]}
            sheet[name].append(flow)
    if row["options"]:
        option, words = row["options"].split("=")
        unit, *count = words.split()
        sheet[option] = {"unit": unit, "count": int(count[0])} if count else unit
    return sheet


def ask(sheet: dict[str, Any]) -> dict[str, str]:
    reader = wire.Reader(sheet)
    question = cost.Question.read(reader)
    assert question is not None, reader.problems
    return {name: f"{rate:f}" for name, rate in cost.annual_cost(question).rates.items()}


def problems(sheet: dict[str, Any]) -> list[tuple[str, str]]:
    reader = wire.Reader(sheet)
    question = cost.Question.read(reader)
    if question is None:
        return [(problem.at, problem.code) for problem in reader.problems]
    with pytest.raises(CostRefused) as caught:
        cost.annual_cost(question)
    return [(caught.value.field, caught.value.code)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["source"])
def test_published_rates_come_out_to_their_last_digit(row: dict[str, str]) -> None:
    assert list(ask(body(row)).values()) == row["rate"].split()


@pytest.mark.parametrize(
    ("start", "end", "interval", "years"),
    [
        ((2012, 1, 12), (2012, 2, 15), Interval.MONTH, Fraction(1, 12) + Fraction(3, 365)),
        ((2013, 1, 12), (2013, 2, 15), Interval.MONTH, Fraction(1, 12) + Fraction(3, 366)),
        ((2013, 2, 26), (2013, 3, 29), Interval.MONTH, Fraction(1, 12) + Fraction(2, 366)),
        ((2020, 1, 1), (2021, 3, 15), Interval.YEAR, 1 + Fraction(74, 366)),
        ((2012, 1, 12), (2012, 1, 30), Interval.WEEK, Fraction(2, 52) + Fraction(4, 365)),
        # The year that ends with the odd days holds 29 February 2024 until the 28th of the next, not on 1 March.
        ((2025, 2, 27), (2025, 3, 28), Interval.MONTH, Fraction(1, 12) + Fraction(1, 366)),
        ((2025, 2, 28), (2025, 4, 1), Interval.MONTH, Fraction(1, 12) + Fraction(1, 365)),
        ((2024, 2, 28), (2024, 3, 29), Interval.MONTH, Fraction(1, 12) + Fraction(1, 366)),
    ],
)
def test_european_time_counts_whole_intervals_back_and_odd_days_by_the_year_they_end(
    start: tuple[int, int, int], end: tuple[int, int, int], interval: Interval, years: Fraction
) -> None:
    assert cost.years_between(date(*start), date(*end), DayCount.STANDARD_YEAR, interval) == years


def test_calendar_time_is_days_by_365_even_in_a_leap_year() -> None:
    assert cost.years_between(date(2024, 1, 1), date(2025, 1, 1), DayCount.CALENDAR) == Fraction(366, 365)


@pytest.mark.parametrize(
    ("start", "end", "unit", "whole", "odd"),
    [
        ((1978, 2, 10), (1978, 4, 1), UnitPeriod(unit=Unit.MONTH), 1, Fraction(19, 30)),
        ((1978, 5, 23), (1978, 10, 1), UnitPeriod(unit=Unit.MONTH, count=3), 1, Fraction(39, 90)),
        ((1978, 1, 10), (1978, 3, 1), UnitPeriod(unit=Unit.MONTH, count=2), 0, Fraction(52, 60)),
        ((1978, 2, 23), (1978, 3, 16), UnitPeriod(unit=Unit.SEMIMONTH), 1, Fraction(6, 15)),
        ((1978, 3, 18), (1978, 4, 20), UnitPeriod(unit=Unit.WEEK, count=4), 1, Fraction(5, 28)),
        # Day for day, without a rule for the end of the month: 28 February is no month after 31 January.
        ((2027, 1, 31), (2027, 2, 28), UnitPeriod(unit=Unit.MONTH), 0, Fraction(28, 30)),
        ((2027, 1, 31), (2027, 3, 31), UnitPeriod(unit=Unit.MONTH), 2, Fraction(0)),
        ((2027, 1, 31), (2027, 4, 30), UnitPeriod(unit=Unit.MONTH), 2, Fraction(28, 30)),
        ((2027, 1, 15), (2028, 7, 15), UnitPeriod(unit=Unit.YEAR), 1, Fraction(181, 365)),
    ],
)
def test_unit_periods_are_counted_as_appendix_j_says(
    start: tuple[int, int, int], end: tuple[int, int, int], unit: UnitPeriod, whole: int, odd: Fraction
) -> None:
    assert cost.unit_periods(date(*start), date(*end), unit) == (whole, odd)


@pytest.mark.parametrize(
    ("earlier", "later", "unit"),
    [
        ((2027, 2, 10), (2027, 3, 10), UnitPeriod(unit=Unit.MONTH)),
        ((2027, 2, 1), (2027, 3, 1), UnitPeriod(unit=Unit.MONTH)),
        ((2027, 1, 31), (2027, 2, 28), UnitPeriod(unit=Unit.WEEK, count=4)),
        ((2027, 3, 10), (2027, 4, 7), UnitPeriod(unit=Unit.WEEK, count=4)),
        ((2027, 2, 28), (2027, 3, 31), UnitPeriod(unit=Unit.MONTH)),
        ((2027, 1, 10), (2028, 1, 10), UnitPeriod(unit=Unit.YEAR)),
        ((2027, 1, 10), (2027, 5, 10), UnitPeriod(unit=Unit.MONTH, count=4)),
        ((2027, 1, 3), (2027, 1, 18), UnitPeriod(unit=Unit.SEMIMONTH)),
        ((2027, 1, 18), (2027, 2, 3), UnitPeriod(unit=Unit.SEMIMONTH)),
        ((2027, 1, 3), (2027, 1, 13), UnitPeriod(unit=Unit.DAY, count=10)),
    ],
)
def test_an_interval_has_one_name(
    earlier: tuple[int, int, int], later: tuple[int, int, int], unit: UnitPeriod
) -> None:
    assert cost.interval_of(date(*earlier), date(*later)) == unit


def unit_of(*payments: dict[str, Any]) -> Any:
    reader = wire.Reader(
        {
            "convention": "us_actuarial",
            "advances": [{"on": "2027-01-05", "amount": "100"}],
            "payments": list(payments),
        }
    )
    question = cost.Question.read(reader)
    assert question is not None, reader.problems
    return cost.annual_cost(question).detail["unit_period"]


def test_the_unit_period_is_the_commonest_interval_named_by_its_series() -> None:
    monthly = {"on": "2027-02-28", "amount": "20", "count": 12, "every": "month"}
    assert unit_of(monthly) == {"unit": "month", "count": 1}
    single = [{"on": f"2027-0{month}-28", "amount": "40"} for month in (2, 3, 4, 5)]
    assert unit_of(*single) == {"unit": "month", "count": 1}
    assert unit_of(*({**entry, "on": on} for entry, on in zip(single, _every(28), strict=True))) == {
        "unit": "week",
        "count": 4,
    }


def _every(days: int) -> list[str]:
    return [(date(2027, 3, 3) + timedelta(days=days * place)).isoformat() for place in range(4)]


def test_without_a_commonest_interval_the_average_is_taken_to_the_nearest_unit() -> None:
    # 20 and 45 days: 32.5 on average; 7, 7, 30 and 30: 18.5 on average.
    assert unit_of(*({"on": on, "amount": "60"} for on in ("2027-02-01", "2027-02-21", "2027-04-07"))) == {
        "unit": "month",
        "count": 1,
    }
    tied = ("2027-02-01", "2027-02-08", "2027-02-15", "2027-03-15", "2027-04-15")
    assert unit_of(*({"on": on, "amount": "60"} for on in tied)) == {"unit": "semimonth", "count": 1}


def test_series_return_to_their_day_after_short_months() -> None:
    def days(start: date, count: int, every: Every) -> list[str]:
        return [f"{flow.on:%m-%d}" for flow in cost.series(start, 1, count, every)]

    assert days(date(2027, 1, 31), 4, Every.MONTH) == ["01-31", "02-28", "03-31", "04-30"]
    assert days(date(2027, 8, 31), 3, Every.SIX_MONTHS) == ["08-31", "02-29", "08-31"]
    assert days(date(2027, 1, 1), 4, Every.SEMIMONTH) == ["01-01", "01-16", "02-01", "02-16"]
    assert days(date(2027, 1, 15), 5, Every.SEMIMONTH) == ["01-15", "01-30", "02-15", "02-28", "03-15"]
    assert days(date(2027, 1, 30), 3, Every.FOUR_WEEKS) == ["01-30", "02-27", "03-27"]
    assert days(date(2028, 2, 29), 3, Every.YEAR) == ["02-29", "02-28", "02-28"]


GOOD: dict[str, Any] = {
    "convention": "us_actuarial",
    "advances": [{"on": "2027-01-10", "amount": "1000"}],
    "payments": [{"on": "2027-02-10", "amount": "100", "count": 12, "every": "month"}],
}


def paying(**changes: Any) -> dict[str, Any]:
    return {**GOOD, "payments": [GOOD["payments"][0] | changes]}


@pytest.mark.parametrize(
    ("sheet", "where", "code"),
    [
        (GOOD | {"payments": []}, "payments", "nothing_here"),
        (GOOD | {"advances": []}, "advances", "nothing_here"),
        (GOOD | {"payments": {}}, "payments", "not_a_list"),
        (GOOD | {"payments": [7]}, "payments/0", "not_an_object"),
        (paying(amount="0"), "payments/0/amount", "not_positive"),
        (paying(amount=100), "payments/0/amount", "not_money"),
        (paying(amount="1.234"), "payments/0/amount", "not_money"),
        (paying(on="2027-01-10"), "payments/0/on", "payment_before_advance"),
        (paying(count=10), "payments", "nothing_to_earn"),
        (paying(count=0), "payments/0/count", "too_small"),
        (paying(count=True), "payments/0/count", "not_an_integer"),
        (paying(count=6001), "payments/0/count", "too_many"),
        (paying(count=10**9), "payments/0/count", "too_many"),
        (paying(every="once"), "payments/0/every", "several_at_once"),
        (paying(every="fortnight"), "payments/0/every", "not_a_choice"),
        (paying(every="semimonth", on="2027-02-16"), "payments/0/on", "semimonth_after_15"),
        (paying(every="year", on="9990-01-01"), "payments/0/count", "beyond_calendar"),
        (paying(until=1), "payments/0/until", "unknown_field"),
        (GOOD | {"day_count": "calendar"}, "day_count", "wrong_convention"),
        (GOOD | {"interval": "week"}, "interval", "wrong_convention"),
        (
            GOOD | {"convention": "eu", "unit_period": {"unit": "day", "count": 5}},
            "unit_period",
            "wrong_convention",
        ),
        (GOOD | {"unit_period": {"unit": "week", "count": 53}}, "unit_period/count", "out_of_range"),
        (GOOD | {"unit_period": {"unit": "year", "count": 2}}, "unit_period/count", "out_of_range"),
        (GOOD | {"unit_period": {"unit": "semimonth", "count": 1}}, "unit_period/unit", "not_a_choice"),
        (GOOD | {"unit_period": {"unit": "day"}}, "unit_period/count", "required"),
        (paying(on="2027-02-11") | {"convention": "cn_irr"}, "payments/0/on", "not_whole_months"),
        (GOOD | {"convention": "cn_irr", "advances": GOOD["advances"] * 2}, "advances", "one_advance_only"),
        (
            paying(amount="9999999999999", on="2027-01-11", count=1) | {"convention": "eu"},
            "payments",
            "rate_too_high",
        ),
    ],
)
def test_flows_without_a_rate_are_refused_by_field(sheet: dict[str, Any], where: str, code: str) -> None:
    assert problems(sheet) == [(where, code)]


def test_series_count_together() -> None:
    many = GOOD | {"payments": [GOOD["payments"][0] | {"count": 3000}] * 3}
    assert problems(many) == [("payments/2/count", "too_many")]


def test_china_counts_months_forward_from_a_long_month() -> None:
    sheet = {
        "convention": "cn_irr",
        "advances": [{"on": "2027-01-31", "amount": "100"}],
        "payments": [{"on": "2027-02-28", "amount": "50"}, {"on": "2027-03-31", "amount": "51"}],
    }
    assert set(ask(sheet)) == {"simple", "compound"}


def test_a_half_is_rounded_up() -> None:
    # One payment after exactly a year: the rate is 12.345 % to the last digit.
    sheet = {"advances": [{"on": "2027-01-10", "amount": "1000"}]}
    sheet["payments"] = [{"on": "2028-01-10", "amount": "1123.45"}]
    assert ask({"convention": "us_actuarial", **sheet}) == {"rate": "12.35"}
    assert ask({"convention": "eu", **sheet}) == {"rate": "12.35"}


# ── the equation itself, by exact fractions ──────────────────────────────────────────────────
def actuarial_gap(
    rate: Fraction, unit: UnitPeriod, advances: Sequence[Flow], payments: Sequence[Flow]
) -> Fraction:
    """What is paid less what is received at this yearly rate, brute force in fractions."""
    growth = rate / unit.per_year

    def worth(flows: Sequence[Flow]) -> Fraction:
        total = Fraction(0)
        for flow in flows:
            whole, odd = cost.unit_periods(advances[0].on, flow.on, unit)
            total += flow.amount / ((1 + odd * growth) * (1 + growth) ** whole)
        return total

    return worth(payments) - worth(advances)


@st.composite
def credits(draw: st.DrawFn) -> tuple[list[Flow], list[Flow]]:
    start = draw(st.dates(date(2020, 1, 1), date(2030, 12, 31)))
    every = draw(st.sampled_from([Every.MONTH, Every.WEEK, Every.TWO_WEEKS, Every.QUARTER]))
    first = start + timedelta(days=draw(st.integers(1, 90)))
    count = draw(st.integers(2, 24))
    amount = draw(st.integers(1_00, 5_000_00))
    payments = cost.series(first, amount, count, every, "payments/0")
    return [Flow(on=start, amount=draw(st.integers(count * amount // 3 + 1, count * amount - 1)))], payments


@given(credits())
@settings(max_examples=60)
def test_the_printed_us_rate_is_within_half_a_hundredth_of_the_equation(
    credit: tuple[list[Flow], list[Flow]],
) -> None:
    advances, payments = credit
    answer = cost.annual_cost(
        cost.Question(convention=Convention.US_ACTUARIAL, advances=tuple(advances), payments=tuple(payments))
    )
    named = answer.detail["unit_period"]
    unit = UnitPeriod(unit=Unit(named["unit"]), count=named["count"])
    printed, half = Fraction(answer.rates["rate"]) / 100, Fraction(5, 100_000)
    assert actuarial_gap(printed - half, unit, advances, payments) >= 0
    assert actuarial_gap(printed + half, unit, advances, payments) < 0


@given(credits())
@settings(max_examples=60)
def test_the_printed_chinese_and_european_rates_agree_over_whole_months(
    credit: tuple[list[Flow], list[Flow]],
) -> None:
    advances, payments = credit
    start = advances[0].on
    assume(start.day <= 28)
    monthly = [
        Flow(on=flow.on, amount=payments[0].amount)
        for flow in cost.series(cost.month_after(start, 1), 1, len(payments), Every.MONTH)
    ]
    china, europe = (
        cost.annual_cost(
            cost.Question(convention=convention, advances=tuple(advances), payments=tuple(monthly))
        ).rates
        for convention in (Convention.CN_IRR, Convention.EU)
    )
    assert abs(china["compound"] - europe["rate"]) <= Decimal("0.0051")
    growth, half = Fraction(china["simple"]) / 1200, Fraction(5, 12 * 10**7)

    def gap(at: Fraction) -> Fraction:
        return (
            sum((flow.amount / (1 + at) ** place for place, flow in enumerate(monthly, 1)), Fraction(0))
            - advances[0].amount
        )

    assert gap(growth - half) >= 0 > gap(growth + half)


def test_a_shorter_way_to_the_same_total_never_costs_less() -> None:
    rates = [
        Decimal(ask(paying(on=on, amount="110", count=12))["rate"])
        for on in ("2027-02-10", "2027-02-20", "2027-03-10", "2027-06-10")
    ]
    assert rates == sorted(rates, reverse=True)


def test_several_advances_with_several_rates_give_the_lowest() -> None:
    # (x − 1.1)(x − 1.3)(x − 1.5) = x³ − 3.9x² + 5.03x − 2.145, and x is one year's growth.
    flows = {0: -1000_00, 1: 3900_00, 2: -5030_00, 3: 2145_00}
    roots = [Fraction(10, 100), Fraction(30, 100), Fraction(50, 100)]
    for root in roots:
        assert sum(amount / (1 + root) ** year for year, amount in flows.items()) == 0
    # A little more at the end hardly moves the roots.
    flows[3] += 1_00
    sheet: dict[str, Any] = {"convention": "eu", "advances": [], "payments": []}
    for year, amount in flows.items():
        entry = {"on": f"{2027 + year}-01-01", "amount": f"{abs(amount) // 100}"}
        sheet["payments" if amount > 0 else "advances"].append(entry)
    found = Decimal(ask(sheet | {"day_count": "standard_year", "interval": "year"})["rate"])
    assert abs(found - 10) < 2
