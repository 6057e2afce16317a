"""Publishing how far a lender's officers may go: a new dated row each time, never an edit."""

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases import queries as case_queries
from cases.access import Permission
from cases.actions import events
from cases.domain.refusal import Refused
from cases.models import Lender, User
from repayment.models import Policy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise

# Ours, not a law's: beyond these a number is a slip of the hand. (least, most) per limit; money in minor units.
RANGES = {
    "max_periods": (1, 600),
    "interest_free_max_periods": (0, 600),
    "deferral_max_periods": (0, 120),
    "min_instalment": (0, 10_000_000),
    "waive_interest_percent": (0, 100),
    "waive_fees_percent": (0, 100),
    "answer_days": (1, 60),
}


@transaction.atomic
def publish(*, by: User, lender: Lender, since: dt.date | None = None, **limits: int) -> Policy:
    """Publish a policy that holds from `since` (today unless said otherwise) until the next one.

    `limits` are the fields of Policy; one that is not named keeps the value of the policy it follows. Offers made
    before stay as they are. Raises Policy.DoesNotExist for somebody who does not set this lender's policy, Refused
    with the field for a day in the past or already taken, and for numbers that cannot be meant.
    """
    if not by.may(Permission.POLICY_EDIT) or case_queries.lender_of(by) != lender:
        raise Policy.DoesNotExist
    Lender.objects.select_for_update().get(pk=lender.pk)
    since = since or clock.today()
    if since < clock.today():
        raise Refused("since_passed", _("A policy cannot begin in the past."), field="since")
    published = Policy.objects.filter(lender=lender)
    if published.filter(since=since).exists():
        raise Refused(
            "since_taken",
            _("A policy for this day is already published. Choose another day."),
            field="since",
        )
    before = published.filter(since__lte=since).order_by("-since").first()
    values = {name: limits.pop(name, getattr(before, name, None)) for name in RANGES}
    if limits:
        raise TypeError(f"Not a limit of a policy: {', '.join(sorted(limits))}")
    policy = Policy(lender=lender, since=since)
    for name, value in values.items():
        if value is not None:
            setattr(policy, name, _within(name, value))
    if policy.interest_free_max_periods > policy.max_periods:
        raise Refused(
            "free_beyond_longest",
            _("This is longer than the longest plan."),
            field="interest_free_max_periods",
        )
    policy.save(force_insert=True)
    # A policy is named by its lender and its day; the record keeps every number of it.
    events.record(
        "policy.published",
        by=by,
        about=lender,
        lender=lender,
        since=since.isoformat(),
        **{name: getattr(policy, name) for name in RANGES},
    )
    return policy


def _within(name: str, value: int) -> int:
    least, most = RANGES[name]
    if not least <= value <= most:
        message: StrPromise = _("Write a number from {least} to {most}.")
        raise Refused("out_of_range", format_lazy(message, least=least, most=most), field=name)
    return value
