"""The desk's side of a negotiation in the open: questions on offers, the second person, and the waiver budget."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cases import clock
from cases import queries as case_queries
from cases.access import Permission, requires
from cases.domain.refusal import Refused
from cases.formats import month, unit
from cases.models import Lender, User, Viewing
from portal.officer import queries
from portal.officer.pages import desk_page
from portal.officer.watch import case_of_approval, case_of_offer, case_of_question, shows
from repayment import queries as repayment_queries
from repayment import queries_approvals, queries_waivers, wording
from repayment.actions import approvals, questions, waivers
from repayment.actions.walls import REASON_LENGTH
from repayment.domain.difference import differences
from repayment.domain.terms import Terms
from repayment.domain.waiver_budget import month_of
from repayment.form_fields import minor_units
from repayment.models import Approval, Offer

_MONTHS_AHEAD = 6


class WordsForm(forms.Form):
    """A few words: a question or an answer to the borrower, a note or an answer to a colleague."""

    text = forms.CharField(
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Write a sentence first.")},
    )

    def __init__(self, *args: Any, label: object, help_text: object = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["text"].label = str(label)
        self.fields["text"].help_text = str(help_text)


class NoteForm(forms.Form):
    """What the second person reads before deciding."""

    note = forms.CharField(
        label=gettext_lazy("Why it is right for this borrower"),
        help_text=gettext_lazy("The second person reads this; the borrower does not."),
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class BudgetForm(forms.Form):
    """How much may be waived in a month, from that month on."""

    month = forms.ChoiceField(label=gettext_lazy("From"))
    limit = forms.CharField(label=gettext_lazy("At most"), max_length=24)

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.currency = currency
        field = self.fields["month"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(first.isoformat(), month(first)) for first in _coming()]
        self.fields["limit"].widget.attrs |= {"data-suffix": unit(currency), "inputmode": "decimal"}

    def clean_month(self) -> dt.date:
        return dt.date.fromisoformat(self.cleaned_data["month"])

    def clean_limit(self) -> int:
        return minor_units(self.cleaned_data["limit"], self.currency)


def budget_of(lender: Lender, currency: str = "") -> dict[str, Any]:
    """This month's waiver budget as the side of a page shows it."""
    currency = currency or repayment_queries.currency_of(lender)
    return {
        "standing": queries_waivers.standing(lender, currency),
        "currency": currency,
        "month": month_of(clock.today()),
    }


