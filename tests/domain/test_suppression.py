"""A hidden number stays hidden: subtraction, exact inference, hierarchies, and a second release.

The attacks here share no code with the method: elimination over fractions, a small exact linear programme, and
plain enumeration. The control hides small cells only and must be broken.
"""

import itertools
import random
from collections.abc import Collection, Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.domain.suppression import ALL, Cell, Shape, bounds, is_small, suppress, totals

THRESHOLD = 10
FLAT = Shape(rows=("a", "b", "c", "d"), groups={ALL: ("1", "2", "3", "4", "5")})
# Lenders in kinds; two of the kinds have one lender only.
TREE = Shape(
    rows=("a", "b", "c", "d", "e"),
    groups={ALL: ("bank", "cf", "micro"), "bank": ("1", "2"), "cf": ("3",), "micro": ("4", "5", "6")},
)
LIST = Shape(rows=("a", "b", "c", "d", "e", "f"), groups={})


def a_table(shape: Shape, seed: int, typical: float = 2.7) -> dict[Cell, int]:
    dice = random.Random(seed)
    return {
        (row, leaf): 0 if dice.random() < 0.08 else int(dice.lognormvariate(typical, 1.0))
        for row in shape.rows
        for leaf in shape.leaves
    }


# ── the attacks ──────────────────────────────────────────────────────────────────────────────
def equations(shape: Shape) -> list[tuple[Cell, list[Cell]]]:
    """Every sum the reader knows of: (the sum, what it is made of)."""
    known = [
        ((row, column), [(row, part) for part in parts])
        for row in (*shape.rows, ALL)
        for column, parts in shape.groups.items()
    ]
    known += [((ALL, column), [(row, column) for row in shape.rows]) for column in shape.columns]
    return known


def system(
    shape: Shape, whole: Mapping[Cell, int], hidden: Collection[Cell]
) -> tuple[list[Cell], list[list[Fraction]]]:
    """Rows of a linear system over the hidden cells, last column the right side."""
    names = sorted(hidden)
    lines = []
    for total, parts in equations(shape):
        line = [Fraction(0)] * (len(names) + 1)
        for cell, sign in [(total, 1), *((part, -1) for part in parts)]:
            if cell in hidden:
                line[names.index(cell)] += sign
            else:
                line[-1] -= sign * whole[cell]
        if any(line[:-1]):
            lines.append(line)
    return names, lines


def reduced(lines: list[list[Fraction]]) -> list[tuple[int, list[Fraction]]]:
    """Gauss–Jordan over fractions: (pivot, row) pairs."""
    done: list[tuple[int, list[Fraction]]] = []
    lines = [list(line) for line in lines]
    for place in range(len(lines[0]) - 1 if lines else 0):
        pivot = next((line for line in lines if line[place]), None)
        if pivot is None:
            continue
        lines.remove(pivot)
        pivot = [value / pivot[place] for value in pivot]
        for line in [*lines, *(row for _, row in done)]:
            if factor := line[place]:
                line[:] = [v - factor * p if p else v for v, p in zip(line, pivot, strict=True)]
        done.append((place, pivot))
    return done


def recovered(shape: Shape, counts: Mapping[Cell, int], hidden: Collection[Cell]) -> set[Cell]:
    """The hidden cells that additions and subtractions give back."""
    if not hidden:
        return set()
    names, lines = system(shape, totals(shape, counts), hidden)
    return {
        names[place]
        for place, line in reduced(lines)
        if not any(value for at, value in enumerate(line[:-1]) if at != place)
    }


