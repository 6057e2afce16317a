"""Who may be given a pause or an interest-free plan, by the conditions a lender publishes: the same answer before asking,
on the lender's desk, and where an agreement is made at once."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

from cases.domain.refusal import Refused


class Relief(StrEnum):
    """What is asked for."""

    DEFERRAL = "deferral"
    INTEREST_FREE = "interest_free"


class Condition(StrEnum):
    """One published condition; also the code of the reason when it is not met."""

    DAYS_OVERDUE = "days_overdue"
    TIMES_A_YEAR = "times_a_year"
    DIFFICULTY = "difficulty"
    PAID_ON_TIME = "paid_on_time"


# What a page may ask for: (least, most) of each number.
RANGES: Mapping[str, tuple[int, int]] = {
    "min_days_overdue": (0, 3650),
    "max_in_12_months": (1, 12),
    "min_paid_on_time": (0, 60),
}


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What a lender asks before it gives one kind of relief; the defaults ask nothing.

    `min_days_overdue` in days, `max_in_12_months` how often in the twelve months up to today (None: as often as
    needed), `min_paid_on_time` instalments paid by their day on earlier agreements with this lender.
    """

    min_days_overdue: int = 0
    max_in_12_months: int | None = None
    needs_difficulty: bool = False
    min_paid_on_time: int = 0

    def __post_init__(self) -> None:
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise Refused("out_of_range", f"A number from {least} to {most} is needed.", field=name)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Absent keys ask nothing. Raises Refused for a key or a number that means nothing."""
        known = {field.name for field in fields(cls)}
        if unknown := data.keys() - known:
            raise Refused("unknown_field", "This condition is not known here.", field=min(unknown))
        return cls(**data)

    def to_json(self) -> dict[str, int | bool]:
        """Only what asks something."""
        blank = Conditions()
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != getattr(blank, field.name)
        }


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of one debt today. `days_overdue` None: not known; `times` counts reliefs of twelve months."""

    days_overdue: int | None
    times: Mapping[Relief, int]
    has_difficulty: bool
    paid_on_time: int


@dataclass(frozen=True, kw_only=True)
class Unmet:
    """A condition that is not met: what is needed, and what there is (None: not known, or nothing to count)."""

    condition: Condition
    needed: int = 0
    found: int | None = None


def unmet(facts: Facts, conditions: Conditions, relief: Relief) -> tuple[Unmet, ...]:
    """Every condition that stands against it, in the order of Condition; empty means eligible.

    What nobody knows does not count as met: the page then says what to add.
    """
    found = []
    days = facts.days_overdue
    if conditions.min_days_overdue and (days is None or days < conditions.min_days_overdue):
        found.append(Unmet(condition=Condition.DAYS_OVERDUE, needed=conditions.min_days_overdue, found=days))
    most, times = conditions.max_in_12_months, facts.times.get(relief, 0)
    if most is not None and times >= most:
        found.append(Unmet(condition=Condition.TIMES_A_YEAR, needed=most, found=times))
    if conditions.needs_difficulty and not facts.has_difficulty:
        found.append(Unmet(condition=Condition.DIFFICULTY))
    if facts.paid_on_time < conditions.min_paid_on_time:
        found.append(
            Unmet(
                condition=Condition.PAID_ON_TIME,
                needed=conditions.min_paid_on_time,
                found=facts.paid_on_time,
            )
        )
    return tuple(found)
