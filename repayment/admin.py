"""The policy in the officers' admin: everybody reads it, an administrator publishes the next one, nobody edits."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import clock
from cases import queries as case_queries
from cases.access import Permission
from cases.domain import money
from cases.domain.amounts import AmountRefused, parse_amount
from cases.domain.refusal import Refused
from cases.formats import unit
from repayment import queries
from repayment.actions import policies
from repayment.models import Policy

_MONTHS = gettext_lazy("months")
# name → (label, what stands inside the field behind the number)
_COUNTED = {
    "max_periods": (gettext_lazy("Longest plan"), _MONTHS),
    "interest_free_max_periods": (gettext_lazy("Longest without interest"), _MONTHS),
    "deferral_max_periods": (gettext_lazy("Longest pause"), _MONTHS),
    "waive_interest_percent": (gettext_lazy("Overdue interest waived"), "%"),
    "waive_fees_percent": (gettext_lazy("Fees waived"), "%"),
    "answer_days": (gettext_lazy("Answer within"), gettext_lazy("days")),
}


class PolicyForm(forms.Form):
    """The next policy, filled in with the one in force."""

    max_periods = forms.IntegerField()
    interest_free_max_periods = forms.IntegerField()
    deferral_max_periods = forms.IntegerField()
    waive_interest_percent = forms.IntegerField()
    waive_fees_percent = forms.IntegerField()
    min_instalment = forms.CharField(label=gettext_lazy("Smallest instalment"), max_length=24)
    answer_days = forms.IntegerField()
    since = forms.DateField(
        label=gettext_lazy("Holds from"),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, current: Policy | None, currency: str, **options: Any) -> None:
        self.currency = currency
        initial: dict[str, Any] = {"since": clock.today() + dt.timedelta(days=1)}
        if current is not None:
            initial |= {name: getattr(current, name) for name in policies.RANGES}
            initial["min_instalment"] = money.to_major(current.min_instalment, currency)
        options.setdefault("initial", initial)
        super().__init__(*args, **options)
        for name, (label, suffix) in _COUNTED.items():
            least, most = policies.RANGES[name]
            field = self.fields[name]
            field.label = label
            field.widget.attrs |= {"data-suffix": suffix, "min": least, "max": most}
        self.fields["min_instalment"].widget.attrs |= {"data-suffix": unit(currency), "inputmode": "decimal"}
        self.fields["since"].widget.attrs["min"] = clock.today().isoformat()

    def clean_min_instalment(self) -> int:
        try:
            return parse_amount(self.cleaned_data["min_instalment"], self.currency).minor
        except AmountRefused as refused:
            raise forms.ValidationError(
                _("Write the amount in digits, for example 490.00."), code=refused.code
            ) from None


@admin.register(Policy)
class PolicyAdmin(admin.ModelAdmin):
    """Two addresses, no more: the list, and the form for the next policy. Rows carry no address of their own."""

    actions = None
    list_display_links = None
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "officer/policies.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name="repayment_policy_changelist"),
            path("next/", wrap(self.add_view), name="repayment_policy_add"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Policy]:
        return queries.published_for(request.user)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return False

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.may(Permission.CASE_READ)

    def has_view_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return request.user.may(Permission.CASE_READ)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.may(Permission.POLICY_EDIT) and case_queries.lender_of(request.user) is not None

    def has_change_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": _("Your published policy"),
            "here": "policy",
            "today": clock.today(),
            "in_force": self._in_force(request),
            "currency": self._currency(request),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Publish the next policy, through the action that records it."""
        lender = case_queries.lender_of(request.user)
        if lender is None or not self.has_add_permission(request):
            raise Http404
        current = self._in_force(request)
        form = PolicyForm(request.POST or None, current=current, currency=self._currency(request))
        status = 200
        if request.method == "POST":
            status = 422
            if form.is_valid():
                try:
                    policies.publish(by=request.user, lender=lender, **form.cleaned_data)
                except Refused as refused:
                    form.add_error(refused.field if refused.field in form.fields else None, str(refused))
                else:
                    messages.success(request, _("The policy is published."))
                    return redirect(f"{self.admin_site.name}:repayment_policy_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Publish the next policy"),
            "here": "policy",
            "form": form,
            "current": current,
        }
        return TemplateResponse(request, "officer/policy_next.html", context, status=status)

    def _in_force(self, request: HttpRequest) -> Policy | None:
        return self.get_queryset(request).filter(since__lte=clock.today()).first()

    def _currency(self, request: HttpRequest) -> str:
        lender = case_queries.lender_of(request.user)
        return _CURRENCIES.get(lender.jurisdiction, "CNY") if lender else "CNY"


_CURRENCIES = {"CN": "CNY", "US": "USD", "UK": "GBP"}
