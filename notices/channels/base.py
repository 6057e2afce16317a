"""What every way of sending has in common: hand something over under a key, and ask about a key afterwards."""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from cases.models import User


class NotTaken(Exception):
    """The provider surely did not take it (no connection, throttled): it may be tried again, after `wait` if it said so."""

    def __init__(self, reason: str = "", *, wait: dt.timedelta | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Rejected(Exception):
    """The provider will never take it (the address does not exist). The message is for our own log."""


class CannotTell(Exception):
    """This way of sending keeps no list that could be asked."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a provider said. `status` is a word of `notices.domain.delivery`: accepted, delivered, failed."""

    provider_id: str
    status: str
    at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What is handed over. `key` is the idempotency key, `wording` which text it is; `person` is for the outbox alone.

    `unsubscribe` is the address behind the mail program's own "unsubscribe" button (RFC 8058); empty shows none.
    """

    key: str
    address: str
    body: str
    subject: str = ""
    wording: str = ""
    unsubscribe: str = ""
    person: User | None = None


# Nothing was sent by us before; an earlier instant may not even exist in UTC.
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def is_text(value: object, longest: int) -> bool:
    """Whether a provider's word can be kept: not empty, not too long, and nothing that a database cannot hold."""
    if not isinstance(value, str) or not 0 < len(value) <= longest or "\0" in value:
        return False
    # JSON lets half a letter through that is none in UTF-8.
    return not any("\ud800" <= c <= "\udfff" for c in value)


class Channel(Protocol):
    """One way of sending.

    `takes_many` (no, where it is not said): several threads may send by it at once, so that many letters are on their way
    together. Sending twice under one key must have one effect wherever the provider makes that possible. Any exception
    other than NotTaken and Rejected means "in doubt".
    """

    def send(self, letter: Letter) -> Answer: ...

    def lookup(self, key: str) -> Answer | None:
        """What became of `key`; None when the provider never saw it. Raises CannotTell."""
        ...
