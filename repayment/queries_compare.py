"""The comparison a borrower chooses from, and the budget that it and every answer must keep to."""

import calendar
import datetime as dt
from dataclasses import dataclass

from cases import clock
from cases import queries as case_queries
from cases.domain import rulebook
from cases.models import Debt, Lender, Statement, User
from repayment import queries, queries_eligibility, queries_limitation
from repayment.domain.comparison import Candidate, DebtFacts, PolicyLimits
from repayment.domain.do_nothing import DoNothing, Overdue, do_nothing
from repayment.domain.eligibility import Relief
from repayment.domain.search import search
from repayment.models import Instalment, Policy

# The day of the month on which proposals ask to pay, and how far ahead the first one lies: lenders need time to
# answer, and so do people.
PAY_DAY = 20
NOTICE_DAYS = 28
# How far ahead the page looks where nothing is agreed.
DO_NOTHING_MONTHS = 12
# Where a lender publishes nothing, its debt is counted at its own rate over at most this many months.
UNPUBLISHED = PolicyLimits(
    max_periods=60, interest_free_max_periods=0, deferral_max_periods=0, published=False
)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What a borrower chooses from, and what it was worked out from. Money in minor units a month.

    `available` is what the budget leaves after `agreed`, the payments already promised in agreements. `debts`
    are the ones compared, `unclear` those whose amount nobody knows yet, `apart` those in another currency, `old` those
    that may be too old for a court and that the borrower has not asked to include.
    `at_contract` are those compared whose lender has published nothing: each is counted at its own rate. `pauses` is
    how many months each of the debts may rest by what its lender publishes, by ref, where it may at all. `nothing` is
    what becomes of the debts when nothing is agreed, None when there are none.
    """

    statement: Statement | None
    available: int
    agreed: int
    debts: tuple[Debt, ...]
    unclear: tuple[Debt, ...]
    apart: tuple[Debt, ...]
    old: tuple[Debt, ...]
    at_contract: tuple[Debt, ...]
    candidates: tuple[Candidate, ...]
    pauses: dict[str, int]
    nothing: DoNothing | None

    def debt(self, ref: str | None) -> Debt | None:
        return next((debt for debt in self.debts if debt.ref == ref), None)


def compare_for(user: User) -> Comparison:
    """The three candidates for everything a borrower still has to settle, worked out for today."""
    statement = case_queries.current_statement(user)
    currency = statement.currency if statement else "CNY"
    open_debts = queries.not_agreed(user)
    known = [debt for debt in open_debts if debt.principal and debt.currency == currency]
    old = tuple(debt for debt in known if queries_limitation.is_left_out(debt))
    debts = tuple(debt for debt in known if debt not in old)
    agreed = queries.promised(user, currency)
    available = max(0, statement.available - agreed) if statement else 0
    today = clock.today()
    candidates: list[Candidate] = []
    limits = _limits(debts, today)
    if statement and debts:
        candidates = search(
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
        old=old,
        at_contract=tuple(debt for debt in debts if not limits[debt.ref].published),
        candidates=tuple(candidates),
        pauses={ref: each.deferral_max_periods for ref, each in limits.items() if each.deferral_max_periods},
        nothing=_nothing(debts, today) if debts else None,
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
    return DebtFacts(
        ref=debt.ref,
        currency=debt.currency,
        principal=debt.principal or 0,
        interest=debt.interest or 0,
        fees=debt.fees or 0,
        annual_rate=debt.annual_rate,
    )


def _nothing(debts: tuple[Debt, ...], today: dt.date) -> DoNothing:
    owners = ((debt, case_queries.owner_of(debt)) for debt in debts)
    return do_nothing(
        [
            Overdue(
                ref=debt.ref,
                principal=debt.principal or 0,
                owed=debt.balance,
                annual_rate=debt.annual_rate,
                is_card=debt.kind == Debt.Kind.CREDIT_CARD,
                lender_type=owner.kind if owner else "",
            )
            for debt, owner in owners
        ],
        rulebook.load("cn"),
        on=today,
        first_month=first_due_after(today),
        months=DO_NOTHING_MONTHS,
    )


def _limits(debts: tuple[Debt, ...], on: dt.date) -> dict[str, PolicyLimits]:
    """What may be asked on each debt, by its ref."""
    owners = {debt.ref: case_queries.owner_of(debt) for debt in debts}
    policies = queries.policies_for({owner.pk for owner in owners.values() if owner and owner.joined}, on)
    limits: dict[str, PolicyLimits] = {}
    for debt in debts:
        ref, owner = debt.ref, owners[debt.ref]
        policy = policies.get(owner.pk) if owner else None
        shut = _not_yet(policy, debt, owner) if policy and owner and policy.conditions else frozenset()
        limits[ref] = (
            UNPUBLISHED
            if policy is None
            else PolicyLimits(
                max_periods=policy.max_periods,
                interest_free_max_periods=(
                    0 if Relief.INTEREST_FREE in shut else policy.interest_free_max_periods
                ),
                deferral_max_periods=0 if Relief.DEFERRAL in shut else policy.deferral_max_periods,
                min_instalment=policy.min_instalment,
                waive_interest_percent=policy.waive_interest_percent,
                waive_fees_percent=policy.waive_fees_percent,
            )
        )
    return limits


def _not_yet(policy: Policy, debt: Debt, owner: Lender) -> frozenset[Relief]:
    """What a lender gives, but not on this debt today, by the conditions it has published."""
    standings = queries_eligibility.standings(policy, debt, lender=owner, for_lender=False)
    return frozenset(standing.relief for standing in standings if standing.unmet)
