"""What providers say about a message, and the state that follows from it. A state never goes back."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Coalesce

from cases import clock
from cases.actions import events
from cases.models import Contact, Event
from notices.channels import Answer
from notices.domain import delivery
from notices.models import Message, Receipt

_LEFT = frozenset({Message.State.SENT, Message.State.DELIVERED})


def record(*, message: Message, answer: Answer) -> Message:
    """Keep what the provider said; the same word twice is one receipt. Returns the message as it now stands."""
    record_all([(message, answer)])
    return Message.objects.select_related("person", "lender").get(pk=message.pk)


@transaction.atomic
def record_all(said: Sequence[tuple[Message, Answer]]) -> None:
    """Keep what providers said about any number of messages, in a fixed number of queries.

    Late, doubled and disordered answers are all welcome: the state only ever rises. A message that was never handed over
    (still waiting, withheld) keeps its state; the receipt is kept as evidence.
    """
    if not said:
        return
    known = {message.pk: message for message, _ in said}
    before = dict(
        Message.objects.select_for_update().filter(pk__in=known).order_by("pk").values_list("pk", "state")
    )
    there = set(Receipt.objects.filter(message__in=known).values_list("message_id", "provider_id", "status"))
    state, made, told = dict(before), [], []
    for message, answer in said:
        name = (message.pk, answer.provider_id, answer.status)
        if message.pk not in before or name in there:
            continue
        there.add(name)
        made.append(
            Receipt(message=message, provider_id=answer.provider_id, status=answer.status, at=answer.at)
        )
        risen = _after(state[message.pk], answer.status)
        if risen != state[message.pk]:
            first = state[message.pk] not in _LEFT and risen in _LEFT
            state[message.pk] = risen
            told.append(_event(message, risen, answer, with_text=first))
    Receipt.objects.bulk_create(made)
    _write({pk: after for pk, after in state.items() if after != before[pk]})
    Event.objects.bulk_create(told)


def _write(states: dict[int, str]) -> None:
    for after in sorted(set(states.values())):
        which = Message.objects.filter(pk__in=[pk for pk, each in states.items() if each == after])
        settled = {"state": after, "lease_until": None, "claimed_by": ""}
        if after == Message.State.FAILED:
            which.update(**settled)
            Contact.objects.filter(message__in=which).update(outcome="not_connected")
        else:
            which.update(**settled, sent_at=Coalesce("sent_at", clock.now()))


def _event(message: Message, state: str, answer: Answer, *, with_text: bool) -> Event:
    """`with_text`: the event that says that it left says of which text, by its hash. Not of a code, which is short enough to
    be guessed from it, and not where retention has taken the words away meanwhile.
    """
    text = {}
    if with_text and message.body and message.purpose != Message.Purpose.SECURITY_CODE:
        text["text_sha256"] = delivery.text_sha256(message.subject, message.body)
    return events.unsaved(
        f"message_{state}",
        by=None,
        about=message,
        person=message.person,
        lender=message.lender,
        channel=message.channel,
        provider_said=answer.status,
        **text,
    )


def _after(state: str, word: str) -> str:
    """The state after a provider's word; a word we do not know moves nothing."""
    if state == Message.State.CLAIMED and word in ("accepted", "delivered"):
        # The answer to our own call: the worker's mark and the first receipt are one.
        state = delivery.after(state, "send", delivery.Who.WORKER)
    try:
        return delivery.after_receipt(state, word)
    except KeyError:
        return state
