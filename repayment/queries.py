"""What each person may read of offers and agreements, and the comparison they choose from."""

import datetime as dt

from django.db.models import Q, QuerySet

from cases import queries as case_queries
from cases.access import Permission
from cases.models import Consent, Lender, User
from repayment.models import Choice, Offer, Plan, Policy

IN_FORCE = (Plan.State.ACTIVE, Plan.State.SUSPENDED)


def policy_for(lender: Lender, on: dt.date) -> Policy | None:
    """What a lender has published for a day; None when it has published nothing yet."""
    return Policy.objects.filter(lender=lender, since__lte=on).order_by("-since").first()


def policies_for(lenders: set[int], on: dt.date) -> dict[int, Policy]:
    """The policy in force of each lender (by primary key), in one query."""
    policies = Policy.objects.filter(lender__in=lenders, since__lte=on).order_by("since")
    return {policy.lender_id: policy for policy in policies}


def offers_for(user: User) -> QuerySet[Offer]:
    """A borrower's own offers; for an officer its lender's, while the borrower's consent stands."""
    offers = Offer.objects.select_related("case__borrower", "case__lender", "debt")
    if user.may(Permission.OFFER_ANSWER):
        return offers.filter(case__borrower=user)
    lender = case_queries.lender_of(user)
    if lender is None:
        return offers.none()
    shown = case_queries.standing_consents().filter(lender=lender, purpose=Consent.Purpose.NEGOTIATE)
    return offers.filter(case__lender=lender, case__borrower__in=shown.values("borrower"))


def open_offers(user: User) -> QuerySet[Offer]:
    """Those that wait for somebody's answer, the earliest date first."""
    return offers_for(user).filter(state=Offer.State.OPEN).order_by("expires_on", "id")


def expirable(on: dt.date) -> QuerySet[Offer]:
    """Open offers whose last day was before `on`."""
    return Offer.objects.filter(state=Offer.State.OPEN, expires_on__lt=on).order_by("expires_on", "id")


def plans_for(user: User) -> QuerySet[Plan]:
    """A borrower's agreements, or those an officer's lender is party to: a party keeps sight of its agreement."""
    plans = Plan.objects.select_related("case__borrower", "case__lender", "debt", "offer")
    if user.may(Permission.AGREEMENT_READ):
        return plans.filter(case__borrower=user)
    lender = case_queries.lender_of(user)
    return plans.filter(case__lender=lender) if lender else plans.none()


def agreement_by_sha(sha: str) -> Plan | None:
    """The agreement with this hash, whoever's it is: for the public page, which says only when it was sealed."""
    return Plan.objects.filter(terms_sha256=sha).only("id", "agreed_at").first()


def choice_to_send(user: User) -> Choice | None:
    """What the borrower picked and has not sent yet."""
    return Choice.objects.filter(borrower=user, sent_at__isnull=True, replaced_at__isnull=True).first()


def last_sent(user: User) -> Choice | None:
    return Choice.objects.filter(borrower=user, sent_at__isnull=False).order_by("-sent_at").first()


def offers_of(choice: Choice) -> QuerySet[Offer]:
    """The offers a choice was sent as: they carry its own instant, which `proposals.send` gives them."""
    return Offer.objects.filter(
        Q(case__borrower=choice.borrower_id, made_by=Offer.Side.BORROWER, made_at=choice.sent_at)
    ).select_related("case__lender", "debt")
