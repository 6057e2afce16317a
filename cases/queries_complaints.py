"""Reading complaints: by account, by lender, by receipt; rounds of one matter; and patterns, only when many share them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Case, Count, Exists, Max, OuterRef, Q, QuerySet, When

from cases import clock, working_calendar
from cases.access import Permission
from cases.domain.rulebook import RulebookError
from cases.models import Complaint, ComplaintFacet, CourtPaper, Hold, Lender, User

PATTERN = "house.pattern"


def of_receipt(index: str) -> QuerySet[Complaint]:
    """All rounds under one receipt. An empty index finds nothing."""
    found = Complaint.objects.select_related("lender", "borrower", "clock__missed").prefetch_related("facets")
    return found.filter(receipt_index=index) if index else found.none()


def with_late(complaints: QuerySet[Complaint], today: dt.date) -> QuerySet[Complaint]:
    """Each with `is_late`: it waits for its answer, and the last day, with any time added, is over.

    One that was answered too late is late no longer; its mark stays in `clock.missed`.
    """
    longer = ComplaintFacet.objects.filter(complaint=OuterRef("pk"), until__gte=today)
    waits = Q(state=Complaint.State.SENT, clock__due_on__lt=today)
    return complaints.annotate(is_late=Case(When(waits & ~Exists(longer), then=True), default=False))


def rounds(complaint: Complaint) -> list[Complaint]:
    """Every round of the same matter, the first one first."""
    if not complaint.receipt_index:
        return [complaint]
    return list(of_receipt(complaint.receipt_index).order_by("sent_at", "id"))


def repeats(complaint: Complaint) -> QuerySet[Complaint]:
    """The person's own other complaints about the same lender and the same matter; a visitor has none."""
    if complaint.borrower_id is None:
        return Complaint.objects.none()
    return (
        Complaint.objects.filter(
            borrower=complaint.borrower_id,
            lender=complaint.lender_id,
            category=complaint.category,
            follows__isnull=True,
        )
        .exclude(Q(pk=complaint.pk) | Q(receipt_index=complaint.receipt_index, receipt_index__gt=""))
        .order_by("-sent_at")
    )


def pattern_days() -> int:
    """Within how many days complaints of different people belong together."""
    for book in working_calendar.books("CN"):
        try:
            return book.rule(PATTERN, clock.today()).number("days")
        except RulebookError:
            continue
    raise RulebookError(f"no rule {PATTERN!r} is in force")


def pattern_of(complaint: Complaint) -> int | None:
    """How many people complained of the same lender and matter around that time; None when they are too few to tell.

    Only people with an account count: a visitor could be anybody any number of times.
    """
    if complaint.delivered_at is None:
        return None
    span = dt.timedelta(days=pattern_days())
    people = (
        _told()
        .filter(
            lender=complaint.lender_id,
            category=complaint.category,
            sent_at__range=(complaint.sent_at - span, complaint.sent_at + span),
        )
        .aggregate(n=Count("borrower", distinct=True))["n"]
    )
    return people if people >= settings.SMALL_CELL_THRESHOLD else None


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """So many people about one lender and one matter; `last_on` is the day of the newest."""

    lender: Lender
    category: str
    people: int
    last_on: dt.date


def patterns(using: str = "default") -> Sequence[Pattern]:
    """What many people complain of these days, the largest first. Fewer than the threshold are not in it at all."""
    since = clock.now() - dt.timedelta(days=pattern_days())
    rows = (
        _told(using)
        .filter(sent_at__gte=since)
        .values("lender", "category")
        .annotate(people=Count("borrower", distinct=True), last=Max("sent_at"))
        .filter(people__gte=settings.SMALL_CELL_THRESHOLD)
        .order_by("-people", "lender", "category")
    )
    found = list(rows)
    lenders = Lender.objects.using(using).in_bulk([row["lender"] for row in found])
    return [
        Pattern(
            lender=lenders[row["lender"]],
            category=row["category"],
            people=row["people"],
            last_on=row["last"].astimezone(clock.BEIJING).date(),
        )
        for row in found
    ]


def _told(using: str = "default") -> QuerySet[Complaint]:
    return Complaint.objects.using(using).filter(
        borrower__isnull=False, delivered_at__isnull=False, follows__isnull=True
    )


def is_preserved(person: User | None) -> bool:
    """Whether a legal hold keeps this person's file from being erased."""
    if person is None:
        return False
    return Hold.objects.filter(borrower=person, kind=Hold.Kind.LEGAL, until__isnull=True).exists()


def court_papers_for(user: User) -> QuerySet[CourtPaper]:
    """A borrower's own papers, what is due first; nobody else sees any."""
    papers = CourtPaper.objects.select_related("lender").filter(removed_at__isnull=True)
    return papers.filter(borrower=user) if user.may(Permission.FILE_KEEP) else papers.none()
