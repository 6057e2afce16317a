"""A running plan on one day, and the plan that takes its place: accrue, apply payments, waive, capitalise, rebuild.

The order is strict and each step keeps its numbers, so that anybody can follow the old balance into the new one. The old
schedule is read, never changed. Months are accrued when their due day has come, by the agreement's own rules: the month
that is still running is in the new plan's first instalment, so no day bears interest twice, and a late instalment bears
nothing that the agreement does not say. What the old agreement waived stays waived. Payments are applied from all of
them again, by the day on which they were made: the order in which they were written down changes nothing.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from cases.domain import money

from .allocation import Order, Paid, allocate, counted
from .clauses import MAX_LUMPS
from .ladder import Climb
from .rows import Schedule, Sums, defer, month_after, owed
from .schedule import build
from .terms import Arrears, Deferral, Lump, Method, Step, Terms, TermsRefused, Treatment


class Operation(StrEnum):
    OPEN = "open"
    ACCRUE = "accrue"
    PAY = "pay"
    WAIVE = "waive"
    CAPITALISE = "capitalise"
    REBUILD = "rebuild"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One step: what it moved, and what is owed after it. The last one's `after` is all that the new rows ask for."""

    operation: Operation
    moved: Sums
    after: Sums


@dataclass(frozen=True, kw_only=True)
class State:
    """What is owed on a plan at the end of day `on`. `counted` are the ids of the payments in it, `credit` what is over.

    `months` of the plan have passed; `forgiven` is what the agreement waived in them.
    """

    on: date
    lines: tuple[Line, ...]
    owed: Sums
    credit: int
    counted: tuple[int, ...]
    months: int
    forgiven: int


@dataclass(frozen=True, kw_only=True)
class Restructure:
    """The new terms, their schedule, and every step from the old agreement to it."""

    state: State
    terms: Terms
    schedule: Schedule
    lines: tuple[Line, ...]


class _Claim(NamedTuple):
    """What one row of the old plan may ask for by now."""

    number: int
    due: date
    principal: int
    interest: int
    arrears: int
    fees: int
    amount: int


# ── the state on a day ───────────────────────────────────────────────────────────────────────
def state_at(
    terms: Terms,
    payments: Iterable[Paid],
    *,
    on: date,
    order: Order = Order.LEGAL,
    paid_until: date | None = None,
) -> State:
    """What is owed once the months until `on` are accrued and the payments made until then are applied.

    `paid_until` counts payments of a pause that began on `on`. Raises TermsRefused for terms that mean nothing.
    """
    schedule = build(terms)
    passed = _passed(terms, on)
    opening, accrued, forgiven = _accrue(terms, schedule, passed, on)
    claims = _claims(schedule, opening + accrued, on)
    until = paid_until or on
    known = [payment for payment in counted(payments) if payment.on <= until]
    ledger = allocate(claims, known, order)
    paid = Sums(
        principal=sum(row.principal for row in ledger.rows),
        interest=sum(row.interest for row in ledger.rows),
        fees=sum(row.fees for row in ledger.rows),
    )
    left = opening + accrued + -paid
    return State(
        on=on,
        lines=(
            Line(operation=Operation.OPEN, moved=opening, after=opening),
            Line(operation=Operation.ACCRUE, moved=accrued, after=opening + accrued),
            Line(operation=Operation.PAY, moved=-paid, after=left),
        ),
        owed=left,
        credit=ledger.credit,
        counted=tuple(payment.id for payment in known),
        months=passed,
        forgiven=forgiven,
    )


def _passed(terms: Terms, on: date) -> int:
    """How many monthly due days have come, paused months among them."""
    if terms.settlement or on < terms.first_due:
        return 0
    months = (on.year - terms.first_due.year) * 12 + on.month - terms.first_due.month
    return months + (due_after(terms, months) <= on)


