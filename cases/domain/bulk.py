"""
The same rules over arrays. Facts become columns of whole numbers, one per field, and each line of the table is asked of all
rows at once: the very functions that judge one contact, so there is nothing here that could differ from them. This is the only
module of `cases.domain` that knows numpy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from cases.domain import conduct
from cases.domain.facts import Facts
from cases.domain.rulebook import Rulebook

NAMES = tuple(each.name for each in fields(Facts))


class Columns(SimpleNamespace):
    """One int64 array per fact, all of one length."""

    def __len__(self) -> int:
        return len(self.day)

    def row(self, place: int) -> Facts:
        """One row as the scalar judge sees it."""
        return Facts(**{name: int(getattr(self, name)[place]) for name in NAMES})


def columns(rows: Sequence[Facts]) -> Columns:
    return Columns(
        **{
            name: np.fromiter((getattr(row, name) for row in rows), dtype=np.int64, count=len(rows))
            for name in NAMES
        }
    )


def judge(rulebook: Rulebook, facts: Columns, *, lender_type: str) -> Mapping[str, NDArray[np.bool_]]:
    """Rule id → for which rows it is broken. One row is one contact on one clock; a rule broken on any counts."""
    broken: dict[str, NDArray[np.bool_]] = {}
    for line in conduct.lines(rulebook, lender_type):
        truth = line.holds(facts)
        earlier = broken.get(line.rule.id)
        broken[line.rule.id] = truth if earlier is None else earlier | truth
    return broken
