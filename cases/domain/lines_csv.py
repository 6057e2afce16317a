"""A lender's lines from a CSV file: bytes in, one flat sheet per line out, to be read like a request of the lender API.

A lender's file is written by a program, so it is read strictly: the headings are the API's field names, values are
written as the API takes them, and nothing is guessed. Nothing is executed, and a cell that a spreadsheet would execute
is refused.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from . import wire
from .csv_text import FileRefused, decode, records

MOST_LINES = 2_000
LONGEST_CELL = 200
# The column in which a file may name whose it is; another lender's line is refused, not skipped.
LENDER = "lender"
_FORMULA = ("=", "+", "-", "@", "\t")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffd]")
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_WORDS = {"true": True, "false": False}


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One line of a file: where it starts, its values by field, and what is wrong before they are even read."""

    line: int
    values: dict[str, Any]
    problems: tuple[wire.Problem, ...] = ()


def read(
    data: bytes,
    *,
    fields: Sequence[str],
    required: Collection[str],
    lender: str,
    whole: Collection[str] = (),
    flags: Collection[str] = (),
) -> tuple[str, list[Sheet]]:
    """The name of the encoding, and every line. Empty cells are absent fields; `whole` are integers, `flags` true/false.

    Raises FileRefused for what spoils the whole file: its size, encoding, headings, or a quotation mark never closed.
    """
    text, encoding = decode(data)
    lines = records(text)
    _line, headings = next(lines, (1, []))
    columns = [heading.strip() for heading in headings]
    missing = tuple(name for name in fields if name in required and name not in columns)
    twice = tuple(sorted({name for name in columns if columns.count(name) > 1}))
    unknown = tuple(name[:40] for name in columns if name not in (*fields, LENDER))
    if missing or twice or unknown:
        raise FileRefused("columns", missing=missing, twice=(*twice, *unknown))
    sheets: list[Sheet] = []
    for line, cells in lines:
        if len(sheets) == MOST_LINES:
            raise FileRefused("too_many_rows")
        sheets.append(_sheet(line, columns, cells, lender, whole, flags))
    if not sheets:
        raise FileRefused("no_rows")
    return encoding, sheets


def _sheet(
    line: int,
    columns: Sequence[str],
    cells: Sequence[str],
    lender: str,
    whole: Collection[str],
    flags: Collection[str],
) -> Sheet:
    problems = []
    if any(cell.strip() for cell in cells[len(columns) :]):
        # A comma inside an amount without quotes pushes the rest one place on: nothing on this line is safe.
        problems.append(wire.Problem(at=None, code="too_many_cells"))
    values: dict[str, Any] = {}
    for column, raw in zip(columns, cells, strict=False):
        cell = raw.strip()
        if not cell:
            continue
        if len(cell) > LONGEST_CELL:
            problems.append(wire.Problem(at=column, code="too_long"))
        elif _CONTROL.search(cell):
            problems.append(wire.Problem(at=column, code="damaged"))
        elif cell.startswith(_FORMULA):
            problems.append(wire.Problem(at=column, code="formula"))
        elif column == LENDER:
            if cell != lender:
                problems.append(wire.Problem(at=column, code="other_lender"))
        elif column in whole and _WHOLE.fullmatch(cell):
            values[column] = int(cell)
        elif column in flags:
            values[column] = _WORDS.get(cell.lower(), cell)
        else:
            values[column] = cell
    return Sheet(line=line, values=values, problems=tuple(problems))
