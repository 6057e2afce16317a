"""When reminders left and how full people's days were, for the regulator: read-only connection, small counts hidden.

Hours and days are those of the person's own clock, wherever the server or the lender is. The rows add up to what stands under
"sent" in the table of months, so all of them are hidden while that table hides one of its own.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, Count, DateField, IntegerField, QuerySet, Value, When
from django.db.models.functions import ExtractHour, TruncDate

from cases import clock
from cases.domain.suppression import ALL, Shape, suppress
from cases.models import User
from notices.models import Message
from portal.queries_reports import messages_by_month
from portal.routing import reports

INSIDE = -1
"""What was only to be read in Steady: nothing arrived anywhere at any hour."""
DAYS = 30
"""How far back the days are counted that were full."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of a table: an hour of the day (INSIDE: none), or a number of reminders in one day; None is all of them
    together, and a hidden count is None too."""

    key: int | None
    count: int | None


def sends_by_hour() -> Sequence[Line]:
    """Reminders that left, by the hour the person's own clock showed, and all of them last."""
    zones = _zones()
    hour = Case(
        When(channel=Message.Channel.INBOX, then=Value(INSIDE)),
        *(When(person__timezone=zone, then=ExtractHour("sent_at", tzinfo=ZoneInfo(zone))) for zone in zones),
        output_field=IntegerField(),
    )
    rows = _left().annotate(hour=hour).values("hour").annotate(count=Count("id")).order_by("hour")
    return _hidden({row["hour"]: row["count"] for row in rows if row["hour"] is not None} if zones else {})


def days_by_reminders() -> Sequence[Line]:
    """How many of the last days of a person had one reminder, two, three: the caps as they were used."""
    zones = _zones()
    day = Case(
        *(When(person__timezone=zone, then=TruncDate("sent_at", tzinfo=ZoneInfo(zone))) for zone in zones),
        output_field=DateField(),
    )
    since = clock.now() - dt.timedelta(days=DAYS)
    pushed = _left().exclude(channel=Message.Channel.INBOX)
    rows = pushed.filter(sent_at__gte=since).annotate(day=day).values("person", "day")
    counted = Counter(row["count"] for row in rows.annotate(count=Count("id")).order_by().iterator() if zones)
    return _hidden(dict(sorted(counted.items())))


def _left() -> QuerySet[Message]:
    states = [Message.State.SENT, Message.State.DELIVERED]
    rows = Message.objects.using(reports()).filter(purpose=Message.Purpose.REMINDER, state__in=states)
    return rows.filter(sent_at__isnull=False)


def _zones() -> Sequence[str]:
    return list(
        User.objects.using(reports()).order_by("timezone").values_list("timezone", flat=True).distinct()
    )


def _hidden(counts: dict[int, int]) -> Sequence[Line]:
    names = {str(key): key for key in counts}
    table = suppress(
        Shape(rows=tuple(names), groups={}),
        {(name, ALL): counts[key] for name, key in names.items()},
        threshold=settings.SMALL_CELL_THRESHOLD,
    )
    assert table is not None
    told = all(month.sent is not None for month in messages_by_month())
    return [
        Line(key=names.get(row), count=table.shown[row, ALL] if told else None)
        for row in (*names, *([ALL] if names else []))
    ]
