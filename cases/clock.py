"""The one clock. Business code asks here what time it is, so that a demo and a test can move it.

Security codes, sessions and worker leases never use this clock: they live in real time.
"""

import contextlib
import datetime as dt
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

BEIJING = ZoneInfo("Asia/Shanghai")
_fixed: list[dt.datetime] = []


def now() -> dt.datetime:
    """The business instant, aware, in UTC. The demo clock adds whole seconds, never takes away."""
    if _fixed:
        return _fixed[-1]
    instant = timezone.now()
    return instant + dt.timedelta(seconds=_offset_seconds()) if settings.DEMO else instant


def today(zone: dt.tzinfo = BEIJING) -> dt.date:
    """The calendar date in `zone`; China's unless said otherwise."""
    return now().astimezone(zone).date()


def real_now() -> dt.datetime:
    """Real time for leases and codes, which a demo clock must not touch."""
    return timezone.now()


@contextlib.contextmanager
def fixed(instant: dt.datetime) -> Iterator[None]:
    """Hold the business clock at `instant` inside this process. For tests and replay."""
    if instant.tzinfo is None:
        raise ValueError("The clock needs an instant with a zone.")
    _fixed.append(instant)
    try:
        yield
    finally:
        _fixed.pop()


def advance(seconds: int) -> int:
    """Move the demo clock forward; returns the whole offset in seconds.

    Raises ValueError for a step that is not forward, RuntimeError outside the demo.
    """
    if not settings.DEMO:
        raise RuntimeError("The clock moves only in the demo.")
    if seconds <= 0:
        raise ValueError("The demo clock moves forward only.")
    path = Path(settings.DEMO_CLOCK_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_suffix(".lock"), "w") as lock:
        # Two people may press "+1 day" at once; both steps must count.
        fcntl.flock(lock, fcntl.LOCK_EX)
        offset = _offset_seconds() + seconds
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"offset_seconds": offset}))
        os.replace(fresh, path)
    return offset


def _offset_seconds() -> int:
    try:
        return int(json.loads(Path(settings.DEMO_CLOCK_FILE).read_text())["offset_seconds"])
    except FileNotFoundError:
        return 0
