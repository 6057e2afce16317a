"""What was paid on a plan, and what became of each payment."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.models import User
from repayment.models.offers import Offer
from repayment.models.plans import Plan


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
    # The lender's own number of the transfer, where its word on a borrower's note came with one.
    reference = models.CharField(max_length=40, blank=True)
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
