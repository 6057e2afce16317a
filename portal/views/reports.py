"""What a regulator reads: fixed tables with small cells hidden, and the register of rules."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases import clock
from cases.access import Permission, public, requires
from cases.domain import rulebook
from cases.models import Lender
from notices.queries import prevented_by_rule
from portal import queries


@requires(Permission.REPORT_READ)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    kinds = dict(Lender.Kind.choices)
    rules = {rule.id: rule for rule in rulebook.load("cn").rules}
    return render(
        request,
        "reports/overview.html",
        {
            "months": queries.messages_by_month(),
            "decisions": queries.decisions_taken(),
            "plans": [(kinds[kind], count) for kind, count in queries.plans_agreed_by_kind()],
            "prevented": [
                (rules.get(rule), queries.hide_small(count), rule) for rule, count in prevented_by_rule()
            ],
            "threshold": settings.SMALL_CELL_THRESHOLD,
            "now": clock.now(),
        },
    )


@public
@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """The register: every rule that a machine here judges by, with its force and citation."""
    book = rulebook.load("cn")
    return render(request, "reports/rules.html", {"book": book, "today": clock.today()})
