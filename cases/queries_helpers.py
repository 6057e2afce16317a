"""Reports about paid "debt helpers" as a regulator may see them: counts of signs, small ones hidden."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from cases import clock
from cases.domain import suppression
from cases.domain.scam import Sign
from cases.models import HelperReport

DAYS = 365


@dataclass(frozen=True, kw_only=True)
class SignCount:
    """`count` is None where it is hidden. A report may show several signs, and no total is given, so nothing adds up to it."""

    sign: Sign
    count: int | None


def by_sign(using: str = "default") -> Sequence[SignCount]:
    """How many reports of the last year showed each sign, in the order of the closed list."""
    since = clock.today() - dt.timedelta(days=DAYS)
    rows = HelperReport.objects.using(using).filter(reported_on__gt=since).values_list("signs", flat=True)
    counts = Counter(sign for signs in rows.iterator(chunk_size=2_000) for sign in signs)
    threshold = settings.SMALL_CELL_THRESHOLD
    return [
        SignCount(sign=sign, count=None if suppression.is_small(counts[sign], threshold) else counts[sign])
        for sign in Sign
    ]
