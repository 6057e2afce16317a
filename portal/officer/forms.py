"""An officer's answers: other terms inside the published policy, or a reason for no."""

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.domain import money
from cases.domain.amounts import AmountRefused, parse_amount, parse_percent
from cases.domain.refusal import Refused
from repayment.domain import schedule as schedules
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Deferral, Method, Terms, Treatment
from repayment.models import Policy

_METHODS = [
    (Method.EQUAL_INSTALMENT.value, _("Equal instalments with interest")),
    (Method.INTEREST_FREE.value, _("Interest-free instalments")),
]
# A refused term names the path in the contract; the form has flat fields.
_FIELD_OF = {
    "waive/interest": "waive_interest",
    "waive/fees": "waive_fees",
    "deferral/periods": "pause",
    "annual_rate": "rate",
}


class ReasonField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=300, widget=forms.Textarea(attrs={"rows": 2}), **options)


class RefusalForm(forms.Form):
    reason = ReasonField(
        label=_("Why not? The borrower reads this."),
        help_text=_("Say what would make a yes possible, if anything would."),
    )


class CounterForm(forms.Form):
    """Everything an officer may change; what is owed is not among it."""

    waive_interest = forms.CharField(label=_("Overdue interest waived"), required=False)
    waive_fees = forms.CharField(label=_("Fees waived"), required=False)
    method = forms.ChoiceField(label=_("Kind of plan"), choices=_METHODS)
    rate = forms.CharField(label=_("Rate a year"), required=False)
    periods = forms.IntegerField(label=_("Instalments"), min_value=1, max_value=600)
    pause = forms.IntegerField(label=_("Months of pause first"), min_value=0, max_value=600, required=False)
    first_due = forms.DateField(label=_("First due day"), widget=forms.DateInput(attrs={"type": "date"}))
    reason = ReasonField(label=_("Your reason. The borrower reads this."))

    def __init__(self, *args: Any, before: Terms, policy: Policy | None, **options: Any) -> None:
        self.before = before
        self.terms = before
        self.preview: Schedule | None = None
        options.setdefault("initial", _initial(before))
        super().__init__(*args, **options)
        suffix = "元" if before.currency == "CNY" else before.currency
        for name in ("waive_interest", "waive_fees"):
            self.fields[name].widget.attrs |= {"data-suffix": suffix, "inputmode": "decimal"}
        self.fields["rate"].widget.attrs |= {"data-suffix": "%", "inputmode": "decimal"}
        self.fields["first_due"].widget.attrs["min"] = clock.today().isoformat()
        if policy is not None:
            self._state_limits(policy)

    def _state_limits(self, policy: Policy) -> None:
        most = {
            "waive_interest": self.before.interest * policy.waive_interest_percent // 100,
            "waive_fees": self.before.fees * policy.waive_fees_percent // 100,
        }
        for name, limit in most.items():
            self.fields[name].help_text = _("At most %(amount)s.") % {
                "amount": f"{money.to_major(limit, self.before.currency):,}"
            }
        self.fields["periods"].help_text = _("At most %(all)s, or %(free)s without interest.") % {
            "all": policy.max_periods,
            "free": policy.interest_free_max_periods,
        }
        self.fields["pause"].help_text = _("At most %(months)s.") % {"months": policy.deferral_max_periods}

    def clean_waive_interest(self) -> int:
        return self._amount("waive_interest")

    def clean_waive_fees(self) -> int:
        return self._amount("waive_fees")

    def clean_rate(self) -> Decimal:
        typed = self.cleaned_data["rate"]
        try:
            return parse_percent(typed) if typed else Decimal(0)
        except AmountRefused as refused:
            raise forms.ValidationError(
                _("Write the rate as a number, for example 6."), code=refused.code
            ) from None

    def clean_first_due(self) -> dt.date:
        day: dt.date = self.cleaned_data["first_due"]
        if day <= clock.today():
            raise forms.ValidationError(_("Choose a day after today."), code="first_due_passed")
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.terms = self._terms(data)
                self.preview = schedules.build(self.terms)
            except Refused as refused:
                self.refuse(refused)
        return data

    def refuse(self, refused: Refused) -> None:
        """Put a refusal beside the field it is about."""
        name = _FIELD_OF.get(refused.field, refused.field)
        self.add_error(name if name in self.fields else None, str(refused))

    def _amount(self, name: str) -> int:
        typed = self.cleaned_data[name]
        try:
            return parse_amount(typed, self.before.currency).minor if typed else 0
        except AmountRefused as refused:
            raise forms.ValidationError(
                _("Write the amount in digits, for example 490.00."), code=refused.code
            ) from None

    def _terms(self, data: dict[str, Any]) -> Terms:
        free = data["method"] == Method.INTEREST_FREE
        pause = data.get("pause") or 0
        return dataclasses.replace(
            self.before,
            method=Method(data["method"]),
            annual_rate=Decimal(0) if free else data["rate"],
            periods=data["periods"],
            amount=None,
            first_due=data["first_due"],
            start=min(self.before.start, data["first_due"] - dt.timedelta(days=1)),
            deferral=Deferral(periods=pause, treatment=Treatment.WAIVED) if pause else None,
            waive_interest=data["waive_interest"],
            waive_fees=data["waive_fees"],
        )


def _initial(terms: Terms) -> dict[str, Any]:
    schedule = schedules.build(terms)
    kinds = {value for value, _label in _METHODS}
    return {
        "waive_interest": money.to_major(terms.waive_interest, terms.currency),
        "waive_fees": money.to_major(terms.waive_fees, terms.currency),
        "method": terms.method.value if terms.method.value in kinds else Method.EQUAL_INSTALMENT.value,
        "rate": f"{(terms.annual_rate * 100).normalize():f}",
        "periods": len(schedule.rows),
        "pause": terms.deferral.periods if terms.deferral else 0,
        "first_due": terms.first_due,
    }
