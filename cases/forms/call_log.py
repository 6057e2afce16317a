"""A call log as a form: the file or the text first, then one question for each number it holds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import naming
from cases.actions.contacts import Logged
from cases.domain import csv_text
from cases.domain.call_log import Found, Reading
from cases.forms.once import OnceForm
from cases.forms.whose import NOT_KNOWN, named_by
from cases.models import Debt, Lender

_AGENCY = "-agency"
LONGEST_TEXT = 300_000


class LogForm(forms.Form):
    """A file or pasted text; one of them."""

    file = forms.FileField(
        label=_("A file"),
        help_text=_(
            "CSV, at most 1 MB and 5,000 lines: from your telephone, your carrier or a backup program."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        required=False,
        allow_empty_file=True,
    )
    text = forms.CharField(
        label=_("Or paste it here"),
        help_text=_(
            "One call or message a line, with its number, day and time, like: 13800001111, 2026-11-18 23:10, incoming, 35 seconds. "
            "Write the year; without one we take the latest such day. Without a length or “answered”, a call counts as not answered."
        ),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        required=False,
        max_length=LONGEST_TEXT,
        strip=False,
        error_messages={"max_length": _("This is too much at once. Please paste it in parts.")},
    )

    def clean_file(self) -> bytes | None:
        upload = self.cleaned_data["file"]
        if upload is None:
            return None
        if upload.size > csv_text.LARGEST_BYTES:
            raise forms.ValidationError(_("This file is larger than 1 MB. Please split it."))
        data: bytes = upload.read()
        return data

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        has_text = bool(cleaned.get("text", "").strip())
        if cleaned.get("file") is None and not has_text:
            self.add_error("file", _("Choose a file, or paste something below."))
        elif cleaned.get("file") is not None and has_text:
            self.add_error("text", _("There is a file and a text. Please bring one at a time."))
        return cleaned


class PicksForm(OnceForm):
    """For each number: whose is it? Nothing is picked by us, and what is not picked is forgotten."""

    def __init__(
        self,
        *args: Any,
        found: Sequence[Found],
        debts: Iterable[Debt],
        known: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.found = found
        self.known = known
        self.lenders, self.words = named_by(debts)
        choices: list[tuple[str, Any]] = [("", _("Leave it out"))]
        for key, lender in self.lenders.items():
            name = naming.called(lender)
            choices.append((key, name))
            if lender.kind != Lender.Kind.DEBT_COLLECTOR:
                choices.append((key + _AGENCY, _("Someone for %(lender)s") % {"lender": name}))
        choices += self.words.items()
        choices.append((NOT_KNOWN, _("A collector, I do not know for whom")))
        # The key that can be chosen → what it says on the page.
        self.names = dict(choices)
        for number in found:
            self.fields[self.name_of(number.number)] = forms.ChoiceField(
                label=number.number,
                choices=choices,
                required=False,
                error_messages={"invalid_choice": _("Choose from the list.")},
            )

    @staticmethod
    def name_of(number: str) -> str:
        return f"whose-{number}"

    @property
    def lines(self) -> list[tuple[Found, Any, str]]:
        """(number, its field, who the diary says it is) for the page."""
        return [
            (each, self[self.name_of(each.number)], self.known.get(each.number, "")) for each in self.found
        ]

    @property
    def picked(self) -> dict[str, str]:
        """Number → the key that was chosen for it."""
        chosen = {each.number: self.cleaned_data.get(self.name_of(each.number), "") for each in self.found}
        return {number: key for number, key in chosen.items() if key}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not self.picked:
            raise forms.ValidationError(_("Pick at least one number that belongs to a collector."))
        return cleaned

    def logged(self, reading: Reading) -> list[Logged]:
        """The rows of the picked numbers, and only these."""
        picked = self.picked
        return [
            Logged(
                row=row,
                lender=self.lenders.get(picked[row.number].removesuffix(_AGENCY)),
                lender_words=self.words.get(picked[row.number], ""),
                by_agency=picked[row.number].endswith(_AGENCY),
            )
            for row in reading.rows
            if row.number in picked
        ]
