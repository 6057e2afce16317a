"""Sending: claim → commit → send → mark, so that a worker killed at any moment neither loses nor doubles a message.

The slot is taken in one short transaction under a lock on the person, and the gate is asked again inside it. The
message then leaves outside any transaction. What happened to a message whose worker died is settled once its
lease has run out: a reminder is never sent again, an answer or receipt is sent once, by its key.
"""

import datetime as dt
import logging
import os
import secrets
import socket
from dataclasses import dataclass, replace

from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import QuerySet

from cases import clock
from cases.domain.rulebook import RulebookError
from cases.models import Contact, User
from notices import channels
from notices.actions import breaking, receipts, writing
from notices.actions.asking import Question, Surroundings, decision
from notices.actions.handing_over import ChannelOf, end, give_back, hand_over, tell
from notices.channels import CannotTell
from notices.domain import delivery, gate
from notices.domain.wording import WordingError
from notices.models import Message
from repayment import queries_payments
from repayment.models import Instalment, Offer, Plan

log = logging.getLogger(__name__)

# How many due messages one worker looks at before it decides that others are busy with all of them.
_GLANCE = 50

# A key that no message has: asking about it tells whether the provider answers.
_HARMLESS = "are-you-there"

_PURPOSES: dict[str, str] = {
    Message.Purpose.REMINDER: "reminder",
    Message.Purpose.ANSWER: "reply",
}


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What one run did, in messages."""

    sent: int = 0
    deferred: int = 0
    withheld: int = 0
    expired: int = 0
    cancelled: int = 0
    failed: int = 0
    uncertain: int = 0
    left_to_others: int = 0

    def plus(self, fate: str) -> "Summary":
        name = fate if hasattr(self, fate) else "left_to_others"
        return replace(self, **{name: getattr(self, name) + 1})


def drain(
    *,
    limit: int = 500,
    channel_of: ChannelOf = channels.of,
    lease: dt.timedelta = delivery.LEASE,
    lane: delivery.Lane | None = None,
) -> Summary:
    """Settle what lies in doubt, then send what is due, one message at a time, at most `limit` of each.

    `lane` keeps to the purposes of one queue, so that a night of reminders never stands before an answer.
    """
    worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    done = Summary()
    for step in (reconcile, send_next):
        stumbles = 0
        for _ in range(limit):
            try:
                fate = step(worker=worker, channel_of=channel_of, lease=lease, lane=lane)
            except Exception:
                # Whatever it was, it is still claimed and its lease will settle it; others must not wait for it.
                log.exception("A message was left to its lease.")
                stumbles += 1
                if stumbles == delivery.ATTEMPTS:
                    break
                continue
            if fate is None:
                break
            done = done.plus(fate)
    return done


def send_next(
    *,
    worker: str,
    channel_of: ChannelOf = channels.of,
    lease: dt.timedelta = delivery.LEASE,
    lane: delivery.Lane | None = None,
) -> str | None:
    """Take the oldest due message nobody else is busy with, and see it through. None when there is none."""
    refused: set[str] = set()
    for pk, person_id, channel in list(_due(lane).values_list("pk", "person_id", "channel")[:_GLANCE]):
        if channel in refused or not _open(channel, channel_of):
            refused.add(channel)
            continue
        try:
            message = claim(pk=pk, person_id=person_id, worker=worker, lease=lease)
        except (RulebookError, WordingError):
            # The rules or the words themselves cannot be read: no message's fault, and none may leave unjudged.
            raise
        except Exception as fault:
            if _is_the_databases(fault):
                # It went away under us: no message's fault either, and none may be given up for it.
                raise
            # One message that cannot be written or judged must not stand in the way of all others.
            log.exception("Message %s could not be prepared.", pk)
            return _stumbled(pk)
        if message is None:
            continue
        if message.state != Message.State.CLAIMED:
            return "deferred" if message.state == Message.State.QUEUED else str(message.state)
        return hand_over(message, worker, channel_of, lease)
    return None


@transaction.atomic
def claim(*, pk: int, person_id: int, worker: str, lease: dt.timedelta = delivery.LEASE) -> Message | None:
    """Take the sending slot, or record why it is not taken; None when somebody else is at it.

    The person first, then the message: two workers cannot both see the last free slot of a day, and an
    opt-out that committed before this is seen.
    """
    person = User.objects.select_for_update(skip_locked=True).filter(pk=person_id).first()
    if person is None:
        return None
    now = clock.now()
    message = (
        Message.objects.select_for_update(of=("self",))
        .select_related("lender", "plan__debt")
        .filter(pk=pk, state=Message.State.QUEUED, due_at__lte=now)
        .first()
    )
    if message is None:
        return None
    message.person = person
    if delivery.is_expired(now, message.not_after):
        return end(message, "expire", reason="too_late")
    if needless := _needless(message):
        return end(message, "cancel", reason=needless)

    around = Surroundings([person.pk], at=now, planned=False)
    reminder = message.purpose == Message.Purpose.REMINDER
    question = Question(
        person=person,
        lender=message.lender,
        debt_id=_debt_of(message),
        purpose=message.purpose,
        channel=message.channel,
        reminds_of_plan=reminder and message.plan is not None,
        wording=message.wording,
    )
    facts, verdict = around.ask(question, now)
    decision(message, stage="sending", at=now, facts=facts, verdict=verdict).save()
    rules = [finding.rule for finding in verdict.findings]
    if verdict.outcome is gate.Outcome.REFUSED:
        return end(message, "withhold", rules=rules)
    if verdict.not_before is not None:
        if verdict.not_before >= message.not_after:
            return end(message, "expire", reason="no_lawful_moment", rules=rules)
        message.state = delivery.after(message.state, "defer", delivery.Who.WORKER)
        message.due_at = verdict.not_before
        message.save(update_fields=["state", "due_at"])
        tell("message_deferred", message, rules=rules, not_before=verdict.not_before.isoformat())
        return message

    text = writing.write(message, discreet=around.discreet(person))
    message.address = around.address(person, message.channel)
    message.subject, message.body, message.wording_version = text.subject, text.body, text.version
    if message.channel != Message.Channel.INBOX:
        message.contact = Contact.objects.create(
            borrower=person,
            lender=message.lender,
            at=now,
            channel=message.channel,
            direction="outbound",
            outcome="delivered",
            purpose=_PURPOSES.get(message.purpose, "service"),
            own=True,
            recorded_at=now,
        )
    message.state = delivery.after(message.state, "claim", delivery.Who.WORKER)
    message.claimed_by = worker
    message.lease_until = clock.real_now() + lease
    message.attempts += 1
    message.save()
    return message


def reconcile(
    *,
    worker: str,
    channel_of: ChannelOf = channels.of,
    lease: dt.timedelta = delivery.LEASE,
    lane: delivery.Lane | None = None,
) -> str | None:
    """Settle one message whose worker did not come back. None when there is none.

    The provider is asked by key. It knows → marked as it says. It does not, or cannot tell: a reminder becomes
    uncertain, counts as sent and is never sent again; anything else is sent under the same key.
    """
    message = _take_over(worker, lease, lane)
    if message is None:
        return None
    channel = channel_of(message.channel)
    try:
        known = channel.lookup(message.key)
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
    return hand_over(message, worker, channel_of, lease)


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


def _take_over(worker: str, lease: dt.timedelta, lane: delivery.Lane | None) -> Message | None:
    """Renew the oldest lapsed lease in our own name, so that two sweepers cannot both send again."""
    lapsed = _in(lane).filter(state=Message.State.CLAIMED, lease_until__lt=clock.real_now())
    lapsed = lapsed.exclude(channel__in=breaking.closed_ways())
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


def _needless(message: Message) -> str:
    """Why a message has nothing true to say any more.

    A reminder: its plan is no longer in force, its instalment is paid, or its offer was answered. A confirmation: the
    plan was taken back.
    """
    if message.plan is None:
        offer = _offer_of(message)
        return "offer_closed" if offer is not None and offer.state != Offer.State.OPEN else ""
    if message.purpose == Message.Purpose.CONFIRMATION and message.plan.state == Plan.State.CANCELLED:
        return "plan_not_in_force"
    if message.purpose != Message.Purpose.REMINDER:
        return ""
    if message.plan.state != Plan.State.ACTIVE:
        return "plan_not_in_force"
    number = message.values.get("number")
    about = Instalment.objects.filter(plan=message.plan, number=number) if number else None
    if about is not None and about.exists() and not queries_payments.unpaid(about).exists():
        return "already_paid"
    return ""


def _offer_of(message: Message) -> Offer | None:
    """The offer an officer's reminder speaks of."""
    ref = message.values.get("offer")
    return Offer.objects.filter(ref=ref).first() if ref else None


def _debt_of(message: Message) -> int | None:
    if message.plan is not None:
        return message.plan.debt_id
    offer = _offer_of(message)
    return offer.debt_id if offer else None


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
