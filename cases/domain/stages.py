"""
The stage of a debt by days overdue, and what a lender may and may not do in it. The stages are the trade's habit: no law
ties them to days, and this page says so. What is forbidden is forbidden in every stage; each line names the rows of the
rulebook that speak to it, and a line without a row is practice.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Stage(StrEnum):
    """M0 is not overdue; then thirty days each; M3+ is everything beyond ninety."""

    M0 = "M0"
    M1 = "M1"
    M2 = "M2"
    M3 = "M3"
    M3_PLUS = "M3+"


# Last day of each stage: the trade's months of thirty days, not a number of law.
_LAST_DAYS = ((0, Stage.M0), (30, Stage.M1), (60, Stage.M2), (90, Stage.M3))


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing a lender may or may not do; `code` is worded by the faces, `rules` are ids of the rulebook."""

    code: str
    allowed: bool
    rules: tuple[str, ...] = ()


_REMIND = Line(code="remind", allowed=True)
_CALL = Line(
    code="call_and_write", allowed=True, rules=("cn.freq.voice_effective.gbt", "cn.freq.attempts.cba")
)
_AGENCY = Line(code="entrust_listed", allowed=True)
_VISIT = Line(code="visit", allowed=True, rules=("cn.freq.visit",))
_COURT = Line(code="court", allowed=True, rules=("cn.limitation",))
_PLAN = Line(code="agree_plan", allowed=True)
_CARD_PLAN = Line(code="agree_plan", allowed=True, rules=("cn.plan.card70.gate",))
_NIGHT = Line(code="not_at_night", allowed=False, rules=("cn.time.night_ban.gbt", "cn.time.night_ban.cba"))
_OTHERS = Line(
    code="not_others", allowed=False, rules=("cn.third.contact_gate.gbt", "cn.third.contact_gate.cba")
)
_CARD_OTHERS = Line(code="not_others", allowed=False, rules=("cn.third.ban_card",))
_PUBLIC = Line(code="not_in_public", allowed=False, rules=("cn.third.no_public",))
_PEACE = Line(code="not_pester", allowed=False, rules=("cn.peace.civilcode",))

_MAY: dict[Stage, tuple[Line, ...]] = {
    Stage.M0: (_REMIND,),
    Stage.M1: (_CALL,),
    Stage.M2: (_CALL, _AGENCY),
    Stage.M3: (_CALL, _AGENCY, _VISIT),
    Stage.M3_PLUS: (_CALL, _AGENCY, _VISIT, _COURT),
}


def days_on(days_overdue: int | None, as_of: date, today: date) -> int | None:
    """Days overdue today, counted on from the day the figure was true. What was not overdue then is not known to be now."""
    if not days_overdue:
        return days_overdue
    return days_overdue + max(0, (today - as_of).days)


def stage_of(days: int | None) -> Stage | None:
    """The stage for a number of days overdue; None when it is not known."""
    if days is None:
        return None
    return next((stage for last, stage in _LAST_DAYS if days <= last), Stage.M3_PLUS)


def lines(stage: Stage, *, card: bool) -> tuple[Line, ...]:
    """What a lender may do in this stage, then what it may not do in any. `card`: the debt is a bank's credit card."""
    plan, others = (_CARD_PLAN, _CARD_OTHERS) if card else (_PLAN, _OTHERS)
    return (*_MAY[stage], plan, _NIGHT, others, _PUBLIC, _PEACE)
