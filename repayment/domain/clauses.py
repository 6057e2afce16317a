"""What an agreement may say beyond the five plain methods: lighter months first, nothing for a while, one sum for all.

Each clause is optional, and an absent one leaves no trace in the wire form: the public quotes contract knows none of
them. A step's amount is all that is paid in its months, so overdue interest and fees wait for the rows after it. Money
in minor units.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from cases.domain import money, wire
from cases.domain.refusal import Refused

MAX_ROWS = 600
MAX_STEPS = 60
# A settlement is a way out, not a plan by another name.
MAX_LUMPS = 12


class TermsRefused(Refused):
    """Terms that cannot be scheduled. `field` is a path into the request, so `"/" + field` is its JSON Pointer."""

    def __init__(self, field: str, code: str, message: object) -> None:
        super().__init__(code, message, field=field)


class Treatment(StrEnum):
    """What happens to the interest of months in which it is not paid."""

    CAPITALISED = "capitalised"
    CARRIED_FIRST = "carried_first"
    CARRIED_SPREAD = "carried_spread"
    WAIVED = "waived"


class Remainder(StrEnum):
    """What becomes of the debt after the last step: the method schedules it, or it stays owed until the review."""

    SCHEDULED = "scheduled"
    OPEN = "open"


class Waived(StrEnum):
    """What a claw-back may bring back: overdue interest, fees, and the interest of paused or lighter months."""

    INTEREST = "interest"
    FEES = "fees"
    DEFERRED = "deferred"


@dataclass(frozen=True, kw_only=True)
class Step:
    """`periods` months in which exactly `amount` is paid; 0 is a month without a payment, and without a row.

    Without a treatment the month's interest is paid out of the amount. With one, the interest is treated as in a pause
    and the whole amount is principal.
    """

    periods: int
    amount: int
    treatment: Treatment | None = None


@dataclass(frozen=True, kw_only=True)
class Lump:
    """One dated sum of a settlement."""

    on: date
    amount: int


@dataclass(frozen=True, kw_only=True)
class Review:
    """The day on which both sides look again, and what happens to the remainder until then."""

    on: date
    remainder: Remainder = Remainder.SCHEDULED


@dataclass(frozen=True, kw_only=True)
class Clawback:
    """The one event that brings waived money back: the agreement ends after so many instalments missed in a row.

    It can happen until the last day of `until`; afterwards what was waived stays waived. Its amount is computed with
    the schedule and printed on the term sheet.
    """

    after_missed: int
    until: date
    returns: tuple[Waived, ...]


@dataclass(frozen=True, kw_only=True)
class Clauses:
    """All of them together; none is the plain plan of the public contract."""

    steps: tuple[Step, ...] = ()
    settlement: tuple[Lump, ...] = ()
    review: Review | None = None
    clawback: Clawback | None = None


NAMES = ("steps", "settlement", "review", "clawback")


def check(
    clauses: Clauses, *, start: date, first_due: date, rows: int, is_free: bool, is_deferred: bool
) -> None:
    """Whether the clauses mean something, beside `rows` rows after the steps. Raises TermsRefused with the field."""
    if clauses.settlement:
        if not is_free:
            raise TermsRefused("method", "settlement_bears_interest", "A settlement bears no interest.")
        others = {"steps": clauses.steps, "review": clauses.review, "clawback": clauses.clawback}
        for name, other in (others | {"deferral": is_deferred}).items():
            if other:
                raise TermsRefused(name, "not_with_settlement", "This does not go with a settlement.")
    if clauses.review and clauses.review.remainder is Remainder.OPEN and not clauses.steps:
        raise TermsRefused("steps", "required", "Say what is paid until the review.")
    if len(clauses.steps) > MAX_STEPS:
        raise TermsRefused("steps", "too_many_steps", "A plan has at most 60 steps.")
    for place, step in enumerate(clauses.steps):
        if not 1 <= step.periods <= MAX_ROWS:
            raise TermsRefused(
                f"steps/{place}/periods", "periods_out_of_range", "A step has from 1 to 600 monthly periods."
            )
        if step.amount < 0:
            raise TermsRefused(f"steps/{place}/amount", "negative", "An amount cannot be negative.")
        if step.amount == 0 and step.treatment is None:
            raise TermsRefused(
                f"steps/{place}/treatment",
                "required",
                "A month without a payment says what its interest does.",
            )
    if clauses.steps and sum(step.periods for step in clauses.steps) + rows > MAX_ROWS:
        raise TermsRefused("steps", "too_many_rows", "This would take more than 600 months.")
    _check_settlement(clauses.settlement, first_due)
    if clauses.review and clauses.review.on <= start:
        raise TermsRefused("review/on", "review_before_start", "The review comes after the start.")
    if clauses.clawback:
        if not 1 <= clauses.clawback.after_missed <= 12:
            raise TermsRefused(
                "clawback/after_missed",
                "out_of_range",
                "From 1 to 12 missed instalments can end an agreement.",
            )
        if clauses.clawback.until < first_due:
            raise TermsRefused(
                "clawback/until", "clawback_before_first", "It cannot happen before the first payment is due."
            )
        if not clauses.clawback.returns or len(set(clauses.clawback.returns)) < len(clauses.clawback.returns):
            raise TermsRefused("clawback/returns", "required", "Name each thing that returns once.")


def check_pay_day(day: int | None, first_due: date) -> None:
    """A pay day is stated only where the first due date lies in a month too short for it."""
    if day is None:
        return
    ends_month = (first_due + timedelta(days=1)).day == 1 if first_due < date.max else True
    if not (ends_month and first_due.day < day <= 31):
        raise TermsRefused("pay_day", "pay_day_not_needed", "The first due date already says the day.")


def _check_settlement(lumps: tuple[Lump, ...], first_due: date) -> None:
    if len(lumps) > MAX_LUMPS:
        raise TermsRefused("settlement", "too_many_lumps", "A settlement has at most 12 payments.")
    for place, lump in enumerate(lumps):
        if lump.amount <= 0:
            raise TermsRefused(f"settlement/{place}/amount", "not_positive", "A payment is above zero.")
        before = lumps[place - 1].on if place else None
        if before is not None and lump.on <= before:
            raise TermsRefused(
                f"settlement/{place}/on", "not_in_order", "Each day comes after the one before."
            )
    if lumps and lumps[0].on != first_due:
        raise TermsRefused("settlement/0/on", "not_first_due", "The first sum is due on the first due date.")


def to_json(clauses: Clauses, currency: str) -> dict[str, Any]:
    """The wire form of those that are there."""
    sheet: dict[str, Any] = {}
    if clauses.steps:
        sheet["steps"] = [
            {"periods": step.periods, "amount": money.to_text(step.amount, currency)}
            | ({"treatment": step.treatment.value} if step.treatment else {})
            for step in clauses.steps
        ]
    if clauses.settlement:
        sheet["settlement"] = [
            {"on": lump.on.isoformat(), "amount": money.to_text(lump.amount, currency)}
            for lump in clauses.settlement
        ]
    if clauses.review:
        sheet["review"] = {
            "on": clauses.review.on.isoformat(),
            "remainder": clauses.review.remainder.value,
        }
    if clauses.clawback:
        sheet["clawback"] = {
            "after_missed": clauses.clawback.after_missed,
            "until": clauses.clawback.until.isoformat(),
            "returns": [part.value for part in clauses.clawback.returns],
        }
    return sheet


def read(sheet: wire.Reader, exponent: int) -> Clauses:
    """The clauses of an agreement sheet; what is wrong is among `sheet.problems`, and then this means nothing."""
    amount = wire.amount(exponent)
    steps, lumps = [], []
    for each in sheet.each("steps", MAX_STEPS) if "steps" in sheet else ():
        each.only("periods", "amount", "treatment")
        steps.append(
            Step(
                periods=each.take("periods", wire.whole) or 0,
                amount=each.take("amount", amount) or 0,
                treatment=each.maybe("treatment", wire.choice(Treatment)),
            )
        )
    for each in sheet.each("settlement", MAX_LUMPS) if "settlement" in sheet else ():
        each.only("on", "amount")
        on = each.take("on", wire.day)
        lumps.append(Lump(on=on or date.min, amount=each.take("amount", amount) or 0))
    return Clauses(
        steps=tuple(steps),
        settlement=tuple(lumps),
        review=_read_review(sheet.inner("review")) if "review" in sheet else None,
        clawback=_read_clawback(sheet.inner("clawback")) if "clawback" in sheet else None,
    )


def _read_review(sheet: wire.Reader) -> Review | None:
    sheet.only("on", "remainder")
    on = sheet.take("on", wire.day)
    remainder = sheet.given("remainder", wire.choice(Remainder), Remainder.SCHEDULED)
    return Review(on=on, remainder=remainder) if on else None


def _read_clawback(sheet: wire.Reader) -> Clawback | None:
    sheet.only("after_missed", "until", "returns")
    missed, until = sheet.take("after_missed", wire.whole), sheet.take("until", wire.day)
    returns = sheet.take("returns", _parts)
    if missed is None or until is None or returns is None:
        return None
    return Clawback(after_missed=missed, until=until, returns=returns)


def _parts(value: object) -> tuple[Waived, ...]:
    if not isinstance(value, list):
        raise wire.Wrong("not_a_list")
    return tuple(wire.choice(Waived)(each) for each in value)


def words(problem: wire.Problem, messages: Mapping[str, str]) -> str:
    """A problem of the wire in plain words."""
    return messages.get(problem.code, problem.code).format(**dict(problem.words))
