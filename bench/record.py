"""How much a sealed night costs beside the usual tamper-evident log: `python -m bench.record`.

The usual log hashes each decision as canonical JSON together with the hash before it. Ours hashes the record's own bytes as a leaf
and builds a Merkle tree, so that one decision can be shown without the others. Both over the same decisions, in turns. The path of one
decision is made from the leaves of its own subtree and the kept roots of all, beside one made from every leaf.

BENCH_N says how many decisions (1m by default).
"""

import hashlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from cases.domain import merkle
from notices.domain import bulk, night

FASTER_LEAST, PROOF_MOST, PATH_LEAST = 3.0, 1_024, 20.0
ROUNDS = 5


def decisions(count: int) -> Any:
    """Records as a night leaves them, with numbers of a usual size."""
    chance = np.random.default_rng(7)
    records = np.zeros(count, dtype=bulk.RECORD)
    records["run"], records["place"] = 1, np.arange(count)
    records["person"], records["about"] = np.arange(count) // 2, np.arange(count)
    records["lender"], records["debt"] = chance.integers(1, 40, count), np.arange(count)
    records["at"], records["not_after"] = 1_810_085_400, 1_810_137_600
    records["flags"], records["reasons"] = 12_297, chance.integers(0, 2, count) << 18
    return records


def usual(records: Any) -> bytes:
    """A chain over canonical JSON."""
    names = [name for name, _ in night.FIELDS]
    head = bytes(32)
    for row in records.tolist():
        text = json.dumps(dict(zip(names, row, strict=True)), sort_keys=True, separators=(",", ":"))
        head = hashlib.sha256(head + text.encode()).digest()
    return head


def ours(records: Any) -> bytes:
    return merkle.root_of(bulk.leaves(records))


def timed(work: Callable[..., Any], *given: Any) -> float:
    began = time.perf_counter()
    work(*given)
    return time.perf_counter() - began


def main() -> int:
    text = os.environ.get("BENCH_N", "1m").lower()
    count = int(text.rstrip("km")) * {"k": 1_000, "m": 1_000_000}.get(text[-1], 1)
    records = decisions(count)
    ratios = [timed(usual, records) / timed(ours, records) for _ in range(ROUNDS)]
    # Leaf 0 is the night's heading, which has a path of its own, no longer than this one.
    leaves = [merkle.leaf_hash(b"{}"), *bulk.leaves(records)]
    roots = list(merkle.subtree_roots(leaves))
    place = count // 3 + 1
    first = place - place % merkle.SUBTREE
    within = leaves[first : first + merkle.SUBTREE]
    path = merkle.path_by_subtrees(within, roots, place)
    assert path == merkle.inclusion_path(leaves, place)
    assert merkle.root_from_path(leaves[place], place, len(leaves), path) == merkle.root_of(leaves)
    paths = [
        timed(merkle.inclusion_path, leaves, place) / timed(merkle.path_by_subtrees, within, roots, place)
        for _ in range(ROUNDS)
    ]
    shorter = statistics.median(paths)
    size = records.dtype.itemsize + sum(len(step) for step in path) + 4 * 32 + 64
    ratio = statistics.median(ratios)
    found = {
        "record, Merkle beside a JSON chain": {
            "ratio": round(ratio, 2),
            "target": f"≥ {FASTER_LEAST} × faster",
            "detail": f"{count} decisions, {min(ratios):.2f}–{max(ratios):.2f}",
            "holds": ratio >= FASTER_LEAST,
        },
        "record, one proof": {
            "ratio": size,
            "target": f"≤ {PROOF_MOST} bytes",
            "detail": f"{len(path)} steps; record, path, root, head before, head and signature as bytes",
            "holds": size <= PROOF_MOST,
        },
        "record, a path from kept inner nodes": {
            "ratio": round(shorter, 1),
            "target": f"≥ {PATH_LEAST} × faster than from all leaves",
            "detail": f"{len(within) + len(roots)} hashes read of {len(leaves)}, {min(paths):.0f}–{max(paths):.0f}",
            "holds": shorter >= PATH_LEAST,
        },
    }
    print(json.dumps(found))
    return 0 if all(row["holds"] for row in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
