"""The agreements that came of accepted offers, and their rows. Terms never change; they are superseded."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.models import Case, Debt
from repayment.domain import allocation
from repayment.models.offers import Offer


class Plan(models.Model):
    """An agreement in force on one debt. `canonical` is the exact text whose SHA-256 is printed."""

    class State(models.TextChoices):
        ACTIVE = "active", _("In force")
        COMPLETED = "completed", _("Paid off")
        CANCELLED = "cancelled", _("Cancelled")
        BROKEN = "broken", _("Ended early")
        SUSPENDED = "suspended", _("Paused")
        SUPERSEDED = "superseded", _("Replaced")

    class Order(models.TextChoices):
        LEGAL = allocation.Order.LEGAL.value, _("Fees first, then interest, then principal")
        HARDSHIP = allocation.Order.HARDSHIP.value, _("Principal first, then interest, then fees")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="plans")
    debt = models.ForeignKey(Debt, on_delete=models.PROTECT, related_name="plans")
    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="plan")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    terms = models.JSONField()
    # What a payment pays first; agreed once, never changed afterwards.
    allocation = models.CharField(max_length=24, choices=Order.choices, default=Order.LEGAL)
    nonce = models.CharField(max_length=32)
    canonical = models.TextField()
    terms_sha256 = models.CharField(max_length=64, unique=True)
    agreed_at = models.DateTimeField()

    class Meta:
        ordering = ["-agreed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["debt"],
                condition=Q(state__in=["active", "suspended"]),
                name="one_plan_in_force_per_debt",
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class Instalment(models.Model):
    """One row of an agreed schedule, in minor units. Append-only by trigger."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="instalments")
    number = models.PositiveSmallIntegerField()
    due = models.DateField()
    principal = models.BigIntegerField()
    interest = models.BigIntegerField()
    arrears = models.BigIntegerField()
    fees = models.BigIntegerField()
    amount = models.BigIntegerField()
    balance = models.BigIntegerField()

    class Meta:
        ordering = ["plan_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="instalments_are_numbered"),
            models.CheckConstraint(
                condition=Q(amount=F("principal") + F("interest") + F("arrears") + F("fees")),
                name="instalment_is_the_sum_of_its_parts",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="instalment_is_positive"),
        ]
        indexes = [models.Index(fields=["due"])]

    def __str__(self) -> str:
        return f"{self.plan_id}/{self.number}"
