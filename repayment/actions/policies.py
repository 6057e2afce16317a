"""Publishing how far a lender's officers may go: a new dated row each time, never an edit."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases import queries as case_queries
from cases.access import Permission, Role
from cases.actions import events
from cases.domain.refusal import Refused
from cases.models import Lender, User
from repayment.domain import second_chance
from repayment.domain.authority import Limits
from repayment.domain.eligibility import Conditions, Relief
from repayment.domain.second_chance import Published
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
    "waive_principal_percent": (0, 100),
    "answer_days": (1, 60),
    # Never below Steady's own day; see repayment.domain.negotiation.
    "cooling_off_hours": (24, 720),
}
# Besides the counted limits: a rate, a switch, and three tables.
_OTHERS = ("min_annual_rate", "instant", "conditions", "authority", "second_chance")
# Whose limits are published. An administrator goes as far as the policy.
LIMITED = (Role.OFFICER, Role.TEAM_LEAD)


@transaction.atomic
def publish(*, by: User, lender: Lender, since: dt.date | None = None, **limits: Any) -> Policy:
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
    values = {name: limits.pop(name, getattr(before, name, None)) for name in (*RANGES, *_OTHERS)}
    if limits:
        raise TypeError(f"Not a limit of a policy: {', '.join(sorted(limits))}")
    policy = Policy(lender=lender, since=since)
    for name, value in values.items():
        if value is not None:
            setattr(policy, name, _CHECKS[name](value) if name in _CHECKS else _within(name, value))
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
        min_annual_rate=f"{policy.min_annual_rate:.8f}",
        instant=policy.instant,
        conditions=policy.conditions,
        authority=policy.authority,
        second_chance=policy.second_chance,
    )
    return policy


def _within(name: str, value: int) -> int:
    return _between(value, RANGES[name], field=name)


def _between(value: int, limits: tuple[int, int], *, field: str) -> int:
    least, most = limits
    if not least <= value <= most:
        message: StrPromise = _("Write a number from {least} to {most}.")
        raise Refused("out_of_range", format_lazy(message, least=least, most=most), field=field)
    return value


def _rate(value: Decimal) -> Decimal:
    if not value.is_finite() or not 0 <= value <= 1 or value != round(value, 8):
        raise Refused("out_of_range", _("Write a rate from 0 to 100 % a year."), field="min_annual_rate")
    return value


def _conditions(table: Mapping[str, Any]) -> dict[str, Any]:
    """By kind of relief, only what asks something."""
    found = {Relief(name).value: Conditions.from_json(asked).to_json() for name, asked in table.items()}
    return {name: asked for name, asked in found.items() if asked}


def _authority(table: Mapping[str, Any]) -> dict[str, Any]:
    """By role, only what is limited; a team lead reaches at least as far as an officer."""
    found = {Role(name): Limits.from_json(limits) for name, limits in table.items()}
    if found.keys() - set(LIMITED):
        raise TypeError("Only officers and team leads have limits of their own.")
    officer, lead = (found.get(role, Limits()).to_json() for role in LIMITED)
    for name, limit in lead.items():
        if officer.get(name) is None or officer[name] > limit:
            raise Refused(
                "lead_below_officer",
                _("A team lead has to reach at least as far as an officer."),
                field=f"lead_{name}",
            )
    return {role.value: limits for role, limits in zip(LIMITED, (officer, lead), strict=True) if limits}


def _second_chance(table: Mapping[str, Any]) -> dict[str, Any]:
    """Only what is published beyond the rules' own figures."""
    for name, limits in second_chance.RANGES.items():
        if name in table:
            _between(table[name], limits, field=f"chance_{name}")
    return dict(Published.from_json(table).to_json())


_CHECKS: Mapping[str, Any] = {
    "min_annual_rate": _rate,
    "instant": bool,
    "conditions": _conditions,
    "authority": _authority,
    "second_chance": _second_chance,
}
