"""What a person owes, to whom over time, and the budget that says what they can pay."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.fields import EncryptedTextField
from cases.models.people import Lender, User


class Debt(models.Model):
    """One debt as the borrower knows it. Money in minor units; null means "not sure"."""

    class Kind(models.TextChoices):
        CREDIT_CARD = "credit_card", _("Credit card")
        ONLINE_LOAN = "online_loan", _("Online loan")
        INSTALMENT = "instalment", _("Shopping instalments")
        BANK_LOAN = "bank_loan", _("Bank loan")
        OTHER = "other", _("Something else")

    class Source(models.TextChoices):
        BORROWER = "borrower", _("You entered it")
        FILE = "file", _("From your file")
        LENDER = "lender", _("From the lender")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    borrower = models.ForeignKey(User, on_delete=models.PROTECT, related_name="debts")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    currency = models.CharField(max_length=3, default="CNY")
    principal = models.BigIntegerField(null=True, blank=True)
    interest = models.BigIntegerField(null=True, blank=True)
    fees = models.BigIntegerField(null=True, blank=True)
    annual_rate = models.DecimalField(
        max_digits=9,
        decimal_places=8,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(9))],
    )
    days_overdue = models.PositiveIntegerField(null=True, blank=True)
    # From these days on a claim grows old; only the borrower sees them, never the lender's people.
    last_paid_on = models.DateField(null=True, blank=True)
    last_acknowledged_on = models.DateField(null=True, blank=True)
    # The borrower wants an old debt compared and proposed all the same, knowing what that may do.
    old_included_at = models.DateTimeField(null=True, blank=True)
    # The day the figures were true; days overdue count on from here.
    as_of = models.DateField()
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.BORROWER)
    # What the borrower calls a lender that is not in our list, or "I do not know who".
    lender_words = models.CharField(max_length=80, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(principal__isnull=True) | Q(principal__gte=0), name="principal_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(interest__isnull=True) | Q(interest__gte=0), name="interest_not_negative"
            ),
            models.CheckConstraint(condition=Q(fees__isnull=True) | Q(fees__gte=0), name="fees_not_negative"),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def balance(self) -> int:
        """Minor units; what is not known counts as nothing, and the page says so."""
        return (self.principal or 0) + (self.interest or 0) + (self.fees or 0)


class DebtParty(models.Model):
    """Who owns, services or collects a debt, from when to when."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        SERVICER = "servicer", _("Servicer")
        AGENCY = "agency", _("Collection agency")

    debt = models.ForeignKey(Debt, on_delete=models.PROTECT, related_name="parties")
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="debt_parties")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.OWNER)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["debt"], condition=Q(role="owner", until__isnull=True), name="one_owner_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="party_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.debt_id} {self.role} {self.lender_id}"


class Statement(models.Model):
    """A budget as it stood when it was made: never edited, replaced by the next one.

    `lines` is the JSON form of `cases.domain.budget.Line`s, with the line that the guide adds; `available` is minor
    units a month. `format` 1 has nothing but lines; 2 also says under `about` who lives from it, where, how steady
    the work is, what the guide of which edition said, and what is above the usual: enough to follow it for ever.
    `confided` is JSON too, encrypted: the reasons, and a word on a high line. It goes to nobody and into no event.
    """

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    borrower = models.ForeignKey(User, on_delete=models.PROTECT, related_name="statements")
    currency = models.CharField(max_length=3, default="CNY")
    format = models.PositiveSmallIntegerField(default=1)
    lines = models.JSONField()
    about = models.JSONField(default=dict, blank=True)
    confided = EncryptedTextField(blank=True, default="")
    available = models.BigIntegerField()
    made_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["borrower"], condition=Q(replaced_at__isnull=True), name="one_current_statement"
            ),
            models.CheckConstraint(condition=Q(available__gte=0), name="available_not_negative"),
        ]

    def __str__(self) -> str:
        return self.ref
