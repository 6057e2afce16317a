"""What living takes is protected by the guide, and nothing that somebody wrote is ever cut."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain import affordability
from cases.domain.affordability import FLOOR, GROUPS, REGIONS, assess, guide_for
from cases.domain.budget import (
    CATEGORIES,
    Essential,
    Flexible,
    Household,
    Income,
    Line,
    Period,
    Side,
    Statement,
    Work,
)
from cases.domain.refusal import Refused
from cases.domain.rulebook import RulebookError, check

BOOK = affordability.guidelines()
TODAY = date(2026, 11, 22)
PLACES = [(country, region) for country in REGIONS for region in ("", *REGIONS[country])]
OUT = [side for side in Side if side is not Side.INCOME]


def number(statement: Statement, country: str = "cn") -> int:
    """What is affordable, below zero where it is short, so that every change can be seen."""
    found = assess(statement, book=BOOK, on=TODAY, country=country)
    return found.affordable - found.deficit


@st.composite
def line(draw: st.DrawFn, sides: tuple[Side, ...] = tuple(Side)) -> Line:
    side = draw(st.sampled_from(sides))
    amount = draw(st.integers(0, 10**7))
    swings = side is Side.INCOME and draw(st.booleans())
    return Line(
        side=side,
        category=draw(st.sampled_from([name for name in CATEGORIES[side] if name != Essential.GUIDE])),
        amount=amount,
        period=draw(st.sampled_from(list(Period))),
        high=amount + draw(st.integers(0, 10**6)) if swings else None,
    )


@st.composite
def budgets(draw: st.DrawFn) -> tuple[Statement, str]:
    country, region = draw(st.sampled_from(PLACES))
    few = st.integers(0, 4)
    return Statement(
        lines=tuple(draw(st.lists(line(), max_size=12))),
        household=Household(
            adults=draw(st.integers(1, 4)),
            children=draw(few),
            teenagers=draw(few),
            other_dependants=draw(few),
        ),
        region=region,
        work=draw(st.sampled_from(list(Work))),
    ), country


@given(budgets(), line((Side.INCOME,)))
def test_another_income_never_lowers_what_is_affordable(said: tuple[Statement, str], more: Line) -> None:
    statement, country = said
    assert number(replace(statement, lines=(*statement.lines, more)), country) >= number(statement, country)


@given(budgets(), st.data())
def test_raising_any_income_never_lowers_what_is_affordable(
    said: tuple[Statement, str], data: st.DataObject
) -> None:
    statement, country = said
    incomes = [place for place, each in enumerate(statement.lines) if each.side is Side.INCOME]
    if not incomes:
        return
    place, by = data.draw(st.sampled_from(incomes)), data.draw(st.integers(0, 10**6))
    each = statement.lines[place]
    raised = replace(each, amount=each.amount + by, high=None if each.high is None else each.high + by)
    lines = (*statement.lines[:place], raised, *statement.lines[place + 1 :])
    assert number(replace(statement, lines=lines), country) >= number(statement, country)


@given(budgets(), line(tuple(OUT)))
def test_another_outgoing_never_raises_what_is_affordable(said: tuple[Statement, str], more: Line) -> None:
    statement, country = said
    assert number(replace(statement, lines=(*statement.lines, more)), country) <= number(statement, country)


@given(budgets(), st.data())
def test_raising_any_outgoing_never_raises_what_is_affordable(
    said: tuple[Statement, str], data: st.DataObject
) -> None:
    statement, country = said
    out = [place for place, each in enumerate(statement.lines) if each.side is not Side.INCOME]
    if not out:
        return
    place, by = data.draw(st.sampled_from(out)), data.draw(st.integers(0, 10**6))
    each = statement.lines[place]
    lines = (
        *statement.lines[:place],
        replace(each, amount=each.amount + by),
        *statement.lines[place + 1 :],
    )
    assert number(replace(statement, lines=lines), country) <= number(statement, country)


@given(budgets(), st.sampled_from(["adults", "children", "teenagers", "other_dependants"]))
def test_one_more_mouth_never_raises_what_is_affordable(said: tuple[Statement, str], who: str) -> None:
    statement, country = said
    home = statement.household
    more = replace(statement, household=replace(home, **{who: getattr(home, who) + 1}))
    assert number(more, country) <= number(statement, country)


@given(budgets())
def test_nothing_written_is_cut_and_nothing_protected_is_negative(said: tuple[Statement, str]) -> None:
    statement, country = said
    found = assess(statement, book=BOOK, on=TODAY, country=country)
    assert found.protected >= 0
    assert found.written + found.protected >= found.guide.floor
    assert found.derivation.essentials == statement.derive().essentials + found.protected
    assert found.derivation.essentials >= 0
    assert found.protected == 0 or found.written + found.protected == found.guide.floor
    assert set(statement.lines) <= set(found.statement.lines)
    assert assess(found.statement, book=BOOK, on=TODAY, country=country) == found


@given(budgets())
def test_a_good_month_work_and_silence_about_the_place_promise_nothing_more(
    said: tuple[Statement, str],
) -> None:
    statement, country = said
    worst = replace(statement, lines=tuple(replace(each, high=None) for each in statement.lines))
    assert number(worst, country) == number(statement, country)
    assert number(replace(statement, work=Work.STEADY), country) == number(statement, country)
    assert number(replace(statement, region=""), country) <= number(statement, country)


@given(line())
def test_twelve_months_lose_no_cent_of_a_year_to_the_lender(each: Line) -> None:
    """Income: never more than the year brings; a cost: never less than the year takes; under 12 cents apart."""
    gap = each.yearly - 12 * each.monthly
    assert 0 <= gap < 12 if each.side is Side.INCOME else -12 < gap <= 0
    if each.period is Period.MONTH:
        assert gap == 0


@given(st.sampled_from(list(Side)), st.integers(0, 10**7))
def test_a_year_written_as_twelve_months_is_the_same_month(side: Side, month: int) -> None:
    category = CATEGORIES[side][0]
    yearly = Line(side=side, category=category, amount=12 * month, period=Period.YEAR)
    assert yearly.monthly == Line(side=side, category=category, amount=month).monthly == month


def test_the_floor_is_for_everyone_in_the_household() -> None:
    home = Household(adults=2, children=1, teenagers=1, other_dependants=1)
    assert guide_for(home, region="cn.beijing", book=BOOK, on=TODAY).floor == 5 * 1_450_00
    british = guide_for(Household(adults=2, children=1), region="uk.all", book=BOOK, on=TODAY, country="uk")
    assert british.floor == 424_90 + 242_07 + 303_94


def test_each_day_has_its_edition_of_the_guide() -> None:
    one = Household()
    floors = [
        guide_for(one, region="uk.all", book=BOOK, on=day, country="uk").floor
        for day in (date(2025, 4, 7), date(2026, 4, 5), date(2026, 4, 6))
    ]
    assert floors == [400_14, 400_14, 424_90]
    with pytest.raises(RulebookError):
        guide_for(one, region="uk.all", book=BOOK, on=date(2025, 4, 6), country="uk")


def test_who_does_not_say_where_gets_the_most_careful_floor() -> None:
    silent = guide_for(Household(), region="", book=BOOK, on=TODAY)
    assert silent.region == "cn.shanghai"
    assert silent.floor == max(
        guide_for(Household(), region=region, book=BOOK, on=TODAY).floor for region in REGIONS["cn"]
    )


def test_a_place_of_another_country_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        guide_for(Household(), region="us.all", book=BOOK, on=TODAY)
    assert caught.value.field == "region"


def test_only_what_is_well_above_the_usual_is_asked_about() -> None:
    def above(food: int, home: Household) -> list[str]:
        lines = (Line(side=Side.ESSENTIAL, category=Essential.FOOD, amount=food),)
        said = Statement(lines=lines, household=home, region="cn.city")
        return [each.group for each in assess(said, book=BOOK, on=TODAY).above]

    assert above(1_051_38, Household()) == []
    assert above(1_051_39, Household()) == ["food"]
    assert above(1_051_39, Household(adults=2)) == []


def test_where_no_usual_figures_are_published_nothing_is_asked() -> None:
    lines = (Line(side=Side.ESSENTIAL, category=Essential.FOOD, amount=10**9),)
    assert assess(Statement(lines=lines), book=BOOK, on=TODAY, country="uk").above == ()


def test_what_may_change_soon_is_looked_at_soon() -> None:
    months = {
        work: assess(Statement(lines=(), work=work), book=BOOK, on=TODAY).review_months for work in Work
    }
    assert months[Work.STEADY] == 12
    assert months[Work.CHANGING] == months[Work.BETWEEN_JOBS] == 3
    assert all(months.values())


def test_a_range_runs_upwards_and_belongs_to_income() -> None:
    for side, category, low, high in (
        (Side.INCOME, Income.WAGES, 2, 1),
        (Side.ESSENTIAL, Essential.FOOD, 1, 2),
    ):
        with pytest.raises(Refused) as caught:
            Line(side=side, category=category, amount=low, high=high)
        assert caught.value.field == "high"


def test_the_guide_says_how_sure_it_is_of_every_figure() -> None:
    assert check(BOOK) == []
    for rule in BOOK.rules:
        if rule.id not in (affordability.ASK_ABOVE, affordability.REVIEW):
            assert rule.doubt, rule.id
        assert "illustrative" not in rule.citation.lower() or "Illustrative" in rule.doubt, rule.id
    for country, regions in REGIONS.items():
        for region in regions:
            assert region.startswith(f"{country}.")
            assert any(rule.id == f"guide.floor.{region}" for rule in BOOK.rules)


def test_the_groups_of_the_guide_hold_living_costs_only() -> None:
    grouped = [name for group in GROUPS.values() for name in group]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) < FLOOR
    assert {*Essential, *Flexible} > FLOOR
    assert not FLOOR & {Essential.RENT, Essential.MORTGAGE, Essential.MEDICAL, Essential.GUIDE}
