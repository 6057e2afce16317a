"""What rules say about how much credit may cost: figures beside a cost, with force and source, never a verdict.

The numbers stand in the rulebook, by date and by whom they bind. A rule that names a multiple means the one-year
LPR of the contract's date, by its dated rows. `ceilings` are those on a year's cost; `beside` also puts the short-term
caps and those for some borrowers only next to what is known of a cost. What is not known is never "not above".
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from cases.domain.rulebook import PrimeRate, Rule, Rulebook

PREFIX = ".rate."
# A row that caps something else than a year's cost, or binds for some borrowers only, says what it measures.
MEASURE = "measure"


class Measure(StrEnum):
    """What a figure is a figure of. Per cent, but for the fees: major units of the rule's own currency."""

    YEARLY = "percent_a_year"
    DAILY = "percent_a_day"
    CHARGES = "percent_of_credit"
    DEFAULT_FEES = "default_fees"


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """A yearly cost in per cent that a rule names; `verified` only when every figure behind it was read in a source.

    `known_until` is the last day for which the LPR behind it was confirmed, where the contract's day lies later.
    """

    rule: Rule
    percent: Decimal
    verified: bool
    known_until: date | None = None

    def above(self, percent: Decimal) -> bool:
        """Whether a yearly cost is more than this; the very figure is not."""
        return percent > self.percent


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What is known of a cost, each in its measure's unit; None is not known."""

    yearly: Decimal | None = None
    daily: Decimal | None = None
    charges: Decimal | None = None
    default_fees: Decimal | None = None

    def by(self, measure: Measure) -> Decimal | None:
        return {
            Measure.YEARLY: self.yearly,
            Measure.DAILY: self.daily,
            Measure.CHARGES: self.charges,
            Measure.DEFAULT_FEES: self.default_fees,
        }[measure]


@dataclass(frozen=True, kw_only=True)
class Beside:
    """One rule's figure next to ours. `above` is None where ours is not known."""

    rule: Rule
    measure: Measure
    figure: Decimal
    ours: Decimal | None
    verified: bool
    known_until: date | None = None

    @property
    def above(self) -> bool | None:
        return None if self.ours is None else self.ours > self.figure


def ceilings(book: Rulebook, on: date, lender_type: str = "") -> list[Ceiling]:
    """The ceilings in force for a contract of this day, for one kind of lender or for all; the lowest first."""
    found = []
    for rule in book.rules:
        if PREFIX not in rule.id or not _applies(rule, on, lender_type):
            continue
        if "percent" in rule.parameters and not ("multiple_from" in rule.parameters and on >= _from(rule)):
            percent, verified, known_until = Decimal(rule.number("percent")), rule.verified, None
        elif "multiple" in rule.parameters and (rate := book.prime_rate(on)) is not None:
            percent = rate.percent * rule.number("multiple")
            known_until = _known_until(rate, on)
            verified = rule.verified and rate.verified and known_until is None
        else:
            continue
        found.append(Ceiling(rule=rule, percent=percent, verified=verified, known_until=known_until))
    return sorted(found, key=lambda ceiling: (ceiling.percent, ceiling.rule.id))


def beside(book: Rulebook, on: date, lender_type: str, cost: Cost) -> list[Beside]:
    """Every figure in force for a contract of this day next to what is known: a year's cost first, then the others."""
    found = [
        Beside(
            rule=ceiling.rule,
            measure=Measure.YEARLY,
            figure=ceiling.percent,
            ours=cost.yearly,
            verified=ceiling.verified,
            known_until=ceiling.known_until,
        )
        for ceiling in ceilings(book, on, lender_type)
    ]
    for rule in book.rules:
        if MEASURE not in rule.parameters or not _applies(rule, on, lender_type):
            continue
        measure = Measure(str(rule.parameters[MEASURE]))
        figure = rule.parameters["pounds" if measure is Measure.DEFAULT_FEES else "percent"]
        found.append(
            Beside(
                rule=rule,
                measure=measure,
                figure=Decimal(str(figure)),
                ours=cost.by(measure),
                verified=rule.verified,
            )
        )
    return found


def _applies(rule: Rule, on: date, lender_type: str) -> bool:
    return rule.in_force(on) and (not lender_type or rule.binds(lender_type))


def _known_until(rate: PrimeRate, on: date) -> date | None:
    return rate.checked_until if rate.checked_until is not None and on > rate.checked_until else None


def _from(rule: Rule) -> date:
    """The day from which the multiple takes the place of the plain figure."""
    return date.fromisoformat(str(rule.parameters["multiple_from"]))
