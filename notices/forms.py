"""The borrower's own terms, as a form."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cases.models import Designation
from notices.models import Preference

# Whole hours by day; at night nothing is sent anyway, whatever is chosen here.
_HOURS = range(7, 23)


def _choices(empty: Any) -> list[tuple[str, Any]]:
    return [("", empty), *((f"{hour:02d}:00", f"{hour:02d}:00") for hour in _HOURS)]


class TermsForm(forms.Form):
    """Channels, hours, and how openly a message may speak."""

    channels = forms.MultipleChoiceField(
        label=_("How may reminders reach you?"),
        help_text=_("With none, you read everything here and nothing is sent to you. Codes still are."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("sms", _("SMS")), ("email", _("E-mail")), ("wechat", _("WeChat"))],
    )
    alone = forms.ChoiceField(
        label=_("Are you the only one who sees this phone?"),
        widget=forms.RadioSelect,
        choices=[
            ("yes", _("Yes, only me\nMessages say who writes and for which day. Never an amount by SMS.")),
            ("no", _("Others see it sometimes\nEvery message is the same one sentence and tells nothing.")),
        ],
        error_messages={"required": _("Choose one of the two.")},
    )
    language = forms.ChoiceField(label=_("In which language?"), choices=settings.LANGUAGES)
    hours_from = forms.ChoiceField(
        label=_("Not before"), required=False, choices=_choices(_("Any lawful time"))
    )
    hours_to = forms.ChoiceField(
        label=_("Not after"),
        required=False,
        choices=_choices(_("Any lawful time")),
        help_text=_("The rules about hours always hold. Here you can only make the time shorter."),
    )

    days = forms.MultipleChoiceField(
        label=_("On which days?"),
        help_text=_("Tick only the days that suit you. None ticked means any day."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=Designation.Day.choices,
    )
    pace = forms.TypedChoiceField(
        label=_("How often at most?"),
        coerce=int,
        required=False,
        choices=[
            (0, _("As the rules allow")),
            (1, _("One reminder a day")),
            (3, _("One reminder in three days")),
            (7, _("One reminder a week")),
        ],
    )
    gentle = forms.BooleanField(
        label=_("Write to me at most once a day"),
        help_text=_(
            "For hard times: one message a day at most, from everyone together. You need not say why; we keep no reason. "
            "Your lenders see only that you asked for gentle handling."
        ),
        required=False,
    )
    follow_up = forms.BooleanField(
        label=_("Ask me how it goes after two weeks"),
        help_text=_("One message from us, two weeks after a plan begins. No lender is told."),
        required=False,
    )

    def __init__(self, *args: Any, wechat: bool, **kwargs: Any) -> None:
        """`wechat`: a WeChat account is linked; without one there is nothing to choose."""
        super().__init__(*args, **kwargs)
        self._wechat = wechat
        if not wechat:
            channels = self.fields["channels"]
            assert isinstance(channels, forms.MultipleChoiceField)
            channels.choices = [("sms", _("SMS")), ("email", _("E-mail"))]

    @classmethod
    def of(cls, terms: Preference, language: str) -> dict[str, Any]:
        """The stored terms as initial values."""
        return {
            "channels": [name for name in ("sms", "email", "wechat") if getattr(terms, name)],
            "alone": "no" if terms.discreet else "yes",
            "language": language,
            "hours_from": terms.hours_from.strftime("%H:%M") if terms.hours_from else "",
            "hours_to": terms.hours_to.strftime("%H:%M") if terms.hours_to else "",
            "days": terms.days,
            "pace": terms.pace,
            "gentle": terms.gentle,
            "follow_up": terms.follow_up,
        }

    def wishes(self) -> dict[str, Any]:
        """Cleaned values as `preferences.set_terms` takes them."""
        data = self.cleaned_data
        return {
            "sms": "sms" in data["channels"],
            "email": "email" in data["channels"],
            "wechat": not self._wechat or "wechat" in data["channels"],
            "discreet": data["alone"] == "no",
            "language": data["language"],
            "hours_from": _time(data["hours_from"]),
            "hours_to": _time(data["hours_to"]),
            "days": data["days"],
            "pace": data["pace"] or 0,
            "gentle": data["gentle"],
            "follow_up": data["follow_up"],
        }


def _time(text: str) -> dt.time | None:
    return dt.time.fromisoformat(text) if text else None
