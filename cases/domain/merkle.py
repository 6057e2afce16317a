"""Merkle trees as RFC 9162 (Certificate Transparency 2.0) defines them, and heads chained one to the next.

A tree over a batch of records has one root. Whoever keeps the root can later be shown that one record was in the
batch (inclusion), without seeing any other. Each batch's head also commits to the head before it, so that whoever
keeps the newest head holds the whole past still.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

_LEAF, _NODE, _HEAD = b"\x00", b"\x01", b"\x02"
EMPTY_ROOT = hashlib.sha256(b"").digest()
# Leaves under one kept inner node: a power of two, so that it is a node of the whole tree. A million leaves have a thousand.
SUBTREE = 1_024
# What the first head follows.
GENESIS = bytes(32)


def leaf_hash(record: bytes) -> bytes:
    """RFC 9162 §2.1.1: SHA-256 of 0x00 and the record. 32 bytes."""
    return hashlib.sha256(_LEAF + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes in their order; of no leaves, the hash of the empty string.

    Works through the leaves once and keeps one hash per level, so a million leaves need twenty hashes of memory.
    """
    peaks: list[tuple[int, bytes]] = []
    for leaf in leaves:
        level, node = 0, leaf
        while peaks and peaks[-1][0] == level:
            node = node_hash(peaks.pop()[1], node)
            level += 1
        peaks.append((level, node))
    if not peaks:
        return EMPTY_ROOT
    node = peaks.pop()[1]
    while peaks:
        node = node_hash(peaks.pop()[1], node)
    return node


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The sibling hashes that lead from leaf `index` up to the root, lowest first (RFC 9162 §2.1.3.1).

    Raises IndexError for a leaf that is not there.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"There is no leaf {index} among {len(leaves)}.")
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_path(leaves[:split], index), root_of(leaves[split:])]
    return [*inclusion_path(leaves[split:], index - split), root_of(leaves[:split])]


def subtree_roots(leaves: Iterable[bytes], size: int = SUBTREE) -> Iterator[bytes]:
    """The root over every `size` leaves, a power of two, in their order; the last is over what is left.

    They are inner nodes of the tree over all leaves: `root_of` them is its root.
    """
    rest = iter(leaves)
    while part := list(islice(rest, size)):
        yield root_of(part)


def path_by_subtrees(
    within: Sequence[bytes], roots: Sequence[bytes], index: int, size: int = SUBTREE
) -> list[bytes]:
    """`inclusion_path` of leaf `index` from the leaves of its own subtree alone and the roots of all subtrees."""
    return [*inclusion_path(within, index % size), *inclusion_path(roots, index // size)]


def root_from_path(leaf: bytes, index: int, count: int, path: Sequence[bytes]) -> bytes:
    """The root that a leaf and its path lead to (RFC 9162 §2.1.3.2). Raises ValueError when they cannot fit."""
    if not 0 <= index < count:
        raise ValueError("The leaf lies outside the tree.")
    place, last, node = index, count - 1, leaf
    for sibling in path:
        if last == 0:
            raise ValueError("The path is too long for the tree.")
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ValueError("The path is too short for the tree.")
    return node


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one head commits to. `sealed_at` is ISO 8601 in UTC; hashes are 32 bytes."""

    number: int
    count: int
    root: bytes
    previous: bytes
    sealed_at: str


def head_of(batch: Batch) -> bytes:
    """The head of a batch: SHA-256 over 0x02 and everything it commits to, each part with its length before it."""
    parts = (
        str(batch.number).encode(),
        str(batch.count).encode(),
        batch.root,
        batch.previous,
        batch.sealed_at.encode(),
    )
    return hashlib.sha256(_HEAD + b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()


def _split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    return 1 << (count - 1).bit_length() - 1
