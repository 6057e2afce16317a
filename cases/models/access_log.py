"""Who opened whose file: one row for each page a lender's officer was shown. Nobody can change or remove it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases import access
from cases.models.people import Lender, User


class Viewing(models.Model):
    """One page about one borrower, written before it was shown. Append-only until its retention period is over.

    It names the officer by reference only: a borrower learns the role and the institution, an auditor the person.
    """

    class Purpose(models.TextChoices):
        READ_CASE = "read_case", _("Read your case")
        ANSWER_OFFER = "answer_offer", _("Looked at your proposal, to answer it")
        WITHDRAW_OFFER = "withdraw_offer", _("Looked at their own offer, to take it back")
        ANSWER_PAYMENT = "answer_payment", _("Looked at a payment you noted, to confirm it")
        WRITE_MESSAGE = "write_message", _("Looked at your file, to send you a reminder")
        READ_COMPLAINT = "read_complaint", _("Read your complaint")
        SEE_EVIDENCE = "see_evidence", _("Looked at evidence you shared")
        TAKE_EVIDENCE = "take_evidence", _("Downloaded evidence you shared")

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="viewings")
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="+")
    officer_ref = models.CharField(max_length=16)
    role = models.CharField(max_length=16, choices=access.Role.choices)
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    about_type = models.CharField(max_length=32)
    about_ref = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["person", "at"]), models.Index(fields=["officer_ref", "at"])]

    def __str__(self) -> str:
        return f"{self.purpose} {self.about_ref}"
