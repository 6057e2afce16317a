"""What a person told a lender about being contacted: dated facts. Ending one is a new row; neither is ever changed.

The kinds and their fields are the `facts` of the public contract, so that a diary, a calculator and our own messages are
judged by the same words.
"""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases import refs
from cases.fields import EncryptedTextField
from cases.models.people import Lender, User


class Designation(models.Model):
    """One thing a person designated, to one lender and everyone acting for it; without a lender, to all of them.

    `channel` and `number`: what an opt-out, a refusal or a consent is about. `before` and `after` are clock faces "HH:MM"
    of an inconvenient time, `days` of "mon" … "sun"; empty is all day, every day. `debt_ref`: of a dispute, empty for all.
    """

    class Kind(models.TextChoices):
        OPT_OUT = "opt_out", _("Stop contacting me this way")
        INCONVENIENT = "inconvenient", _("Not at these times")
        REPRESENTED = "represented", _("Speak to my helper")
        CEASE = "cease", _("Stop contacting me, in writing")
        DISPUTE = "dispute", _("I do not agree with this debt")
        CONTACT_REFUSED = "contact_refused", _("Never call this other person again")
        CONSENT = "consent", _("I allow something")

    class Scope(models.TextChoices):
        NIGHT = "night", _("Contact at night")
        EXTRA_CALLS = "extra_calls", _("More calls than the limit, for seven days")
        CHANNEL = "channel", _("A private account, such as WeChat")

    class Day(models.TextChoices):
        MON = "mon", pgettext_lazy("weekday", "Monday")
        TUE = "tue", pgettext_lazy("weekday", "Tuesday")
        WED = "wed", pgettext_lazy("weekday", "Wednesday")
        THU = "thu", pgettext_lazy("weekday", "Thursday")
        FRI = "fri", pgettext_lazy("weekday", "Friday")
        SAT = "sat", pgettext_lazy("weekday", "Saturday")
        SUN = "sun", pgettext_lazy("weekday", "Sunday")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    borrower = models.ForeignKey(User, on_delete=models.PROTECT, related_name="designations")
    lender = models.ForeignKey(
        Lender, on_delete=models.PROTECT, null=True, blank=True, related_name="designations"
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    channel = models.CharField(max_length=8, blank=True)
    number = EncryptedTextField(blank=True)
    before = models.CharField(max_length=5, blank=True)
    after = models.CharField(max_length=5, blank=True)
    days = models.JSONField(default=list, blank=True)
    scope = models.CharField(max_length=12, choices=Scope.choices, blank=True)
    debt_ref = models.CharField(max_length=16, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ["since", "id"]
        indexes = [models.Index(fields=["borrower", "lender", "since"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="designation_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"

    @property
    def ends_at(self) -> dt.datetime | None:
        """The instant from which it holds no more: its own end, or the earlier one given later. Select `end` with it."""
        end = getattr(self, "end", None)
        instants = [at for at in (self.until, end.at if end else None) if at]
        return min(instants) if instants else None

    def stands(self, at: dt.datetime) -> bool:
        last = self.ends_at
        return self.since <= at and (last is None or at < last)


class DesignationEnd(models.Model):
    """That a designation holds no more from this instant on; it held before."""

    designation = models.OneToOneField(Designation, on_delete=models.PROTECT, related_name="end")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"end of {self.designation_id}"
