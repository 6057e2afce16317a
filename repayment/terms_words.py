"""What becomes of interest, as choices, and what is said when terms mean nothing. For forms and pages that show them."""

from django.utils.translation import gettext_lazy as _

from cases.domain.refusal import Refused
from repayment.domain.terms import Arrears, Treatment

TREATMENTS = {
    Treatment.WAIVED.value: _("is waived"),
    Treatment.CARRIED_FIRST.value: _("is paid with the first payment after them"),
    Treatment.CARRIED_SPREAD.value: _("is spread over the payments after them"),
    Treatment.CAPITALISED.value: _("is added to the principal and bears interest"),
}
STEP_TREATMENTS = {"": _("is paid out of the amount"), **TREATMENTS}
ARREARS = {
    Arrears.FIRST.value: _("with the first payment"),
    Arrears.SPREAD.value: _("spread over the payments"),
    Arrears.CAPITALISED.value: _("added to the principal, and bears interest"),
}
# Terms that mean nothing are refused in the contract's words; a person gets these.
_SAID = {
    "rate_out_of_range": _("Write a rate from 0 to 900 %."),
    "waives_too_much": _("This is more than is claimed."),
    "periods_out_of_range": _("Write a number from 1 to 600."),
    "row_not_positive": _("So small a debt cannot be divided into so many instalments."),
    "beyond_calendar": _("Choose an earlier day."),
    "due_before_start": _("Choose a later day."),
    "amount_not_above_interest": _("This does not cover the interest, so it would never end. Write more."),
    "step_below_interest": _(
        "This does not cover the month’s interest. Write more, or say what becomes of the interest."
    ),
    "step_too_large": _("These months would pay everything off: nothing is left to divide."),
    "too_many_rows": _("A plan has at most 600 months."),
    "owed_changed": _("An offer cannot change what is owed."),
    "nothing_owed": _("There is no principal to pay back."),
    "settlement_too_large": _("Together this is more than is owed."),
    "not_positive": _("Write an amount above zero."),
    "not_in_order": _("Each day comes after the one before."),
    "review_before_start": _("Choose a later day."),
    "review_before_end": _("Both sides look again after the last of these months. Choose a later day."),
    "clawback_before_first": _("Choose the day of the first payment or a later one."),
    "nothing_returns": _("Nothing is waived here, so nothing can come back."),
    "pay_day_not_needed": _(
        "Leave this empty: it is needed only where the first payment lies on the last day of a shorter month."
    ),
}
_REQUIRED = {
    "treatment": _("Say what becomes of the interest of these months."),
    "returns": _("Nothing is waived here, so nothing can come back."),
}


def said(refused: Refused) -> str:
    """A refusal in the words of whoever filled in the terms."""
    if refused.code == "required" and (words := _REQUIRED.get(refused.field.rpartition("/")[2])):
        return str(words)
    return str(_SAID.get(refused.code) or refused)
