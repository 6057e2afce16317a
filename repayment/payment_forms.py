"""What a borrower fills in to note a payment, and what an officer chooses to say to it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.forms.days import DayField
from cases.forms.figures import AmountField, ReadsBack
from cases.forms.once import OnceForm
from cases.forms.refusing import RefusingForm
from repayment.actions.payments import QUESTIONS, REVERSALS
from repayment.models import PaymentState


class PaymentForm(ReadsBack, RefusingForm, OnceForm):
    """How much, on which day, and the bank's number if it is at hand."""

    amount = AmountField(
        label=_("How much did you pay?"),
        required=True,
        widget=forms.TextInput(attrs={"data-prefix": "¥"}),
        error_messages={"required": _("Write the amount you paid.")},
    )
    on = DayField(
        label=_("On which day did you pay?"),
        error_messages={"required": _("Choose the day on which you paid.")},
    )
    reference = forms.CharField(
        label=_("The bank’s number of the transfer"),
        help_text=_("Only if you have it at hand. It helps the lender find the money."),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"max_length": _("Write the number with letters and digits only.")},
    )
    field_order = ("amount", "on", "reference", "once")


def _reasons(of: tuple[PaymentState.Reason, ...]) -> list[tuple[str, Any]]:
    return [(reason.value, reason.label) for reason in of]


class NotReceivedForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("What did you find? The borrower reads this."),
        choices=_reasons(QUESTIONS),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a reason."),
            "invalid_choice": _("Choose from the list."),
        },
    )


class ReversalForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why is it taken out again? The borrower reads this."),
        choices=_reasons(REVERSALS),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a reason."),
            "invalid_choice": _("Choose from the list."),
        },
    )
