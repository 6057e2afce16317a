"""The agreement as a sheet to keep, its exact text, and the public check that it was not altered."""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cases import clock, naming, queries_ledger
from cases.access import Permission, public, requires
from cases.actions import ledger
from cases.domain.refusal import Refused
from repayment import (
    calendar_file,
    pack,
    queries,
    queries_pack,
    queries_payments,
    queries_plans,
    queries_second_chance,
    wording,
)
from repayment.actions import plans as actions
from repayment.domain.allocation import RowState
from repayment.domain.difference import differences, usual_amount
from repayment.domain.schedule import build
from repayment.domain.terms import Terms
from repayment.forms import VerifyForm
from repayment.models import Plan
from repayment.views import sentences

log = logging.getLogger(__name__)


@requires(Permission.AGREEMENT_READ)
@require_GET
def agreement(request: HttpRequest, ref: str) -> HttpResponse:
    return _sheet(request, _plan(request, ref))


@requires(Permission.OFFER_ANSWER)
@require_POST
def agreement_undoing(request: HttpRequest, ref: str) -> HttpResponse:
    plan = _plan(request, ref)
    if plan.state == Plan.State.CANCELLED:
        return redirect("agreement", ref=plan.ref)
    try:
        actions.take_back(by=request.user, plan=plan)
    except Refused as refused:
        return _sheet(request, plan, refused)
    return redirect("agreement", ref=plan.ref)


@requires(Permission.AGREEMENT_READ)
@require_GET
def agreement_terms(request: HttpRequest, ref: str) -> HttpResponse:
    """The exact bytes whose SHA-256 is printed on the agreement."""
    plan = _plan(request, ref)
    response = HttpResponse(plan.canonical.encode(), content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="terms-{plan.ref}.json"'
    return response


@requires(Permission.AGREEMENT_READ)
@require_GET
def agreement_calendar(request: HttpRequest, ref: str) -> HttpResponse:
    """The payment days for a phone's calendar, under a name that says nothing."""
    plan = _plan(request, ref)
    text = calendar_file.calendar(
        queries_pack.reminder_days(plan), zone=queries_pack.zone_of(plan), made_at=clock.now()
    )
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="days.ics"'
    return response


@requires(Permission.AGREEMENT_READ)
@require_GET
def agreement_proof(request: HttpRequest, ref: str) -> HttpResponse:
    """That the yes to this agreement stands in the sealed record; 404 until its batch is sealed, 409 where it no longer fits."""
    plan = _plan(request, ref)
    try:
        proof = queries_ledger.proof_of("offer.accepted", plan.ref)
    except queries_ledger.Altered as where:
        log.critical("The sealed record was altered: %s. Run verify_ledger.", where)
        return JsonResponse(
            {"error": _("The record does not fit its seal. Write to us: it must not be so.")}, status=409
        )
    if proof is None:
        raise Http404
    response = JsonResponse(
        queries_ledger.as_document(proof, ledger.public_key()), json_dumps_params={"indent": 1}
    )
    response.headers["Content-Disposition"] = f'attachment; filename="proof-{plan.ref}.json"'
    return response


@public
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Answers only "sealed on" or "not found". Nothing typed here is stored or put into an address."""
    form = VerifyForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"form": form}
    if form.is_bound and form.is_valid():
        plan = queries.agreement_by_sha(form.cleaned_data["code"])
        nonce = form.cleaned_data["nonce"]
        known = plan is not None and nonce in ("", plan.nonce)
        context |= {
            "asked": True,
            "sealed_on": plan.agreed_at.astimezone(clock.BEIJING).date() if plan and known else None,
        }
    return render(request, "agreements/verify.html", context, status=422 if form.errors else 200)


def _plan(request: HttpRequest, ref: str) -> Plan:
    return get_object_or_404(queries.plans_for(request.user), ref=ref)


def _sheet(request: HttpRequest, plan: Plan, refused: Refused | None = None) -> HttpResponse:
    terms = Terms.from_json(plan.terms)
    schedule = build(terms)
    changeable_until = queries.leave_until(plan)
    account = queries_payments.account_of(plan)
    versions = queries_pack.versions_of(plan)
    near = _near(account)
    return render(
        request,
        "agreements/sheet.html",
        {
            "account": account,
            "chance": queries_second_chance.if_behind(account, clock.today()),
            "near": near,
            "far": account.rows[len(near) :],
            "noted": [(noted, account.lines_of(noted)) for noted in reversed(account.payments)],
            "may_note": plan.state in queries_payments.PAYABLE,
            "refused": refused,
            "plan": plan,
            "replaced": plan.replaces,
            "replaced_by": next((each for each in versions if each.replaces_id == plan.pk), None),
            "replacement_rows": wording.difference_rows(
                differences(Terms.from_json(plan.replaces.terms), terms), terms.currency
            )
            if plan.replaces
            else (),
            "steps": wording.step_rows(queries_plans.steps_to(plan)),
            "pause": plan.suspensions.first() if plan.state == Plan.State.SUSPENDED else None,
            "came_back": queries_plans.returned(plan),
            "lender": naming.called(plan.case.lender),
            "telephone": plan.case.lender.telephone,
            "pack": pack.pack(
                terms, schedule, debt=plan.debt, lender=plan.case.lender, on=queries_plans.signed_on(plan)
            ),
            "versions": versions,
            "currency": terms.currency,
            "monthly": usual_amount(schedule),
            "schedule": schedule,
            "rows": [row.instalment for row in account.rows],
            "extras": schedule.totals.arrears + schedule.totals.fees,
            "sentences": sentences.six(
                terms, schedule, hours=round((changeable_until - plan.agreed_at) / queries.HOUR)
            ),
            "code": _grouped(plan.terms_sha256),
            "nonce": _grouped(plan.nonce),
            "proof": queries_ledger.proof_of("offer.accepted", plan.ref),
            "verify_address": _verify_address(request),
            "changeable_until": changeable_until
            if plan.state == Plan.State.ACTIVE and clock.now() <= changeable_until
            else None,
        },
        status=409 if refused else 200,
    )


def _near(account: queries_payments.Account) -> Sequence[queries_payments.Row]:
    """The instalments up to the first three that nothing was noted for: the rest lies folded below."""
    touched = max(
        (place for place, row in enumerate(account.rows, 1) if row.state != RowState.OPEN), default=0
    )
    due = sum(row.instalment.due <= clock.today() for row in account.rows)
    return account.rows[: max(touched, due) + 3]


def _verify_address(request: HttpRequest) -> str:
    """Where anybody checks a sheet: the site's own address, and on a demo or a developer's machine wherever it runs."""
    here = reverse("verify")
    return (
        request.build_absolute_uri(here) if settings.DEMO or settings.DEBUG else settings.SITE_ADDRESS + here
    )


def _grouped(code: str) -> str:
    """Eight at a time, so that a person can compare it with a finger."""
    return " ".join(code[place : place + 8] for place in range(0, len(code), 8))
