"""The published tables of one month as data, and the exact bytes that their SHA-256 is of.

A document has its columns once (lenders in kinds of lender, or kinds alone) and under `tables` one list of numbers a
row; a hidden number is null. `category` is always there. `outcome` shares the columns' totals, so it is null in a month
in which one of these totals is hidden.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.domain.suppression import ALL, Cell, Shape, Table, is_small, suppress

# Raised when the way of counting or hiding changes, so that no two methods are compared by mistake.
METHOD = 1
FORMAT = "steady.complaints/1"
BY_CATEGORY, BY_OUTCOME = "category", "outcome"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A lender: its public reference, names and kind."""

    code: str
    name: str
    name_en: str
    kind: str


def document(
    *,
    month: str,
    threshold: int,
    columns: Sequence[Column],
    rows: Mapping[str, Sequence[str]],
    counts: Mapping[str, Mapping[Cell, int]],
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The document of one month. `rows` and `counts` are by table; `before` is the document that this one corrects.

    Raises ValueError when nothing can be published; that cannot happen to the table of categories.
    """
    kinds = list(dict.fromkeys(column.kind for column in columns))
    groups = {
        ALL: tuple(kinds),
        **{kind: tuple(column.code for column in columns if column.kind == kind) for kind in kinds},
    }
    tables: dict[str, Table | None] = {}
    for name in (BY_CATEGORY, BY_OUTCOME):
        shape = Shape(rows=tuple(rows[name]), groups=groups)
        tables[name] = suppress(
            shape,
            counts[name],
            threshold=threshold,
            hidden_before=hidden_in(before, name) if before else (),
            show_last_row=name == BY_OUTCOME,
        )
    main = tables[BY_CATEGORY]
    if main is None:
        raise ValueError("The table of categories cannot be published.")
    if any(row == ALL for row, _ in main.hidden) or (before and before["tables"][BY_OUTCOME] is None):
        tables[BY_OUTCOME] = None
    heads: list[dict[str, str]] = []
    for kind in kinds:
        heads += [
            {"code": column.code, "name": column.name, "name_en": column.name_en, "kind": kind}
            for column in columns
            if column.kind == kind
        ]
        heads.append({"code": kind, "kind": kind})
    return {
        "format": FORMAT,
        "month": month,
        "method": METHOD,
        "threshold": threshold,
        "columns": [*heads, {"code": ALL}],
        "tables": {name: _rows(table) if table else None for name, table in tables.items()},
    }


def _rows(table: Table) -> list[dict[str, Any]]:
    return [
        {"row": row, "counts": [table.shown[row, column] for column in table.shape.columns]}
        for row in (*table.shape.rows, ALL)
    ]


def without_lenders(full: Mapping[str, Any]) -> dict[str, Any]:
    """The same document with the columns of kinds only. Nothing is counted or hidden anew."""
    kept = [place for place, column in enumerate(full["columns"]) if "name" not in column]
    return {
        **full,
        "columns": [full["columns"][place] for place in kept],
        "tables": {
            name: rows
            and [{"row": row["row"], "counts": [row["counts"][place] for place in kept]} for row in rows]
            for name, rows in full["tables"].items()
        },
    }


def canonical(content: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces; its UTF-8 bytes are what is hashed and downloaded."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def cells(content: Mapping[str, Any], table: str) -> dict[Cell, int | None]:
    """(row, column) → number, None where it is hidden; empty for a table that was not published."""
    codes = [column["code"] for column in content["columns"]]
    return {
        (row["row"], code): count
        for row in content["tables"][table] or ()
        for code, count in zip(codes, row["counts"], strict=True)
    }


def hidden_in(content: Mapping[str, Any], table: str) -> Collection[Cell]:
    return [cell for cell, count in cells(content, table).items() if count is None]


def tells_too_much(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a reader who holds both documents sees a change of fewer than the threshold in a shown number."""
    threshold = after["threshold"]
    for table in after["tables"]:
        old = cells(before, table)
        for cell, count in cells(after, table).items():
            earlier = old.get(cell, 0)
            if count is not None and earlier is not None and is_small(abs(count - earlier), threshold):
                return True
    return False
