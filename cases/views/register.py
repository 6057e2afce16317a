"""Who may contact me: who owns and serves a debt today, whom they have named, and what its stage allows."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from cases import clock, naming, queries, queries_register, stage_words
from cases.access import Permission, requires


@requires(Permission.FILE_KEEP)
@require_GET
def debt_who(request: HttpRequest, ref: str) -> HttpResponse:
    debt = get_object_or_404(queries.debts_for(request.user), ref=ref)
    today = clock.today()
    [standing] = queries_register.standings([debt], today)
    context = {"name": naming.name_of(debt), "today": today, "standing": stage_words.shown(standing)}
    return render(request, "register/debt.html", context)
