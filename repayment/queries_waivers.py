"""What a lender's waiver budget says: the limit of a month, what is promised, what is left."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from cases import clock
from cases import queries as case_queries
from cases.models import Lender, User
from repayment.domain.waiver_budget import Standing, month_of
from repayment.models import Offer, Waiver, WaiverBudget

# An offer that is closed holds something only when it became an agreement, a later one that was replaced too.
_AGREED = ~Q(offer__state=Offer.State.OPEN) & Q(approval__isnull=True)


def last_before(lender: Lender, month: dt.date, currency: str) -> WaiverBudget | None:
    """The latest month that has a row, this one included."""
    rows = WaiverBudget.objects.filter(lender=lender, currency=currency, month__lte=month)
    return rows.order_by("-month").first()


def standing_of(budget: WaiverBudget) -> Standing:
    """One month as its rows say, in one query."""
    sums = Waiver.objects.filter(budget=budget).aggregate(
        used=Coalesce(Sum("amount", filter=_AGREED), 0), reserved=Coalesce(Sum("amount"), 0)
    )
    return Standing(limit=budget.limit, used=sums["used"], waiting=sums["reserved"] - sums["used"])


def standing(lender: Lender, currency: str, on: dt.date | None = None) -> Standing:
    """A lender's month, whether it has a row yet or not."""
    month = month_of(on or clock.today())
    budget = last_before(lender, month, currency)
    if budget is None:
        return Standing(limit=None, used=0, waiting=0)
    if budget.month < month:
        return Standing(limit=budget.limit, used=0, waiting=0)
    return standing_of(budget)


def budgets_for(user: User) -> QuerySet[WaiverBudget]:
    """The months of an officer's own lender, the newest first."""
    lender = case_queries.lender_of(user)
    return (
        WaiverBudget.objects.filter(lender=lender).order_by("-month")
        if lender
        else WaiverBudget.objects.none()
    )


def months(user: User, limit: int = 12) -> Sequence[tuple[WaiverBudget, Standing]]:
    """The last months with their sums, in two queries."""
    rows = list(budgets_for(user)[:limit])
    sums = {
        row["budget"]: row
        for row in Waiver.objects.filter(budget__in=rows)
        .order_by()
        .values("budget")
        .annotate(used=Coalesce(Sum("amount", filter=_AGREED), 0), reserved=Coalesce(Sum("amount"), 0))
    }
    found = []
    for row in rows:
        held = sums.get(row.pk, {"used": 0, "reserved": 0})
        found.append(
            (row, Standing(limit=row.limit, used=held["used"], waiting=held["reserved"] - held["used"]))
        )
    return found
