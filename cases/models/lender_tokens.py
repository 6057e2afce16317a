"""How a lender's own programs come in: keys with scopes, and which of their requests were already answered."""

import hashlib

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases import refs
from cases.models.people import Lender, User


class Scope(models.TextChoices):
    """What one key may do."""

    DEBTS = "debts", _("Say what is owed")
    PAYMENTS = "payments", _("Say what was paid")
    OFFERS = "offers", _("Read proposals")
    ANSWER = "answer", _("Answer proposals")
    EVENTS = "events", _("Read what happened")


class LenderToken(models.Model):
    """One key of one lender. Only the SHA-256 of the secret is here: it has 256 random bits, so it needs no salt.

    All instants are real time: a demo's clock ends no key.
    """

    Scope = Scope

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="tokens")
    # What the lender calls the program that holds it.
    label = models.CharField(max_length=40)
    scopes = models.JSONField(default=list)
    secret_sha256 = models.CharField(max_length=64, unique=True)
    # Who saw the secret; None for the operator's command. A key is never renewed: the next one is another row.
    made_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="lender_tokens"
    )
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="a_token_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @staticmethod
    def hash_of(secret: str) -> str:
        return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def scope_words(self) -> list[str]:
        return [str(self.Scope(scope).label) for scope in self.scopes]


class KeyedRequest(models.Model):
    """A request under an `Idempotency-Key`, and its answer once there is one; kept as long as what it made.

    `leased_until` is real time: a request that is still unanswered then has died, and the next one takes its place.
    """

    lender = models.ForeignKey(Lender, on_delete=models.PROTECT, related_name="keyed_requests")
    route = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    body_sha256 = models.CharField(max_length=64)
    leased_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    # References and figures, as they were answered.
    answer = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lender", "route", "key"], name="a_key_is_one_request"),
            models.CheckConstraint(
                condition=Q(status__isnull=True, answer__isnull=True)
                | Q(status__isnull=False, answer__isnull=False),
                name="an_answered_request_has_its_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
