"""Charts drawn on the server: numbers in, a figure and the same numbers as a table out.

Pure functions, no library. A drawing holds no words: names, amounts and dates stand beside it as HTML, placed in steps
of 4 % by class, because the page's policy allows no style attribute. Strokes do not scale, so a 2 px gap is a 2 px gap
on every phone. Amounts are minor units.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from django.utils.safestring import SafeString, mark_safe

WIDE, HIGH = 1000, 1000
STEPS = 25  # places in the style sheet: 4 % each
_LABEL = 3  # a name needs three of them to stand clear of its neighbour
_WORD = 8  # "C paid off" above the drawing needs eight


@dataclass(frozen=True, kw_only=True)
class Series:
    """One lender's payments, month by month. `order` is its place in this borrower's list and picks the colour."""

    letter: str
    name: str
    order: int
    amounts: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class Label:
    """A word beside the drawing: `place` counts steps from the top or from the start."""

    letter: str
    name: str
    order: int
    amount: int
    place: int


@dataclass(frozen=True, kw_only=True)
class Span:
    """Months with the same payments, first and last counted from 1."""

    first: int
    last: int
    amounts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.amounts)


@dataclass(frozen=True, kw_only=True)
class Stacked:
    svg: SafeString
    series: tuple[Series, ...]
    labels: tuple[Label, ...]
    ends: tuple[Label, ...]
    rows: tuple[Span, ...]
    totals: tuple[int, ...]
    months: tuple[date, ...]

    @property
    def total(self) -> int:
        return sum(self.totals)


def _svg(body: str, high: int = HIGH) -> SafeString:
    return mark_safe(  # noqa: S308 -- numbers and our own class names only
        f'<svg class="plot" viewBox="0 0 {WIDE} {high}" preserveAspectRatio="none" aria-hidden="true">{body}</svg>'
    )


def _colour(order: int) -> int:
    return (order - 1) % 6 + 1


def _apart(wanted: Sequence[float]) -> list[int]:
    """Places in steps, in the given order from top to bottom, never closer than a label is high."""
    places: list[int] = []
    for value in wanted:
        places.append(max(round(value), places[-1] + _LABEL if places else 1))
    limit = STEPS - 1
    for index in range(len(places) - 1, -1, -1):
        places[index] = min(places[index], limit)
        limit = places[index] - _LABEL
    return [max(place, 0) for place in places]


def _together(finished: Sequence[Label]) -> tuple[Label, ...]:
    """Names over the drawing from left to right; two that would touch become one, and none leaves the edge."""
    kept: list[Label] = []
    for label in sorted(finished, key=lambda one: one.place):
        if kept and label.place - kept[-1].place < 2 * _LABEL + 1:
            kept[-1] = replace(kept[-1], letter=f"{kept[-1].letter} {label.letter}")
        else:
            kept.append(replace(label, place=min(max(label.place, 2), STEPS - 3)))
    return tuple(kept)


def stacked(series: Sequence[Series], months: Sequence[date], other: str = "") -> Stacked:
    """Monthly payments by lender, the first lender at the bottom. More than five lenders: the rest become `other`."""
    if len(series) > 5:
        rest = [sum(values) for values in zip(*(one.amounts for one in series[4:]), strict=True)]
        series = [*series[:4], Series(letter="…", name=other, order=5, amounts=rest)]
    columns = list(zip(*(one.amounts for one in series), strict=True))
    top = max((sum(column) for column in columns), default=0) or 1
    width = WIDE / max(len(columns), 1)
    paths = [""] * len(series)
    start = 0
    # Months alike are one block, cut into months by one line each: sixty bars of five lenders would be a heavy page.
    for column, run in groupby(columns):
        length, below = len(list(run)), 0
        x, wide = start * width, length * width
        for index, amount in enumerate(column):
            if amount:
                y = HIGH - (below + amount) * HIGH / top
                paths[index] += f"M{x:.1f} {y:.1f}h{wide:.1f}v{amount * HIGH / top:.1f}h-{wide:.1f}z"
                below += amount
        start += length
    drops = ""
    finished: list[Label] = []
    for one in series:
        last = max((month for month, amount in enumerate(one.amounts) if amount), default=-1)
        if 0 <= last < len(columns) - 3:
            x = (last + 1) * width
            drops += f'<path class="drop" d="M{x:.1f} 0V{HIGH}"/>'
            finished.append(
                Label(
                    letter=one.letter, name=one.name, order=one.order, amount=0, place=round(x * STEPS / WIDE)
                )
            )
    fine = " gap--fine" if len(columns) > 24 else ""
    bars = "".join(
        f'<path class="gap f{_colour(one.order)}" d="{path}"/>'
        for one, path in zip(series, paths, strict=True)
    )
    # Many months leave thin bars: one pixel between months then, still two between lenders.
    months_apart = "".join(f"M{month * width:.0f} 0V{HIGH}" for month in range(1, len(columns)))
    bars += f'<path class="gap{fine}" fill="none" d="{months_apart}"/>' if months_apart else ""
    # Where most lenders are paid at once they are named; one that is paid only before or after, at its own first month.
    fullest = max(columns, key=lambda column: sum(map(bool, column)), default=())
    named = [
        fullest if fullest[index] else next((column for column in columns if column[index]), ())
        for index in range(len(series))
    ]
    middles = [
        STEPS - (sum(column[:index]) + column[index] / 2) * STEPS / top if column else 0.0
        for index, column in enumerate(named)
    ]
    shown = sorted((index for index in range(len(series)) if named[index]), key=lambda index: middles[index])
    places = _apart([middles[index] for index in shown])
    labels = tuple(
        Label(
            letter=series[index].letter,
            name=series[index].name,
            order=series[index].order,
            amount=named[index][index],
            place=place,
        )
        for index, place in zip(shown, places, strict=True)
    )
    rows, month = [], 1
    for amounts, run in groupby(columns):
        length = len(list(run))
        rows.append(Span(first=month, last=month + length - 1, amounts=amounts))
        month += length
    return Stacked(
        svg=_svg(f'{bars}{drops}<path class="axis" d="M0 {HIGH}H{WIDE}"/>'),
        series=tuple(series),
        labels=labels,
        ends=_together(finished),
        rows=tuple(rows),
        totals=tuple(sum(one.amounts) for one in series),
        months=tuple(months),
    )


def _joined(ends: Sequence[Label]) -> tuple[Label, ...]:
    """Words that would collide share one: "C, D paid off" stands where the last of them ends."""
    joined: list[Label] = []
    for end in ends:
        together = joined and end.place - joined[-1].place < _WORD
        joined.append(replace(end, letter=f"{joined.pop().letter}, {end.letter}") if together else end)
    return tuple(joined)


@dataclass(frozen=True, kw_only=True)
class Line:
    """What is still owed under one plan: `left[0]` today, then after each month; `ends` is the last payment's date."""

    name: str
    order: int
    left: Sequence[int]
    ends: date


