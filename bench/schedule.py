"""How much faster a schedule is in integers than the same schedule in Decimal: `python -m bench.schedule`.

Both build one exact 60-month plan of equal instalments with the same cents, in the same kind of rows. The Decimal
twin is written as one would write it: money as Decimal with two places, rates with enough digits to round correctly.
The last line is the ratio; the command fails below the target.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any, NamedTuple

from repayment.domain.schedule import build, month_after
from repayment.domain.terms import Method, Terms

TARGET = 2.0
ROUNDS, REPEATS = 300, 7
CENT = Decimal("0.01")

TERMS = Terms(
    currency="CNY",
    principal=120_000_00,
    annual_rate=Decimal("0.1825"),
    method=Method.EQUAL_INSTALMENT,
    periods=60,
    start=date(2027, 1, 15),
    first_due=date(2027, 2, 10),
)


class DecimalRow(NamedTuple):
    number: int
    due: date
    principal: Decimal
    interest: Decimal
    arrears: Decimal
    fees: Decimal
    amount: Decimal
    balance: Decimal


def in_decimal(terms: Terms) -> tuple[list[DecimalRow], dict[str, Decimal]]:
    """The same rows and totals, with Decimal for every amount."""
    periods = terms.periods or 0
    with localcontext(Context(prec=50)):
        balance = Decimal(terms.principal) * CENT
        rate = terms.annual_rate / 12
        growth = (1 + rate) ** periods
        level = (balance * rate * growth / (growth - 1)).quantize(CENT, ROUND_HALF_UP)
        zero = Decimal("0.00")
        rows = []
        for number in range(1, periods + 1):
            interest = (balance * rate).quantize(CENT, ROUND_HALF_UP)
            principal = balance if number == periods else level - interest
            balance -= principal
            rows.append(
                DecimalRow(
                    number=number,
                    due=month_after(terms.first_due, number - 1),
                    principal=principal,
                    interest=interest,
                    arrears=zero,
                    fees=zero,
                    amount=principal + interest + zero + zero,
                    balance=balance,
                )
            )
        totals = {
            name: sum((getattr(row, name) for row in rows), zero)
            for name in ("amount", "principal", "interest", "arrears", "fees")
        }
    return rows, totals


def best(work: Callable[[], Any]) -> float:
    """Seconds for one call: the quickest of several rounds, which the machine's other work disturbs least."""
    found = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        for _ in range(ROUNDS):
            work()
        found.append((time.perf_counter() - start) / ROUNDS)
    return min(found)


def main() -> int:
    rows, totals = in_decimal(TERMS)
    built = build(TERMS)
    same = [int(row.amount * 100) for row in rows] == [row.amount for row in built.rows]
    assert same, "The two schedules differ."
    assert int(totals["interest"] * 100) == built.totals.interest
    integers, decimals = best(lambda: build(TERMS)), best(lambda: in_decimal(TERMS))
    ratio = decimals / integers
    if "--json" in sys.argv:
        print(json.dumps({"integers": integers, "decimal": decimals, "ratio": ratio, "target": TARGET}))
    else:
        print(f"60 months in integers: {integers * 1e6:8.1f} µs")
        print(f"60 months in Decimal:  {decimals * 1e6:8.1f} µs")
        print(f"ratio: {ratio:.2f} (target {TARGET})")
    return 0 if ratio >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
