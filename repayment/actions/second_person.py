"""Whether an answer is one person's to give alone, and what becomes of a request when its offer is gone."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Role
from cases.domain.refusal import Refused
from cases.models import User
from repayment import queries, queries_eligibility, queries_plans
from repayment.actions import crossing, waivers, walls
from repayment.domain import authority
from repayment.domain.authority import Limits, Reason, State, Verb, Who
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms
from repayment.models import Approval, Offer, Plan, Policy


class NeedsApproval(Refused):
    """An answer that was understood and is another person's to let go out. `reasons` says why."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__(
            "needs_approval",
            _("This goes beyond what you may decide alone. Ask a second person to approve it."),
        )
        self.reasons = reasons


def reasons(
    *, by: User | None, offer: Offer, terms: Terms, schedule: Schedule, looking: bool = False
) -> tuple[Reason, ...]:
    """Why these terms need a second person; empty when `by` may give them alone. None is the system, which goes as
    far as an officer. What is outside the policy is nobody's to give and not asked here.

    `looking` is for a page: what the statement allows is told at the moment of an answer, never for looking around.
    """
    policy = queries.policy_for(offer.case.lender, clock.today())
    found = list(beyond(policy, role=by.role if by else Role.OFFICER, terms=terms, schedule=schedule))
    if policy is not None:
        asked = queries_eligibility.asked_for(terms, bears_rate=bool(offer.debt.annual_rate))
        standings = queries_eligibility.standings(
            policy, offer.debt, lender=offer.case.lender, for_lender=True
        )
        if any(standing.relief in asked and standing.unmet for standing in standings):
            found.append(Reason.CONDITIONS)
    if not looking and crossing.needs_second_person(offer, terms):
        found.append(Reason.STATEMENT)
    return tuple(found)


def beyond(policy: Policy | None, *, role: str, terms: Terms, schedule: Schedule) -> tuple[Reason, ...]:
    """The limits of a role that an answer goes beyond. A lender's own system goes as far as an officer."""
    if role == Role.LENDER_SYSTEM:
        role = Role.OFFICER
    limits = Limits.from_json(policy.authority.get(role, {})) if policy else Limits()
    return authority.above(
        limits,
        waived=schedule.totals.waived,
        principal=terms.principal,
        periods=walls.months_of(terms, schedule),
    )


def must_not_be_needed(*, by: User, offer: Offer, terms: Terms, schedule: Schedule) -> None:
    """Raises NeedsApproval when it is."""
    if found := reasons(by=by, offer=offer, terms=terms, schedule=schedule):
        raise NeedsApproval(found)


def must_be_cleared(offer: Offer, terms: Terms) -> None:
    """A borrower's yes to more than the statement allows beside their other plans was approved with a reason before it
    was offered, or is not taken: a plan that cannot be kept helps nobody. Raises Refused."""
    if not crossing.needs_second_person(offer, terms):
        return
    asked = Q(offer=offer.previous_id, verb=Approval.Verb.COUNTER)
    if variation := queries_plans.variation_of(offer):
        asked |= Q(plan=variation.restructuring.plan_id, terms_sha256=offer.terms_sha256)
    cleared = Approval.objects.filter(asked, state=Approval.State.APPROVED)
    if any(Reason.STATEMENT in approval.why for approval in cleared):
        return
    raise Refused(
        "above_statement",
        _(
            "Together with your other plans this is more than your budget allows. You can ask for something different, "
            "or change your budget if it has changed."
        ),
    )


def lapse(offer: Offer) -> None:
    """An answer that waits for a second person is void once its offer is closed; what it reserved is free again."""
    _void(Approval.objects.filter(offer=offer))


def lapse_changes(plan: Plan) -> None:
    """A change that waits for a second person is void once the agreement is another one, or ran out with its day."""
    _void(Approval.objects.filter(plan=plan))


def _void(approvals: QuerySet[Approval]) -> None:
    for approval in approvals.select_for_update().filter(state=Approval.State.PENDING):
        over = clock.today() > approval.expires_on
        finish(approval, Verb.EXPIRE if over else Verb.CANCEL, who=Who.SYSTEM, by=None)
        waivers.release(offer=approval.offer, approval=approval)


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
