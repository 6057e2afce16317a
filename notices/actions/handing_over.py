"""Handing claimed messages to their provider, and what its answer, its refusal or its silence means for each row.

Outside any transaction: the provider may be slow, and nobody must wait for it. Between two handfuls stands one short
transaction that writes down what became of the last one and that the next begins, so that a killed worker leaves no more
than a handful in doubt; what it never began surely did not leave. A worker writes only about a message it still holds.
"""

import datetime as dt
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from django.db import transaction
from django.db.models import F

from cases import clock
from cases.actions import events
from cases.models import Contact, Event
from notices.actions import breaking, receipts, unsubscribing
from notices.channels import Answer, Channel, Letter, NotTaken, Rejected
from notices.domain import delivery
from notices.models import Message

log = logging.getLogger(__name__)

ChannelOf: TypeAlias = Callable[[str], Channel]
Said: TypeAlias = Answer | Exception


def hand_over(
    mine: Sequence[Message], worker: str, channel_of: ChannelOf, lease: dt.timedelta
) -> Iterator[str]:
    """Send claimed messages, handful by handful; the fate of each: sent, deferred, failed, put back, or left to its lease.

    A claim that has grown old, and one whose channel broke meanwhile, goes back to the queue as it was: the gate will be
    asked again.
    """
    # Threads start when the first letters leave together, and stay for the next handful.
    with ThreadPoolExecutor(max_workers=delivery.BEGUN) as threads:
        yield from _handfuls(mine, worker, channel_of, lease, threads)


def _handfuls(
    mine: Sequence[Message],
    worker: str,
    channel_of: ChannelOf,
    lease: dt.timedelta,
    threads: ThreadPoolExecutor,
) -> Iterator[str]:
    kept: list[tuple[Message, Answer]] = []
    shut: set[str] = set()
    idle: list[Message] = []
    # Channels that answered, and those of them that had failed before: only these must be told at once.
    well: set[str] = set()
    ill: set[str] = set()
    rest, most = list(mine), delivery.BEGUN
    while rest:
        handful, rest = rest[:most], rest[most:]
        open_ones = [message for message in handful if message.channel not in shut]
        with transaction.atomic():
            receipts.record_all(kept)
            begun = _begin(open_ones, worker, lease)
        yield from ["sent"] * len(kept)
        kept = []
        idle += [message for message in handful if message not in begun]
        heard = _send(begun, channel_of, threads, lease)
        begun, old = begun[: len(heard)], begun[len(heard) :]
        idle += _unbegin(old, worker)
        for message, said in zip(begun, heard, strict=True):
            if isinstance(said, Answer):
                kept.append((message, said))
            else:
                yield _settle(message, worker, said)
        answered = {message.channel for message, _ in kept}
        for channel in answered & ill:
            breaking.succeeded(channel)
        well |= answered
        if len(kept) < len(begun):
            # Something is wrong out there: one by one, until the breaker says that it is enough.
            most = 1
            ill |= {each.channel for each in begun}
            shut |= {way for way in {each.channel for each in begun} - answered if breaking.is_open(way)}
    receipts.record_all(kept)
    yield from ["sent"] * len(kept)
    for channel in well - ill:
        # Failures of an earlier batch are forgotten.
        breaking.succeeded(channel)
    release([message.pk for message in idle], worker)
    yield from ["put_back"] * len(idle)


def again(message: Message, worker: str, channel_of: ChannelOf) -> str:
    """Send one message in doubt once more, under the same key; its fate as above."""
    said = _say(message.channel, letter_of(message), channel_of)
    if not isinstance(said, Answer):
        return _settle(message, worker, said)
    breaking.succeeded(message.channel)
    receipts.record(message=message, answer=said)
    return "sent"


def _begin(handful: Sequence[Message], worker: str, lease: dt.timedelta) -> Sequence[Message]:
    """Those of a handful that this worker still holds and whose claim is fresh; from here on they may have left."""
    now = clock.real_now()
    fresh = [each for each in handful if _is_fresh(each, lease)]
    if not fresh:
        return []
    held = Message.objects.filter(
        pk__in=[each.pk for each in fresh],
        state=Message.State.CLAIMED,
        claimed_by=worker,
        started_at__isnull=True,
    )
    count = held.update(started_at=now, lease_until=now + lease, attempts=F("attempts") + 1)
    if count == len(fresh):
        return fresh
    ours = Message.objects.filter(
        pk__in=[each.pk for each in fresh], state=Message.State.CLAIMED, claimed_by=worker, started_at=now
    )
    begun = set(ours.values_list("pk", flat=True))
    return [each for each in fresh if each.pk in begun]


