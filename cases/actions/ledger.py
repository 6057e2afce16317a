"""Sealing the record: each batch of events gets one root, chained to the last head and signed.

The sealer picks events that are in no batch yet by anti-join. A cursor would lose rows: numbers are handed out
before the transaction that carries them commits, so a lower number may appear after a higher one was sealed.
"""

import base64
import functools
import hashlib
from collections.abc import Iterable, Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from cases import clock
from cases.domain import merkle
from cases.models import Event, Seal, SealedEvent, SealedTree
from cases.queries_ledger import record_of

# One batch: enough for a busy minute, small enough to hold in memory.
MOST = 20_000
_LOCK = 0x57EAD1  # the sealers' advisory lock on PostgreSQL


@transaction.atomic
def seal() -> Seal | None:
    """Seal what is not sealed yet, at most MOST events; None when there is nothing.

    Two sealers at once make two batches one after the other, never two with one number: on PostgreSQL they wait
    for one another, on SQLite the transaction is IMMEDIATE.
    """
    _one_at_a_time()
    events = list(
        Event.objects.filter(~Exists(SealedEvent.objects.filter(event_id=OuterRef("pk")))).order_by("pk")[
            :MOST
        ]
    )
    if not events:
        return None
    leaves = [merkle.leaf_hash(record_of(event)) for event in events]
    made = _make(merkle.root_of(leaves), len(leaves))
    SealedEvent.objects.bulk_create(
        (
            SealedEvent(seal=made, event_id=event.pk, position=position, leaf=leaf.hex())
            for position, (event, leaf) in enumerate(zip(events, leaves, strict=True))
        ),
        batch_size=500,
    )
    return made


@transaction.atomic
def seal_block(*, of: str, block: int, leaves: Iterable[bytes]) -> Seal:
    """Seal records that another app keeps with their leaf hashes, in the order of the leaves. Once per block: a second
    call returns the first batch. The app has said in `queries_ledger.BLOCKS` how to read them again.
    """
    _one_at_a_time()
    made = Seal.objects.filter(of=of, block=block).first()
    if made is not None:
        return made
    counted = 0

    def counting() -> Iterator[bytes]:
        nonlocal counted
        for leaf in leaves:
            counted += 1
            yield leaf

    roots = list(merkle.subtree_roots(counting()))
    made = _make(merkle.root_of(roots), counted, of=of, block=block)
    SealedTree.objects.create(seal=made, roots=b"".join(roots))
    return made


def _one_at_a_time() -> None:
    """Two sealers make two batches one after the other: on SQLite the transaction is IMMEDIATE, here they wait."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _make(root: bytes, count: int, *, of: str = "events", block: int | None = None) -> Seal:
    """The next batch of the chain, signed."""
    last = Seal.objects.order_by("-number").first()
    now = clock.now()
    batch = merkle.Batch(
        number=last.number + 1 if last else 1,
        count=count,
        root=root,
        previous=bytes.fromhex(last.head) if last else merkle.GENESIS,
        sealed_at=now.isoformat(),
    )
    head = merkle.head_of(batch)
    return Seal.objects.create(
        of=of,
        block=block,
        number=batch.number,
        count=batch.count,
        root=batch.root.hex(),
        previous=batch.previous.hex(),
        head=head.hex(),
        sealed_at=now,
        signature=_signing_key().sign(head).hex(),
        key=key_name(public_key()),
    )


def seal_all() -> int:
    """Seal batch after batch until nothing is left; returns how many were made."""
    made = 0
    while seal() is not None:
        made += 1
    return made


def public_key() -> bytes:
    """The 32 bytes that anyone may hold to check our signatures."""
    return _signing_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_name(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:16]


@functools.cache
def _signing_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(settings.LEDGER_KEY))
