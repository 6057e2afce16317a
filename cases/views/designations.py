"""My terms with each lender: said with one press, dated, with a letter to copy; ended as openly as begun."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import clock, designation_words, naming, queries, queries_designations, queries_diary
from cases.access import Permission, requires
from cases.actions import designations as actions
from cases.actions.designations import Said
from cases.domain.refusal import Refused
from cases.forms.designations import PRESETS, DesignationForm
from cases.models import Designation, Lender


@requires(Permission.FILE_KEEP)
@require_GET
def designations(request: HttpRequest) -> HttpResponse:
    """The lenders one can say something to, and how much stands with each."""
    now = clock.now()
    count: dict[int | None, int] = {}
    for row in queries_designations.designations_for(request.user):
        count[row.lender_id] = count.get(row.lender_id, 0) + row.stands(now)
    lenders = [
        (lender, naming.called(lender), count.get(lender.pk, 0))
        for lender in queries.creditors_of(request.user)
    ]
    return render(request, "designations/list.html", {"lenders": lenders})


@requires(Permission.FILE_KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def designations_with(request: HttpRequest, ref: str) -> HttpResponse:
    lender = _creditor(request, ref)
    form = DesignationForm(
        request.POST if request.method == "POST" and "preset" not in request.POST else None,
        lender=lender,
        debts=list(queries.debts_for(request.user)),
        zone=queries_diary.zone_of(request.user),
    )
    refused = None
    if request.method == "POST":
        said = _said(request, lender, form)
        if said is not None:
            try:
                actions.designate(by=request.user, said=said)
            except Refused as found:
                if form.is_bound:
                    form.refuse(found)
                else:
                    refused = found
            else:
                messages.success(
                    request, _("Written down. Now copy the letter and send it, so that they know.")
                )
                return redirect("designations_with", lender.ref)
    rows = [
        row
        for row in queries_designations.designations_for(request.user)
        if row.lender_id in (None, lender.pk)
    ]
    now = clock.now()
    standing = [row for row in rows if row.stands(now)]
    context = {
        "lender": lender,
        "form": form,
        "refused": refused,
        "presets": [(name, label) for name, (label, _said) in PRESETS.items()],
        "standing": [(row, designation_words.line(row)) for row in standing],
        "ended": [(row, designation_words.line(row)) for row in rows if row not in standing],
        "letter": designation_words.letter(lender, request.user.name, standing),
    }
    return render(
        request, "designations/lender.html", context, status=409 if refused else 422 if form.errors else 200
    )


@requires(Permission.FILE_KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def designation_end(request: HttpRequest, ref: str) -> HttpResponse:
    held = get_object_or_404(queries_designations.designations_for(request.user), ref=ref)
    back_url = (
        reverse("designations_with", args=[held.lender.ref]) if held.lender else reverse("designations")
    )
    if request.method == "POST":
        try:
            actions.end(by=request.user, designation=held)
        except Designation.DoesNotExist:
            raise Http404 from None
        messages.success(
            request, _("It holds no more from now on. What happened before is still judged by it.")
        )
        return redirect(back_url)
    context = {"designation": held, "line": designation_words.line(held), "back_url": back_url}
    return render(request, "designations/end.html", context)


def _said(request: HttpRequest, lender: Lender, form: DesignationForm) -> Said | None:
    """What one press or the whole form says; None for a form that cannot be read."""
    preset = request.POST.get("preset")
    if preset is None:
        return form.said() if form.is_valid() else None
    if preset not in PRESETS:
        raise Http404
    return Said(lender=lender, **PRESETS[preset][1])


def _creditor(request: HttpRequest, ref: str) -> Lender:
    """One of the person's own lenders; any other is no page."""
    found = [lender for lender in queries.creditors_of(request.user) if lender.ref == ref]
    if not found:
        raise Http404
    return found[0]
