"""Handing a claimed message to its provider, and what its answer, its refusal or its silence means for the row.

Outside any transaction: the provider may be slow, and nobody must wait for it. A worker writes only about a message it
still holds; if another took it over meanwhile, that one's word counts.
"""

import datetime as dt
import logging
from collections.abc import Callable

from django.db import transaction

from cases import clock
from cases.actions import events
from notices.actions import breaking, receipts, unsubscribing
from notices.channels import Channel, Letter, NotTaken, Rejected
from notices.domain import delivery
from notices.models import Message

log = logging.getLogger(__name__)

# With less of the lease left than this, a worker that was held up no longer starts to send.
MARGIN = delivery.LEASE / 2

ChannelOf = Callable[[str], Channel]


def hand_over(message: Message, worker: str, channel_of: ChannelOf, lease: dt.timedelta) -> str:
    """Send, and say what became of it: sent, deferred, failed, or left to its lease."""
    if message.lease_until is None or clock.real_now() > message.lease_until - min(MARGIN, lease / 2):
        return "left_to_others"
    try:
        answer = channel_of(message.channel).send(letter_of(message))
    except NotTaken as reason:
        breaking.failed(message.channel)
        return put_back(message, worker, reason=str(reason), wait=reason.wait)
    except Rejected as reason:
        breaking.succeeded(message.channel)
        log.warning("Message %s was rejected: %s", message.ref, reason)
        return give_back(message, worker, "fail", reason="rejected")
    except Exception:
        # It may have left. The lease runs out, and then it is settled by kind, never by hope.
        log.exception("Message %s is in doubt.", message.ref)
        breaking.failed(message.channel)
        return "left_to_others"
    breaking.succeeded(message.channel)
    receipts.record(message=message, answer=answer)
    return "sent"


def end(message: Message, verb: str, *, reason: str = "", rules: list[str] | None = None) -> Message:
    message.state = delivery.after(message.state, verb, delivery.Who.WORKER)
    message.claimed_by, message.lease_until = "", None
    message.save(update_fields=["state", "claimed_by", "lease_until"])
    tell(
        f"message_{message.state}",
        message,
        **({"reason": reason} if reason else {}),
        **({"rules": rules} if rules else {}),
    )
    return message


def tell(kind: str, message: Message, **data: object) -> None:
    events.record(kind, by=None, about=message, person=message.person, lender=message.lender, **data)


@transaction.atomic
def give_back(message: Message, worker: str, verb: str, *, reason: str) -> str:
    """End a message this worker still holds; if another took it over meanwhile, its word counts."""
    held = _held(message, worker)
    if held is None:
        return "left_to_others"
    end(held, verb, reason=reason)
    if held.state == Message.State.FAILED and held.contact:
        held.contact.outcome = "not_connected"
        held.contact.save(update_fields=["outcome"])
    return str(held.state)


@transaction.atomic
def put_back(message: Message, worker: str, *, reason: str, wait: dt.timedelta | None = None) -> str:
    """It surely did not leave: free the slot, and try again while that is of use (`not_after` ends it, with its reason)."""
    held = _held(message, worker)
    if held is None:
        return "left_to_others"
    contact, held.contact = held.contact, None
    held.claimed_by, held.lease_until = "", None
    held.due_at = delivery.again_at(clock.now(), held.attempts, wait=wait)
    held.state = delivery.after(held.state, "release", delivery.Who.WORKER)
    held.save(update_fields=["contact", "claimed_by", "lease_until", "due_at", "state"])
    if contact is not None:
        contact.delete()
    tell("message_put_back", held, reason="not_taken", tries=held.attempts)
    log.warning("Message %s was not taken: %s", held.ref, reason)
    return "deferred"


def letter_of(message: Message) -> Letter:
    """What leaves: the words as they were written when the slot was taken."""
    reminder = message.purpose == Message.Purpose.REMINDER
    return Letter(
        key=message.key,
        address=message.address,
        subject=message.subject,
        body=message.body,
        wording=message.wording,
        unsubscribe=unsubscribing.address_for(message) if reminder and message.channel == "email" else "",
        person=message.person,
    )


def _held(message: Message, worker: str) -> Message | None:
    return (
        Message.objects.select_for_update(of=("self",))
        .select_related("person", "lender", "contact")
        .filter(pk=message.pk, state=Message.State.CLAIMED, claimed_by=worker)
        .first()
    )
