"""Requests for a second person and questions on offers: what each side may read, and what waits."""

import datetime as dt

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from cases import clock
from cases import queries as case_queries
from cases.access import Permission
from cases.models import User
from repayment import queries
from repayment.models import Approval, Offer, Plan, Question


def approvals_for(user: User) -> QuerySet[Approval]:
    """The requests of an officer's own lender, while the borrower's consent stands; a borrower has none.

    A party keeps sight of its agreement, and so of a change of it that waits.
    """
    lender = case_queries.lender_of(user)
    if lender is None or not user.may(Permission.CASE_ANSWER):
        return Approval.objects.none()
    shown = Q(offer__in=queries.offers_for(user).values("pk")) | Q(plan__isnull=False)
    return Approval.objects.filter(shown, lender=lender).select_related(
        "offer__case__borrower",
        "offer__case__lender",
        "offer__debt",
        "plan",
        "requested_by",
        "asked_with__made_by",
        "lender",
    )


def is_maker(user: User, approval: Approval) -> bool:
    """Whether a request is `user`'s own: asked from their account, or by a program with a key whose secret they saw."""
    key = approval.asked_with
    makers = [approval.requested_by, *([key.made_by] if key and key.made_by else [])]
    return any(_is_same(user, maker) for maker in makers)


def _is_same(user: User, other: User) -> bool:
    """One person behind two posts has the same telephone or address."""
    return (
        user.pk == other.pk
        or bool(user.phone_index and user.phone_index == other.phone_index)
        or bool(user.email and user.email.casefold() == other.email.casefold())
    )


def pending(user: User) -> QuerySet[Approval]:
    """Those that wait, the earliest date first."""
    return (
        approvals_for(user)
        .filter(state=Approval.State.PENDING, expires_on__gte=clock.today())
        .order_by("expires_on", "requested_at", "id")
    )


def pending_on(offer: Offer) -> Approval | None:
    return (
        Approval.objects.filter(offer=offer, state=Approval.State.PENDING)
        .select_related("requested_by", "asked_with")
        .first()
    )


def pending_change(plan: Plan) -> Approval | None:
    """A change of this agreement that waits for a second person and has not run out."""
    return (
        Approval.objects.filter(plan=plan, state=Approval.State.PENDING, expires_on__gte=clock.today())
        .select_related("requested_by", "asked_with")
        .first()
    )


def changes_run_out(on: dt.date) -> QuerySet[Approval]:
    """Changes that still wait for a second person and whose last day was before `on`; an offer takes its own along."""
    waiting = Approval.objects.filter(plan__isnull=False, state=Approval.State.PENDING, expires_on__lt=on)
    return waiting.select_related("plan").order_by("expires_on", "id")


def questions_for(user: User) -> QuerySet[Question]:
    """Questions on the offers that somebody may read, with their answers."""
    return Question.objects.filter(offer__in=queries.offers_for(user).values("pk")).select_related(
        "offer__case__borrower", "offer__case__lender", "offer__debt", "reply", "by"
    )


REPLACED = (Offer.State.COUNTERED, Offer.State.SUPERSEDED)


def asked_about(user: User, offer: Offer) -> QuerySet[Question]:
    """The questions on an offer, and on those of its debt that were replaced before it: other terms answer no question."""
    replaced = Q(
        offer__case=offer.case_id,
        offer__debt=offer.debt_id,
        offer__number__lt=offer.number,
        offer__state__in=REPLACED,
    )
    return questions_for(user).filter(Q(offer=offer) | replaced)


def standing_for(offer: Offer) -> Offer:
    """The offer on which a question about `offer` is answered: itself, or the open one that took its place."""
    if offer.state not in REPLACED:
        return offer
    after = Offer.objects.filter(case=offer.case_id, debt=offer.debt_id, number__gt=offer.number)
    return after.filter(state=Offer.State.OPEN).order_by("number").last() or offer


def waiting_for_lender(user: User) -> QuerySet[Question]:
    """Borrowers' questions that nobody has answered, on standing offers or on what these replaced."""
    standing = Offer.objects.filter(state=Offer.State.OPEN, expires_on__gte=clock.today())
    newer = standing.filter(
        case=OuterRef("offer__case"), debt=OuterRef("offer__debt"), number__gt=OuterRef("offer__number")
    )
    return questions_for(user).filter(
        Q(offer__in=standing) | Q(Exists(newer), offer__state__in=REPLACED),
        side=Offer.Side.BORROWER,
        reply__isnull=True,
    )


def badges(user: User) -> dict[str, int]:
    """How many questions wait for an officer's lender, and how many answers for a second person: two queries."""
    mine = Count("pk", filter=Q(requested_by=user))
    waits = pending(user).order_by().aggregate(all=Count("pk"), mine=mine)
    return {
        "questions": waiting_for_lender(user).count(),
        "approvals": waits["all"],
        "approvals_own": waits["mine"],
    }
