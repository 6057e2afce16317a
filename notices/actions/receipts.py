"""What providers say about a message, and the state that follows from it. A state never goes back."""

from django.db import transaction

from cases import clock
from cases.actions import events
from notices.channels import Answer
from notices.domain import delivery
from notices.models import Message, Receipt


@transaction.atomic
def record(*, message: Message, answer: Answer) -> Message:
    """Keep what the provider said; the same word twice is one receipt. Returns the message as it now stands.

    Late, doubled and disordered answers are all welcome: the state only ever rises. A message that was
    never handed over (still waiting, withheld) keeps its state; the receipt is kept as evidence.
    """
    message = (
        Message.objects.select_for_update(of=("self",)).select_related("person", "lender").get(pk=message.pk)
    )
    receipt, new = Receipt.objects.get_or_create(
        message=message, provider_id=answer.provider_id, status=answer.status, defaults={"at": answer.at}
    )
    state = _after(message.state, answer.status)
    if not new or state == message.state:
        return message
    message.state = state
    message.lease_until = None
    message.claimed_by = ""
    if message.sent_at is None and state != Message.State.FAILED:
        message.sent_at = clock.now()
    message.save(update_fields=["state", "lease_until", "claimed_by", "sent_at"])
    if message.contact and state == Message.State.FAILED:
        message.contact.outcome = "not_connected"
        message.contact.save(update_fields=["outcome"])
    events.record(
        f"message_{state}",
        by=None,
        about=message,
        person=message.person,
        lender=message.lender,
        channel=message.channel,
        provider_said=receipt.status,
    )
    return message


def _after(state: str, word: str) -> str:
    """The state after a provider's word; a word we do not know moves nothing."""
    if state == Message.State.CLAIMED and word in ("accepted", "delivered"):
        # The answer to our own call: the worker's mark and the first receipt are one.
        state = delivery.after(state, "send", delivery.Who.WORKER)
    try:
        return delivery.after_receipt(state, word)
    except KeyError:
        return state
