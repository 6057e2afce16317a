"""
Weeks of messages under the gate, judged afterwards by a second reading of the rules that shares no code with it: clocks are read
with zoneinfo, numbers are written out here, and every send is looked at in the light of what was really true at that second.

Each history has its own law, zones, lenders, agents, wishes, protections that begin and end, opt-outs that arrive late, workers
that are up to two days behind and ask again whatever they were told.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cases.domain.facts import most_in_a_local_day
from cases.domain.rulebook import load
from notices.domain.gate import GateFacts, Inconvenient, Outcome, judge

BOOKS = {name: load(name) for name in ("cn", "us", "uk")}
HOME = {"cn": "Asia/Shanghai", "us": "America/New_York", "uk": "Europe/London"}
ZONES = {
    "cn": ("Asia/Shanghai", "Asia/Urumqi", "Europe/London", "Australia/Lord_Howe"),
    "us": ("America/New_York", "America/Los_Angeles", "America/Phoenix", "Pacific/Honolulu"),
    "uk": ("Europe/London", "Asia/Kathmandu", "America/Santiago"),
}
KINDS = ("bank", "facilitator", "creditor", "debt_collector")
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Days around which clocks are put forward or back, and an ordinary one.
STARTS = (date(2027, 3, 10), date(2027, 3, 25), date(2027, 5, 11), date(2027, 10, 28), date(2027, 11, 4))
DAYS = 9
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Span:
    """Something that is true for a while; `lender` None: towards all."""

    kind: str
    begins: datetime
    ends: datetime
    lender: int | None = None

    def holds(self, at: datetime, lender: int) -> bool:
        return self.begins <= at < self.ends and self.lender in (None, lender)


@dataclass
class Person:
    law: str
    zones: tuple[str, ...]
    lenders: tuple[str, ...]
    agent_of: dict[str, int]
    quiet: tuple[time, time] | None
    days: tuple[str, ...]
    pace: int
    inconvenient: tuple[Inconvenient, ...]
    vulnerable: bool
    discreet: bool
    spans: list[Span]
    wishes: list[tuple[datetime, int]]
    # Contacts that others made: when, for which lender or by which agent, whether it was written.
    others: list[tuple[datetime, int | str, bool]]
    sent: list[tuple[datetime, int]] = field(default_factory=list)


def a_person(chance: random.Random) -> Person:
    law = chance.choice(["cn", "us", "uk"])
    start = datetime.combine(chance.choice(STARTS), time(), UTC)

    def moment() -> datetime:
        return start + timedelta(seconds=chance.randrange(DAYS * 86_400))

    lenders = tuple(chance.choice(KINDS) for _ in range(chance.choice([1, 2, 3])))
    agents = {f"agent{n}": chance.randrange(len(lenders)) for n in range(chance.choice([0, 1, 2]))}
    spans = []
    for _ in range(chance.choice([0, 0, 1, 1, 2, 3])):
        begins = moment()
        kind = chance.choice(
            ["crisis", "dispute", "represented", "moratorium", "cease", "opted_out", "paused", "pending"]
        )
        lender = chance.choice([None, chance.randrange(len(lenders))]) if kind != "paused" else None
        spans.append(Span(kind, begins, begins + chance.choice([3, 30, 200]) * HOUR, lender))
    both = [*range(len(lenders)), *agents]
    return Person(
        law=law,
        zones=tuple(chance.sample(ZONES[law], chance.choice([0, 1, 1, 1, 2]))),
        lenders=lenders,
        agent_of=agents,
        quiet=chance.choice([None, None, (time(20), time(9)), (time(12), time(13, 30))]),
        days=chance.choice([(), (), ("mon", "wed", "fri"), ("sat", "sun")]),
        pace=chance.choice([0, 0, 1, 3, 7]),
        inconvenient=chance.choice(
            [(), (), (Inconvenient(before=11 * 3600),), (Inconvenient(after=17 * 3600, days=("tue", "thu")),)]
        ),
        vulnerable=chance.random() < 0.2,
        discreet=chance.random() < 0.3,
        spans=spans,
        wishes=sorted((moment(), chance.randrange(len(lenders))) for _ in range(chance.choice([3, 6, 12]))),
        others=sorted(
            ((moment(), chance.choice(both), chance.random() < 0.7) for _ in range(chance.choice([0, 2, 8]))),
            key=lambda one: one[0],
        ),
    )


# ── the gate as our workers ask it ───────────────────────────────────────────────────────────
def live(chance: random.Random, person: Person) -> None:
    """Every wish goes through a queue: asked, put off, asked again late and once more, until it leaves or is given up."""
    waiting = list(person.wishes)
    while waiting:
        waiting.sort()
        due, lender = waiting.pop(0)
        at = due + chance.choice([0, 0, 1, 60, 3600, 48 * 3600]) * timedelta(seconds=1)
        at = max([at, *(when for when, _ in person.sent)])
        verdict = judge(BOOKS[person.law], facts_at(person, at, lender))
        if verdict.outcome is Outcome.ALLOWED:
            person.sent.append((at, lender))
        elif verdict.not_before is not None and verdict.not_before < due + timedelta(days=5):
            waiting.append((verdict.not_before, lender))
        elif verdict.outcome is Outcome.REFUSED and chance.random() < 0.3 and at < due + timedelta(days=2):
            waiting.append((at + 7 * HOUR, lender))


def facts_at(person: Person, at: datetime, lender: int) -> GateFacts:
    kind = person.lenders[lender]
    book = BOOKS[person.law]
    both = (*(person.zones or (book.zone,)), *book.judged_zones(person.zones))
    known = [(when, for_, True) for when, for_ in person.sent] + person.others
    before = [one for one in known if one[0] <= at]
    mine = [(when, wrote) for when, for_, wrote in before if person.agent_of.get(str(for_), for_) == lender]
    true = {span.kind for span in person.spans if span.holds(at, lender)}
    return GateFacts(
        now=at,
        channel="sms",
        purpose="reminder",
        lender_type=kind,
        consented=True,
        address_known=True,
        zones=person.zones,
        sent_to_person_today=most_in_a_local_day((w for w, _, wrote in before if wrote), now=at, zones=both),
        sent_by_lender_today=most_in_a_local_day((w for w, wrote in mine if wrote), now=at, zones=both),
        contacts_by_lender_today=most_in_a_local_day((w for w, _ in mine), now=at, zones=both),
        holds=tuple(sorted(true - {"opted_out", "paused", "pending"})),
        opted_out="opted_out" in true,
        paused="paused" in true,
        payment_pending="pending" in true,
        quiet=person.quiet,
        inconvenient=person.inconvenient,
        days=person.days,
        pace=person.pace,
        last_reminder=max((when for when, _ in person.sent), default=None),
        content_complete=not (person.discreet and person.law == "us" and kind == "debt_collector"),
        vulnerable=person.vulnerable,
    )


# ── the second reading ───────────────────────────────────────────────────────────────────────
def faults(person: Person) -> list[str]:
    """What was wrong with what left, in words; nothing here calls the gate or its clocks."""
    found = []
    own = [ZoneInfo(zone) for zone in person.zones or (HOME[person.law],)]
    # By Chinese practice a person in Xinjiang lives by Beijing's clock too.
    law_zones = [
        ZoneInfo("Asia/Shanghai" if zone.key == "Asia/Urumqi" else zone.key) if person.law == "cn" else zone
        for zone in own
    ]
    for place, (at, lender) in enumerate(person.sent):
        kind = person.lenders[lender]
        found += [f"{at} {word}" for word in closed(person, kind, at, own, law_zones)]
        found += [f"{at} {span.kind}" for span in person.spans if span.holds(at, lender)]
        if person.discreet and person.law == "us" and kind == "debt_collector":
            found.append(f"{at} said nothing of who collects")
        if place and person.pace:
            last = person.sent[place - 1][0]
            gaps = [(at.astimezone(zone).date() - last.astimezone(zone).date()).days for zone in own]
            found += [f"{at} too soon after the last"] if min(gaps) < person.pace else []
    for zone in {*own, *law_zones}:
        found += too_many(person, zone)
    return found


def closed(
    person: Person, kind: str, at: datetime, own: list[ZoneInfo], law_zones: list[ZoneInfo]
) -> list[str]:
    found = []
    evening = {"cn": time(22), "us": time(21) if kind == "debt_collector" else time(22), "uk": time(21)}
    # No Chinese instrument binds a private creditor: there the house's night where the person lives is all there is.
    for zone in () if person.law == "cn" and kind == "creditor" else law_zones:
        if asleep(at.astimezone(zone).time(), evening[person.law]):
            found.append(f"night in {zone.key}")
    for zone in own:
        clock = at.astimezone(zone)
        # Under any law our own night is ten to eight where the person is.
        if asleep(clock.time(), time(22)):
            found.append(f"our own night in {zone.key}")
        if person.days and WEEK[clock.weekday()] not in person.days:
            found.append("a day that was left out")
        if person.quiet and between(clock.time(), *person.quiet):
            found.append("quiet hours")
        for said in person.inconvenient:
            if WEEK[clock.weekday()] not in said.days:
                continue
            second = clock.hour * 3600 + clock.minute * 60 + clock.second
            if said.before is not None and second < said.before:
                found.append("before the time that suits")
            if said.after is not None and second >= said.after:
                found.append("after the time that suits")
    return found


def asleep(clock: time, evening: time) -> bool:
    return clock.replace(microsecond=0) >= evening or clock.replace(microsecond=0) <= time(8)


def between(clock: time, start: time, end: time) -> bool:
    clock = clock.replace(microsecond=0)
    return start <= clock <= end if start <= end else clock >= start or clock <= end


def too_many(person: Person, zone: ZoneInfo) -> list[str]:
    """Caps at the moment of each send: what had come before it that day, with it."""
    found = []
    counted: defaultdict[date, list[int | None]] = defaultdict(list)
    happened = [(when, for_, wrote, False) for when, for_, wrote in person.others]
    happened += [(when, lender, True, True) for when, lender in person.sent]
    calls: defaultdict[tuple[date, int], int] = defaultdict(int)
    for when, for_, wrote, ours in sorted(happened, key=lambda one: (one[0], one[3])):
        day = when.astimezone(zone).date()
        lender = person.agent_of.get(str(for_), for_)
        assert isinstance(lender, int)
        calls[day, lender] += 1
        if wrote:
            counted[day].append(lender)
        if not ours:
            continue
        if counted[day].count(lender) > 1:
            found.append(f"{when} a second one for lender {lender} on {day} in {zone.key}")
        if len(counted[day]) > (1 if person.vulnerable else 3):
            found.append(f"{when} too many on {day} in {zone.key}")
        if person.law == "uk" and calls[day, lender] > 3:
            found.append(f"{when} a fourth contact on {day} in {zone.key}")
    return found


# ── the tests ────────────────────────────────────────────────────────────────────────────────
def histories(first: int, count: int) -> tuple[int, list[str]]:
    sent, found = 0, []
    for seed in range(first, first + count):
        chance = random.Random(seed)
        person = a_person(chance)
        live(chance, person)
        sent += len(person.sent)
        found += [f"history {seed}: {fault}" for fault in faults(person)]
    return sent, found


def test_no_history_has_an_unlawful_send() -> None:
    sent, found = histories(0, 300)
    assert found == []
    assert sent > 300


@pytest.mark.long
def test_ten_thousand_histories_have_no_unlawful_send() -> None:
    sent, found = histories(0, 10_000)
    assert found == []
    assert sent > 10_000


def test_the_second_reading_sees_what_a_careless_sender_does() -> None:
    """The control: whoever sends whenever they wish is caught nearly every time."""
    caught = 0
    for seed in range(60):
        person = a_person(random.Random(seed))
        person.sent = person.wishes
        caught += bool(faults(person))
    assert caught > 50


PROTECTED = ("crisis", "dispute", "represented", "moratorium", "cease", "opted_out", "paused", "pending")


def counted(person: Person) -> int:
    person.sent = []
    live(_Prompt(), person)
    return len(person.sent)


class _Prompt(random.Random):
    """A worker without delay, so that two lives differ in nothing but what is compared."""

    def choice(self, seq):  # type: ignore[no-untyped-def]
        return seq[0]

    def random(self) -> float:
        return 1.0


@pytest.mark.parametrize("added", [*PROTECTED, "vulnerable"])
def test_over_days_no_protection_brings_more_contact(added: str) -> None:
    more = 0
    for seed in range(30):
        person = a_person(random.Random(seed))
        freely = counted(person)
        if added == "vulnerable":
            person.vulnerable = True
        else:
            person.spans.append(
                Span(added, datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
            )
        more += counted(person) > freely
    assert more == 0
