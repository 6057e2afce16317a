"""The public calculators' forms: figures as people write them, on the way to the contract's own strict types."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.forms.figures import CURRENCY, AmountField, RateField, ReadsBack
from repayment.domain.cost import MAX_PAYMENTS, Every, series
from repayment.domain.schedule import month_after
from repayment.domain.terms import MAX_ROWS, Deferral, Method, Terms, Treatment
from repayment.form_fields import PercentField

_MONTHS_WORDS = {
    "required": _("Write a number of months, like 48."),
    "invalid": _("Write a number of months, like 48."),
    "min_value": _("A plan has from 1 to 600 monthly payments."),
    "max_value": _("A plan has from 1 to 600 monthly payments."),
}
_DATE_WORDS = {"invalid": _("Write a date, like 2027-02-15.")}
_FEW_DIGITS = {"inputmode": "numeric", "autocomplete": "off", "class": "short"}


def _date_field(label: Any, hint: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
        error_messages=_DATE_WORDS,
    )


class QuoteForm(ReadsBack):
    """What would a plan cost? Gives `Terms`, so that the page and the contract compute the same."""

    principal = AmountField(
        label=_("How much is still owed?"),
        help_text=_("The principal, without overdue interest and fees. 12000 or 1.2万 is fine."),
        required=True,
        error_messages={"required": _("Write an amount.")},
        widget=forms.TextInput(attrs={"data-prefix": "¥"}),
    )
    overdue = AmountField(
        label=_("Overdue interest, if there is any"),
        widget=forms.TextInput(attrs={"data-prefix": "¥"}),
    )
    fees = AmountField(
        label=_("Overdue fees, if there are any"), widget=forms.TextInput(attrs={"data-prefix": "¥"})
    )
    annual_rate = RateField(
        label=_("Interest a year, if there is any"), help_text=_("Like 18%, or 日息万五.")
    )
    method = forms.ChoiceField(
        label=_("Which kind of plan?"),
        widget=forms.RadioSelect,
        choices=[
            (Method.EQUAL_INSTALMENT, _("The same each month\nThe last payment may differ by a few cents.")),
            (
                Method.EQUAL_PRINCIPAL,
                _("A little less each month\nThe same principal, less and less interest."),
            ),
            (Method.INTEREST_FREE, _("Interest-free instalments\nWhat is owed, divided by the months.")),
            (
                Method.INTEREST_ONLY_BALLOON,
                _("Interest first\nOnly interest each month, all the principal at the end."),
            ),
        ],
        error_messages={"required": _("Choose a kind of plan.")},
    )
    periods = forms.IntegerField(
        label=_("How many monthly payments?"),
        min_value=1,
        max_value=MAX_ROWS,
        widget=forms.TextInput(attrs=_FEW_DIGITS),
        error_messages=_MONTHS_WORDS,
    )
    pause = forms.IntegerField(
        label=_("A pause first, in months"),
        help_text=_("Leave this empty for none. The interest of these months is added to what is owed."),
        required=False,
        min_value=1,
        max_value=MAX_ROWS,
        widget=forms.TextInput(attrs=_FEW_DIGITS),
        error_messages=_MONTHS_WORDS,
    )
    first_due = _date_field(_("First payment on"), _("Empty means a month from today."))

    def terms(self) -> Terms:
        """The terms of a valid form. Raises TermsRefused when they do not go together."""
        data, today = self.cleaned_data, clock.today()
        first = data["first_due"] or month_after(today, 1)
        return Terms(
            currency=CURRENCY,
            principal=data["principal"],
            interest=data["overdue"] or 0,
            fees=data["fees"] or 0,
            annual_rate=data["annual_rate"] or Decimal(0),
            method=Method(data["method"]),
            periods=data["periods"],
            # The start is only checked, so a plan that began in the past can be worked out too.
            start=min(today, first - dt.timedelta(days=1)),
            first_due=first,
            deferral=Deferral(periods=data["pause"], treatment=Treatment.CAPITALISED)
            if data["pause"]
            else None,
        )

    def clean_first_due(self) -> dt.date | None:
        return _within_reason(self.cleaned_data["first_due"])


class RateForm(ReadsBack):
    """What does it really cost a year?"""

    received = AmountField(
        label=_("How much did you really receive?"),
        help_text=_("If a fee was taken off first, write what arrived."),
        required=True,
        error_messages={"required": _("Write an amount.")},
        widget=forms.TextInput(attrs={"data-prefix": "¥"}),
    )
    amount = AmountField(
        label=_("How much do you pay each time?"),
        help_text=_("With every fee that comes with it."),
        required=True,
        error_messages={"required": _("Write an amount.")},
        widget=forms.TextInput(attrs={"data-prefix": "¥"}),
    )
    count = forms.IntegerField(
        label=_("How many payments?"),
        min_value=1,
        max_value=MAX_PAYMENTS,
        widget=forms.TextInput(attrs=_FEW_DIGITS),
        error_messages={
            "required": _("Write a number of payments, like 12."),
            "invalid": _("Write a number of payments, like 12."),
            "min_value": _("Write a number from 1 to 6,000."),
            "max_value": _("Write a number from 1 to 6,000."),
        },
    )
    every = forms.ChoiceField(
        label=_("How often?"),
        widget=forms.RadioSelect,
        choices=[
            (Every.MONTH, _("Every month")),
            (Every.TWO_WEEKS, _("Every two weeks")),
            (Every.WEEK, _("Every week")),
            (Every.QUARTER, _("Every three months")),
        ],
        error_messages={"required": _("Choose how often you pay.")},
    )
    received_on = _date_field(_("When did it arrive?"), _("Empty means today."))
    first_on = _date_field(_("First payment on"), _("Empty means one interval after it arrived."))
    daily = PercentField(
        label=_("What is charged a day, if the contract says so"),
        help_text=_("In per cent, as it is written there. Else leave it empty."),
    )

    def clean_received_on(self) -> dt.date | None:
        return _within_reason(self.cleaned_data["received_on"])

    def clean_first_on(self) -> dt.date | None:
        return _within_reason(self.cleaned_data["first_on"])

    def days(self) -> tuple[dt.date, dt.date]:
        """The day of the advance and of the first payment."""
        received = self.cleaned_data["received_on"] or clock.today()
        step = series(received, 1, 2, Every(self.cleaned_data["every"]))
        return received, self.cleaned_data["first_on"] or step[1].on


def _within_reason(day: dt.date | None) -> dt.date | None:
    if day is not None and not 1900 <= day.year <= 2200:
        raise forms.ValidationError(_("Write a date between 1900 and 2200."))
    return day
