"""The outbox: the fake phone and mailbox in which demo and tests find what left.

It behaves as a good provider would: one key, one effect.
"""

from cases import clock
from notices.channels.base import Answer, Letter
from notices.models import OutboxEntry


def put(channel: str, letter: Letter) -> OutboxEntry:
    """Keep one message. The same key again returns the first entry, unchanged."""
    entry, _ = OutboxEntry.objects.get_or_create(
        key=letter.key,
        defaults={
            "channel": channel,
            "address": letter.address,
            "subject": letter.subject,
            "body": letter.body,
            "unsubscribe": letter.unsubscribe,
            "person": letter.person,
            "at": clock.now(),
        },
    )
    return entry


def find(key: str) -> OutboxEntry | None:
    return OutboxEntry.objects.filter(key=key).first()


def answer(entry: OutboxEntry) -> Answer:
    return Answer(provider_id=f"outbox-{entry.pk}", status="delivered", at=entry.at)
