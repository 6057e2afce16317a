"""The breakers of the channels, as rows that all workers share. Every read and write here is on the real clock."""

import logging

from django.db import transaction

from cases import clock
from notices.domain import breaker
from notices.domain.breaker import Breaker
from notices.models import ChannelState

log = logging.getLogger(__name__)


def closed_ways() -> set[str]:
    """Channels nobody may use now: their breaker is open and no probe is due."""
    return set(
        ChannelState.objects.filter(probe_at__gt=clock.real_now(), open_since__isnull=False).values_list(
            "channel", flat=True
        )
    )


def take_probe(channel: str) -> bool:
    """Whether this worker may use the channel: always while it is closed; once it is open, one worker each time."""
    now = clock.real_now()
    if not ChannelState.objects.filter(channel=channel, open_since__isnull=False).exists():
        return True
    # The condition makes the second worker come too late.
    return (
        ChannelState.objects.filter(channel=channel, probe_at__lte=now).update(probe_at=now + breaker.PROBE)
        == 1
    )


def is_open(channel: str) -> bool:
    return ChannelState.objects.filter(channel=channel, open_since__isnull=False).exists()


@transaction.atomic
def failed(channel: str) -> None:
    """The provider was not there, or nobody knows what it did."""
    ChannelState.objects.get_or_create(channel=channel)
    row = ChannelState.objects.select_for_update().get(channel=channel)
    before = Breaker(failures=row.failures, open_since=row.open_since, probe_at=row.probe_at)
    after = breaker.failed(before, clock.real_now())
    row.failures, row.open_since, row.probe_at = after.failures, after.open_since, after.probe_at
    row.save()
    if after.is_open and not before.is_open:
        log.warning("Nothing more leaves by %s for now: %d failures in a row.", channel, after.failures)


def succeeded(channel: str) -> None:
    """The provider answered. Writes only where there was something to forget."""
    forgotten = ChannelState.objects.filter(channel=channel, failures__gt=0).update(
        failures=0, open_since=None, probe_at=None
    )
    if forgotten:
        log.info("%s answers again.", channel)
