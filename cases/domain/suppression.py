"""Hiding small counts in a published table so that nobody can work a hidden number out again.

A table has rows and columns; columns may stand in groups (lenders in kinds of lender); every line has a total. Counts
from 1 to the threshold are hidden first. Totals would give many of them back by subtraction, so further cells are
hidden until each hidden number could be any of at least `need` consecutive values. A zero is never hidden and never
hides another, so a hidden cell is known to be at least one; the reader may know that, and the bounds here assume it.

Method: a table with totals, one of whose sides is a tree, is a circulation (Cox 1995): every cell is an edge, every
sum a node where what flows in flows out. What a reader can still infer about a hidden cell is exactly how far the
flow along its edge can be changed around the other hidden edges: two maximum flows. The extra cells to hide are a
cheapest cycle through the edge.
"""

import heapq
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

# The key of a total, as row and as column.
ALL = "*"
# A hidden cell may be uncertain by at least this share of its own value, one fifth.
SHARE = 5
_ENDLESS = 1 << 60
_SUM_WEIGHT = 3

Cell = tuple[str, str]
_Node = tuple[str, str]
_ROOT: _Node = ("", ALL)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Rows, and columns as a tree: `groups` says what each sum of columns is made of, from ALL down.

    `{ALL: ("a", "b")}` is a plain table with a total; an empty mapping is a list with a total and nothing else.
    """

    rows: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column from left to right, each group before its sum, ALL last."""
        return tuple(self._under(ALL))

    @property
    def leaves(self) -> tuple[str, ...]:
        return tuple(column for column in self.columns if column not in self.groups)

    def cells(self) -> Iterator[Cell]:
        return ((row, column) for row in (*self.rows, ALL) for column in self.columns)

    def _under(self, column: str) -> Iterator[str]:
        for inner in self.groups.get(column, ()):
            yield from self._under(inner)
        yield column


@dataclass(frozen=True, kw_only=True)
class Table:
    """What may be shown: a hidden cell is None. `hidden` are its cells; no number of theirs is in here."""

    shape: Shape
    shown: Mapping[Cell, int | None]

    @property
    def hidden(self) -> frozenset[Cell]:
        return frozenset(cell for cell, count in self.shown.items() if count is None)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """All that a reader can infer about a hidden count: it is from `least` to `most`; None is no upper end."""

    least: int
    most: int | None


def is_small(count: int, threshold: int) -> bool:
    """Whether a count points at people: from one up to the threshold, which itself may be shown."""
    return 0 < count < threshold


def totals(shape: Shape, counts: Mapping[Cell, int]) -> dict[Cell, int]:
    """Every cell of the table with its sums, from the counts of rows and innermost columns; absent is zero."""
    whole: dict[Cell, int] = {}

    def add_up(row: str, column: str) -> int:
        inner = shape.groups.get(column, ())
        count = sum(add_up(row, part) for part in inner) if inner else counts.get((row, column), 0)
        whole[row, column] = count
        return count

    for row in shape.rows:
        add_up(row, ALL)
    for column in shape.columns:
        whole[ALL, column] = sum(whole[row, column] for row in shape.rows)
    return whole


def suppress(
    shape: Shape,
    counts: Mapping[Cell, int],
    *,
    threshold: int,
    hidden_before: Collection[Cell] = (),
    show_last_row: bool = False,
) -> Table | None:
    """The table with its small counts hidden, and as few others as needed.

    `hidden_before` stays hidden: a corrected table must not show what the first one hid. With `show_last_row` the
    totals of the columns must all be shown, because another table shares them; None when that cannot be done safely.
    """
    whole = totals(shape, counts)
    net = _Net(shape, whole)
    closed = {cell for cell in whole if show_last_row and cell[0] == ALL}
    first = {cell for cell, count in whole.items() if count and is_small(count, threshold)}
    first |= {cell for cell in hidden_before if whole.get(cell)}
    if first & closed:
        return None
    hidden = set(first)
    # Hiding more only ever widens what can be inferred, so a cell that is safe stays safe.
    waiting = deque(sorted(first, key=lambda cell: (whole[cell], cell)))
    while waiting:
        cell = waiting.popleft()
        need = _need(whole[cell], threshold)
        while net.width(cell, hidden, need) < need:
            extra = net.cheapest(cell, hidden, closed, need)
            if extra is None:
                return None
            hidden |= extra
            waiting.extend(sorted(extra, key=lambda one: (whole[one], one)))
    for cell in sorted(hidden - first, key=lambda one: (-whole[one], one)):
        fewer = hidden - {cell}
        if all(
            net.width(other, fewer, _need(whole[other], threshold)) >= _need(whole[other], threshold)
            for other in fewer
        ):
            hidden = fewer
    return Table(shape=shape, shown={cell: None if cell in hidden else whole[cell] for cell in shape.cells()})


def bounds(shape: Shape, counts: Mapping[Cell, int], hidden: Collection[Cell]) -> dict[Cell, Bounds]:
    """What a reader of the table can infer about each of the `hidden` cells, exactly."""
    whole = totals(shape, counts)
    net = _Net(shape, whole)
    hidden = set(hidden)
    found = {}
    for cell in hidden:
        down, up = net.room(cell, hidden, _ENDLESS)
        most = None if up >= _ENDLESS else whole[cell] + up
        found[cell] = Bounds(least=whole[cell] - down, most=most)
    return found


