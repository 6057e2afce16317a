"""Complaints on the officers' desk: what the borrower sent, by when the answer is due, and the answer. No date can be touched."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import Case as When
from django.db.models import F, IntegerField, Q, QuerySet, Value
from django.db.models import When as If
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import clock, identifiers, queries_diary
from cases import queries as case_queries
from cases.access import Permission, requires
from cases.actions import complaints as actions
from cases.complaint_words import category_label, rule_shown, steps
from cases.domain.refusal import Refused
from cases.models import Complaint, Viewing
from portal.officer.watch import complaint_of, shows

PAGE = 50
SHOWS = {
    "waiting": Q(state=Complaint.State.SENT),
    "missed": Q(clock__missed__isnull=False),
    "all": Q(),
}


class AnswerForm(forms.Form):
    """A lender's answer: words, and nothing that could touch a date."""

    text = forms.CharField(
        label=gettext_lazy("Your answer to the borrower"),
        help_text=gettext_lazy("What you decided, why, and what you will do."),
        max_length=actions.LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={
            "required": gettext_lazy("Write a sentence. The borrower reads it."),
            "max_length": gettext_lazy("This is longer than we can keep. Please shorten it."),
        },
    )


@requires(Permission.CASE_READ)
def complaints(request: HttpRequest) -> HttpResponse:
    lender = case_queries.lender_of(request.user)
    if lender is None:
        return _page(request, "officer/no_post.html", title=_("Complaints"))
    show = request.GET.get("show", "waiting")
    if show not in SHOWS:
        show = "waiting"
    every = queries_diary.complaints_for(request.user)
    page = Paginator(_by_due(every.filter(SHOWS[show])), PAGE).get_page(request.GET.get("page"))
    today = clock.today()
    return _page(
        request,
        "officer/complaints.html",
        title=_("Complaints"),
        here="complaints",
        rows=[_row(complaint, today) for complaint in page],
        page=page,
        show=show,
        counts={name: every.filter(which).count() for name, which in SHOWS.items()},
    )


@shows(Viewing.Purpose.READ_COMPLAINT, complaint_of)
@requires(Permission.CASE_READ)
def complaint(request: HttpRequest, ref: str) -> HttpResponse:
    """One complaint as it was sent; POST answers it, once."""
    kept = _or_404(request, ref)
    form = AnswerForm(request.POST or None)
    refused, status = None, 200
    if request.method == "POST":
        if not request.user.may(Permission.CASE_ANSWER):
            raise Http404
        if form.is_valid():
            try:
                actions.answer(by=request.user, complaint=kept, text=form.cleaned_data["text"])
            except Complaint.DoesNotExist:
                raise Http404 from None
            except Refused as found:
                kept = _or_404(request, ref)
                if (
                    kept.answered_by_id == request.user.pk
                    and kept.answer == form.cleaned_data["text"].strip()
                ):
                    return redirect("admin:complaint", kept.ref)
                refused, status = found, 409
            else:
                messages.success(request, _("Answered. The borrower is told now."))
                return redirect("admin:complaint", kept.ref)
        else:
            status = 422
    return _page(
        request,
        "officer/complaint.html",
        status=status,
        title=_("Complaint %(ref)s") % {"ref": kept.ref},
        here="complaints",
        complaint=kept,
        reach=identifiers.spoken(kept.reach),
        category=category_label(kept.category),
        wants=[Complaint.Want(want).label for want in kept.wants],
        steps=steps(kept, clock.today(), mine=False),
        rule=rule_shown(kept.clock.rule, kept.clock.received_on),
        statutory=kept.clock.is_statutory,
        form=form,
        refused=refused,
        today=clock.today(),
    )


def _by_due(complaints: QuerySet[Complaint]) -> QuerySet[Complaint]:
    """What still waits first, by its date; then the rest, the newest first."""
    waits = When(If(state=Complaint.State.SENT, then=Value(0)), default=Value(1), output_field=IntegerField())
    return complaints.annotate(waits=waits).order_by("waits", F("clock__due_on"), "-sent_at", "id")


def _row(complaint: Complaint, today: dt.date) -> dict[str, Any]:
    return {
        "complaint": complaint,
        "category": category_label(complaint.category),
        "due_on": complaint.clock.due_on,
        "statutory": complaint.clock.is_statutory,
        "missed": complaint.clock.missed_at is not None,
        "late": complaint.state == Complaint.State.SENT and complaint.clock.due_on < today,
    }


def _or_404(request: HttpRequest, ref: str) -> Complaint:
    return get_object_or_404(queries_diary.complaints_for(request.user), ref=ref)


def _page(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context}, status=status)
