"""The comparison a borrower chooses from, and the budget that it and every answer must keep to."""

import calendar
import datetime as dt
from dataclasses import dataclass

from cases import clock
from cases import queries as case_queries
from cases.models import Debt, Statement, User
from repayment import queries
from repayment.domain.comparison import Candidate, DebtFacts, PolicyLimits, compare
from repayment.models import Instalment

# The day of the month on which proposals ask to pay, and how far ahead the first one lies: lenders need time to
# answer, and so do people.
PAY_DAY = 20
NOTICE_DAYS = 28
# Where a lender publishes nothing, its debt is counted at its own rate over at most this many months.
UNPUBLISHED = PolicyLimits(
    max_periods=60, interest_free_max_periods=0, deferral_max_periods=0, published=False
)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What a borrower chooses from, and what it was worked out from. Money in minor units a month.

    `available` is what the budget leaves after `agreed`, the payments already promised in agreements. `debts`
    are the ones compared, `unclear` those whose amount nobody knows yet, `apart` those in another currency.
    `at_contract` are those compared whose lender has published nothing: each is counted at its own rate.
    """

    statement: Statement | None
    available: int
    agreed: int
    debts: tuple[Debt, ...]
    unclear: tuple[Debt, ...]
    apart: tuple[Debt, ...]
    at_contract: tuple[Debt, ...]
    candidates: tuple[Candidate, ...]

    def debt(self, ref: str | None) -> Debt | None:
        return next((debt for debt in self.debts if debt.ref == ref), None)


def compare_for(user: User) -> Comparison:
    """The three candidates for everything a borrower still has to settle, worked out for today."""
    statement = case_queries.current_statement(user)
    currency = statement.currency if statement else "CNY"
    open_debts = queries.not_agreed(user)
    debts = tuple(debt for debt in open_debts if debt.principal and debt.currency == currency)
    agreed = queries.promised(user, currency)
    available = max(0, statement.available - agreed) if statement else 0
    today = clock.today()
    candidates: list[Candidate] = []
    limits = _limits(debts, today)
    if statement and debts:
        candidates = compare(
            [_facts(debt) for debt in debts],
            available=available,
            start=today,
            first_due=first_due_after(today),
            limits=limits,
        )
    return Comparison(
        statement=statement,
        available=available,
        agreed=agreed,
        debts=debts,
        unclear=tuple(debt for debt in open_debts if not debt.principal),
        apart=tuple(debt for debt in open_debts if debt.principal and debt.currency != currency),
        at_contract=tuple(debt for debt in debts if not limits[_facts(debt).lender_ref].published),
        candidates=tuple(candidates),
    )


def first_due_after(today: dt.date) -> dt.date:
    """The first pay day that leaves everybody time to answer."""
    earliest = today + dt.timedelta(days=NOTICE_DAYS)
    if earliest.day <= PAY_DAY:
        return earliest.replace(day=PAY_DAY)
    last = calendar.monthrange(earliest.year, earliest.month)[1]
    return (earliest.replace(day=last) + dt.timedelta(days=1)).replace(day=PAY_DAY)


def stated(user: User, currency: str) -> int | None:
    """What the budget leaves a month; None without a budget in this currency."""
    statement = case_queries.current_statement(user)
    return statement.available if statement and statement.currency == currency else None


def promises(user: User, currency: str, *, besides: int | None = None) -> list[tuple[dt.date, int]]:
    """What agreements in force take, payment by payment from this month on; `besides` leaves one debt out (its key)."""
    rows = Instalment.objects.filter(
        plan__case__borrower=user,
        plan__debt__currency=currency,
        plan__state__in=queries.IN_FORCE,
        due__gte=clock.today().replace(day=1),
    )
    return list(rows.exclude(plan__debt=besides).order_by().values_list("due", "amount"))


def _facts(debt: Debt) -> DebtFacts:
    owner = case_queries.owner_of(debt)
    return DebtFacts(
        ref=debt.ref,
        lender_ref=owner.ref if owner else debt.ref,
        currency=debt.currency,
        principal=debt.principal or 0,
        interest=debt.interest or 0,
        fees=debt.fees or 0,
        annual_rate=debt.annual_rate,
    )


def _limits(debts: tuple[Debt, ...], on: dt.date) -> dict[str, PolicyLimits]:
    """Limits by the ref that `_facts` gives a debt's lender."""
    owners = {debt.ref: case_queries.owner_of(debt) for debt in debts}
    joined = {owner.pk for owner in owners.values() if owner and owner.joined}
    policies = queries.policies_for(joined, on)
    limits: dict[str, PolicyLimits] = {}
    for ref, owner in owners.items():
        policy = policies.get(owner.pk) if owner else None
        if owner is None or policy is None:
            limits[owner.ref if owner else ref] = UNPUBLISHED
        else:
            limits[owner.ref] = PolicyLimits(
                max_periods=policy.max_periods,
                interest_free_max_periods=policy.interest_free_max_periods,
                deferral_max_periods=policy.deferral_max_periods,
                min_instalment=policy.min_instalment,
            )
    return limits
