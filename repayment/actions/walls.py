"""What stands before every answer to an offer: the locks in the house's order, the table of moves, and the limits that a
lender has published. Nothing here writes."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from cases import clock, formats
from cases.access import Permission
from cases.domain.refusal import Refused
from cases.models import Case, Debt, User
from repayment import queries
from repayment.domain import negotiation
from repayment.domain import schedule as schedules
from repayment.domain.negotiation import OfferState, OfferVerb, Party
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Method, Terms
from repayment.models import Offer, Policy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

# Ours: a first payment further away is a pause by another name.
FIRST_DUE_WITHIN = dt.timedelta(days=366)
REASON_LENGTH = 300


def held(*, by: User | None, offer: Offer) -> Offer:
    """The offer as it stands now, with person, debt and offer locked, in that order.

    Raises Offer.DoesNotExist outside `by`'s scope: another lender's offer is like no offer. `by` None is the
    system.
    """
    fresh = Offer.objects.all() if by is None else queries.offers_for(by)
    User.objects.select_for_update().get(pk=Case.objects.values("borrower").get(pk=offer.case_id)["borrower"])
    Debt.objects.select_for_update().get(pk=offer.debt_id)
    found: Offer = (
        fresh.select_related("case__borrower", "case__lender", "debt__borrower")
        .select_for_update(of=("self",))
        .get(pk=offer.pk)
    )
    return found


def side_of(by: User) -> Offer.Side:
    """Which side a person speaks for. Raises Offer.DoesNotExist for somebody who speaks for neither."""
    if by.may(Permission.OFFER_ANSWER):
        return Offer.Side.BORROWER
    if by.may(Permission.CASE_ANSWER):
        return Offer.Side.LENDER
    raise Offer.DoesNotExist


def after(offer: Offer, verb: OfferVerb, who: str) -> OfferState:
    """The offer's next state by the table of moves, with the reason in words when there is none."""
    if offer.state != Offer.State.OPEN:
        raise too_late(offer)
    if verb is not OfferVerb.EXPIRE:
        must_stand(offer)
    try:
        return negotiation.move_offer(OfferState.OPEN, verb, who=Party(who), author=Party(offer.made_by))
    except Refused as refused:
        if verb is OfferVerb.WITHDRAW:
            message = _("Only the side that made an offer can take it back.")
        else:
            message = _("This is your own offer: the other side answers it.")
        raise Refused(refused.code, message) from None


def must_stand(offer: Offer) -> None:
    """Raises Refused when the offer is no longer open or its last day is over."""
    if offer.state != Offer.State.OPEN:
        raise too_late(offer)
    if clock.today() > offer.expires_on:
        raise Refused("offer_expired", _("This offer has run out. You can ask for a new one."))


def too_late(offer: Offer) -> Refused:
    """Why an offer that is no longer open cannot be answered, in words."""
    state = Offer.State
    match offer.state:
        case state.ACCEPTED:
            return Refused("already_accepted", _("This offer has already been accepted."))
        case state.COUNTERED | state.SUPERSEDED:
            return Refused(
                "offer_changed", _("This offer has been replaced by a newer one. Please look again.")
            )
        case state.WITHDRAWN:
            return Refused("offer_withdrawn", _("This offer has been taken back."))
        case state.DECLINED:
            return Refused("offer_declined", _("This offer has already been declined."))
        case _:
            return Refused("offer_expired", _("This offer has run out. You can ask for a new one."))


def must_lie_ahead(terms: Terms) -> None:
    if terms.first_due <= clock.today():
        raise Refused(
            "first_due_passed", _("The first payment day has passed. Choose a later one."), field="first_due"
        )
    if terms.first_due > clock.today() + FIRST_DUE_WITHIN:
        raise Refused("first_due_far", _("Choose a day within the next year."), field="first_due")


def must_owe_the_same(before: Terms, after: Terms) -> None:
    """Terms say how a debt is paid. What is owed is not theirs to change, nor is its rate theirs to raise."""
    for field in ("currency", "principal", "interest", "fees"):
        if getattr(before, field) != getattr(after, field):
            raise Refused("owed_changed", _("An offer cannot change what is owed."), field=field)
    if after.rate > max(before.annual_rate, before.rate):
        raise Refused("rate_raised", _("The rate cannot be higher than the debt's own."), field="annual_rate")


def must_fit_policy(offer: Offer, terms: Terms, schedule: Schedule) -> None:
    """An officer goes as far as the lender has published, and no further."""
    for refused in outside_policy(offer, terms, schedule):
        raise refused


