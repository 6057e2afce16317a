"""
May this contact be made, and if not, when? A protection (somebody opted out, is represented, in a moratorium …) refuses, and
we do not work out when pressure may resume. Hours and counts defer: a verdict can turn only at certain moments (an edge of
hours, a local midnight, a clock change, a fact's edge, another contact), so those are tried in order, each judged in full.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import merge
from itertools import islice

from cases.domain import conduct
from cases.domain.conduct import HOURS, Finding
from cases.domain.facts import (
    DAY,
    Contact,
    first_instant,
    local_time,
    next_clock_change,
    whole_second,
)
from cases.domain.history import History
from cases.domain.rulebook import Kind, Rulebook

HORIZON = timedelta(days=35)
"""Nothing lawful within this time: refused rather than promised."""
MOST_TURNS = 10_000
MOST_LOOKS = 12_000
"""
No honest question has nearly as many moments at which its answer could turn, nor needs so many looks at a clock; one made
to have more is refused, before it keeps the site from everybody else.
"""
PROTECTIONS = frozenset(
    {"opt_out", "cease", "represented", "plan_in_force", "contact_refused", "moratorium", "dispute"}
)


class Answer(StrEnum):
    ALLOWED = "allowed"
    DEFERRED = "deferred"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Window:
    """`not_before` (UTC, whole second) only where deferred. `findings` are those of the moment asked about."""

    answer: Answer
    not_before: datetime | None
    findings: tuple[Finding, ...]


def ask(rulebook: Rulebook, history: History, proposed: Contact, *, lender_type: str) -> Window:
    """The verdict on one contact that would come on top of this history."""

    now = whole_second(proposed.at)
    findings = conduct.judge(
        rulebook, proposed, history.days(proposed, outside=True), lender_type=lender_type
    )
    refused = Window(answer=Answer.REFUSED, not_before=None, findings=findings)
    if _protects(history, findings):
        return refused
    if not _blocks(findings):
        return Window(answer=Answer.ALLOWED, not_before=None, findings=findings)
    looks = 0
    for at in islice(_turns(rulebook, history, now, lender_type), MOST_TURNS):
        looked, later = _first_objection(rulebook, history, replace(proposed, at=at), lender_type)
        looks += looked
        if looks > MOST_LOOKS:
            return refused
        if not later:
            return Window(answer=Answer.DEFERRED, not_before=at, findings=findings)
        if _protects(history, later):
            return refused
    return refused


def _first_objection(
    rulebook: Rulebook, history: History, contact: Contact, lender_type: str
) -> tuple[int, Sequence[Finding]]:
    """How many clocks were looked at, and what is found on the first that blocks; protections are the same on all."""
    looked = 0
    for day in history.clocks(contact, outside=True):
        looked += 1
        findings = conduct.judge(rulebook, contact, [day], lender_type=lender_type)
        if _blocks(findings) or _protects(history, findings):
            return looked, findings
    return looked, ()


def _protects(history: History, findings: Sequence[Finding]) -> bool:
    places = (finding.because.get("fact") for finding in findings)
    return any(place is not None and history.said.all[place].kind in PROTECTIONS for place in places)


def _blocks(findings: Sequence[Finding]) -> bool:
    """A concern only informs."""
    return any(finding.verdict is not Kind.CONCERN for finding in findings)


def _turns(rulebook: Rulebook, history: History, now: datetime, lender_type: str) -> Iterator[datetime]:
    """Every moment up to the horizon at which a verdict can turn, in order, each worked out only when it is asked for."""
    moments = {whole_second(contact.at) for contact in history.contacts}
    for fact in history.said.all:
        moments.add(fact.begins)
        if fact.ends is not None:
            moments.add(fact.ends)
    for zone in history.zones:
        moments.update(_clock_changes(zone, now))
    seconds = _seconds(rulebook, history, lender_type)
    last = now
    for at in merge(sorted(moments), *(_on_the_clock(zone, seconds, now) for zone in history.zones)):
        if at > now + HORIZON:
            return
        if at > last:
            yield at
            last = at


def _seconds(rulebook: Rulebook, history: History, lender_type: str) -> list[int]:
    """Seconds of a local day at which something may end."""
    seconds = {0}
    for line in conduct.lines(rulebook, lender_type):
        if line.rule.id in HOURS:
            seconds.add((line.numbers.end + 1) % DAY)
    for fact in history.said.all:
        if fact.before is not None:
            seconds.add(fact.before)
    return sorted(seconds)


def _on_the_clock(zone: str, seconds: Sequence[int], now: datetime) -> Iterator[datetime]:
    """When this clock shows one of these seconds, in order; twice where the clock goes back over it."""
    today = local_time(now, zone).date
    for days in range(HORIZON.days + 2):
        shown = []
        for second in seconds:
            first = first_instant(today + timedelta(days=days), second, zone, after=now)
            again = first and first_instant(today + timedelta(days=days), second, zone, after=first)
            shown += [at for at in (first, again) if at]
        yield from sorted(shown)


def _clock_changes(zone: str, now: datetime) -> Iterator[datetime]:
    for days in range(HORIZON.days + 2):
        change = next_clock_change(
            zone, after=now + timedelta(days=days), until=now + timedelta(days=days + 1)
        )
        if change:
            yield change
