"""A text to look at, and a word to the register about what a helper did: nothing about who reports it."""

from typing import Any, cast

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.domain import scam
from cases.forms.once import OnceForm

LONGEST_TEXT, LONGEST_NAME = 20_000, 120


class ScamForm(forms.Form):
    text = forms.CharField(
        label=_("What did they write, or say?"),
        help_text=_("Paste it here. Leave out your own name and numbers."),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": _("Paste a few words first."),
            "max_length": _("This is more than we can read at once. Paste the part that matters."),
        },
    )


class HelperReportForm(OnceForm):
    called = forms.CharField(
        label=_("What does the helper call itself?"),
        help_text=_("A name, an account, a company. As they write it."),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("Write what the helper calls itself."),
            "max_length": _("This is longer than we can keep. Please shorten it."),
        },
    )
    signs = forms.MultipleChoiceField(
        label=_("What did it do?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one."), "invalid_choice": _("Choose from the list.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        cast(forms.MultipleChoiceField, self.fields["signs"]).choices = [
            (str(row.sign), row.name[language]) for row in scam.load().rows.values()
        ]
