"""The append-only record of what happened. It holds references and figures, never personal text."""

from django.db import models


class Event(models.Model):
    """One change. Written in the transaction that made it; the database refuses to alter it.

    No foreign keys: a person can be erased and the record still stands, pointing at a
    reference that means nothing any more.
    """

    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    actor_ref = models.CharField(max_length=16, blank=True)
    actor_role = models.CharField(max_length=16)
    about_type = models.CharField(max_length=32)
    about_ref = models.CharField(max_length=16)
    person_ref = models.CharField(max_length=16, blank=True)
    lender_ref = models.CharField(max_length=16, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["about_ref"]),
            models.Index(fields=["person_ref", "at"]),
            models.Index(fields=["lender_ref", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about_ref}"
