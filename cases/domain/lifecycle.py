"""State machines as tables: who may do what, from where, and where it leads.

A table is a tuple of moves; `move` looks one up and refuses everything that is not in it. There is no other way
to change a state, so the table is the whole truth and a test can walk it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from .refusal import Refused


@dataclass(frozen=True, kw_only=True)
class Move:
    """`verb` leads from any state in `frm` to `to`, for anybody in `who`."""

    verb: str
    frm: frozenset[str]
    to: str
    who: frozenset[str]


Table = tuple[Move, ...]


def move(table: Table, state: str, verb: str, who: str) -> str:
    """The state after `verb`.

    Raises Refused: `unknown_verb`, `not_yours` when somebody else may do this, `not_possible_now` when nobody may
    do it from this state.
    """
    known = [row for row in table if row.verb == verb]
    if not known:
        raise Refused("unknown_verb", "There is no such step.")
    here = [row for row in known if state in row.frm]
    if not here:
        raise Refused("not_possible_now", "This is no longer possible.")
    for row in here:
        if who in row.who:
            return row.to
    raise Refused("not_yours", "This step is for somebody else to take.")


def possible(table: Table, state: str, who: str) -> tuple[str, ...]:
    """The verbs that are open to `who` in this state, in the order of the table."""
    return tuple(row.verb for row in table if state in row.frm and who in row.who)


def final_states(table: Table, states: Iterable[str]) -> frozenset[str]:
    """The states that nothing leads out of."""
    return frozenset(state for state in states if not any(state in row.frm for row in table))
