"""What rules say about how much credit may cost a year: figures beside a rate, with force and source, never a verdict.

The numbers stand in the rulebook, by date and by whom they bind. A rule that names a multiple means the one-year
LPR of the contract's date.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from cases.domain.rulebook import Rule, Rulebook

PREFIX = ".rate."


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """A yearly cost in per cent that a rule names; `verified` only when every figure behind it was read in a source."""

    rule: Rule
    percent: Decimal
    verified: bool

    def above(self, percent: Decimal) -> bool:
        """Whether a yearly cost is more than this; the very figure is not."""
        return percent > self.percent


def ceilings(book: Rulebook, on: date, lender_type: str = "") -> list[Ceiling]:
    """The ceilings in force for a contract of this day, for one kind of lender or for all; the lowest first."""
    found = []
    for rule in book.rules:
        if PREFIX not in rule.id or not rule.in_force(on) or (lender_type and not rule.binds(lender_type)):
            continue
        if "percent" in rule.parameters and not ("multiple_from" in rule.parameters and on >= _from(rule)):
            percent, verified = Decimal(rule.number("percent")), rule.verified
        elif "multiple" in rule.parameters and (rate := book.prime_rate(on)) is not None:
            percent = rate.percent * rule.number("multiple")
            verified = rule.verified and rate.verified
        else:
            continue
        found.append(Ceiling(rule=rule, percent=percent, verified=verified))
    return sorted(found, key=lambda ceiling: (ceiling.percent, ceiling.rule.id))


def _from(rule: Rule) -> date:
    """The day from which the multiple takes the place of the plain figure."""
    return date.fromisoformat(str(rule.parameters["multiple_from"]))
