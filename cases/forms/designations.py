"""A designation as a form: one press for what most people say, and everything the rules know for the rest."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import clock, naming
from cases.actions.designations import Said
from cases.domain.refusal import Refused
from cases.forms.days import DayField
from cases.models import Contact, Debt, Designation, Lender

# Name → what one press says. The hours are the person's wish, not a number of law.
PRESETS: dict[str, tuple[Any, dict[str, Any]]] = {
    "no_calls": (_("Stop calling me; write instead"), {"kind": "opt_out", "channel": "call"}),
    "evenings": (_("Only after 18:00"), {"kind": "inconvenient", "before": "18:00"}),
    "no_weekends": (_("Not on Saturday and Sunday"), {"kind": "inconvenient", "days": ("sat", "sun")}),
    "no_wechat": (_("Not on WeChat"), {"kind": "opt_out", "channel": "wechat"}),
    "no_visits": (_("Do not come to my home"), {"kind": "opt_out", "channel": "visit"}),
    "helper": (_("Speak to my helper, not to me"), {"kind": "represented"}),
    "dispute": (_("I do not agree with this debt"), {"kind": "dispute"}),
    "cease": (_("Stop all contact but letters of the law"), {"kind": "cease"}),
}


class DesignationForm(forms.Form):
    """Everything a designation can be; only what its kind asks for is read."""

    kind = forms.ChoiceField(
        label=_("What do you want to say?"),
        choices=Designation.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you want to say.")},
    )
    channel = forms.ChoiceField(
        label=_("Which way of contact?"),
        choices=[("", _("None in particular")), *Contact.Channel.choices],
        required=False,
        error_messages={"invalid_choice": _("Choose from the list.")},
    )
    number = forms.CharField(
        label=_("Which number?"),
        help_text=_("The collector’s, or of the person who is not to be called."),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    after = forms.TimeField(
        label=_("Not from"),
        required=False,
        input_formats=["%H:%M", "%H：%M"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Write the time like 22:15.")},
    )
    before = forms.TimeField(
        label=_("until"),
        required=False,
        input_formats=["%H:%M", "%H：%M"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Write the time like 22:15.")},
    )
    days = forms.MultipleChoiceField(
        label=_("On which days?"),
        help_text=_("None chosen means every day."),
        choices=Designation.Day.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": _("Choose from the list.")},
    )
    scope = forms.ChoiceField(
        label=_("What do you allow?"),
        choices=[("", _("Nothing")), *Designation.Scope.choices],
        required=False,
        error_messages={"invalid_choice": _("Choose from the list.")},
    )
    debt = forms.ChoiceField(label=_("Which debt do you not agree with?"), required=False)
    told_on = DayField(
        label=_("When did you tell them?"),
        help_text=_("Empty means today. It counts from when they know."),
        required=False,
    )

    def __init__(
        self, *args: Any, lender: Lender, debts: Iterable[Debt], zone: ZoneInfo, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lender, self.zone = lender, zone
        self.debts = {
            named.debt.ref: named.debt
            for named in naming.named(debts)
            if named.lender is not None and named.lender.pk == lender.pk
        }
        cast(forms.ChoiceField, self.fields["debt"]).choices = [
            ("", _("All with this lender")),
            *((ref, str(debt.get_kind_display())) for ref, debt in self.debts.items()),
        ]

    def said(self) -> Said:
        given = self.cleaned_data
        told = given["told_on"]
        since = None
        if told and told != clock.today(self.zone):
            # A day without a time counts from its end: never earlier than the person can have said it.
            since = dt.datetime.combine(told, dt.time(23, 59, 59), self.zone)
        return Said(
            kind=given["kind"],
            lender=self.lender,
            channel=given["channel"],
            number=given["number"],
            before=given["before"].strftime("%H:%M") if given["before"] else "",
            after=given["after"].strftime("%H:%M") if given["after"] else "",
            days=tuple(given["days"]),
            scope=given["scope"],
            debt=self.debts.get(given["debt"]),
            since=since,
        )

    def refuse(self, refused: Refused) -> None:
        field = "told_on" if refused.field == "since" else refused.field
        self.add_error(field if field in self.fields else None, str(refused))
