"""What a borrower fills in while plans are compared, sent and answered."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import naming
from cases.models import Lender
from repayment.actions.walls import REASON_LENGTH
from repayment.domain.kinds import Kind
from repayment.terms_form import TermsForm


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


class CounterForm(ReasonForm, TermsForm):
    """Other terms for the same debt, in plain words: a borrower may ask for anything."""

    kind_hints = {
        Kind.EQUAL_INSTALMENT: _("The same sum every month, interest in it."),
        Kind.EQUAL_PRINCIPAL: _("A little less each month."),
        Kind.INTEREST_ONLY_BALLOON: _("Small sums at first, and one large sum at the end."),
        Kind.INTEREST_FREE: _("The same sum every month, and no new interest."),
        Kind.FIXED_AMOUNT: _("You say what you can pay; it runs as long as it takes."),
        Kind.TOKEN: _("Very small sums for a while. The debt stays; you both look again on a day."),
        Kind.NIL: _("Nothing for a while. The debt stays; you both look again on a day."),
        Kind.SETTLEMENT: _("You pay a part on fixed days, and they let the rest go."),
    }
    words = {
        "method": (_("How would you like to pay?"), ""),
        "periods": (
            _("How many monthly payments?"),
            _("Not counting lighter months: those come first, and on top."),
        ),
        "amount": (_("How much can you pay each month?"), ""),
        "open_months": (_("For how many months?"), ""),
        "open_amount": (_("How much each month?"), ""),
        "open_interest": (_("The interest of these months"), ""),
        "review": (_("When would you both look again?"), _("After the last of these months.")),
        "first_due": (_("When would the first payment be?"), _("A pause moves it on.")),
        "rate": (_("Interest a year"), _("You may ask for less than now.")),
        "waive_interest": (
            _("How much overdue interest should be waived?"),
            _("Leave it empty to pay all of it."),
        ),
        "waive_fees": (_("How much of the fees should be waived?"), _("Leave it empty to pay all of them.")),
        "arrears": (_("The overdue interest that stays is paid"), ""),
        "pause": (_("How many months without a payment first?"), ""),
        "pause_interest": (_("The interest of these months"), ""),
        "missed": (
            _("What is waived may come back after"),
            _("Payments missed in a row. Leave it empty to ask that it never comes back."),
        ),
        "missed_until": (_("Until which day could it come back?"), _("Empty: until the last payment.")),
        "missed_months": (_("The interest waived in lighter months may come back too"), ""),
        "pay_day": (
            _("Day of the month"),
            _(
                "Only if the first payment lies on the last day of a shorter month, and later ones on the 29th to 31st."
            ),
        ),
    }


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
