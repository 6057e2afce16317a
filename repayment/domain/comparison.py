"""Three ways out compared on one budget: equal instalments, interest-free, or a pause first.

The budget is divided fairly over the debts; each debt then gets the shortest plan whose every row fits its share,
within what its lender's policy allows. So a candidate that fits never asks for more than is available in any
month. One that does not fit says which debt blocks it and what would be enough. A debt whose lender
publishes nothing is counted at its contract's rate in each of the three. Nothing is recommended.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from cases.domain.refusal import Refused

from .fair_split import Claim, fair_split
from .schedule import Schedule, build, level_amount, month_after
from .terms import Arrears, Deferral, Method, Terms, TermsRefused, Treatment

USUAL_PAUSE = 3


class Kind(StrEnum):
    EQUAL_INSTALMENT = "equal_instalment"
    INTEREST_FREE = "interest_free"
    DEFERRAL = "deferral"


class WhyNot(StrEnum):
    """Why a candidate does not fit: a lender's policy, or too little money each month."""

    NO_POLICY = "no_policy"
    NOT_OFFERED = "not_offered"
    NO_PRINCIPAL = "no_principal"
    NOTHING_AVAILABLE = "nothing_available"
    TOO_LITTLE = "too_little"


@dataclass(frozen=True, kw_only=True)
class DebtFacts:
    """What is owed on one debt, in minor units; `annual_rate` is None when nobody knows it."""

    ref: str
    lender_ref: str
    currency: str
    principal: int
    interest: int = 0
    fees: int = 0
    annual_rate: Decimal | None = None

    @property
    def owed(self) -> int:
        return self.principal + self.interest + self.fees


@dataclass(frozen=True, kw_only=True)
class PolicyLimits:
    """What a lender is ready to agree without asking further. A limit of 0 periods means: not offered.

    `max_periods` counts the months of a pause too. A lender that publishes nothing is not `published`: its debt is
    counted in every candidate as equal instalments at its own rate, beside what the others offer.
    """

    max_periods: int
    interest_free_max_periods: int
    deferral_max_periods: int
    min_instalment: int = 0
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

    `total_interest` is what the plan adds to what is owed today. `months` counts from the first due month,
    pause included. `left_each_month` is the least that any month leaves of the budget. `needed` is the smallest
    monthly budget that would fit, None when no budget would. `unknown_rates` names debts whose rate nobody
    knows; their interest is counted as 0 and must be confirmed by the lender.
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
    total_interest: int = 0
    months: int = 0
    last_due: date | None = None
    left_each_month: int = 0
    unknown_rates: tuple[str, ...] = ()


def compare(
    debts: Sequence[DebtFacts],
    available: int,
    start: date,
    first_due: date,
    limits: Mapping[str, PolicyLimits],
) -> list[Candidate]:
    """The three candidates for these debts, always in the same order; none when nothing is owed.

    `limits` are by `lender_ref`. Raises Refused for debts in more than one currency: compare those apart.
    """
    owing = [debt for debt in debts if debt.owed > 0]
    if len({debt.currency for debt in owing}) > 1:
        raise Refused("mixed_currencies", "Debts in different currencies are compared apart.")
    if not owing:
        return []
    return [_candidate(kind, owing, max(0, available), start, first_due, limits) for kind in Kind]


@dataclass(frozen=True, kw_only=True)
class _Options:
    """The plans that one debt may have of one kind: from one row up to `longest`, 0 when there are none."""

    debt: DebtFacts
    terms: Callable[[int], Terms]
    longest: int
    why_not: WhyNot | None = None

    def highest(self, periods: int) -> int:
        """The largest row of the plan of this length."""
        return max(row.amount for row in build(self.terms(periods)).rows)

    def shortest_within(self, share: int) -> DebtPlan | None:
        """The shortest plan whose every row is at most `share`."""
        for periods in range(self._first_possible(share), self.longest + 1):
            terms = self.terms(periods)
            schedule = _built(terms)
            if schedule and max(row.amount for row in schedule.rows) <= share:
                return DebtPlan(debt_ref=self.debt.ref, terms=terms, schedule=schedule)
        return None

    def _first_possible(self, share: int) -> int:
        """The shortest length whose rows are not too large from the outset; beyond `longest` when none is.

        A row is never below its level amount and its part of the arrears. Both only shrink as plans grow, so
        halving finds the place, and only the few plans after it have to be built in full.
        """

        def too_large(periods: int) -> bool:
            terms = self.terms(periods)
            part = (terms.interest + terms.fees) // periods
            return level_amount(terms.principal, terms.rate, periods) + part > share

        low, high = 0, self.longest + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if too_large(middle) else (low, middle)
        return high


