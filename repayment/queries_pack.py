"""The versions of one agreement, and what a calendar needs of them. Reads only."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cases import clock
from cases.models import Event
from repayment import queries_plans
from repayment.domain.reminder_days import Day, Version, days_of
from repayment.models import Instalment, Plan

_GONE = (Plan.State.CANCELLED, Plan.State.BROKEN, Plan.State.SUSPENDED)


def versions_of(plan: Plan) -> Sequence[Plan]:
    """Every version of an agreement that stood, from the first to the newest: one query.

    One that was taken back is not among them.
    """
    return _family(plan)[0]


def reminder_days(plan: Plan) -> Sequence[Day]:
    """The days of an agreement for a calendar: those to keep and those that fell away, in three queries."""
    chain, withdrawn = _family(plan)
    # What was taken back comes first: whatever stands is newer.
    versions = [*withdrawn, *chain]
    rows: defaultdict[int, list[Instalment]] = defaultdict(list)
    for row in Instalment.objects.filter(plan__in=versions).order_by("plan_id", "number"):
        rows[row.plan_id].append(row)
    changes = Event.objects.filter(
        about_ref__in=[each.ref for each in versions], about_type="plan", kind__startswith="plan."
    ).count()
    return days_of(
        [Version(since=_since(each), dues=tuple(row.due for row in rows[each.pk])) for each in versions],
        root=chain[0].ref,
        # Every change of the agreement is one event: a calendar takes the higher number.
        sequence=changes,
        stands=chain[-1].state not in _GONE,
    )


def _since(plan: Plan) -> dt.date:
    """The day from which a version counts: where it replaced another, the day up to which that one was worked out."""
    return plan.restructuring.value_date if plan.restructuring else queries_plans.signed_on(plan)


def _family(plan: Plan) -> tuple[list[Plan], list[Plan]]:
    """The versions that stood, the oldest first, and the replacements that were taken back."""
    kept = {each.pk: each for each in Plan.objects.filter(debt=plan.debt_id).select_related("restructuring")}
    first = kept[plan.pk]
    while first.replaces_id is not None:
        first = kept[first.replaces_id]
    chain, withdrawn = [first], []
    while True:
        newer = [each for each in kept.values() if each.replaces_id == chain[-1].pk]
        withdrawn += [each for each in newer if each.state == Plan.State.CANCELLED]
        stood = [each for each in newer if each.state != Plan.State.CANCELLED]
        if not stood:
            return chain, withdrawn
        chain.append(max(stood, key=lambda each: each.pk))


def zone_of(plan: Plan) -> ZoneInfo:
    """The borrower's own zone; Beijing's where this machine does not know it."""
    try:
        return ZoneInfo(plan.case.borrower.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return clock.BEIJING
