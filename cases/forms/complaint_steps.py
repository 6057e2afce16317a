"""The smaller forms around a complaint: a receipt, a rating, another round, more time, court papers."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases import naming
from cases.actions.complaint_steps import LONGEST
from cases.domain import rulebook
from cases.domain.rulebook import Rule
from cases.forms.once import OnceForm
from cases.forms.refusing import RefusingForm
from cases.models import Complaint, Lender

_LONG = _("This is longer than we can keep. Please shorten it.")


class ReceiptForm(forms.Form):
    """Sixteen digits and nothing else: no name, no number to call."""

    receipt = forms.CharField(
        label=_("The 16 digits of your receipt"),
        help_text=_("For example 0123 4567 8901 2345. It opens this one complaint and nothing else."),
        max_length=60,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Type the 16 digits.")},
    )


class RatingForm(forms.Form):
    """Whether the answer will do, and why in words if one likes."""

    rating = forms.ChoiceField(
        label=_("Does this answer settle it?"),
        choices=Complaint.Rating.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose from the list."), "invalid_choice": _("Choose from the list.")},
    )
    words = forms.CharField(
        label=_("In your words"),
        help_text=_("The lender reads this. You may leave it empty."),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _LONG},
    )


class RoundForm(RefusingForm):
    """What is new, when one asks once more."""

    said = forms.CharField(
        label=_("What is still not settled?"),
        help_text=_("What you wrote before goes along. A few words are enough."),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={
            "required": _("Write what happened. A few words are enough."),
            "max_length": _LONG,
        },
    )


class CourtForm(RefusingForm, OnceForm):
    """Which papers, and on which day they came."""

    kind = forms.ChoiceField(
        label=_("What came?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose from the list."), "invalid_choice": _("Choose from the list.")},
    )
    received_on = forms.DateField(
        label=_("On which day did you receive it?"),
        help_text=_(
            "The day on the envelope’s receipt or of your signature. Not sure: take the earlier day."
        ),
        widget=forms.DateInput(attrs={"type": "date", "class": "short"}),
        error_messages={"required": _("Give the day."), "invalid": _("This is not a day we can read.")},
    )
    lender = forms.ChoiceField(label=_("Which lender is it about?"), required=False)

    def __init__(self, *args: Any, papers: Iterable[Rule], lenders: Iterable[Lender], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lenders = {lender.ref: lender for lender in lenders}
        language = get_language() or "en"
        cast(forms.ChoiceField, self.fields["kind"]).choices = [
            (rule.id, f"{PAPERS.get(rule.id, rule.id)}\n{rulebook.statement(rule, language)}")
            for rule in papers
        ]
        cast(forms.ChoiceField, self.fields["lender"]).choices = [
            ("", _("I do not know, or somebody else")),
            *((ref, naming.called(lender)) for ref, lender in self.lenders.items()),
        ]


# Rows court.* of the clock files, as people call these papers.
PAPERS: dict[str, Any] = {
    "court.cn.complaint": _("A copy of a claim"),
    "court.cn.payment_order": _("A payment order"),
    "court.cn.judgment": _("A judgment of first instance"),
    "court.us.summons": _("A summons and complaint (United States)"),
    "court.uk.claim": _("A claim form (England and Wales)"),
}
