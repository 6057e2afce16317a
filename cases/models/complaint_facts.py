"""What is counted and published about complaints: facts without a person, and the frozen tables made of them."""

import json
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.models.people import Lender


class ComplaintFact(models.Model):
    """One complaint, counted. Nothing leads from here to a person or to the complaint itself. Append-only.

    Written once the outcome is known: `response` is how the lender stood when the clock ran out.
    """

    class Response(models.TextChoices):
        IN_TIME = "in_time", _("Answered in time")
        MISSED = "missed", _("No answer in time")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    received_on = models.DateField(db_index=True)
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="complaint_facts")
    # A code of cases.domain.taxonomy.
    category = models.CharField(max_length=32)
    response = models.CharField(max_length=9, choices=Response.choices)

    def __str__(self) -> str:
        return f"{self.received_on:%Y-%m} {self.category}"


class Release(models.Model):
    """The tables of one month as they were published. Append-only: a correction is another release with a reason.

    `document` names lenders, `open_document` knows kinds of lenders only. Both are the exact bytes that their
    SHA-256 is of; hidden numbers are in neither.
    """

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    month = models.DateField()
    number = models.PositiveSmallIntegerField()
    method = models.PositiveSmallIntegerField()
    document = models.TextField()
    sha256 = models.CharField(max_length=64)
    open_document = models.TextField()
    open_sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-month", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["month", "number"], name="one_release_per_month_and_number"),
            models.CheckConstraint(
                condition=Q(number=1, replaces__isnull=True, reason="")
                | (Q(number__gt=1, replaces__isnull=False) & ~Q(reason="")),
                name="a_correction_names_its_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.number}"

    @property
    def edition(self) -> str:
        """What it is called in addresses and file names: 2026-10-2 is the second release of October 2026."""
        return f"{self.month:%Y-%m}-{self.number}"

    def content(self, *, by_lender: bool) -> dict[str, Any]:
        """The published document as data."""
        content: dict[str, Any] = json.loads(self.document if by_lender else self.open_document)
        return content
