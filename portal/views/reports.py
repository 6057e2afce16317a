"""What a regulator reads: frozen tables with small cells hidden and contact conduct.

Every page here reads on the connection that cannot write; sessions and sign-in stay on the other one.
"""

import datetime as dt
import re
from collections.abc import Sequence

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
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
    found = queries_sends.conduct()
    return render(
        request,
        "reports/overview.html",
        {
            "conduct": found,
            "heads": {
                name: [_COLUMNS[column] for column in getattr(found, name).columns]
                for name in ("months", "hours", "rules")
            },
            "hours": _drawn(found.hours.lines, of=slice(0, 1)),
            "rules": [
                (line, rules.get(line.key), bar) for line, bar in _drawn(found.rules.lines, of=slice(None))
            ],
            "decisions": queries.decisions_taken(),
            "plans": [(kinds.get(kind), count) for kind, count in queries.plans_agreed_by_kind()],
            "threshold": settings.SMALL_CELL_THRESHOLD,
            "seal": queries.newest_seal(),
        },
    )


_COLUMNS = {
    queries_sends.REMINDERS: gettext_lazy("Reminders"),
    queries_sends.ANSWERS: gettext_lazy("Answers and confirmations"),
    queries_sends.CODES: gettext_lazy("Sign-in codes"),
    queries_sends.PUT_OFF: gettext_lazy("Put off"),
    queries_sends.NOT_SENT: gettext_lazy("Not sent"),
    "days": gettext_lazy("Days"),
}


def _drawn(lines: Sequence[queries_sends.Line], of: slice) -> list[tuple[queries_sends.Line, object]]:
    """Each line with a bar of these columns together; the total, and a line with a hidden one of them, has none."""
    parts = [line.counts[of] for line in lines]
    plain = [
        None if line.is_total or None in part else sum(part) for line, part in zip(lines, parts, strict=True)
    ]
    bars = charts.bars([count or 0 for count in plain])
    return [(line, "" if count is None else bar) for line, count, bar in zip(lines, plain, bars, strict=True)]


@requires(Permission.REPORT_READ)
@require_safe
def conduct_csv(request: HttpRequest) -> HttpResponse:
    """Every table of the page about contact conduct as one file, with its days and what it counts; a hidden number
    reads "hidden"."""
    found = queries_sends.conduct()
    rows = [("table", "from", "to", "row", "column", "counts", "number")]
    for name, table, since, unit in (
        ("by_month", found.months, found.since, "messages"),
        ("by_hour", found.hours, found.since, "messages"),
        ("by_rule", found.rules, found.since, "messages"),
        ("by_reminders_in_a_day", found.days, found.days_since, "days of a person"),
    ):
        for line in table.lines:
            key = "all" if line.is_total else line.key
            for column, count in zip(table.columns, line.counts, strict=True):
                rows.append((name, since, found.until, key, column, unit, _number(count)))
    for kind, count in queries.plans_agreed_by_kind():
        key = "all" if kind == ALL else kind
        rows.append(("in_force_by_kind_of_lender", "", found.until, key, "plans", "plans", _number(count)))
    response = HttpResponse(csv_out.document(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="contact-conduct.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _number(count: int | None) -> str:
    return "hidden" if count is None else str(count)


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
