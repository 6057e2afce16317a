"""A budget as one form: who lives from it, what comes in, what living costs, what is kept for surprises.

The same form serves a person who keeps a file and a visitor of whom nothing is stored. What happened is asked only
where it is kept: a calculator has no use for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.actions.budgets import NOTHING, Confided
from cases.budget_words import DIFFICULTIES, PERIODS, WORDS, WORK
from cases.budget_words import REGIONS as REGION_WORDS
from cases.domain.affordability import REGIONS
from cases.domain.budget import (
    CATEGORIES,
    Difficulty,
    Essential,
    Flexible,
    Household,
    Income,
    Line,
    Period,
    Side,
    Statement,
    Work,
)
from cases.domain.budget import Buffer as Cushion
from cases.forms.figures import AmountField, ReadsBack
from cases.forms.once import OnceForm

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


class LineField(AmountField):
    """An amount among forty: what is wrong with it says its name, so that the summary above makes sense."""

    def problem(self, code: str) -> Any:
        return _("%(line)s: %(problem)s") % {"line": self.label, "problem": self.words[code]}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the form: an amount and its period, unless it shares another line's."""

    amount: forms.BoundField
    period: forms.BoundField | None
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


# Income that may swing: beside the bad month, a good one can be written.
SWINGS = (Income.WAGES, Income.SELF_EMPLOYED)
# Who else lives from it, behind one line.
DEPENDANTS: Mapping[str, Any] = {
    "children": _("Children under 14"),
    "teenagers": _("Children from 14 to 17"),
    "other_dependants": _("Others you support, such as parents"),
}
_MOST_PEOPLE = 20


