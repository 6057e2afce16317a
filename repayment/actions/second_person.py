"""Whether an answer is one person's to give alone, and what becomes of a request when its offer is gone."""

from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Role
from cases.domain.refusal import Refused
from cases.models import User
from repayment import queries, queries_eligibility
from repayment.actions import waivers, walls
from repayment.domain import authority
from repayment.domain.authority import Limits, Reason, State, Verb, Who
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms
from repayment.models import Approval, Offer, Policy


def reasons(*, by: User | None, offer: Offer, terms: Terms, schedule: Schedule) -> tuple[Reason, ...]:
    """Why these terms need a second person; empty when `by` may give them alone. None is the system, which goes as
    far as an officer. What is outside the policy is nobody's to give and not asked here."""
    policy = queries.policy_for(offer.case.lender, clock.today())
    found = list(beyond(policy, role=by.role if by else Role.OFFICER, terms=terms, schedule=schedule))
    if policy is not None:
        asked = queries_eligibility.asked_for(terms, bears_rate=bool(offer.debt.annual_rate))
        standings = queries_eligibility.standings(
            policy, offer.debt, lender=offer.case.lender, for_lender=True
        )
        if any(standing.relief in asked and standing.unmet for standing in standings):
            found.append(Reason.CONDITIONS)
    return tuple(found)


def beyond(policy: Policy | None, *, role: str, terms: Terms, schedule: Schedule) -> tuple[Reason, ...]:
    """The limits of a role that an answer goes beyond."""
    limits = Limits.from_json(policy.authority.get(role, {})) if policy else Limits()
    return authority.above(
        limits,
        waived=schedule.totals.waived,
        principal=terms.principal,
        periods=walls.months_of(terms, schedule),
    )


def must_not_be_needed(*, by: User, offer: Offer, terms: Terms, schedule: Schedule) -> None:
    if reasons(by=by, offer=offer, terms=terms, schedule=schedule):
        raise Refused(
            "needs_approval",
            _("This goes beyond what you may decide alone. Ask a second person to approve it."),
        )


def lapse(offer: Offer) -> None:
    """An answer that waits for a second person is void once its offer is closed; what it reserved is free again."""
    for approval in Approval.objects.select_for_update().filter(offer=offer, state=Approval.State.PENDING):
        over = clock.today() > approval.expires_on
        finish(approval, Verb.EXPIRE if over else Verb.CANCEL, who=Who.SYSTEM, by=None)
        waivers.release(offer=offer, approval=approval)


def finish(approval: Approval, verb: Verb, *, who: Who, by: User | None, answer: str = "") -> None:
    """Move a request, once. Raises Refused when it is no longer pending or the step is not `who`'s to take."""
    now = clock.now()
    try:
        state = authority.move(State(approval.state), verb, who=who)
    except Refused as refused:
        words = {
            "not_possible_now": _("This request has been decided or has ended. Please look again."),
            "not_yours": _("Somebody else has to decide this: nobody approves their own answer."),
        }
        raise Refused(refused.code, words.get(refused.code, "")) from None
    pending = Approval.objects.filter(pk=approval.pk, state=Approval.State.PENDING)
    # Who took their own request back is in `requested_by`; the second name is only ever another person's.
    decided_by = by if who is Who.SECOND else None
    if not pending.update(state=state, decided_by=decided_by, decided_at=now, answer=answer):
        raise Refused("not_possible_now", _("This request has been decided or has ended. Please look again."))
    approval.state, approval.decided_by, approval.decided_at, approval.answer = state, decided_by, now, answer
