"""SMS. The only adapter so far is the outbox page; an operator's provider takes its place by settings."""

from cases.models import User
from notices.channels import outbox
from notices.channels.base import Answer


class OutboxSms:
    """SMS to the outbox page."""

    def send(self, *, key: str, address: str, subject: str, body: str, person: User | None = None) -> Answer:
        return outbox.answer(outbox.put(channel="sms", key=key, address=address, body=body, person=person))

    def lookup(self, key: str) -> Answer | None:
        entry = outbox.find(key)
        return outbox.answer(entry) if entry else None
