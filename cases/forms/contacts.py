"""One contact as a form: five taps for the common case, and nothing that has to be typed."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import clock, naming
from cases.actions.contacts import LONGEST, Facts
from cases.domain.facts import CALLS
from cases.forms.days import DayField
from cases.forms.once import OnceForm
from cases.forms.refusing import RefusingForm
from cases.forms.whose import NOT_KNOWN, named_by
from cases.models import Contact, Debt, Lender

NOW, EARLIER = "now", "earlier"


class ContactForm(RefusingForm, OnceForm):
    """When, how, answered, who; everything else may stay empty."""

    channel = forms.ChoiceField(
        label=_("How did they contact you?"),
        choices=[
            (channel.value, channel.label)
            for channel in (
                Contact.Channel.CALL,
                Contact.Channel.SMS,
                Contact.Channel.WECHAT,
                Contact.Channel.VISIT,
                Contact.Channel.AI_CALL,
                Contact.Channel.LETTER,
                Contact.Channel.EMAIL,
                Contact.Channel.SOCIAL,
            )
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose how they contacted you."),
            "invalid_choice": _("Choose how they contacted you."),
        },
    )
    outcome = forms.ChoiceField(
        label=_("If it was a call: was it answered?"),
        choices=[
            ("conversation", _("Yes, answered")),
            ("unanswered", _("No, not answered")),
            ("refused", _("I rejected it")),
            ("voicemail", _("Voicemail")),
            ("not_connected", _("It did not get through")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether it was answered.")},
    )
    when = forms.ChoiceField(
        label=_("When was it?"),
        choices=[(NOW, _("Just now")), (EARLIER, _("At another time"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose when it was.")},
    )
    day = DayField(
        label=_("Day"),
        help_text=_("Empty means today."),
        required=False,
    )
    time = forms.TimeField(
        label=_("Time"),
        help_text=_("A rough time is fine."),
        required=False,
        input_formats=["%H:%M", "%H:%M:%S", "%H：%M"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Write the time like 22:15.")},
    )
    about = forms.BooleanField(label=_("This is a rough time"), required=False)
    lender = forms.ChoiceField(
        label=_("Which lender was it about?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a lender. “I do not know who” is fine too."),
            "invalid_choice": _("Choose a lender from the list."),
        },
    )
    by_agency = forms.BooleanField(
        label=_("It was somebody else acting for this lender"),
        help_text=_("For example a collection company. Their contacts count together."),
        required=False,
    )
    agency = forms.ChoiceField(
        label=_("Which company was it?"),
        help_text=_("Only if they said so. These stand in the register."),
        required=False,
        error_messages={"invalid_choice": _("Choose from the list.")},
    )
    direction = forms.ChoiceField(
        label=_("Who contacted whom?"),
        choices=[("outbound", _("They contacted me")), ("inbound", _("I contacted them"))],
        required=False,
    )
    party = forms.ChoiceField(
        label=_("Whom did they contact?"), choices=Contact.Party.choices, required=False
    )
    traits = forms.MultipleChoiceField(
        label=_("What was said or done?"),
        choices=Contact.Trait.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": _("Choose from the list.")},
    )
    caller = forms.CharField(label=_("What did they call themselves?"), required=False, max_length=120)
    number = forms.CharField(
        label=_("Their number"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "list": "known-numbers"}),
    )
    said = forms.CharField(
        label=_("What was said, in a few words"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _("This is longer than we can keep. Please shorten it.")},
    )
    MORE = ("agency", "direction", "party", "traits", "caller", "number", "said")

    def __init__(
        self,
        *args: Any,
        debts: Iterable[Debt],
        zone: str,
        agencies: Iterable[Lender] = (),
        known_numbers: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.agencies = {agency.ref: agency for agency in agencies}
        # Number → whose it is in the diary: the telephone offers them while one types.
        self.known_numbers = known_numbers or {}
        if self.agencies:
            cast(forms.ChoiceField, self.fields["agency"]).choices = [
                ("", _("I do not know")),
                *((ref, naming.called(agency)) for ref, agency in self.agencies.items()),
            ]
        else:
            del self.fields["agency"]
        self.zone = ZoneInfo(zone)
        said = self.data.get
        # Only a call is answered or not; a time that is written down says that it was not just now.
        self.fields["outcome"].required = (said(self.add_prefix("channel")) or "call") in CALLS
        self.fields["when"].required = not (said(self.add_prefix("day")) or said(self.add_prefix("time")))
        self.lenders, self.words = named_by(debts)
        cast(forms.ChoiceField, self.fields["lender"]).choices = [
            *((key, naming.called(lender)) for key, lender in self.lenders.items()),
            *self.words.items(),
            (NOT_KNOWN, _("I do not know who")),
        ]

    @property
    def more_open(self) -> bool:
        """Whether the folded part has something in it, so that it is not hidden."""
        return self.is_bound and any(
            self.errors.get(name)
            or self.data.get(self.add_prefix(name)) not in (None, "", "borrower", "outbound")
            for name in self.MORE
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "day" in cleaned and "time" in cleaned and "when" in cleaned:
            self._clean_when(cleaned)
        return cleaned

    def _clean_when(self, cleaned: dict[str, Any]) -> None:
        when, day, time = cleaned["when"], cleaned["day"], cleaned["time"]
        if when == NOW and (day or time):
            self.add_error("when", _("You chose “Just now” and also wrote a time. Please keep one of them."))
        elif when == NOW:
            cleaned["at"] = clock.now()
        elif time:
            cleaned["at"] = dt.datetime.combine(day or clock.today(self.zone), time, self.zone)
        else:
            self.add_error("time", _("Write the time. A rough time is fine."))

    def facts(self) -> Facts:
        said = self.cleaned_data
        return Facts(
            at=said["at"],
            channel=said["channel"],
            outcome=said["outcome"],
            party=said["party"] or Contact.Party.BORROWER,
            lender=self.lenders.get(said["lender"]),
            lender_words=self.words.get(said["lender"], ""),
            about=said["about"],
            by_agency=said["by_agency"],
            agency=self.agencies.get(said.get("agency", "")),
            direction=said["direction"] or "outbound",
            caller=said["caller"],
            number=said["number"],
            said=said["said"],
            traits=tuple(said["traits"]),
        )
