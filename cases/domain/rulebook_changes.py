"""What changed in a rulebook between two days: rules that began, rules that ended, and numbers that are others now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cases.domain.rulebook import Parameter, Rule, Rulebook


class Turn(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Change:
    """`before` is None for what was added, `after` for what ended. `numbers`: name, then as it was and as it is."""

    turn: Turn
    before: Rule | None
    after: Rule | None
    numbers: tuple[tuple[str, str, str], ...] = ()

    @property
    def rule(self) -> Rule:
        found = self.after or self.before
        assert found is not None
        return found


def in_force(book: Rulebook, on: date) -> Mapping[str, Rule]:
    """Rules by id on this day, whomever they bind, in the order of the file."""
    return {rule.id: rule for rule in book.rules if rule.in_force(on)}


def between(book: Rulebook, earlier: date, later: date) -> list[Change]:
    """Every difference between the two days, in the order of the file."""
    before, after = in_force(book, earlier), in_force(book, later)
    changes = []
    for name in dict.fromkeys(rule.id for rule in book.rules):
        was, now = before.get(name), after.get(name)
        if was is now:
            continue
        turn = Turn.ADDED if was is None else Turn.ENDED if now is None else Turn.CHANGED
        numbers = _numbers(was.parameters, now.parameters) if was and now else ()
        changes.append(Change(turn=turn, before=was, after=now, numbers=numbers))
    return changes


def _numbers(was: Mapping[str, Parameter], now: Mapping[str, Parameter]) -> tuple[tuple[str, str, str], ...]:
    names = dict.fromkeys((*was, *now))
    return tuple(
        (name, _text(was.get(name)), _text(now.get(name))) for name in names if was.get(name) != now.get(name)
    )


def _text(value: Parameter | None) -> str:
    if value is None:
        return "–"
    return ", ".join(value) if isinstance(value, tuple) else str(value)
