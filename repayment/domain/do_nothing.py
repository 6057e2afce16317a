"""What the same debts come to if nothing is agreed: an estimate, month by month, that says what it assumes.

Interest by the contract, penalty interest and late fees stand apart, because they are not the same: the first was
agreed, the others come on top for being late. Nothing here bears interest on interest. Where all three together would
be more than a legal ceiling allows, fees are left out first, then penalty interest. The assumptions are rows of the
rulebook, with force and source.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from cases.domain import money
from cases.domain.rulebook import Rule, Rulebook

from .ceilings import ceilings
from .schedule import month_after, month_interest

UNKNOWN_RATE = "cn.assume.unknown_rate"
PENALTY = "cn.assume.penalty"
CARD_LATE_FEE = "cn.assume.card_late_fee"


@dataclass(frozen=True, kw_only=True)
class Overdue:
    """One debt as it stands, in minor units. `is_card`: card lenders charge a late fee and no penalty interest."""

    ref: str
    principal: int
    owed: int
    annual_rate: Decimal | None = None
    is_card: bool = False
    lender_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Growth:
    """What a month adds, in minor units; or what some months have added together."""

    interest: int = 0
    penalty: int = 0
    fees: int = 0

    @property
    def total(self) -> int:
        return self.interest + self.penalty + self.fees

    def __add__(self, other: "Growth") -> "Growth":
        return Growth(
            interest=self.interest + other.interest,
            penalty=self.penalty + other.penalty,
            fees=self.fees + other.fees,
        )

    def times(self, months: int) -> "Growth":
        return Growth(interest=self.interest * months, penalty=self.penalty * months, fees=self.fees * months)


@dataclass(frozen=True, kw_only=True)
class Month:
    """Where the debts stand after a month: what has been added since today, and what is owed then."""

    month: date
    added: Growth
    owed: int


@dataclass(frozen=True, kw_only=True)
class DoNothing:
    """`a_month` is what each month adds. `rules` are the assumptions and ceilings that went into it, once each."""

    owed_today: int
    a_month: Growth
    months: tuple[Month, ...]
    rules: tuple[Rule, ...]
    unknown_rates: tuple[str, ...]

    @property
    def last(self) -> Month:
        return self.months[-1]


def do_nothing(
    debts: Sequence[Overdue], book: Rulebook, *, on: date, first_month: date, months: int
) -> DoNothing:
    """The estimate for `months` months from `first_month` on, by the rules in force `on` that day. At least one month."""
    if months < 1:
        raise ValueError("an estimate looks at least one month ahead")
    used: dict[str, Rule] = {}
    a_month = sum((_growth(debt, book, on, used) for debt in debts), Growth())
    owed = sum(debt.owed for debt in debts)
    return DoNothing(
        owed_today=owed,
        a_month=a_month,
        months=tuple(
            Month(
                month=month_after(first_month, number),
                added=a_month.times(number + 1),
                owed=owed + a_month.total * (number + 1),
            )
            for number in range(months)
        ),
        rules=tuple(used.values()),
        unknown_rates=tuple(debt.ref for debt in debts if debt.annual_rate is None),
    )


def _growth(debt: Overdue, book: Rulebook, on: date, used: dict[str, Rule]) -> Growth:
    """What a month adds to one debt. It stays the same, because nothing is added to what bears interest."""

    def assumed(rule_id: str) -> Rule:
        return used.setdefault(rule_id, book.rule(rule_id, on))

    rate = debt.annual_rate
    if rate is None:
        rate = Decimal(str(assumed(UNKNOWN_RATE).parameters["percent"])) / 100
    interest = month_interest(debt.principal, rate)
    penalty = fees = 0
    if debt.is_card:
        rule = assumed(CARD_LATE_FEE)
        exact = Fraction(debt.owed * rule.number("percent") * rule.number("least_payment_percent"), 10_000)
        fees = money.to_integer(exact, money.Rounding.HALF_UP)
    else:
        penalty = month_interest(debt.principal, rate * assumed(PENALTY).number("percent") / 100)
    cap = _cap(debt, book, on, used)
    if cap is None:
        return Growth(interest=interest, penalty=penalty, fees=fees)
    interest = min(interest, cap)
    penalty = min(penalty, cap - interest)
    return Growth(interest=interest, penalty=penalty, fees=min(fees, cap - interest - penalty))


def _cap(debt: Overdue, book: Rulebook, on: date, used: dict[str, Rule]) -> int | None:
    """The most a month may add by the mildest ceiling for this kind of lender, or for any where the kind has none.

    The mildest, because a debt may be older than a stricter one, and an estimate that is too rosy would deceive.
    """
    known = ceilings(book, on, debt.lender_type) or ceilings(book, on)
    mildest = max(known, key=lambda ceiling: ceiling.percent, default=None)
    if mildest is None:
        return None
    used.setdefault(mildest.rule.id, mildest.rule)
    return month_interest(debt.principal, mildest.percent / 100)
