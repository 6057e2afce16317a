"""The lender's word on a payment a borrower noted: it has come, it has not, or it has to be taken out again."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from cases.access import Permission, requires
from cases.domain.refusal import Refused
from cases.models import Case, User, Viewing
from portal.officer.pages import desk_page
from portal.officer.watch import case_of_payment, shows
from repayment import queries, queries_payments
from repayment.actions import payments as actions
from repayment.domain.paid_lines import Known, lookalikes
from repayment.models import Payment, PaymentState
from repayment.payment_forms import NotReceivedForm, ReversalForm
from repayment.queries_payments import Account, Noted

State = PaymentState.State


def accounts_of(officer: User, case: Case) -> list[Account]:
    """Where the agreements of a case stand, for the case page."""
    return queries_payments.accounts(queries.plans_for(officer).filter(case=case))


@shows(Viewing.Purpose.ANSWER_PAYMENT, case_of_payment)
@requires(Permission.PAYMENT_CONFIRM)
def payment(request: HttpRequest, ref: str) -> HttpResponse:
    """One payment and what may be said to it now; a word given twice is given once."""
    found = get_object_or_404(queries_payments.payments_for(request.user), ref=ref)
    form = None
    if request.method == "POST":
        word = request.POST.get("word", "")
        if word == "confirm":
            another = request.POST.get("another") == "yes"
            return _said(
                request, found, lambda: actions.confirm(by=request.user, payment=found, another=another)
            )
        forms: dict[str, Any] = {"not_received": NotReceivedForm, "reverse": ReversalForm}
        if word not in forms:
            raise Http404
        form = forms[word](request.POST)
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            step = actions.not_received if word == "not_received" else actions.reverse
            return _said(request, found, lambda: step(by=request.user, payment=found, reason=reason))
    return _page(request, found, form=form, status=422 if form else 200)


def _said(request: HttpRequest, found: Payment, say: Callable[[], Payment]) -> HttpResponse:
    try:
        say()
    except Payment.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        return _page(request, found, refused=refused, status=409)
    messages.success(request, _("Done. The borrower is told now."))
    return redirect("admin:case", found.plan.case.ref)


def _alike(account: Account, found: Payment) -> list[Noted]:
    """Other payments of the same amount, only days apart: to be looked at before a word is given."""
    others = [noted for noted in account.payments if noted.payment.pk != found.pk]
    close = lookalikes(
        found.amount,
        found.on,
        (Known(key=each.payment.pk, amount=each.payment.amount, on=each.payment.on) for each in others),
    )
    keys = {known.key for known in close}
    return [noted for noted in others if noted.payment.pk in keys]


def _page(
    request: HttpRequest,
    found: Payment,
    *,
    form: Any = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    account = queries_payments.account_of(found.plan)
    noted: Noted = next(each for each in account.payments if each.payment.pk == found.pk)
    if form is None and noted.state == State.CLAIMED:
        form = NotReceivedForm()
    elif form is None and noted.state == State.CONFIRMED:
        form = ReversalForm()
    return desk_page(
        request,
        "officer/payment.html",
        status=status,
        title=_("A payment the borrower noted"),
        payment=found,
        noted=noted,
        account=account,
        lines=account.lines_of(noted),
        currency=found.plan.debt.currency,
        form=form,
        refused=refused,
        # The one refusal that the officer's own word lifts.
        asks_again=refused is not None and refused.field == "another",
        alike=_alike(account, found) if noted.is_pending else (),
    )
