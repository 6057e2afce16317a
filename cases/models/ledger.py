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


class Seal(models.Model):
    """One batch sealed: its Merkle root, chained to the head before it and signed. Append-only.

    `of` says what its leaves are: events, or another app's records, which `block` then names.
    """

    of = models.CharField(max_length=16, default="events")
    block = models.BigIntegerField(null=True, blank=True)
    number = models.PositiveIntegerField(unique=True)
    count = models.PositiveIntegerField()
    root = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    head = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField()
    # Ed25519 over the head; `key` names the public key, so that keys can be changed.
    signature = models.CharField(max_length=128)
    key = models.CharField(max_length=16)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} {self.head[:12]}"


class SealedTree(models.Model):
    """Inner nodes of a large batch, 32 bytes for each 1,024 leaves, so that a proof reads only the leaves beside its own.

    Append-only, and nothing to be believed: they count only as far as they lead to the batch's root.
    """

    seal = models.OneToOneField(Seal, on_delete=models.PROTECT, related_name="tree")
    roots = models.BinaryField()

    def __str__(self) -> str:
        return f"tree of {self.seal_id}"


class SealedEvent(models.Model):
    """Which event is which leaf of which batch. Append-only; an event is sealed once."""

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="leaves")
    # Not a foreign key: a deleted event must leave its leaf behind.
    event_id = models.BigIntegerField(unique=True)
    position = models.PositiveIntegerField()
    leaf = models.CharField(max_length=64)

    class Meta:
        ordering = ["seal_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["seal", "position"], name="one_leaf_per_position"),
        ]

    def __str__(self) -> str:
        return f"{self.seal_id}/{self.position}"