def _is_fresh(message: Message, lease: dt.timedelta) -> bool:
    """Whether the gate's answer is young enough to leave on. `lease_until` is as the claim wrote it."""
    patience = lease - min(delivery.FRESH, lease / 2)
    return message.lease_until is not None and clock.real_now() <= message.lease_until - patience


@transaction.atomic
def _unbegin(old: Sequence[Message], worker: str) -> Sequence[Message]:
    """Those that were begun and then never handed over, as if they had not been. Whatever another worker holds by now is its."""
    Message.objects.filter(
        pk__in=[each.pk for each in old], state=Message.State.CLAIMED, claimed_by=worker
    ).update(started_at=None, attempts=F("attempts") - 1)
    return old


def _send(
    handful: Sequence[Message], channel_of: ChannelOf, threads: ThreadPoolExecutor, lease: dt.timedelta
) -> Sequence[Said]:
    """What each provider said, in order. Where channels take several at once, letters are on their way together; where they
    do not, those whose turn comes too late are left out at the end.
    """
    letters = [letter_of(message) for message in handful]
    if len(handful) > 1 and all(_takes_many(way, channel_of) for way in {each.channel for each in handful}):
        ways = [message.channel for message in handful]
        return list(threads.map(_say, ways, letters, [channel_of] * len(letters)))
    heard: list[Said] = []
    for message, letter in zip(handful, letters, strict=True):
        if heard and not _is_fresh(message, lease):
            break
        heard.append(_say(message.channel, letter, channel_of))
    return heard


def _say(way: str, letter: Letter, channel_of: ChannelOf) -> Said:
    try:
        return channel_of(way).send(letter)
    except Exception as problem:
        return problem


def _takes_many(name: str, channel_of: ChannelOf) -> bool:
    try:
        return getattr(channel_of(name), "takes_many", False)
    except Exception:
        # Whoever sends by it will hear of it.
        return False


def _settle(message: Message, worker: str, problem: Exception) -> str:
    """What follows when a provider did not take a message, or nobody knows whether it did."""
    if isinstance(problem, NotTaken):
        breaking.failed(message.channel)
        return put_back(message, worker, reason=str(problem), wait=problem.wait)
    if isinstance(problem, Rejected):
        breaking.succeeded(message.channel)
        log.warning("Message %s was rejected: %s", message.ref, problem)
        return give_back(message, worker, "fail", reason="rejected")
    # It may have left. The lease runs out, and then it is settled by kind, never by hope.
    log.error("Message %s is in doubt.", message.ref, exc_info=problem)
    breaking.failed(message.channel)
    return "left_to_others"


@transaction.atomic
def release(which: Collection[int], worker: str | None) -> int:
    """Claims that were never begun go back to the queue, their slots are free again; how many. `worker` None: whose lease
    is over, whoever held them.
    """
    if not which:
        return 0
    idle = Message.objects.select_for_update(of=("self",), skip_locked=True).filter(
        pk__in=which, state=Message.State.CLAIMED, started_at__isnull=True
    )
    idle = idle.filter(claimed_by=worker) if worker else idle.filter(lease_until__lt=clock.real_now())
    rows = list(idle.select_related("person", "lender").defer("address", "subject", "body").order_by("pk"))
    contacts = [row.contact_id for row in rows if row.contact_id]
    state = delivery.after(Message.State.CLAIMED, "release", delivery.Who.WORKER)
    Message.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=state, claimed_by="", lease_until=None, contact=None
    )
    Contact.objects.filter(pk__in=contacts).delete()
    Event.objects.bulk_create(
        events.unsaved(
            "message_put_back", by=None, about=row, person=row.person, lender=row.lender, reason="not_begun"
        )
        for row in rows
    )
    return len(rows)


def end(message: Message, verb: str, *, reason: str) -> Message:
    message.state = delivery.after(message.state, verb, delivery.Who.WORKER)
    message.claimed_by, message.lease_until = "", None
    message.save(update_fields=["state", "claimed_by", "lease_until"])
    tell(f"message_{message.state}", message, reason=reason)
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
