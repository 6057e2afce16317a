"""From what comes in and what a household needs to the one number that may be offered.

The groups follow the Standard Financial Statement, with the lines a household in China knows. Every amount has
a period and is turned into a month exactly; income is then rounded down and outgoings up to the cent, so that
nobody is promised what is not there. The derivation keeps every step, because a person must be able to check it.

`Statement.derive` is the arithmetic of what somebody wrote. What the guide of a region protects on top is added by
`cases.domain.affordability`, as a line of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from . import money
from .refusal import Refused


class Side(StrEnum):
    """How a line counts. `priority` is what must be paid before ordinary lenders, such as arrears of rent."""

    INCOME = "income"
    ESSENTIAL = "essential"
    FLEXIBLE = "flexible"
    BUFFER = "buffer"
    PRIORITY = "priority"


class Period(StrEnum):
    WEEK = "week"
    FORTNIGHT = "fortnight"
    FOUR_WEEKS = "four_weeks"
    MONTH = "month"
    YEAR = "year"


# The Standard Financial Statement's own conversion: a year has 52 weeks, and a month is the twelfth part of a year.
A_YEAR: Mapping[Period, int] = MappingProxyType(
    {Period.WEEK: 52, Period.FORTNIGHT: 26, Period.FOUR_WEEKS: 13, Period.MONTH: 12, Period.YEAR: 1}
)
PER_MONTH: Mapping[Period, Fraction] = MappingProxyType(
    {period: Fraction(times, 12) for period, times in A_YEAR.items()}
)


class Income(StrEnum):
    WAGES = "wages"
    SELF_EMPLOYED = "self_employed"
    PENSION = "pension"
    BENEFITS = "benefits"
    PARTNER = "partner"
    FAMILY_SUPPORT = "family_support"
    RENT_RECEIVED = "rent_received"
    OTHER = "other_income"


class Essential(StrEnum):
    RENT = "rent"
    MORTGAGE = "mortgage"
    UTILITIES = "utilities"  # 水电燃气
    HEATING = "heating"  # 取暖
    PROPERTY_FEE = "property_fee"  # 物业
    SOCIAL_INSURANCE = "social_insurance"  # 社保
    HOUSING_FUND = "housing_fund"  # 公积金
    INSURANCE = "insurance"
    MEDICAL = "medical"
    CHILDCARE = "childcare"
    CHILD_SUPPORT = "child_support"  # 抚养费
    EDUCATION = "education"
    PARENTS = "parents"  # 赡养
    FOOD = "food"
    TRANSPORT = "transport"
    PHONE = "phone"
    OTHER = "other_essential"
    # What the guide protects beyond what somebody wrote. Worked out, never asked.
    GUIDE = "guide"


class Flexible(StrEnum):
    CLOTHING = "clothing"
    PERSONAL = "personal"
    HOUSEHOLD = "household"
    LEISURE = "leisure"
    GIFTS = "gifts"  # 人情往来
    OTHER = "other_flexible"


class Buffer(StrEnum):
    EMERGENCY = "emergency"
    SAVINGS = "savings"


class Priority(StrEnum):
    RENT_ARREARS = "rent_arrears"
    MORTGAGE_ARREARS = "mortgage_arrears"
    UTILITY_ARREARS = "utility_arrears"
    TAX_ARREARS = "tax_arrears"
    COURT_ORDER = "court_order"
    OTHER = "other_priority"


CATEGORIES: Mapping[Side, tuple[str, ...]] = MappingProxyType(
    {
        Side.INCOME: tuple(Income),
        Side.ESSENTIAL: tuple(Essential),
        Side.FLEXIBLE: tuple(Flexible),
        Side.BUFFER: tuple(Buffer),
        Side.PRIORITY: tuple(Priority),
    }
)


class Work(StrEnum):
    """How steady what comes in is. It never changes the number, only how soon to look at it again."""

    STEADY = "steady"
    FIXED_TERM = "fixed_term"
    CHANGING = "changing"
    OWN_BUSINESS = "own_business"
    BETWEEN_JOBS = "between_jobs"
    CANNOT_WORK = "cannot_work"
    RETIRED = "retired"
    NOT_SAID = "not_said"


class Difficulty(StrEnum):
    """What made paying hard. Optional, private, and of no effect on the number."""

    LOST_WORK = "lost_work"
    LESS_INCOME = "less_income"
    BUSINESS_FAILED = "business_failed"
    ILLNESS = "illness"
    FAMILY_ILLNESS = "family_illness"
    BEREAVEMENT = "bereavement"
    SEPARATION = "separation"
    NEW_CHILD = "new_child"
    DISASTER = "disaster"
    CHEATED = "cheated"
    ROLLING_LOANS = "rolling_loans"
    OTHER = "other_difficulty"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One amount of the budget, in minor units for each `period`. Raises Refused for a line that makes no sense.

    Income that changes is a range: `amount` is a bad month, `high` a good one. The plan rests on the bad month.
    """

    side: Side
    category: str
    amount: int
    period: Period = Period.MONTH
    high: int | None = None

    def __post_init__(self) -> None:
        if self.category not in CATEGORIES[self.side]:
            raise Refused("unknown_category", "This line does not belong here.", field="category")
        if self.amount < 0:
            raise Refused("negative", "An amount cannot be below zero.", field="amount")
        if self.high is not None and (self.side is not Side.INCOME or self.high < self.amount):
            raise Refused("range_backwards", "A good month brings no less than a bad one.", field="high")

    @property
    def yearly(self) -> int:
        """Minor units for a year, exactly."""
        return self.amount * A_YEAR[self.period]

    @property
    def monthly(self) -> int:
        """Minor units for a month: income rounded down, outgoings up.

        Twelve of them never exceed a year's income nor fall short of a year's cost, by less than twelve cents.
        """
        rounding = money.Rounding.DOWN if self.side is Side.INCOME else money.Rounding.UP
        return money.to_integer(self.amount * PER_MONTH[self.period], rounding)


