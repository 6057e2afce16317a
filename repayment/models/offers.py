"""What the two sides put to each other: the picked plan, the term sheets, the yes and the no."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.models import Case, Debt, User
from repayment.models.policies import Policy


class Choice(models.Model):
    """Which of the compared plans a borrower picked, and for which budget. The newest one counts.

    `per_debt` maps a debt's ref to the JSON form of its `repayment.domain.terms.Terms`.
    """

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    borrower = models.ForeignKey(User, on_delete=models.PROTECT, related_name="choices")
    statement_ref = models.CharField(max_length=16)
    kind = models.CharField(max_length=24)
    per_debt = models.JSONField()
    # A debt's ref → the ref of the lender that owned it then; the plan was worked out by that lender's policy.
    owners = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["borrower"],
                condition=Q(replaced_at__isnull=True, sent_at__isnull=True),
                name="one_choice_not_yet_sent",
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class Offer(models.Model):
    """One immutable term sheet on one debt, from the borrower or from the lender.

    A counter is a new Offer whose `previous` is the one it answers. `terms` is the JSON form of
    `repayment.domain.terms.Terms`; the database refuses to alter it.
    """

    class Side(models.TextChoices):
        BORROWER = "borrower", _("You")
        LENDER = "lender", _("The lender")

    class State(models.TextChoices):
        OPEN = "open", _("Waiting for an answer")
        COUNTERED = "countered", _("Answered with another offer")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Expired")
        SUPERSEDED = "superseded", _("Replaced")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="offers")
    debt = models.ForeignKey(Debt, on_delete=models.PROTECT, related_name="offers")
    previous = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="answered_by"
    )
    number = models.PositiveSmallIntegerField()
    made_by = models.CharField(max_length=8, choices=Side.choices)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="offers_written")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    terms = models.JSONField()
    terms_sha256 = models.CharField(max_length=64)
    # Why, in the author's words to the other side.
    reason = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()
    expires_on = models.DateField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["debt_id", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["debt"], condition=Q(state="open"), name="one_open_offer_per_debt"
            ),
            models.UniqueConstraint(
                fields=["debt"], condition=Q(state="accepted"), name="one_accepted_offer_per_debt"
            ),
            models.UniqueConstraint(fields=["debt", "number"], name="offers_on_a_debt_are_numbered"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="closed_offers_say_when",
            ),
        ]
        indexes = [models.Index(fields=["case", "state"]), models.Index(fields=["state", "expires_on"])]

    def __str__(self) -> str:
        return self.ref


class Acceptance(models.Model):
    """Who said yes to an offer, for which side, and when. Append-only by trigger.

    `by` is empty where the system said yes for a lender; `policy` is then what the lender had published. Until
    `leave_until` the borrower may take the agreement back; rows older than that column go by `agreed_at` and 24 hours.
    """

    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="acceptance")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="acceptances")
    side = models.CharField(max_length=8, choices=Offer.Side.choices)
    at = models.DateTimeField()
    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, null=True, blank=True, related_name="acceptances"
    )
    leave_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(by__isnull=False) | Q(side="lender", policy__isnull=False),
                name="only_a_published_policy_agrees_by_itself",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.side}"


class Refusal(models.Model):
    """Who said no to an offer, for which side, when, and why in their own words. Append-only by trigger."""

    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="refusal")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="refusals")
    side = models.CharField(max_length=8, choices=Offer.Side.choices)
    # Read by the other side; emptied when the borrower's file is erased.
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.offer_id} {self.side}"
