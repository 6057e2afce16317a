"""The waiver budget: a lender's month is locked, asked for room, and a row says what was reserved or given back.

The month is the last lock a transaction takes. What is given back needs no lock: it only makes room.
"""

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases import queries as case_queries
from cases.access import Permission
from cases.actions import events
from cases.domain import money
from cases.domain.refusal import Refused
from cases.models import Lender, User
from repayment import queries_waivers
from repayment.domain import waiver_budget
from repayment.models import Approval, Offer, Waiver, WaiverBudget


@transaction.atomic
def set_limit(
    *, by: User, lender: Lender, limit: int, month: dt.date | None = None, currency: str = "CNY"
) -> WaiverBudget:
    """Set what may be waived from `month` on (this one unless said otherwise), until another month is set.

    Raises WaiverBudget.DoesNotExist for somebody who does not set this lender's policy, Refused for a month that is
    over and for a limit below what is reserved already.
    """
    if not by.may(Permission.POLICY_EDIT) or case_queries.lender_of(by) != lender:
        raise WaiverBudget.DoesNotExist
    month = waiver_budget.month_of(month or clock.today())
    if month < waiver_budget.month_of(clock.today()):
        raise Refused("month_over", _("This month is over. Choose this month or a later one."), field="month")
    if currency not in money.CURRENCIES:
        raise Refused("unknown_currency", _("We do not know this currency."), field="currency")
    budget = _locked(lender, month, currency)
    standing = queries_waivers.standing_of(budget)
    try:
        waiver_budget.must_cover(limit, standing)
    except Refused as refused:
        words = {
            "negative": _("A limit cannot be negative."),
            "below_reserved": _("More than this is promised already. Choose a limit that covers it."),
        }
        raise Refused(refused.code, words[refused.code], field="limit") from None
    before, budget.limit = budget.limit, limit
    budget.save(update_fields=["limit"])
    events.record(
        "waiver_budget.set",
        by=by,
        about=lender,
        lender=lender,
        month=month.isoformat(),
        currency=currency,
        limit=limit,
        before=before,
        reserved=standing.reserved,
    )
    return budget


def reserve(*, offer: Offer, amount: int, by: User | None, approval: Approval | None = None) -> None:
    """Take `amount` from this month, for an offer's terms or for an approval that waits.

    The caller is in a transaction that holds person, debt and offer. Raises Refused when the month does not reach.
    """
    if amount <= 0:
        return
    lender, currency = offer.case.lender, offer.terms["currency"]
    budget = _locked(lender, waiver_budget.month_of(clock.today()), currency)
    try:
        waiver_budget.must_have_room(queries_waivers.standing_of(budget), amount)
    except Refused as refused:
        raise Refused(
            refused.code,
            _(
                "This month's waiver budget does not reach for it. Waive less, or ask whoever sets the budget."
            ),
            field="waive/interest",
        ) from None
    _write(budget, offer=offer, approval=approval, amount=amount, by=by)


def hand_over(*, approval: Approval, offer: Offer, by: User) -> None:
    """What an approval had reserved now belongs to the offer that came of it, in the same month."""
    for budget_id, amount in _reserved(Waiver.objects.filter(approval=approval)):
        budget = WaiverBudget(pk=budget_id)
        _write(budget, offer=approval.offer, approval=approval, amount=-amount, by=by)
        _write(budget, offer=offer, approval=None, amount=amount, by=by)


def release(*, offer: Offer, approval: Approval | None = None, by: User | None = None) -> None:
    """Give back what an offer, or one approval about it, still holds; to the month it was taken from."""
    for budget_id, amount in _reserved(Waiver.objects.filter(offer=offer, approval=approval)):
        _write(WaiverBudget(pk=budget_id), offer=offer, approval=approval, amount=-amount, by=by)


def _locked(lender: Lender, month: dt.date, currency: str) -> WaiverBudget:
    """The month's row under its lock; a month that has none begins with the limit of the last one before it."""
    before = queries_waivers.last_before(lender, month, currency)
    WaiverBudget.objects.get_or_create(
        lender=lender, month=month, currency=currency, defaults={"limit": before.limit if before else None}
    )
    # A row that points at the month takes a share of its key, which this lock leaves alone: giving back never waits.
    return WaiverBudget.objects.select_for_update(no_key=True).get(
        lender=lender, month=month, currency=currency
    )


def _reserved(rows: QuerySet[Waiver]) -> list[tuple[int, int]]:
    """(budget, sum) of what these rows still hold."""
    sums = rows.order_by().values_list("budget").annotate(held=Sum("amount")).filter(held__gt=0)
    return list(sums)


def _write(
    budget: WaiverBudget, *, offer: Offer, approval: Approval | None, amount: int, by: User | None
) -> None:
    Waiver.objects.create(
        budget_id=budget.pk, offer=offer, approval=approval, amount=amount, by=by, at=clock.now()
    )
