"""What all records of one run of planning point at, as bytes: sealed as the first leaf, before the records themselves."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cases.domain import merkle


def heading(
    *,
    run: int,
    at: datetime,
    count: int,
    zones: Sequence[str],
    laws: Sequence[Sequence[str]],
    books: Mapping[str, str],
    terms: Sequence[Mapping[str, Any]] = (),
) -> bytes:
    """The canonical heading: UTF-8 JSON, keys sorted, no spaces, the instant in UTC.

    `count` is the number of records, `laws` (jurisdiction, lender type), `books` the version of each jurisdiction's rulebook, `terms` as
    `night.terms_as_json` gives them: how many, and the root of their own Merkle tree, so that a proof shows nobody else's.
    Nights from before there were any have neither in it.
    """
    return _canonical(
        {
            "run": run,
            "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
            "count": count,
            "zones": list(zones),
            "laws": [list(law) for law in laws],
            "books": dict(books),
        }
        | ({"terms": len(terms), "terms_root": merkle.root_of(leaves_of(terms)).hex()} if terms else {})
    )


def terms_record(terms: Mapping[str, Any]) -> bytes:
    """The canonical bytes of somebody's terms, without whose they are."""
    return _canonical(terms)


def leaves_of(terms: Iterable[Mapping[str, Any]]) -> list[bytes]:
    return [merkle.leaf_hash(terms_record(each)) for each in terms]


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
