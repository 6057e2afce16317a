"""E-mail through Django's own backend setting, and a backend that shows it on the outbox page.

The Message-ID is derived from the idempotency key, so a second copy is recognisable to every mail
program and a backend that keeps a list can be asked about it.
"""

import hashlib
import smtplib
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Q

from cases import clock
from cases.models import User
from notices.channels import outbox
from notices.channels.base import Answer, CannotTell, Letter, NotTaken, Rejected
from notices.models import OutboxEntry

# A mail server that does not answer must not outlive the lease of the message.
TIMEOUT = 20


def message_id(key: str) -> str:
    """The Message-ID of a key: it says nothing about the person or the matter."""
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{host}>"


class Email:
    """Plain text, one recipient, no tracking."""

    def send(self, letter: Letter) -> Answer:
        headers = {"Message-ID": message_id(letter.key)}
        if letter.unsubscribe:
            headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        # A subject on two lines would let text become headers; Django refuses it, and so does this line.
        message = EmailMessage(
            subject=" ".join(letter.subject.split()),
            body=letter.body,
            to=[letter.address],
            headers=headers,
        )
        try:
            with get_connection(timeout=TIMEOUT) as connection:
                connection.send_messages([message])
        except smtplib.SMTPRecipientsRefused as error:
            raise Rejected("The mail server refused the address.") from error
        except (ConnectionRefusedError, smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
            raise NotTaken("The mail server did not answer.") from error
        return self._known(letter.key) or Answer(
            provider_id=message_id(letter.key)[:80], status="accepted", at=clock.now()
        )

    def lookup(self, key: str) -> Answer | None:
        if not hasattr(get_connection(), "knows"):
            raise CannotTell("A mail server keeps no list that could be asked.")
        return self._known(key)

    def _known(self, key: str) -> Answer | None:
        backend = get_connection()
        entry = backend.knows(message_id(key)) if hasattr(backend, "knows") else None
        return outbox.answer(entry) if entry else None


class OutboxBackend(BaseEmailBackend):
    """Django's e-mail, every one of it, on the outbox page. The Message-ID is the key."""

    def __init__(self, fail_silently: bool = False, **_: Any) -> None:
        super().__init__(fail_silently=fail_silently)

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        sent = 0
        for message in email_messages:
            ident = message.extra_headers.get("Message-ID") or message.message()["Message-ID"]
            for number, address in enumerate(message.recipients()):
                outbox.put(
                    "email",
                    Letter(
                        key=str(ident) if number == 0 else f"{ident}/{number}",
                        address=address,
                        subject=message.subject,
                        body=message.body,
                        unsubscribe=message.extra_headers.get("List-Unsubscribe", "").strip("<>"),
                        person=_whose(address),
                    ),
                )
            sent += 1
        return sent

    def knows(self, ident: str) -> OutboxEntry | None:
        return outbox.find(ident)


def _whose(address: str) -> User | None:
    """Staff have their address on themselves, borrowers confirmed theirs."""
    confirmed = Q(emailaddress__email=address, emailaddress__verified=True)
    return User.objects.filter(Q(email=address) | confirmed).order_by("pk").first()
