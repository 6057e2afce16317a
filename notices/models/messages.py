"""Messages, the decisions about them, and what became of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.fields import EncryptedTextField
from cases.models import Contact, Lender, User
from repayment.models import Plan


class Message(models.Model):
    """One message to one person by one channel. The row with `due_at` is the queue."""

    class Purpose(models.TextChoices):
        REMINDER = "reminder", _("Reminder")
        ANSWER = "answer", _("Answer")
        CONFIRMATION = "confirmation", _("Confirmation")
        SECURITY_CODE = "security_code", _("Security code")
        REQUIRED = "required", _("Notice the law requires")

    class Channel(models.TextChoices):
        SMS = "sms", _("SMS")
        EMAIL = "email", _("E-mail")
        WECHAT = "wechat", _("WeChat")
        INBOX = "inbox", _("Steady only")

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        WITHHELD = "withheld", _("Not sent")
        QUEUED = "queued", _("Waiting to be sent")
        CLAIMED = "claimed", _("Being sent")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Could not be delivered")
        UNCERTAIN = "uncertain", _("Not known whether it arrived")
        EXPIRED = "expired", _("Too late to send")
        CANCELLED = "cancelled", _("No longer needed")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="messages")
    lender = models.ForeignKey(
        Lender, on_delete=models.PROTECT, null=True, blank=True, related_name="messages"
    )
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="messages")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    wording = models.CharField(max_length=40)
    values = models.JSONField(default=dict)
    # One obligation, one message: whoever plans the same thing again meets this key.
    key = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    due_at = models.DateTimeField()
    not_after = models.DateTimeField()
    claimed_by = models.CharField(max_length=64, blank=True)
    # Real time, not the business clock: a lease must not move when a demo's clock does.
    lease_until = models.DateTimeField(null=True, blank=True)
    # Real time too: when handing over began. A claim that has not begun surely did not leave.
    started_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # What left, kept as it left.
    address = EncryptedTextField(blank=True)
    subject = EncryptedTextField(blank=True)
    body = EncryptedTextField(blank=True)
    wording_version = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    contact = models.OneToOneField(
        Contact, on_delete=models.PROTECT, null=True, blank=True, related_name="message"
    )
    made_at = models.DateTimeField()
    # The last record of the night that planned it; no foreign key, for the records have none either.
    record = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-due_at", "-id"]
        indexes = [
            models.Index(
                fields=["due_at", "id"], condition=Q(state__in=["queued", "claimed"]), name="messages_to_send"
            ),
            models.Index(fields=["person", "due_at"]),
            models.Index(fields=["lender", "due_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(lease_until__isnull=False),
                name="claimed_messages_have_a_lease",
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class Decision(models.Model):
    """The gate's answer, with the facts it saw, so that anyone can ask again. Append-only."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="decisions")
    stage = models.CharField(max_length=8, choices=[("planning", _("Planning")), ("sending", _("Sending"))])
    at = models.DateTimeField()
    verdict = models.CharField(max_length=8)
    not_before = models.DateTimeField(null=True, blank=True)
    findings = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    rulebook_version = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.verdict} {self.message_id}"


def asked_of(message: Message) -> list[Decision]:
    """The decisions about a message, in order, that a query has read as `asked` for many at once."""
    found: list[Decision] = vars(message)["asked"]
    return found


class Receipt(models.Model):
    """What a provider said about a message. Append-only; the message's state follows by rank."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="receipts")
    provider_id = models.CharField(max_length=80)
    status = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "status", "provider_id"], name="a_receipt_counts_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.message_id}"
