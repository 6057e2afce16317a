"""What stands between one borrower and one lender: the case, consent, holds, and work to do."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.models.debts import Debt
from cases.models.people import Lender, User


class Case(models.Model):
    """One borrower facing one lender. An officer sees this and nothing beyond it."""

    class Waits(models.TextChoices):
        LENDER = "lender", _("Waiting for the lender")
        BORROWER = "borrower", _("Waiting for the borrower")
        NOBODY = "nobody", _("Nothing to do")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    borrower = models.ForeignKey(User, on_delete=models.PROTECT, related_name="cases")
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="cases")
    waits = models.CharField(max_length=8, choices=Waits.choices, default=Waits.NOBODY)
    # The date by which the party we wait for should answer, and the code of the reason.
    due_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=32, blank=True)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["due_on", "changed_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["borrower", "lender"], name="one_case_per_borrower_and_lender"),
        ]
        indexes = [models.Index(fields=["lender", "waits", "due_on"])]

    def __str__(self) -> str:
        return self.ref


class Consent(models.Model):
    """A dated permission: which lender may see which fields, for what, until when."""

    class Purpose(models.TextChoices):
        NEGOTIATE = "negotiate", _("To agree a repayment plan")
        REMIND = "remind", _("To send reminders")
        COMPLAIN = "complain", _("To answer a complaint")

    borrower = models.ForeignKey(User, on_delete=models.PROTECT, related_name="consents")
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    fields = models.JSONField(default=list)
    given_at = models.DateTimeField()
    expires_on = models.DateField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-given_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["borrower", "lender", "purpose"],
                condition=Q(revoked_at__isnull=True),
                name="one_standing_consent_per_purpose",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.borrower_id} → {self.lender_id} {self.purpose}"


class Hold(models.Model):
    """A protected status: while it stands, every kind of pressure is silent."""

    class Kind(models.TextChoices):
        MORATORIUM = "moratorium", _("Moratorium")
        CRISIS = "crisis", _("Crisis")
        BEREAVEMENT = "bereavement", _("Bereavement")
        DISPUTE = "dispute", _("Disputed amount")
        REPRESENTED = "represented", _("Represented by someone")
        SAFE_CONTACT = "safe_contact", _("Not safe to contact")
        # Silences nothing: it keeps a file from being erased while a court or a regulator asks for it.
        LEGAL = "legal", _("Kept for a court or a regulator")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    borrower = models.ForeignKey(User, on_delete=models.PROTECT, related_name="holds")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    debt = models.ForeignKey(Debt, on_delete=models.PROTECT, null=True, blank=True, related_name="holds")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="hold_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"


class Work(models.Model):
    """News travelling upward: a lower app says what happened, a higher one finds it here.

    `kind` names the task ("offer_answered"), `about_ref` the object. Done rows keep `done_at`.
    """

    kind = models.CharField(max_length=32)
    about_type = models.CharField(max_length=32)
    about_ref = models.CharField(max_length=16)
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(done_at__isnull=True), name="work_still_to_do"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "about_ref"], condition=Q(done_at__isnull=True), name="one_open_work_per_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about_ref}"
