"""After the day of an instalment: grace, missed, at risk; and ways on whose cost is known before they are chosen."""

import csv
import dataclasses
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain.refusal import Refused
from repayment.domain import restructure, second_chance
from repayment.domain.allocation import Order, Paid
from repayment.domain.schedule import build
from repayment.domain.second_chance import Leeway, Part, Published, Sign, Whole, signs, standing
from repayment.domain.second_chance_options import Option, Way, ways
from repayment.domain.terms import Method, Terms

TODAY = date(2026, 11, 22)
with (Path(__file__).parent.parent / "data" / "second_chance.csv").open(encoding="utf-8") as file:
    TABLE = list(csv.DictReader(file))


@dataclasses.dataclass(frozen=True)
class Row:
    number: int
    due: date
    principal: int
    interest: int = 0
    arrears: int = 0
    fees: int = 0

    @property
    def amount(self) -> int:
        return self.principal


def leeway(**changes: int) -> Leeway:
    found = second_chance.leeway(Published(), lender_type="microloan", on=TODAY)
    return dataclasses.replace(found, **changes)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case["situation"])
def test_every_situation_of_the_table_stands_where_the_table_says(case: dict[str, str]) -> None:
    rows, paid, unsettled = [], [], set()
    for number, words in enumerate(case["days_since_due_and_open_of_100.00"].split(), start=1):
        days, open_ = words.rstrip("?").split(":")
        rows.append(Row(number, TODAY + timedelta(days=int(days)), 100_00))
        if came := 100_00 - round(Decimal(open_) * 100):
            paid.append(Paid(id=number, on=TODAY, amount=came))
        if words.endswith("?"):
            unsettled.add(number)
    found = standing(
        rows,
        paid,
        TODAY,
        leeway(
            grace_days=int(case["grace_days"]),
            tolerance=round(Decimal(case["tolerance"]) * 100),
            after_missed=int(case["ends_after"]),
        ),
        unsettled=unsettled,
        stopped=case["stopped"] == "yes",
        ended=case["ended"] == "yes",
    )
    assert " ".join(part.state for part in found.parts) == case["each"]
    assert (found.state, found.missed) == (case["agreement"], int(case["missed_in_a_row"]))


def test_the_table_names_every_state() -> None:
    assert {state for case in TABLE for state in case["each"].split()} == set(Part)
    assert {case["agreement"] for case in TABLE} == set(Whole)


# ── what a lender may publish ────────────────────────────────────────────────────────────────
def test_a_bank_lets_ten_yuan_pass_and_nobody_gives_less_than_three_days() -> None:
    bank = second_chance.leeway(Published(), lender_type="bank", on=TODAY)
    other = second_chance.leeway(Published(grace_days=1), lender_type="microloan", on=TODAY)
    assert (bank.grace_days, bank.tolerance) == (3, 10_00)
    assert (other.grace_days, other.tolerance) == (3, 0)


@given(
    days=st.integers(0, 31),
    tolerance=st.integers(0, 1_000_00),
    missed=st.integers(2, 12),
    agreed=st.integers(0, 12),
)
def test_what_is_published_or_agreed_only_ever_gives_more(
    days: int, tolerance: int, missed: int, agreed: int
) -> None:
    plain = second_chance.leeway(Published(), lender_type="bank", on=TODAY)
    more = second_chance.leeway(
        Published(grace_days=days, tolerance=tolerance, after_missed=missed),
        lender_type="bank",
        on=TODAY,
        after_missed=agreed,
    )
    assert more.grace_days >= plain.grace_days
    assert more.tolerance >= plain.tolerance
    assert more.after_missed >= max(plain.after_missed, agreed)


def test_a_slip_of_the_hand_is_not_published() -> None:
    for wrong in ({"grace_days": 400}, {"after_missed": 1}, {"kindness": 1}):
        with pytest.raises(Refused):
            Published.from_json(wrong)
    assert Published.from_json({"at_once": True, "grace_days": 5}).to_json() == {
        "at_once": True,
        "grace_days": 5,
    }


# ── more never presses more ──────────────────────────────────────────────────────────────────
_dues = st.lists(st.integers(-120, 120), min_size=1, max_size=8, unique=True).map(sorted)
_ORDER = list(Whole)


@given(
    days=_dues,
    amounts=st.lists(st.integers(1, 30_000), max_size=5),
    grace=st.integers(0, 31),
    more=st.integers(0, 10),
)
def test_another_payment_or_more_grace_never_makes_an_agreement_stand_worse(
    days: list[int], amounts: list[int], grace: int, more: int
) -> None:
    rows = [Row(number, TODAY + timedelta(days=day), 100_00) for number, day in enumerate(days, start=1)]
    paid = [Paid(id=number, on=TODAY, amount=amount) for number, amount in enumerate(amounts, start=1)]
    before = standing(rows, paid[:-1], TODAY, leeway(grace_days=grace))
    after = standing(rows, paid, TODAY, leeway(grace_days=grace + more))
    assert _ORDER.index(after.state) <= _ORDER.index(before.state)
    assert after.missed <= before.missed
    assert after.overdue <= before.overdue


