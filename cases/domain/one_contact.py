"""
One contact as a visitor tells of it: when, how, whom, how often that day and in seven days, and what had been said before.
It becomes a question of the public contract, with as many other contacts as were counted, placed so that they are counted
and nothing else is read into them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from cases.domain.conduct import Finding
from cases.domain.conduct_question import Jurisdiction, Question
from cases.domain.diary import STRENGTH, TOPICS, Topic
from cases.domain.facts import CALLS, TRAITS, Contact
from cases.domain.person_facts import PersonFact
from cases.domain.rulebook import LenderType, Rule, Rulebook

MOST = 99
ASKED = "asked"
# What a visitor may have said before; each is a fact of the contract that needs nothing but its kind.
SAID = (
    "opt_out",
    "cease",
    "inconvenient",
    "represented",
    "dispute",
    "plan_in_force",
    "moratorium",
    "contact_refused",
    "night",
    "unreachable",
)
# Closer together, unanswered calls would look like calls one right after the other, which nobody said.
_APART = timedelta(minutes=6)
_BEFORE = timedelta(days=60)
_NUMBER = "n"

_ABROAD: Mapping[str, str] = {
    "us.time.window": Topic.HOURS,
    "us.time.known": Topic.INCONVENIENT,
    "us.attorney": Topic.REPRESENTED,
    "us.cease": Topic.CEASE,
    "us.medium.optout": Topic.OPT_OUT,
    "us.freq.7in7": Topic.CALLS,
    "us.freq.after_talk": Topic.CALLS,
    "us.freq.pattern": Topic.CALLS,
    "us.freq.text": "messages",
    "us.third.ban": Topic.OTHERS,
    "us.social": Topic.PUBLIC,
    "us.dispute": Topic.DISPUTE,
    "uk.time": Topic.INCONVENIENT,
    "uk.time.usual": Topic.HOURS,
    "uk.freq": Topic.CALLS,
    "uk.third": Topic.OTHERS,
    "uk.embarrass": Topic.PUBLIC,
    "uk.agent": Topic.REPRESENTED,
    "uk.bs.effect": Topic.MORATORIUM,
    "uk.dispute": Topic.DISPUTE,
    **{f"{book}.conduct.{trait}": trait for book in ("us", "uk") for trait in TRAITS},
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """
    `that_day` and `seven_days` count contacts like this one, itself among them, the seven days ending with its own. `zones`
    are names of the time-zone database: where the person may have been.
    """

    jurisdiction: Jurisdiction
    lender_type: LenderType
    at: datetime
    zones: tuple[str, ...]
    channel: str
    party: str
    outcome: str
    that_day: int = 1
    seven_days: int = 1
    said: Collection[str] = ()
    traits: Collection[str] = ()

    def findings(self) -> list[Finding]:
        """What the rules of its day say to this contact, strongest first."""
        found = [finding for name, finding in self.question().findings() if name == ASKED]
        return sorted(found, key=lambda finding: (STRENGTH[finding.force], finding.rule))

    def question(self) -> Question:
        return Question(
            jurisdiction=self.jurisdiction,
            lender_type=self.lender_type,
            zones=self.zones,
            facts=tuple(self._fact(kind) for kind in SAID if kind in self.said),
            contacts=(*self._earlier(), self._contact(ASKED, self.at, self.outcome, traits=self.traits)),
        )

    def _fact(self, kind: str) -> PersonFact:
        begins = self.at - _BEFORE
        if kind == "opt_out":
            return PersonFact(kind=kind, begins=begins, channel=self.channel)
        if kind == "night":
            return PersonFact(kind="consent", scope=kind, begins=begins)
        if kind == "contact_refused":
            return PersonFact(kind=kind, begins=begins, number=_NUMBER)
        return PersonFact(kind=kind, begins=begins)

    def _earlier(self) -> list[Contact]:
        zone = ZoneInfo(self.zones[0])
        local = self.at.astimezone(zone)
        midnight = datetime.combine(local.date(), time.min, zone)
        before = self.that_day - 1
        apart = (local - midnight) / (before + 1)
        # China has no rule about calls in quick succession, and one about attempts on a number.
        numbered = self.jurisdiction is Jurisdiction.CN or apart > _APART
        found = [
            self._contact(f"day-{n}", midnight + apart * (n + 1), self.outcome, numbered=numbered)
            for n in range(before)
        ]
        noon = datetime.combine(local.date(), time(12), zone)
        # Of other days only the number was told, so nothing is read into how they ended.
        ended = "unanswered" if self.channel in CALLS else "delivered"
        for n in range(max(0, self.seven_days - self.that_day)):
            day = noon - timedelta(days=1 + n % 6)
            found.append(self._contact(f"week-{n}", day + _APART * 2 * (n // 6), ended, numbered=False))
        return found

    def _contact(
        self, name: str, at: datetime, outcome: str, *, traits: Collection[str] = (), numbered: bool = True
    ) -> Contact:
        return Contact(
            id=name,
            at=at,
            channel=self.channel,
            party=self.party,
            outcome=outcome,
            number=_NUMBER if numbered else "",
            traits=frozenset(traits),
        )


def topic_of(rule_id: str) -> str:
    """What a finding is about; a trait is its own topic."""
    return _ABROAD.get(rule_id) or TOPICS[rule_id]


def row_of(book: Rulebook, finding: Finding) -> Rule:
    """The row of the rulebook that a finding was made under."""
    return next(
        row for row in book.rules if row.id == finding.rule and row.effective_from == finding.effective_from
    )
