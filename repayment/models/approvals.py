"""Answers above one person's limit: asked for by one of the lender's people, decided by another."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.models import Lender, LenderToken, User
from repayment.models.offers import Offer
from repayment.models.plans import Plan


class Approval(models.Model):
    """One answer to a borrower's offer that waits for a second person. The borrower sees nothing of it.

    A change of the agreement `plan` waits in the same way; `offer` is then the one that agreement came of.

    `terms` are the terms to agree on, the offer's own when `verb` is accept; `waived` in minor units. `why` lists the
    codes of `repayment.domain.authority.Reason`. `reason` is what the borrower will read, `note` what the second
    person reads, `answer` what the officer reads back.
    """

    class Verb(models.TextChoices):
        ACCEPT = "accept", _("Accept the proposal")
        COUNTER = "counter", _("Answer with another offer")
        VARY = "vary", _("Change an agreement")

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for a second person")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Not approved")
        CANCELLED = "cancelled", _("Taken back")
        EXPIRED = "expired", _("Ran out")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="approvals")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="approvals")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="approvals")
    verb = models.CharField(max_length=8, choices=Verb.choices)
    terms = models.JSONField()
    terms_sha256 = models.CharField(max_length=64)
    waived = models.BigIntegerField()
    why = models.JSONField(default=list)
    reason = models.CharField(max_length=300, blank=True)
    note = models.CharField(max_length=300, blank=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="approvals_asked")
    # The key of a program that asked: whoever made it has seen its secret, and is no second person.
    asked_with = models.ForeignKey(
        LenderToken, on_delete=models.PROTECT, null=True, blank=True, related_name="approvals_asked"
    )
    requested_at = models.DateTimeField()
    expires_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="approvals_decided"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["expires_on", "requested_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["offer"], condition=Q(state="pending"), name="one_pending_approval_per_offer"
            ),
            models.CheckConstraint(
                condition=Q(verb="vary", plan__isnull=False) | (~Q(verb="vary") & Q(plan__isnull=True)),
                name="only_a_change_names_an_agreement",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
                name="nobody_approves_their_own",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", decided_at__isnull=True)
                | (~Q(state="pending") & Q(decided_at__isnull=False)),
                name="decided_approvals_say_when",
            ),
        ]
        indexes = [models.Index(fields=["lender", "state"])]

    def __str__(self) -> str:
        return self.ref

    @property
    def who_asked(self) -> str:
        """A colleague's name, or what the lender calls its program."""
        return self.requested_by.name or (
            self.asked_with.label if self.asked_with else str(_("Your program"))
        )
