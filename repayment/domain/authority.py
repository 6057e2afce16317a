"""How far one person may go alone, and the moves of an answer that needs a second one.

The limits are the lender's own, published per role beside its policy; beyond them an answer waits for another person
whose limits reach. Nobody is the second person for their own answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

from cases.domain import lifecycle
from cases.domain.lifecycle import Move
from cases.domain.refusal import Refused


class Reason(StrEnum):
    """Why a second person is needed. The last two ask for a sentence of the officer's own."""

    WAIVER = "above_waiver"
    PRINCIPAL = "above_principal"
    PERIODS = "above_periods"
    STATEMENT = "above_statement"
    CONDITIONS = "outside_conditions"


TYPED = frozenset({Reason.STATEMENT, Reason.CONDITIONS})


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How far one role goes alone: minor units and months; None means as far as the policy."""

    waiver: int | None = None
    principal: int | None = None
    periods: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and value < 0:
                raise Refused("negative", "A limit cannot be negative.", field=field.name)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        known = {field.name for field in fields(cls)}
        if unknown := data.keys() - known:
            raise Refused("unknown_field", "This limit is not known here.", field=min(unknown))
        return cls(**data)

    def to_json(self) -> dict[str, int]:
        """Only what is limited."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


def above(limits: Limits, *, waived: int, principal: int, periods: int) -> tuple[Reason, ...]:
    """The limits that an answer of these figures goes beyond; exactly at a limit is within it."""
    found = (
        (Reason.WAIVER, waived, limits.waiver),
        (Reason.PRINCIPAL, principal, limits.principal),
        (Reason.PERIODS, periods, limits.periods),
    )
    return tuple(reason for reason, value, limit in found if limit is not None and value > limit)


class State(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Verb(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"
    CANCEL = "cancel"
    EXPIRE = "expire"


class Who(StrEnum):
    """What somebody is to one request: who asked, another person of the lender with the authority, or the system."""

    REQUESTER = "requester"
    SECOND = "second"
    SYSTEM = "system"


def _row(verb: Verb, to: State, *who: Who) -> Move:
    return Move(verb=verb, frm=frozenset({State.PENDING}), to=to, who=frozenset(who))


APPROVAL_MOVES: lifecycle.Table = (
    _row(Verb.APPROVE, State.APPROVED, Who.SECOND),
    _row(Verb.REFUSE, State.REFUSED, Who.SECOND),
    # The offer it answers was answered or taken back otherwise: then the system ends it.
    _row(Verb.CANCEL, State.CANCELLED, Who.REQUESTER, Who.SYSTEM),
    _row(Verb.EXPIRE, State.EXPIRED, Who.SYSTEM),
)


def move(state: State, verb: Verb, *, who: Who) -> State:
    """The request's next state. Raises Refused."""
    return State(lifecycle.move(APPROVAL_MOVES, state, verb, who))
