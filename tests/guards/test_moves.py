"""Every table of moves is walked by a file that says, for each state and verb, what happens."""

import csv
import importlib
import inspect
import re
from itertools import product
from pathlib import Path

import pytest

from cases.domain.lifecycle import Move
from tests.guards.repository import ROOT
from tests.guards.test_walls import domain_modules

DATA = ROOT / "tests" / "data"


def tables() -> dict[str, tuple[Move, ...]]:
    """`module:NAME` → table, for every table of moves in a domain module."""
    found = {}
    for path, _text in domain_modules():
        module = importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
        for name, value in inspect.getmembers(module):
            if isinstance(value, tuple) and value and all(isinstance(row, Move) for row in value):
                found[f"{module.__name__}:{name}"] = value
    return found


def walked(table: tuple[Move, ...], rows: list[tuple[str, str]]) -> bool:
    """Whether `rows` of (state, verb) name exactly all states of the table with all its verbs."""
    states = {str(state) for row in table for state in (*row.frm, row.to)}
    verbs = {str(row.verb) for row in table}
    return set(rows) == set(product(states, verbs))


def files() -> dict[str, list[tuple[str, str]]]:
    found = {}
    for path in sorted(DATA.glob("*_moves.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.name] = [(row["state"], row["verb"]) for row in csv.DictReader(file)]
    return found


def test_every_table_of_moves_is_walked_completely() -> None:
    assert tables()
    unwalked = [
        name for name, table in tables().items() if not any(walked(table, rows) for rows in files().values())
    ]
    assert unwalked == []


def test_a_state_without_its_verbs_is_seen() -> None:
    name, table = next(iter(tables().items()))
    rows = next(rows for rows in files().values() if walked(table, rows))
    assert not walked(table, [row for row in rows if row != rows[-1]]), name


@pytest.mark.parametrize("table", files())
def test_every_file_of_moves_is_read_by_a_test(table: str) -> None:
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    assert any(re.search(rf"\b{re.escape(table)}\b", path.read_text(encoding="utf-8")) for path in tests)
