"""Terms in six plain sentences, the same before a yes and on the agreement."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import formats
from repayment import wording_terms
from repayment.domain.difference import released
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms
from repayment.wording_terms import joined


def six(terms: Terms, schedule: Schedule, *, hours: int) -> list[str]:
    """What is paid, what it costs, and what both sides keep to. `hours` is how long a yes may be taken back."""
    return [_payments(terms, schedule), _cost(terms, schedule), *promises(hours)]


def promises(hours: int) -> list[str]:
    """The four sentences that are the same in every agreement, but for the time to leave."""
    return [
        _("If you cannot pay one month, both sides talk first, then decide what to change."),
        _(
            "While you keep to this agreement, the lender and companies working for it do not press you for payment."
        ),
        _("You may pay it off early: then interest counts up to that day only, and nothing is added."),
        _("You may take your yes back within %(hours)s hours, without a reason.") % {"hours": hours},
    ]


def _payments(terms: Terms, schedule: Schedule) -> str:
    if terms.settlement:
        return joined(*wording_terms.settlement_lines(terms, schedule))
    return joined(
        *wording_terms.pause_lines(terms),
        *wording_terms.step_lines(terms),
        *_rows(terms, schedule),
        *wording_terms.pay_day_lines(terms),
        *wording_terms.review_lines(terms, schedule),
    )


def _rows(terms: Terms, schedule: Schedule) -> list[str]:
    """How many payments there are in all, and when; nothing where there is none."""
    rows = schedule.rows
    if not rows:
        return [
            _("You pay nothing until %(day)s. Then both sides look again.")
            % {"day": formats.day(schedule.last_due)}
        ]
    words = ngettext(
        "You repay %(principal)s in %(count)s payment, on %(first)s.",
        "You repay %(principal)s in %(count)s monthly payments, from %(first)s to %(last)s.",
        len(rows),
    )
    return [
        words
        % {
            "principal": formats.money(schedule.totals.principal, terms.currency),
            "count": len(rows),
            "first": formats.day(rows[0].due),
            "last": formats.day(rows[-1].due),
        }
    ]


def _cost(terms: Terms, schedule: Schedule) -> str:
    totals, currency = schedule.totals, terms.currency
    found = [
        _("New interest is %(rate)s a year, %(interest)s in all.")
        % {"rate": formats.percent(terms.rate), "interest": formats.money(totals.interest, currency)}
        if terms.rate
        else _("There is no new interest.")
    ]
    if totals.arrears or totals.fees:
        found.append(
            _("Interest and fees from before add %(sum)s.")
            % {"sum": formats.money(totals.arrears + totals.fees, currency)}
        )
    # What a settlement's last sum lets go is owed until then, and said with the sums.
    if waived := totals.waived - released(terms, schedule):
        found.append(_("%(sum)s is waived and no longer owed.") % {"sum": formats.money(waived, currency)})
    return joined(*found, *wording_terms.clawback_lines(terms, schedule))