class BudgetForm(OnceForm, ReadsBack):
    """Fields are named by category; `<category>_period` says how often, `<category>_high` a good month."""

    def __init__(self, *args: Any, confide: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.confide = confide
        self.fields["adults"] = _people(_("Grown-ups, you included"), least=1)
        for name, label in DEPENDANTS.items():
            self.fields[name] = _people(label, least=0)
        self.fields["region"] = forms.ChoiceField(
            label=_("Where you live"),
            required=False,
            choices=[(name, REGION_WORDS[name]) for name in ("", *REGIONS["cn"])],
            help_text=_(
                "For the guide to what living takes at the least. Unsaid, we use the most careful one."
            ),
        )
        self.fields["work"] = forms.ChoiceField(
            label=_("How steady is your work?"),
            required=False,
            choices=[(str(code), word) for code, word in WORK.items()],
            initial=str(Work.NOT_SAID),
            help_text=_("It changes no number, only when to look at this again."),
        )
        for side in Side:
            for category in ASKED[side]:
                self.fields[category] = LineField(label=WORDS[category])
                self.fields[f"{category}_period"] = forms.ChoiceField(
                    label=_("How often"), choices=PERIODS, required=False, initial=Period.MONTH
                )
        for category in SWINGS:
            self.fields[f"{category}_high"] = LineField(
                label=_("%(line)s in a good month") % {"line": WORDS[category]}
            )
        if confide:
            self.fields["difficulties"] = forms.MultipleChoiceField(
                label=_("What made it hard?"),
                required=False,
                choices=[(str(code), word) for code, word in DIFFICULTIES.items()],
                widget=forms.CheckboxSelectMultiple,
            )
            self.fields["word"] = forms.CharField(
                label=_("A word on anything that costs more than usual"),
                required=False,
                max_length=300,
                widget=forms.Textarea(attrs={"rows": 3}),
                help_text=_("Such as medicine or a long way to work. You need not go into detail."),
            )

    def again(self, data: Any) -> "BudgetForm":
        return type(self)(data, confide=self.confide)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self._silent(cleaned, Side.INCOME):
            self.add_error(Income.WAGES, _("Write what comes in each month. If nothing comes in, write 0."))
        if self._silent(cleaned, Side.ESSENTIAL):
            self.add_error(Essential.FOOD, _("Write at least one living cost. If you have none, write 0."))
        for name in SWINGS:
            low, high = cleaned.get(name), cleaned.get(f"{name}_high")
            if high is not None and name in cleaned and (low is None or high < low):
                self.add_error(
                    f"{name}_high",
                    _("A good month brings no less than a bad one. Write the bad month above."),
                )
        return cleaned

    def _silent(self, cleaned: dict[str, Any], side: Side) -> bool:
        return all(name in cleaned and cleaned[name] is None for name in ASKED[side])

    def statement(self) -> Statement:
        """The valid form as a budget; what was left empty is not part of it."""
        data = self.cleaned_data
        return Statement(
            lines=tuple(
                Line(
                    side=side,
                    category=category,
                    amount=data[category],
                    period=Period(data[f"{category}_period"] or Period.MONTH),
                    high=data.get(f"{category}_high"),
                )
                for side in Side
                for category in ASKED[side]
                if data[category] is not None
            ),
            household=Household(adults=data["adults"] or 1, **{name: data[name] or 0 for name in DEPENDANTS}),
            region=data["region"],
            work=Work(data["work"] or Work.NOT_SAID),
        )

    def confided(self) -> Confided:
        """What the valid form says in confidence; nothing where it was not asked."""
        if not self.confide:
            return NOTHING
        return Confided(
            difficulties=tuple(Difficulty(each) for each in self.cleaned_data["difficulties"]),
            word=self.cleaned_data["word"].strip(),
        )

    def groups(self) -> list[Group]:
        return [self._group(side) for side in Side]

    def dependants(self) -> list[forms.BoundField]:
        return [self[name] for name in DEPENDANTS]

    def dependants_opened(self) -> bool:
        return any(each.errors or str(each.value() or 0) != "0" for each in self.dependants())

    def swings(self) -> list[Entry]:
        return [self._entry(name, f"{name}_high") for name in SWINGS]

    def swings_opened(self) -> bool:
        return self["work"].value() not in ("", None, Work.NOT_SAID) or any(
            each.amount.errors or each.amount.value() for each in self.swings()
        )

    def confided_opened(self) -> bool:
        return any(self[name].errors or self[name].value() for name in ("difficulties", "word"))

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

    def _entry(self, name: str, amount: str = "") -> Entry:
        """A line; `amount` is its other amount, which shares the period."""
        return Entry(
            amount=self[amount or name],
            period=None if amount else self[f"{name}_period"],
            read_back=self.read_back.get(amount or name),
        )

    def typed(self) -> dict[str, list[str]]:
        """Everything as it was typed, to show the same form again at another time."""
        found = {}
        for name in self.fields:
            values = self.data.getlist(name) if hasattr(self.data, "getlist") else [self.data.get(name)]
            if values := [str(value)[:400] for value in values if value]:
                found[name] = values
        return found

    def said(self) -> dict[str, str]:
        """What was typed, line by line, to carry to another page."""
        return {
            name: str(self.data[name])[:80]
            for name in self.fields
            if name != "once" and self.data.get(name) and self.data.get(name.removesuffix("_period"))
        }


def _people(label: Any, *, least: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=least,
        max_value=_MOST_PEOPLE,
        initial=least,
        widget=forms.NumberInput(attrs={"class": "short", "inputmode": "numeric"}),
        error_messages={
            "invalid": _("Write a number of people, like 2."),
            "min_value": _("Write at least %(limit_value)s."),
            "max_value": _("Write at most %(limit_value)s."),
        },
    )


def initial_of(statement: Statement, confided: Confided = NOTHING) -> dict[str, Any]:
    """What the form says about a budget that is already kept."""
    plain = AmountField().plain
    household = statement.household
    initial: dict[str, Any] = {
        "adults": household.adults,
        "children": household.children,
        "teenagers": household.teenagers,
        "other_dependants": household.other_dependants,
        "region": statement.region,
        "work": str(statement.work),
        "difficulties": [str(each) for each in confided.difficulties],
        "word": confided.word,
    }
    for line in statement.lines:
        initial[line.category] = plain(line.amount)
        initial[f"{line.category}_period"] = line.period
        if line.high is not None:
            initial[f"{line.category}_high"] = plain(line.high)
    return initial