def _candidate(
    kind: Kind,
    debts: Sequence[DebtFacts],
    available: int,
    start: date,
    first_due: date,
    limits: Mapping[str, PolicyLimits],
) -> Candidate:
    policies = [limits.get(debt.lender_ref) for debt in debts]
    # Where nobody publishes anything, there is one way of counting and not three.
    mixed = any(policy is None or policy.published for policy in policies)
    kinds = [
        Kind.EQUAL_INSTALMENT if mixed and policy is not None and not policy.published else kind
        for policy in policies
    ]
    unknown = tuple(
        debt.ref
        for debt, each in zip(debts, kinds, strict=True)
        if debt.annual_rate is None and each is not Kind.INTEREST_FREE
    )
    options = [
        _options(each, debt, start, first_due, policy)
        for each, debt, policy in zip(kinds, debts, policies, strict=True)
    ]
    for option in options:
        if option.why_not:
            return Candidate(
                kind=kind,
                fits=False,
                why_not=option.why_not,
                blocked_by=option.debt.ref,
                unknown_rates=unknown,
            )
    needs = [option.highest(option.longest) for option in options]
    shares = _shares(available, debts, needs)
    plans = [option.shortest_within(share) for option, share in zip(options, shares, strict=True)]
    agreed = [plan for plan in plans if plan is not None]
    if len(agreed) == len(plans):
        return _fitting(kind, debts, agreed, available, first_due, unknown)
    short = [
        need - share if plan is None else 0 for need, share, plan in zip(needs, shares, plans, strict=True)
    ]
    return Candidate(
        kind=kind,
        fits=False,
        why_not=WhyNot.TOO_LITTLE if available else WhyNot.NOTHING_AVAILABLE,
        blocked_by=debts[short.index(max(short))].ref,
        needed=sum(needs),
        unknown_rates=unknown,
    )


def _options(
    kind: Kind, debt: DebtFacts, start: date, first_due: date, policy: PolicyLimits | None
) -> _Options:
    pause = min(USUAL_PAUSE, policy.deferral_max_periods) if policy and kind is Kind.DEFERRAL else 0

    def terms(periods: int) -> Terms:
        return Terms(
            currency=debt.currency,
            principal=debt.principal,
            interest=debt.interest,
            fees=debt.fees,
            annual_rate=debt.annual_rate or Decimal(0),
            method=Method.INTEREST_FREE if kind is Kind.INTEREST_FREE else Method.EQUAL_INSTALMENT,
            periods=periods,
            start=start,
            first_due=first_due,
            arrears=Arrears.SPREAD,
            deferral=Deferral(periods=pause, treatment=Treatment.CARRIED_SPREAD) if pause else None,
        )

    def none(why_not: WhyNot) -> _Options:
        return _Options(debt=debt, terms=terms, longest=0, why_not=why_not)

    if policy is None:
        return none(WhyNot.NO_POLICY)
    if debt.principal == 0:
        return none(WhyNot.NO_PRINCIPAL)
    most = policy.interest_free_max_periods if kind is Kind.INTEREST_FREE else policy.max_periods - pause
    if most < 1 or (kind is Kind.DEFERRAL and pause < 1):
        return none(WhyNot.NOT_OFFERED if policy.published else WhyNot.NO_POLICY)
    return _Options(debt=debt, terms=terms, longest=_longest(terms, most, policy.min_instalment))


def _longest(terms: Callable[[int], Terms], most: int, smallest: int) -> int:
    """The longest plan that exists and whose instalments are not below the lender's smallest.

    One single payment is always allowed, however small. Instalments only shrink as plans grow, so halving works.
    """

    def allowed(periods: int) -> bool:
        schedule = _built(terms(periods))
        return schedule is not None and (periods == 1 or schedule.rows[0].amount >= smallest)

    if allowed(most):
        return most
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if allowed(middle) else (low, middle)
    return low


def _built(terms: Terms) -> Schedule | None:
    try:
        return build(terms)
    except TermsRefused as refused:
        if refused.code == "row_not_positive":
            return None
        raise


def _shares(available: int, debts: Sequence[DebtFacts], needs: Sequence[int]) -> list[int]:
    """By balance; a debt that would get less than its lender's longest plan needs gets that, the others the rest.

    By balance alone, a debt of a few fen beside large ones would get nothing and stand in the way of every plan.
    Where the budget does not reach all needs, it is by balance alone, which shows who is short and by how much.
    """
    shares = _by_balance(available, [debt.owed for debt in debts])
    if sum(needs) > available:
        return shares
    lifted: set[int] = set()
    while low := {place for place, share in enumerate(shares) if share < needs[place]}:
        lifted |= low
        rest = available - sum(needs[place] for place in lifted)
        shares = _by_balance(rest, [0 if place in lifted else debt.owed for place, debt in enumerate(debts)])
        shares = [needs[place] if place in lifted else share for place, share in enumerate(shares)]
    return shares


def _by_balance(available: int, balances: Sequence[int]) -> list[int]:
    claims = [Claim(id=str(place), balance=balance) for place, balance in enumerate(balances)]
    return [share.amount for share in fair_split(available, claims).shares]


def _fitting(
    kind: Kind,
    debts: Sequence[DebtFacts],
    plans: Sequence[DebtPlan],
    available: int,
    first_due: date,
    unknown: tuple[str, ...],
) -> Candidate:
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
        first_monthly=next(month.total for month in monthly if month.total),
        highest_monthly=highest,
        total_cost=cost,
        total_interest=cost - sum(debt.owed for debt in debts),
        months=len(monthly),
        last_due=last,
        left_each_month=available - highest,
        unknown_rates=unknown,
    )
