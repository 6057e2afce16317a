"""What every way of sending has in common: hand something over under a key, and ask about a key afterwards."""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from cases.models import User


class NotTaken(Exception):
    """The provider surely did not take it (no connection, throttled): it may be tried again."""


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


class Channel(Protocol):
    """One way of sending.

    `key` is the idempotency key: sending twice under one key must have one effect wherever the provider
    makes that possible. Any exception other than NotTaken and Rejected means "in doubt".
    """

    def send(
        self, *, key: str, address: str, subject: str, body: str, person: User | None = None
    ) -> Answer: ...

    def lookup(self, key: str) -> Answer | None:
        """What became of `key`; None when the provider never saw it. Raises CannotTell."""
        ...
