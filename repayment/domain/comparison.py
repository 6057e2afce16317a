"""What is compared, and the figures of one way out: facts of debts, a lender's limits, plans month by month.

`repayment.domain.search` finds the ways out; here they only get their shape, so that pages, actions and tests speak of
the same five figures: what a month takes, how many months, what it costs in all, when it ends, what is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from .schedule import Schedule, month_after
from .terms import Method, Terms


class Kind(StrEnum):
    """The three ways out, named by what each of them is first in."""

    SOONEST = "soonest"
    LIGHT_FIRST = "light_first"
    LIGHTEST = "lightest"


class WhyNot(StrEnum):
    """Why a way out does not fit: what lenders publish, or too little money each month."""

    NOT_OFFERED = "not_offered"
    NO_PRINCIPAL = "no_principal"
    NOTHING_AVAILABLE = "nothing_available"
    TOO_LITTLE = "too_little"


@dataclass(frozen=True, kw_only=True)
class DebtFacts:
    """What is owed on one debt, in minor units; `annual_rate` is None when nobody knows it.

    `contractual` is what the contract takes a month, 0 when that is not known.
    """

    ref: str
    currency: str
    principal: int
    interest: int = 0
    fees: int = 0
    annual_rate: Decimal | None = None
    contractual: int = 0

    @property
    def owed(self) -> int:
        return self.principal + self.interest + self.fees


@dataclass(frozen=True, kw_only=True)
class PolicyLimits:
    """What may be asked on one debt without asking further. A limit of 0 periods means: not offered.

    `max_periods` counts the months of a pause too. Shares waived are percent of the overdue component. A lender that
    publishes nothing is not `published`: its debt is counted in equal instalments at its own rate.
    """

    max_periods: int
    interest_free_max_periods: int
    deferral_max_periods: int
    min_instalment: int = 0
    waive_interest_percent: int = 0
    waive_fees_percent: int = 0
    published: bool = True


@dataclass(frozen=True, kw_only=True)
class DebtPlan:
    debt_ref: str
    terms: Terms
    schedule: Schedule


@dataclass(frozen=True, kw_only=True)
class MonthTotal:
    """What one month takes: per debt in the order of the debts, the sum, and what it leaves of the budget."""

    month: date
    per_debt: tuple[tuple[str, int], ...]
    total: int
    left: int


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way out. Money in minor units; the figures are 0 and the lists empty when it does not fit.

    `on_top` is what the plan adds to what is owed today, below 0 where more is waived than added; `waived` is what it
    asks lenders to forgo of that. `months` counts from the first due month, pause included. `left_each_month` is the
    least that any month leaves of the budget, `left_at_first` what the first one leaves. `needed` is the smallest
    monthly budget that would fit, None when no budget would. `unknown_rates` names debts whose rate nobody knows;
    their interest is counted as 0 and must be confirmed by the lender.
    """

    kind: Kind
    fits: bool
    why_not: WhyNot | None = None
    blocked_by: str | None = None
    needed: int | None = None
    per_debt: tuple[DebtPlan, ...] = ()
    monthly: tuple[MonthTotal, ...] = ()
    first_monthly: int = 0
    highest_monthly: int = 0
    total_cost: int = 0
    on_top: int = 0
    waived: int = 0
    months: int = 0
    last_due: date | None = None
    left_each_month: int = 0
    left_at_first: int = 0
    unknown_rates: tuple[str, ...] = ()


def fitting(
    kind: Kind, debts: Sequence[DebtFacts], plans: Sequence[DebtPlan], available: int, first_due: date
) -> Candidate:
    """The figures of these plans together, one plan for each debt and in their order."""
    by_due = [{row.due: row.amount for row in plan.schedule.rows} for plan in plans]
    last = max(plan.schedule.last_due for plan in plans)
    monthly: list[MonthTotal] = []
    while not monthly or monthly[-1].month < last:
        month = month_after(first_due, len(monthly))
        row = tuple((plan.debt_ref, due.get(month, 0)) for plan, due in zip(plans, by_due, strict=True))
        total = sum(amount for _, amount in row)
        monthly.append(MonthTotal(month=month, per_debt=row, total=total, left=available - total))
    highest = max(month.total for month in monthly)
    cost = sum(plan.schedule.totals.amount for plan in plans)
    return Candidate(
        kind=kind,
        fits=True,
        per_debt=tuple(plans),
        monthly=tuple(monthly),
        first_monthly=monthly[0].total,
        highest_monthly=highest,
        total_cost=cost,
        on_top=cost - sum(debt.owed for debt in debts),
        waived=sum(plan.terms.waive_interest + plan.terms.waive_fees for plan in plans),
        months=len(monthly),
        last_due=last,
        left_each_month=available - highest,
        left_at_first=available - monthly[0].total,
        unknown_rates=tuple(
            debt.ref
            for debt, plan in zip(debts, plans, strict=True)
            if debt.annual_rate is None and plan.terms.method is not Method.INTEREST_FREE
        ),
    )
