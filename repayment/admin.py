"""The policy in the officers' admin: everybody reads it, an administrator publishes the next one, nobody edits."""

import datetime as dt
from decimal import Decimal
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
from cases.access import Permission, Role
from cases.domain import money
from cases.domain.refusal import Refused
from cases.formats import money as money_words
from cases.formats import unit
from cases.forms.refusing import RefusingForm
from repayment import queries
from repayment.actions import policies
from repayment.domain.eligibility import Relief
from repayment.domain.second_chance import RANGES
from repayment.form_fields import minor_units, yearly_rate
from repayment.models import Policy

_MONTHS = gettext_lazy("months")
# name → (label, what stands inside the field behind the number)
_COUNTED = {
    "max_periods": (gettext_lazy("Longest plan"), _MONTHS),
    "interest_free_max_periods": (gettext_lazy("Longest without interest"), _MONTHS),
    "deferral_max_periods": (gettext_lazy("Longest pause"), _MONTHS),
    "waive_interest_percent": (gettext_lazy("Overdue interest waived"), "%"),
    "waive_fees_percent": (gettext_lazy("Fees waived"), "%"),
    "waive_principal_percent": (gettext_lazy("Principal let go by a settlement"), "%"),
    "answer_days": (gettext_lazy("Answer within"), gettext_lazy("days")),
    "cooling_off_hours": (gettext_lazy("To change one’s mind"), gettext_lazy("hours")),
}
# What is asked for, and whose limits: the prefix of their fields.
_RELIEFS = {Relief.DEFERRAL: "pause", Relief.INTEREST_FREE: "free"}
_LIMITED = {Role.OFFICER: "officer", Role.TEAM_LEAD: "lead"}
# A condition or a limit as the domain calls it → the end of its field's name.
_CONDITIONS = {
    "min_days_overdue": "days",
    "max_in_12_months": "times",
    "min_paid_on_time": "paid",
    "needs_difficulty": "difficulty",
}
_LIMITS = ("waiver", "principal", "periods")
_DAYS = gettext_lazy("days")
# What is published for agreements in difficulty: its name in the domain → (label, what stands behind the number).
_CHANCES = {
    "grace_days": (gettext_lazy("Missed only so long after its day"), _DAYS),
    "after_missed": (gettext_lazy("An end needs, missed in a row"), gettext_lazy("instalments")),
    "notice_days": (gettext_lazy("Notice before an end"), _DAYS),
    "again_days": (gettext_lazy("After an end it can run again for"), _DAYS),
    "lighter_percent": (gettext_lazy("A lighter month asks, of the usual amount"), "%"),
}
_NO_LIMIT = gettext_lazy("What stays empty is not asked and not limited.")
# How the form falls into parts: the beginnings of the fields' names, what stands over them, and what it says.
_PARTS = (
    ("pause", gettext_lazy("When a pause is possible"), _NO_LIMIT),
    ("free", gettext_lazy("When a plan without interest is possible"), _NO_LIMIT),
    ("officer", gettext_lazy("What an officer decides alone"), _NO_LIMIT),
    ("lead", gettext_lazy("What a team lead decides"), _NO_LIMIT),
    (
        "chance",
        gettext_lazy("If a month does not work out"),
        gettext_lazy("What stays empty is as the rules say. You may give more, never less."),
    ),
)


def _count(label: object, suffix: object) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"data-suffix": suffix})
    return forms.IntegerField(label=label, required=False, min_value=0, widget=widget)


def _sum(label: object) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=24)


def _tick(label: object) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


