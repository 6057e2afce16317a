"""
Judging contacts: facts in, findings out. Each rule is one comparison written with & | on facts that were counted before
(`facts.py`), so that the same lines judge one contact or an array of a million. A finding says which rule, with what
force, how sure we are, and because of what; its wording is made elsewhere, from the force.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cases.domain.facts import ContactFacts, DayCounts, LocalTime, is_effective_call, is_failed_call, is_visit
from cases.domain.rulebook import Force, Kind, Rule, Rulebook

# An int or a bool here; an array of them in `bulk.py`. Both know >= & |.
Whole: TypeAlias = Any
Truth: TypeAlias = Any

OUTSIDE = frozenset({"attorney", "adviser"})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`because` holds words and whole numbers only, ready for JSON: what was counted, or what the clock said."""

    rule: str
    verdict: Kind
    force: Force
    citation: str
    verified: bool
    because: Mapping[str, Any] = field(default_factory=dict)


def found(rule: Rule, because: Mapping[str, Any]) -> Finding:
    return Finding(
        rule=rule.id,
        verdict=rule.verdict,
        force=rule.force,
        citation=rule.citation,
        verified=rule.verified,
        because=because,
    )


def inside(second: Whole, start: int, end: int) -> Truth:
    """
    Is this second of the local day inside the hours? Both edges belong to them: the sources do not say whether 22:00:00
    and 08:00:00 are allowed, so they are not. Hours may run over midnight.
    """
    if start < end:
        return (second >= start) & (second <= end)
    return (second >= start) | (second <= end)


def above(counted: Whole, limit: int) -> Truth:
    return counted > limit


def hours(rule: Rule, clocks: Iterable[LocalTime]) -> Finding | None:
    """The first clock on which the moment lies inside the rule's hours. A rule is asked only on days it is in force."""
    start, end = rule.second("from"), rule.second("to")
    for clock in clocks:
        if rule.in_force(clock.date) and inside(clock.second, start, end):
            return found(rule, {"local_time": clock.clock, "zone": clock.zone})
    return None


def count(rule: Rule, days: Iterable[DayCounts], counted: Callable[[DayCounts], int]) -> Finding | None:
    """The first zone on whose local day the rule's limit is passed."""
    limit = rule.number("limit")
    for day in days:
        if rule.in_force(day.local.date) and above(counted(day), limit):
            today = day.local.date.isoformat()
            return found(rule, {"counted": counted(day), "limit": limit, "window": [today, today]})
    return None


def judge(
    rulebook: Rulebook, facts: ContactFacts, *, lender_type: str, consents: frozenset[str] = frozenset()
) -> tuple[Finding, ...]:
    """
    Findings about hours and daily counts of one contact, ordered by rule id, at most one per rule.

    `consents` in force at that instant: `night` lifts the night hours, `extra_calls` the attempts. Inbound contacts and
    contacts with the person's own lawyer or adviser are not judged here. `reply` is free of hours, `service` of both.
    """
    contact = facts.contact
    if contact.direction != "outbound" or contact.purpose == "service":
        return ()
    findings: list[Finding] = []
    for rule in _rows(rulebook, lender_type):
        finding = None
        if rule.id in HOURS:
            if "night" not in consents and contact.purpose != "reply" and contact.party not in OUTSIDE:
                finding = hours(rule, (day.local for day in facts.days))
        elif rule.id in _COUNTS:
            applies, counted, lifted_by = _COUNTS[rule.id]
            if applies(contact) and lifted_by not in consents:
                finding = count(rule, facts.days, counted)
        if finding is not None and finding.rule not in {earlier.rule for earlier in findings}:
            findings.append(finding)
    return tuple(sorted(findings, key=lambda finding: finding.rule))


HOURS = frozenset({"cn.time.night_ban.gbt", "cn.time.night_ban.cba"})

# Which contacts a limit is asked about, what it counts, and the consent that lifts it.
_COUNTS: Mapping[str, tuple[Callable[..., bool], Callable[[DayCounts], int], str]] = {
    "cn.freq.voice_effective.gbt": (is_effective_call, lambda day: day.conversations, "-"),
    "cn.freq.attempts.cba": (is_failed_call, lambda day: day.failed_to_number, "extra_calls"),
    "cn.freq.visit": (is_visit, lambda day: day.visits, "-"),
}


def _rows(rulebook: Rulebook, lender_type: str) -> Iterable[Rule]:
    """Every edition that binds this lender; each clock then asks whether it was in force on its own date."""
    return (rule for rule in rulebook.rules if rule.binds(lender_type))
