"""A question about an offer, and the answer to one of theirs: one page each, for the borrower."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import naming
from cases import queries as case_queries
from cases.access import Permission, requires
from cases.domain.refusal import Refused
from cases.naming import Named
from repayment import queries, queries_approvals
from repayment.actions import questions as actions
from repayment.forms import AnswerForm, QuestionForm
from repayment.models import Offer

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@requires(Permission.OFFER_ANSWER)
@get_or_post
def question_new(request: HttpRequest, ref: str) -> HttpResponse:
    offer = get_object_or_404(queries.offers_for(request.user), ref=ref)
    form = QuestionForm(request.POST or None)
    refused = None
    if form.is_bound and form.is_valid():
        try:
            actions.ask(by=request.user, offer=offer, text=form.cleaned_data["text"])
        except Refused as caught:
            refused = caught
        else:
            messages.success(request, _("Your question is with them. They answer here, not by telephone."))
            return redirect("offer", ref=offer.ref)
    return render(
        request,
        "offers/question.html",
        {
            "offer": offer,
            "named": _named(request, offer),
            "form": form,
            "refused": refused,
        },
        status=409 if refused else 422 if form.errors else 200,
    )


@requires(Permission.OFFER_ANSWER)
@get_or_post
def question(request: HttpRequest, ref: str) -> HttpResponse:
    found = get_object_or_404(queries_approvals.questions_for(request.user), ref=ref)
    offer = queries_approvals.standing_for(found.offer)
    form = AnswerForm(request.POST or None)
    refused = None
    if hasattr(found, "reply"):
        return redirect("offer", ref=offer.ref)
    if form.is_bound and form.is_valid():
        try:
            actions.answer(by=request.user, question=found, text=form.cleaned_data["text"])
        except Refused as caught:
            refused = caught
        else:
            messages.success(request, _("Your answer is with them."))
            return redirect("offer", ref=offer.ref)
    return render(
        request,
        "offers/answer.html",
        {
            "asked": found,
            "offer": found.offer,
            "named": _named(request, found.offer),
            "form": form,
            "refused": refused,
        },
        status=409 if refused else 422 if form.errors else 200,
    )


def _named(request: HttpRequest, offer: Offer) -> Named:
    """The lender as this borrower's list names it; a debt taken off the list is a list of its own."""
    mine = naming.named(case_queries.debts_for(request.user))
    return next((each for each in mine if each.debt.pk == offer.debt_id), naming.named([offer.debt])[0])
