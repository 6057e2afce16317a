"""
By when a complaint must be answered. Numbers come from the rule files, never from here; days off come with a calendar.
The clock is the law's only when the complaint reached an institution that the rule binds, with everything the rule asks a
complaint to carry; in every other case it is our own deadline, and `missing` says what stands between the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from cases.domain import working_days
from cases.domain.rulebook import Force, Rule, Rulebook, RulebookError
from cases.domain.working_days import Calendar

DECIDE, FIELDS, REVIEW, HOUSE = "cn.cmp.decide", "cn.cmp.fields", "cn.cmp.review", "house.complaint"
HOUSE_REVIEW = "house.review"
NOT_DELIVERED, NOT_BOUND, NOT_THROUGH_CFPB = "not_delivered", "not_bound", "not_through_cfpb"

Books = Sequence[Rulebook]


class Kind(StrEnum):
    STATUTORY = "statutory"
    OURS = "ours"


@dataclass(frozen=True, kw_only=True)
class _Law:
    """Which rows a jurisdiction's clock rests on; empty where it has none. `ours` stands in while the law's does not run."""

    decide: str
    fields: str = ""
    review: str = ""
    early: str = ""
    ours: str = HOUSE
    never: str = ""


_LAWS = {
    "CN": _Law(decide=DECIDE, fields=FIELDS, review=REVIEW),
    "UK": _Law(decide="uk.cmp.8w", early="uk.cmp.3bd"),
    # The Bureau's days run for complaints handed in at the Bureau; through us they are a yardstick and nothing more.
    "US": _Law(decide="us.cmp.respond", ours="us.cmp.respond", never=NOT_THROUGH_CFPB),
}


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """What decides a clock. `carries` names the fields of cn.cmp.fields that are filled in; `review`: asked once more."""

    received_on: date
    lender_type: str
    delivered: bool
    carries: frozenset[str]
    jurisdiction: str = "CN"
    review: bool = False


@dataclass(frozen=True, kw_only=True)
class Clock:
    """
    `due_on` is the last day in time. `limit_on` is the last day of a case that the institution calls complex (CN) or still
    in progress (US), `special_on` of a special one that was approved (CN); None where no rule knows such a thing. Up to
    `early_on` (UK) a short answer is enough. `missing` is empty exactly when the clock is statutory. `calendar` is the
    version of the calendar when working days were counted, else empty.
    """

    kind: Kind
    rule: str
    force: Force
    citation: str
    rulebook_version: str
    received_on: date
    due_on: date
    limit_on: date | None
    special_on: date | None
    early_on: date | None
    calendar: str
    missing: tuple[str, ...]


def clock(books: Books, complaint: Complaint, calendar: Calendar) -> Clock:
    """The day it was received is never counted. Raises RulebookError where no row says how long."""
    on, law = complaint.received_on, _LAWS.get(complaint.jurisdiction, _Law(decide=""))
    missing = _missing(books, complaint, law)
    if complaint.review:
        book, rule = _rule(books, HOUSE_REVIEW if missing else law.review or HOUSE_REVIEW, on)
        if rule.id == HOUSE_REVIEW and not missing:
            missing = (NOT_BOUND,)
    else:
        book, rule = _rule(books, (law.ours if missing else law.decide), on)
    early, counted = None, ""
    if law.early and not missing:
        _, short = _rule(books, law.early, on)
        early = working_days.after(calendar, on, short.number("business_days"))
        counted = calendar.version
    return Clock(
        kind=Kind.OURS if missing else Kind.STATUTORY,
        rule=rule.id,
        force=rule.force,
        citation=rule.citation,
        rulebook_version=book.version,
        received_on=on,
        due_on=_due(rule, on),
        limit_on=rule.last_day("complex_days", on) or rule.last_day("final_days", on),
        special_on=rule.last_day("special_days", on),
        early_on=early,
        calendar=counted,
        missing=missing,
    )


def is_missed(due_on: date, on: date) -> bool:
    """The last day is still in time."""
    return on > due_on


def review_until(books: Books, answered_on: date, *, statutory: bool = True) -> date | None:
    """The last day to ask for another look: the law's where it has one, else ours; None where no row says so."""
    for rule_id in (REVIEW, HOUSE_REVIEW) if statutory else (HOUSE_REVIEW,):
        rule = _in_force(books, rule_id, answered_on)
        if rule is not None:
            return answered_on + timedelta(days=rule.number("apply_days"))
    return None


def _due(rule: Rule, on: date) -> date:
    for name, length in (("weeks", 7), ("answer_days", 1), ("simple_days", 1), ("days", 1)):
        if name in rule.parameters:
            return on + timedelta(days=length * rule.number(name))
    raise RulebookError(f"{rule.id}: no parameter says how long an answer may take")


def _missing(books: Books, complaint: Complaint, law: _Law) -> tuple[str, ...]:
    on = complaint.received_on
    decide = _in_force(books, law.decide, on)
    fields = _in_force(books, law.fields, on)
    found = [law.never] if law.never else []
    if decide is None or (law.fields and fields is None) or not decide.binds(complaint.lender_type):
        found.append(NOT_BOUND)
    if not complaint.delivered:
        found.append(NOT_DELIVERED)
    if fields is not None:
        found += [name for name in fields.names("fields") if name not in complaint.carries]
    return tuple(found)


def _rule(books: Books, rule_id: str, on: date) -> tuple[Rulebook, Rule]:
    for book in books:
        try:
            return book, book.rule(rule_id, on)
        except RulebookError:
            continue
    raise RulebookError(f"no rule {rule_id!r} is in force on {on.isoformat()}")


def _in_force(books: Books, rule_id: str, on: date) -> Rule | None:
    try:
        return _rule(books, rule_id, on)[1]
    except RulebookError:
        return None