def due_after(terms: Terms, months: int) -> date:
    """The due day `months` after the first one, with the agreed day back after a short month."""
    anchor = date(2000, 1, terms.day)
    behind = (terms.first_due.year - 2000) * 12 + terms.first_due.month - 1
    return month_after(anchor, behind + months)


def _accrue(terms: Terms, schedule: Schedule, passed: int, on: date) -> tuple[Sums, Sums, int]:
    """What the agreement started from, what its months added, and what they forgave."""
    overdue, fees, balance = owed(terms)
    opening = Sums(principal=balance, interest=overdue, fees=fees)
    climb = Climb(terms, *defer(balance, terms, passed))
    left = passed - (terms.deferral.periods if terms.deferral else 0)
    for number, step in enumerate(terms.steps):
        if left > 0:
            climb.take(dataclasses.replace(step, periods=min(left, step.periods)), f"steps/{number}")
        left -= step.periods
    capitalised = climb.balance + sum(row.principal for row in climb.rows) - balance
    interest = sum(row.interest for row in schedule.rows if row.due <= on)
    accrued = Sums(principal=capitalised, interest=interest + climb.first + climb.spread)
    return opening, accrued, climb.forgiven


def _claims(schedule: Schedule, total: Sums, on: date) -> list[_Claim]:
    """The rows as they may be claimed by now: future interest is not owed yet, so it is in none of them.

    What has no row, because it stays open or would only be released at the end, is a claim after all rows.
    """
    principal, interest, fees = total.principal, total.interest, total.fees
    claims = []
    for row in schedule.rows:
        part = min(row.principal, principal)
        arrears = min(row.arrears, interest)
        month = min(row.interest, interest - arrears) if row.due <= on else 0
        fee = min(row.fees, fees)
        principal, interest, fees = principal - part, interest - arrears - month, fees - fee
        amount = part + arrears + month + fee
        claims.append(_Claim(row.number, row.due, part, month, arrears, fee, amount))
    rest = principal + interest + fees
    last = schedule.last_due
    return [*claims, _Claim(len(claims) + 1, last, principal, 0, interest, fees, rest)]


# ── the plan that takes its place ────────────────────────────────────────────────────────────
def restructure(state: State, terms: Terms) -> Restructure:
    """The new plan, with every step to it. `terms` say how to pay; what is owed is the state's, to the cent.

    Raises TermsRefused with the field to change.
    """
    for field in ("principal", "interest", "fees"):
        if getattr(terms, field) != getattr(state.owed, field):
            raise TermsRefused(field, "owed_changed", "An offer cannot change what is owed.")
    if terms.first_due <= state.on:
        raise TermsRefused("first_due", "due_before_start", "The first due date must come after the start.")
    schedule = build(terms)
    lines = steps_to(state.lines, state.owed, terms, schedule)
    return Restructure(state=state, terms=terms, schedule=schedule, lines=lines)


def steps_to(lines: Iterable[Line], left: Sums, terms: Terms, schedule: Schedule) -> tuple[Line, ...]:
    """The steps of a state and, after them, those of the new terms: waive, capitalise, rebuild."""
    waived = -Sums(interest=terms.waive_interest, fees=terms.waive_fees)
    left += waived
    found = [*lines, Line(operation=Operation.WAIVE, moved=waived, after=left)]
    if terms.arrears is Arrears.CAPITALISED:
        moved = Sums(principal=left.interest, interest=-left.interest)
        left += moved
        found.append(Line(operation=Operation.CAPITALISE, moved=moved, after=left))
    totals, still = schedule.totals, schedule.left
    asked = Sums(
        principal=totals.principal + still.principal,
        interest=totals.interest + totals.arrears + still.interest,
        fees=totals.fees + still.fees,
    )
    found.append(Line(operation=Operation.REBUILD, moved=asked + -left, after=asked))
    return tuple(found)


