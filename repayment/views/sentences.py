"""Terms in six plain sentences, the same before a yes and on the agreement."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import formats
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms


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
    rows = schedule.rows
    if not rows:
        return _("You pay nothing until %(day)s. Then both sides look again.") % {
            "day": formats.day(schedule.last_due)
        }
    words = ngettext(
        "You repay %(principal)s in %(count)s payment, on %(first)s.",
        "You repay %(principal)s in %(count)s monthly payments, from %(first)s to %(last)s.",
        len(rows),
    )
    return words % {
        "principal": formats.money(terms.principal, terms.currency),
        "count": len(rows),
        "first": formats.day(rows[0].due),
        "last": formats.day(schedule.last_due),
    }


def _cost(terms: Terms, schedule: Schedule) -> str:
    totals, currency = schedule.totals, terms.currency
    if terms.rate:
        words = _("New interest is %(rate)s a year, %(interest)s in all.") % {
            "rate": formats.percent(terms.rate),
            "interest": formats.money(totals.interest, currency),
        }
    else:
        words = _("There is no new interest.")
    if totals.arrears or totals.fees:
        words += " " + _("Interest and fees from before add %(sum)s.") % {
            "sum": formats.money(totals.arrears + totals.fees, currency)
        }
    if schedule.left.amount:
        words += " " + _("%(sum)s stays owed until the review.") % {
            "sum": formats.money(schedule.left.amount, currency)
        }
    if totals.waived:
        words += " " + _("%(sum)s is waived and no longer owed.") % {
            "sum": formats.money(totals.waived, currency)
        }
    if terms.clawback:
        words += " " + ngettext(
            "Of this %(sum)s comes back if %(n)s payment is missed, until %(day)s at the latest; nothing else does.",
            "Of this %(sum)s comes back if %(n)s payments in a row are missed, until %(day)s at the latest; nothing else does.",
            terms.clawback.after_missed,
        ) % {
            "sum": formats.money(schedule.clawback, currency),
            "n": terms.clawback.after_missed,
            "day": formats.day(terms.clawback.until),
        }
    return words
