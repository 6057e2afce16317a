"""A complaint as a form: what it is about, what happened, what is wanted, and what the lender may know."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.forms.boundfield import BoundWidget
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases import identifiers, naming
from cases.actions.complaints import LONGEST, MOST_LABELS, Draft
from cases.domain import taxonomy
from cases.forms.once import OnceForm
from cases.forms.refusing import RefusingForm
from cases.models import Complaint, Contact, Lender

PHONE, EMAIL, NOTHING = "phone", "email", "none"


@dataclass(frozen=True, kw_only=True)
class Theme:
    """One fold of matters on the page."""

    label: str
    options: Sequence[BoundWidget]
    open: bool


class ComplaintForm(RefusingForm, OnceForm):
    """Everything a complaint carries; only the lender, the category and what happened are asked for by us."""

    lender = forms.ChoiceField(
        label=_("Which lender is it about?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose the lender."),
            "invalid_choice": _(
                "None of your debts is with this lender. Add the debt first, then send the complaint."
            ),
        },
    )
    category = forms.ChoiceField(
        label=_("What is it about?"),
        help_text=_("Open the theme that fits best, then choose one."),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what it is about."),
            "invalid_choice": _("Choose what it is about."),
        },
    )
    labels = forms.MultipleChoiceField(
        label=_("Also about"),
        help_text=_("Five at most, if more than one thing happened. You may leave it empty."),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 5}),
        error_messages={"invalid_choice": _("Choose from the list.")},
    )
    said = forms.CharField(
        label=_("What happened"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={
            "required": _("Write what happened. A few words are enough."),
            "max_length": _("This is longer than we can keep. Please shorten it."),
        },
    )
    wants = forms.MultipleChoiceField(
        label=_("What do you want?"),
        help_text=_("Without a wish the law’s clock does not start."),
        choices=Complaint.Want.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": _("Choose from the list.")},
    )
    want_words = forms.CharField(
        label=_("Anything else you want"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    name = forms.CharField(
        label=_("Your name, for the lender"),
        help_text=_("The law’s clock needs it. You may leave it empty."),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    reach: forms.Field = forms.ChoiceField(
        label=_("How may the lender reach you about this?"),
        help_text=_("The law’s clock needs one. They may use it for this complaint only."),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose one. “Not at all” is fine too."),
            "invalid_choice": _("Choose one. “Not at all” is fine too."),
        },
    )

    def __init__(
        self,
        *args: Any,
        lenders: Iterable[Lender],
        phone: str,
        email: str,
        entries: Sequence[Contact],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lenders = {lender.ref: lender for lender in lenders}
        self.entries = entries
        self.reached = {PHONE: phone, EMAIL: email, NOTHING: ""}
        cast(forms.ChoiceField, self.fields["lender"]).choices = [
            (ref, naming.called(lender)) for ref, lender in self.lenders.items()
        ]
        language = get_language() or "en"
        matters = [
            (
                issue.label.get(language, issue.label["en"]),
                [(row.code, row.label.get(language, row.label["en"])) for row in rows],
            )
            for issue, rows in taxonomy.load().by_issue()
        ]
        cast(forms.ChoiceField, self.fields["category"]).choices = matters
        cast(forms.MultipleChoiceField, self.fields["labels"]).choices = matters
        self._offer_reach(phone, email)

    @property
    def themes(self) -> Sequence[Theme]:
        """The matters by theme but the last resort. One is open: that of the choice made, else the first."""
        matter = self["category"]
        options = self._matters()
        return [
            Theme(
                label=str(label),
                options=[options[code] for code, _label in rows if code != taxonomy.ELSE],
                open=matter.value() in dict(rows) and matter.value() != taxonomy.ELSE
                if matter.value()
                else place == 0,
            )
            for place, (label, rows) in enumerate(cast(Any, self.fields["category"]).choices)
        ]

    @property
    def something_else(self) -> BoundWidget:
        """What fits no theme stands below them all, where it is seen without opening one."""
        return self._matters()[taxonomy.ELSE]

    def _matters(self) -> Mapping[str, BoundWidget]:
        return {option.data["value"]: option for option in self["category"]}

    def clean_labels(self) -> list[str]:
        chosen = [label for label in self.cleaned_data["labels"] if label != self.data.get("category")]
        if len(chosen) > MOST_LABELS:
            raise forms.ValidationError(_("Choose five at most."), code="too_many_labels")
        return chosen

    def _offer_reach(self, phone: str, email: str) -> None:
        reach = [
            (PHONE, _("By phone, %(number)s") % {"number": identifiers.spoken(phone)}) if phone else None,
            (EMAIL, _("By e-mail, %(address)s") % {"address": email}) if email else None,
            (NOTHING, _("Not at all; I read the answer here")),
        ]
        cast(forms.ChoiceField, self.fields["reach"]).choices = [each for each in reach if each]

    def draft(self) -> Draft:
        said = self.cleaned_data
        return Draft(
            lender=self.lenders[said["lender"]],
            category=said["category"],
            labels=tuple(said["labels"]),
            said=said["said"],
            wants=tuple(said["wants"]),
            want_words=said["want_words"],
            name=said["name"],
            reach=self.reach_of(said["reach"]),
            contacts=tuple(self.entries),
        )

    def reach_of(self, chosen: str) -> str:
        return self.reached[chosen]


class VisitorComplaintForm(ComplaintForm):
    """The same without an account: any lender of the list, and a way to be reached only if one likes."""

    lender = forms.ChoiceField(
        label=_("Which lender is it about?"),
        error_messages={
            "required": _("Choose the lender."),
            "invalid_choice": _("Choose the lender from the list."),
        },
    )
    reach: forms.Field = forms.CharField(
        label=_("How may the lender reach you about this?"),
        help_text=_(
            "A telephone number or an e-mail. You may leave it empty: the answer is read here, with the receipt."
        ),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, lenders: Iterable[Lender], **kwargs: Any) -> None:
        super().__init__(*args, lenders=lenders, phone="", email="", entries=(), **kwargs)
        choices = cast(forms.ChoiceField, self.fields["lender"])
        choices.choices = [("", _("Please choose")), *cast(list[Any], choices.choices)]

    def _offer_reach(self, phone: str, email: str) -> None:
        """Whatever is typed is taken: an account is not needed, so nothing is verified."""

    def reach_of(self, chosen: str) -> str:
        return chosen.strip()