def continued(terms: Terms, state: State) -> Terms:
    """The old agreement's own terms from here on: the months still to come, for what is owed now.

    The starting point of every variation. What was missed is spread over the rows; where so much is paid that the light
    months or the length no longer fit, they are left out or shortened. A settlement goes on as instalments
    without interest, because its sums no longer fit; a claw-back ends with the agreement that held it. Where all principal
    is paid, what is left of interest and fees goes on as dated sums. Raises TermsRefused where nothing is owed.
    """
    passed = state.months
    first_due = due_after(terms, passed) if passed or not terms.settlement else terms.first_due
    if terms.settlement:
        first_due = next((lump.on for lump in terms.settlement if lump.on > state.on), None) or month_after(
            terms.settlement[-1].on, _months_between(terms.settlement[-1].on, state.on)
        )
    pause = max(0, terms.deferral.periods - passed) if terms.deferral else 0
    passed -= terms.deferral.periods - pause if terms.deferral else 0
    steps = []
    for step in terms.steps:
        gone = min(passed, step.periods)
        passed -= gone
        if gone < step.periods:
            steps.append(dataclasses.replace(step, periods=step.periods - gone))
    periods = max(1, terms.periods - passed) if terms.periods else None
    review = terms.review if terms.review and terms.review.on > state.on else None
    if terms.settlement:
        periods = max(1, sum(lump.on > state.on for lump in terms.settlement))
    elif terms.is_open_ended and (review is None or not steps):
        # The months agreed are over: what is left is divided anew, over a year until somebody says otherwise.
        review, periods = None, 12
    short = first_due.day < terms.day
    after = dataclasses.replace(
        terms,
        principal=state.owed.principal,
        interest=state.owed.interest,
        fees=state.owed.fees,
        start=state.on,
        first_due=first_due,
        pay_day=terms.day if short and not terms.settlement else None,
        arrears=Arrears.SPREAD,
        waive_interest=0,
        waive_fees=0,
        periods=periods,
        deferral=Deferral(periods=pause, treatment=terms.deferral.treatment)
        if pause and terms.deferral
        else None,
        steps=tuple(steps),
        settlement=(),
        review=review,
        clawback=None,
    )
    return _fitting(after) if after.principal else _sums_left(after)


