"""The released tables for anyone's machine. The answer depends on the address alone: no cookie is read or set
(`portal.api.cookieless.Cookieless`)."""

import datetime as dt

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import override
from django.views.decorators.http import require_safe

from cases import csv_out
from cases.access import public
from cases.models import Release
from portal import queries_reports as queries
from portal import tables

# The same for everybody, so anybody in between may keep it for a while.
_KEEP = "public, max-age=300"


@public
@require_safe
def complaints(request: HttpRequest) -> HttpResponse:
    """`month=YYYY-MM`, optionally `release=N` and `format=json|csv|document`; the document is what was hashed."""
    wanted = request.GET.get("format", "json")
    try:
        month = dt.date.fromisoformat(f"{request.GET.get('month', '')}-01")
        number = int(request.GET["release"][:5]) if "release" in request.GET else None
    except ValueError:
        return _refusal(422, "month_or_release", "Give month=YYYY-MM, and release as a whole number.")
    if wanted not in {"json", "csv", "document"}:
        return _refusal(422, "format", "format is json, csv or document.")
    found = queries.release_of(month, number)
    if found is None:
        return _refusal(404, "not_released", "Nothing was published for this month.")
    by_lender = settings.PUBLISH_LENDER_NAMES
    if wanted == "csv":
        with override("en"):
            content = csv_out.document(tables.csv_rows(found, by_lender=by_lender))
        return _kept(HttpResponse(content, content_type="text/csv; charset=utf-8"))
    if wanted == "document":
        document = found.document if by_lender else found.open_document
        return _kept(HttpResponse(document.encode(), content_type="application/json"))
    return _kept(JsonResponse(tables.for_machines(found, by_lender=by_lender)))


@public
@require_safe
def releases(request: HttpRequest) -> HttpResponse:
    """Everything ever published, newest first, replaced releases too."""
    return _kept(JsonResponse({"releases": [_entry(release) for release in queries.releases()]}))


def _entry(release: Release) -> dict[str, object]:
    later = tables.replaced_by(release)
    return {
        "month": f"{release.month:%Y-%m}",
        "release": release.number,
        "method": release.method,
        "made_at": release.made_at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"),
        "sha256": release.sha256 if settings.PUBLISH_LENDER_NAMES else release.open_sha256,
        "reason": release.reason,
        "replaced_by": later.number if later else None,
    }


def _refusal(status: int, code: str, detail: str) -> HttpResponse:
    return JsonResponse({"code": code, "detail": detail}, status=status)


def _kept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = _KEEP
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response