@dataclass(frozen=True, kw_only=True)
class End:
    line: Line
    place: int
    key: SafeString


@dataclass(frozen=True, kw_only=True)
class BurnDown:
    svg: SafeString
    ends: tuple[End, ...]
    guides: tuple[Label, ...]
    rows: tuple[tuple[int, tuple[int, ...]], ...]


_DASHES = ("", "2 6", "10 7", "1 4 8 4")


def _round_guide(top: int) -> int:
    """A round amount, at most two fifths of the top: 1, 2, 3 or 5 and zeros."""
    most = max(top * 2 // 5, 1)
    unit = 10 ** (len(str(most)) - 1)
    return max(unit * step for step in (1, 2, 3, 5) if unit * step <= most)


def burn_down(lines: Sequence[Line]) -> BurnDown:
    """When each plan is done: one line per plan, told apart by dash as well as colour, its date at its end."""
    top = max((max(line.left) for line in lines), default=0) or 1
    months = max((len(line.left) - 1 for line in lines), default=0) or 1
    step = _round_guide(top)
    guides = tuple(
        Label(letter="", name="", order=0, amount=amount, place=round(STEPS - amount * STEPS / top))
        for amount in (2 * step, step)
    )
    body = "".join(f'<path class="guide" d="M0 {HIGH - g.amount * HIGH / top:.1f}H{WIDE}"/>' for g in guides)
    for index, line in enumerate(lines):
        points = " ".join(
            f"{month * WIDE / months:.0f} {HIGH - left * HIGH / top:.0f}"
            for month, left in enumerate(line.left)
        )
        body += f'<polyline class="line l{index % 4 + 1}"{_dashes(index)} points="{points}"/>'
    ends = tuple(
        End(line=line, place=round((len(line.left) - 1) * STEPS / months), key=_line_key(index))
        for index, line in enumerate(lines)
    )
    # Half-yearly for as long as three years, then yearly: the table stays one that is read.
    every = 6 if months <= 36 else 12
    rows = tuple(
        (month, tuple(line.left[month] if month < len(line.left) else 0 for line in lines))
        for month in range(months + 1)
        if month % every == 0 or month == months
    )
    return BurnDown(
        svg=_svg(f'{body}<path class="axis" d="M0 {HIGH}H{WIDE}"/>'), ends=ends, guides=guides, rows=rows
    )


def _dashes(index: int) -> str:
    return f' stroke-dasharray="{_DASHES[index % 4]}"' if _DASHES[index % 4] else ""


def _line_key(index: int) -> SafeString:
    return mark_safe(  # noqa: S308 -- numbers and our own class names only
        '<svg class="key-line" viewBox="0 0 28 8" aria-hidden="true">'
        f'<path class="line l{index % 4 + 1}"{_dashes(index)} d="M0 4H28"/></svg>'
    )


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a plan costs in all: what is owed and the interest and fees on top."""

    name: str
    owed: int
    interest: int

    @property
    def total(self) -> int:
        return self.owed + self.interest


@dataclass(frozen=True, kw_only=True)
class CostBar:
    cost: Cost
    more: int
    svg: SafeString


def cost_bars(costs: Sequence[Cost]) -> tuple[CostBar, ...]:
    """One bar per plan on one scale and one base, in the given order; `more` is over the cheapest."""
    top = max((cost.total for cost in costs), default=0) or 1
    least = min((cost.total for cost in costs), default=0)
    return tuple(
        CostBar(cost=cost, more=cost.total - least, svg=_shares([(cost.owed, 0), (cost.interest, 1)], top))
        for cost in costs
    )


@dataclass(frozen=True, kw_only=True)
class Part:
    what: str
    amount: int
    colour: int


@dataclass(frozen=True, kw_only=True)
class Living:
    svg: SafeString
    parts: tuple[Part, ...]
    income: int


def living(
    *, income: int, essentials: int, plan: int, cushion: int, agreed: int = 0, rest: int = 0
) -> Living:
    """Where a month's income goes: living costs first and untouched, then what was agreed before, then the plan, the
    cushion as the person set it, and what is still left. A part that is nothing is not drawn.
    """
    whole = (
        Part(what="essentials", amount=essentials, colour=0),
        Part(what="agreed", amount=agreed, colour=2),
        Part(what="plan", amount=plan, colour=1),
        Part(what="cushion", amount=cushion, colour=4),
        Part(what="rest", amount=rest, colour=3),
    )
    parts = tuple(part for part in whole if part.amount > 0 or part.what not in ("agreed", "rest"))
    scale = max(income, sum(part.amount for part in parts), 1)
    return Living(
        svg=_shares([(part.amount, part.colour) for part in parts], scale), parts=parts, income=income
    )


def bars(amounts: Sequence[int]) -> tuple[SafeString, ...]:
    """One bar per number on one scale; the number itself stands beside it, so the drawing says nothing alone."""
    top = max((*amounts, 1))
    return tuple(_shares([(amount, 1)], top) for amount in amounts)


def _shares(parts: Sequence[tuple[int, int]], scale: int) -> SafeString:
    body, at = "", 0.0
    for amount, colour in parts:
        width = max(amount, 0) * WIDE / scale
        if width:
            body += f'<rect class="gap f{colour}" x="{at:.1f}" y="0" width="{width:.1f}" height="10"/>'
        at += width
    return _svg(body, high=10)
