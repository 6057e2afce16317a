"""A budget as one form: what comes in, what living costs, what is kept for surprises.

The same form serves a person who keeps a file and a visitor of whom nothing is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.domain.budget import (
    CATEGORIES,
    Essential,
    Flexible,
    Income,
    Line,
    Period,
    Priority,
    Side,
    Statement,
)
from cases.domain.budget import Buffer as Cushion
from cases.forms.figures import AmountField, ReadsBack
from cases.forms.once import OnceForm

WORDS: Mapping[str, Any] = {
    Income.WAGES: _("Wages"),
    Income.SELF_EMPLOYED: _("Own business, odd jobs"),
    Income.PENSION: _("Pension"),
    Income.BENEFITS: _("Allowances and benefits"),
    Income.PARTNER: _("What your partner brings in"),
    Income.FAMILY_SUPPORT: _("Help from family"),
    Income.RENT_RECEIVED: _("Rent you receive"),
    Income.OTHER: _("Other income"),
    Essential.RENT: _("Rent"),
    Essential.FOOD: _("Food"),
    Essential.UTILITIES: _("Water, power, gas"),
    Essential.EDUCATION: _("School"),
    Essential.MEDICAL: _("Doctor and medicine"),
    Essential.TRANSPORT: _("Travel"),
    Essential.PHONE: _("Phone and internet"),
    Essential.MORTGAGE: _("Mortgage"),
    Essential.PROPERTY_FEE: _("Property fee"),
    Essential.HEATING: _("Heating"),
    Essential.SOCIAL_INSURANCE: _("Social insurance"),
    Essential.HOUSING_FUND: _("Housing fund"),
    Essential.INSURANCE: _("Insurance"),
    Essential.CHILDCARE: _("Child care"),
    Essential.CHILD_SUPPORT: _("Child support"),
    Essential.PARENTS: _("Care for parents"),
    Essential.OTHER: _("Other things you cannot do without"),
    Essential.GUIDE: _("Kept for living by the guide"),
    Flexible.HOUSEHOLD: _("Things for the home"),
    Flexible.CLOTHING: _("Clothes"),
    Flexible.PERSONAL: _("Hair, toiletries"),
    Flexible.LEISURE: _("Leisure"),
    Flexible.GIFTS: _("Gifts and family occasions"),
    Flexible.OTHER: _("Other flexible spending"),
    Cushion.EMERGENCY: _("Cushion for surprises"),
    Cushion.SAVINGS: _("Savings"),
    Priority.RENT_ARREARS: _("Rent you are behind with"),
    Priority.MORTGAGE_ARREARS: _("Mortgage you are behind with"),
    Priority.UTILITY_ARREARS: _("Bills you are behind with"),
    Priority.TAX_ARREARS: _("Taxes you are behind with"),
    Priority.COURT_ORDER: _("Payments ordered by a court"),
    Priority.OTHER: _("Something else that cannot wait"),
}
ASKED: Mapping[Side, tuple[str, ...]] = {
    side: tuple(name for name in CATEGORIES[side] if name != Essential.GUIDE) for side in Side
}
# What is asked at first sight; the rest waits behind one line.
SHOWN: Mapping[Side, tuple[str, ...]] = {
    Side.INCOME: (Income.WAGES, Income.SELF_EMPLOYED),
    Side.ESSENTIAL: (
        Essential.RENT,
        Essential.FOOD,
        Essential.UTILITIES,
        Essential.EDUCATION,
        Essential.MEDICAL,
        Essential.TRANSPORT,
    ),
    Side.FLEXIBLE: (Flexible.HOUSEHOLD,),
    Side.BUFFER: (Cushion.EMERGENCY,),
    Side.PRIORITY: (),
}
TITLES: Mapping[Side, tuple[Any, Any, Any]] = {
    Side.INCOME: (
        _("What comes in"),
        _("After tax. If it changes, take a bad month. Nothing coming in is an answer too: write 0."),
        _("More kinds of income"),
    ),
    Side.ESSENTIAL: (
        _("What living costs"),
        _("This is set aside first and stays untouched. A rough figure is fine."),
        _("More living costs"),
    ),
    Side.FLEXIBLE: (_("What can vary"), _("Leave empty what you do not have."), _("More that can vary")),
    Side.BUFFER: (
        _("For surprises"),
        _("A small cushion keeps a plan alive when something breaks."),
        _("Savings"),
    ),
    Side.PRIORITY: ("", "", _("Payments that cannot wait, like rent you are behind with")),
}
PERIODS = (
    (Period.MONTH, _("a month")),
    (Period.WEEK, _("a week")),
    (Period.FORTNIGHT, _("every 2 weeks")),
    (Period.FOUR_WEEKS, _("every 4 weeks")),
    (Period.YEAR, _("a year")),
)


class LineField(AmountField):
    """An amount among forty: what is wrong with it says its name, so that the summary above makes sense."""

    def problem(self, code: str) -> Any:
        return _("%(line)s: %(problem)s") % {"line": self.label, "problem": self.words[code]}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the form: an amount and its period."""

    amount: forms.BoundField
    period: forms.BoundField
    read_back: Any


