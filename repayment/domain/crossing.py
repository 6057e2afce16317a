"""Whether one more plan asks for more than the budget allows beside all the others: the gate across creditors.

It answers yes or no and keeps every figure to itself, because a lender that is told by how much could work out what
the others get. Money in minor units.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

Due = tuple[date, int]


def above_statement(available: int, promised: Iterable[Due], proposed: Iterable[Due]) -> bool:
    """Whether any calendar month of the proposed payments, with the promised ones, takes more than is available.

    `available` is what the statement leaves a month; exactly that much is within it. A month in which nothing new is
    proposed does not count against the proposal, however full it is.
    """
    months: defaultdict[tuple[int, int], int] = defaultdict(int)
    for due, amount in promised:
        months[due.year, due.month] += amount
    asked: defaultdict[tuple[int, int], int] = defaultdict(int)
    for due, amount in proposed:
        asked[due.year, due.month] += amount
    return any(amount and months[month] + amount > available for month, amount in asked.items())