def extreme(
    shape: Shape, counts: Mapping[Cell, int], hidden: Collection[Cell], cell: Cell, sign: int
) -> Fraction | None:
    """The largest (sign 1) or smallest (-1) value of a hidden cell, each being at least one; None: no end.

    Exact simplex with Bland's rule: first to a possible table, then to the best.
    """
    names, lines = system(shape, totals(shape, counts), hidden)
    # x = 1 + y with y >= 0; a right side below zero is repaired first.
    rows = [(at, [*line[:-1], line[-1] - sum(line[:-1])]) for at, line in reduced(lines)]
    target = names.index(cell)
    basis = [at for at, _ in rows]
    table = [list(line) for _, line in rows]

    def pivot(row: int, place: int) -> None:
        factor = table[row][place]
        table[row] = [value / factor for value in table[row]]
        for other, line in enumerate(table):
            if other != row and line[place]:
                table[other] = [v - line[place] * p for v, p in zip(line, table[row], strict=True)]
        basis[row] = place

    while any(line[-1] < 0 for line in table):
        row = min((r for r, line in enumerate(table) if line[-1] < 0), key=lambda r: basis[r])
        pivot(row, next(place for place in range(len(names)) if table[row][place] < 0))
    while True:
        gain = [Fraction(0)] * len(names)
        gain[target] = Fraction(sign)
        if target in basis:
            line = table[basis.index(target)]
            gain = [-sign * value for value in line[:-1]]
            gain[target] = Fraction(0)
        enter = next((place for place in range(len(names)) if place not in basis and gain[place] > 0), None)
        if enter is None:
            return 1 + (table[basis.index(target)][-1] if target in basis else Fraction(0))
        limits = [
            (line[-1] / line[enter], basis[row], row) for row, line in enumerate(table) if line[enter] > 0
        ]
        if not limits:
            return None
        pivot(min(limits)[2], enter)


