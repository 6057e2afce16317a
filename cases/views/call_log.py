"""Bringing a call log or messages: which numbers are a collector's is the person's word, and only their rows are kept.

Three pages, one address: the log, the numbers found in it, what would be kept. In between nothing is stored.
"""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from cases import clock, log_parcel, queries, queries_diary
from cases.access import Permission, requires
from cases.actions import contacts as actions
from cases.domain import call_log
from cases.domain.call_log import Reading
from cases.domain.csv_text import FileRefused
from cases.domain.refusal import Refused
from cases.forms.call_log import LogForm, PicksForm

# How much of a long list a page shows; the rest is counted.
SHOWN = 60

PROBLEMS: dict[str, Any] = {
    "no_number": gettext_lazy("No telephone number."),
    "number_lost": gettext_lazy("A spreadsheet has rounded the number. Save the original file again."),
    "no_time": gettext_lazy("No day and time."),
    "unclear_day": gettext_lazy("Day and month could be either way round. Write the year first."),
    "no_such_time": gettext_lazy("There is no such day or time."),
    "in_the_future": gettext_lazy("This time has not come yet."),
    "too_long_ago": gettext_lazy("This is more than ten years ago."),
    "formula": gettext_lazy("A formula of a spreadsheet, not a value."),
    "markup": gettext_lazy("Code of a web page, not a value."),
    "damaged": gettext_lazy("Some characters were lost."),
    "too_long": gettext_lazy("Too long for one line of a log."),
    "twice": gettext_lazy("The same as a line above; counted once."),
}
_FILES: dict[str, Any] = {
    "empty": gettext_lazy("There is nothing in it."),
    "too_big": gettext_lazy("This file is larger than 1 MB. Please split it."),
    "markup": gettext_lazy(
        "This is a web page, not a table. Save it as CSV, or copy the lines and paste them."
    ),
    "utf16": gettext_lazy(
        "This file is saved as “Unicode text” (UTF-16). Open it in your spreadsheet and save it again as “CSV UTF-8”."
    ),
    "spreadsheet": gettext_lazy(
        "This is a workbook or a PDF, not a CSV. Open it in your spreadsheet and save it again as “CSV UTF-8”."
    ),
    "unreadable": gettext_lazy("We cannot read these characters. Save the file again as “CSV UTF-8”."),
    "too_wide": gettext_lazy("There are too many columns."),
    "too_many_rows": gettext_lazy("There are more than 5,000 lines. Please split it."),
    "too_many_numbers": gettext_lazy("There are more than 300 different numbers. Bring a shorter time."),
    "no_rows": gettext_lazy("We found no line with a number and a time."),
}


@requires(Permission.FILE_KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters()
def contact_log(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "contacts/log.html", {"form": LogForm()})
    if "parcel" in request.POST:
        return _go_on(request)
    form = LogForm(request.POST, request.FILES)
    if not form.is_valid():
        return _again(request, form)
    file, text = form.cleaned_data["file"], form.cleaned_data["text"]
    zone, now = request.user.timezone, clock.now()
    try:
        if file is not None:
            reading = call_log.read_file(file, zone=zone, now=now)
        else:
            reading = call_log.read(text, zone=zone, now=now)
    except FileRefused as refused:
        form.add_error("file" if file is not None else "text", str(_FILES[refused.code]))
        return _again(request, form)
    if not reading.rows:
        return render(
            request,
            "contacts/log.html",
            {"form": form, "unread": _unread(reading), "nothing_read": True},
            status=422,
        )
    return _numbers(request, reading, log_parcel.pack(request.user, reading), _picks(request, reading))


def _again(request: HttpRequest, form: LogForm) -> HttpResponse:
    return render(request, "contacts/log.html", {"form": form}, status=422)


def _go_on(request: HttpRequest) -> HttpResponse:
    """The second and the third page: both carry the parcel, and what was picked."""
    parcel = request.POST["parcel"]
    reading = log_parcel.unpack(request.user, parcel)
    if reading is None:
        refused = Refused("too_old", _("This page is too old. Please bring the log again."))
        context = {"form": LogForm(), "refused": refused}
        return render(request, "contacts/log.html", context, status=409)
    picks = _picks(request, reading, bound=True)
    if not picks.is_valid() or request.POST.get("step") == "change":
        return _numbers(request, reading, parcel, picks, status=422 if picks.errors else 200)
    rows = picks.logged(reading)
    if request.POST.get("step") != "keep":
        return _preview(request, reading, parcel, picks)
    try:
        taken = actions.take_log(by=request.user, rows=rows, once=picks.cleaned_data["once"])
    except Refused as refused:
        return _numbers(request, reading, parcel, picks, refused=refused, status=409)
    said = ngettext("%(n)s entry kept.", "%(n)s entries kept.", taken.kept) % {"n": taken.kept}
    if taken.known:
        said += " " + ngettext(
            "%(n)s was in your diary already.", "%(n)s were in your diary already.", taken.known
        ) % {"n": taken.known}
    messages.success(request, said + " " + _("The rest of the log is forgotten."))
    return redirect("contacts")


def _picks(request: HttpRequest, reading: Reading, *, bound: bool = False) -> PicksForm:
    return PicksForm(
        request.POST if bound else None,
        found=reading.numbers,
        debts=list(queries.debts_for(request.user)),
        known=queries_diary.known_numbers(request.user),
    )


def _numbers(
    request: HttpRequest,
    reading: Reading,
    parcel: str,
    picks: PicksForm,
    *,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": picks,
        "refused": refused,
        "parcel": parcel,
        "rows": len(reading.rows),
        "zone": _zone_words(reading.zone),
        "guessed_days": reading.guessed_days,
        "unread": _unread(reading),
    }
    return render(request, "contacts/log_numbers.html", context, status=status)


def _preview(request: HttpRequest, reading: Reading, parcel: str, picks: PicksForm) -> HttpResponse:
    rows = picks.logged(reading)
    fresh = actions.new_rows(request.user, rows)
    names = picks.names
    picked = picks.picked
    per_number = Counter(each.row.number for each in fresh)
    context = {
        "form": picks,
        "parcel": parcel,
        "groups": [
            {
                "number": found.number,
                "whose": names[picked[found.number]],
                "kept": per_number[found.number],
                "known": found.count - per_number[found.number],
            }
            for found in reading.numbers
            if found.number in picked
        ],
        "fresh": sorted(fresh, key=lambda each: each.row.at, reverse=True)[:SHOWN],
        "more": max(0, len(fresh) - SHOWN),
        "kept": len(fresh),
        "left_out": [found for found in reading.numbers if found.number not in picked],
        "unread": _unread(reading),
        "zone": _zone_words(reading.zone),
        "guessed_days": reading.guessed_days,
    }
    return render(request, "contacts/log_preview.html", context)


def _zone_words(zone: str) -> str:
    """A clock as people call it; the database's own name where there is no other."""
    return _("Beijing time") if zone == "Asia/Shanghai" else zone


def _unread(reading: Reading) -> dict[str, Any]:
    """Lines that were not read, with their reasons, the first of them by number."""
    return {
        "count": len(reading.problems),
        "lines": [(problem.line, PROBLEMS[problem.code]) for problem in reading.problems[:SHOWN]],
        "more": max(0, len(reading.problems) - SHOWN),
    }
