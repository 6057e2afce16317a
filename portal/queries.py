"""What the home page and the health page read, each in a fixed number of queries."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Min, Q, Sum

from cases import clock
from cases import queries as cases_queries
from cases.models import Case, User, Work
from notices.models import Message
from portal.domain.next_step import Facts
from repayment import queries as repayment_queries
from repayment.models import Choice, Instalment, Offer, Plan


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the plans in force have come, in minor units. Due instalments are what was agreed by today."""

    agreed: int
    due_so_far: int
    plans: int
    lenders_asked: int


def facts_for(user: User) -> Facts:
    offers = Offer.objects.filter(case__borrower=user, state=Offer.State.OPEN).aggregate(
        to_answer=Count("id", filter=Q(made_by=Offer.Side.LENDER)),
        waiting=Count("id", filter=Q(made_by=Offer.Side.BORROWER)),
    )
    return Facts(
        debts=cases_queries.debts_for(user).count(),
        has_budget=cases_queries.current_statement(user) is not None,
        unsent_choice=Choice.objects.filter(
            borrower=user, sent_at__isnull=True, replaced_at__isnull=True
        ).exists(),
        offers_to_answer=offers["to_answer"],
        offers_waiting=offers["waiting"],
        plans=repayment_queries.plans_for(user).filter(state=Plan.State.ACTIVE).count(),
    )


def offers_to_answer(user: User) -> Sequence[Offer]:
    return list(
        repayment_queries.offers_for(user)
        .filter(state=Offer.State.OPEN, made_by=Offer.Side.LENDER)
        .select_related("case__lender", "previous")
        .order_by("expires_on", "id")
    )


def coming_instalments(user: User, on: dt.date, days: int = 31) -> Sequence[Instalment]:
    """The instalments of plans in force that fall due in the next `days`, soonest first."""
    return list(
        Instalment.objects.filter(
            plan__case__borrower=user,
            plan__state=Plan.State.ACTIVE,
            due__gte=on,
            due__lt=on + dt.timedelta(days=days),
        )
        .select_related("plan__case__lender", "plan__debt")
        .order_by("due", "plan_id")
    )


def progress_for(user: User, on: dt.date) -> Progress:
    sums = Instalment.objects.filter(plan__case__borrower=user, plan__state=Plan.State.ACTIVE).aggregate(
        agreed=Sum("amount"), due=Sum("amount", filter=Q(due__lt=on)), plans=Count("plan", distinct=True)
    )
    return Progress(
        agreed=sums["agreed"] or 0,
        due_so_far=sums["due"] or 0,
        plans=sums["plans"],
        lenders_asked=Case.objects.filter(borrower=user).count(),
    )


def oldest_unsent_seconds() -> int:
    """How long the oldest due message or piece of news has waited, in whole seconds; 0 when nothing waits."""
    now = clock.now()
    oldest = [
        Message.objects.filter(state=Message.State.QUEUED, due_at__lte=now).aggregate(Min("due_at"))[
            "due_at__min"
        ],
        Work.objects.filter(done_at__isnull=True, due_at__lte=now).aggregate(Min("due_at"))["due_at__min"],
    ]
    return max((int((now - instant).total_seconds()) for instant in oldest if instant), default=0)
