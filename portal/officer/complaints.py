"""Complaints on the officers' desk: what the borrower sent, by when the answer is due, and the answer. No date can be touched."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case as When
from django.db.models import Count, F, IntegerField, Max, Q, QuerySet, Value
from django.db.models import When as If
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import clock, identifiers, queries_complaints, queries_diary
from cases import queries as case_queries
from cases.access import Permission, Role, requires
from cases.actions import complaint_rounds as more
from cases.actions import complaints as actions
from cases.complaint_words import category_label, rule_shown, steps
from cases.domain.refusal import Refused
from cases.models import Complaint, Viewing
from portal.officer.pages import desk_page
from portal.officer.watch import complaint_of, shows

PAGE = 50
SHOWS = {
    "waiting": Q(state=Complaint.State.SENT),
    "late": Q(is_late=True),
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


class MoreTimeForm(forms.Form):
    """Why an answer takes longer; the new last day is the rule's, not the lender's."""

    why = forms.CharField(
        label=gettext_lazy("Why it takes longer"),
        help_text=gettext_lazy("The borrower reads it word for word."),
        max_length=actions.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": gettext_lazy("Say why. The borrower reads it."),
            "max_length": gettext_lazy("This is longer than we can keep. Please shorten it."),
        },
    )


@requires(Permission.CASE_READ)
def complaints(request: HttpRequest) -> HttpResponse:
    lender = case_queries.lender_of(request.user)
    if lender is None:
        return desk_page(request, "officer/no_post.html", here="", title=_("Complaints"))
    show = request.GET.get("show", "waiting")
    if show not in SHOWS:
        show = "waiting"
    today = clock.today()
    every = queries_complaints.with_late(queries_diary.complaints_for(request.user), today)
    page = Paginator(_by_due(every.filter(SHOWS[show])), PAGE).get_page(request.GET.get("page"))
    return desk_page(
        request,
        "officer/complaints.html",
        title=_("Complaints"),
        here="complaints",
        rows=[_row(complaint) for complaint in page],
        page=page,
        show=show,
        counts=every.order_by().aggregate(
            **{name: Count("pk", filter=which) for name, which in SHOWS.items()}
        ),
    )


@shows(Viewing.Purpose.READ_COMPLAINT, complaint_of)
@requires(Permission.CASE_READ)
def complaint(request: HttpRequest, ref: str) -> HttpResponse:
    """One complaint as it was sent; POST answers it, once, or says why that takes longer."""
    kept = _or_404(request, ref)
    longer = request.method == "POST" and "more_time" in request.POST
    form = AnswerForm(request.POST if request.method == "POST" and not longer else None)
    time_form = MoreTimeForm(request.POST if longer else None)
    refused, status = None, 200
    if request.method == "POST":
        if not request.user.may(Permission.CASE_ANSWER):
            raise Http404
        chosen = time_form if longer else form
        if chosen.is_valid():
            try:
                if longer:
                    more.extend(by=request.user, complaint=kept, words=time_form.cleaned_data["why"])
                else:
                    actions.answer(by=request.user, complaint=kept, text=form.cleaned_data["text"])
            except Complaint.DoesNotExist:
                raise Http404 from None
            except Refused as found:
                kept = _or_404(request, ref)
                if not longer and _said_already(request, kept, form):
                    return redirect("admin:complaint", kept.ref)
                refused, status = found, 409
            else:
                done = (
                    _("Noted. The borrower can read it.")
                    if longer
                    else _("Answered. The borrower is told now.")
                )
                messages.success(request, done)
                return redirect("admin:complaint", kept.ref)
        else:
            status = 422
    more_time = more.may_extend(kept) if request.user.may(Permission.CASE_ANSWER) else None
    return desk_page(
        request,
        "officer/complaint.html",
        status=status,
        title=_("Complaint %(ref)s") % {"ref": kept.ref},
        here="complaints",
        complaint=kept,
        due_on=actions.last_day(kept),
        reach=identifiers.spoken(kept.reach),
        category=category_label(kept.category),
        labels=[category_label(label) for label in kept.labels],
        wants=[Complaint.Want(want).label for want in kept.wants],
        steps=steps(kept, clock.today(), mine=False),
        rule=rule_shown(kept.clock.rule, kept.clock.received_on, kept.lender.jurisdiction),
        statutory=kept.clock.is_statutory,
        form=form,
        time_form=time_form,
        more_time=more_time,
        rounds=[each for each in queries_complaints.rounds(kept) if each.pk != kept.pk and each.delivered_at],
        # Who leads a desk sees that it is not one case; an officer answers the one in hand.
        pattern=queries_complaints.pattern_of(kept) if request.user.role == Role.TEAM_LEAD else None,
        pattern_days=queries_complaints.pattern_days(),
        refused=refused,
        today=clock.today(),
    )


def _said_already(request: HttpRequest, kept: Complaint, form: AnswerForm) -> bool:
    """The same answer by the same officer: the button was pressed twice."""
    return kept.answered_by_id == request.user.pk and kept.answer == form.cleaned_data["text"].strip()


def _by_due(complaints: QuerySet[Complaint]) -> QuerySet[Complaint]:
    """What still waits first, by its date; then the rest, the newest first."""
    waits = When(If(state=Complaint.State.SENT, then=Value(0)), default=Value(1), output_field=IntegerField())
    due = Coalesce(Max("facets__until"), F("clock__due_on"))
    return complaints.annotate(waits=waits, due=due).order_by("waits", "due", "-sent_at", "id")


def _row(complaint: Complaint) -> dict[str, Any]:
    due_on = actions.last_day(complaint)
    return {
        "complaint": complaint,
        "category": category_label(complaint.category),
        "due_on": due_on,
        "statutory": complaint.clock.is_statutory,
        "missed": complaint.clock.missed_at is not None,
        "late": complaint.is_late,  # type: ignore[attr-defined]
    }


def _or_404(request: HttpRequest, ref: str) -> Complaint:
    return get_object_or_404(queries_diary.complaints_for(request.user), ref=ref)