def need(count: int) -> int:
    return max(THRESHOLD, -(-count // 5))


def small_cells(shape: Shape, counts: Mapping[Cell, int]) -> set[Cell]:
    return {cell for cell, count in totals(shape, counts).items() if is_small(count, THRESHOLD)}


# ── the properties ───────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("shape", [FLAT, TREE, LIST], ids=["plain", "kinds", "list"])
@pytest.mark.parametrize("part", range(4))
def test_nobody_recovers_a_hidden_cell_by_subtraction(shape: Shape, part: int) -> None:
    """SC-1 over 1 200 tables."""
    for seed in range(part * 100, part * 100 + 100):
        counts = a_table(shape, seed)
        table = suppress(shape, counts, threshold=THRESHOLD)
        assert table is not None
        assert small_cells(shape, counts) <= table.hidden, seed
        assert recovered(shape, counts, table.hidden) == set(), seed


@pytest.mark.parametrize(("shape", "most"), [(FLAT, 0.30), (TREE, 0.30)], ids=["plain", "kinds"])
def test_hiding_small_cells_only_is_broken_by_subtraction(shape: Shape, most: float) -> None:
    """The control: without the extra cells a good part comes back."""
    hidden = found = 0
    for seed in range(200):
        counts = a_table(shape, seed)
        small = small_cells(shape, counts)
        hidden += len(small)
        found += len(recovered(shape, counts, small))
    assert found > most * hidden


def test_two_hidden_cells_in_every_line_are_not_enough() -> None:
    """Two closed squares joined by one cell: each line has two or three hidden cells, and one is still determined."""
    shape = Shape(rows=("a", "b", "c", "d"), groups={ALL: ("1", "2", "3", "4")})
    counts = {(row, leaf): 40 for row in shape.rows for leaf in shape.leaves}
    squares = {*itertools.product("ab", "12"), *itertools.product("cd", "34")}
    assert recovered(shape, counts, squares | {("a", "3")}) == {("a", "3")}
    counts[("a", "3")] = 4
    table = suppress(shape, counts, threshold=THRESHOLD, hidden_before=squares)
    assert table is not None
    assert recovered(shape, counts, table.hidden) == set()


@pytest.mark.parametrize("shape", [FLAT, TREE, LIST], ids=["plain", "kinds", "list"])
def test_every_hidden_cell_could_be_any_of_ten_numbers_or_a_fifth_of_itself(shape: Shape) -> None:
    """SC-2 by the method's own bounds on many tables, and by an exact linear programme on some of them."""
    for seed in range(80):
        counts = a_table(shape, seed)
        whole = totals(shape, counts)
        table = suppress(shape, counts, threshold=THRESHOLD)
        assert table is not None
        inferred = bounds(shape, counts, table.hidden)
        for cell, bound in inferred.items():
            assert bound.most is None or bound.most - bound.least >= need(whole[cell]), (seed, cell)
        if seed % 40 == 0:
            for cell, bound in list(inferred.items())[:8]:
                assert extreme(shape, counts, table.hidden, cell, 1) == bound.most
                assert extreme(shape, counts, table.hidden, cell, -1) == bound.least


def test_the_bounds_are_those_of_plain_enumeration() -> None:
    shape = Shape(rows=("a", "b"), groups={ALL: ("1", "2", "3")})
    for seed in range(25):
        dice = random.Random(seed)
        counts = {(row, leaf): dice.randint(1, 5) for row in shape.rows for leaf in shape.leaves}
        whole = totals(shape, counts)
        # All inner cells hidden: two of them decide the other four.
        possible = []
        for first, second in itertools.product(range(1, 16), repeat=2):
            above = (first, second, whole["a", ALL] - first - second)
            below = tuple(whole[ALL, column] - value for column, value in zip("123", above, strict=True))
            if min(above + below) >= 1:
                possible.append(dict(zip(counts, above + below, strict=True)))
        found = bounds(shape, counts, set(counts))
        for cell in counts:
            seen = [table[cell] for table in possible]
            assert (found[cell].least, found[cell].most) == (min(seen), max(seen))


@given(
    counts=st.dictionaries(
        st.tuples(st.sampled_from(TREE.rows), st.sampled_from(TREE.leaves)), st.integers(0, 60)
    ),
    threshold=st.sampled_from([2, 5, 10, 20]),
)
@settings(max_examples=150)
def test_any_table_can_be_published_and_shows_only_true_numbers(
    counts: dict[Cell, int], threshold: int
) -> None:
    table = suppress(TREE, counts, threshold=threshold)
    assert table is not None
    whole = totals(TREE, counts)
    for cell, shown in table.shown.items():
        assert shown is None or (shown == whole[cell] and not is_small(shown, threshold))
        # A zero is shown as a zero: hidden never means none.
        assert shown is not None or whole[cell] > 0
    assert recovered(TREE, counts, table.hidden) == set()


def test_a_table_without_small_cells_is_shown_whole() -> None:
    counts = {(row, leaf): 30 for row in TREE.rows for leaf in TREE.leaves}
    table = suppress(TREE, counts, threshold=THRESHOLD)
    assert table is not None
    assert table.hidden == frozenset()


def test_a_kind_with_one_lender_does_not_give_the_lender_away() -> None:
    counts = {(row, leaf): 40 for row in TREE.rows for leaf in TREE.leaves} | {("b", "3"): 4}
    table = suppress(TREE, counts, threshold=THRESHOLD)
    assert table is not None
    assert {("b", "3"), ("b", "cf")} <= table.hidden


def test_what_was_hidden_once_stays_hidden_in_a_correction() -> None:
    """SC-3: one late complaint lifts a cell over the threshold; showing it then would tell what it was before."""
    counts = {(row, leaf): 40 for row in FLAT.rows for leaf in FLAT.leaves} | {("b", "3"): 9}
    first = suppress(FLAT, counts, threshold=THRESHOLD)
    assert first is not None
    later = counts | {("b", "3"): 10}
    assert suppress(FLAT, later, threshold=THRESHOLD).hidden == frozenset()  # type: ignore[union-attr]
    second = suppress(FLAT, later, threshold=THRESHOLD, hidden_before=first.hidden)
    assert second is not None
    assert first.hidden <= second.hidden


@pytest.mark.parametrize("seed", range(60))
def test_a_second_table_with_the_same_lender_totals_shows_them_all_or_is_left_out(seed: int) -> None:
    """SC-4: two tables that share shown margins tell nothing about each other, so shared margins are never hidden."""
    counts = a_table(TREE, seed, typical=3.0)
    table = suppress(TREE, counts, threshold=THRESHOLD, show_last_row=True)
    if table is None:
        return
    assert not {cell for cell in table.hidden if cell[0] == ALL}
    assert small_cells(TREE, counts) <= table.hidden
    assert recovered(TREE, counts, table.hidden) == set()


def test_some_second_tables_are_left_out_and_most_are_not() -> None:
    tables = [
        suppress(TREE, a_table(TREE, seed, typical=2.0), threshold=THRESHOLD, show_last_row=True)
        for seed in range(60)
    ]
    assert 0 < sum(table is None for table in tables) < 30