def passed(offer: Offer, terms: Terms | None) -> tuple[Terms, Schedule]:
    """A lender's answer, the offer's own terms or others, after every wall that needs no look at the borrower's budget."""
    own = Terms.from_json(offer.terms)
    if terms is None:
        terms = own
    else:
        must_owe_the_same(own, terms)
    schedule = schedules.build(terms)
    must_lie_ahead(terms)
    must_fit_policy(offer, terms, schedule)
    return terms, schedule


def outside_policy(offer: Offer, terms: Terms, schedule: Schedule) -> Iterator[Refused]:
    """Every limit of the lender's policy that the terms overstep."""
    policy = queries.policy_for(offer.case.lender, clock.today())
    if policy is None:
        yield Refused("no_policy", _("Your institution has not published a policy yet."))
        return
    own_rate = offer.debt.annual_rate
    for field, value, limit, message in _limits(policy, terms, schedule, own_rate=own_rate):
        if value > limit:
            yield Refused("outside_policy", format_lazy(message, limit=limit), field=field)
    # A debt that bears less than the lowest rate keeps its own.
    lowest = min(policy.min_annual_rate, own_rate) if own_rate is not None else Decimal(0)
    if not _is_free(terms, own_rate) and terms.rate < lowest:
        lowest_is: StrPromise = _(
            "The policy's lowest rate is {limit} a year; without interest is a kind of its own."
        )
        yield Refused(
            "outside_policy", format_lazy(lowest_is, limit=formats.percent(lowest)), field="annual_rate"
        )
    smallest = min(row.amount for row in schedule.rows[:-1]) if len(schedule.rows) > 1 else None
    if smallest is not None and smallest < policy.min_instalment:
        yield Refused(
            "outside_policy",
            _("The policy sets a smallest instalment; this one is below it."),
            field="periods",
        )


def months_of(terms: Terms, schedule: Schedule) -> int:
    """How long a plan runs, the months without a payment included."""
    return len(schedule.rows) + unpaid_months(terms)


def unpaid_months(terms: Terms) -> int:
    """A pause by any name: months put off, and steps in which nothing is paid."""
    paused = terms.deferral.periods if terms.deferral else 0
    return paused + sum(step.periods for step in terms.steps if not step.amount)


def principal_let_go(terms: Terms, schedule: Schedule) -> int:
    """What of the principal a settlement's last sum releases, in minor units; 0 for any other plan."""
    paid = sum(row.principal for row in schedule.rows)
    return max(0, terms.principal - paid) if terms.settlement else 0


def _is_free(terms: Terms, own_rate: Decimal | None) -> bool:
    """A plan at no rate on a debt that bears one is interest-free by any name."""
    return terms.method is Method.INTEREST_FREE or (terms.rate == 0 and bool(own_rate))


def _limits(
    policy: Policy, terms: Terms, schedule: Schedule, *, own_rate: Decimal | None
) -> list[tuple[str, int, int, "StrPromise"]]:
    """(field, what the terms give, what the policy allows, the sentence) for every limit. `own_rate` is the debt's."""
    length = months_of(terms, schedule)
    most = policy.waive_principal_percent
    return [
        *(
            [
                (
                    "settlement",
                    _percent_up(principal_let_go(terms, schedule), terms.principal),
                    most,
                    _("The policy allows a settlement to let go of at most {limit} % of the principal."),
                )
            ]
            if most is not None
            else []
        ),
        (
            "periods",
            # Without principal nothing bears interest, so nothing is given up.
            length if terms.principal and _is_free(terms, own_rate) else 0,
            policy.interest_free_max_periods,
            _("The policy allows at most {limit} months without interest."),
        ),
        ("periods", length, policy.max_periods, _("The policy allows at most {limit} months.")),
        (
            "deferral/periods",
            unpaid_months(terms),
            policy.deferral_max_periods,
            _("The policy allows a pause of at most {limit} months."),
        ),
        (
            "waive/interest",
            _percent_up(terms.waive_interest, terms.interest),
            policy.waive_interest_percent,
            _("The policy allows waiving at most {limit} % of overdue interest."),
        ),
        (
            "waive/fees",
            _percent_up(terms.waive_fees, terms.fees),
            policy.waive_fees_percent,
            _("The policy allows waiving at most {limit} % of fees."),
        ),
    ]


def _percent_up(part: int, whole: int) -> int:
    """Percent rounded up, so that a cent above the limit is above the limit."""
    return -(-part * 100 // whole) if part else 0


def worded(text: str, *, field: str = "reason") -> str:
    text = text.strip()
    if len(text) > REASON_LENGTH:
        raise Refused("reason_too_long", _("Please keep this within 300 characters."), field=field)
    return text
