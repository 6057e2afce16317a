"""A borrower asks for a change of a running agreement. It stays in force until the lender says yes to another."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from cases import clock, naming
from cases.access import Permission, requires
from cases.domain.refusal import Refused
from repayment import queries, queries_plans, wording
from repayment.actions import variations as actions
from repayment.domain import restructure
from repayment.domain.terms import Terms, TermsRefused
from repayment.forms import CounterForm
from repayment.models import Plan
from repayment.views import drafts
from repayment.views.offers import get_or_post, looked_at


@requires(Permission.OFFER_ANSWER)
@get_or_post
def change(request: HttpRequest, ref: str) -> HttpResponse:
    """Other terms for what is owed today: first what they come to beside the agreement, then the sending."""
    plan, today = get_object_or_404(queries.plans_for(request.user), ref=ref), clock.today()
    if open_offer := queries.open_offers(request.user).filter(debt=plan.debt_id).first():
        return redirect("offer", ref=open_offer.ref)
    if plan.state not in actions.VARIABLE:
        return redirect("agreement", ref=plan.ref)
    try:
        before = queries_plans.terms_to_vary(plan, today)
    except TermsRefused:
        # Nothing is owed today: there is nothing to change.
        return redirect("agreement", ref=plan.ref)
    form = CounterForm(drafts.typed(request), before=before)
    refused = None
    if form.is_bound and form.is_valid():
        for obstacle in actions.obstacles(plan=plan, terms=form.terms, on=today, by_lender=False):
            form.refuse(obstacle)
    if request.method == "POST" and not form.errors:
        if not drafts.is_sent(request):
            return drafts.keep(request)
        try:
            offer = actions.propose(
                by=request.user, plan=plan, terms=form.terms, reason=form.cleaned_data["reason"]
            )
        except Refused as found:
            if found.field:
                form.refuse(found)
            else:
                refused = found
        else:
            drafts.drop(request)
            return redirect("offer", ref=offer.ref)
    wrong = request.method == "POST" and form.errors
    return render(
        request,
        "agreements/change.html",
        _page(request, plan, form) | {"refused": refused},
        status=409 if refused else 422 if wrong else 200,
    )


def _page(request: HttpRequest, plan: Plan, form: CounterForm) -> dict[str, object]:
    """The form, what is owed today, and what the terms come to beside those agreed now."""
    looked = looked_at(request.user, plan.offer, form, Terms.from_json(plan.terms))
    steps: Sequence[wording.StepRow] = ()
    if looked:
        state = queries_plans.state_of(plan, clock.today())
        steps = wording.step_rows(restructure.restructure(state, form.terms).lines)
    return {
        "plan": plan,
        "form": form,
        "before": form.before,
        "owed": form.before.principal + form.before.interest + form.before.fees,
        "looked": looked,
        "steps": steps,
        "lender": naming.called(plan.case.lender),
        "currency": form.before.currency,
    }
