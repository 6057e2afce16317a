"""The band of hours on an officer's case: when a reminder may arrive, by the rules and by what the borrower chose."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from cases.domain.rulebook import Rule

DAY = 24 * 60
Piece = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Band:
    """`rules` are the pieces of the day, in minutes, that no rule closes; `chosen` what is left of them by the
    borrower's own hours, None where none were named."""

    rules: Sequence[Piece]
    chosen: Sequence[Piece] | None

    @property
    def drawing(self) -> SafeString:
        light = _drawn(self.rules, "f2" if self.chosen is not None else "f1")
        dark = _drawn(self.chosen or (), "f1")
        return format_html(
            '<svg class="plot hours" viewBox="0 0 1440 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
            '<rect class="hours__closed" width="1440" height="10"/>{}{}</svg>',
            light,
            dark,
        )

    @property
    def rules_words(self) -> str:
        return _words(self.rules)

    @property
    def chosen_words(self) -> str:
        return _words(self.chosen or ())


def band(closed: Iterable[Rule], chosen: tuple[dt.time, dt.time] | None) -> Band:
    """The band under rules that close hours `from` … `to`; the hours chosen may cross midnight, and two equal ends mean
    any time."""
    open_: Sequence[Piece] = [(0, DAY)]
    for rule in closed:
        open_ = _both(open_, _pieces(rule.second("to") // 60, rule.second("from") // 60))
    own = None if chosen is None else _pieces(*(end.hour * 60 + end.minute for end in chosen))
    return Band(rules=open_, chosen=None if own is None else _both(open_, own))


def _pieces(start: int, end: int) -> Sequence[Piece]:
    if start < end:
        return [(start, end)]
    return [piece for piece in ((0, end), (start, DAY)) if piece[0] < piece[1]] if start > end else [(0, DAY)]


def _both(one: Iterable[Piece], other: Sequence[Piece]) -> Sequence[Piece]:
    found = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return sorted(piece for piece in found if piece[0] < piece[1])


def _drawn(pieces: Iterable[Piece], colour: str) -> SafeString:
    return format_html_join(
        "",
        '<rect class="{}" x="{}" width="{}" height="10"/>',
        ((colour, start, end - start) for start, end in pieces),
    )


def _words(pieces: Iterable[Piece]) -> str:
    """08:00–22:00; more than one piece stand one after the other."""
    return ", ".join(f"{a // 60:02}:{a % 60:02}–{b // 60:02}:{b % 60:02}" for a, b in pieces)
