"""What was already handed in: a form sent twice, or a file imported twice, must count once."""

from django.db import models

from cases.models.people import User


class Submission(models.Model):
    """One filled-in form or file of one person. `key` is the form's one-time token or the file's SHA-256."""

    class Purpose(models.TextChoices):
        DEBT = "debt"
        FILE = "file"
        BUDGET = "budget"
        CONTACT = "contact"
        COMPLAINT = "complain"
        PAYMENT = "payment"
        COURT = "court"

    borrower = models.ForeignKey(User, on_delete=models.PROTECT, related_name="submissions")
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    key = models.CharField(max_length=64)
    # References of what came of it, so that the second time can answer with the same.
    made = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["borrower", "purpose", "key"], name="handed_in_once"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.borrower_id}"
