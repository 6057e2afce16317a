"""From what comes in and what a household needs to the one number that may be offered.

The groups follow the Standard Financial Statement, with the lines a household in China knows. Every amount has
a period and is turned into a month exactly; income is then rounded down and outgoings up to the cent, so that
nobody is promised what is not there. The derivation keeps every step, because a person must be able to check it.
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


PER_MONTH: Mapping[Period, Fraction] = MappingProxyType(
    {
        Period.WEEK: Fraction(52, 12),
        Period.FORTNIGHT: Fraction(26, 12),
        Period.FOUR_WEEKS: Fraction(13, 12),
        Period.MONTH: Fraction(1),
        Period.YEAR: Fraction(1, 12),
    }
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


@dataclass(frozen=True, kw_only=True)
class Line:
    """One amount of the budget, in minor units for each `period`. Raises Refused for a line that makes no sense."""

    side: Side
    category: str
    amount: int
    period: Period = Period.MONTH

    def __post_init__(self) -> None:
        if self.category not in CATEGORIES[self.side]:
            raise Refused("unknown_category", "This line does not belong here.", field="category")
        if self.amount < 0:
            raise Refused("negative", "An amount cannot be below zero.", field="amount")

    @property
    def monthly(self) -> int:
        """Minor units for a month: income rounded down, outgoings up."""
        rounding = money.Rounding.DOWN if self.side is Side.INCOME else money.Rounding.UP
        return money.to_integer(self.amount * PER_MONTH[self.period], rounding)


@dataclass(frozen=True, kw_only=True)
class Household:
    """Who lives from this budget."""

    adults: int = 1
    children: int = 0
    other_dependants: int = 0

    def __post_init__(self) -> None:
        if self.adults < 1 or self.children < 0 or self.other_dependants < 0:
            raise Refused("household_size", "A household has at least one adult.", field="household")


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
    """A household's budget in one currency."""

    lines: tuple[Line, ...]
    household: Household = field(default_factory=Household)

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
