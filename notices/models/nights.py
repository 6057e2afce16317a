"""One night's planning, as it is recorded: every question the gate was asked, with its facts and its answer."""

from django.db import models


class Night(models.Model):
    """One run of planning. The numbers of its records point into `zones`, `laws` and `terms`; `books` are the rulebooks'
    versions. Without any `terms` it is from before records named them, and the last three numbers of Asked are not in its records.

    Its heading is the first sealed leaf (`leaf` is its hash), then follow its records: the rows of Asked from `first` to
    `last`, each of which names the same `run`. Append-only but for `taken_up`, the last record that has become a message.
    """

    run = models.BigIntegerField(unique=True)
    at = models.DateTimeField()
    zones = models.JSONField()
    laws = models.JSONField()
    books = models.JSONField()
    terms = models.JSONField(default=list)
    count = models.PositiveIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    leaf = models.BinaryField()
    taken_up = models.BigIntegerField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"night {self.pk}"


class Asked(models.Model):
    """One question and its answer, in the numbers of `notices.domain.night`; `leaf` is the hash of exactly these. Append-only.

    Written by COPY, a million at a time. No foreign keys: they would cost five times the row, and a record must outlive
    what it speaks of.
    """

    run = models.BigIntegerField()
    place = models.BigIntegerField()
    person = models.BigIntegerField(db_index=True)
    lender = models.BigIntegerField()
    debt = models.BigIntegerField()
    about = models.BigIntegerField()
    kind = models.SmallIntegerField()
    ask = models.SmallIntegerField()
    channel = models.SmallIntegerField()
    at = models.BigIntegerField()
    not_after = models.BigIntegerField()
    outcome = models.SmallIntegerField()
    not_before = models.BigIntegerField()
    reasons = models.IntegerField()
    flags = models.IntegerField()
    zone = models.SmallIntegerField()
    law = models.SmallIntegerField()
    quiet_from = models.IntegerField()
    quiet_to = models.IntegerField()
    sent_to_person = models.SmallIntegerField()
    sent_by_lender = models.SmallIntegerField()
    terms = models.IntegerField(default=0)
    last_reminder = models.BigIntegerField(default=0)
    contacts_by_lender = models.SmallIntegerField(default=0)
    leaf = models.BinaryField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.run}/{self.pk}"
