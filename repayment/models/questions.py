"""Questions that one side asks the other about one offer, and the answers. Bound to the offer; not a chat."""

from django.db import models

from cases import refs
from cases.models import User
from repayment.models.offers import Offer


class Question(models.Model):
    """One short question about an offer. Its words may only be emptied, by erasure; the rest is history by trigger."""

    ref = models.CharField(max_length=16, unique=True, default=refs.new, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="questions")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="questions_asked")
    side = models.CharField(max_length=8, choices=Offer.Side.choices)
    text = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.ref


class Reply(models.Model):
    """The other side's answer to a question: one, and for good."""

    question = models.OneToOneField(Question, on_delete=models.PROTECT, related_name="reply")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="questions_answered")
    text = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.question_id}"
