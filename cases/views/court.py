"""Court papers: what came, on which day, by when to answer, and who helps free of charge."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import clock, naming, queries, queries_complaints, queries_diary, working_calendar
from cases.access import Permission, requires
from cases.actions import court_papers as actions
from cases.complaint_words import rule_shown
from cases.domain import court_clock
from cases.domain.refusal import Refused
from cases.forms.complaint_steps import PAPERS, CourtForm
from cases.models import CourtPaper

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
LINES = ("12348",)
_SOON = dt.timedelta(days=5)


@requires(Permission.FILE_KEEP)
@require_GET
def court(request: HttpRequest) -> HttpResponse:
    papers = queries_complaints.court_papers_for(request.user)
    return render(
        request,
        "court/list.html",
        {
            "cards": [_card(paper) for paper in papers[:50]],
            "lines": queries_diary.help_lines(*LINES),
            "abroad": papers.exclude(jurisdiction="CN").exists(),
        },
    )


@requires(Permission.FILE_KEEP)
@get_or_post
def court_new(request: HttpRequest) -> HttpResponse:
    today = clock.today()
    lenders = list(queries.creditors_of(request.user))
    # The papers of the laws under which the person's debts stand; China's where there is no debt yet.
    laws = {lender.jurisdiction for lender in lenders} & set(actions.JURISDICTIONS) or {"CN"}
    offered = [
        (law, rule)
        for law in actions.JURISDICTIONS
        if law in laws
        for rule in court_clock.papers(working_calendar.books(law), today)
    ]
    form = CourtForm(request.POST or None, papers=[rule for _law, rule in offered], lenders=lenders)
    if request.method == "POST" and form.is_valid():
        kind = form.cleaned_data["kind"]
        try:
            actions.note(
                by=request.user,
                jurisdiction=next(law for law, rule in offered if rule.id == kind),
                rule=kind,
                received_on=form.cleaned_data["received_on"],
                lender=form.lenders.get(form.cleaned_data["lender"]),
                once=form.cleaned_data["once"],
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Written down. The day to answer by is below."))
            return redirect("court")
    return render(
        request,
        "court/form.html",
        {"form": form, "lines": queries_diary.help_lines(*LINES)},
        status=422 if form.errors else 200,
    )


@requires(Permission.FILE_KEEP)
@require_POST
def court_answer(request: HttpRequest, ref: str) -> HttpResponse:
    return _act(request, ref, actions.answered, _("Written down: you have answered."))


@requires(Permission.FILE_KEEP)
@require_POST
def court_removal(request: HttpRequest, ref: str) -> HttpResponse:
    return _act(request, ref, actions.remove, _("Taken off this page."))


def _act(request: HttpRequest, ref: str, act: Any, done: str) -> HttpResponse:
    paper = get_object_or_404(queries_complaints.court_papers_for(request.user), ref=ref)
    try:
        act(by=request.user, paper=paper)
    except CourtPaper.DoesNotExist:
        raise Http404 from None
    messages.success(request, done)
    return redirect("court")


def _card(paper: CourtPaper) -> dict[str, Any]:
    left = (paper.due_on - clock.today()).days
    return {
        "paper": paper,
        "title": str(PAPERS.get(paper.rule, paper.rule)),
        "lender": naming.called(paper.lender) if paper.lender else "",
        "rule": rule_shown(paper.rule, paper.received_on, paper.jurisdiction),
        "left": left,
        "soon": paper.answered_on is None and 0 <= left <= _SOON.days,
        "over": paper.answered_on is None and left < 0,
    }
