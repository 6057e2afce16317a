"""The ways out and in: whether one is open, who is reached by WeChat, and what people wrote back."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.fields import EncryptedTextField
from cases.models import Lender, User


class ChannelState(models.Model):
    """One channel's breaker. Times are real: a demo's clock mends no provider."""

    channel = models.CharField(max_length=8, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    open_since = models.DateTimeField(null=True, blank=True)
    # When one worker may try again; set forward by whoever tries.
    probe_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.channel


class WechatLink(models.Model):
    """A person's WeChat account, as the service account knows it. A new link ends the old one."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="wechat_links")
    openid = EncryptedTextField()
    openid_index = models.CharField(max_length=64, db_index=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(until__isnull=True), name="one_wechat_per_person"
            ),
            models.UniqueConstraint(
                fields=["openid_index"], condition=Q(until__isnull=True), name="one_person_per_wechat"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}"


class Inbound(models.Model):
    """Something a person wrote back. `provider_id` makes a repeated delivery of the same person's words one row."""

    class Intent(models.TextChoices):
        BALANCE = "balance", _("Asked about the balance")
        PLAN = "plan", _("Asked about the plan")
        STOP = "stop", _("Asked us to stop")
        HELP = "help", _("Asked for help")
        REPLY = "reply", _("Wrote something")

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="inbound")
    # Whose message it answers, where one was sent lately; only that lender's officers may read it.
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=8)
    intent = models.CharField(max_length=8, choices=Intent.choices)
    # Kept only where a person has to read it.
    body = EncryptedTextField(blank=True)
    provider_id = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "provider_id", "person"], name="an_inbound_counts_once"
            ),
        ]
        indexes = [models.Index(fields=["lender", "at"])]

    def __str__(self) -> str:
        return self.ref
