"""The person's own terms for being contacted."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import Lender, User


class Preference(models.Model):
    """The borrower's own terms for being contacted."""

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preference")
    sms = models.BooleanField(_("SMS"), default=True)
    email = models.BooleanField(_("E-mail"), default=True)
    wechat = models.BooleanField(_("WeChat"), default=True)
    follow_up = models.BooleanField(_("Ask me how it goes"), default=False)
    # The keyed hash of the code that links WeChat, while it is good (real time).
    wechat_code = models.CharField(max_length=64, blank=True)
    wechat_code_until = models.DateTimeField(null=True, blank=True)
    discreet = models.BooleanField(_("Discreet wording"), default=True)
    # The hours in which the person wants to hear from us; empty means what the rules allow.
    hours_from = models.TimeField(null=True, blank=True)
    hours_to = models.TimeField(null=True, blank=True)
    # Days of the week ("mon" …) on which reminders may come; none named means any.
    days = models.JSONField(default=list, blank=True)
    # The least days from one reminder to the next; 0 leaves it to the rules.
    pace = models.PositiveSmallIntegerField(default=0)
    # Asked for, without a reason: at most one message a day. Why is nobody's business and is not kept.
    gentle = models.BooleanField(_("Gentle handling"), default=False)
    paused_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(hours_from__isnull=True, hours_to__isnull=True)
                | Q(hours_from__isnull=False, hours_to__isnull=False),
                name="hours_come_in_pairs",
            ),
        ]

    def __str__(self) -> str:
        return f"terms of {self.person_id}"


class OptOut(models.Model):
    """ "Do not write to me this way": a dated fact, for one channel, from one lender or from all."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="opt_outs")
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=8)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.person_id} {self.channel}"
