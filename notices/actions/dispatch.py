"""Sending: claim → commit → send → mark, so that a worker killed at any moment neither loses nor doubles a message.

Slots are taken in a short transaction under locks on the people concerned, and the gate is asked again inside it
(`claiming`). The messages then leave outside any transaction, a handful between two marks (`handing_over`). What happened to
a message whose worker died is settled once its lease has run out (`settling`).
"""

import datetime as dt
import logging
import os
import secrets
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet

from cases import clock
from cases.domain.rulebook import RulebookError
from notices import channels
from notices.actions import breaking, settling
from notices.actions.claiming import Claim, claim
from notices.actions.handing_over import ChannelOf, end, hand_over, tell
from notices.channels import CannotTell
from notices.domain import delivery
from notices.domain.wording import WordingError
from notices.models import Message

log = logging.getLogger(__name__)

# How many due messages one worker looks at together, and how often it looks further before it decides that others are busy
# with all of them.
_GLANCE = 500
_GLANCES = 8

# A key that no message has: asking about it tells whether the provider answers.
_HARMLESS = "are-you-there"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What one run did, in messages. `put_back`: claimed, but not begun before the claim grew old or the channel broke."""

    sent: int = 0
    deferred: int = 0
    withheld: int = 0
    expired: int = 0
    cancelled: int = 0
    failed: int = 0
    uncertain: int = 0
    put_back: int = 0
    left_to_others: int = 0


def drain(
    *,
    limit: int = 500,
    channel_of: ChannelOf = channels.of,
    lease: dt.timedelta = delivery.LEASE,
    lane: delivery.Lane | None = None,
) -> Summary:
    """Settle what lies in doubt, then send what is due, at most `limit` messages of each.

    `lane` keeps to the purposes of one queue, so that a night of reminders never stands before an answer.
    """
    # A host's name may be as long as the whole column.
    worker = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
    done: Counter[str] = Counter()

    def settle(_most: int) -> Sequence[str] | None:
        fate = settling.settle_one(_in(lane), worker=worker, channel_of=channel_of, lease=lease)
        return None if fate is None else [fate]

    def send(most: int) -> Sequence[str] | None:
        return send_due(worker=worker, most=most, channel_of=channel_of, lease=lease, lane=lane)

    def free(_most: int) -> None:
        settling.free_unbegun(_in(lane))

    for step in (free, settle, send):
        left, stumbles, batch = limit, 0, delivery.BATCH
        while left > 0 and stumbles < delivery.ATTEMPTS:
            try:
                fates = step(min(left, batch))
            except Exception:
                # Whatever it was, it is still claimed and its lease will settle it; others must not wait for it.
                log.exception("Messages were left to their lease.")
                stumbles += 1
                continue
            if not fates:
                break
            done.update(fates)
            left -= len(fates)
            if old := fates.count("put_back"):
                # No more at once than could be handed over in time. When even one grew old, this worker is too slow now.
                if len(fates) == old == 1:
                    break
                batch = max(1, len(fates) - old)
            else:
                batch = min(2 * batch, delivery.BATCH)
    return Summary(**{each.name: done[each.name] for each in fields(Summary)})


def send_due(
    *,
    worker: str,
    most: int = delivery.BATCH,
    channel_of: ChannelOf = channels.of,
    lease: dt.timedelta = delivery.LEASE,
    lane: delivery.Lane | None = None,
) -> list[str]:
    """Take up to `most` of the oldest due messages nobody else is busy with, and see them through; the fate of each.
    Empty when there are none.
    """
    ways: dict[str, bool] = {}
    for rows in _glances(lane):
        for way in sorted({channel for _, _, channel in rows} - ways.keys()):
            ways[way] = _open(way, channel_of)
            # Behind an open breaker one message goes first.
            if ways[way] and breaking.is_open(way):
                most = 1
        due = [(pk, person) for pk, person, channel in rows if ways[channel]]
        for first in range(0, len(due), most):
            taken = _take(due[first : first + most], worker, lease)
            if taken:
                return [*taken.others, *hand_over(taken.mine, worker, channel_of, lease)]
    return []


def _glances(lane: delivery.Lane | None) -> Iterator[list[tuple[int, int, str]]]:
    """Due messages with their person and channel, oldest first: a few hundred, and those behind them when none was free."""
    due = _due(lane)
    for _ in range(_GLANCES):
        rows = list(due.values_list("pk", "person_id", "channel", "due_at")[:_GLANCE])
        yield [(pk, person, channel) for pk, person, channel, _ in rows]
        if len(rows) < _GLANCE:
            return
        pk, _, _, at = rows[-1]
        due = _due(lane).filter(Q(due_at__gt=at) | Q(due_at=at, pk__gt=pk))


def _take(due: Sequence[tuple[int, int]], worker: str, lease: dt.timedelta) -> Claim:
    """Claim them together; where one of them cannot be prepared, each by itself, so that it stands in nobody's way."""
    try:
        return claim(due, worker=worker, lease=lease)
    except (RulebookError, WordingError):
        # The rules or the words themselves cannot be read: no message's fault, and none may leave unjudged.
        raise
    except Exception as fault:
        if _is_the_databases(fault):
            # It went away under us: no message's fault either, and none may be given up for it.
            raise
        if len(due) == 1:
            log.exception("Message %s could not be prepared.", due[0][0])
            return Claim(others=[_stumbled(due[0][0])])
    together = Claim()
    for one in due:
        together.add(_take([one], worker, lease))
    return together


def _open(channel: str, channel_of: ChannelOf) -> bool:
    """Whether this worker may send by the channel now. Behind an open breaker it asks the provider a harmless question
    first: a reminder is no probe, because a probe that gets lost would leave it uncertain for ever.
    """
    if not breaking.is_open(channel):
        return True
    if not breaking.take_probe(channel):
        return False
    try:
        channel_of(channel).lookup(_HARMLESS)
    except CannotTell:
        return True
    except Exception:
        log.warning("%s does not answer yet.", channel)
        breaking.failed(channel)
        return False
    return True


def _due(lane: delivery.Lane | None) -> QuerySet[Message]:
    return (
        _in(lane)
        .filter(state=Message.State.QUEUED, due_at__lte=clock.now())
        .exclude(channel__in=breaking.closed_ways())
        .order_by("due_at", "pk")
    )


def _in(lane: delivery.Lane | None) -> QuerySet[Message]:
    messages = Message.objects.all()
    return messages.filter(purpose__in=delivery.LANES[lane]) if lane else messages


def _is_the_databases(fault: Exception) -> bool:
    """Whether the connection broke, or a lock could not be had; a server that dies raises the bare class."""
    return isinstance(fault, OperationalError | InterfaceError) or type(fault) is DatabaseError


@transaction.atomic
def _stumbled(pk: int) -> str:
    """Preparing it raised: nothing left. After as many stumbles as delivery allows it is set aside, with its reason."""
    message = (
        Message.objects.select_for_update(of=("self",))
        .select_related("person", "lender")
        .filter(pk=pk, state=Message.State.QUEUED)
        .first()
    )
    if message is None:
        return "left_to_others"
    message.attempts += 1
    again = delivery.retry_at(clock.now(), message.attempts)
    if again is None:
        message.save(update_fields=["attempts"])
        end(message, "fail", reason="could_not_be_prepared")
        return "failed"
    message.due_at = again
    message.save(update_fields=["attempts", "due_at"])
    tell("message_put_back", message, reason="could_not_be_prepared", tries=message.attempts)
    return "deferred"
