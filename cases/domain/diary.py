"""
What a diary of contacts shows. One creditor's contacts and those of everyone acting for it are judged together, with what
the person had told that creditor; each gets findings (hours, daily counts, other people, private accounts, what was done,
what had been asked for) and a word on what was fine. Strangers are judged only by
what binds every kind of lender, and only counted with themselves.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from cases.domain import conduct
from cases.domain.conduct import Finding
from cases.domain.facts import (
    TRAITS,
    Contact,
    Facts,
    LocalTime,
    is_effective_call,
    is_failed_call,
    is_visit,
)
from cases.domain.history import History
from cases.domain.person_facts import PersonFact, PersonFacts
from cases.domain.rulebook import Force, Rulebook

STRENGTH = {force: rank for rank, force in enumerate(Force)}
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
    OPT_OUT = "opt_out"
    CEASE = "cease"
    INCONVENIENT = "inconvenient"
    REPRESENTED = "represented"
    MORATORIUM = "moratorium"
    DISPUTE = "dispute"
    PLAN = "plan_in_force"


# A trait is its own topic: what was done stands out by itself.
TOPICS: Mapping[str, str] = {
    **dict.fromkeys(conduct.HOURS, Topic.HOURS),
    "cn.freq.voice_effective.gbt": Topic.CALLS,
    "cn.freq.attempts.cba": Topic.ATTEMPTS,
    "cn.freq.visit": Topic.VISITS,
    **dict.fromkeys((*GATES, CARD_BAN), Topic.OTHERS),
    NO_PUBLIC: Topic.PUBLIC,
    PRIVATE_ACCOUNT: Topic.PERSONAL_IM,
    **{
        f"house.{topic}": topic
        for topic in (
            Topic.OPT_OUT,
            Topic.CEASE,
            Topic.INCONVENIENT,
            Topic.REPRESENTED,
            Topic.MORATORIUM,
            Topic.DISPUTE,
            Topic.PLAN,
        )
    },
    "cn.plan.card70.stop": Topic.PLAN,
    "house.contact_refused": Topic.OTHERS,
    **{f"cn.conduct.{trait}": trait for trait in TRAITS},
}
_COUNTED: Mapping[str, tuple[Callable[[Contact], bool], Callable[[Facts], int]]] = {
    "cn.freq.voice_effective.gbt": (is_effective_call, lambda day: day.talks),
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

    topic: str
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
    def topics(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(TOPICS[finding.rule] for finding in self.findings))


def verdicts(
    rulebook: Rulebook,
    pool: Sequence[Entry],
    zones: tuple[str, ...],
    said: Sequence[PersonFact] = (),
    only: Collection[str] | None = None,
) -> Mapping[str, Verdict]:
    """
    A verdict for each contact of one creditor's pool, by id, under the rules of its own local day. `said`: what the person
    had told this creditor; a finding that rests on it says since when. With `only`, the others count and are not judged.
    """
    history = History([entry.contact for entry in pool], rulebook.contact_zones(zones), PersonFacts(said))
    return {
        entry.contact.id: _verdict(rulebook, entry, history.days(entry.contact, card=entry.card), said)
        for entry in pool
        if only is None or entry.contact.id in only
    }


def _since(finding: Finding, said: Sequence[PersonFact]) -> Finding:
    place = finding.because.get("fact")
    if place is None:
        return finding
    return replace(finding, because={**finding.because, "since": said[place].begins.isoformat()})


def _verdict(
    rulebook: Rulebook,
    entry: Entry,
    days: Sequence[tuple[LocalTime, Facts]],
    said: Sequence[PersonFact],
) -> Verdict:
    sets = [
        {
            finding.rule: _since(finding, said)
            for finding in conduct.judge(rulebook, entry.contact, days, lender_type=caller)
        }
        for caller in entry.callers
    ]
    # Of a caller nobody knows, only what would hold whoever it was.
    sure = [finding for rule, finding in sets[0].items() if all(rule in other for other in sets[1:])]
    sure.sort(key=lambda finding: (STRENGTH[finding.force], finding.rule))
    broken = {TOPICS[finding.rule] for finding in sure}
    return Verdict(
        findings=tuple(sure),
        fine=tuple(fine for fine in _fine(rulebook, entry, *days[0]) if fine.topic not in broken),
        calls_today=days[0][1].talks,
    )


def _fine(rulebook: Rulebook, entry: Entry, local: LocalTime, facts: Facts) -> Iterable[Fine]:
    contact = entry.contact
    if contact.direction != "outbound" or contact.party in conduct.OUTSIDE:
        return
    shared = [rulebook.in_force(local.date, caller) for caller in entry.callers]
    rules = {name: rule for name, rule in shared[0].items() if all(name in other for other in shared)}
    hours = next((name for name in sorted(conduct.HOURS) if name in rules), None)
    if hours:
        yield Fine(topic=Topic.HOURS, rule=hours)
    for name, (applies, counted) in _COUNTED.items():
        if name in rules and applies(contact):
            yield Fine(
                topic=TOPICS[name], rule=name, counted=counted(facts), limit=rules[name].number("limit")
            )
