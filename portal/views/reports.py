"""What a regulator reads: frozen tables with small cells hidden and contact conduct.

Every page here reads on the connection that cannot write; sessions and sign-in stay on the other one.
"""

import datetime as dt
import re
from collections.abc import Sequence

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases import charts, csv_out
from cases.access import Permission, requires
from cases.domain import rulebook
from cases.domain.suppression import ALL
from cases.models import ComplaintFact, Lender, Release
from portal import queries_reports as queries
from portal import queries_sends, tables
from portal.domain import released


@requires(Permission.REPORT_READ)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    kinds = dict(Lender.Kind.choices)
    rules = {rule.id: rule for name in rulebook.JURISDICTIONS for rule in rulebook.load(name).rules}
    prevented = queries.prevented_by_rule()
    drawn = charts.bars([count or 0 for _rule, count in prevented])
    return render(
        request,
        "reports/overview.html",
        {
            "months": queries.messages_by_month(),
            "decisions": queries.decisions_taken(),
            "plans": [(kinds.get(kind), count) for kind, count in queries.plans_agreed_by_kind()],
            "prevented": [
                (rules.get(rule), count, rule, bar)
                for (rule, count), bar in zip(prevented, drawn, strict=True)
            ],
            "hours": _drawn(queries_sends.sends_by_hour()),
            "full_days": queries_sends.days_by_reminders(),
            "counted_days": queries_sends.DAYS,
            "threshold": settings.SMALL_CELL_THRESHOLD,
            "seal": queries.newest_seal(),
        },
    )


def _drawn(lines: Sequence[queries_sends.Line]) -> list[tuple[queries_sends.Line, object]]:
    bars = charts.bars([line.count or 0 for line in lines if line.key is not None])
    return [*zip(lines, bars, strict=False), *((line, "") for line in lines if line.key is None)]


@requires(Permission.REPORT_READ)
@require_safe
def conduct_csv(request: HttpRequest) -> HttpResponse:
    """The tables of the page about contact conduct as one file: what, which, how many; a hidden number reads "hidden"."""
    lines = [
        *(("sent_at_hour", line.key, line.count) for line in queries_sends.sends_by_hour()),
        *(("days_with_reminders", line.key, line.count) for line in queries_sends.days_by_reminders()),
        *(("held_back_by_rule", rule, count) for rule, count in queries.prevented_by_rule()),
    ]
    rows = [
        (what, "all" if key is None else key, "hidden" if count is None else count)
        for what, key, count in lines
    ]
    response = HttpResponse(
        csv_out.document([("table", "row", "reminders"), *rows]), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="contact-conduct.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@requires(Permission.REPORT_READ)
@require_safe
def complaints(request: HttpRequest) -> HttpResponse:
    """The tables of one month, the newest unless `month` names another; `by` chooses kinds or lenders."""
    standing = queries.standing_releases()
    asked = request.GET.get("month", "")
    month = _month(asked) if asked else standing[0].month if standing else None
    chosen = next((release for release in standing if release.month == month), None)
    if chosen is None and month is not None:
        chosen = queries.release_of(month)
    by = tables.BY_LENDER if request.GET.get("by") == tables.BY_LENDER else tables.BY_KIND
    return render(
        request,
        "reports/complaints.html",
        {
            **_tables(chosen, by),
            "month": month,
            "months": [release.month for release in standing],
            "answered": _answered(standing),
            "seal": queries.newest_seal(),
        },
    )


@requires(Permission.REPORT_READ)
@require_safe
def releases(request: HttpRequest) -> HttpResponse:
    return render(
        request, "reports/releases.html", {"releases": queries.releases(), "seal": queries.newest_seal()}
    )


@requires(Permission.REPORT_READ)
@require_safe
def release(request: HttpRequest, edition: str) -> HttpResponse:
    found = _release(edition)
    by = tables.BY_LENDER if request.GET.get("by") == tables.BY_LENDER else tables.BY_KIND
    return render(request, "reports/release.html", {**_tables(found, by), "seal": queries.newest_seal()})


@requires(Permission.REPORT_READ)
@require_safe
def release_csv(request: HttpRequest, edition: str) -> HttpResponse:
    found = _release(edition)
    return _file(csv_out.document(tables.csv_rows(found, by_lender=True)), "text/csv; charset=utf-8", found)


@requires(Permission.REPORT_READ)
@require_safe
def release_json(request: HttpRequest, edition: str) -> HttpResponse:
    """The exact bytes that the SHA-256 is of."""
    found = _release(edition)
    return _file(found.document.encode(), "application/json", found)


def _month(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Http404 from None


def _release(edition: str) -> Release:
    """2026-10-2 is the second release of October 2026."""
    month, _dash, number = edition.rpartition("-")
    found = (
        queries.release_of(_month(month), int(number)) if re.fullmatch("[1-9][0-9]{0,3}", number) else None
    )
    if found is None:
        raise Http404
    return found


def _tables(chosen: Release | None, by: str) -> dict[str, object]:
    """The tables of a release; none of them when even the number of all complaints is hidden."""
    content = chosen.content(by_lender=True) if chosen else None
    main = tables.shown(content, released.BY_CATEGORY, by) if content else None
    return {
        "release": chosen,
        "replaced_by": tables.replaced_by(chosen) if chosen else None,
        "by": by,
        "tables": tables.all_shown(content, by) if content and main and main.total else [],
        "without_outcomes": content is not None and content["tables"][released.BY_OUTCOME] is None,
        # With names, the public file is the one with lenders, and nothing open matches the other hash.
        "names_public": settings.PUBLISH_LENDER_NAMES,
        "threshold": content["threshold"] if content else settings.SMALL_CELL_THRESHOLD,
    }


def _answered(standing: list[Release]) -> list[dict[str, object]]:
    """Of a hundred complaints that were not withdrawn, how many were answered in time, per month, oldest first."""
    shares: list[tuple[dt.date, int | None]] = []
    for one in reversed(standing):
        cells = released.cells(one.content(by_lender=False), released.BY_OUTCOME)
        in_time = cells.get((ComplaintFact.Response.IN_TIME, ALL))
        missed = cells.get((ComplaintFact.Response.MISSED, ALL))
        whole = in_time + missed if in_time is not None and missed is not None else 0
        shares.append((one.month, round(100 * in_time / whole) if whole and in_time is not None else None))
    drawn = charts.bars([share or 0 for _month, share in shares])
    return [
        {"month": month, "share": share, "bar": bar}
        for (month, share), bar in zip(shares, drawn, strict=True)
    ]


def _file(content: bytes, kind: str, found: Release) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    ending = "csv" if kind.startswith("text/csv") else "json"
    response["Content-Disposition"] = f'attachment; filename="complaints-{found.edition}.{ending}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
