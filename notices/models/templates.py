"""A lender's own words for the few sentences its officers may send. Written by one person, published by another."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.models import Lender, User


class Template(models.Model):
    """One version of one sentence, in every channel and language. Its texts never change; the next version replaces it.

    `sheet` has the form of a file in notices/wordings; `sha256` is its digest. The discreet wording is always the
    house's own, and so is the line that says how to end reminders.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Waits for a second person")
        PUBLISHED = "published", _("In use")
        REFUSED = "refused", _("Not approved")
        WITHDRAWN = "withdrawn", _("Taken back by its author")
        REPLACED = "replaced", _("Replaced")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="templates")
    key = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    sheet = models.JSONField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="templates_written")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="templates_decided"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["key", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["lender", "key", "number"], name="template_versions_are_numbered"
            ),
            models.UniqueConstraint(
                fields=["lender", "key"], condition=Q(state="published"), name="one_template_in_use"
            ),
            models.UniqueConstraint(
                fields=["lender", "key"], condition=Q(state="proposed"), name="one_template_proposed"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "refused"]) | ~Q(decided_by=F("author")),
                name="templates_take_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.number}"
