"""What a payment pays first where an agreement says nothing: rows of `cases/rulebooks/allocation.toml`, with force and source.

An agreement keeps the order it began with; a row that changes later changes no agreement.
"""

from datetime import date

from cases.domain import rulebook
from cases.domain.rulebook import Rule, Rulebook

from .allocation import Order

RULES = {"CN": "cn.allocation.order", "UK": "uk.allocation.order", "US": "us.allocation.order"}


def rules() -> Rulebook:
    """The orders of all jurisdictions. Raises RulebookError naming the row of a file that cannot be used."""
    return rulebook.load("allocation")


def rule_for(jurisdiction: str, on: date) -> Rule:
    """The row for a lender's jurisdiction on a day; China's for one we do not know."""
    return rules().rule(RULES.get(jurisdiction, RULES["CN"]), on)


def usual(jurisdiction: str, on: date) -> Order:
    """The order that an agreement takes where it names none."""
    return Order("_".join(rule_for(jurisdiction, on).names("order")))
