"""Who may be given a pause or an interest-free plan by a lender's published conditions, from what is known today."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from cases import clock
from cases import queries as case_queries
from cases.actions.budgets import confided_in
from cases.models import Consent, Debt, Lender, User
from repayment import queries_payments
from repayment.domain.eligibility import Conditions, Facts, Relief, Unmet, unmet
from repayment.domain.terms import Method, Terms
from repayment.models import Plan, Policy

_YEAR = dt.timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One kind of relief for one debt: what the lender gives at most (months), on what, and what stands against it."""

    relief: Relief
    most: int
    conditions: Conditions
    unmet: Sequence[Unmet]

    @property
    def is_given(self) -> bool:
        return self.most > 0

    @property
    def is_met(self) -> bool:
        return self.is_given and not self.unmet


def standings(policy: Policy, debt: Debt, *, lender: Lender, for_lender: bool) -> list[Standing]:
    """Both kinds, in the order of Relief. `for_lender`: only what the borrower's consent shows this lender counts."""
    known = facts(debt, lender=lender, for_lender=for_lender)
    most = {
        Relief.DEFERRAL: policy.deferral_max_periods,
        Relief.INTEREST_FREE: policy.interest_free_max_periods,
    }
    return [
        Standing(
            relief=relief,
            most=most[relief],
            conditions=asked,
            unmet=unmet(known, asked, relief),
        )
        for relief, asked in ((relief, conditions(policy, relief)) for relief in Relief)
    ]


def conditions(policy: Policy, relief: Relief) -> Conditions:
    return Conditions.from_json(policy.conditions.get(relief.value, {}))


def asked_for(terms: Terms, *, bears_rate: bool) -> set[Relief]:
    """The kinds of relief that terms contain; no rate on a debt that bears one is interest-free by any name."""
    found = set()
    if terms.deferral is not None:
        found.add(Relief.DEFERRAL)
    if bears_rate and terms.principal and (terms.method is Method.INTEREST_FREE or not terms.rate):
        found.add(Relief.INTEREST_FREE)
    return found


def facts(debt: Debt, *, lender: Lender, for_lender: bool) -> Facts:
    today = clock.today()
    overdue = debt.days_overdue
    plans = list(
        Plan.objects.filter(case__borrower=debt.borrower_id, case__lender=lender).select_related("debt")
    )
    recent = [
        Terms.from_json(plan.terms)
        for plan in plans
        if plan.state != Plan.State.CANCELLED and plan.agreed_at >= clock.now() - _YEAR
    ]
    return Facts(
        days_overdue=None if overdue is None else overdue + max(0, (today - debt.as_of).days),
        times={
            Relief.DEFERRAL: sum(terms.deferral is not None for terms in recent),
            Relief.INTEREST_FREE: sum(terms.method is Method.INTEREST_FREE for terms in recent),
        },
        has_difficulty=_has_difficulty(debt.borrower, lender, for_lender=for_lender),
        paid_on_time=sum(
            row.paid_on is not None and row.paid_on <= row.due
            for account in queries_payments.accounts(plans)
            for row in account.ledger.rows
        ),
    )


def _has_difficulty(borrower: User, lender: Lender, *, for_lender: bool) -> bool:
    """Whether the budget names a reason; to the lender, only where the borrower agreed to show it."""
    statement = case_queries.current_statement(borrower)
    if statement is None or not confided_in(statement).difficulties:
        return False
    if not for_lender:
        return True
    consents = case_queries.standing_consents().filter(
        borrower=borrower, lender=lender, purpose=Consent.Purpose.NEGOTIATE
    )
    return any("reason" in consent.fields for consent in consents)
