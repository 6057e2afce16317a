"""The days of an agreement as a calendar keeps them: one entry a payment, known again when the agreement changes.

An entry's identity comes from the agreement's first version and the month, never from a name or a sum: a new version
moves the day within its month, and a month that it no longer has is taken back. Months before a new version stay.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

# Any constant will do; another one would make every entry a stranger to the calendars that have it.
_SPACE = uuid.UUID("6f0d2a63-1f0e-5c8b-9a35-0d5f6f6f2c11")


@dataclass(frozen=True, kw_only=True)
class Version:
    """`since` is the day it was agreed; `dues` its payment days in order."""

    since: date
    dues: tuple[date, ...]


@dataclass(frozen=True, kw_only=True)
class Day:
    """One entry. `sequence` grows with every change; `stands` is False for one to take out again."""

    uid: str
    on: date
    sequence: int
    stands: bool


def days_of(versions: Sequence[Version], *, root: str, sequence: int, stands: bool = True) -> Sequence[Day]:
    """The entries of an agreement with these versions, the oldest first, by day.

    `root` is the reference of the first version. `stands`: whether the newest version is in force or fulfilled; else
    every entry is taken back.
    """
    keys: dict[tuple[int, int, int], date] = {}
    kept: set[tuple[int, int, int]] = set()
    for place, version in enumerate(versions):
        mine = dict(_keyed(version.dues))
        last = place == len(versions) - 1
        ends = None if last else versions[place + 1].since
        keys |= mine
        # What fell due before it was replaced is past and stays; what lies after belongs to the newer version.
        kept = {key for key in kept if keys[key] < version.since} - set(mine)
        kept |= {key for key, due in mine.items() if ends is None or due < ends} if not last else set(mine)
    return sorted(
        (
            Day(uid=_uid(root, key), on=due, sequence=sequence, stands=stands and key in kept)
            for key, due in keys.items()
        ),
        key=lambda day: (day.on, day.uid),
    )


def _keyed(dues: Iterable[date]) -> Iterable[tuple[tuple[int, int, int], date]]:
    """Each day with its month, and its place in the month where it has several."""
    seen: Counter[tuple[int, int]] = Counter()
    for due in dues:
        month = (due.year, due.month)
        seen[month] += 1
        yield (*month, seen[month]), due


def _uid(root: str, key: tuple[int, int, int]) -> str:
    year, month, place = key
    return str(uuid.uuid5(_SPACE, f"{root}/{year:04}-{month:02}/{place}"))
