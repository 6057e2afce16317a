"""Doubt: what becomes of messages whose worker did not come back.

A claim that was never begun goes back to the queue. One that was begun may have left: the provider is asked by key, and
where it does not know, the kind of message decides, never hope.
"""

import datetime as dt
import logging

from django.db import transaction
from django.db.models import QuerySet

from cases import clock
from notices.actions import breaking, receipts
from notices.actions.handing_over import ChannelOf, again, give_back, release
from notices.channels import CannotTell
from notices.domain import delivery
from notices.models import Message

log = logging.getLogger(__name__)

# How many unbegun claims are freed in one transaction.
_AT_ONCE = 500


def free_unbegun(among: QuerySet[Message]) -> int:
    """Put claims back whose worker is gone and which it never began; how many."""
    lapsed = among.filter(
        state=Message.State.CLAIMED, started_at__isnull=True, lease_until__lt=clock.real_now()
    )
    return release(list(lapsed.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]), None)


def settle_one(
    among: QuerySet[Message], *, worker: str, channel_of: ChannelOf, lease: dt.timedelta
) -> str | None:
    """Settle one message whose worker did not come back; its fate. None when there is none.

    The provider knows → marked as it says. It does not, or cannot tell: a reminder becomes uncertain, counts as sent and is
    never sent again; anything else is sent under the same key.
    """
    message = _take_over(among, worker, lease)
    if message is None:
        return None
    try:
        known = channel_of(message.channel).lookup(message.key)
    except CannotTell:
        known = None
    except Exception:
        log.exception("Message %s: the provider could not be asked.", message.ref)
        breaking.failed(message.channel)
        return "left_to_others"
    if known is not None:
        receipts.record(message=message, answer=known)
        return "sent"
    if delivery.in_doubt(message.purpose) is delivery.InDoubt.LEAVE:
        return give_back(message, worker, "doubt", reason="lease_ran_out")
    if delivery.is_expired(clock.now(), message.not_after):
        return give_back(message, worker, "fail", reason="too_late")
    return again(message, worker, channel_of)


def _take_over(among: QuerySet[Message], worker: str, lease: dt.timedelta) -> Message | None:
    """Renew the oldest lapsed lease in our own name, so that two sweepers cannot both send again."""
    lapsed = among.filter(
        state=Message.State.CLAIMED, started_at__isnull=False, lease_until__lt=clock.real_now()
    ).exclude(channel__in=breaking.closed_ways())
    with transaction.atomic():
        message = (
            lapsed.select_for_update(skip_locked=True, of=("self",))
            .select_related("person", "lender")
            .order_by("lease_until", "pk")
            .first()
        )
        if message is not None:
            message.claimed_by = worker
            message.lease_until = clock.real_now() + delivery.patience(lease, message.attempts)
            message.attempts += 1
            message.save(update_fields=["claimed_by", "lease_until", "attempts"])
    return message
