"""What people report of paid "debt helpers": what one calls itself, and signs of the closed list. Nobody's file."""

from django.db import models

from cases import refs
from cases.fields import EncryptedTextField


class HelperReport(models.Model):
    """One report, reported and not verified. It knows nothing of who made it."""

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    called = EncryptedTextField()
    # Codes of cases.domain.scam.Sign.
    signs = models.JSONField(default=list)
    # The day only: an instant could be matched with a visit.
    reported_on = models.DateField(db_index=True)
    # Keyed hash of the form's one-time token: the same form twice is one report.
    once_index = models.CharField(max_length=64, unique=True, null=True)

    def __str__(self) -> str:
        return self.ref
