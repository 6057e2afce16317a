"""Which terms of its own a lender held against a borrower's statement: so that nobody finds a figure by trying."""

from django.db import models

from cases.models import User
from repayment.models.offers import Offer


class AskedTerms(models.Model):
    """Terms that an officer asked to answer `offer` with, or to change its agreement to, on day `on`. Append-only by trigger.

    Only that they were asked, never what came of it. The same terms again on that day are the same row.
    """

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="asked_terms")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="asked_terms")
    terms_sha256 = models.CharField(max_length=64)
    on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "terms_sha256", "on"], name="terms_are_asked_once_a_day_on_an_offer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.on}"
