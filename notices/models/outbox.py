"""What the demo's channels would have sent, to be read on the outbox page."""

from urllib.parse import urlsplit

from django.db import models

from cases.fields import EncryptedTextField
from cases.models import User


class OutboxEntry(models.Model):
    """What the outbox channel "sent": the fake phone and mailbox of the demo and the tests.

    `key` is the idempotency key a real provider would honour. `address` is kept encrypted.
    """

    channel = models.CharField(max_length=8)
    key = models.CharField(max_length=120, unique=True)
    person = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    address = EncryptedTextField()
    subject = EncryptedTextField(blank=True)
    body = EncryptedTextField()
    # The address behind a mail program's own "unsubscribe" button, as the mail's headers name it (RFC 8058).
    unsubscribe = EncryptedTextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"

    @property
    def one_click(self) -> str:
        """Where that button posts to, on this very site; empty where the mail has none."""
        return urlsplit(self.unsubscribe).path
