"""What a lender may waive in a month, and every sum reserved from it or given back."""

from django.db import models
from django.db.models import Q

from cases.models import Lender, User
from repayment.models.approvals import Approval
from repayment.models.offers import Offer


class WaiverBudget(models.Model):
    """One lender's month. The row that is locked while a waiver is reserved; `limit` None means none was set.

    `month` is its first day; money in minor units of `currency`. Each change of the limit is an Event.
    """

    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="waiver_budgets")
    month = models.DateField()
    currency = models.CharField(max_length=3)
    limit = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["lender_id", "-month"]
        constraints = [
            models.UniqueConstraint(
                fields=["lender", "month", "currency"], name="one_waiver_budget_per_lender_and_month"
            ),
            models.CheckConstraint(
                condition=Q(limit__isnull=True) | Q(limit__gte=0), name="waiver_limit_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lender_id} {self.month} {self.currency}"


class Waiver(models.Model):
    """A sum reserved from a month (positive) or given back to it (negative). Append-only by trigger.

    For the offer whose terms waive it, or for the approval that still waits. What is reserved is the sum of the rows.
    """

    budget = models.ForeignKey(WaiverBudget, on_delete=models.PROTECT, related_name="waivers")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="waivers")
    approval = models.ForeignKey(
        Approval, on_delete=models.PROTECT, null=True, blank=True, related_name="waivers"
    )
    amount = models.BigIntegerField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="waivers")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="a_waiver_is_not_nothing")]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.amount}"
