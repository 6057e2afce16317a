"""Which days are off, and which rule files a clock reads: the library's calendar with the operator's dated overrides.

The library guesses days that are not announced yet; an override is a row of `cases/calendars/overrides.toml`.
The version stands beside every clock that was counted by it.
"""

import datetime as dt
import functools
import hashlib
import tomllib
from pathlib import Path
from typing import Any

import holidays

from cases.domain import rulebook
from cases.domain.rulebook import Rulebook
from cases.domain.working_days import Calendar

FILE = Path(__file__).resolve().parent / "calendars" / "overrides.toml"
_COUNTRIES = {"CN": ("CN", None), "UK": ("GB", "ENG"), "US": ("US", None)}
_BOOKS = {"CN": ("cn", "clocks_cn"), "UK": ("clocks_uk",), "US": ("clocks_us",)}
_KEYS = frozenset({"jurisdiction", "on", "works", "known_from", "source"})


class CalendarError(ValueError):
    """An override that cannot be used; the message names the row."""


def books(jurisdiction: str) -> tuple[Rulebook, ...]:
    """The files that hold the clocks of a jurisdiction; China's for one we do not know."""
    return tuple(rulebook.load(name) for name in _BOOKS.get(jurisdiction, _BOOKS["CN"]))


def calendar(jurisdiction: str, begun_on: dt.date) -> Calendar:
    """Days off around a clock that begins on this day: the year before, its own and the two after."""
    return _calendar(jurisdiction, begun_on, FILE.stat().st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _calendar(jurisdiction: str, begun_on: dt.date, _changed: int) -> Calendar:
    country, part = _COUNTRIES.get(jurisdiction, _COUNTRIES["CN"])
    years = range(begun_on.year - 1, begun_on.year + 3)
    known = holidays.country_holidays(country, subdiv=part, years=years)
    content = FILE.read_bytes()
    rows = [
        row
        for row in overrides(content)
        if row["jurisdiction"] == jurisdiction and row["known_from"] <= begun_on
    ]
    closed, opened = set(known), set(known.weekend_workdays)
    for row in rows:
        (opened if row["works"] else closed).add(row["on"])
        (closed if row["works"] else opened).discard(row["on"])
    version = f"holidays {holidays.__version__} {country}"
    if rows:
        version += f" + {hashlib.sha256(content).hexdigest()[:12]}"
    return Calendar(version=version, closed=frozenset(closed), opened=frozenset(opened))


def overrides(content: bytes) -> list[dict[str, Any]]:
    """The rows of an override file. Raises CalendarError naming the row."""
    try:
        rows: list[dict[str, Any]] = tomllib.loads(content.decode()).get("day", [])
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CalendarError(f"not readable as TOML: {error}") from None
    for number, row in enumerate(rows, 1):
        days = all(type(row.get(key)) is dt.date for key in ("on", "known_from"))
        if set(row) != _KEYS or not days or not isinstance(row["works"], bool) or not row["source"]:
            raise CalendarError(f"day {number}: needs exactly {', '.join(sorted(_KEYS))}")
        if row["jurisdiction"] not in _COUNTRIES:
            raise CalendarError(f"day {number}: unknown jurisdiction {row['jurisdiction']!r}")
    return rows
