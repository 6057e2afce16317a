"""
What may become of a message. The database row is the queue: a worker claims it under a lease, asks the gate, sends, and
marks it. What happens in doubt (the lease ran out, the answer got lost) depends on the purpose: a reminder is never sent
twice, a receipt is sent once under one key, a code is replaced by a new one. Receipts from providers come late, twice and
out of order; a message only ever climbs.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from cases.domain.lifecycle import Move, move
from notices.domain.gate import Purpose


class State(StrEnum):
    PLANNED = "planned"
    WITHHELD = "withheld"
    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Who(StrEnum):
    PLANNER = "planner"
    WORKER = "worker"
    SWEEPER = "sweeper"
    PROVIDER = "provider"
    PERSON = "person"
    OFFICER = "officer"


class InDoubt(StrEnum):
    LEAVE = "leave"
    """Stays uncertain, counts against the caps, is never sent again by itself."""
    ONCE = "once"
    """Asked for or sent again under the same idempotency key."""
    RENEW = "renew"
    """Dropped; the person asks for a new code and the old one is dead."""


LEASE = timedelta(seconds=60)
FRESH = timedelta(seconds=5)
"""An answer of the gate that is older is asked for again before anything leaves."""
BATCH = 100
"""So many messages are judged and claimed together."""
BEGUN = 8
"""So many are handed over between two marks: the most that one killed worker can leave in doubt."""
ATTEMPTS = 3
"""After so many failed attempts a message has failed, so that a poisoned row cannot hold up the others."""
RETRY_AFTER = (timedelta(seconds=5), timedelta(minutes=5))
AGAIN_AFTER = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
)

LIFETIME: Mapping[Purpose, timedelta] = {
    Purpose.REMINDER: timedelta(hours=36),
    Purpose.SECURITY_CODE: timedelta(minutes=10),
    Purpose.ANSWER: timedelta(days=7),
    Purpose.CONFIRMATION: timedelta(days=7),
    Purpose.REQUIRED: timedelta(days=30),
}


class Lane(StrEnum):
    """A queue of its own, so that what a person waits for never stands behind a night of reminders."""

    ANSWERS = "answers"
    REMINDERS = "reminders"


LANES: Mapping[Lane, frozenset[Purpose]] = {
    Lane.ANSWERS: frozenset({Purpose.ANSWER, Purpose.CONFIRMATION, Purpose.REQUIRED, Purpose.SECURITY_CODE}),
    Lane.REMINDERS: frozenset({Purpose.REMINDER}),
}

COUNTED = frozenset({State.CLAIMED, State.SENT, State.DELIVERED, State.UNCERTAIN})
"""States in which a message counts as sent today: what may have left is treated as having left."""
FINAL = frozenset({State.DELIVERED, State.EXPIRED, State.CANCELLED})


def _row(verb: str, frm: str, to: State, who: str) -> Move:
    return Move(
        verb=verb,
        frm=frozenset(State(each) for each in frm.split()),
        to=to,
        who=frozenset(Who(each) for each in who.split()),
    )


MOVES: tuple[Move, ...] = (
    _row("queue", "planned", State.QUEUED, "planner worker"),
    # The gate said no, and no later moment is lawful: it rests, with its rule.
    _row("withhold", "planned queued", State.WITHHELD, "planner worker"),
    # The gate named a later moment: it waits for that one, and is asked again then.
    _row("defer", "planned queued", State.QUEUED, "planner worker"),
    _row("claim", "queued", State.CLAIMED, "worker"),
    # Only while it is certain that nothing left the house: before the provider was called, or the provider said no.
    _row("release", "claimed", State.QUEUED, "worker"),
    _row("send", "claimed", State.SENT, "worker"),
    _row("doubt", "claimed", State.UNCERTAIN, "worker sweeper"),
    _row("confirm", "uncertain", State.SENT, "sweeper provider"),
    # A receipt may overtake our own mark, or a first, wrong "failed".
    _row("deliver", "claimed sent uncertain failed", State.DELIVERED, "provider sweeper"),
    # From the queue: it could not even be prepared, again and again.
    _row("fail", "queued claimed sent uncertain", State.FAILED, "worker sweeper provider"),
    _row("expire", "planned queued withheld", State.EXPIRED, "planner worker sweeper"),
    _row("cancel", "planned queued withheld", State.CANCELLED, "planner worker person officer"),
    # What only the person's own terms stood against, once these are loosened: it is planned again, and the gate asked.
    _row("wake", "withheld", State.PLANNED, "person"),
)

_DOUBT: Mapping[Purpose, InDoubt] = {
    Purpose.REMINDER: InDoubt.LEAVE,
    Purpose.SECURITY_CODE: InDoubt.RENEW,
    Purpose.ANSWER: InDoubt.ONCE,
    Purpose.CONFIRMATION: InDoubt.ONCE,
    Purpose.REQUIRED: InDoubt.ONCE,
}

_RECEIPTS: Mapping[str, str] = {"accepted": "confirm", "delivered": "deliver", "failed": "fail"}


def after(state: str, verb: str, who: Who) -> State:
    """The state after the verb. Raises Refused as `cases.domain.lifecycle.move` does."""
    return State(move(MOVES, state, verb, who))


def in_doubt(purpose: str) -> InDoubt:
    return _DOUBT[Purpose(purpose)]


def after_receipt(state: str, receipt: str) -> State:
    """
    The state after a provider's word: accepted, delivered or failed. What repeats or contradicts a better word changes
    nothing, so callbacks may come twice and out of order. Raises KeyError for a word that we do not know.
    """
    verb = _RECEIPTS[receipt]
    for row in MOVES:
        if row.verb == verb and state in row.frm and Who.PROVIDER in row.who:
            return State(row.to)
    return State(state)


def lease_until(now: datetime) -> datetime:
    return now + LEASE


def lease_is_over(now: datetime, until: datetime | None) -> bool:
    """A claim without a lease is over: nobody holds it."""
    return until is None or until <= now


def not_after(purpose: str, due_at: datetime) -> datetime:
    """When the message has lost its meaning: later it is dropped, with the reason, instead of sent."""
    return due_at + LIFETIME[Purpose(purpose)]


def is_expired(now: datetime, last: datetime) -> bool:
    return now > last


def retry_at(now: datetime, attempts: int) -> datetime | None:
    """When to try again after so many attempts that certainly sent nothing; None when it has failed for good."""
    if attempts >= ATTEMPTS:
        return None
    return now + RETRY_AFTER[min(max(attempts, 1), len(RETRY_AFTER)) - 1]


def again_at(now: datetime, attempts: int, *, wait: timedelta | None = None) -> datetime:
    """When to hand over again what a provider surely did not take. There is always a next time: an outage is not the
    message's fault, and `not_after` ends it. `wait` is what the provider asked for.
    """
    return now + max(wait or timedelta(0), AGAIN_AFTER[min(max(attempts, 1), len(AGAIN_AFTER)) - 1])


def patience(lease: timedelta, attempts: int) -> timedelta:
    """How long the next sweeper leaves a message in doubt alone: twice as long each time after the third, up to an hour."""
    doublings: int = 1 << max(0, min(attempts, 20) - ATTEMPTS)
    return max(lease, min(lease * doublings, timedelta(hours=1)))


def once_key(*parts: str) -> str:
    """
    One obligation, one key: person, wording, what it is about, and which day it is for. Whoever plans the same thing
    again meets it; the provider gets it as idempotency key. Hex, 64 characters, tells nothing about the person.
    """
    if not parts or not all(parts):
        raise ValueError("a key needs its parts, none of them empty")
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def text_left(subject: str, body: str) -> str:
    """What left, as one text: the subject (empty where the way has none), a line end, the body."""
    return f"{subject}\n{body}"


def text_sha256(subject: str, body: str) -> str:
    """SHA-256, in hex, of what left in UTF-8: whoever holds the text can compare it with the sealed record."""
    return hashlib.sha256(text_left(subject, body).encode()).hexdigest()
