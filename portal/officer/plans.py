"""Changing and pausing an agreement from the officer's desk. Both end in the shared actions; the old schedule stays."""

import dataclasses
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cases import clock
from cases.access import Permission, requires
from cases.domain.refusal import Refused
from cases.models import Viewing
from portal.officer.forms import CounterForm, PauseForm
from portal.officer.watch import case_of_plan, shows
from repayment import queries, queries_plans, wording
from repayment.actions import plans, variations
from repayment.domain import restructure
from repayment.domain.difference import differences, usual_amount
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms
from repayment.models import Plan


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sheet:
    """Terms worked out for a page, before there is an offer."""

    terms: Terms
    schedule: Schedule
    monthly: int


@shows(Viewing.Purpose.READ_CASE, case_of_plan)
@requires(Permission.CASE_ANSWER)
def change(request: HttpRequest, ref: str) -> HttpResponse:
    """Other terms for what is owed today: first the totals, the difference and the steps, then the sending."""
    plan, today = _plan(request, ref), clock.today()
    if plan.state not in variations.VARIABLE:
        return redirect("admin:case", plan.case.ref)
    before = queries_plans.terms_to_vary(plan, today)
    policy = queries.policy_for(plan.case.lender, today)
    form = CounterForm(request.POST or None, before=before, policy=policy)
    refused = None
    if request.method == "POST" and form.is_valid() and "send" in request.POST:
        try:
            reason = form.cleaned_data["reason"]
            variations.propose(by=request.user, plan=plan, terms=form.terms, reason=reason)
        except Plan.DoesNotExist:
            raise Http404 from None
        except Refused as found:
            if found.field:
                form.refuse(found)
            else:
                refused = found
        else:
            messages.success(request, _("Your offer is with the borrower."))
            return redirect("admin:case", plan.case.ref)
    elif form.is_bound and form.preview:
        for obstacle in variations.obstacles(plan=plan, terms=form.terms, on=today):
            form.refuse(obstacle)
    built = None
    if form.preview is not None and not form.errors:
        built = restructure.restructure(queries_plans.state_of(plan, today), form.terms)
    return _page(
        request,
        "officer/plan_change.html",
        plan,
        status=422 if form.errors else 409 if refused else 200,
        title=_("Propose a change"),
        form=form,
        refused=refused,
        before=before,
        policy=policy,
        sheet=Sheet(terms=built.terms, schedule=built.schedule, monthly=usual_amount(built.schedule))
        if built
        else None,
        steps=wording.step_rows(built.lines) if built else (),
        differences=differences(Terms.from_json(plan.terms), built.terms) if built else (),
    )


@shows(Viewing.Purpose.READ_CASE, case_of_plan)
@requires(Permission.CASE_ANSWER)
def pause(request: HttpRequest, ref: str) -> HttpResponse:
    """Pause a running agreement, or end its pause."""
    plan = _plan(request, ref)
    if plan.state not in queries.IN_FORCE:
        return redirect("admin:case", plan.case.ref)
    is_paused = plan.state == Plan.State.SUSPENDED
    form = None if is_paused else PauseForm(request.POST if request.method == "POST" else None)
    refused = None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            if form is None:
                plans.resume(by=request.user, plan=plan)
                done = _("The pause has ended. The borrower sees the new days.")
            else:
                plans.suspend(by=request.user, plan=plan, **form.cleaned_data)
                done = _("Paused. The borrower sees it.")
        except Plan.DoesNotExist:
            raise Http404 from None
        except Refused as found:
            refused = found
        else:
            messages.success(request, done)
            return redirect("admin:case", plan.case.ref)
    return _page(
        request,
        "officer/plan_pause.html",
        plan,
        status=422 if form is not None and form.errors else 409 if refused else 200,
        title=_("End the pause") if is_paused else _("Pause this agreement"),
        form=form,
        refused=refused,
        pause=plan.suspensions.first() if is_paused else None,
    )


def _plan(request: HttpRequest, ref: str) -> Plan:
    return get_object_or_404(queries.plans_for(request.user), ref=ref)


def _page(request: HttpRequest, template: str, plan: Plan, *, status: int, **context: Any) -> HttpResponse:
    shown = {"here": "queue", "plan": plan, "currency": plan.debt.currency, **context}
    return render(request, template, {**admin.site.each_context(request), **shown}, status=status)
