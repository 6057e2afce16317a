"""Where an instalment and its agreement stand after the due day: in grace, missed, at risk; and when an end may come.

A day late is not a breach. An instalment is in grace first, for the days of `cases/rulebooks/grace.toml` or more where the
lender publishes more, and one that is short by no more than the tolerance counts as kept. Nothing is missed while the plan
is stopped: paused, protected by a hold, or with a payment in question. Signs that a month may be hard can only ever bring
an offer of help. Money in minor units.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Self

from cases.domain import rulebook
from cases.domain.refusal import Refused
from cases.domain.rulebook import Rule, Rulebook

from .allocation import Due, Ledger, Order, Paid, allocate

CARD_LENDERS = frozenset({"bank"})


class Part(StrEnum):
    """Where one instalment stands. KEPT: short by no more than the tolerance. STOPPED: past its day, and not counted."""

    PAID = "paid"
    NOTED = "noted"
    KEPT = "kept"
    COMING = "coming"
    DUE = "due"
    STOPPED = "stopped"
    GRACE = "grace"
    MISSED = "missed"


class Whole(StrEnum):
    """Where the agreement stands. AT_RISK: one more missed instalment, or none, and the lender may give notice of its end."""

    IN_ORDER = "in_order"
    WOBBLING = "wobbling"
    AT_RISK = "at_risk"
    BROKEN = "broken"


# What a lender may publish: (least, most) of each number. Ours, not a law's: beyond these it is a slip of the hand.
RANGES: Mapping[str, tuple[int, int]] = {
    "grace_days": (0, 31),
    "tolerance": (0, 1_000_00),
    "after_missed": (2, 12),
    "notice_days": (0, 60),
    "again_days": (0, 365),
    "lighter_percent": (10, 90),
}


@dataclass(frozen=True, kw_only=True)
class Published:
    """What one lender publishes for agreements in difficulty; the defaults publish nothing, so the rules' figures hold.

    `lighter_percent` is how much of the usual amount a lighter month asks. `at_once`: an option wholly inside the
    policy takes effect as it is chosen.
    """

    grace_days: int = 0
    tolerance: int = 0
    after_missed: int = 2
    notice_days: int = 0
    again_days: int = 0
    lighter_percent: int = 50
    at_once: bool = False

    def __post_init__(self) -> None:
        for name, (least, most) in RANGES.items():
            if not least <= getattr(self, name) <= most:
                raise Refused("out_of_range", f"A number from {least} to {most} is needed.", field=name)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Absent keys publish nothing. Raises Refused for a key or a number that means nothing."""
        if unknown := data.keys() - {field.name for field in fields(cls)}:
            raise Refused("unknown_field", "This is not known here.", field=min(unknown))
        return cls(**data)

    def to_json(self) -> dict[str, int | bool]:
        """Only what differs from publishing nothing."""
        blank = Published()
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != getattr(blank, field.name)
        }


@dataclass(frozen=True, kw_only=True)
class Leeway:
    """What holds for one agreement: the rules' figures, or the lender's where they give more. `rule` is the grace's source."""

    grace_days: int
    tolerance: int
    after_missed: int
    notice_days: int
    again_days: int
    rule: Rule


