"""An officer's answers: other terms inside the published policy, or a reason for no."""

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import clock, formats
from cases.domain.amounts import AmountRefused, parse_amount, parse_percent
from cases.domain.money import to_text
from cases.domain.refusal import Refused
from repayment.actions.walls import REASON_LENGTH
from repayment.domain import schedule as schedules
from repayment.domain.schedule import Schedule
from repayment.domain.terms import MAX_ROWS, Clawback, Deferral, Method, Step, Terms, Treatment, Waived
from repayment.models import Policy, Suspension
from repayment.wording import METHODS

# A refused term names the path in the contract; the form has flat fields.
_FIELD_OF = {
    "waive/interest": "waive_interest",
    "waive/fees": "waive_fees",
    "deferral/periods": "pause",
    "annual_rate": "rate",
    "steps": "light_months",
    "steps/0/periods": "light_months",
    "steps/0/amount": "light_amount",
    "steps/0/treatment": "light_amount",
    "clawback/after_missed": "missed",
}
_KINDS = (
    Method.EQUAL_INSTALMENT,
    Method.INTEREST_FREE,
    Method.EQUAL_PRINCIPAL,
    Method.INTEREST_ONLY_BALLOON,
)
# Months put off cost what the borrower's own proposals say they cost.
_USUAL_TREATMENT = Treatment.CARRIED_SPREAD


