"""What one lender publishes: how far its officers may go."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import Lender


class Policy(models.Model):
    """What one lender publishes: how far its officers may go. A change is a new dated row.

    Shares are percent of the overdue component, or of the principal; money in minor units; rates are fractions of one. `conditions` is the
    JSON form of `repayment.domain.eligibility.Conditions` by what is asked for, `authority` that of
    `repayment.domain.authority.Limits` by role, `second_chance` that of `repayment.domain.second_chance.Published`.
    """

    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="policies")
    since = models.DateField()
    max_periods = models.PositiveSmallIntegerField(_("longest plan in months"), default=60)
    interest_free_max_periods = models.PositiveSmallIntegerField(
        _("longest interest-free plan in months"), default=0
    )
    deferral_max_periods = models.PositiveSmallIntegerField(_("longest deferral in months"), default=0)
    min_instalment = models.BigIntegerField(_("smallest instalment"), default=0)
    # Below it a plan is interest-free by another name.
    min_annual_rate = models.DecimalField(
        _("lowest rate a year"),
        max_digits=9,
        decimal_places=8,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
    )
    waive_interest_percent = models.PositiveSmallIntegerField(
        _("most overdue interest waived, percent"), default=0
    )
    waive_fees_percent = models.PositiveSmallIntegerField(_("most fees waived, percent"), default=0)
    # None: only what a role may decide alone and the month's waiver budget hold.
    waive_principal_percent = models.PositiveSmallIntegerField(
        _("most principal let go by a settlement, percent"), null=True, blank=True
    )
    answer_days = models.PositiveSmallIntegerField(_("days to answer a borrower"), default=7)
    cooling_off_hours = models.PositiveSmallIntegerField(_("hours to leave after a yes"), default=24)
    instant = models.BooleanField(_("agree at once inside the policy"), default=False)
    conditions = models.JSONField(default=dict, blank=True)
    authority = models.JSONField(default=dict, blank=True)
    second_chance = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["lender_id", "-since"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "since"], name="one_policy_per_lender_and_day"),
            models.CheckConstraint(
                condition=Q(waive_interest_percent__lte=100) & Q(waive_fees_percent__lte=100),
                name="waiver_share_at_most_all",
            ),
            models.CheckConstraint(
                condition=Q(waive_principal_percent__isnull=True) | Q(waive_principal_percent__lte=100),
                name="principal_share_at_most_all",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lender_id} {self.since}"
