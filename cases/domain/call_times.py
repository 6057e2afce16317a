"""
When a call was and how long it took, as telephones, carriers and people write it. A day without a year is the latest such
day, a time without an offset is read on the person's clock, and both are said; what could mean two days is not guessed.
"""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

OLDEST = timedelta(days=3660)


def seconds_of(said: str) -> int | None:
    """A length: "80", "1:20", "00:01:20", "1分20秒", "1m 20s". None when nothing of the kind is there."""
    plain = said.strip().lower()
    if plain.isdecimal():
        return int(plain) if len(plain) < 7 else None
    if parts := re.fullmatch(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})", plain):
        return int(parts[1] or 0) * 3600 + int(parts[2]) * 60 + int(parts[3])
    parts = re.fullmatch(
        r"(?:(\d{1,3})\s?(?:小时|时|h|hours?))?\s?(?:(\d{1,4})\s?(?:分钟?|m|min|minutes?))?\s?(?:(\d{1,6})\s?(?:秒|s|sec|seconds?))?",
        plain,
    )
    if parts is None or not any(parts.groups()):
        return None
    return int(parts[1] or 0) * 3600 + int(parts[2] or 0) * 60 + int(parts[3] or 0)


_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_YEAR_FIRST = re.compile(r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})日?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_NAMED = re.compile(r"(?:([A-Za-z]{3})[a-z]*\.?\s(\d{1,2})|(\d{1,2})\s([A-Za-z]{3})[a-z]*\.?),?\s(\d{4})")
_HOUR = re.compile(
    r"(上午|下午|晚上|早上|凌晨|中午)?\s?(\d{1,2})[:：时](\d{2})(?:[:：分](\d{2}))?秒?(?:\.\d+)?\s?([AaPp])?\.?[Mm]?\.?"
    r"\s?(Z|[+-]\d{2}:?\d{2})?\Z"
)
_EARLY, _LATE = frozenset({"上午", "早上", "凌晨"}), frozenset({"下午", "晚上"})


def instant_of(said: str, zone: ZoneInfo, now: datetime) -> tuple[datetime, bool, bool] | str:
    """The instant in UTC, to the second, and whether its zone and its day were ours to assume; else a Problem's code."""
    if re.fullmatch(r"\d{13}|\d{10}", said):
        at = datetime.fromtimestamp(int(said[:10]), UTC)
        return _in_time(at, now) or (at, False, False)
    day, rest = _day(said)
    guessed = day == "no_year"
    if guessed:
        day, rest = _latest(said, now.astimezone(zone).date())
    if isinstance(day, str):
        return day
    hour = _HOUR.search(rest.strip(" T,"))
    if hour is None:
        return "no_time"
    face = _face(hour)
    if face is None:
        return "no_such_time"
    try:
        wall = datetime(*day, *face, tzinfo=UTC).replace(tzinfo=None)
    except ValueError:
        return "no_such_time"
    if hour[6]:
        try:
            at = datetime.fromisoformat(wall.isoformat() + hour[6].replace("Z", "+00:00")).astimezone(UTC)
        except ValueError:
            return "no_such_time"
        return _in_time(at, now) or (at, False, guessed)
    local = wall.replace(tzinfo=zone)
    at = local.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None, fold=0) != wall:
        return "no_such_time"
    return _in_time(at, now) or (at, True, guessed)


def _day(said: str) -> tuple[tuple[int, int, int] | str, str]:
    """(year, month, day) and what follows it, or a code."""
    if found := _YEAR_FIRST.search(said):
        return (int(found[1]), int(found[2]), int(found[3])), said[found.end() :]
    if found := _YEAR_LAST.search(said):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        if first == second or second > 12:
            return (year, first, second), said[found.end() :]
        return ((year, second, first) if first > 12 else "unclear_day"), said[found.end() :]
    if found := _NAMED.search(said):
        month = _MONTHS.get((found[1] or found[4]).lower())
        if month:
            return (int(found[5]), month, int(found[2] or found[3])), said[found.end() :]
    if _NO_YEAR.search(said):
        return "no_year", ""
    return "no_time", ""


_NO_YEAR = re.compile(r"(\d{1,2})月(\d{1,2})日|(今天|today)|(昨天|yesterday)|前天", re.IGNORECASE)


def _latest(said: str, today: date) -> tuple[tuple[int, int, int] | str, str]:
    """A day without a year as the latest one that is not after `today`, and what follows it; or a code."""
    found = _NO_YEAR.search(said)
    if found is None:
        return "no_time", ""
    rest = said[found.end() :]
    if not found[1]:
        day = today - timedelta(days=0 if found[3] else 1 if found[4] else 2)
        return (day.year, day.month, day.day), rest
    # A 29 February may lie eight years back.
    for year in range(today.year, today.year - 9, -1):
        try:
            day = date(year, int(found[1]), int(found[2]))
        except ValueError:
            continue
        if day <= today:
            return (day.year, day.month, day.day), rest
    return "no_such_time", ""


def _face(hour: re.Match[str]) -> tuple[int, int, int] | None:
    part, count = hour[1], int(hour[2])
    half = (hour[5] or "").lower()
    if half and not 1 <= count <= 12:
        return None
    if half:
        count = count % 12 + (12 if half == "p" else 0)
    elif (part in _LATE and count < 12) or (part == "中午" and count < 11):
        count += 12
    elif part in _EARLY and count == 12:
        count = 0
    minute, second = int(hour[3]), int(hour[4] or 0)
    return (count, minute, second) if count < 24 and minute < 60 and second < 60 else None


def _in_time(at: datetime, now: datetime) -> str:
    if at > now + timedelta(minutes=2):
        return "in_the_future"
    return "too_long_ago" if at < now - OLDEST else ""