@dataclass(frozen=True, kw_only=True)
class Household:
    """Who lives from this budget: `children` are under 14, `teenagers` 14 to 17, the others are grown up."""

    adults: int = 1
    children: int = 0
    teenagers: int = 0
    other_dependants: int = 0

    def __post_init__(self) -> None:
        if self.adults < 1 or min(self.children, self.teenagers, self.other_dependants) < 0:
            raise Refused("household_size", "A household has at least one adult.", field="household")

    @property
    def people(self) -> int:
        return self.adults + self.children + self.teenagers + self.other_dependants


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of the derivation: a side's monthly amount, and what is left after it (below zero if short)."""

    side: Side
    amount: int
    left: int


@dataclass(frozen=True, kw_only=True)
class Derivation:
    """Monthly amounts in minor units. At most one of `available` and `deficit` is above zero."""

    income: int
    essentials: int
    flexible: int
    buffer: int
    priority: int
    available: int
    deficit: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A household's budget in one currency. `region` is one of the guide's, empty where nobody said."""

    lines: tuple[Line, ...]
    household: Household = field(default_factory=Household)
    region: str = ""
    work: Work = Work.NOT_SAID

    def derive(self) -> Derivation:
        """Income less essentials, flexible costs, buffer and priority arrangements, step by step."""
        sums = {side: sum(line.monthly for line in self.lines if line.side is side) for side in Side}
        left = 0
        steps = []
        for side in Side:
            left += sums[side] if side is Side.INCOME else -sums[side]
            steps.append(Step(side=side, amount=sums[side], left=left))
        return Derivation(
            income=sums[Side.INCOME],
            essentials=sums[Side.ESSENTIAL],
            flexible=sums[Side.FLEXIBLE],
            buffer=sums[Side.BUFFER],
            priority=sums[Side.PRIORITY],
            available=max(0, left),
            deficit=max(0, -left),
            steps=tuple(steps),
        )
