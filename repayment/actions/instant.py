"""Agreement at once: a borrower's proposal that lies wholly inside what its lender published is accepted as it is sent.

The lender switches it on in its policy. The system then says yes for it: the acceptance names the policy and no person.
Nothing is stretched for it: a proposal that would need a second person, more waiver budget than the month has left, or
any judgement at all, waits for an officer like any other.
"""

from collections.abc import Iterable

from django.db import transaction

from cases import clock
from cases.domain.refusal import Refused
from repayment import queries
from repayment.actions import agreeing, second_person, walls
from repayment.domain import schedule as schedules
from repayment.domain.terms import Terms
from repayment.models import Offer, Plan


def agree_where_published(offers: Iterable[Offer]) -> list[Plan]:
    """Accept those of a borrower's new proposals that need no one. The caller holds the person and the debts.

    Lender after lender in one order: each yes may lock that lender's waiver budget.
    """
    plans = (_agree(offer) for offer in sorted(offers, key=lambda offer: (offer.case.lender_id, offer.pk)))
    return [plan for plan in plans if plan is not None]


def _agree(offer: Offer) -> Plan | None:
    policy = queries.policy_for(offer.case.lender, clock.today())
    if policy is None or not policy.instant:
        return None
    held = walls.held(by=None, offer=offer)
    terms = Terms.from_json(held.terms)
    schedule = schedules.build(terms)
    needs_somebody = (
        terms.is_special
        or any(walls.outside_policy(held, terms, schedule))
        or second_person.reasons(by=None, offer=held, terms=terms, schedule=schedule)
    )
    if needs_somebody:
        return None
    try:
        with transaction.atomic():
            walls.must_lie_ahead(terms)
            plan = agreeing.agree(
                by=None,
                offer=held,
                terms=terms,
                schedule=schedule,
                side=Offer.Side.LENDER,
                policy=policy,
            )
    except Refused:
        return None
    offer.state, offer.closed_at = held.state, held.closed_at
    return plan
