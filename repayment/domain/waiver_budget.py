"""What a lender may still waive in a month, from its limit and the sums reserved. Minor units of one currency."""

from dataclasses import dataclass
from datetime import date

from cases.domain.refusal import Refused


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One month: `used` is in agreements, `waiting` in offers and approvals that are still open.

    `limit` None means none was set; there is then no end to what is left.
    """

    limit: int | None
    used: int
    waiting: int

    @property
    def reserved(self) -> int:
        return self.used + self.waiting

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.reserved)


def month_of(day: date) -> date:
    """A month is named by its first day."""
    return day.replace(day=1)


def must_have_room(standing: Standing, amount: int) -> None:
    """Raises Refused when `amount` more would go beyond the month's limit; exactly the limit is within it."""
    if standing.left is not None and amount > standing.left:
        raise Refused("waiver_budget_spent", "The month's waiver budget does not reach this far.")


def must_cover(limit: int, standing: Standing) -> None:
    """Raises Refused when a limit is set below what is reserved already: promises made are kept."""
    if limit < 0:
        raise Refused("negative", "A limit cannot be negative.", field="limit")
    if limit < standing.reserved:
        raise Refused("below_reserved", "This is below what is reserved already.", field="limit")