def _sums_left(terms: Terms) -> Terms:
    """Interest and fees alone: nothing bears interest any more, so no method divides it. A sum a month, the whole of it.

    Over the months that are left, at most as many as a settlement has sums; nothing is let go.
    """
    owing = terms.interest + terms.fees
    if not owing:
        raise TermsRefused("principal", "nothing_owed", "There is no principal to pay back.")
    months = terms.periods or (-(-owing // terms.amount) if terms.amount else 0)
    count = min(months + sum(step.periods for step in terms.steps), MAX_LUMPS, owing)
    paused = terms.deferral.periods if terms.deferral else 0
    amounts = money.spread(owing, max(1, count))
    lumps = tuple(
        Lump(on=due_after(terms, paused + number), amount=amount) for number, amount in enumerate(amounts)
    )
    return dataclasses.replace(
        terms,
        method=Method.INTEREST_FREE,
        first_due=lumps[0].on,
        pay_day=None,
        periods=None,
        amount=None,
        deferral=None,
        steps=(),
        review=None,
        settlement=lumps,
    )


def _fitting(terms: Terms) -> Terms:
    """The terms, or the nearest ones that a small remainder can be divided by."""
    single: dict[str, Any] = {"steps": (), "review": None, "periods": None if terms.amount else 1}
    level: dict[str, Any] = {"steps": (), "review": None, "periods": terms.periods or single["periods"]}
    nearer = terms
    for changes in ({}, level, single):
        nearer = dataclasses.replace(terms, **changes)
        try:
            build(nearer)
        except TermsRefused:
            continue
        return nearer
    return nearer


def _months_between(earlier: date, later: date) -> int:
    """The fewest whole months from `earlier` that lead past `later`."""
    months = max(0, (later.year - earlier.year) * 12 + later.month - earlier.month)
    return months + (month_after(earlier, months) <= later)


def reprocessed(
    old: Terms,
    payments: Iterable[Paid],
    new: Terms,
    *,
    on: date,
    paid_until: date,
    order: Order = Order.LEGAL,
) -> int:
    """What the new plan asks for too much, because a payment from before it was written down after it.

    `payments` are all of the old plan's, the late ones among them. The new plan is built again for what was really owed;
    the difference is a credit on it. With it the balance is the one that would be there had everybody written everything
    down at once. Never negative.
    """
    state = state_at(old, payments, on=on, order=order, paid_until=paid_until)
    really = dataclasses.replace(
        new,
        principal=state.owed.principal,
        interest=state.owed.interest,
        fees=state.owed.fees,
        waive_interest=min(new.waive_interest, state.owed.interest),
        waive_fees=min(new.waive_fees, state.owed.fees),
    )
    agreed = build(new)
    try:
        built = build(really)
        asked = built.totals.amount + built.left.total
    except TermsRefused:
        # So little was left that these terms no longer fit: nothing but what was owed is asked for.
        asked = state.owed.total - really.waive_interest - really.waive_fees
    return max(0, agreed.totals.amount + agreed.left.total - asked)


def to_json(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """The steps in minor units, as they are kept beside an agreement."""
    return [
        {
            "operation": line.operation.value,
            "moved": dataclasses.asdict(line.moved),
            "after": dataclasses.asdict(line.after),
        }
        for line in lines
    ]


def from_json(lines: Iterable[dict[str, Any]]) -> tuple[Line, ...]:
    return tuple(
        Line(operation=Operation(line["operation"]), moved=Sums(**line["moved"]), after=Sums(**line["after"]))
        for line in lines
    )


# ── a moratorium ─────────────────────────────────────────────────────────────────────────────
def resumed(
    terms: Terms,
    payments: Iterable[Paid],
    *,
    paused_on: date,
    resumed_on: date,
    treatment: Treatment,
    order: Order = Order.LEGAL,
) -> Restructure:
    """The plan as it goes on after a pause: time stood still from `paused_on`, and every due day moves on by as much.

    Days move in whole months, upwards, so that the day of the month stays. The months moved bear interest as
    `treatment` says, beginning with none. Payments made during the pause count. Raises TermsRefused.
    """
    if resumed_on < paused_on:
        raise TermsRefused("resumed_on", "resumed_before_pause", "A pause ends after it began.")
    state = state_at(terms, payments, on=paused_on, order=order, paid_until=resumed_on)
    after = continued(terms, state)
    moved = months_moved(after, paused_on, resumed_on)
    if moved == 0:
        return restructure(state, after)
    if after.settlement:
        lumps = tuple(dataclasses.replace(lump, on=month_after(lump.on, moved)) for lump in after.settlement)
        return restructure(state, dataclasses.replace(after, settlement=lumps, first_due=lumps[0].on))
    if after.deferral is None and not after.steps:
        after = dataclasses.replace(after, deferral=Deferral(periods=moved, treatment=treatment))
    else:
        pause = Step(periods=moved, amount=0, treatment=treatment)
        after = dataclasses.replace(after, steps=(pause, *after.steps))
    if after.review and after.review.on < month_after(after.review.on, moved):
        review = dataclasses.replace(after.review, on=month_after(after.review.on, moved))
        after = dataclasses.replace(after, review=review)
    return restructure(state, after)


def months_moved(terms: Terms, paused_on: date, resumed_on: date) -> int:
    """By how many months due days move: the fewest that give every day of the pause back at the next payment."""
    rows = build(terms).rows
    coming = rows[0].due if rows else terms.first_due
    months = (coming.year - terms.first_due.year) * 12 + coming.month - terms.first_due.month
    moved = 0
    while due_after(terms, months + moved) < coming + (resumed_on - paused_on):
        moved += 1
    return moved
