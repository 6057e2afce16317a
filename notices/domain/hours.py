"""When somebody may be told what a clock brought about and nobody asked for just now: the next moment inside the hours the
person named, or, where none were named, inside the day.
"""

import datetime as dt
from zoneinfo import ZoneInfo

# Our own practice, where a person said nothing else: by the person's own clock.
DAY = (dt.time(9), dt.time(21))


def next_moment(
    at: dt.datetime, zone: str, hours: tuple[dt.time, dt.time] | None = None, *, latest: dt.datetime
) -> dt.datetime:
    """`at` where it lies inside the hours of `zone`, else the next time they begin; aware.

    Hours may cross midnight, and two equal ends mean any time. What would come later than `latest` does not wait: told
    at an odd hour is better than not told.
    """
    begin, end = hours or DAY
    local = at.astimezone(ZoneInfo(zone))
    if _is_inside(local.time(), begin, end):
        return at
    today = dt.datetime.combine(local.date(), begin, local.tzinfo)
    moment = today if today > local else today + dt.timedelta(days=1)
    return moment.astimezone(dt.UTC) if moment <= latest else at


def _is_inside(time: dt.time, begin: dt.time, end: dt.time) -> bool:
    if begin < end:
        return begin <= time < end
    return begin == end or time >= begin or time < end
