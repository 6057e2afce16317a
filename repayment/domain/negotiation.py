"""The moves of an offer and of a plan.

An offer is written by one party and answered by the other; it is never edited. A counter-offer is a new offer,
and the one it answers ends as `countered`. When one offer on a debt is accepted, the others are superseded.
A plan is one agreement kept over time; varying it means agreeing a new one, which supersedes it.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from cases.domain import lifecycle
from cases.domain.lifecycle import Move

# Ours, not a law's: how long a yes may be taken back without a reason. A lender may publish more, never less.
COOLING_OFF_LEAST = timedelta(hours=24)
# Ours, where an agreement says nothing: one missed instalment never ends it.
MISSED_BEFORE_BREAK = 2


class Party(StrEnum):
    BORROWER = "borrower"
    LENDER = "lender"
    SYSTEM = "system"


class Role(StrEnum):
    """What a party is to one offer."""

    AUTHOR = "author"
    RECIPIENT = "recipient"
    SYSTEM = "system"


class OfferState(StrEnum):
    OPEN = "open"
    COUNTERED = "countered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class OfferVerb(StrEnum):
    COUNTER = "counter"
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    SUPERSEDE = "supersede"


class PlanState(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    BROKEN = "broken"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"


class PlanVerb(StrEnum):
    COMPLETE = "complete"
    REOPEN = "reopen"
    CANCEL = "cancel"
    BREAK = "break"
    REINSTATE = "reinstate"
    SUSPEND = "suspend"
    RESUME = "resume"
    SUPERSEDE = "supersede"
    RESTORE = "restore"


def _row(verb: str, frm: tuple[str, ...], to: str, *who: str) -> Move:
    return Move(verb=verb, frm=frozenset(frm), to=to, who=frozenset(who))


_OPEN = (OfferState.OPEN,)

OFFER_MOVES: lifecycle.Table = (
    _row(OfferVerb.ACCEPT, _OPEN, OfferState.ACCEPTED, Role.RECIPIENT),
    _row(OfferVerb.COUNTER, _OPEN, OfferState.COUNTERED, Role.RECIPIENT),
    _row(OfferVerb.DECLINE, _OPEN, OfferState.DECLINED, Role.RECIPIENT),
    _row(OfferVerb.WITHDRAW, _OPEN, OfferState.WITHDRAWN, Role.AUTHOR),
    _row(OfferVerb.EXPIRE, _OPEN, OfferState.EXPIRED, Role.SYSTEM),
    # A yes taken back in time no longer binds: the accepted offer makes room for another.
    _row(OfferVerb.SUPERSEDE, (OfferState.OPEN, OfferState.ACCEPTED), OfferState.SUPERSEDED, Role.SYSTEM),
)

_RUNNING = (PlanState.ACTIVE, PlanState.SUSPENDED)
_UNPAID = (PlanState.ACTIVE, PlanState.SUSPENDED, PlanState.BROKEN)

# A suspended plan cannot be broken: what stopped the payments stops the consequences too.
PLAN_MOVES: lifecycle.Table = (
    _row(PlanVerb.COMPLETE, _UNPAID, PlanState.COMPLETED, Party.SYSTEM),
    # A payment that completed it was taken out again.
    _row(PlanVerb.REOPEN, (PlanState.COMPLETED,), PlanState.ACTIVE, Party.SYSTEM),
    _row(PlanVerb.CANCEL, _RUNNING, PlanState.CANCELLED, Party.BORROWER),
    _row(PlanVerb.BREAK, (PlanState.ACTIVE,), PlanState.BROKEN, Party.LENDER, Party.SYSTEM),
    _row(PlanVerb.REINSTATE, (PlanState.BROKEN,), PlanState.ACTIVE, Party.LENDER, Party.SYSTEM),
    _row(PlanVerb.SUSPEND, (PlanState.ACTIVE,), PlanState.SUSPENDED, Party.LENDER, Party.SYSTEM),
    _row(PlanVerb.RESUME, (PlanState.SUSPENDED,), PlanState.ACTIVE, Party.LENDER, Party.SYSTEM),
    _row(PlanVerb.SUPERSEDE, _UNPAID, PlanState.SUPERSEDED, Party.SYSTEM),
    # The yes to what replaced it was taken back in time.
    _row(PlanVerb.RESTORE, (PlanState.SUPERSEDED,), PlanState.ACTIVE, Party.SYSTEM),
)


def leave_until(agreed_at: datetime, hours: int) -> datetime:
    """The instant until which the borrower may leave an agreement, by the hours that the lender published."""
    return agreed_at + max(COOLING_OFF_LEAST, timedelta(hours=hours))


def role_of(who: Party, author: Party) -> Role:
    """What `who` is to an offer that `author` wrote."""
    if who is Party.SYSTEM:
        return Role.SYSTEM
    return Role.AUTHOR if who is author else Role.RECIPIENT


def move_offer(state: OfferState, verb: OfferVerb, *, who: Party, author: Party) -> OfferState:
    """The offer's next state. Raises Refused."""
    return OfferState(lifecycle.move(OFFER_MOVES, state, verb, role_of(who, author)))


def move_plan(state: PlanState, verb: PlanVerb, *, who: Party) -> PlanState:
    """The plan's next state. Raises Refused."""
    return PlanState(lifecycle.move(PLAN_MOVES, state, verb, who))


def offer_steps(state: OfferState, *, who: Party, author: Party) -> tuple[OfferVerb, ...]:
    """What `who` may do with this offer now."""
    return tuple(OfferVerb(verb) for verb in lifecycle.possible(OFFER_MOVES, state, role_of(who, author)))


def plan_steps(state: PlanState, *, who: Party) -> tuple[PlanVerb, ...]:
    """What `who` may do with this plan now."""
    return tuple(PlanVerb(verb) for verb in lifecycle.possible(PLAN_MOVES, state, who))