def _need(count: int, threshold: int) -> int:
    return max(threshold, -(-count // SHARE))


class _Net:
    """The circulation of one table. Zero cells are no edges: they are shown, and nothing flows there."""

    def __init__(self, shape: Shape, whole: Mapping[Cell, int]) -> None:
        parent = {inner: column for column, parts in shape.groups.items() for inner in parts}
        self.count = {cell: count for cell, count in whole.items() if count}
        self.ends: dict[Cell, tuple[_Node, _Node]] = {}
        for row, column in self.count:
            outer = (row, parent[column]) if column in parent else _ROOT
            # The columns' own nodes join the rows to the row of totals.
            inner = (row, column) if column in shape.groups else ("", f"={column}")
            self.ends[row, column] = (inner, outer) if row == ALL else (outer, inner)
        self.at: dict[_Node, list[Cell]] = {}
        for cell, (start, end) in self.ends.items():
            self.at.setdefault(start, []).append(cell)
            self.at.setdefault(end, []).append(cell)

    def room(self, cell: Cell, hidden: Collection[Cell], limit: int) -> tuple[int, int]:
        """How far the cell can fall and rise, each up to `limit`, when only hidden cells may change."""
        start, end = self.ends[cell]
        others = set(hidden) - {cell}
        up = self._flow(end, start, others, limit)
        down = self._flow(start, end, others, min(limit, self.count[cell] - 1))
        return down, up

    def width(self, cell: Cell, hidden: Collection[Cell], enough: int) -> int:
        start, end = self.ends[cell]
        others = set(hidden) - {cell}
        up = self._flow(end, start, others, enough)
        if up >= enough:
            return up
        return up + self._flow(start, end, others, min(enough - up, self.count[cell] - 1))

    def _flow(self, start: _Node, end: _Node, open_cells: Collection[Cell], limit: int) -> int:
        """Maximum flow by shortest augmenting paths. An edge may rise without end and fall to one."""
        moved = dict.fromkeys(open_cells, 0)
        total = 0
        while total < limit:
            came: dict[_Node, tuple[Cell, int]] = {}
            queue = deque([start])
            while queue and end not in came:
                node = queue.popleft()
                for cell in self.at[node]:
                    if cell not in moved:
                        continue
                    tail, head = self.ends[cell]
                    step = 1 if node == tail else -1
                    other = head if step == 1 else tail
                    if other == start or other in came:
                        continue
                    if step == -1 and self.count[cell] + moved[cell] <= 1:
                        continue
                    came[other] = (cell, step)
                    queue.append(other)
            if end not in came:
                return total
            path, node = [], end
            while node != start:
                cell, step = came[node]
                path.append((cell, step))
                node = self.ends[cell][0 if step == 1 else 1]
            amount = limit - total
            for cell, step in path:
                if step == -1:
                    amount = min(amount, self.count[cell] + moved[cell] - 1)
            for cell, step in path:
                moved[cell] += step * amount
            total += amount
        return total

    def cheapest(
        self, cell: Cell, hidden: Collection[Cell], closed: Collection[Cell], amount: int
    ) -> set[Cell] | None:
        """The cells to hide besides, as cheap as they come, so that `cell` gains `amount` of uncertainty, or some."""
        start, end = self.ends[cell]
        while amount > 0:
            for source, target in ((end, start), (start, end)):
                if source == start and self.count[cell] <= amount:
                    continue
                found = self._path(source, target, cell, hidden, closed, amount)
                if found:
                    return found
            amount //= 2
        return None

    def _path(
        self,
        source: _Node,
        target: _Node,
        without: Cell,
        hidden: Collection[Cell],
        closed: Collection[Cell],
        amount: int,
    ) -> set[Cell]:
        """The cells of the cheapest way that are not hidden yet; empty when there is no way, or nothing new on it."""
        best: dict[_Node, int] = {source: 0}
        came: dict[_Node, tuple[_Node, Cell]] = {}
        heap = [(0, source)]
        while heap:
            cost, node = heapq.heappop(heap)
            if node == target:
                break
            if cost > best[node]:
                continue
            for cell in self.at[node]:
                if cell == without or (cell in closed and cell not in hidden):
                    continue
                tail, head = self.ends[cell]
                forward = node == tail
                if not forward and self.count[cell] - 1 < amount:
                    continue
                other = head if forward else tail
                reached = cost + (0 if cell in hidden else self._price(cell))
                if reached < best.get(other, _ENDLESS):
                    best[other] = reached
                    came[other] = (node, cell)
                    heapq.heappush(heap, (reached, other))
        if target not in came:
            return set()
        cells, node = set(), target
        while node != source:
            node, cell = came[node]
            cells.add(cell)
        return cells - set(hidden)

    def _price(self, cell: Cell) -> int:
        row, column = cell
        is_sum = row == ALL or ("", f"={column}") not in self.ends[cell]
        return self.count[cell] * (_SUM_WEIGHT if is_sum else 1)
