"""Policies, offers, the plans that come of them and what was paid. Terms never change; they are superseded."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.models import Case, Debt, Lender, User
from repayment.domain import allocation


class Policy(models.Model):
    """What one lender publishes: how far its officers may go. A change is a new dated row.

    Shares are percent of the overdue component; money in minor units.
    """

    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="policies")
    since = models.DateField()
    max_periods = models.PositiveSmallIntegerField(_("longest plan in months"), default=60)
    interest_free_max_periods = models.PositiveSmallIntegerField(
        _("longest interest-free plan in months"), default=0
    )
    deferral_max_periods = models.PositiveSmallIntegerField(_("longest deferral in months"), default=0)
    min_instalment = models.BigIntegerField(_("smallest instalment"), default=0)
    waive_interest_percent = models.PositiveSmallIntegerField(
        _("most overdue interest waived, percent"), default=0
    )
    waive_fees_percent = models.PositiveSmallIntegerField(_("most fees waived, percent"), default=0)
    answer_days = models.PositiveSmallIntegerField(_("days to answer a borrower"), default=7)

    class Meta:
        ordering = ["lender_id", "-since"]
        constraints = [
            models.UniqueConstraint(fields=["lender", "since"], name="one_policy_per_lender_and_day"),
            models.CheckConstraint(
                condition=Q(waive_interest_percent__lte=100) & Q(waive_fees_percent__lte=100),
                name="waiver_share_at_most_all",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lender_id} {self.since}"


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


class Acceptance(models.Model):
    """Who said yes to an offer, for which side, and when. Append-only by trigger."""

    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="acceptance")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="acceptances")
    side = models.CharField(max_length=8, choices=Offer.Side.choices)
    at = models.DateTimeField()

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


class Payment(models.Model):
    """One payment on a plan as somebody wrote it down, in minor units. Append-only; what became of it are its states.

    `on` is the day on which the money was paid, `claimed_by` the side that said so. Steady never holds the money.
    """

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="payments")
    amount = models.BigIntegerField()
    on = models.DateField()
    claimed_by = models.CharField(max_length=8, choices=Offer.Side.choices)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="payments_written")
    # The bank's or the lender's own number of the transfer, where there is one.
    external_ref = models.CharField(max_length=40, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-on", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_is_positive"),
            models.UniqueConstraint(
                fields=["plan", "external_ref"],
                condition=~Q(external_ref=""),
                name="a_reference_is_one_payment",
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class PaymentState(models.Model):
    """One step in a payment's life; the highest number is where it stands. Append-only, each state at most once."""

    class State(models.TextChoices):
        CLAIMED = "claimed", _("Paid, waiting to be confirmed")
        CONFIRMED = "confirmed", _("Confirmed")
        NOT_RECEIVED = "not_received", _("Being checked")
        WITHDRAWN = "withdrawn", _("Taken back")
        REVERSED = "reversed", _("Taken out again")

    class Reason(models.TextChoices):
        """A closed list, so that history holds no words about a person."""

        NOTHING_CAME = "nothing_came", _("Nothing arrived on our account")
        OTHER_AMOUNT = "other_amount", _("A different amount arrived")
        NOT_CLEAR = "not_clear", _("We cannot tell which payment it is")
        RETURNED = "returned", _("The bank sent the money back")
        MISTAKEN = "mistaken", _("We confirmed it by mistake")

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="states")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=State.choices)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["payment_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "number"], name="payment_states_are_numbered"),
            models.UniqueConstraint(fields=["payment", "state"], name="a_payment_is_in_a_state_once"),
            models.CheckConstraint(
                condition=Q(state__in=["not_received", "reversed"]) & ~Q(reason="")
                | ~Q(state__in=["not_received", "reversed"]) & Q(reason=""),
                name="a_no_to_a_payment_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.state}"
