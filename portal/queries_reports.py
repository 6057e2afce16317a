"""What a regulator reads, and the public's tables: all of it on the read-only connection, small counts hidden."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.db.models import Count

from cases.domain.suppression import ALL, Shape, suppress
from cases.models import Release, Seal
from notices.models import Decision
from portal.routing import reports
from repayment.models import Plan

MONTHS = 12


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
