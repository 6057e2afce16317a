"""What many people complain of at once, for the regulator: one lender, one matter, and never fewer people than may be shown."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from cases import queries_complaints, queries_helpers
from cases.access import Permission, requires
from cases.complaint_words import category_label
from cases.domain import scam
from portal.routing import reports


@requires(Permission.REPORT_READ)
@require_safe
def patterns(request: HttpRequest) -> HttpResponse:
    english = (get_language() or "").startswith("en")
    rows = [
        {
            "lender": (found.lender.name_en if english else "") or found.lender.name,
            "category": category_label(found.category),
            "people": found.people,
            "last_on": found.last_on,
        }
        for found in queries_complaints.patterns(using=reports())
    ]
    return render(
        request,
        "reports/patterns.html",
        {
            "rows": rows,
            "helpers": [
                (scam.load().rows[found.sign].name[get_language() or "en"], found.count)
                for found in queries_helpers.by_sign(using=reports())
            ],
            "days": queries_complaints.pattern_days(),
            "threshold": settings.SMALL_CELL_THRESHOLD,
        },
    )
