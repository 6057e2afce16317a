"""Fields for figures as people write them, and the way to read them back before anything is saved.

`一万二` is understood, but a form that understood something unusual does not save it: it comes back with the figure
in digits and the sentence "read from …", and the person presses the button once more.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cases.domain import money
from cases.domain.amounts import AmountRefused, in_words_zh, parse_amount, parse_days, parse_percent

CURRENCY = "CNY"
_PLAIN = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?|\d+(\.\d+)?", re.ASCII)

AMOUNT_WORDS: Mapping[str, Any] = {
    "empty": _("Write an amount, or tick “Not sure”."),
    "negative": _("An amount cannot be below zero."),
    "too_large": _("This is more than we can record. Please check the zeros."),
    "too_many_decimals": _("Write at most two decimals, like 1234.56."),
    "ambiguous": _("This could mean two amounts. Write it in digits, like 12000."),
    "not_understood": _("We could not read this amount. Write it in digits, like 12000."),
}
RATE_WORDS: Mapping[str, Any] = {
    "empty": _("Write a yearly rate, or tick “Not sure”."),
    "negative": _("A rate cannot be below zero."),
    "too_large": _("This rate is higher than we can record. Please check it."),
    "too_many_decimals": _("This rate has too many decimals. Round it a little."),
    "ambiguous": _("This could mean two rates. Write it with the sign, like 18% or 0.5%."),
    "not_understood": _("We could not read this rate. Write it like 18%."),
}
DAYS_WORDS: Mapping[str, Any] = {
    "empty": _("Write a number of days, or tick “Not sure”."),
    "negative": _("Days cannot be below zero."),
    "too_large": _("This is more days than we can record. Please check it."),
    "too_many_decimals": _("Write whole days, like 45."),
    "ambiguous": _("We could not read this. Write the days in digits, like 45."),
    "not_understood": _("We could not read this. Write the days in digits, like 45."),
}


class FigureField(forms.CharField):
    """A figure in free writing. Cleans to the figure, or to None when nothing was written."""

    words: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, **options: Any) -> None:
        options = {"required": False, "max_length": 80} | options
        super().__init__(**options)
        self.error_messages["max_length"] = self.words["not_understood"]

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # Numerals may be Chinese, so no numeric keypad is forced; the browser keeps no list of past debts.
        return {"autocomplete": "off", "spellcheck": "false"}

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return self.parse(text)
        except AmountRefused as refused:
            raise forms.ValidationError(self.problem(refused.code), code=refused.code) from None

    def problem(self, code: str) -> Any:
        return self.words[code]

    def parse(self, text: str) -> Any:
        raise NotImplementedError

    def plain(self, figure: Any) -> str:
        """The figure as it stands in the box when we write it."""
        raise NotImplementedError

    def said(self, figure: Any) -> str:
        """The figure in words or digits, to be read back."""
        return self.plain(figure)

    def is_plain(self, typed: str) -> bool:
        """Whether nobody could read it in another way, so that there is nothing to read back."""
        return _PLAIN.fullmatch(typed.strip()) is not None


class AmountField(FigureField):
    """An amount; cleans to minor units."""

    words = AMOUNT_WORDS

    def parse(self, text: str) -> int:
        return parse_amount(text, CURRENCY).minor

    def said(self, figure: int) -> str:
        return in_words_zh(figure)

    def plain(self, figure: int) -> str:
        return f"{money.to_major(figure, CURRENCY):,.2f}"


class RateField(FigureField):
    """A yearly rate; cleans to a fraction, 18% to Decimal("0.18")."""

    words = RATE_WORDS

    def parse(self, text: str) -> Decimal:
        return parse_percent(text)

    def plain(self, figure: Decimal) -> str:
        return f"{(figure * 100).normalize():f}%"

    def is_plain(self, typed: str) -> bool:
        return super().is_plain(typed.strip().removesuffix("%").rstrip())


class DaysField(FigureField):
    """Whole days."""

    words = DAYS_WORDS

    def parse(self, text: str) -> int:
        return parse_days(text)

    def plain(self, figure: int) -> str:
        return str(figure)

    def said(self, figure: int) -> str:
        return ngettext("%(n)s day", "%(n)s days", figure) % {"n": figure}


@dataclass(frozen=True, kw_only=True)
class ReadBack:
    """What was typed and what was understood; an amount also in minor units, its words in Chinese."""

    typed: str
    plain: str
    minor: int | None
    words: str


class ReadsBack(forms.Form):
    """A form with figures that can show what it understood."""

    read_back: dict[str, ReadBack]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.read_back = {}

    def unusual(self) -> dict[str, ReadBack]:
        """The figures of a valid form that were not written in plain digits."""
        found = {}
        for name, field in self.fields.items():
            figure = self.cleaned_data.get(name)
            typed = str(self.data.get(self.add_prefix(name), "")).strip()
            if not isinstance(field, FigureField) or figure is None or field.is_plain(typed):
                continue
            minor = figure if isinstance(field, AmountField) else None
            found[name] = ReadBack(
                typed=typed, plain=field.plain(figure), minor=minor, words=field.said(figure)
            )
        return found

    def to_confirm(self) -> "ReadsBack | None":
        """The same form with unusual figures in digits, to be looked at; None when there is nothing to confirm."""
        found = self.unusual()
        if not found:
            return None
        data = self.data.copy() if isinstance(self.data, QueryDict) else dict(self.data)
        for name, reading in found.items():
            data[self.add_prefix(name)] = reading.plain
        form = self.again(data)
        form.is_valid()
        form.read_back = found
        return form

    def again(self, data: Any) -> "ReadsBack":
        return type(self)(data)