class PolicyForm(RefusingForm):
    """The next policy, filled in with the one in force."""

    max_periods = forms.IntegerField()
    interest_free_max_periods = forms.IntegerField()
    deferral_max_periods = forms.IntegerField()
    waive_interest_percent = forms.IntegerField()
    waive_fees_percent = forms.IntegerField()
    waive_principal_percent = forms.IntegerField(
        help_text=gettext_lazy("Empty: the limits of each role and the waiver budget hold."), required=False
    )
    min_instalment = forms.CharField(label=gettext_lazy("Smallest instalment"), max_length=24)
    answer_days = forms.IntegerField()
    cooling_off_hours = forms.IntegerField()
    min_annual_rate = forms.CharField(
        label=gettext_lazy("Lowest rate a year"),
        help_text=gettext_lazy("Below it a plan counts as one without interest."),
        max_length=12,
    )
    instant = forms.BooleanField(
        label=gettext_lazy("Agree at once"),
        help_text=gettext_lazy("A proposal wholly inside this policy is accepted as it is sent."),
        required=False,
    )
    pause_days = _count(gettext_lazy("Pause: overdue for at least"), gettext_lazy("days"))
    pause_times = _count(gettext_lazy("Pause: at most in twelve months"), gettext_lazy("times"))
    pause_paid = _count(gettext_lazy("Pause: paid on time before"), gettext_lazy("instalments"))
    pause_difficulty = _tick(gettext_lazy("Pause: only with a reason"))
    free_days = _count(gettext_lazy("Without interest: overdue for at least"), gettext_lazy("days"))
    free_times = _count(gettext_lazy("Without interest: at most in twelve months"), gettext_lazy("times"))
    free_paid = _count(gettext_lazy("Without interest: paid on time before"), gettext_lazy("instalments"))
    free_difficulty = _tick(gettext_lazy("Without interest: only with a reason"))
    officer_waiver = _sum(gettext_lazy("An officer alone waives at most"))
    officer_principal = _sum(gettext_lazy("An officer alone decides debts up to"))
    officer_periods = _count(gettext_lazy("An officer alone agrees at most"), _MONTHS)
    lead_waiver = _sum(gettext_lazy("A team lead waives at most"))
    lead_principal = _sum(gettext_lazy("A team lead decides debts up to"))
    lead_periods = _count(gettext_lazy("A team lead agrees at most"), _MONTHS)
    chance_grace_days = forms.IntegerField(required=False)
    chance_tolerance = forms.CharField(
        label=gettext_lazy("So little short counts as kept"),
        required=False,
        max_length=24,
    )
    chance_after_missed = forms.IntegerField(required=False)
    chance_notice_days = forms.IntegerField(required=False)
    chance_again_days = forms.IntegerField(required=False)
    chance_lighter_percent = forms.IntegerField(help_text=gettext_lazy("Empty: half of it."), required=False)
    chance_at_once = forms.BooleanField(
        label=gettext_lazy("A way on takes effect at once"),
        help_text=gettext_lazy(
            "What a borrower chooses after a hard month, where it lies wholly inside this policy."
        ),
        required=False,
    )
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
            initial |= _kept(current, currency)
        options.setdefault("initial", initial)
        super().__init__(*args, **options)
        for name, (label, suffix) in _COUNTED.items():
            least, most = policies.RANGES[name]
            field = self.fields[name]
            field.label = label
            field.widget.attrs |= {"data-suffix": suffix, "min": least, "max": most}
        for name, (label, suffix) in _CHANCES.items():
            least, most = RANGES[name]
            field = self.fields[f"chance_{name}"]
            field.label = label
            field.widget.attrs |= {"data-suffix": suffix, "min": least, "max": most}
        for name in ("min_instalment", "chance_tolerance"):
            self.fields[name].widget.attrs |= {"data-suffix": unit(currency), "inputmode": "decimal"}
        for name in (f"{who}_{what}" for who in _LIMITED.values() for what in ("waiver", "principal")):
            self.fields[name].widget.attrs |= {"data-suffix": unit(currency), "inputmode": "decimal"}
        self.fields["min_annual_rate"].widget.attrs |= {"data-suffix": "%", "inputmode": "decimal"}
        self.fields["since"].widget.attrs["min"] = clock.today().isoformat()

    @property
    def general(self) -> list[forms.BoundField]:
        """What holds for every plan."""
        begun = tuple(f"{start}_" for start, _title, _note in _PARTS)
        return [self[name] for name in self.fields if name != "since" and not name.startswith(begun)]

    @property
    def parts(self) -> list[tuple[object, object, list[forms.BoundField]]]:
        """The further parts: what stands over each, what it says, its fields."""
        return [
            (title, note, [self[name] for name in self.fields if name.startswith(f"{start}_")])
            for start, title, note in _PARTS
        ]

    def clean_min_instalment(self) -> int:
        return self._amount("min_instalment") or 0

    def clean_officer_waiver(self) -> int | None:
        return self._amount("officer_waiver")

    def clean_officer_principal(self) -> int | None:
        return self._amount("officer_principal")

    def clean_lead_waiver(self) -> int | None:
        return self._amount("lead_waiver")

    def clean_lead_principal(self) -> int | None:
        return self._amount("lead_principal")

    def clean_chance_tolerance(self) -> int | None:
        short, most = self._amount("chance_tolerance"), RANGES["tolerance"][1]
        if short is not None and short > most:
            raise forms.ValidationError(
                _("At most %(limit)s.") % {"limit": money_words(most, self.currency)}, code="out_of_range"
            )
        return short

    def clean_min_annual_rate(self) -> Decimal:
        return yearly_rate(self.cleaned_data["min_annual_rate"])

    def policy(self) -> dict[str, Any]:
        """The fields of Policy, the conditions and limits gathered into their tables."""
        data = dict(self.cleaned_data)
        conditions = {
            relief.value: {
                name: value
                for name, end in _CONDITIONS.items()
                if (value := data.pop(f"{prefix}_{end}")) not in (None, False)
            }
            for relief, prefix in _RELIEFS.items()
        }
        authority = {
            role.value: {
                name: value for name in _LIMITS if (value := data.pop(f"{prefix}_{name}")) is not None
            }
            for role, prefix in _LIMITED.items()
        }
        chances = {
            name: value
            for name in (*_CHANCES, "tolerance", "at_once")
            if (value := data.pop(f"chance_{name}")) not in (None, False)
        }
        return data | {"conditions": conditions, "authority": authority, "second_chance": chances}

    def _amount(self, name: str) -> int | None:
        typed = self.cleaned_data[name]
        return minor_units(typed, self.currency) if typed else None


def _kept(policy: Policy, currency: str) -> dict[str, Any]:
    """The tables of a policy as flat fields; what is not limited stays empty."""
    found: dict[str, Any] = {
        "instant": policy.instant,
        "min_annual_rate": f"{(policy.min_annual_rate * 100).normalize():f}",
    }
    for relief, prefix in _RELIEFS.items():
        asked = policy.conditions.get(relief.value, {})
        found |= {f"{prefix}_{end}": asked.get(name) for name, end in _CONDITIONS.items()}
    for role, prefix in _LIMITED.items():
        limits = policy.authority.get(role.value, {})
        found[f"{prefix}_periods"] = limits.get("periods")
        for name in ("waiver", "principal"):
            limit = limits.get(name)
            found[f"{prefix}_{name}"] = None if limit is None else money.to_major(limit, currency)
    chances = policy.second_chance
    found |= {f"chance_{name}": chances.get(name) for name in (*_CHANCES, "at_once")}
    if (short := chances.get("tolerance")) is not None:
        found["chance_tolerance"] = money.to_major(short, currency)
    return found


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
                    policies.publish(by=request.user, lender=lender, **form.policy())
                except Refused as refused:
                    form.refuse(refused)
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
        return queries.currency_of(lender)