# ── questions ────────────────────────────────────────────────────────────────────────────────
@shows(Viewing.Purpose.ANSWER_OFFER, case_of_offer)
@requires(Permission.CASE_ANSWER)
def question_new(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask the borrower about an open offer."""
    offer = get_object_or_404(repayment_queries.offers_for(request.user), ref=ref)
    form = WordsForm(
        request.POST or None,
        label=_("Your question to the borrower"),
        help_text=_("One short question. The promised day of your answer stays."),
    )
    return _said(
        request,
        form,
        offer,
        say=lambda text: questions.ask(by=request.user, offer=offer, text=text),
        done=_("Your question is with the borrower."),
        title=_("Ask the borrower"),
        button=_("Ask"),
    )


@shows(Viewing.Purpose.ANSWER_OFFER, case_of_question)
@requires(Permission.CASE_ANSWER)
def question(request: HttpRequest, ref: str) -> HttpResponse:
    """Answer the borrower's question."""
    found = get_object_or_404(queries_approvals.questions_for(request.user), ref=ref)
    if hasattr(found, "reply"):
        return redirect("admin:case", found.offer.case.ref)
    form = WordsForm(
        request.POST or None,
        label=_("Your answer"),
        help_text=_("The borrower reads this, and it stays as it is."),
    )
    return _said(
        request,
        form,
        found.offer,
        say=lambda text: questions.answer(by=request.user, question=found, text=text),
        done=_("Answered. The borrower is told now."),
        title=_("Answer the borrower’s question"),
        asked=found,
        button=pgettext_lazy("button", "Answer"),
    )


def _said(
    request: HttpRequest,
    form: WordsForm,
    offer: Offer,
    *,
    say: Callable[[str], object],
    done: str,
    **context: Any,
) -> HttpResponse:
    """Say the words of the form to the borrower and go back to the case; or the page, with what stands against it."""
    refused = None
    if form.is_bound and form.is_valid():
        try:
            say(form.cleaned_data["text"])
        except Refused as caught:
            refused = caught
        else:
            messages.success(request, done)
            return redirect("admin:case", offer.case.ref)
    return desk_page(
        request,
        "officer/question.html",
        status=409 if refused else 422 if form.errors else 200,
        offer=offer,
        sheet=queries.sheet_of(offer),
        form=form,
        refused=refused,
        **context,
    )


# ── the second person ────────────────────────────────────────────────────────────────────────
@requires(Permission.CASE_ANSWER)
def approvals_page(request: HttpRequest) -> HttpResponse:
    """What waits for a second person, and what was decided lately."""
    rows = [_row(approval, request.user) for approval in queries_approvals.pending(request.user)]
    decided = queries_approvals.approvals_for(request.user).exclude(state=Approval.State.PENDING)
    lately = [
        _row(approval, request.user)
        for approval in decided.select_related("decided_by").order_by("-decided_at")[:20]
    ]
    return desk_page(
        request,
        "officer/approvals.html",
        here="approvals",
        title=_("Answers for a second person"),
        rows=rows,
        lately=lately,
        may_decide=request.user.may(Permission.APPROVE),
    )


@shows(Viewing.Purpose.ANSWER_OFFER, case_of_approval)
@requires(Permission.CASE_ANSWER)
def approval(request: HttpRequest, ref: str) -> HttpResponse:
    """One request: what would go out, why it needs somebody else, and the yes or the no."""
    found = get_object_or_404(
        queries_approvals.approvals_for(request.user).select_related("decided_by"), ref=ref
    )
    form = WordsForm(label=_("Why not? Whoever asked reads this."))
    refused = None
    if request.method == "POST":
        word = request.POST.get("word", "")
        try:
            if word == "approve":
                approvals.approve(by=request.user, approval=found)
                messages.success(request, _("Approved. It is with the borrower now."))
                return redirect("admin:approvals")
            if word == "cancel":
                approvals.cancel(by=request.user, approval=found)
                messages.success(request, _("Taken back. You can answer otherwise."))
                return redirect("admin:case", found.offer.case.ref)
            form = WordsForm(request.POST, label=_("Why not? Whoever asked reads this."))
            if form.is_valid():
                approvals.refuse(by=request.user, approval=found, answer=form.cleaned_data["text"])
                messages.success(request, _("Not approved. Whoever asked sees your reason."))
                return redirect("admin:approvals")
        except Approval.DoesNotExist:
            raise Http404 from None
        except Refused as caught:
            refused = caught
            found = get_object_or_404(
                queries_approvals.approvals_for(request.user).select_related("decided_by"), ref=ref
            )
    before = Terms.from_json(found.plan.terms if found.plan else found.offer.terms)
    terms = Terms.from_json(found.terms)
    return desk_page(
        request,
        "officer/approval.html",
        here="approvals",
        status=409 if refused else 422 if form.errors else 200,
        title=_("Approve an answer"),
        approval=found,
        row=_row(found, request.user),
        offer=found.offer,
        sheet=queries.sheet_of(found.offer, terms),
        differences=() if found.verb == Approval.Verb.ACCEPT else differences(before, terms),
        budget=budget_of(found.lender, before.currency),
        form=form,
        refused=refused,
    )


def _row(approval: Approval, user: User) -> dict[str, Any]:
    is_own = queries_approvals.is_maker(user, approval)
    return {
        "approval": approval,
        "why": wording.approval_reasons(approval.why),
        "currency": approval.terms["currency"],
        "is_own": is_own,
        "may_cancel": approval.requested_by_id == user.pk,
        "may_decide": user.may(Permission.APPROVE) and not is_own,
        "is_pending": approval.state == Approval.State.PENDING,
    }


# ── the waiver budget ────────────────────────────────────────────────────────────────────────
@requires(Permission.CASE_READ)
def waiver_budget(request: HttpRequest) -> HttpResponse:
    """Every month's budget; the lender's administrator sets the next limit here."""
    lender = case_queries.lender_of(request.user)
    if lender is None:
        raise Http404
    currency = repayment_queries.currency_of(lender)
    may_set = request.user.may(Permission.POLICY_EDIT)
    if request.method == "POST" and not may_set:
        raise Http404
    form = BudgetForm(request.POST or None, currency=currency) if may_set else None
    if form is not None and form.is_bound and form.is_valid():
        try:
            waivers.set_limit(by=request.user, lender=lender, currency=currency, **form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, _("The waiver budget is set."))
            return redirect("admin:waiver_budget")
    return desk_page(
        request,
        "officer/waiver_budget.html",
        here="waivers",
        status=422 if form is not None and form.errors else 200,
        title=_("Waiver budget"),
        months=queries_waivers.months(request.user),
        budget=budget_of(lender, currency),
        form=form,
    )


def _coming() -> list[dt.date]:
    first = month_of(clock.today())
    found = [first]
    for _number in range(_MONTHS_AHEAD):
        found.append(month_of(found[-1] + dt.timedelta(days=31)))
    return found
