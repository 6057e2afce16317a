"""The diary by month and by lender: when they came, and how often, with everyone who acts for one creditor together."""

import datetime as dt
import re

from babel.dates import get_day_names
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cases import clock, formats, queries_calendar, queries_diary, verdicts
from cases.access import Permission, requires

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@requires(Permission.FILE_KEEP)
@require_GET
def contact_calendar(request: HttpRequest) -> HttpResponse:
    today = clock.today(queries_diary.zone_of(request.user))
    asked = request.GET.get("month", "")
    found = _MONTH.fullmatch(asked)
    if asked and not found:
        raise Http404
    first = dt.date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)
    month = queries_calendar.month(request.user, first)
    zone = queries_diary.zone_of(request.user)
    days: dict[dt.date, list[tuple[object, str]]] = {}
    for contact in month.entries:
        line = f"{verdicts.way(contact)} · {verdicts.who(contact)}"
        days.setdefault(contact.at.astimezone(zone).date(), []).append((contact, line))
    names = get_day_names("short", locale=formats.locale())
    return render(
        request,
        "contacts/calendar.html",
        {
            "month": month,
            "today": today,
            "days": sorted(days.items()),
            "weekdays": [names[day] for day in range(7)],
        },
    )


@requires(Permission.FILE_KEEP)
@require_GET
def contact_counts(request: HttpRequest) -> HttpResponse:
    today = clock.today(queries_diary.zone_of(request.user))
    creditors = queries_calendar.creditors(request.user, today)
    return render(request, "contacts/counts.html", {"creditors": creditors, "weeks": queries_calendar.WEEKS})