@dataclass(frozen=True, kw_only=True)
class Instalment:
    """One row: what is open of it, counting what was noted, and the last day of its grace."""

    number: int
    due: date
    open: int
    state: Part
    grace_until: date


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where the agreement stands. `missed` counts the newest instalments missed in a row; at `leeway.after_missed` it may end."""

    parts: tuple[Instalment, ...]
    state: Whole
    missed: int
    leeway: Leeway

    @property
    def behind(self) -> tuple[Instalment, ...]:
        """What is in grace or missed, the oldest first."""
        return tuple(part for part in self.parts if part.state in (Part.GRACE, Part.MISSED))

    @property
    def overdue(self) -> int:
        return sum(part.open for part in self.behind)

    @property
    def fallen_due(self) -> tuple[Instalment, ...]:
        """What has come to its day and is open, counted against the person or not: what a change starts from."""
        open_ = (Part.DUE, Part.STOPPED, Part.GRACE, Part.MISSED)
        return tuple(part for part in self.parts if part.state in open_)

    @property
    def grace_until(self) -> date | None:
        """The next day on which something in grace will have been missed is the one after this; None when nothing is."""
        return min((part.grace_until for part in self.parts if part.state is Part.GRACE), default=None)

    @property
    def missed_numbers(self) -> tuple[int, ...]:
        return tuple(part.number for part in self.parts if part.state is Part.MISSED)

    @property
    def may_end(self) -> bool:
        """Whether enough was missed for an end, after its notice."""
        return self.state is Whole.AT_RISK and self.missed >= self.leeway.after_missed


def rules() -> Rulebook:
    """All rows. Raises RulebookError naming the row of a file that cannot be used."""
    return rulebook.load("grace")


def leeway(
    published: Published, *, lender_type: str, on: date, after_missed: int = 0, book: Rulebook | None = None
) -> Leeway:
    """What holds for a lender of this type today. `after_missed` is what the agreement itself says, where it says it."""
    book = book or rules()
    own, ending = book.rule("grace.plan", on), book.rule("grace.ending", on)
    card = book.rule("grace.card", on) if lender_type in CARD_LENDERS else own
    return Leeway(
        grace_days=max(own.number("days"), card.number("days"), published.grace_days),
        tolerance=max(card.number("tolerance"), published.tolerance),
        after_missed=max(ending.number("missed"), published.after_missed, after_missed),
        notice_days=max(ending.number("notice_days"), published.notice_days),
        again_days=max(ending.number("again_days"), published.again_days),
        rule=card,
    )


def standing(
    rows: Iterable[Due],
    payments: Iterable[Paid],
    today: date,
    policy: Leeway,
    *,
    order: Order = Order.LEGAL,
    unsettled: Collection[int] = (),
    stopped: bool = False,
    ended: bool = False,
) -> Standing:
    """Where every instalment and the whole stand at the end of `today`.

    `payments` are all that count, those among them that wait for the lender's word named in `unsettled`. `stopped` is a
    pause, a hold or a payment in question. `ended`: the agreement has ended early.
    """
    ledger = allocate(rows, payments, order)
    waiting = {line.number for line in ledger.lines if line.payment in unsettled}
    return of_ledger(ledger, today, policy, waiting=waiting, stopped=stopped, ended=ended)


def of_ledger(
    ledger: Ledger,
    today: date,
    policy: Leeway,
    *,
    waiting: Collection[int] = (),
    stopped: bool = False,
    ended: bool = False,
) -> Standing:
    """The same from a ledger in which everything noted counts; `waiting` are instalments with something unsettled."""
    parts = []
    for row in ledger.rows:
        state = part_of(
            open_=row.open,
            is_noted=row.number in waiting,
            days=(today - row.due).days,
            policy=policy,
            stopped=stopped,
        )
        until = row.due + timedelta(days=policy.grace_days)
        parts.append(
            Instalment(number=row.number, due=row.due, open=row.open, state=state, grace_until=until)
        )
    missed = _in_a_row(parts)
    return Standing(
        parts=tuple(parts), state=whole(parts, missed, policy, ended), missed=missed, leeway=policy
    )


def part_of(*, open_: int, is_noted: bool, days: int, policy: Leeway, stopped: bool) -> Part:
    """One instalment; the first line that is true decides. `days` since its day, below 0 before it."""
    table = (
        (open_ <= 0 and not is_noted, Part.PAID),
        (open_ <= 0, Part.NOTED),
        (days < 0, Part.COMING),
        (open_ <= policy.tolerance, Part.KEPT),
        (days == 0, Part.DUE),
        (stopped, Part.STOPPED),
        (days <= policy.grace_days, Part.GRACE),
    )
    return next((state for is_true, state in table if is_true), Part.MISSED)


def whole(parts: Sequence[Instalment], missed: int, policy: Leeway, ended: bool) -> Whole:
    """The agreement; the first line that is true decides."""
    behind = any(part.state in (Part.GRACE, Part.MISSED) for part in parts)
    table = (
        (ended, Whole.BROKEN),
        (missed >= policy.after_missed - 1, Whole.AT_RISK),
        (behind, Whole.WOBBLING),
    )
    return next((state for is_true, state in table if is_true), Whole.IN_ORDER)


def _in_a_row(parts: Iterable[Instalment]) -> int:
    """The newest ones that are missed, counted back to the last one kept. What is in grace neither counts nor interrupts."""
    missed = 0
    for part in reversed(list(parts)):
        if part.state is Part.MISSED:
            missed += 1
        elif part.state in (Part.PAID, Part.NOTED, Part.KEPT):
            break
    return missed


def ends_from(noticed_on: date, policy: Leeway) -> date:
    """The first day on which an agreement may end after a notice of that day."""
    return noticed_on + timedelta(days=policy.notice_days)


def again_until(ended_on: date, policy: Leeway) -> date:
    """The last day on which an agreement that ended can run again without a new application."""
    return ended_on + timedelta(days=policy.again_days)


# ── signs that a month may be hard ───────────────────────────────────────────────────────────
class Sign(StrEnum):
    """What the person themselves wrote down, or how their payments came. Shown to nobody else, and kept nowhere."""

    LATER_EACH_MONTH = "later_each_month"
    LOST_INCOME = "lost_income"
    DEFICIT = "deficit"


# Reasons in the budget that take income away (cases.domain.budget.Difficulty).
LOSSES = frozenset({"lost_work", "less_income", "business_failed", "illness"})


def signs(
    days_late: Sequence[int], *, available: int | None = None, difficulties: Collection[str] = ()
) -> tuple[Sign, ...]:
    """Why help is offered before anything is missed. `days_late` of the instalments paid, the newest last."""
    newest = list(days_late[-3:])
    found = {
        Sign.LATER_EACH_MONTH: len(newest) == 3 and 0 < newest[0] < newest[1] < newest[2],
        Sign.LOST_INCOME: bool(LOSSES & set(difficulties)),
        Sign.DEFICIT: available is not None and available <= 0,
    }
    return tuple(sign for sign, is_there in found.items() if is_there)
