"""
When a channel is left alone: after ten failures in a row its breaker opens, and then one worker tries again every thirty
seconds until the provider answers. Other channels are not touched. A message that waits behind an open breaker keeps all its
attempts: an outage is not the message's fault.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FAILURES = 10
PROBE = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """`open_since` and `probe_at` are set together or not at all; `now` below is the real clock."""

    failures: int = 0
    open_since: datetime | None = None
    probe_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.open_since is not None

    def lets_through(self, now: datetime) -> bool:
        """Whether anything may be tried now; an open breaker lets one probe through when its time has come."""
        return self.probe_at is None or self.probe_at <= now


def failed(breaker: Breaker, now: datetime) -> Breaker:
    """One more failure. How long a provider asks us to wait is a matter of that one message: it may speak of one number that
    has had enough, and nobody else must wait for that.
    """
    failures = breaker.failures + 1
    if failures < FAILURES and not breaker.is_open:
        return replace(breaker, failures=failures)
    return Breaker(failures=failures, open_since=breaker.open_since or now, probe_at=now + PROBE)


def succeeded(breaker: Breaker) -> Breaker:
    return Breaker()
