"""From terms to rows: who pays what on which day, to the cent.

Order: waive, capitalise, defer, steps, then schedule. What the public contract knows is built here; the clauses that
only an agreement may have are built in `ladder`. An agreement's canonical bytes, which are hashed and sealed, hold
every figure that its schedule decides.
"""

import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from operator import add

from cases.domain import money

from . import ladder
from .rows import (
    Row,
    Schedule,
    Totals,
    defer,
    divide,
    dues_of,
    level_amount,
    month_after,
    month_interest,
    owed,
    place,
    table,
)
from .terms import Arrears, Method, Terms, Treatment

__all__ = [
    "Row",
    "Schedule",
    "Totals",
    "build",
    "canonical",
    "forgone",
    "level_amount",
    "month_after",
    "month_interest",
    "terms_sha256",
]


def build(terms: Terms) -> Schedule:
    """The rows of these terms. Raises TermsRefused when a row would not be positive or the plan would not end."""
    if terms.is_special:
        return ladder.build(terms)
    overdue, fees, balance = owed(terms)
    balance, carried, forgiven = defer(balance, terms)
    principals, interests = divide(balance, terms)
    count = len(principals)

    spreading = terms.arrears is Arrears.SPREAD
    treatment = terms.deferral.treatment if terms.deferral else None
    # Divided separately: each has its own odd cents.
    arrears = list(
        map(
            add,
            place(overdue, count, spreading),
            place(carried, count, treatment is Treatment.CARRIED_SPREAD),
        )
    )
    fee_parts = place(fees, count, spreading)
    dues = dues_of(terms, count)
    extra = bool(overdue or carried or fees)
    rows, amounts = table(principals, interests, arrears, fee_parts, dues, balance, extra)
    totals = Totals(
        amount=sum(amounts),
        principal=sum(principals),
        interest=sum(interests),
        arrears=sum(arrears),
        fees=fees,
        waived=terms.waive_interest + terms.waive_fees + forgiven,
    )
    return Schedule(rows=rows, totals=totals, last_due=dues[-1], forgiven=forgiven)


def forgone(terms: Terms, own_rate: Decimal) -> int:
    """The future interest that a lower rate, or none, waives: against the same plan at the debt's own rate.

    0 where the own rate is not above the agreed one, and for a settlement, which has no months to compare.
    """
    if terms.settlement or own_rate <= terms.rate:
        return 0
    method = Method.EQUAL_INSTALMENT if terms.method is Method.INTEREST_FREE else terms.method
    own = build(replace(terms, method=method, annual_rate=own_rate, clawback=None))
    return max(0, own.totals.interest + own.forgiven - build(terms).totals.interest)


def canonical(terms: Terms, schedule: Schedule, nonce: str | None = None) -> bytes:
    """The bytes that are hashed and signed: UTF-8 JSON, keys sorted, no spaces, one flat object.

    Every request field with its default filled in, plus `instalments`, plus `nonce` when an agreement has one. The
    amount of a claw-back, and what stays owed or is released at the end, are printed where there is such a clause.
    """
    sheet = terms.to_json() | {"instalments": schedule.to_json(terms.currency)["instalments"]}
    if terms.clawback:
        sheet["clawback"] |= {"amount": money.to_text(schedule.clawback, terms.currency)}
    if terms.is_open_ended:
        sheet["left_open"] = {
            name: money.to_text(getattr(schedule.left, name), terms.currency)
            for name in ("principal", "interest", "fees")
        }
    if terms.settlement:
        sheet["released"] = money.to_text(schedule.totals.waived, terms.currency)
    if nonce is not None:
        sheet["nonce"] = nonce
    return json.dumps(sheet, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def terms_sha256(terms: Terms, schedule: Schedule, nonce: str | None = None) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical(terms, schedule, nonce)).hexdigest()
