"""The register of institutions: their licences, and which agency a lender has named as working for it, from when to when.

Dated rows that nobody changes: a licence that is renewed and a mandate that ends are new rows. Who wrote a row stands in
the record.
"""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.models.people import Lender


class Licence(models.Model):
    """A permission or registration of an institution. `source`: where one can look it up."""

    class Kind(models.TextChoices):
        FINANCIAL = "financial", _("Financial licence")
        LOCAL = "local", _("Permission of a local financial authority")
        BUSINESS = "business", _("Business registration")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    institution = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="licences")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    number = models.CharField(max_length=60)
    authority = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=200, blank=True)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ["institution", "since", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="licence_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Mandate(models.Model):
    """One line of a lender's published list: this agency acts for it from `since` to `until`, both days included."""

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="mandates")
    agency = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="mandates_held")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    # When the line was published: what was written later did not stand on the list that day.
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ["-since", "-id"]
        indexes = [models.Index(fields=["lender", "since"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="mandate_ends_after_it_began"
            ),
            models.CheckConstraint(condition=~Q(lender=F("agency")), name="nobody_mandates_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} for {self.lender_id}"

    @property
    def last_day(self) -> dt.date | None:
        """The last day it holds, its own or the one it was ended on; None while it is open. Select `end` with it."""
        end = getattr(self, "end", None)
        days = [day for day in (self.until, end.on if end else None) if day]
        return min(days) if days else None


class MandateEnd(models.Model):
    """That a mandate ended early; `on` is the last day it held."""

    mandate = models.OneToOneField(Mandate, on_delete=models.PROTECT, related_name="end")
    on = models.DateField()
    noted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"end of {self.mandate_id}"
