"""Reading the sealed record: what one event looks like to the sealer, and whether the whole still fits."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db.models import Exists, OuterRef

from cases.domain import merkle
from cases.models import Event, Seal, SealedEvent, SealedTree

# A transaction that was open while a batch was sealed shows its events late; one older than this was put in later.
GRACE = dt.timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that does not fit. `code` is stable; `event` and `seal` say where, when that is known."""

    code: str
    seal: int | None = None
    event: int | None = None

    def __str__(self) -> str:
        where = [f"event {self.event}"] if self.event is not None else []
        where += [f"batch {self.seal}"] if self.seal is not None else []
        return f"{self.code} at {', '.join(where)}" if where else self.code


class Altered(Exception):
    """The rows do not even have the shape of what was sealed, so nothing can be proved from them; `verify` says where."""


# What another app's batches are made of: the batch's `of` → (block → each record's number, or None for what heads them all, its
# place in the block, its leaf as kept, and its leaf as its own bytes make it). The app says so when it starts; cases never
# looks upward.
BLOCKS: dict[str, Callable[[int], Iterator[tuple[int | None, int, bytes, bytes]]]] = {}


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a verification found. `head` is the newest head, empty when nothing was sealed yet."""

    seals: int
    events: int
    unsealed: int
    head: str
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        return not self.faults


@dataclass(frozen=True, kw_only=True)
class Proof:
    """That one event is in a sealed batch: with the record's text, everything needed to check it elsewhere."""

    record: str
    position: int
    count: int
    path: tuple[str, ...]
    seal: Seal


