"""Keeping budgets."""

import pytest
from django.db import IntegrityError, transaction

from cases import queries
from cases.actions import budgets
from cases.domain.budget import Line, Period, Side, Statement
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


def test_only_the_person_keeps_a_budget() -> None:
    with pytest.raises(Refused):
        budgets.keep(by=make.a_regulator(), figures=a_budget())
    assert not Kept.objects.exists()
