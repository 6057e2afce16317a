"""What the home page and the health page read, each in a fixed number of queries."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Min

from cases import clock
from cases import queries as cases_queries
from cases.domain.refusal import Refused
from cases.models import Case, Statement, User, Work
from notices.models import Message
from portal.domain.next_step import Facts
from repayment import queries as repayment_queries
from repayment import queries_payments
from repayment.actions import proposals
from repayment.domain.allocation import RowState
from repayment.models import Choice, Offer, Plan
from repayment.queries_payments import Account


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the plans have come, in minor units: what lenders confirmed, of what was agreed."""

    agreed: int
    paid: int
    plans: int
    lenders_asked: int


@dataclass(frozen=True, kw_only=True)
class Coming:
    """One instalment that is not paid yet. `amount` is what it asks for, or what waits; `past` when its day is over.

    `noted` is what waits for the lender's word where that is only a part and `amount` is still to be paid; else 0.
    """

    plan: Plan
    due: dt.date
    amount: int
    state: RowState
    past: bool
    noted: int = 0

    @property
    def is_open(self) -> bool:
        """Something of it is still to be paid."""
        return bool(self.noted) or self.state not in (RowState.WAITING, RowState.CHECKING)


def span_of(coming: Iterable[Coming], on: dt.date) -> str:
    """Which days the list speaks of: "month" the month of `on` only, "later" none of it, "both" other months too."""
    months = {(each.due.year, each.due.month) for each in coming}
    if months <= {(on.year, on.month)}:
        return "month"
    return "later" if min(months) > (on.year, on.month) else "both"


def facts_for(user: User, statement: Statement | None) -> Facts:
    offers = list(Offer.objects.filter(case__borrower=user).select_related("case").order_by("number", "id"))
    waiting = [offer for offer in offers if offer.state == Offer.State.OPEN]
    ours = [offer for offer in waiting if offer.made_by == Offer.Side.BORROWER]
    newest = {offer.debt_id: offer for offer in offers}
    unsettled = {debt.pk for debt in repayment_queries.debts_beside(user, statement)}
    unanswered = [
        offer
        for offer in newest.values()
        if offer.debt_id in unsettled
        and offer.state == Offer.State.EXPIRED
        and offer.made_by == Offer.Side.BORROWER
    ]
    choice = repayment_queries.choice_to_send(user)
    return Facts(
        debts=cases_queries.debts_for(user).count(),
        has_budget=statement is not None,
        unsent_choice=choice is not None and _still_stands(user, choice, unanswered),
        choice_is_out=choice is not None and unsettled <= {offer.debt_id for offer in ours},
        offers_to_answer=len(waiting) - len(ours),
        offers_waiting=len(ours),
        offers_unanswered=len({offer.case_id for offer in unanswered}),
        plans=repayment_queries.plans_for(user).filter(state=Plan.State.ACTIVE).count(),
    )


def _still_stands(user: User, choice: Choice, unanswered: Sequence[Offer]) -> bool:
    """Whether a choice could be sent as it is, and nothing ran out since the person made it."""
    if any(offer.closed_at and offer.closed_at > choice.made_at for offer in unanswered):
        return False
    try:
        proposals.unchanged_debts(user, choice)
    except Refused:
        return False
    return True


def offers_to_answer(user: User) -> Sequence[Offer]:
    return list(
        repayment_queries.offers_for(user)
        .filter(state=Offer.State.OPEN, made_by=Offer.Side.LENDER)
        .select_related("case__lender", "previous")
        .order_by("expires_on", "id")
    )


def accounts_of(user: User) -> Sequence[Account]:
    """Where the person's agreements stand, those paid off among them."""
    plans = repayment_queries.plans_for(user).filter(state__in=repayment_queries.SETTLED)
    return queries_payments.accounts(plans)


def coming_instalments(accounts: Iterable[Account], on: dt.date) -> Sequence[Coming]:
    """What plans in force ask for in the month of `on`, and what earlier days still do, soonest first.

    Where nothing of that is left to pay, the next instalments due, of one day, stand there too.
    """
    found = [
        Coming(
            plan=account.plan,
            due=row.instalment.due,
            amount=row.asked,
            state=row.state,
            past=row.instalment.due < on,
            noted=row.noted if row.is_part else 0,
        )
        for account in accounts
        if account.plan.state == Plan.State.ACTIVE
        for row in account.rows
        if row.state != RowState.PAID
    ]
    found.sort(key=lambda each: (each.due, each.plan.pk))
    month = (on.year, on.month)
    now = [each for each in found if (each.due.year, each.due.month) <= month]
    if any(each.is_open for each in now):
        return now
    later = [each for each in found[len(now) :] if each.is_open]
    return [*now, *(each for each in later if each.due == later[0].due)]


def progress_for(user: User, accounts: Sequence[Account]) -> Progress:
    return Progress(
        agreed=sum(account.agreed for account in accounts),
        paid=sum(account.ledger.paid for account in accounts),
        plans=len(accounts),
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
