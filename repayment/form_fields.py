"""The fields of terms, policies and budgets: sums of a currency, yearly rates and days, as an officer or a borrower types them."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import formats
from cases.domain.amounts import AmountRefused, parse_amount, parse_percent


def minor_units(typed: str, currency: str) -> int:
    """What was typed as an amount, in minor units. Raises ValidationError in words."""
    try:
        return parse_amount(typed, currency).minor
    except AmountRefused as refused:
        raise forms.ValidationError(
            _("Write the amount in digits, for example 490.00."), code=refused.code
        ) from None


def yearly_rate(typed: str) -> Decimal:
    """What was typed as a rate, as a fraction; a bare 0.5 is half a percent. Raises ValidationError in words."""
    try:
        return parse_percent(f"{typed}%" if typed.replace(".", "", 1).isdecimal() else typed)
    except AmountRefused as refused:
        raise forms.ValidationError(
            _("Write the rate as a number, for example 6."), code=refused.code
        ) from None


class SumField(forms.CharField):
    """An amount of the debt's currency; cleans to minor units, None when nothing was written."""

    def __init__(self, *, currency: str, **options: Any) -> None:
        super().__init__(**{"required": False, "max_length": 24} | options)
        self.error_messages["required"] = _("Write the amount in digits, for example 490.00.")
        self.currency = currency
        self.widget.attrs |= {
            "data-suffix": formats.unit(currency),
            "inputmode": "decimal",
            "autocomplete": "off",
        }

    def clean(self, value: Any) -> int | None:
        typed = super().clean(value)
        return minor_units(typed, self.currency) if typed else None


class PercentField(forms.CharField):
    """A yearly rate; the sign stands inside the field, so a bare 0.5 is not in doubt. Cleans to a fraction or None."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "max_length": 12} | options)
        self.error_messages["required"] = _("Write a number; 0 if there is none.")
        self.widget.attrs |= {"data-suffix": "%", "inputmode": "decimal", "autocomplete": "off"}

    def clean(self, value: Any) -> Decimal | None:
        typed = super().clean(value)
        return yearly_rate(typed) if typed else None


class CountField(forms.IntegerField):
    def __init__(self, *, suffix: Any, **options: Any) -> None:
        super().__init__(**{"required": False} | options)
        self.error_messages["required"] = _("Write a number.")
        self.widget.attrs |= {"data-suffix": suffix, "inputmode": "numeric"}


class DayField(forms.DateField):
    def __init__(self, **options: Any) -> None:
        usual: dict[str, Any] = {
            "required": False,
            "input_formats": ["%Y-%m-%d"],
            "widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "error_messages": {
                "required": _("Choose a day."),
                "invalid": _("Choose a day, for example 2027-06-20."),
            },
        }
        super().__init__(**usual | options)
