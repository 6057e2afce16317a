"""
What a diary of contacts shows. One creditor's contacts and those of everyone acting for it are judged together; each gets
findings (hours, daily counts, other people, private accounts) and a word on what was fine. Strangers are judged only by
what binds every kind of lender, and only counted with themselves.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cases.domain import conduct
from cases.domain.conduct import Finding, found
from cases.domain.facts import (
    CALLS,
    FAILED,
    Contact,
    ContactFacts,
    DayCounts,
    facts_of,
    is_effective_call,
    is_failed_call,
    is_visit,
)
from cases.domain.rulebook import Force, Rule, Rulebook

STRENGTH = {force: rank for rank, force in enumerate(Force)}
LISTED, THIRD, EMPLOYER, PUBLIC = "listed_contact", "third_party", "employer", "public"
GATES = ("cn.third.contact_gate.gbt", "cn.third.contact_gate.cba")
CARD_BAN, NO_PUBLIC, PRIVATE_ACCOUNT = "cn.third.ban_card", "cn.third.no_public", "cn.channel.personal_im"


class Topic(StrEnum):
    """What a finding is about; several rules may say the same."""

    HOURS = "hours"
    CALLS = "calls"
    ATTEMPTS = "attempts"
    VISITS = "visits"
    OTHERS = "others"
    PUBLIC = "public"
    PERSONAL_IM = "personal_im"


TOPICS: Mapping[str, Topic] = {
    **dict.fromkeys(conduct.HOURS, Topic.HOURS),
    "cn.freq.voice_effective.gbt": Topic.CALLS,
    "cn.freq.attempts.cba": Topic.ATTEMPTS,
    "cn.freq.visit": Topic.VISITS,
    **dict.fromkeys((*GATES, CARD_BAN), Topic.OTHERS),
    NO_PUBLIC: Topic.PUBLIC,
    PRIVATE_ACCOUNT: Topic.PERSONAL_IM,
}
_COUNTED: Mapping[str, tuple[Callable[[Contact], bool], Callable[[DayCounts], int]]] = {
    "cn.freq.voice_effective.gbt": (is_effective_call, lambda day: day.conversations),
    "cn.freq.attempts.cba": (is_failed_call, lambda day: day.failed_to_number),
    "cn.freq.visit": (is_visit, lambda day: day.visits),
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """
    A contact and who made it. `callers` are the lender types it may have come from: one when it is known, all when it is
    not. `card`: a credit card is among the debts with this creditor.
    """

    contact: Contact
    callers: tuple[str, ...]
    card: bool = False


@dataclass(frozen=True, kw_only=True)
class Fine:
    """Something a rule looks at that was in order; `counted` of `limit` where it counts, else None."""

    topic: Topic
    rule: str
    counted: int | None = None
    limit: int | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Findings strongest first. `calls_today` counts conversations of the contact's own day up to it."""

    findings: tuple[Finding, ...]
    fine: tuple[Fine, ...]
    calls_today: int

    @property
    def topics(self) -> tuple[Topic, ...]:
        return tuple(dict.fromkeys(TOPICS[finding.rule] for finding in self.findings))


def verdicts(rulebook: Rulebook, pool: Sequence[Entry], zones: tuple[str, ...]) -> Mapping[str, Verdict]:
    """A verdict for each contact of one creditor's pool, by id, under the rules of its own local day."""
    judged = rulebook.judged_zones(zones)
    every = facts_of([entry.contact for entry in pool], judged)
    failed = _failed_in_a_row(pool)
    return {
        entry.contact.id: _verdict(rulebook, entry, facts, failed[entry.contact.id])
        for entry, facts in zip(pool, every, strict=True)
    }


def _verdict(rulebook: Rulebook, entry: Entry, facts: ContactFacts, failed: int) -> Verdict:
    sets = [
        {finding.rule: finding for finding in _findings(rulebook, entry, facts, caller, failed)}
        for caller in entry.callers
    ]
    # Of a caller nobody knows, only what would hold whoever it was.
    sure = [finding for rule, finding in sets[0].items() if all(rule in other for other in sets[1:])]
    sure.sort(key=lambda finding: (STRENGTH[finding.force], finding.rule))
    broken = {TOPICS[finding.rule] for finding in sure}
    return Verdict(
        findings=tuple(sure),
        fine=tuple(fine for fine in _fine(rulebook, entry, facts) if fine.topic not in broken),
        calls_today=facts.days[0].conversations,
    )


def _findings(
    rulebook: Rulebook, entry: Entry, facts: ContactFacts, caller: str, failed: int
) -> Iterable[Finding]:
    yield from conduct.judge(rulebook, facts, lender_type=caller)
    contact = entry.contact
    if contact.direction != "outbound" or contact.purpose == "service":
        return
    rules = rulebook.in_force(facts.days[0].local.date, caller)
    if contact.party in (LISTED, THIRD, EMPLOYER, PUBLIC):
        yield from _about_others(rules, contact, failed, entry.card)
    if PRIVATE_ACCOUNT in rules and contact.channel in rules[PRIVATE_ACCOUNT].names("channels"):
        yield found(rules[PRIVATE_ACCOUNT], {"channel": contact.channel})


def _about_others(rules: Mapping[str, Rule], contact: Contact, failed: int, card: bool) -> Iterable[Finding]:
    because = {"party": contact.party}
    if contact.party == LISTED:
        gate = rules.get(GATES[1])
        if gate is None or failed >= gate.number("failed_attempts"):
            return
        yield from (found(rules[name], because | {"failed": failed}) for name in GATES if name in rules)
        return
    if card and CARD_BAN in rules:
        yield found(rules[CARD_BAN], because)
    else:
        yield from (found(rules[name], because) for name in GATES if name in rules)
    if contact.party == PUBLIC and NO_PUBLIC in rules:
        yield found(rules[NO_PUBLIC], because)


def _fine(rulebook: Rulebook, entry: Entry, facts: ContactFacts) -> Iterable[Fine]:
    contact, day = entry.contact, facts.days[0]
    if contact.direction != "outbound" or contact.party in conduct.OUTSIDE:
        return
    shared = [rulebook.in_force(day.local.date, caller) for caller in entry.callers]
    rules = {name: rule for name, rule in shared[0].items() if all(name in other for other in shared)}
    hours = next((name for name in sorted(conduct.HOURS) if name in rules), None)
    if hours:
        yield Fine(topic=Topic.HOURS, rule=hours)
    for name, (applies, counted) in _COUNTED.items():
        if name in rules and applies(contact):
            yield Fine(topic=TOPICS[name], rule=name, counted=counted(day), limit=rules[name].number("limit"))


def _failed_in_a_row(pool: Sequence[Entry]) -> Mapping[str, int]:
    """Id → how many calls in a row had failed to reach the borrower just before it; a conversation starts anew."""
    run, found_runs = 0, {}
    for contact in sorted((entry.contact for entry in pool), key=lambda contact: contact.at):
        found_runs[contact.id] = run
        if contact.direction == "outbound" and contact.channel in CALLS and contact.party == "borrower":
            if contact.outcome in FAILED:
                run += 1
            elif contact.outcome == "conversation":
                run = 0
    return found_runs
