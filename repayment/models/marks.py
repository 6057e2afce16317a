"""What the night found on a running agreement: that an instalment was missed, and that the end was announced."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from repayment.models.plans import Plan


class PlanMark(models.Model):
    """A fact about one instalment of a plan, found once, on `on`. Append-only; paying later changes no history.

    AT_RISK is also the notice: an end is possible only some days after it. `run` names the run that wrote the row, so
    that of two at once each knows its own.
    """

    class Kind(models.TextChoices):
        MISSED = "missed", _("Missed after its days of grace")
        AT_RISK = "at_risk", _("The borrower was told that the agreement may end")

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="marks")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    on = models.DateField()
    at = models.DateTimeField()
    run = models.CharField(max_length=32)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "kind", "number"], name="each_instalment_is_marked_once_for_each_thing"
            )
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}/{self.number} {self.kind}"
