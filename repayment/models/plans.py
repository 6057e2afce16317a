"""The agreements that came of accepted offers, their rows and their pauses. Terms never change; they are superseded."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.models import Case, Debt, User
from repayment.domain import allocation
from repayment.models.offers import Offer


class Plan(models.Model):
    """An agreement in force on one debt. `canonical` is the exact text whose SHA-256 is printed.

    A new version `replaces` the one before: agreed anew, or, where the offer is the same, moved on by a pause.
    `began_on` is the day of the first version; empty where this is the first.
    """

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
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="plans")
    version = models.PositiveSmallIntegerField(default=1)
    # A replacement taken back in time leaves the old one free to be replaced by another.
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    restructuring = models.ForeignKey(
        "Restructuring", on_delete=models.PROTECT, null=True, blank=True, related_name="made"
    )
    began_on = models.DateField(null=True, blank=True)
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
            models.UniqueConstraint(
                fields=["offer", "version"], name="versions_of_an_agreement_are_numbered"
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

    @property
    def extra(self) -> int:
        """What comes from before: overdue interest and fees."""
        return self.arrears + self.fees

    def __str__(self) -> str:
        return f"{self.plan_id}/{self.number}"


class Restructuring(models.Model):
    """What was owed on a running plan on one day, worked out from it and its payments. Append-only.

    `lines` are the steps to `principal`, `interest` and `fees`, each `{operation, moved, after}` in minor units;
    `counted` are the refs of the payments in them. Everything that replaces the plan starts from here.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="restructurings")
    value_date = models.DateField()
    paid_until = models.DateField()
    principal = models.BigIntegerField()
    interest = models.BigIntegerField()
    fees = models.BigIntegerField()
    credit = models.BigIntegerField(default=0)
    lines = models.JSONField()
    counted = models.JSONField(default=list)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.plan_id} {self.value_date}"


class Variation(models.Model):
    """An offer whose acceptance replaces a running plan. Append-only; counter-offers to it vary the same plan."""

    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="variation")
    restructuring = models.OneToOneField(Restructuring, on_delete=models.PROTECT, related_name="variation")

    def __str__(self) -> str:
        return f"{self.offer_id} varies {self.restructuring_id}"


class Suspension(models.Model):
    """A pause of a running plan: from when, until when at the latest, why, and what its interest does. Append-only."""

    class Reason(models.TextChoices):
        """A closed list, so that history holds no words about a person."""

        HARDSHIP = "hardship", _("The borrower cannot pay for a while")
        MORATORIUM = "moratorium", _("A moratorium stops payments")
        DISPUTE = "dispute", _("The debt is disputed")
        DISASTER = "disaster", _("A disaster or an emergency")
        OTHER = "other", _("Another reason")

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="suspensions")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    treatment = models.CharField(max_length=14)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.since}"


class Breach(models.Model):
    """That a plan ended early, after how many missed instalments, and the one sum it brought back. Append-only.

    `returned` is in minor units: what the agreement's claw-back says, 0 where it says nothing. It counts while the plan
    is broken.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="breaches")
    on = models.DateField()
    missed = models.PositiveSmallIntegerField()
    returned = models.BigIntegerField(default=0)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(returned__gte=0), name="a_breach_returns_no_less_than_nothing")
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.on}"
