"""A frozen document in words: the one source of the screen's table, the CSV and the public JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, gettext, gettext_lazy, override
from django.utils.translation import gettext as _

from cases.domain import taxonomy
from cases.domain.suppression import ALL
from cases.models import ComplaintFact, Lender, Release
from portal.domain import released

KINDS_PLURAL = {
    Lender.Kind.BANK: gettext_lazy("Banks"),
    Lender.Kind.CONSUMER_FINANCE: gettext_lazy("Consumer finance"),
    Lender.Kind.MICROLOAN: gettext_lazy("Microloans"),
    Lender.Kind.FACILITATOR: gettext_lazy("Platforms"),
    Lender.Kind.DEBT_COLLECTOR: gettext_lazy("Agencies"),
}
BY_KIND, BY_LENDER = "kind", "lender"


@dataclass(frozen=True, kw_only=True)
class Row:
    """`counts` in the order of the table's columns; None is hidden."""

    code: str
    label: str
    counts: tuple[int | None, ...]

    @property
    def is_total(self) -> bool:
        return self.code == ALL


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One table in the reader's language. `columns` are (code, label), the total last."""

    name: str
    title: str
    heading: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]

    @property
    def hides(self) -> bool:
        return any(count is None for row in self.rows for count in row.counts)

    @property
    def total(self) -> int | None:
        return self.rows[-1].counts[-1]


def shown(content: Mapping[str, Any], name: str, by: str = "") -> Shown | None:
    """One table of the document; None when it was not published. `by` keeps kinds or lenders only, and the total."""
    rows = content["tables"][name]
    if rows is None:
        return None
    kept = [
        place
        for place, column in enumerate(content["columns"])
        if not by or column["code"] == ALL or ("name" in column) == (by == BY_LENDER)
    ]
    title, heading = _titles(name)
    return Shown(
        name=name,
        title=title,
        heading=heading,
        columns=tuple(
            (content["columns"][place]["code"], _column_label(content["columns"][place])) for place in kept
        ),
        rows=tuple(
            Row(
                code=row["row"],
                label=row_label(name, row["row"]),
                counts=tuple(row["counts"][place] for place in kept),
            )
            for row in rows
        ),
    )


def all_shown(content: Mapping[str, Any], by: str = "") -> list[Shown]:
    found = (shown(content, name, by) for name in (released.BY_CATEGORY, released.BY_OUTCOME))
    return [table for table in found if table is not None]


def _titles(name: str) -> tuple[str, str]:
    if name == released.BY_CATEGORY:
        return _("What was complained of"), _("What the complaint says")
    return _("What came of it"), _("Outcome")


def row_label(table: str, code: str) -> str:
    if code == ALL:
        return _("All complaints")
    if table == released.BY_OUTCOME:
        return str(ComplaintFact.Response(code).label)
    language = get_language() or "zh-hans"
    issues = {category.issue.code: category.issue for category in taxonomy.load().categories}
    # A code is for ever; one that has left the list is shown as it stands in the document.
    return issues[code].label.get(language, issues[code].label["en"]) if code in issues else code


def _column_label(column: Mapping[str, str]) -> str:
    if column["code"] == ALL:
        return gettext("All")
    if "name" in column:
        english = (get_language() or "").startswith("en")
        return column["name_en"] if english and column["name_en"] else column["name"]
    return str(KINDS_PLURAL[Lender.Kind(column["code"])])


def csv_rows(release: Release, *, by_lender: bool) -> Iterator[Sequence[object]]:
    """A heading and one line per row; a hidden number is the word, never an empty cell that reads as zero."""
    content = release.content(by_lender=by_lender)
    tables = all_shown(content)
    columns = [label for _code, label in tables[0].columns]
    yield [_("Month"), _("Release"), _("Table"), _("Code"), _("Row"), *columns]
    for table in tables:
        for row in table.rows:
            numbers = [_("hidden") if count is None else count for count in row.counts]
            yield [content["month"], release.number, table.title, row.code, row.label, *numbers]


def for_machines(release: Release, *, by_lender: bool) -> dict[str, Any]:
    """The public JSON: one entry per published cell, in English, and the SHA-256 of the document it was taken from."""
    content = release.content(by_lender=by_lender)
    with override("en"):
        tables = all_shown(content)
        return {
            "month": content["month"],
            "release": release.number,
            "replaced": replaced_by(release) is not None,
            "method": content["method"],
            "threshold": content["threshold"],
            "sha256": release.sha256 if by_lender else release.open_sha256,
            "notice": "Reported, not verified. A hidden count is null and does not mean zero.",
            "columns": [{"code": code, "label": label} for code, label in tables[0].columns],
            "cells": [
                {
                    "table": table.name,
                    "row": row.code,
                    "label": row.label,
                    "column": code,
                    "count": count,
                    "hidden": count is None,
                }
                for table in tables
                for row in table.rows
                for (code, _label), count in zip(table.columns, row.counts, strict=True)
            ],
        }


def replaced_by(release: Release) -> Release | None:
    """The release that took this one's place."""
    return getattr(release, "replaced_by", None)
