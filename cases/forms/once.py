"""A form that counts once, however often the button was pressed.

The page carries a random token; the action that saves stores it with what it made, unique per person, and
answers a second sending with the same result. No JavaScript, no state before the form is sent.
"""

import re
import secrets

from django import forms

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


def token() -> str:
    return secrets.token_urlsafe(16)


class OnceForm(forms.Form):
    """Adds the hidden token. One that is missing or was tampered with protects nobody, and harms nobody either."""

    once = forms.CharField(required=False, widget=forms.HiddenInput, initial=token)

    def clean_once(self) -> str:
        value = self.cleaned_data.get("once", "")
        return value if _TOKEN.fullmatch(value) else ""
