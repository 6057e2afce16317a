"""What somebody brings to compare with the record: a head they kept."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

_HEAD = re.compile(r"[0-9a-f]{64}")


class HeadForm(forms.Form):
    head = forms.CharField(
        label=_("Which head did you keep?"),
        help_text=_("64 letters and digits. Spaces do not matter."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code"}),
    )

    def clean_head(self) -> str:
        head = "".join(str(self.cleaned_data["head"]).split()).lower()
        if not _HEAD.fullmatch(head):
            raise forms.ValidationError(
                _("This is not a code of 64 letters and digits. Please check it."), code="not_a_head"
            )
        return head
