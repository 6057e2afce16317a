"""The officer's queue, case and answers: inside the admin's frame, ending in the shared actions."""

from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cases import clock
from cases import queries as case_queries
from cases.access import Permission, requires
from cases.domain.refusal import Refused
from cases.models import Case
from notices import queries as notice_queries
from portal.officer import queries
from portal.officer.forms import CounterForm, RefusalForm
from repayment import queries as repayment_queries
from repayment.actions import offers
from repayment.domain import schedule as schedules
from repayment.domain.difference import differences
from repayment.domain.terms import Terms
from repayment.models import Offer

PAGE = 50


@requires(Permission.CASE_READ)
def queue(request: HttpRequest) -> HttpResponse:
    today = clock.today()
    cases = queries.queue(request.user, today=today)
    show = request.GET.get("show", "all")
    wanted = request.GET.get("q", "").strip().upper()
    chosen = cases.filter(queries.SHOWS.get(show, queries.SHOWS["all"]))
    if wanted:
        # Exact only: a search that completes references would let an officer browse.
        chosen = chosen.filter(ref=wanted)
    page = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    return _page(
        request,
        "officer/queue.html",
        title=_("Queue"),
        groups=queries.grouped(list(page), today),
        page=page,
        counts=queries.counts(cases),
        show=show if show in queries.SHOWS else "all",
        wanted=wanted,
        today=today,
    )


@requires(Permission.CASE_READ)
def case(request: HttpRequest, ref: str) -> HttpResponse:
    return _case_page(request, _case_or_404(request, ref))


@requires(Permission.CASE_ANSWER)
def acceptance(request: HttpRequest, ref: str) -> HttpResponse:
    """Accept the borrower's offer. GET shows what will be agreed."""
    offer = _offer_or_404(request, ref)
    terms = Terms.from_json(offer.terms)
    if request.method == "POST":
        try:
            plan = offers.accept(by=request.user, offer=offer)
        except Refused as refused:
            return _case_page(request, offer.case, refused=refused, status=409)
        messages.success(request, _("Agreed. The borrower is told now."))
        return redirect("admin:case", plan.case.ref)
    return _page(
        request,
        "officer/acceptance.html",
        title=_("Accept this proposal"),
        offer=offer,
        terms=terms,
        schedule=schedules.build(terms),
    )


@requires(Permission.CASE_ANSWER)
def counter(request: HttpRequest, ref: str) -> HttpResponse:
    """Answer with other terms: first the totals and the difference, then the sending."""
    offer = _offer_or_404(request, ref)
    before = Terms.from_json(offer.terms)
    policy = repayment_queries.policy_for(offer.case.lender, clock.today())
    form = CounterForm(request.POST or None, before=before, policy=policy)
    preview, status = None, 200
    if request.method == "POST":
        if form.is_valid():
            preview = form.preview
            if "send" in request.POST:
                try:
                    answer = offers.counter(
                        by=request.user, offer=offer, terms=form.terms, reason=form.cleaned_data["reason"]
                    )
                except Refused as refused:
                    form.refuse(refused)
                    preview, status = None, 409
                else:
                    messages.success(request, _("Your offer is with the borrower."))
                    return redirect("admin:case", answer.case.ref)
        else:
            status = 422
    return _page(
        request,
        "officer/counter.html",
        status=status,
        title=_("Answer with another offer"),
        offer=offer,
        terms=before,
        policy=policy,
        form=form,
        schedule=preview,
        differences=differences(before, form.terms) if preview else (),
    )


@requires(Permission.CASE_ANSWER)
def refusal(request: HttpRequest, ref: str) -> HttpResponse:
    """Say no, with a reason that the borrower reads."""
    offer = _offer_or_404(request, ref)
    form = RefusalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            offers.decline(by=request.user, offer=offer, reason=form.cleaned_data["reason"])
        except Refused as refused:
            return _case_page(request, offer.case, refused=refused, status=409)
        messages.success(request, _("Declined. The borrower is told, with your reason."))
        return redirect("admin:case", offer.case.ref)
    return _page(
        request,
        "officer/refusal.html",
        status=422 if form.errors else 200,
        title=_("Decline this proposal"),
        offer=offer,
        terms=Terms.from_json(offer.terms),
        form=form,
    )


@requires(Permission.CASE_ANSWER)
def withdrawal(request: HttpRequest, ref: str) -> HttpResponse:
    """Take back the lender's own offer while nobody has answered it."""
    offer = _offer_or_404(request, ref)
    if request.method == "POST":
        try:
            offers.withdraw(by=request.user, offer=offer)
        except Refused as refused:
            return _case_page(request, offer.case, refused=refused, status=409)
        messages.success(request, _("Your offer is withdrawn."))
        return redirect("admin:case", offer.case.ref)
    return _page(
        request,
        "officer/withdrawal.html",
        title=_("Withdraw your offer"),
        offer=offer,
        terms=Terms.from_json(offer.terms),
    )


def _case_or_404(request: HttpRequest, ref: str) -> Case:
    return get_object_or_404(queries.queue(request.user, today=clock.today()), ref=ref)


def _offer_or_404(request: HttpRequest, ref: str) -> Offer:
    return get_object_or_404(repayment_queries.offers_for(request.user), ref=ref)


def _case_page(
    request: HttpRequest, case: Case, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    lender = case_queries.lender_of(request.user)
    if lender is None:
        raise Http404
    sheets = queries.sheets(request.user, case)
    return _page(
        request,
        "officer/case.html",
        status=status,
        title=_("Case"),
        case=case,
        refused=refused,
        shown=queries.shown_fields(case),
        debts=queries.debts_of(request.user, case),
        sheets=sheets,
        open_sheets=[sheet for sheet in sheets if sheet.offer.state == Offer.State.OPEN],
        holds=queries.holds_of(case).exists(),
        allowance=notice_queries.allowance(case.borrower, lender),
        notices=notice_queries.for_case(case)[:10],
        policy=repayment_queries.policy_for(lender, clock.today()),
        today=clock.today(),
    )


def _page(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context}, status=status)
