"""What all records of one run of planning point at, as bytes: sealed as the first leaf, before the records themselves."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime


def heading(
    *,
    run: int,
    at: datetime,
    count: int,
    zones: Sequence[str],
    laws: Sequence[Sequence[str]],
    books: Mapping[str, str],
) -> bytes:
    """The canonical heading: UTF-8 JSON, keys sorted, no spaces, the instant in UTC.

    `count` is the number of records, `laws` (jurisdiction, lender type), `books` the version of each jurisdiction's rulebook.
    """
    return json.dumps(
        {
            "run": run,
            "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
            "count": count,
            "zones": list(zones),
            "laws": [list(law) for law in laws],
            "books": dict(books),
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    ).encode()
