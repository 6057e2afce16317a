"""One contact as a visitor tells of it; everything that most people need fits on one screen, the rest is folded."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.domain.conduct_question import Jurisdiction
from cases.domain.facts import CALLS
from cases.domain.one_contact import MOST, Asked
from cases.domain.rulebook import LenderType
from cases.forms.days import DayField
from cases.models import Contact, Lender

# Clocks a visitor chooses among; the first of each is meant where none was chosen.
ZONES: Mapping[Jurisdiction, tuple[tuple[str, Any], ...]] = {
    Jurisdiction.CN: (("Asia/Shanghai", _("China")),),
    Jurisdiction.US: (
        ("America/New_York", _("US, Eastern")),
        ("America/Chicago", _("US, Central")),
        ("America/Denver", _("US, Mountain")),
        ("America/Phoenix", _("US, Arizona")),
        ("America/Los_Angeles", _("US, Pacific")),
        ("America/Anchorage", _("US, Alaska")),
        ("Pacific/Honolulu", _("US, Hawaii")),
    ),
    Jurisdiction.UK: (("Europe/London", _("United Kingdom")),),
}
_FIRST, _LAST = dt.date(1990, 1, 1), dt.date(2100, 1, 1)
_COUNT = {
    "invalid": _("Write a number, like 3."),
    "min_value": _("Write a number from 1 to 99."),
    "max_value": _("Write a number from 1 to 99."),
}
_FEW = {"inputmode": "numeric", "autocomplete": "off", "class": "short"}


class ContactCheckForm(forms.Form):
    jurisdiction = forms.ChoiceField(
        label=_("Whose rules?"),
        choices=[
            ("CN", _("Mainland China")),
            ("US", _("United States")),
            ("UK", _("United Kingdom")),
        ],
        initial="CN",
    )
    lender_type = forms.ChoiceField(
        label=_("Who contacted you?"),
        choices=[
            ("", _("Please choose")),
            *Lender.Kind.choices,
            ("creditor", _("Another company or a person")),
        ],
        error_messages={
            "required": _("Choose who it was. Collection agency is right when they act for another.")
        },
    )
    day = DayField(
        label=_("Day"),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
    )
    time = forms.TimeField(
        label=_("Time"),
        input_formats=["%H:%M", "%H:%M:%S", "%H：%M"],
        widget=forms.TimeInput(attrs={"type": "time", "autocomplete": "off"}, format="%H:%M"),
        error_messages={
            "required": _("Write the time. A rough time is fine."),
            "invalid": _("Write the time like 22:15."),
        },
    )
    channel = forms.ChoiceField(label=_("How did they contact you?"), choices=Contact.Channel.choices)
    outcome = forms.ChoiceField(
        label=_("If it was a call: was it answered?"),
        choices=[
            ("", _("Please choose")),
            ("conversation", _("Yes, answered")),
            ("unanswered", _("No, not answered")),
            ("refused", _("I rejected it")),
            ("voicemail", _("Voicemail")),
            ("not_connected", _("It did not get through")),
        ],
        required=False,
    )
    party = forms.ChoiceField(
        label=_("Whom did they contact?"), choices=Contact.Party.choices, initial="borrower"
    )
    that_day = forms.IntegerField(
        label=_("How many like this on that day?"),
        help_text=_("This one counts too. Empty means one."),
        required=False,
        min_value=1,
        max_value=MOST,
        widget=forms.TextInput(attrs=_FEW),
        error_messages=_COUNT,
    )
    seven_days = forms.IntegerField(
        label=_("And in seven days, up to that day?"),
        required=False,
        min_value=1,
        max_value=MOST,
        widget=forms.TextInput(attrs=_FEW),
        error_messages=_COUNT,
    )
    zone = forms.ChoiceField(
        label=_("Where were you? Only for the United States"),
        choices=[("", _("Please choose")), *ZONES[Jurisdiction.US]],
        required=False,
    )
    said = forms.MultipleChoiceField(
        label=_("What had you said before, or what was in force?"),
        choices=[
            ("opt_out", _("I had said: do not contact me this way")),
            ("cease", _("I had written: stop contacting me")),
            ("inconvenient", _("I had said that this time does not suit me")),
            ("represented", _("I had named a lawyer or helper to speak to")),
            ("dispute", _("I had said that the debt is not right")),
            ("plan_in_force", _("We had agreed a plan, and I keep to it")),
            ("moratorium", _("A legal pause or breathing space was in force")),
            ("contact_refused", _("That other person had asked not to be called again")),
            ("night", _("I had agreed to contact at night")),
            ("unreachable", _("They could not reach me any more")),
        ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    traits = forms.MultipleChoiceField(
        label=_("What was said or done?"),
        choices=Contact.Trait.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    MORE = ("zone", "said", "traits")

    @property
    def more_open(self) -> bool:
        """Whether the folded part has something in it, so that it is not hidden."""
        return self.is_bound and any(self.errors.get(name) or self.data.get(name) for name in self.MORE)

    def clean_day(self) -> dt.date:
        day: dt.date = self.cleaned_data["day"]
        if not _FIRST <= day <= _LAST:
            raise forms.ValidationError(_("Use a day from 1990 to 2099."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("channel") in CALLS and not cleaned.get("outcome") and "outcome" not in self.errors:
            self.add_error("outcome", _("Choose whether it was answered."))
        if (cleaned.get("seven_days") or MOST) < (cleaned.get("that_day") or 1):
            self.add_error("seven_days", _("Seven days hold at least as many as the one day."))
        return cleaned

    def asked(self) -> Asked:
        """The contact of a valid form, on the clock of where the visitor was."""
        said = self.cleaned_data
        jurisdiction = Jurisdiction(said["jurisdiction"])
        chosen = said["zone"] if jurisdiction is Jurisdiction.US else ""
        zone = chosen or ZONES[jurisdiction][0][0]
        calls = said["channel"] in CALLS
        that_day = said["that_day"] or 1
        return Asked(
            jurisdiction=jurisdiction,
            lender_type=LenderType(said["lender_type"]),
            at=dt.datetime.combine(said["day"], said["time"], ZoneInfo(zone)),
            zones=(zone,),
            channel=said["channel"],
            party=said["party"],
            outcome=said["outcome"] if calls else "delivered",
            that_day=that_day,
            seven_days=max(that_day, said["seven_days"] or 1),
            said=said["said"],
            traits=said["traits"],
        )
