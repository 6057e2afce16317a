"""Payment days as a file that a phone's calendar takes in. It tells nobody what the days are for.

The title is the one word of every discreet message; there is no description, no sum, no name and no alarm. Each entry
is private, takes no time from the day, and has the identity that `repayment.domain.reminder_days` gives it.
"""

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from repayment.domain.reminder_days import Day

# In the morning, when there is still time to do it that day.
AT = dt.time(9, 30)
LASTS = dt.timedelta(minutes=15)


def calendar(days: Iterable[Day], *, zone: ZoneInfo, made_at: dt.datetime) -> bytes:
    """RFC 5545 text with CRLF; times in the person's own zone, whose rules come with it."""
    file = Calendar()
    file.add("prodid", "-//days//EN")
    file.add("version", "2.0")
    file.add("calscale", "GREGORIAN")
    file.add("method", "PUBLISH")
    for day in days:
        begins = dt.datetime.combine(day.on, AT, zone)
        entry = Event()
        entry.add("uid", day.uid)
        entry.add("dtstamp", made_at.astimezone(dt.UTC))
        entry.add("dtstart", begins)
        entry.add("dtend", begins + LASTS)
        entry.add("summary", _("Reminder"))
        entry.add("sequence", day.sequence)
        entry.add("status", "CONFIRMED" if day.stands else "CANCELLED")
        entry.add("transp", "TRANSPARENT")
        entry.add("class", "PRIVATE")
        file.add_component(entry)
    file.add_missing_timezones()
    return bytes(file.to_ical())
