"""The sealed record, for anyone: its newest heads, and whether a head somebody kept is still part of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from cases import queries_ledger
from cases.access import public
from cases.actions import ledger
from cases.forms.record import HeadForm

_SHOWN = 12


@public
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest) -> HttpResponse:
    """Nothing typed here is stored or put into an address."""
    form = HeadForm(request.POST if request.method == "POST" else None)
    asked = form.is_bound and form.is_valid()
    return render(
        request,
        "public/record.html",
        {
            "form": form,
            "asked": asked,
            "found": queries_ledger.seal_by_head(form.cleaned_data["head"]) if asked else None,
            "seals": queries_ledger.newest_seals(_SHOWN),
            "key": ledger.public_key().hex(),
        },
        status=422 if form.errors else 200,
    )


@public
@require_safe
def heads(request: HttpRequest) -> HttpResponse:
    """Every head, one a line, NUMBER HEAD, oldest first: to be kept by whoever does not trust us."""
    lines = "".join(f"{number} {head}\n" for number, head in queries_ledger.all_heads())
    response = HttpResponse(lines, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="heads.txt"'
    return response
