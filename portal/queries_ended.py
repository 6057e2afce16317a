"""Lenders' offers that ended without an answer: nothing may lapse in silence."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import Exists, OuterRef

from cases.models import User
from repayment import queries as repayment_queries
from repayment.models import Offer

# So long home still tells of one.
_TOLD = dt.timedelta(days=30)


def ended_unanswered(person: User, on: dt.date) -> Sequence[Offer]:
    """Offers of lenders that ran out lately, unless another offer about the debt has followed. One query."""
    later = Offer.objects.filter(debt=OuterRef("debt"), pk__gt=OuterRef("pk"))
    return list(
        repayment_queries.offers_for(person)
        .filter(
            ~Exists(later),
            state=Offer.State.EXPIRED,
            made_by=Offer.Side.LENDER,
            expires_on__gte=on - _TOLD,
        )
        .order_by("-expires_on", "-id")
    )
