"""An officer's answers: other terms inside the published policy, or a reason for no."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import formats
from repayment.actions.walls import REASON_LENGTH
from repayment.domain.terms import Terms
from repayment.models import Policy, Suspension
from repayment.terms_form import TermsForm


class ReasonField(forms.CharField):
    """A few words to the borrower."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("error_messages", {"required": _("Write a sentence. The borrower reads it.")})
        super().__init__(max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 2}), **options)


class PauseForm(forms.Form):
    """Why a plan rests, and until when at the latest."""

    reason = forms.ChoiceField(
        label=_("Why?"),
        choices=Suspension.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )
    until = forms.DateField(
        label=_("Until when at the latest?"),
        help_text=_("You may leave it empty and end the pause yourself."),
        input_formats=["%Y-%m-%d"],
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": _("Choose a day, for example 2027-06-20.")},
    )


class RefusalForm(forms.Form):
    reason = ReasonField(
        label=_("Why not? The borrower reads this."),
        help_text=_("Say what would make a yes possible, if anything would."),
    )


class CounterForm(TermsForm):
    """Everything an officer may change; what is owed is not among it."""

    reason = ReasonField(label=_("Your reason"), help_text=_("The borrower reads this."))
    words = {
        "method": (_("Kind of plan"), ""),
        "periods": (_("Instalments after the lighter months"), ""),
        "amount": (_("Paid each month"), _("It runs until everything is paid.")),
        "open_months": (_("Months"), _("What is left stays owed until the review.")),
        "open_amount": (_("Paid in each of them"), ""),
        "open_interest": (_("Their interest"), ""),
        "review": (_("Both sides look again"), _("After the last of these months.")),
        "first_due": (_("First payment"), _("A pause moves it on.")),
        "rate": (_("Rate a year"), ""),
        "waive_interest": (_("Overdue interest waived"), ""),
        "waive_fees": (_("Fees waived"), ""),
        "arrears": (_("The overdue interest that stays is paid"), ""),
        "pause": (_("Pause first"), ""),
        "pause_interest": (_("Interest of the pause"), ""),
        "missed": (
            _("What is waived comes back after"),
            _("Payments missed in a row. Empty: it never comes back."),
        ),
        "missed_until": (_("At the latest until"), _("Empty: until the last payment.")),
        "missed_months": (_("The interest waived in lighter months comes back too"), ""),
        "pay_day": (
            _("Day of the month"),
            _("Only where the first payment lies on the last day of a shorter month."),
        ),
    }

    def __init__(self, *args: Any, before: Terms, policy: Policy | None, **options: Any) -> None:
        super().__init__(*args, before=before, **options)
        self.fields["rate"].help_text = _("At most %(limit)s. Does not count in a plan without interest.") % {
            "limit": formats.percent(max(before.annual_rate, before.rate))
        }
        if policy is not None:
            self._state_limits(policy)

    def _state_limits(self, policy: Policy) -> None:
        most = {
            "waive_interest": self.before.interest * policy.waive_interest_percent // 100,
            "waive_fees": self.before.fees * policy.waive_fees_percent // 100,
        }
        for name, limit in most.items():
            if name in self.fields:
                self.fields[name].help_text = _("At most %(limit)s.") % {
                    "limit": formats.digits(limit, self.before.currency)
                }
        free = policy.interest_free_max_periods
        self.fields["periods"].help_text = (
            _("With lighter months and a pause at most %(limit)s, without interest %(free)s.")
            if free
            else _("With lighter months and a pause at most %(limit)s.")
        ) % {"limit": policy.max_periods, "free": free}
        self.fields["pause"].help_text = _("At most %(limit)s.") % {"limit": policy.deferral_max_periods}