class ReasonField(forms.CharField):
    """A few words to the borrower."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("error_messages", {"required": _("Write a sentence. The borrower reads it.")})
        super().__init__(max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 2}), **options)


class PauseForm(forms.Form):
    """Why a plan rests, and until when at the latest."""

    reason = forms.ChoiceField(
        label=_("Why?"),
        choices=Suspension.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )
    until = forms.DateField(
        label=_("Until when at the latest?"),
        help_text=_("You may leave it empty and end the pause yourself."),
        input_formats=["%Y-%m-%d"],
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _("Choose a day, for example 2027-06-20.")},
    )


class RefusalForm(forms.Form):
    reason = ReasonField(
        label=_("Why not? The borrower reads this."),
        help_text=_("Say what would make a yes possible, if anything would."),
    )


class CounterForm(forms.Form):
    """Everything an officer may change; what is owed is not among it.

    After a clean `terms` holds the offer in typed form and `preview` its schedule, whatever became of the reason.
    """

    waive_interest = forms.CharField(label=_("Overdue interest waived"), max_length=24)
    waive_fees = forms.CharField(label=_("Fees waived"), max_length=24)
    rate = forms.CharField(label=_("Rate a year"), max_length=12)
    periods = forms.IntegerField(label=_("Instalments"), min_value=1, max_value=MAX_ROWS)
    pause = forms.IntegerField(label=_("Pause first"), min_value=0, max_value=MAX_ROWS)
    first_due = forms.DateField(
        label=_("First payment"),
        help_text=_("A pause moves it on."),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _("Choose a day, for example 2027-06-20.")},
    )
    method = forms.ChoiceField(label=_("Kind of plan"), choices=[])
    light_months = forms.IntegerField(
        label=_("Lighter months first"), min_value=0, max_value=60, required=False
    )
    light_amount = forms.CharField(label=_("Paid in a lighter month"), max_length=24, required=False)
    missed = forms.IntegerField(
        label=_("What is waived comes back after"),
        help_text=_("Payments missed in a row. Empty: it never comes back."),
        min_value=2,
        max_value=12,
        required=False,
    )
    reason = ReasonField(label=_("Your reason"), help_text=_("The borrower reads this."))

    def __init__(self, *args: Any, before: Terms, policy: Policy | None, **options: Any) -> None:
        self.before = before
        self.terms = before
        self.preview: Schedule | None = None
        options.setdefault("initial", _initial(before))
        super().__init__(*args, **options)
        kinds = dict.fromkeys((*_KINDS, _kind(before)))
        self.fields["method"].choices = [(kind.value, METHODS[kind]) for kind in kinds]  # type: ignore[attr-defined]
        for name in ("waive_interest", "waive_fees"):
            self.fields[name].widget.attrs |= {
                "data-suffix": formats.unit(before.currency),
                "inputmode": "decimal",
            }
        self.fields["rate"].widget.attrs |= {"data-suffix": "%", "inputmode": "decimal"}
        # A plan without interest has no use for a rate, so none is asked for and none can be wrong.
        self.fields["rate"].required = not self._is_free()
        self.fields["rate"].help_text = _("At most %(limit)s. Does not count in a plan without interest.") % {
            "limit": formats.percent(max(before.annual_rate, before.rate))
        }
        self.fields["light_amount"].widget.attrs |= {
            "data-suffix": formats.unit(before.currency),
            "inputmode": "decimal",
        }
        self.fields["light_amount"].help_text = _("All that is paid in such a month.")
        self.fields["light_months"].widget.attrs |= {"data-suffix": _("months")}
        self.fields["missed"].widget.attrs |= {"data-suffix": _("payments")}
        self.fields["periods"].widget.attrs |= {"data-suffix": _("instalments")}
        self.fields["pause"].widget.attrs |= {"data-suffix": _("months")}
        self.fields["first_due"].widget.attrs["min"] = (clock.today() + dt.timedelta(days=1)).isoformat()
        if policy is not None:
            self._state_limits(policy)
        for name in ("waive_interest", "waive_fees", "periods", "pause", "rate"):
            self.fields[name].error_messages["required"] = _("Write a number; 0 if there is none.")

    def _state_limits(self, policy: Policy) -> None:
        most = {
            "waive_interest": self.before.interest * policy.waive_interest_percent // 100,
            "waive_fees": self.before.fees * policy.waive_fees_percent // 100,
        }
        for name, limit in most.items():
            self.fields[name].help_text = _("At most %(limit)s.") % {
                "limit": formats.digits(limit, self.before.currency)
            }
        free = policy.interest_free_max_periods
        self.fields["periods"].help_text = (
            _("At most %(limit)s, without interest %(free)s.") if free else _("At most %(limit)s.")
        ) % {"limit": policy.max_periods, "free": free}
        self.fields["pause"].help_text = _("At most %(limit)s.") % {"limit": policy.deferral_max_periods}

    def clean_waive_interest(self) -> int:
        return self._amount("waive_interest")

    def clean_waive_fees(self) -> int:
        return self._amount("waive_fees")

    def clean_light_amount(self) -> int:
        return self._amount("light_amount") if self.cleaned_data["light_amount"] else 0

    def clean_rate(self) -> Decimal:
        if self._is_free():
            return self.before.annual_rate
        typed = self.cleaned_data["rate"]
        try:
            # The sign stands inside the field, so a bare 0.5 is not in doubt here.
            return parse_percent(f"{typed}%" if typed.replace(".", "", 1).isdecimal() else typed)
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
        # The terms do not wait for the reason: whatever is wrong is said at once.
        if set(self.errors) <= {"reason"}:
            try:
                self.terms = self._terms(data)
                self.preview = schedules.build(self.terms)
            except Refused as refused:
                self.refuse(refused)
        return data

    def refuse(self, refused: Refused) -> None:
        """Put a refusal beside the field it is about."""
        name = _FIELD_OF.get(refused.field, refused.field)
        self.preview = None
        self.add_error(name if name in self.fields else None, _worded(refused))

    def _is_free(self) -> bool:
        return self.data.get("method") == Method.INTEREST_FREE.value

    def _amount(self, name: str) -> int:
        try:
            return parse_amount(self.cleaned_data[name], self.before.currency).minor
        except AmountRefused as refused:
            raise forms.ValidationError(
                _("Write the amount in digits, for example 490.00."), code=refused.code
            ) from None

    def _terms(self, data: dict[str, Any]) -> Terms:
        pause, standing = data["pause"], self.before.deferral
        treatment = standing.treatment if standing else _USUAL_TREATMENT
        method = Method(data["method"])
        light = data["light_months"] or 0
        terms = dataclasses.replace(
            self.before,
            method=method,
            # An interest-free plan keeps the contract's rate on its sheet; it bears none.
            annual_rate=self.before.annual_rate if method is Method.INTEREST_FREE else data["rate"],
            periods=data["periods"],
            amount=None,
            first_due=data["first_due"],
            start=min(self.before.start, data["first_due"] - dt.timedelta(days=1)),
            deferral=Deferral(periods=pause, treatment=treatment) if pause else None,
            waive_interest=data["waive_interest"],
            waive_fees=data["waive_fees"],
            pay_day=self.before.pay_day if data["first_due"] == self.before.first_due else None,
            steps=(Step(periods=light, amount=data["light_amount"]),) if light else (),
            settlement=(),
            review=None,
            clawback=None,
        )
        return dataclasses.replace(terms, clawback=_clawback(terms, data["missed"]))


def _clawback(terms: Terms, missed: int | None) -> Clawback | None:
    """Overdue interest and fees waived here come back together, until the last payment; what months forgave never does."""
    waived = ((Waived.INTEREST, terms.waive_interest), (Waived.FEES, terms.waive_fees))
    returns = tuple(part for part, amount in waived if amount)
    if not missed or not returns:
        return None
    last = schedules.build(terms).last_due
    return Clawback(after_missed=missed, until=last, returns=returns)


# Terms that mean nothing are refused in the contract's words; a person gets these.
_SAID = {
    "rate_out_of_range": _("Write a rate from 0 to 900 %."),
    "waives_too_much": _("This is more than is claimed."),
    "periods_out_of_range": _("Write a number from 1 to 600."),
    "row_not_positive": _("So small a debt cannot be divided into so many instalments."),
    "beyond_calendar": _("Choose an earlier day."),
    "step_below_interest": _(
        "This does not cover the month’s interest. Write more, or choose a plan without interest."
    ),
    "step_too_large": _("These months would pay everything off: nothing is left to divide."),
    "too_many_rows": _("A plan has at most 600 months."),
    "owed_changed": _("An offer cannot change what is owed."),
}


def _worded(refused: Refused) -> str:
    return str(_SAID.get(refused.code) or refused)


def _kind(terms: Terms) -> Method:
    return Method.EQUAL_INSTALMENT if terms.method is Method.FIXED_AMOUNT else terms.method


def _initial(terms: Terms) -> dict[str, Any]:
    return {
        "waive_interest": to_text(terms.waive_interest, terms.currency),
        "waive_fees": to_text(terms.waive_fees, terms.currency),
        "method": _kind(terms).value,
        "rate": f"{(terms.annual_rate * 100).normalize():f}",
        "periods": terms.periods or len(schedules.build(terms).rows),
        "pause": terms.deferral.periods if terms.deferral else 0,
        "first_due": terms.first_due,
        "light_months": sum(step.periods for step in terms.steps) or "",
        "light_amount": to_text(terms.steps[0].amount, terms.currency) if terms.steps else "",
        "missed": terms.clawback.after_missed if terms.clawback else "",
    }
