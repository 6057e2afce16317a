"""What a borrower fills in while plans are compared, sent and answered."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import naming
from cases.forms.figures import AmountField
from cases.models import Lender
from repayment.actions.walls import REASON_LENGTH
from repayment.domain.terms import MAX_ROWS, Method, Terms


class SharesForm(forms.Form):
    """To whom a plan is sent. Nothing is ticked by us."""

    lenders = forms.MultipleChoiceField(
        label=_("Who may see their part?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one lender, or keep the plan to yourself."),
            "invalid_choice": _("We cannot send to this lender."),
        },
    )

    def __init__(self, *args: Any, choices: Sequence[Lender], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["lenders"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(lender.ref, naming.called(lender)) for lender in choices]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Would you like to say why?"),
        help_text=_("You do not have to. The lender will read it."),
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _("Please keep this within 300 characters.")},
    )


class QuestionForm(forms.Form):
    text = forms.CharField(
        label=_("What would you like to know?"),
        help_text=_("Up to 300 characters. The lender reads it; leave out what it need not know."),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": _("Write a sentence first."),
            "max_length": _("Please keep this within 300 characters."),
        },
    )


class AnswerForm(QuestionForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Your answer")


class DaysForm(forms.Form):
    """The two days that tell how old a debt is. Both may stay empty."""

    last_paid_on = forms.DateField(
        label=_("When did you last pay something on it?"),
        help_text=_("Leave it empty if you do not know."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day like 2027-01-20.")},
    )
    last_acknowledged_on = forms.DateField(
        label=_("When did you last tell them in writing that you owe it?"),
        help_text=_("A message counts too. Leave it empty if you never did."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Write the day like 2027-01-20.")},
    )


class CounterForm(ReasonForm):
    """Other terms for the same debt. What is owed is not among the fields: nobody can restate it here."""

    periods = forms.IntegerField(
        label=_("How many monthly payments?"),
        min_value=1,
        max_value=MAX_ROWS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "short"}),
        error_messages={
            "required": _("Write a number of months, like 48."),
            "invalid": _("Write a number of months, like 48."),
            "min_value": _("A plan has from 1 to 600 monthly payments."),
            "max_value": _("A plan has from 1 to 600 monthly payments."),
        },
    )
    first_due = forms.DateField(
        label=_("When would the first payment be?"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Choose a day."), "invalid": _("Write the day like 2027-01-20.")},
    )
    interest_free = forms.BooleanField(label=_("Ask for no new interest"), required=False)
    waive_interest = AmountField(
        label=_("How much overdue interest should be waived?"),
        help_text=_("Leave it empty to pay all of it."),
        widget=forms.TextInput(attrs={"data-prefix": "¥"}),
    )
    waive_fees = AmountField(
        label=_("How much of the fees should be waived?"),
        help_text=_("Leave it empty to pay all of them."),
        widget=forms.TextInput(attrs={"data-prefix": "¥"}),
    )
    field_order = ("periods", "first_due", "interest_free", "waive_interest", "waive_fees", "reason")

    def __init__(self, *args: Any, terms: Terms, today: dt.date, **kwargs: Any) -> None:
        plain = AmountField().plain
        kwargs.setdefault(
            "initial",
            {
                "periods": terms.periods,
                "first_due": terms.first_due,
                "interest_free": terms.method is Method.INTEREST_FREE,
                "waive_interest": plain(terms.waive_interest) if terms.waive_interest else "",
                "waive_fees": plain(terms.waive_fees) if terms.waive_fees else "",
            },
        )
        super().__init__(*args, **kwargs)
        self.terms, self.today = terms, today
        for name, claimed in (("waive_interest", terms.interest), ("waive_fees", terms.fees)):
            if not claimed:
                del self.fields[name]

    def clean_first_due(self) -> dt.date:
        day: dt.date = self.cleaned_data["first_due"]
        if day <= self.today:
            raise forms.ValidationError(_("Choose a day that is still to come."))
        if day > self.today + dt.timedelta(days=366):
            raise forms.ValidationError(_("Choose a day within the next year."))
        return day

    def new_terms(self) -> Terms:
        """The terms asked for. Raises TermsRefused, whose field names one of ours."""
        data = self.cleaned_data
        free = data["interest_free"]
        return Terms(
            currency=self.terms.currency,
            principal=self.terms.principal,
            interest=self.terms.interest,
            fees=self.terms.fees,
            annual_rate=self.terms.annual_rate,
            method=Method.INTEREST_FREE if free else Method.EQUAL_INSTALMENT,
            periods=data["periods"],
            start=self.today,
            first_due=data["first_due"],
            arrears=self.terms.arrears,
            deferral=self.terms.deferral,
            waive_interest=data.get("waive_interest") or 0,
            waive_fees=data.get("waive_fees") or 0,
        )

    def refuse(self, field: str, message: object) -> None:
        """Put a refusal beside the field it names, or on top when it names none of ours."""
        name = field.replace("/", "_")
        self.add_error(name if name in self.fields else None, str(message))


class VerifyForm(forms.Form):
    """A hash as printed, with or without spaces; the nonce too, for those who want both checked."""

    code = forms.CharField(
        label=_("The code printed on the agreement"),
        help_text=_("64 letters and digits. Spaces do not matter."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Paste the code printed on the agreement.")},
    )
    nonce = forms.CharField(
        label=_("The random number printed under it"),
        help_text=_("Only if you want to check it too."),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        code = "".join(self.cleaned_data["code"].split()).lower()
        if len(code) != 64 or set(code) - set("0123456789abcdef"):
            raise forms.ValidationError(_("This is not a code of 64 letters and digits. Please check it."))
        return code

    def clean_nonce(self) -> str:
        return "".join(self.cleaned_data["nonce"].split()).lower()
