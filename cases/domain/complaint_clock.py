"""
By when a complaint must be answered. Numbers come from the rulebook, never from here. The clock is the law's only when
the complaint reached an institution that the rule binds, with everything the rule asks a complaint to carry; in every
other case it is our own deadline, and `missing` says what stands between the two.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from cases.domain.rulebook import Force, Rule, Rulebook, RulebookError

DECIDE, FIELDS, REVIEW, HOUSE = "cn.cmp.decide", "cn.cmp.fields", "cn.cmp.review", "house.complaint"
NOT_DELIVERED, NOT_BOUND = "not_delivered", "not_bound"


class Kind(StrEnum):
    STATUTORY = "statutory"
    OURS = "ours"


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """What decides a clock. `carries` names the fields of cn.cmp.fields that are filled in."""

    received_on: date
    lender_type: str
    delivered: bool
    carries: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Clock:
    """
    `due_on` is the last day in time. `limit_on` is the last day of a case that the institution calls complex; only a
    statutory clock has one. `missing` is empty exactly when the clock is statutory.
    """

    kind: Kind
    rule: str
    force: Force
    citation: str
    rulebook_version: str
    received_on: date
    due_on: date
    limit_on: date | None
    missing: tuple[str, ...]


def clock(rulebook: Rulebook, complaint: Complaint) -> Clock:
    """Days are calendar days; the day it was received is not counted. Raises RulebookError without a house row."""
    on = complaint.received_on
    missing = _missing(rulebook, complaint)
    if missing:
        rule = rulebook.rule(HOUSE, on)
        days, limit = rule.number("days"), None
    else:
        rule = rulebook.rule(DECIDE, on)
        days, limit = rule.number("simple_days"), on + timedelta(days=rule.number("complex_days"))
    return Clock(
        kind=Kind.OURS if missing else Kind.STATUTORY,
        rule=rule.id,
        force=rule.force,
        citation=rule.citation,
        rulebook_version=rulebook.version,
        received_on=on,
        due_on=on + timedelta(days=days),
        limit_on=limit,
        missing=missing,
    )


def is_missed(due_on: date, on: date) -> bool:
    """The last day is still in time."""
    return on > due_on


def review_until(rulebook: Rulebook, answered_on: date) -> date | None:
    """The last day to ask the institution's upper office to look again; None where no rule says so."""
    rule = _in_force(rulebook, REVIEW, answered_on)
    return None if rule is None else answered_on + timedelta(days=rule.number("apply_days"))


def _missing(rulebook: Rulebook, complaint: Complaint) -> tuple[str, ...]:
    decide = _in_force(rulebook, DECIDE, complaint.received_on)
    fields = _in_force(rulebook, FIELDS, complaint.received_on)
    found = []
    if decide is None or fields is None or not decide.binds(complaint.lender_type):
        found.append(NOT_BOUND)
    if not complaint.delivered:
        found.append(NOT_DELIVERED)
    if fields is not None:
        found += [name for name in fields.names("fields") if name not in complaint.carries]
    return tuple(found)


def _in_force(rulebook: Rulebook, rule_id: str, on: date) -> Rule | None:
    try:
        return rulebook.rule(rule_id, on)
    except RulebookError:
        return None
