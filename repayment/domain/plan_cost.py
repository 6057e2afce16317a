"""What an agreement costs: what is paid, of what it is made, and the rate a year by the convention of its country.

The rate compares the payments with the balance they settle, which is what was owed less what is waived at once: it is
the price of the time the agreement gives. `cn_irr` counts whole months, as the schedule itself does, from one month
before the first scheduled month; the other two count from the day the terms start. Money in minor units.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from . import cost
from .cost import Convention, CostRefused, Flow
from .schedule import Schedule
from .terms import Terms

_CONVENTIONS = {"CN": Convention.CN_IRR, "UK": Convention.EU, "US": Convention.US_ACTUARIAL}
# The rate that each convention's country prints, among those the convention knows.
_YEARLY = {Convention.CN_IRR: "simple", Convention.EU: "rate", Convention.US_ACTUARIAL: "rate"}


class Why(StrEnum):
    """Why there is no rate."""

    NOTHING_ON_TOP = "nothing_on_top"
    STAYS_OPEN = "stays_open"
    NO_PAYMENTS = "no_payments"
    NOT_WORKED_OUT = "not_worked_out"


@dataclass(frozen=True, kw_only=True)
class PlanCost:
    """`repaid` is principal, interest, arrears and fees together; `settled` the balance it settles; `waived` what is not
    paid. `rates` are per cent a year by name, empty where `why` says why. `yearly` is the one that its country prints.
    """

    convention: Convention
    settled: int
    repaid: int
    waived: int
    rates: Mapping[str, Decimal]
    why: Why | None = None

    @property
    def on_top(self) -> int:
        """What is paid beyond the balance; negative where less is paid."""
        return self.repaid - self.settled

    @property
    def yearly(self) -> Decimal | None:
        """Per cent a year; nothing on top is nothing a year, and a rate that was not worked out is unknown."""
        if self.why is Why.NOTHING_ON_TOP:
            return Decimal(0)
        return self.rates.get(_YEARLY[self.convention])


def convention_of(jurisdiction: str) -> Convention:
    """How a lender's country counts; China's way for one we do not know."""
    return _CONVENTIONS.get(jurisdiction, Convention.CN_IRR)


def plan_cost(terms: Terms, schedule: Schedule, jurisdiction: str) -> PlanCost:
    convention = convention_of(jurisdiction)
    settled = terms.principal + terms.interest + terms.fees - terms.waive_interest - terms.waive_fees
    totals = schedule.totals
    rates, why = _rates(terms, schedule, settled, convention)
    return PlanCost(
        convention=convention,
        settled=settled,
        repaid=totals.amount,
        waived=totals.waived,
        rates=rates,
        why=why,
    )


def _rates(
    terms: Terms, schedule: Schedule, settled: int, convention: Convention
) -> tuple[Mapping[str, Decimal], Why | None]:
    if schedule.left.total:
        return {}, Why.STAYS_OPEN
    if not schedule.rows:
        return {}, Why.NO_PAYMENTS
    if schedule.totals.amount <= settled:
        return {}, Why.NOTHING_ON_TOP
    in_months = convention is Convention.CN_IRR
    start = _month(0) if in_months else terms.start
    payments = tuple(
        Flow(
            on=_month(_months(terms.first_due, row.due) + 1) if in_months else row.due,
            amount=row.amount,
            at="payments/0",
            every=cost.Every.MONTH,
        )
        for row in schedule.rows
    )
    advance = Flow(on=start, amount=settled, at="advances/0")
    try:
        answer = cost.annual_cost(
            cost.Question(convention=convention, advances=(advance,), payments=payments)
        )
    except CostRefused:
        return {}, Why.NOT_WORKED_OUT
    return answer.rates, None


def _months(earlier: date, later: date) -> int:
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def _month(number: int) -> date:
    """A day that stands for a whole number of months: only the distance counts."""
    years, month = divmod(number, 12)
    return date(2001 + years, month + 1, 1)
