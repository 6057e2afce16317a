"""What an officer's pages read: the queue in sets, and one case with only what its consent shows."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from cases import queries as case_queries
from cases.models import Case, Consent, Debt, Hold, User
from repayment import queries as repayment_queries
from repayment.domain import schedule as schedules
from repayment.domain.difference import differences
from repayment.domain.terms import Terms
from repayment.models import Offer, Plan

SHOWS = {
    "all": Q(),
    "ours": Q(waits=Case.Waits.LENDER),
    "theirs": Q(waits=Case.Waits.BORROWER),
    "agreed": Q(has_plan=True),
}


@dataclass(frozen=True, kw_only=True)
class Group:
    """Part of the queue under one heading; `key` is overdue, today, tomorrow, week, later or undated."""

    key: str
    cases: Sequence[Case]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One offer as the case page shows it: its terms, its schedule, and how it differs from the one before."""

    offer: Offer
    terms: Terms
    schedule: schedules.Schedule
    differences: Sequence[object]
    plan: Plan | None


def queue(officer: User, *, today: dt.date) -> QuerySet[Case]:
    """The lender's cases, earliest promised answer first, with what is owed and whether a hold stands.

    Only cases that still rest on a consent or on an agreement.
    """
    lender = case_queries.lender_of(officer)
    shown = case_queries.standing_consents(today).filter(
        lender=lender, purpose=Consent.Purpose.NEGOTIATE, borrower=OuterRef("borrower")
    )
    plans = Plan.objects.filter(case=OuterRef("pk"), state__in=repayment_queries.IN_FORCE)
    owed = (
        Offer.objects.filter(case=OuterRef("pk"))
        .values("case")
        .annotate(
            owed=Sum(
                Coalesce("debt__principal", 0) + Coalesce("debt__interest", 0) + Coalesce("debt__fees", 0),
                filter=Q(number=1),
            )
        )
        .values("owed")
    )
    return (
        case_queries.cases_for(officer)
        .annotate(
            has_plan=Exists(plans),
            is_shown=Exists(shown),
            is_held=Exists(case_queries.holds_standing().filter(borrower=OuterRef("borrower"))),
            owed=owed,
        )
        .filter(Q(is_shown=True) | Q(has_plan=True))
        .order_by("due_on", "changed_at", "id")
    )


def counts(cases: QuerySet[Case]) -> dict[str, int]:
    """How many cases each tab holds, in one query."""
    return cases.order_by().aggregate(**{name: Count("pk", filter=which) for name, which in SHOWS.items()})


def grouped(cases: Sequence[Case], today: dt.date) -> Sequence[Group]:
    """The queue's headings, in order; a case without a date comes last."""
    tomorrow, week = today + dt.timedelta(days=1), today + dt.timedelta(days=7)

    def key(case: Case) -> str:
        if case.due_on is None:
            return "undated"
        if case.due_on < today:
            return "overdue"
        if case.due_on == today:
            return "today"
        if case.due_on == tomorrow:
            return "tomorrow"
        return "week" if case.due_on <= week else "later"

    order = ("overdue", "today", "tomorrow", "week", "later", "undated")
    by_key: dict[str, list[Case]] = {name: [] for name in order}
    for case in cases:
        by_key[key(case)].append(case)
    return [Group(key=name, cases=rows) for name, rows in by_key.items() if rows]


def shown_fields(case: Case) -> frozenset[str]:
    """Which fields the borrower's standing consent shows to this lender."""
    consent = (
        case_queries.standing_consents()
        .filter(borrower=case.borrower, lender=case.lender, purpose=Consent.Purpose.NEGOTIATE)
        .first()
    )
    return frozenset(consent.fields) if consent else frozenset()


def sheets(officer: User, case: Case) -> Sequence[Sheet]:
    """Every offer of a case, oldest first, each with its difference from the one it answers."""
    offers = list(
        repayment_queries.offers_for(officer)
        .filter(case=case)
        .select_related("debt", "author", "acceptance")
        .prefetch_related(Prefetch("plan", Plan.objects.all()))
        .order_by("made_at", "id")
    )
    terms = {offer.pk: Terms.from_json(offer.terms) for offer in offers}
    plans = {plan.offer_id: plan for plan in repayment_queries.plans_for(officer).filter(case=case)}
    return [
        Sheet(
            offer=offer,
            terms=terms[offer.pk],
            schedule=schedules.build(terms[offer.pk]),
            differences=(
                differences(terms[offer.previous_id], terms[offer.pk]) if offer.previous_id in terms else ()
            ),
            plan=plans.get(offer.pk),
        )
        for offer in offers
    ]


def debts_of(officer: User, case: Case) -> Sequence[Debt]:
    return list(case_queries.debts_for(officer).filter(borrower=case.borrower))


def holds_of(case: Case) -> QuerySet[Hold]:
    return case_queries.standing_holds(case.borrower)
