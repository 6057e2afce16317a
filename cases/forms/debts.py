"""One debt as a form, and a file of many."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import naming
from cases.actions.debts import Facts
from cases.domain import csv_text, sms_paste
from cases.forms.figures import AmountField, DaysField, FigureField, RateField, ReadsBack
from cases.forms.once import OnceForm
from cases.models import Debt, Lender

NOT_LISTED, NOT_KNOWN = "other", "unknown"
FIGURES = ("principal", "interest", "fees", "annual_rate", "days_overdue")


def not_sure() -> forms.BooleanField:
    return forms.BooleanField(label=_("Not sure"), required=False)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A figure and its "not sure" box, as the page shows them: together."""

    figure: forms.BoundField
    unsure: forms.BoundField
    read_back: Any


class DebtForm(OnceForm, ReadsBack):
    """Who is owed, what kind, and how much; every figure may be "not sure"."""

    lender = forms.ChoiceField(
        label=_("Who do you owe?"),
        error_messages={"required": _("Choose who you owe. “I do not know who” is fine too.")},
    )
    lender_words = forms.CharField(
        label=_("Not in the list? What do you call them?"),
        help_text=_("The name in the app or the message is enough."),
        required=False,
        max_length=80,
        error_messages={"max_length": _("Write at most 80 characters.")},
    )
    kind = forms.ChoiceField(
        label=_("What kind of debt is it?"),
        choices=Debt.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what kind of debt it is."),
            "invalid_choice": _("Choose what kind of debt it is."),
        },
    )
    principal = AmountField(
        label=_("How much is left, without interest?"),
        help_text=_("A rough figure is fine. You can change it later."),
    )
    principal_unsure = not_sure()
    interest = AmountField(label=_("Overdue interest"), help_text=_("Interest added since you fell behind."))
    interest_unsure = not_sure()
    fees = AmountField(label=_("Fees and penalties"), help_text=_("Late fees, service fees and the like."))
    fees_unsure = not_sure()
    annual_rate = RateField(
        label=_("Yearly interest rate"), help_text=_("Like 18%. A daily rate works too: 日息万五.")
    )
    annual_rate_unsure = not_sure()
    days_overdue = DaysField(label=_("Days overdue"), help_text=_("0 if it is not overdue yet."))
    days_overdue_unsure = not_sure()

    def __init__(self, *args: Any, lenders: Iterable[Lender], language: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lenders = {lender.ref: lender for lender in lenders}
        self.language = language
        field = cast(forms.ChoiceField, self.fields["lender"])
        field.choices = [
            ("", _("Please choose")),
            *((ref, naming.called(lender, language)) for ref, lender in self.lenders.items()),
            (NOT_LISTED, _("Not in the list")),
            (NOT_KNOWN, _("I do not know who")),
        ]
        # A name in free words is an answer of its own.
        field.required = not str(self.data.get(self.add_prefix("lender_words"), "")).strip()
        field.error_messages["invalid_choice"] = _("Choose a lender from the list.")

    def again(self, data: Any) -> "DebtForm":
        return DebtForm(data, lenders=self.lenders.values(), language=self.language)

    def pair(self, name: str) -> Pair:
        return Pair(figure=self[name], unsure=self[f"{name}_unsure"], read_back=self.read_back.get(name))

    def first_pair(self) -> Pair:
        return self.pair(FIGURES[0])

    def other_pairs(self) -> list[Pair]:
        return [self.pair(name) for name in FIGURES[1:]]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "lender" in cleaned and "lender_words" in cleaned:
            self._clean_lender(cleaned["lender"], cleaned["lender_words"])
        for name in FIGURES:
            field = cast(FigureField, self.fields[name])
            unsure = cleaned.get(f"{name}_unsure")
            if cleaned.get(name) is not None and unsure:
                self.add_error(name, _("You wrote a figure and ticked “Not sure”. Please keep one of them."))
            elif name == "principal" and name in cleaned and cleaned[name] is None and not unsure:
                self.add_error(name, field.words["empty"])
        return cleaned

    def _clean_lender(self, chosen: str, words: str) -> None:
        if chosen == NOT_LISTED and not words:
            self.add_error("lender_words", _("Write what you call them, or choose “I do not know who”."))
        elif chosen in self.lenders and words:
            self.add_error(
                "lender_words", _("You chose a lender and also wrote a name. Please keep one of them.")
            )

    def facts(self) -> Facts:
        said = self.cleaned_data
        return Facts(
            lender=self.lenders.get(said["lender"]),
            lender_words=said["lender_words"],
            kind=said["kind"],
            **{name: said[name] for name in FIGURES},
        )


def initial_of(debt: Debt) -> dict[str, Any]:
    """What the form says about a debt that is already kept."""
    lender = naming.lender_shown(debt)
    initial: dict[str, Any] = {
        "lender": lender.ref if lender else NOT_LISTED if debt.lender_words else NOT_KNOWN,
        "lender_words": debt.lender_words,
        "kind": debt.kind,
    }
    for name in FIGURES:
        figure = getattr(debt, name)
        field = cast(FigureField, DebtForm.base_fields[name])
        initial[name] = "" if figure is None else field.plain(figure)
        initial[f"{name}_unsure"] = figure is None
    return initial


class FileForm(forms.Form):
    """A CSV file; how it reads is judged by `cases.domain.debt_csv`, its size before anything is read."""

    file = forms.FileField(
        label=_("Your file"),
        help_text=_("CSV, at most 1 MB and 200 lines."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        allow_empty_file=True,
        error_messages={
            "required": _("Choose a file first."),
            "invalid": _("Choose a file first."),
            "missing": _("Choose a file first."),
        },
    )

    def clean_file(self) -> bytes:
        upload = self.cleaned_data["file"]
        if upload.size > csv_text.LARGEST_BYTES:
            raise forms.ValidationError(
                _("This file is larger than 1 MB. Leave out what is not a debt, or split it.")
            )
        data: bytes = upload.read()
        return data


class PasteForm(forms.Form):
    """Collectors' messages as text. Nothing of it is kept; it goes from the box to the guesses and is gone."""

    text = forms.CharField(
        label=_("The messages"),
        help_text=_("One or several, as they came. Leave an empty line between two."),
        widget=forms.Textarea(attrs={"rows": 9, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Paste a message first.")},
    )

    def clean_text(self) -> str:
        # A browser sends two characters for each new line; the person sees one.
        text: str = self.cleaned_data["text"].replace("\r\n", "\n")
        if len(text) > sms_paste.LONGEST:
            raise forms.ValidationError(_("This is more than 10,000 characters. Please paste it in parts."))
        return text


class PastedDebtForm(DebtForm):
    """A debt as a message seems to tell it: every box is open, and the whole may be left out."""

    leave_out = forms.BooleanField(label=_("Leave this one out"), required=False)
    kind = forms.ChoiceField(
        label=_("What kind of debt is it?"),
        choices=[("", _("Please choose")), *Debt.Kind.choices],
        error_messages={
            "required": _("Choose what kind of debt it is."),
            "invalid_choice": _("Choose what kind of debt it is."),
        },
    )
    # The words the guess was read from travel with the page, since they are kept nowhere.
    words = forms.CharField(required=False, max_length=600, widget=forms.HiddenInput)
    together = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["once"]  # One token for all of them stands beside them.

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and self.left_out:
            self._errors = forms.utils.ErrorDict()

    @property
    def left_out(self) -> bool:
        return bool(self["leave_out"].value())

    @property
    def is_together(self) -> bool:
        """Whether the message gave one amount for everything."""
        field = cast(forms.BooleanField, self.fields["together"])
        return bool(field.to_python(self["together"].value()))

    @property
    def shows_words(self) -> bool:
        """Whether a name in free words has something to say beside the lender that is chosen."""
        return self["lender"].value() not in self.lenders or self._said_or_wrong(self["lender_words"])

    @property
    def shown_pairs(self) -> list[Pair]:
        """The figures somebody has said something about."""
        return [pair for pair in self.other_pairs() if self._said_or_wrong(pair.figure)]

    @property
    def further_pairs(self) -> list[Pair]:
        return [pair for pair in self.other_pairs() if not self._said_or_wrong(pair.figure)]

    def _said_or_wrong(self, bound: forms.BoundField) -> bool:
        return bool(bound.value() or bound.errors)

    def again(self, data: Any) -> "PastedDebtForm":
        return PastedDebtForm(data, prefix=self.prefix, lenders=self.lenders.values(), language=self.language)


class _PastedDebts(forms.BaseFormSet):
    """The debts of pasted messages: saved together or not at all."""

    def facts(self) -> list[Facts]:
        return [form.facts() for form in self.forms if not form.left_out]

    def confirm(self) -> bool:
        """Put figures that were written unusually in digits, to be looked at once more; whether there were any."""
        confirms = {
            place: found
            for place, form in enumerate(self.forms)
            if not form.left_out and (found := form.to_confirm())
        }
        for place, found in confirms.items():
            self.forms[place] = found
        return bool(confirms)


PastedDebts = forms.formset_factory(
    PastedDebtForm,
    formset=_PastedDebts,
    extra=0,
    max_num=sms_paste.MOST_MESSAGES,
    absolute_max=sms_paste.MOST_MESSAGES,
    validate_max=True,
)


def initial_of_guess(guess: sms_paste.Guess, lender: Lender | None) -> dict[str, Any]:
    """What the form says about a guess. One amount for everything stands in the first box; nothing is added up."""
    figures = guess.figures
    together = figures["principal"] is None and figures["owed"] is not None
    if together:
        figures |= {"principal": figures["owed"], "interest": None, "fees": None}
    initial: dict[str, Any] = {
        "lender": lender.ref if lender else NOT_LISTED if guess.lender_words else NOT_KNOWN,
        "lender_words": "" if lender else guess.lender_words,
        "kind": guess.kind,
        "words": " … ".join(guess.read_from)[:600],
        "together": together,
    }
    for name in FIGURES:
        figure = figures.get(name)
        field = cast(FigureField, DebtForm.base_fields[name])
        initial[name] = "" if figure is None else field.plain(figure)
    initial["principal_unsure"] = figures["principal"] is None
    return initial