@dataclass(frozen=True, kw_only=True)
class Group:
    """One side of the budget; `opened` when something behind the line was filled in or went wrong."""

    side: str
    title: Any
    hint: Any
    more: Any
    shown: list[Entry]
    rest: list[Entry]
    opened: bool


class BudgetForm(OnceForm, ReadsBack):
    """Fields are named by category; `<category>_period` says how often."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for side in Side:
            for category in ASKED[side]:
                self.fields[category] = LineField(label=WORDS[category])
                self.fields[f"{category}_period"] = forms.ChoiceField(
                    label=_("How often"), choices=PERIODS, required=False, initial=Period.MONTH
                )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self._silent(cleaned, Side.INCOME):
            self.add_error(Income.WAGES, _("Write what comes in each month. If nothing comes in, write 0."))
        if self._silent(cleaned, Side.ESSENTIAL):
            self.add_error(Essential.FOOD, _("Write at least one living cost. If you have none, write 0."))
        return cleaned

    def _silent(self, cleaned: dict[str, Any], side: Side) -> bool:
        return all(name in cleaned and cleaned[name] is None for name in ASKED[side])

    def statement(self) -> Statement:
        """The valid form as a budget; what was left empty is not part of it."""
        return Statement(
            lines=tuple(
                Line(
                    side=side,
                    category=category,
                    amount=self.cleaned_data[category],
                    period=Period(self.cleaned_data[f"{category}_period"] or Period.MONTH),
                )
                for side in Side
                for category in ASKED[side]
                if self.cleaned_data[category] is not None
            )
        )

    def groups(self) -> list[Group]:
        return [self._group(side) for side in Side]

    def _group(self, side: Side) -> Group:
        title, hint, more = TITLES[side]
        rest = [self._entry(name) for name in ASKED[side] if name not in SHOWN[side]]
        return Group(
            side=side,
            title=title,
            hint=hint,
            more=more,
            shown=[self._entry(name) for name in SHOWN[side]],
            rest=rest,
            opened=any(entry.amount.value() or entry.amount.errors for entry in rest),
        )

    def _entry(self, name: str) -> Entry:
        return Entry(amount=self[name], period=self[f"{name}_period"], read_back=self.read_back.get(name))

    def said(self) -> dict[str, str]:
        """What was typed, line by line, to carry to another page."""
        return {
            name: str(self.data[name])[:80]
            for name in self.fields
            if name != "once" and self.data.get(name) and self.data.get(name.removesuffix("_period"))
        }


def initial_of(statement: Statement) -> dict[str, Any]:
    """What the form says about a budget that is already kept."""
    plain = AmountField().plain
    initial: dict[str, Any] = {}
    for line in statement.lines:
        initial[line.category] = plain(line.amount)
        initial[f"{line.category}_period"] = line.period
    return initial
