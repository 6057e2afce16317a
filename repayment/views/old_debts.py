"""One debt's age: the days that tell it, what it means before anything is sent, and the choice to include it."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import naming
from cases import queries as case_queries
from cases.access import Permission, requires
from cases.domain.refusal import Refused
from repayment import queries_limitation
from repayment.actions import old_debts as actions
from repayment.forms import DaysForm


@requires(Permission.FILE_KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
def debt_age(request: HttpRequest, ref: str) -> HttpResponse:
    debt = get_object_or_404(case_queries.debts_for(request.user), ref=ref)
    form: forms.Form = DaysForm(
        initial={"last_paid_on": debt.last_paid_on, "last_acknowledged_on": debt.last_acknowledged_on}
    )
    refused = None
    if request.method == "POST":
        deed = request.POST.get("deed", "")
        try:
            if deed == "include":
                actions.include(by=request.user, debt=debt)
                messages.success(request, _("It is compared from now on. Nothing is sent by that."))
                return redirect("debt_age", ref=ref)
            if deed == "leave_out":
                actions.leave_out(by=request.user, debt=debt)
                messages.success(request, _("It is left out again."))
                return redirect("debt_age", ref=ref)
            form = DaysForm(request.POST)
            if form.is_valid():
                actions.note_days(by=request.user, debt=debt, **form.cleaned_data)
                messages.success(request, _("Saved."))
                return redirect("debt_age", ref=ref)
        except Refused as caught:
            if caught.field in form.fields and form.is_bound:
                form.add_error(caught.field, str(caught))
            else:
                refused = caught
    status = 422 if form.is_bound and form.errors else 409 if refused else 200
    return render(
        request,
        "debts/age.html",
        {
            "debt": debt,
            "name": naming.name_of(debt),
            "age": queries_limitation.age_of(debt),
            "form": form,
            "refused": refused,
        },
        status=status,
    )
