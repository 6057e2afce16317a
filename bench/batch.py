"""How much faster 2 000 schedules of a lender's import are in one batch than one after the other: `python -m bench.batch`.

Both build the same plans with the same cents. Processor time is counted, in interleaved rounds, so that whatever else the machine does touches both alike;
the ratio printed is that of the quickest rounds. The command fails below the target, or when a cent differs.
"""

import json
import random
import sys
import time
from datetime import date
from decimal import Decimal

from repayment.domain.bulk import Batch, build_many
from repayment.domain.schedule import build
from repayment.domain.terms import Arrears, Deferral, Method, Terms, Treatment

TARGET = 15.0
PLANS, ROUNDS, BATCHES = 2_000, 9, 5
RATES = ("0.06", "0.0865", "0.12", "0.1485", "0.18", "0.2399")


def an_import(seed: int = 20270115) -> list[Terms]:
    """A lender's file: five years each, a few rates, mostly equal instalments, some overdue interest and pauses."""
    dice = random.Random(seed)
    return [
        Terms(
            currency="CNY",
            principal=dice.randint(2_000_00, 300_000_00),
            interest=dice.choice([0, dice.randint(1, 5_000_00)]),
            fees=dice.choice([0, dice.randint(1, 500_00)]),
            annual_rate=Decimal(dice.choice(RATES)),
            method=dice.choices(
                [Method.EQUAL_INSTALMENT, Method.INTEREST_FREE, Method.EQUAL_PRINCIPAL], [6, 3, 1]
            )[0],
            periods=60,
            start=date(2027, 1, 15),
            first_due=date(2027, 2, dice.randint(1, 28)),
            arrears=dice.choice([Arrears.FIRST, Arrears.SPREAD]),
            deferral=Deferral(periods=3, treatment=Treatment.CARRIED_SPREAD) if dice.random() < 0.2 else None,
        )
        for _ in range(PLANS)
    ]


def main() -> int:
    plans = an_import()
    batch: Batch = build_many(plans)
    assert not {*batch.apart, *batch.refused}, "The import was meant for the batch path."
    assert all(batch.rows(place) == build(plan).rows for place, plan in enumerate(plans)), "A cent differs."
    scalar, together = [], []
    for _ in range(ROUNDS):
        start = time.process_time()
        for plan in plans:
            build(plan)
        middle = time.process_time()
        for _ in range(BATCHES):
            before = time.process_time()
            build_many(plans)
            together.append(time.process_time() - before)
        scalar.append(middle - start)
    ratio = min(scalar) / min(together)
    if "--json" in sys.argv:
        print(json.dumps({"scalar": min(scalar), "batch": min(together), "ratio": ratio, "target": TARGET}))
    else:
        print(f"2 000 schedules, one by one:  {min(scalar) * 1e3:8.1f} ms")
        print(f"2 000 schedules, in a batch:  {min(together) * 1e3:8.1f} ms")
        print(f"ratio: {ratio:.1f} (target {TARGET})")
    return 0 if ratio >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
