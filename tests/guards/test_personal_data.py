"""No table is forgotten: each is copied for its person and cleared at erasure, or says why it knows nobody."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from cases import append_only
from cases.domain import retention
from cases.models import User
from portal import queries_rights
from portal.domain.personal import NOT_PERSONAL, PERSONAL, Fate, Rows

ENTRIES = {entry.model: entry for entry in PERSONAL}
HOW = (
    "\nA new table belongs in portal/domain/personal.py: in PERSONAL with the path to its person and what erasure does, "
    "or in NOT_PERSONAL with the reason."
)
# Staff only, never a borrower: the path to a user is the officer's own.
STAFF = {"cases.Post", "cases.LenderToken", "admin.LogEntry", "notices.Template"}


def labels() -> list[str]:
    return [model._meta.label for model in apps.get_models()]


def unaccounted(known: Iterable[str], entries: Iterable[str], others: Iterable[str]) -> list[str]:
    return sorted(set(known) - set(entries) - set(others))


def leads_to_a_user(model: Any, seen: frozenset[Any] = frozenset()) -> bool:
    targets = {
        field.related_model for field in model._meta.get_fields() if field.concrete and field.related_model
    }
    return User in targets or any(
        leads_to_a_user(target, seen | {model}) for target in targets - seen - {model, User}
    )


def words(entry: Rows) -> set[str]:
    """Fields of a table that could hold words: text and JSON without a closed list."""
    meta = apps.get_model(entry.model)._meta
    return {
        field.name
        for field in meta.concrete_fields
        if isinstance(
            field, models.CharField | models.TextField | models.JSONField | models.GenericIPAddressField
        )
        and not field.choices
    }


def stays(entry: Rows) -> bool:
    return entry.fate is not Fate.GONE or bool(entry.kept_if)


def unsaid(entry: Rows) -> set[str]:
    """Words that would outlive erasure although nobody said that they are only codes."""
    return words(entry) - set(entry.empties) - set(entry.codes) if stays(entry) else set()


def test_every_table_is_personal_or_says_why_not() -> None:
    assert unaccounted(labels(), ENTRIES, NOT_PERSONAL) == [], HOW
    assert sorted((ENTRIES.keys() | NOT_PERSONAL.keys()) - set(labels())) == []
    assert ENTRIES.keys() & NOT_PERSONAL.keys() == set()


def test_a_forgotten_table_is_seen() -> None:
    assert unaccounted([*labels(), "cases.Planted"], ENTRIES, NOT_PERSONAL) == ["cases.Planted"]


def test_every_table_from_which_a_way_leads_to_a_person_is_personal() -> None:
    reach = {model._meta.label for model in apps.get_models() if leads_to_a_user(model)}
    assert reach - ENTRIES.keys() - STAFF == set()
    assert "cases.DebtParty" in reach


@pytest.mark.django_db
@pytest.mark.parametrize("entry", PERSONAL, ids=lambda entry: entry.model)
def test_what_is_said_of_a_table_is_true_of_it(entry: Rows) -> None:
    meta = apps.get_model(entry.model)._meta
    fields = {field.name for field in [*meta.concrete_fields, *meta.many_to_many]}
    named: Mapping[str, Iterable[str]] = {
        "codes": entry.codes,
        "empties": entry.empties,
        "hidden": entry.hidden,
        "minor": entry.minor,
    }
    for what, names in named.items():
        assert set(names) <= fields, f"{entry.model}: {what} names fields that are not there"
    person = User(pk=1)
    for relation in entry.kept_if:
        assert not queries_rights.rows_of(entry, person).filter(**{f"{relation}__isnull": False}).exists()
    assert not queries_rights.rows_of(entry, person).exists()


@pytest.mark.parametrize("entry", PERSONAL, ids=lambda entry: entry.model)
def test_no_words_outlive_erasure_unsaid(entry: Rows) -> None:
    assert unsaid(entry) == set()


def test_words_that_were_forgotten_are_seen() -> None:
    offer = ENTRIES["repayment.Offer"]
    assert unsaid(Rows(**{**vars(offer), "empties": {}})) == {"reason"}


def test_what_stays_names_the_period_it_stays_for() -> None:
    periods = {rule.id for rule in retention.periods().rules}
    assert [entry.model for entry in PERSONAL if stays(entry) and entry.why not in periods] == []
    assert [entry.model for entry in PERSONAL if not stays(entry) and entry.why] == []


def test_amounts_of_a_copy_know_their_currency() -> None:
    def has_amounts(entry: Rows) -> bool:
        meta = apps.get_model(entry.model)._meta
        return any(
            isinstance(field, models.BigIntegerField) and not field.primary_key
            for field in meta.concrete_fields
        )

    assert [entry.model for entry in PERSONAL if has_amounts(entry) and not entry.currency] == []


def test_rows_that_point_go_before_rows_that_are_pointed_at() -> None:
    order = {entry.model: number for number, entry in enumerate(PERSONAL)}
    wrong = [
        (entry.model, field.related_model._meta.label)
        for entry in PERSONAL
        for field in apps.get_model(entry.model)._meta.concrete_fields
        if field.related_model
        and field.related_model._meta.label in order
        and entry.fate is Fate.GONE
        and ENTRIES[field.related_model._meta.label].fate is Fate.GONE
        and order[field.related_model._meta.label] < order[entry.model]
    ]
    assert wrong == []


def test_guarded_tables_are_kept_or_emptied_only_where_their_guard_lets_it() -> None:
    tables = {apps.get_model(entry.model)._meta.db_table: entry for entry in PERSONAL}
    for table, columns in append_only.GUARDED.items():
        entry = tables.get(table)
        if entry is None:
            continue
        assert entry.fate is not Fate.GONE, table
        guarded = set(columns) if columns else set(entry.empties)
        touched = guarded & set(entry.empties)
        assert not touched or "UPDATE" in append_only.RELEASED.get(table, {}), table


def test_the_access_log_is_guarded_no_longer_than_it_is_kept() -> None:
    rule = next(rule for rule in retention.periods().rules if rule.id == "retention.access_log")
    assert rule.number("years") * 365 >= append_only.VIEWING_DAYS
