"""“I have paid”: noting a payment that went straight to the lender, and taking the note back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import clock, naming, read_back
from cases.access import Permission, requires
from cases.domain.refusal import Refused
from cases.forms.figures import AmountField
from repayment import queries, queries_payments
from repayment.actions import payments as actions
from repayment.models import Payment, PaymentState, Plan
from repayment.payment_forms import PaymentForm

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@requires(Permission.PAYMENT_NOTE)
@require_GET
def payments(request: HttpRequest) -> HttpResponse:
    """Which agreement was it? Each with what it asks for next, and with what was noted already."""
    plans = queries.plans_for(request.user).filter(state__in=queries_payments.PAYABLE)
    accounts = queries_payments.accounts(plans.order_by("agreed_at", "id"))
    return render(
        request,
        "payments/list.html",
        {"accounts": [(account, naming.called(account.plan.case.lender)) for account in accounts]},
    )


@requires(Permission.PAYMENT_NOTE)
@get_or_post
def payment_new(request: HttpRequest, ref: str) -> HttpResponse:
    plan = get_object_or_404(queries.plans_for(request.user), ref=ref)
    account = queries_payments.account_of(plan)
    typed = request.POST if request.method == "POST" else read_back.kept(request)
    if typed is None:
        return _page(request, account, PaymentForm(initial=_initial(account)))
    form = PaymentForm(typed)
    if form.is_valid():
        if confirming := form.to_confirm():
            if request.method == "POST":
                return read_back.keep(request)
            return _page(request, account, confirming, confirming=True)
        if request.method != "POST":
            return _page(request, account, form)
        try:
            actions.claim(
                by=request.user,
                plan=plan,
                amount=form.cleaned_data["amount"],
                on=form.cleaned_data["on"],
                reference=form.cleaned_data["reference"],
                once=form.cleaned_data["once"],
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            read_back.forget(request)
            messages.success(
                request,
                _("Noted. The lender is asked to confirm it; until then no reminder leaves for this plan."),
            )
            return redirect("agreement", ref=plan.ref)
    return _page(request, account, form, status=422)


@requires(Permission.PAYMENT_NOTE)
@get_or_post
def payment_withdrawal(request: HttpRequest, ref: str) -> HttpResponse:
    payment = get_object_or_404(queries_payments.payments_for(request.user), ref=ref)
    refused = None
    if request.method == "POST":
        try:
            actions.withdraw(by=request.user, payment=payment)
        except Refused as caught:
            refused = caught
        else:
            messages.success(request, _("This note is taken back."))
            return redirect("agreement", ref=payment.plan.ref)
    elif not _is_pending(payment):
        return redirect("agreement", ref=payment.plan.ref)
    return render(
        request,
        "payments/withdrawal.html",
        {
            "payment": payment,
            "lender": naming.called(payment.plan.case.lender),
            "currency": payment.plan.debt.currency,
            "refused": refused,
        },
        status=409 if refused else 200,
    )


@requires(Permission.PAYMENT_NOTE)
@require_GET
def payment_receipt(request: HttpRequest, ref: str) -> HttpResponse:
    """What the lender has confirmed, and what it paid. There is none for a payment without the lender's yes."""
    payment = get_object_or_404(queries_payments.payments_for(request.user), ref=ref)
    account = queries_payments.account_of(payment.plan)
    noted = next(each for each in account.payments if each.payment.pk == payment.pk)
    if noted.state != PaymentState.State.CONFIRMED:
        raise Http404
    lines = account.lines_of(noted)
    return render(
        request,
        "payments/receipt.html",
        {
            "payment": payment,
            "noted": noted,
            "plan": payment.plan,
            "lender": naming.called(payment.plan.case.lender),
            "currency": payment.plan.debt.currency,
            "number": noted.reference or payment.external_ref,
            "lines": lines,
            "credit": payment.amount - sum(line.amount for line in lines),
        },
    )


def _is_pending(payment: Payment) -> bool:
    waiting = (PaymentState.State.CLAIMED, PaymentState.State.NOT_RECEIVED)
    return queries_payments.state_of(payment) in waiting


def _initial(account: queries_payments.Account) -> dict[str, Any]:
    """What is due next, and today: mostly just to be looked at and sent."""
    amount = account.next_amount
    return {"amount": AmountField().plain(amount) if amount else "", "on": clock.today()}


def _page(
    request: HttpRequest,
    account: queries_payments.Account,
    form: PaymentForm,
    *,
    confirming: bool = False,
    status: int = 200,
) -> HttpResponse:
    plan: Plan = account.plan
    return render(
        request,
        "payments/form.html",
        {
            "plan": plan,
            "account": account,
            "lender": naming.called(plan.case.lender),
            "currency": plan.debt.currency,
            "form": form,
            "confirming": confirming,
            "read": form.read_back.get("amount"),
        },
        status=status,
    )
