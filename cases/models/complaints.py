"""A complaint, the clock it started, and the mark of a clock that ran out. Clock and mark are rows nobody can change."""

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.domain.complaint_clock import Kind
from cases.fields import EncryptedTextField
from cases.models.contacts import Contact
from cases.models.people import Lender, User


class Complaint(models.Model):
    """What a borrower sent to one lender, word for word, and what came back.

    `category` is a code of `cases.domain.taxonomy`. `delivered_at` is None while the lender has not joined: then the
    complaint is kept here and nobody has received it.
    """

    class State(models.TextChoices):
        SENT = "sent", _("Waiting for an answer")
        ANSWERED = "answered", _("Answered")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        CLOSED = "closed", _("Closed")

    class Want(models.TextChoices):
        STOP = "stop", _("Stop contacting me like this")
        NOT_OTHERS = "not_others", _("Do not contact my family, friends or employer")
        APOLOGY = "apology", _("Apologise")
        CORRECT = "correct", _("Correct the amount or the record")
        REFUND = "refund", _("Pay back charges nobody agreed to")
        EXPLAIN = "explain", _("Explain in writing what happened")
        PLAN = "plan", _("Talk with me about a plan")

    class Rating(models.TextChoices):
        GOOD = "good", _("This will do")
        BAD = "bad", _("I am not satisfied")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    borrower = models.ForeignKey(User, on_delete=models.PROTECT, related_name="complaints")
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="complaints")
    category = models.CharField(max_length=32)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SENT)
    # As sent: never edited, emptied only when the person is erased.
    name = EncryptedTextField(blank=True)
    reach = EncryptedTextField(blank=True)
    said = EncryptedTextField()
    wants = models.JSONField(default=list)
    want_words = EncryptedTextField(blank=True)
    contacts = models.ManyToManyField(Contact, blank=True, related_name="complaints")
    sent_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)
    answer = EncryptedTextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    rating = models.CharField(max_length=4, choices=Rating.choices, blank=True)
    rated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-sent_at", "-id"]
        indexes = [
            models.Index(fields=["borrower", "sent_at"]),
            models.Index(fields=["lender", "state", "sent_at"]),
        ]

    def __str__(self) -> str:
        return self.ref


class ComplaintClock(models.Model):
    """By when, and by whose rule. Append-only: no face, no officer and no operator moves a date."""

    complaint = models.OneToOneField(Complaint, on_delete=models.PROTECT, related_name="clock")
    kind = models.CharField(max_length=9, choices=[(kind.value, kind.value) for kind in Kind])
    rule = models.CharField(max_length=64)
    rulebook_version = models.CharField(max_length=64)
    received_on = models.DateField()
    due_on = models.DateField(db_index=True)
    limit_on = models.DateField(null=True, blank=True)
    # What stands between this complaint and the clock of the law; empty when that one runs.
    missing = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.kind} {self.due_on}"

    @property
    def is_statutory(self) -> bool:
        return self.kind == Kind.STATUTORY

    @property
    def missed_at(self) -> dt.datetime | None:
        """When it was noted that the clock ran out; None while it has not."""
        return self.missed.noted_at if hasattr(self, "missed") else None


class MissedClock(models.Model):
    """A clock ran out without an answer. Append-only: a later answer does not take the mark away."""

    clock = models.OneToOneField(ComplaintClock, on_delete=models.PROTECT, related_name="missed")
    noted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.clock_id} {self.noted_at:%Y-%m-%d}"
