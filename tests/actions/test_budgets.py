"""Keeping budgets."""

from dataclasses import replace

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from cases import queries
from cases.actions import budgets
from cases.domain import affordability
from cases.domain.budget import Difficulty, Household, Line, Period, Side, Statement, Work
from cases.domain.refusal import Refused
from cases.models import Event
from cases.models import Statement as Kept
from tests import builders as make

pytestmark = pytest.mark.django_db


def a_budget(wages: int = 860_000, food: int = 630_000) -> Statement:
    return Statement(
        lines=(
            Line(side=Side.INCOME, category="wages", amount=wages),
            Line(side=Side.ESSENTIAL, category="food", amount=food),
            Line(side=Side.BUFFER, category="emergency", amount=600_000, period=Period.YEAR),
        )
    )


def test_a_budget_is_kept_with_its_lines_and_its_number() -> None:
    person = make.a_borrower()
    kept = budgets.keep(by=person, figures=a_budget())
    assert kept.available == 180_000
    assert budgets.from_rows(kept.lines) == a_budget()
    event = Event.objects.get()
    assert (event.kind, event.about_ref, event.data["available"]) == ("budget.kept", kept.ref, 180_000)


def test_a_new_budget_replaces_the_old_one_which_stays() -> None:
    person = make.a_borrower()
    old = budgets.keep(by=person, figures=a_budget())
    new = budgets.keep(by=person, figures=a_budget(food=700_000))
    old.refresh_from_db()
    assert old.replaced_at is not None
    assert old.available == 180_000
    assert queries.current_statement(person) == new


def test_the_same_token_twice_keeps_one_budget() -> None:
    person = make.a_borrower()
    first = budgets.keep(by=person, figures=a_budget(), once="a-token")
    assert budgets.keep(by=person, figures=a_budget(), once="a-token") == first
    assert Kept.objects.count() == Event.objects.count() == 1


def test_the_database_itself_refuses_two_current_budgets() -> None:
    person = make.a_borrower()
    make.a_statement(person)
    with pytest.raises(IntegrityError), transaction.atomic():
        make.a_statement(person)


def test_no_income_is_a_budget_like_any_other() -> None:
    kept = budgets.keep(by=make.a_borrower(), figures=a_budget(wages=0))
    assert kept.available == 0
    assert Event.objects.get().data["deficit"] == 680_000


def test_a_budget_names_who_lives_from_it_and_the_edition_of_the_guide() -> None:
    figures = replace(
        a_budget(),
        household=Household(adults=2, children=1, teenagers=1, other_dependants=1),
        region="cn.rural",
        work=Work.CHANGING,
    )
    kept = budgets.keep(by=make.a_borrower(), figures=figures)
    kept.refresh_from_db()
    assert budgets.from_row(kept) == figures
    assert kept.about["guide"] == {
        "region": "cn.rural",
        "version": affordability.guidelines().version,
        "floor": 5 * 62_130,
        "written": 630_000,
        "review_months": 3,
    }


def test_the_protected_difference_is_a_line_of_the_kept_budget() -> None:
    kept = budgets.keep(by=make.a_borrower(), figures=replace(a_budget(food=30_000), region="cn.city"))
    assert kept.lines[-1] == {
        "side": "essential",
        "category": "guide",
        "amount": 48_590,
        "period": "month",
    }
    assert kept.available == 860_000 - 78_590 - 50_000
    assert budgets.from_rows(kept.lines).derive().available == kept.available
    again = budgets.keep(by=kept.borrower, figures=budgets.from_row(kept))
    assert again.lines == kept.lines, "Kept again, it is protected once."


def test_reasons_are_sealed_and_stand_in_no_event() -> None:
    told = budgets.Confided(difficulties=(Difficulty.ILLNESS,), word="insulin")
    kept = budgets.keep(by=make.a_borrower(), figures=a_budget(), confided=told)
    kept.refresh_from_db()
    assert budgets.confided_in(kept) == told
    with connection.cursor() as cursor:
        cursor.execute("SELECT confided, about, lines FROM cases_statement")
        assert "illness" not in (row := str(cursor.fetchall()))
        assert "insulin" not in row
    assert set(Event.objects.get().data) == {"available", "deficit"}


@pytest.mark.parametrize("column", ["about", "confided", "format"])
def test_the_database_keeps_every_column_of_a_budget_as_it_was(column: str) -> None:
    kept = budgets.keep(by=make.a_borrower(), figures=a_budget())
    with pytest.raises(DatabaseError), transaction.atomic():
        Kept.objects.filter(pk=kept.pk).update(**{column: 7})


def test_a_kept_budget_may_be_emptied_altogether_only() -> None:
    kept = budgets.keep(by=make.a_borrower(), figures=a_budget(), confided=budgets.Confided(word="insulin"))
    with pytest.raises(DatabaseError), transaction.atomic():
        Kept.objects.filter(pk=kept.pk).update(lines=[], available=0)
    assert Kept.objects.filter(pk=kept.pk).update(lines=[], available=0, about={}, confided="") == 1


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(Refused):
        budgets.keep(by=make.a_borrower(), figures=replace(a_budget(), region="uk.all"))
    assert not Kept.objects.exists()


def test_only_the_person_keeps_a_budget() -> None:
    with pytest.raises(Refused):
        budgets.keep(by=make.a_regulator(), figures=a_budget())
    assert not Kept.objects.exists()
