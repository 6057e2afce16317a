"""
How fast contacts are judged: one by one as the public contract does, and as arrays. `python -m bench.conduct --n 1000000`.
Prints rows a second for both, their ratio, and refuses to end well unless every verdict is the same.
"""

import argparse
import sys
import time
from dataclasses import fields
from datetime import date

import numpy as np

from cases.domain import bulk, conduct
from cases.domain.facts import LONG_AGO, TRAITS, Facts
from cases.domain.rulebook import Rulebook, load

# Fact → (least, most) of what is drawn; all others are yes or no, or the place of a fact.
_RANGES = {
    "day": (date(2010, 1, 1).toordinal(), date(2028, 1, 1).toordinal()),
    "second": (0, 86_399),
    "party": (0, 6),
    "channel": (0, 6),
    "failed_in_a_row": (0, 5),
    "talks": (0, 5),
    "failed_to_number": (0, 9),
    "visits": (0, 3),
    "messages": (0, 24),
    "contacts": (0, 6),
    "calls_about_debt": (0, 10),
    "talks_about_debt": (0, 2),
    "calls_to_number": (0, 9),
    "since_missed": (0, 600),
    "counted": (0, 9),
}
_PLACES = frozenset(
    {
        "opt_out",
        "opt_out_number",
        "cease",
        "inconvenient",
        "represented",
        "moratorium",
        "plan_in_force",
        "dispute",
        "refused",
    }
)
_EDGES = (0, 28_799, 28_800, 28_801, 75_599, 75_600, 75_601, 79_199, 79_200, 79_201, 86_399)


def sample(rows: int, seed: int = 1) -> bulk.Columns:
    """Random facts, whole numbers in the ranges that matter; the edges of hours come up often."""
    dice = np.random.default_rng(seed)
    drawn = {}
    for each in fields(Facts):
        if each.name in _RANGES:
            least, most = _RANGES[each.name]
            drawn[each.name] = dice.integers(least, most, rows, endpoint=True)
        elif each.name in _PLACES:
            drawn[each.name] = np.maximum(dice.integers(-8, 2, rows, endpoint=True), -1)
        elif each.name == "traits":
            drawn[each.name] = (1 << dice.integers(0, len(TRAITS), rows)) * dice.integers(0, 2, rows)
        else:
            drawn[each.name] = dice.integers(0, 1, rows, endpoint=True)
    edge = dice.integers(0, 4, rows) == 0
    drawn["second"][edge] = dice.choice(_EDGES, int(edge.sum()))
    drawn["since_missed"][dice.integers(0, 2, rows) == 0] = LONG_AGO
    return bulk.Columns(**drawn)


def one_by_one(book: Rulebook, facts: bulk.Columns, lender_type: str) -> dict[str, list[bool]]:
    """The verdicts of the scalar judge, in the shape of `bulk.judge`."""
    lines = conduct.lines(book, lender_type)
    found: dict[str, list[bool]] = {line.rule.id: [False] * len(facts) for line in lines}
    for place in range(len(facts)):
        row = facts.row(place)
        for line in lines:
            if line.holds(row):
                found[line.rule.id][place] = True
    return found


def same(book: Rulebook, facts: bulk.Columns, lender_type: str) -> bool:
    """Whether arrays and rows give bit-identical verdicts."""
    arrays, rows = bulk.judge(book, facts, lender_type=lender_type), one_by_one(book, facts, lender_type)
    return arrays.keys() == rows.keys() and all(
        np.array_equal(arrays[rule], np.array(rows[rule], dtype=bool)) for rule in arrays
    )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--jurisdiction", default="us")
    parser.add_argument("--lender-type", default="debt_collector")
    asked = parser.parse_args(argv)
    book, facts = load(asked.jurisdiction), sample(asked.n)
    began = time.perf_counter()
    bulk.judge(book, facts, lender_type=asked.lender_type)
    arrays = time.perf_counter() - began
    began = time.perf_counter()
    one_by_one(book, facts, asked.lender_type)
    rows = time.perf_counter() - began
    print(f"arrays      {asked.n / arrays:12,.0f} contacts a second")
    print(f"one by one  {asked.n / rows:12,.0f} contacts a second")
    print(f"ratio       {rows / arrays:12.1f}")
    if not same(book, facts, asked.lender_type):
        print("the verdicts differ")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
