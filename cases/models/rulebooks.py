"""The rules that judged, word for word, after their files have changed."""

from django.db import models


class KeptRulebook(models.Model):
    """One version of a rulebook that answers were given by: its file and the house's own. Append-only.

    Found by its content: `version` is the SHA-256 of `text` and `house`, one after the other, in hex.
    """

    version = models.CharField(max_length=64, unique=True)
    jurisdiction = models.CharField(max_length=8)
    text = models.TextField()
    house = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.jurisdiction} {self.version[:12]}"
