"""What each person may read of offers and agreements, and what is still to be settled."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from cases import clock
from cases import queries as case_queries
from cases.access import Permission
from cases.models import Consent, Debt, Lender, Statement, User
from repayment import queries_limitation
from repayment.domain import negotiation
from repayment.models import Acceptance, Choice, Instalment, Offer, Plan, Policy, Variation

HOUR = dt.timedelta(hours=1)
IN_FORCE = (Plan.State.ACTIVE, Plan.State.SUSPENDED)
# A debt with such a plan needs no other one: it is being paid, or it is paid off.
SETTLED = (*IN_FORCE, Plan.State.COMPLETED)
_CURRENCIES = {"CN": "CNY", "US": "USD", "UK": "GBP"}


def policy_for(lender: Lender, on: dt.date) -> Policy | None:
    """What a lender has published for a day; None when it has published nothing yet."""
    return Policy.objects.filter(lender=lender, since__lte=on).order_by("-since").first()


def policies_for(lenders: set[int], on: dt.date) -> dict[int, Policy]:
    """The policy in force of each lender (by primary key), in one query."""
    policies = Policy.objects.filter(lender__in=lenders, since__lte=on).order_by("since")
    return {policy.lender_id: policy for policy in policies}


def currency_of(lender: Lender | None) -> str:
    """The currency of a lender's policy and waiver budget: its country's."""
    return _CURRENCIES.get(lender.jurisdiction, "CNY") if lender else "CNY"


def published_for(user: User) -> QuerySet[Policy]:
    """Everything an officer's lender has published, the newest day first."""
    lender = case_queries.lender_of(user)
    return Policy.objects.filter(lender=lender).order_by("-since") if lender else Policy.objects.none()


def offers_for(user: User) -> QuerySet[Offer]:
    """A borrower's own offers; for an officer its lender's, while the borrower's consent stands.

    A party keeps sight of its agreement, and so of the offers that would change it.
    """
    offers = Offer.objects.select_related("case__borrower", "case__lender", "debt")
    if user.may(Permission.OFFER_ANSWER):
        return offers.filter(case__borrower=user)
    lender = case_queries.lender_of(user)
    if lender is None:
        return offers.none()
    shown = case_queries.standing_consents().filter(lender=lender, purpose=Consent.Purpose.NEGOTIATE)
    changes = Variation.objects.filter(
        offer__case=OuterRef("case"), offer__debt=OuterRef("debt"), offer__number__lte=OuterRef("number")
    )
    return offers.filter(
        Q(case__borrower__in=shown.values("borrower")) | Exists(changes), case__lender=lender
    )


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


def debts_in_force(people: Iterable[int]) -> set[tuple[int, int]]:
    """(person, debt), by primary key, of every agreement in force among these people: one query."""
    plans = Plan.objects.filter(case__borrower__in=list(people), state__in=IN_FORCE)
    return set(plans.values_list("case__borrower_id", "debt_id"))


def hours_to_leave(lender: Lender) -> int:
    """How long a yes agreed today may be taken back, in hours."""
    policy = policy_for(lender, clock.today())
    start = clock.now()
    return round((negotiation.leave_until(start, policy.cooling_off_hours if policy else 0) - start) / HOUR)


def leave_until(plan: Plan) -> dt.datetime:
    """The instant until which the borrower may take an agreement back; older rows go by the shortest time there is."""
    acceptance = Acceptance.objects.filter(offer=plan.offer_id).first()
    return (acceptance and acceptance.leave_until) or negotiation.leave_until(plan.agreed_at, 0)


def agreement_by_sha(sha: str) -> Plan | None:
    """The agreement with this hash, whoever's it is: for the public page, which says only when it was sealed."""
    return Plan.objects.filter(terms_sha256=sha).only("id", "agreed_at").first()


def choices_for(user: User) -> QuerySet[Choice]:
    return Choice.objects.filter(borrower=user)


def choice_to_send(user: User) -> Choice | None:
    """What the borrower picked and has not sent yet."""
    return choices_for(user).filter(sent_at__isnull=True, replaced_at__isnull=True).first()


def last_sent(user: User) -> Choice | None:
    return choices_for(user).filter(sent_at__isnull=False).order_by("-sent_at").first()


def offers_of(choice: Choice) -> QuerySet[Offer]:
    """The offers a choice was sent as: they carry its own instant, which `proposals.send` gives them."""
    if choice.sent_at is None:
        return Offer.objects.none()
    return Offer.objects.filter(
        case__borrower=choice.borrower_id, made_by=Offer.Side.BORROWER, made_at=choice.sent_at
    ).select_related("case__lender", "debt")


def debts_to_settle(user: User) -> list[Debt]:
    """The borrower's debts that a plan can be made for: a known principal, the budget's currency, no agreement yet,
    and not so old that nothing is sent without the borrower's own word."""
    return debts_beside(user, case_queries.current_statement(user))


def debts_beside(user: User, statement: Statement | None) -> list[Debt]:
    """The debts to settle, where the borrower's budget has been read already."""
    currency = statement.currency if statement else "CNY"
    return [
        debt
        for debt in not_agreed(user)
        if debt.principal and debt.currency == currency and not queries_limitation.is_left_out(debt)
    ]


def owner_refs(debts: Iterable[Debt]) -> dict[str, str]:
    """Each debt's ref with its owner's; an owner that is not in our list is the empty ref."""
    owners = ((debt.ref, case_queries.owner_of(debt)) for debt in debts)
    return {ref: owner.ref if owner else "" for ref, owner in owners}


def not_agreed(user: User) -> list[Debt]:
    """The borrower's debts without an agreement in force or fulfilled, whatever is known of them.

    One that ended early is not begun anew either: what was paid on it counts, and a change of it starts from there.
    """
    return list(case_queries.debts_for(user).exclude(plans__state__in=(*SETTLED, Plan.State.BROKEN)))


def promised(user: User, currency: str) -> int:
    """What agreements in force take in their dearest month still to come."""
    return sum(promised_by_debt(user, currency).values())


def promised_by_debt(user: User, currency: str) -> dict[int, int]:
    """What agreements in force take in their dearest month still to come, by the debt's primary key."""
    largest = (
        Instalment.objects.filter(
            plan__case__borrower=user,
            plan__debt__currency=currency,
            plan__state__in=IN_FORCE,
            due__gte=clock.today(),
        )
        .order_by()
        .values("plan", "plan__debt")
        .annotate(largest=Max("amount"))
    )
    found: dict[int, int] = {}
    for row in largest:
        found[row["plan__debt"]] = found.get(row["plan__debt"], 0) + row["largest"]
    return found
