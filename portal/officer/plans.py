"""Changing and pausing an agreement from the officer's desk. Both end in the shared actions; the old schedule stays."""

import dataclasses
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from cases import clock
from cases.access import Permission, requires
from cases.domain.refusal import Refused
from cases.models import Viewing
from portal.officer import negotiation
from portal.officer.forms import CounterForm, PauseForm
from portal.officer.negotiation import NoteForm
from portal.officer.pages import desk_page
from portal.officer.watch import case_of_plan, shows
from repayment import queries, queries_approvals, queries_plans, wording
from repayment.actions import approvals, plans, second_person, variations
from repayment.actions.second_person import NeedsApproval
from repayment.domain import restructure
from repayment.domain.authority import Reason
from repayment.domain.difference import differences, usual_amount
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms, TermsRefused
from repayment.models import Plan
from repayment.views import drafts


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
    try:
        before = queries_plans.terms_to_vary(plan, today)
    except TermsRefused:
        # Nothing is owed today: there is nothing to change.
        return redirect("admin:case", plan.case.ref)
    policy = queries.policy_for(plan.case.lender, today)
    typed = drafts.typed(request)
    form = CounterForm(typed, before=before, policy=policy)
    note = NoteForm(typed)
    refused: Refused | None = None
    why: tuple[Reason, ...] = ()
    if drafts.is_sent(request) and form.is_valid() and note.is_valid():
        change = {"by": request.user, "plan": plan, "terms": form.terms}
        change["reason"] = form.cleaned_data["reason"]
        try:
            if "ask" in request.POST:
                approvals.ask_change(**change, note=note.cleaned_data["note"])
                done = _("It waits for a second person. The borrower sees nothing of it yet.")
            else:
                variations.propose(**change)
                done = _("Your offer is with the borrower.")
        except Plan.DoesNotExist:
            raise Http404 from None
        except NeedsApproval as found:
            why = found.reasons
        except Refused as found:
            if found.field == "note":
                note.add_error("note", str(found))
            elif found.field:
                form.refuse(found)
            else:
                refused = found
        else:
            drafts.drop(request)
            messages.success(request, done)
            return redirect("admin:case", plan.case.ref)
    elif form.is_bound and not set(form.errors) - {"reason"}:
        for obstacle in variations.obstacles(plan=plan, terms=form.terms, on=today):
            form.refuse(obstacle)
        if request.method == "POST" and not form.errors and not note.errors:
            return drafts.keep(request)
    built = None
    if form.preview is not None and not form.errors:
        built = restructure.restructure(queries_plans.state_of(plan, today), form.terms)
        why = why or second_person.reasons(
            by=request.user, offer=plan.offer, terms=built.terms, schedule=built.schedule, looking=True
        )
    wrong = request.method == "POST" and (form.errors or note.errors or why)
    return _page(
        request,
        "officer/plan_change.html",
        plan,
        status=422 if wrong else 409 if refused else 200,
        title=_("Propose a change"),
        form=form,
        note=note,
        why=wording.approval_reasons(why),
        waiting=queries_approvals.pending_change(plan),
        budget=negotiation.budget_of(plan.case.lender, before.currency),
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
    return desk_page(request, template, status=status, plan=plan, currency=plan.debt.currency, **context)
