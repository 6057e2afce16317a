"""What a regulator reads, and the public's tables: all of it on the read-only connection, small counts hidden."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q
from django.db.models.functions import TruncMonth

from cases.clock import BEIJING
from cases.domain.suppression import ALL, Shape, is_small, suppress
from cases.models import Release, Seal
from notices import queries_prevented
from notices.models import Decision, Message
from portal.routing import reports
from repayment.models import Plan

MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class MonthRow:
    """One month, or all of them when `month` is None; a hidden cell is None and is not a zero."""

    month: dt.date | None
    sent: int | None
    withheld: int | None
    all: int | None


def messages_by_month() -> Sequence[MonthRow]:
    """Reminders that left and reminders that were held back, per month of their due time, newest first."""
    rows = (
        Message.objects.using(reports())
        .filter(purpose=Message.Purpose.REMINDER)
        .annotate(month=TruncMonth("due_at", tzinfo=BEIJING))
        .values("month")
        .annotate(
            sent=Count("id", filter=Q(state__in=[Message.State.SENT, Message.State.DELIVERED])),
            withheld=Count("id", filter=Q(state=Message.State.WITHHELD)),
        )
        .filter(Q(sent__gt=0) | Q(withheld__gt=0))
        .order_by("-month")[:MONTHS]
    )
    months = {row["month"].date().isoformat(): row for row in rows}
    table = suppress(
        Shape(rows=tuple(months), groups={ALL: ("sent", "withheld")}),
        {(month, what): row[what] for month, row in months.items() for what in ("sent", "withheld")},
        threshold=settings.SMALL_CELL_THRESHOLD,
    )
    assert table is not None
    return [
        MonthRow(
            month=None if row == ALL else dt.date.fromisoformat(row),
            sent=table.shown[row, "sent"],
            withheld=table.shown[row, "withheld"],
            all=table.shown[row, ALL],
        )
        for row in (*months, *([ALL] if months else []))
    ]


def prevented_by_rule() -> Sequence[tuple[str, int | None]]:
    """Messages that each rule held back. No total is shown: one message may be held by several rules."""
    return [
        (rule, None if is_small(count, settings.SMALL_CELL_THRESHOLD) else count)
        for rule, count in queries_prevented.prevented_by_rule(using=reports())
    ]


def decisions_taken() -> int:
    return Decision.objects.using(reports()).count()


def plans_agreed_by_kind() -> Sequence[tuple[str, int | None]]:
    """Plans in force per kind of lender, the key ALL last."""
    counts = dict(
        Plan.objects.using(reports())
        .filter(state=Plan.State.ACTIVE)
        .values_list("case__lender__kind")
        .annotate(count=Count("id"))
        .order_by("case__lender__kind")
    )
    table = suppress(
        Shape(rows=tuple(counts), groups={}),
        {(kind, ALL): count for kind, count in counts.items()},
        threshold=settings.SMALL_CELL_THRESHOLD,
    )
    assert table is not None
    return [(row, table.shown[row, ALL]) for row in (*counts, *([ALL] if counts else []))]


def newest_seal() -> Seal | None:
    return Seal.objects.using(reports()).order_by("-number").first()


def releases() -> Sequence[Release]:
    """Everything ever published, newest month first, replaced ones below what replaced them."""
    return list(Release.objects.using(reports()).select_related("replaced_by").order_by("-month", "-number"))


def standing_releases(limit: int = MONTHS) -> Sequence[Release]:
    """The release that stands for each month, newest month first."""
    return list(
        Release.objects.using(reports())
        .filter(replaced_by__isnull=True)
        .select_related("replaced_by")
        .order_by("-month")[:limit]
    )


def release_of(month: dt.date, number: int | None = None) -> Release | None:
    """One month's release: the one that stands, or the one with this number."""
    found = Release.objects.using(reports()).select_related("replaced_by").filter(month=month)
    if number is not None:
        found = found.filter(number=number)
    return found.order_by("-number").first()
