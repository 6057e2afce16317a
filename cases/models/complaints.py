"""A complaint, the clock it started, what was dated since, and the mark of a clock that ran out. Nobody can change those rows."""

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.domain.complaint_clock import Kind
from cases.fields import EncryptedTextField
from cases.models.contacts import Contact
from cases.models.people import Lender, User


class Complaint(models.Model):
    """What somebody sent to one lender, word for word, and what came back.

    `category` is a code of `cases.domain.taxonomy`, `labels` further ones. `delivered_at` is None while the lender has not
    joined: then the complaint is kept here and nobody has received it. `borrower` is None for a visitor, who has the
    receipt and nothing else. Asking once more, or again after a withdrawal, is a complaint of its own that `follows` the
    first, with a clock of its own and the same receipt.
    """

    class State(models.TextChoices):
        SENT = "sent", _("Waiting for an answer")
        ANSWERED = "answered", _("Answered")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        CLOSED = "closed", _("Closed")
        CONTINUED = "continued", _("Carried on in a new round")

    class Relation(models.TextChoices):
        REVIEW = "review", _("Asked to look again")
        REOPENED = "reopened", _("Taken up again")

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
        PART = "part", _("It helps in part")
        BAD = "bad", _("I am not satisfied")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    borrower = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="complaints", null=True, blank=True
    )
    # Looking up works by the keyed hash; the digits are kept sealed for the page of whoever holds them already.
    receipt = EncryptedTextField(blank=True)
    receipt_index = models.CharField(max_length=64, blank=True, db_index=True)
    follows = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="followed_by"
    )
    relation = models.CharField(max_length=8, choices=Relation.choices, blank=True)
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="complaints")
    category = models.CharField(max_length=32)
    labels = models.JSONField(default=list, blank=True)
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
    rating_words = EncryptedTextField(blank=True)
    rated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-sent_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["receipt_index"],
                condition=Q(follows__isnull=True) & ~Q(receipt_index=""),
                name="one_thread_per_receipt",
            ),
            models.CheckConstraint(
                condition=Q(follows__isnull=True, relation="") | (Q(follows__isnull=False) & ~Q(relation="")),
                name="a_round_says_why_it_follows",
            ),
        ]
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
    special_on = models.DateField(null=True, blank=True)
    early_on = models.DateField(null=True, blank=True)
    # Which calendar of days off was used; empty where only calendar days were counted.
    calendar = models.CharField(max_length=64, blank=True)
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


class ComplaintFacet(models.Model):
    """A dated fact about a complaint that changes no state: more time with the reason, where it was taken to.

    Append-only but for `words`, which go when the person is erased. `until` is the new last day, never beyond the clock's
    own `limit_on` and `special_on`; `body` is a code of `cases.domain.bodies`.
    """

    class Kind(models.TextChoices):
        COMPLEX = "complex", _("The lender called it complex")
        SPECIAL = "special", _("The lender was granted more time")
        PROGRESS = "progress", _("The lender said it is in progress")
        ESCALATED = "escalated", _("Taken to another body")

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="facets")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    at = models.DateTimeField()
    until = models.DateField(null=True, blank=True)
    body = models.CharField(max_length=24, blank=True)
    words = EncryptedTextField(blank=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["complaint", "kind", "body"], name="one_facet_of_a_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.kind}"


class CourtPaper(models.Model):
    """Papers from a court that a borrower wrote down, and by when to answer them. A clock, not a complaint.

    Everything but `answered_on` and `removed_at` stands as written. `rule` is a row `court.*` of the clock files.
    """

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    borrower = models.ForeignKey(User, on_delete=models.PROTECT, related_name="court_papers")
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    jurisdiction = models.CharField(max_length=2)
    rule = models.CharField(max_length=64)
    rulebook_version = models.CharField(max_length=64)
    calendar = models.CharField(max_length=64, blank=True)
    received_on = models.DateField()
    due_on = models.DateField()
    longer_on = models.DateField(null=True, blank=True)
    moved = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()
    answered_on = models.DateField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due_on", "id"]
        indexes = [models.Index(fields=["borrower", "due_on"])]

    def __str__(self) -> str:
        return self.ref


class MissedClock(models.Model):
    """A clock ran out without an answer. Append-only: a later answer does not take the mark away."""

    clock = models.OneToOneField(ComplaintClock, on_delete=models.PROTECT, related_name="missed")
    noted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.clock_id} {self.noted_at:%Y-%m-%d}"
