"""Codes of the domain in sentences, for the message beside a pointer. One sentence per code, in three languages."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

MESSAGES: Mapping[str, Any] = {
    # Shape
    "required": _("This field is required."),
    "unknown_field": _("This field is not known here."),
    "unknown_currency": _("Write the ISO 4217 code of a currency with no or two decimals."),
    "not_money": _(
        "Write an amount as a string like “12000.00”, with no more decimals than the currency has."
    ),
    "not_a_rate": _("Write a rate as a string like “0.18” for 18 %, with at most eight decimals."),
    "not_a_date": _("Write a date as YYYY-MM-DD."),
    "not_an_integer": _("Write a whole number, without quotation marks and without decimals."),
    "not_an_object": _("An object is needed here."),
    "not_a_list": _("A list is needed here."),
    "not_text": _("A string is needed here."),
    "not_a_choice": _("Use one of: %(choices)s."),
    "out_of_range": _("Use a number from %(least)s to %(most)s."),
    "too_small": _("Use a number that is at least %(least)s."),
    "too_many": _("There may be at most %(most)s."),
    "negative": _("An amount cannot be below zero."),
    "duplicate_id": _("Every id may be used once."),
    # A lender's lines
    "not_a_flag": _("Use true or false, without quotation marks."),
    "not_a_name": _("Use at most %(most)s printable characters."),
    "amount_too_large": _("This amount cannot be right: check the zeros."),
    "terms_not_asked": _("Terms belong to a counter-offer only: leave them out."),
    "not_a_cursor": _("Use a cursor as we gave it, or none to begin."),
    "formula": _("This cell begins like a formula of a spreadsheet. Write the plain value."),
    "too_many_cells": _(
        "This line has more cells than the heading: put amounts with a comma in quotation marks."
    ),
    "damaged": _("This cell has signs that cannot be read. Save the file as UTF-8."),
    "too_long": _("This cell is too long."),
    "other_lender": _("This line is another lender’s."),
    # Contacts
    "not_an_instant": _("Write an instant with its offset, like “2027-04-01T09:00:00+08:00”."),
    "unknown_zone": _("Use a name of the time-zone database, like “Asia/Shanghai”."),
    "not_a_clock": _("Write a time of day as HH:MM."),
    "empty_text": _("This may not be empty."),
    "ends_before_it_begins": _("The end must not be before the beginning."),
    "channel_or_number": _("Say which channel, which number, or both."),
    # Quotes
    "rate_out_of_range": _("A rate is a fraction from 0 to below 10."),
    "periods_not_allowed": _("A fixed amount finds its own number of payments: leave the periods out."),
    "amount_not_allowed": _("An amount belongs to a fixed-amount plan only: leave it out."),
    "periods_out_of_range": _("Use from 1 to 600 monthly periods."),
    "due_before_start": _("The first due date must come after the start."),
    "waives_too_much": _("This waives more than is claimed."),
    "nothing_owed": _("There is no principal to pay back."),
    "row_not_positive": _("So small a debt cannot be divided into so many payments: use fewer periods."),
    "amount_not_above_interest": _("This does not cover a month’s interest, so it would never end."),
    "too_many_rows": _("This would take more than 600 months."),
    "beyond_calendar": _("This would run past the year 9999."),
    # Rates
    "wrong_convention": _("This option belongs to the convention %(convention)s."),
    "nothing_here": _("At least one is needed."),
    "not_positive": _("Write an amount above zero."),
    "one_advance_only": _("This convention takes a single advance."),
    "payment_before_advance": _("A payment must come after the first advance."),
    "nothing_to_earn": _("All payments together must be more than all advances together."),
    "semimonth_after_15": _("A twice-monthly series starts on the 15th or before."),
    "several_at_once": _("Several payments need a step: say how often in “every”."),
    "not_whole_months": _("This convention needs every payment a whole number of months after the advance."),
    "rate_too_high": _("There is no rate below 1,000,000,000 % a year."),
}


def message(code: str, words: Mapping[str, object] | None = None) -> str:
    # Sentences without a placeholder may hold a plain per-cent sign.
    return str(MESSAGES[code]) % dict(words) if words else str(MESSAGES[code])
