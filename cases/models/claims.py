"""What a lender says is owed: a claim beside the borrower's own record, never in its place."""

from django.db import models
from django.db.models import Q

from cases import refs
from cases.models.casework import Case
from cases.models.debts import Debt


class LenderClaim(models.Model):
    """One debt as its lender states it, in minor units. A later statement is a new row with the next number.

    `debt` is the borrower's own entry that it speaks of; empty for one that is not on the borrower's list. Rows are
    written once and never changed; they go when the borrower's file is erased, the lender has its own books.
    """

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="claims")
    debt = models.ForeignKey(Debt, on_delete=models.PROTECT, null=True, blank=True, related_name="claims")
    # The lender's own number of the account.
    account = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=Debt.Kind.choices)
    currency = models.CharField(max_length=3)
    principal = models.BigIntegerField()
    interest = models.BigIntegerField(default=0)
    fees = models.BigIntegerField(default=0)
    annual_rate = models.DecimalField(max_digits=9, decimal_places=8, null=True, blank=True)
    days_overdue = models.PositiveIntegerField(null=True, blank=True)
    as_of = models.DateField()
    said_at = models.DateTimeField()

    class Meta:
        ordering = ["case_id", "account", "number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "account", "number"], name="claims_are_numbered"),
            models.CheckConstraint(
                condition=Q(principal__gte=0, interest__gte=0, fees__gte=0), name="claims_are_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def balance(self) -> int:
        return self.principal + self.interest + self.fees