@given(days=_dues, amounts=st.lists(st.integers(1, 30_000), max_size=5))
def test_nothing_is_ever_missed_while_the_agreement_is_stopped(days: list[int], amounts: list[int]) -> None:
    rows = [Row(number, TODAY + timedelta(days=day), 100_00) for number, day in enumerate(days, start=1)]
    paid = [Paid(id=number, on=TODAY, amount=amount) for number, amount in enumerate(amounts, start=1)]
    found = standing(rows, paid, TODAY, leeway(), stopped=True)
    assert found.state is Whole.IN_ORDER
    assert not found.behind
    assert not found.may_end


# ── the ways on ──────────────────────────────────────────────────────────────────────────────
def a_plan(rate: str = "0", periods: int = 12, principal: int = 1_200_000) -> Terms:
    return Terms(
        currency="CNY",
        principal=principal,
        method=Method.EQUAL_INSTALMENT if Decimal(rate) else Method.INTEREST_FREE,
        annual_rate=Decimal(rate),
        periods=periods,
        start=date(2026, 6, 1),
        first_due=date(2026, 6, 20),
    )


def ways_on(terms: Terms, *, paid: int, on: date, behind: int, **more: int) -> tuple[dict[Option, Way], int]:
    """The ways on a day, after `paid` instalments on their days, and what the agreement still asks."""
    rows = build(terms).rows
    payments = [Paid(id=row.number, on=row.due, amount=row.amount) for row in rows[:paid]]
    state = restructure.state_at(terms, payments, on=on, order=Order.LEGAL)
    owed = sum(row.amount for row in rows[paid:])
    overdue = sum(row.amount for row in rows[paid : paid + behind])
    options = {"lighter_percent": 50, "pause_months": 3} | more
    found = ways(restructure.continued(terms, state), owed=owed, behind=behind, overdue=overdue, **options)
    return {way.option: way for way in found}, owed


def test_moving_one_to_the_end_keeps_the_amount_and_adds_a_month() -> None:
    found, _owed = ways_on(a_plan(), paid=3, on=date(2026, 9, 22), behind=1)
    way = found[Option.TO_END]
    assert {row.amount for row in way.schedule.rows} == {100_000}
    assert (way.ends, way.cost, way.months) == (date(2027, 6, 20), 0, 1)


def test_spreading_keeps_the_end_and_asks_a_sixth_more_for_six_months() -> None:
    found, _owed = ways_on(a_plan(), paid=3, on=date(2026, 9, 22), behind=1)
    way = found[Option.SPREAD]
    assert [row.amount for row in way.schedule.rows][:6] == [116_667] * 6
    assert (way.ends, way.cost) == (date(2027, 5, 20), 0)
    assert max(row.amount for row in way.schedule.rows[6:]) <= 100_000


def test_three_lighter_months_make_no_later_month_heavier() -> None:
    found, _owed = ways_on(a_plan(), paid=3, on=date(2026, 9, 22), behind=1)
    amounts = [row.amount for row in found[Option.LIGHTER].schedule.rows]
    assert amounts[:3] == [50_000] * 3
    assert max(amounts[3:]) <= 100_000


def test_a_pause_asks_nothing_for_three_months_and_is_not_there_where_no_lender_gives_one() -> None:
    found, _owed = ways_on(a_plan(), paid=3, on=date(2026, 9, 22), behind=1)
    assert found[Option.PAUSE].next_due == date(2027, 1, 20)
    without, _owed = ways_on(a_plan(), paid=3, on=date(2026, 9, 22), behind=1, pause_months=0)
    assert Option.PAUSE not in without


def test_with_nothing_behind_there_is_nothing_to_spread_or_to_move() -> None:
    found, _owed = ways_on(a_plan(), paid=4, on=date(2026, 9, 22), behind=0)
    assert set(found) == {Option.LIGHTER, Option.PAUSE}


@given(
    rate=st.sampled_from(["0", "0.06", "0.1825", "0.24"]),
    periods=st.integers(2, 60),
    principal=st.integers(10_000, 100_000_000),
    passed=st.integers(1, 12),
    behind=st.integers(1, 3),
)
def test_every_way_pays_exactly_what_is_owed_and_its_cost_is_the_whole_difference(
    rate: str, periods: int, principal: int, passed: int, behind: int
) -> None:
    passed = min(passed, periods)
    behind = min(behind, passed)
    terms = a_plan(rate, periods, principal)
    on = build(terms).rows[passed - 1].due + timedelta(days=2)
    found, owed = ways_on(terms, paid=passed - behind, on=on, behind=behind)
    for way in found.values():
        assert way.schedule.totals.principal == way.terms.principal
        assert sum(row.amount for row in way.schedule.rows) == owed + way.cost
        assert way.ends >= terms.first_due
        assert all(row.amount > 0 for row in way.schedule.rows)
        # Rounding of rows may save a few cents, and overdue interest bears none while principal is paid before it.
        assert way.cost >= -len(way.schedule.rows) - periods - way.terms.interest
        if rate == "0":
            assert way.cost == 0


# ── signs that a month may be hard ───────────────────────────────────────────────────────────
def test_signs_are_what_the_person_wrote_or_how_the_payments_came() -> None:
    assert signs([0, 1, 2]) == ()
    assert signs([0, 1, 2, 5]) == (Sign.LATER_EACH_MONTH,)
    assert signs([], available=0) == (Sign.DEFICIT,)
    assert signs([], available=100, difficulties=["lost_work"]) == (Sign.LOST_INCOME,)