def record_of(event: Event) -> bytes:
    """The exact bytes of an event that are sealed: UTF-8 JSON, keys sorted, no spaces, the instant in UTC."""
    return json.dumps(
        {
            "id": event.pk,
            "at": event.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
            "kind": event.kind,
            "actor_ref": event.actor_ref,
            "actor_role": event.actor_role,
            "about_type": event.about_type,
            "about_ref": event.about_ref,
            "person_ref": event.person_ref,
            "lender_ref": event.lender_ref,
            "data": event.data,
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    ).encode()


def verify(public_key: bytes, outside: tuple[int, str] | None = None) -> Report:
    """Recompute everything from the rows, oldest batch first, and name what does not fit.

    `outside` is (number, head) as somebody else kept it. Without it a tail that was cut off together with its
    batches cannot be noticed by anybody: that is why heads are given away.
    """
    faults: list[Fault] = []
    previous, expected = merkle.GENESIS, 1
    last: Seal | None = None
    seen = 0
    known: dict[int, str] = {}
    for seal in Seal.objects.order_by("number").iterator(chunk_size=500):
        if seal.number != expected:
            faults.append(Fault(code="batch_missing", seal=expected))
        seen += seal.count if seal.of == "events" else 0
        faults.extend(_faults_of(seal, previous, public_key, last))
        previous, expected, last = _hash(seal.head), seal.number + 1, seal
        known[seal.number] = seal.head
    unsealed = Event.objects.filter(~Exists(SealedEvent.objects.filter(event_id=OuterRef("pk"))))
    if last is not None:
        late = unsealed.filter(at__lt=last.sealed_at - GRACE).values_list("pk", flat=True)
        faults.extend(Fault(code="event_inserted", event=pk) for pk in late[:100])
    if outside is not None and known.get(outside[0]) != outside[1]:
        code = "head_differs" if outside[0] in known else "tail_missing"
        faults.append(Fault(code=code, seal=outside[0]))
    return Report(
        seals=len(known),
        events=seen,
        unsealed=unsealed.count(),
        head=last.head if last else "",
        faults=tuple(faults),
    )


def prove(event: Event) -> Proof | None:
    """That `event` is in a sealed batch; None while it waits for the next one. Raises Altered."""
    leaf = SealedEvent.objects.select_related("seal").filter(event_id=event.pk).first()
    if leaf is None:
        return None
    leaves = [_hash(text) for text in leaf.seal.leaves.values_list("leaf", flat=True)]
    try:
        path = merkle.inclusion_path(leaves, leaf.position)
    except IndexError as error:
        raise Altered(f"batch {leaf.seal.number}") from error
    return Proof(
        record=record_of(event).decode(),
        position=leaf.position,
        count=leaf.seal.count,
        path=tuple(step.hex() for step in path),
        seal=leaf.seal,
    )


def path_in_block(
    seal: Seal, position: int, leaves: Callable[[int, int], Iterable[bytes]]
) -> tuple[str, ...]:
    """The path, in hex, of one leaf of another app's batch; `leaves(first, past)` gives its leaves from place `first` on,
    before place `past`. Reads those of one subtree, or all where the kept nodes do not lead to the root. Raises Altered.
    """
    try:
        path = _path_in_block(seal, position, leaves)
    except IndexError as error:
        raise Altered(f"batch {seal.number}") from error
    return tuple(step.hex() for step in path)


def _path_in_block(
    seal: Seal, position: int, leaves: Callable[[int, int], Iterable[bytes]]
) -> Sequence[bytes]:
    roots = _subtrees(seal)
    if roots is None or merkle.root_of(roots).hex() != seal.root:
        return merkle.inclusion_path(list(leaves(0, seal.count)), position)
    first = position - position % merkle.SUBTREE
    within = list(leaves(first, min(first + merkle.SUBTREE, seal.count)))
    return merkle.path_by_subtrees(within, roots, position)


def newest_seals(count: int = 10) -> list[Seal]:
    return list(Seal.objects.order_by("-number")[:count])


def all_heads() -> Iterator[tuple[int, str]]:
    """(number, head) of every batch, oldest first."""
    return Seal.objects.order_by("number").values_list("number", "head").iterator(chunk_size=2000)


def proof_of(kind: str, about_ref: str) -> Proof | None:
    """That the first event of a kind about an object is sealed; None while it is not, or when there is none."""
    event = Event.objects.filter(kind=kind, about_ref=about_ref).order_by("pk").first()
    return prove(event) if event else None


def as_document(proof: Proof, public_key: bytes) -> dict[str, object]:
    """Everything that checks one event without us, as JSON values; docs/record.md holds the script that does it."""
    return seal_document(
        proof.seal, public_key, record=proof.record, position=proof.position, path=proof.path
    )


def seal_document(
    seal: Seal, public_key: bytes, *, record: str, position: int, path: Sequence[str]
) -> dict[str, object]:
    """That `record` is leaf `position` of a batch, with the batch's head and our signature. Hashes are hex."""
    return {
        "record": record,
        "position": position,
        "count": seal.count,
        "path": list(path),
        "root": seal.root,
        "number": seal.number,
        "previous": seal.previous,
        "sealed_at": seal.sealed_at.astimezone(dt.UTC).isoformat(),
        "head": seal.head,
        "signature": seal.signature,
        "public_key": public_key.hex(),
    }


def seal_by_head(head: str) -> Seal | None:
    return Seal.objects.filter(head=head).first()


def _faults_of(seal: Seal, previous: bytes, public_key: bytes, before: Seal | None) -> Iterator[Fault]:
    """One batch: its events against their leaves, the leaves against the root, the root against head and signature."""
    yield from _events_of(seal, before) if seal.of == "events" else _block_of(seal)
    batch = merkle.Batch(
        number=seal.number,
        count=seal.count,
        root=_hash(seal.root),
        previous=_hash(seal.previous),
        sealed_at=seal.sealed_at.astimezone(dt.UTC).isoformat(),
    )
    if _hash(seal.previous) != previous:
        yield Fault(code="chain_broken", seal=seal.number)
    head = merkle.head_of(batch)
    if head.hex() != seal.head:
        yield Fault(code="head_altered", seal=seal.number)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(_hash(seal.signature), head)
    except InvalidSignature:
        yield Fault(code="signature_invalid", seal=seal.number)


def _events_of(seal: Seal, before: Seal | None) -> Iterator[Fault]:
    leaves = list(seal.leaves.order_by("position"))
    events = Event.objects.in_bulk([leaf.event_id for leaf in leaves])
    for place, leaf in enumerate(leaves):
        event = events.get(leaf.event_id)
        if event is None:
            yield Fault(code="event_missing", seal=seal.number, event=leaf.event_id)
        elif merkle.leaf_hash(record_of(event)).hex() != leaf.leaf:
            yield Fault(code="event_altered", seal=seal.number, event=leaf.event_id)
        elif place >= seal.count or (before is not None and event.at < before.sealed_at - GRACE):
            yield Fault(code="event_inserted", seal=seal.number, event=leaf.event_id)
        if leaf.position != place:
            yield Fault(code="leaf_missing", seal=seal.number, event=leaf.event_id)
            break
    if len(leaves) != seal.count:
        yield Fault(code="leaves_miscounted", seal=seal.number)
    if merkle.root_of(_hash(leaf.leaf) for leaf in leaves).hex() != seal.root:
        yield Fault(code="root_differs", seal=seal.number)


def _block_of(seal: Seal) -> Iterator[Fault]:
    """A batch of another app's records, read in the order of the leaves."""
    if seal.of not in BLOCKS or seal.block is None:
        yield Fault(code="block_unknown", seal=seal.number)
        return
    counted = 0

    def kept() -> Iterator[bytes]:
        nonlocal counted
        for number, place, leaf, must_be in BLOCKS[seal.of](seal.block or 0):
            if place != counted and not faults:
                # Everything behind it stands one off; the first one says where.
                faults.append(Fault(code="record_out_of_place", seal=seal.number, event=number))
            counted += 1
            if leaf != must_be:
                code = "heading_altered" if number is None else "record_altered"
                faults.append(Fault(code=code, seal=seal.number, event=number))
            yield must_be

    faults: list[Fault] = []
    root = merkle.root_of(kept())
    roots = _subtrees(seal)
    if roots is not None and merkle.root_of(roots).hex() != seal.root:
        faults.append(Fault(code="tree_altered", seal=seal.number))
    yield from faults
    if counted != seal.count:
        yield Fault(code="records_miscounted", seal=seal.number)
    if root.hex() != seal.root:
        yield Fault(code="root_differs", seal=seal.number)


def _hash(text: str) -> bytes:
    """The bytes of a kept hash or signature; none where somebody wrote something that is not one, which then fits nothing."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _subtrees(seal: Seal) -> list[bytes] | None:
    """The kept inner nodes of a batch; None when there are none."""
    kept = SealedTree.objects.filter(seal=seal).values_list("roots", flat=True).first()
    if kept is None:
        return None
    nodes = bytes(kept)
    return [nodes[place : place + 32] for place in range(0, len(nodes), 32)]
