"""Every contact with a borrower, a collector's and our own, in one table: caps count one table."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.models.people import Lender, User


class Contact(models.Model):
    """One contact. Our own sends are rows here too, with `own` set."""

    class Channel(models.TextChoices):
        CALL = "call", _("Call")
        AI_CALL = "ai_call", _("Automated call")
        SMS = "sms", _("SMS")
        EMAIL = "email", _("E-mail")
        WECHAT = "wechat", _("WeChat")
        SOCIAL = "social", _("Social media")
        LETTER = "letter", _("Letter")
        VISIT = "visit", _("Visit")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    borrower = models.ForeignKey(User, on_delete=models.PROTECT, related_name="contacts")
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, null=True, blank=True, related_name="contacts")
    at = models.DateTimeField()
    channel = models.CharField(max_length=8, choices=Channel.choices)
    direction = models.CharField(max_length=8, choices=[("outbound", _("To you")), ("inbound", _("From you"))])
    party = models.CharField(max_length=16, default="borrower")
    outcome = models.CharField(max_length=16, default="delivered")
    purpose = models.CharField(max_length=16, default="reminder")
    own = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["borrower", "at"]), models.Index(fields=["borrower", "lender", "at"])]

    def __str__(self) -> str:
        return self.ref
