"""Messages, the decisions about them, and what became of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.fields import EncryptedTextField
from cases.models import Contact, Lender, User
from repayment.models import Plan


class Preference(models.Model):
    """The borrower's own terms for being contacted."""

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preference")
    sms = models.BooleanField(_("SMS"), default=True)
    email = models.BooleanField(_("E-mail"), default=True)
    discreet = models.BooleanField(_("Discreet wording"), default=True)
    # The hours in which the person wants to hear from us; empty means what the rules allow.
    hours_from = models.TimeField(null=True, blank=True)
    hours_to = models.TimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(hours_from__isnull=True, hours_to__isnull=True)
                | Q(hours_from__isnull=False, hours_to__isnull=False),
                name="hours_come_in_pairs",
            ),
        ]

    def __str__(self) -> str:
        return f"terms of {self.person_id}"


class OptOut(models.Model):
    """ "Do not write to me this way": a dated fact, for one channel, from one lender or from all."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="opt_outs")
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=8)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.person_id} {self.channel}"


class Message(models.Model):
    """One message to one person by one channel. The row with `due_at` is the queue."""

    class Purpose(models.TextChoices):
        REMINDER = "reminder", _("Reminder")
        ANSWER = "answer", _("Answer")
        CONFIRMATION = "confirmation", _("Confirmation")
        SECURITY_CODE = "security_code", _("Security code")
        REQUIRED = "required", _("Notice the law requires")

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
    channel = models.CharField(max_length=8, choices=[("sms", _("SMS")), ("email", _("E-mail"))])
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
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"
