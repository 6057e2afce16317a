"""
The gate: may this message leave now, and if not, when? It is asked when a message is planned and again in the transaction
that takes the sending slot. A message is allowed, deferred to the next lawful second, or refused; we never compute when
pressure may resume after a protection. What the person asked for, or the law requires, passes every protection:
codes, answers, confirmations and required notices stop only at an address that is unknown or was opted out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from cases.domain import conduct
from cases.domain import facts as clocks
from cases.domain.conduct import Finding as Finding
from cases.domain.facts import LocalTime
from cases.domain.person_facts import DAYS as WEEK
from cases.domain.person_facts import PersonFact
from cases.domain.rulebook import Rule, Rulebook
from notices.domain import gate_rules as rules

GENTLE, QUIET, OWN_CLOCK = "house.vulnerable", "house.quiet_hours", "house.own_clock"
DAYS, PACE, CONTENT = "house.days", "house.pace", "house.content"
# Messages a day: the row of the jurisdiction's table where it has one, else the house's.
_CAPS = {"cn": "cn.freq.sms_email_wechat"}
_LAW_CAPS = ("us.freq.text", "uk.freq")
# What has to stand in every message of those whom these rows bind.
_DISCLOSURES = ("us.disclose", "us.eoptout")

_MORE_THAN_ANY_CAP = 1_000_000
HORIZON = timedelta(days=35)
"""No lawful second within this time: refused rather than promised."""


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"
    WECHAT = "wechat"
    INBOX = "inbox"


class Purpose(StrEnum):
    REMINDER = "reminder"
    ANSWER = "answer"
    CONFIRMATION = "confirmation"
    SECURITY_CODE = "security_code"
    REQUIRED = "required"


class Outcome(StrEnum):
    ALLOWED = "allowed"
    DEFERRED = "deferred"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Inconvenient:
    """A time of the local week that does not suit the person, as in the public contract: seconds of the day, and days."""

    before: int | None = None
    after: int | None = None
    days: tuple[str, ...] = WEEK

    def holds(self, local: LocalTime) -> bool:
        said = PersonFact(
            kind="inconvenient",
            begins=datetime.min.replace(tzinfo=UTC),
            before=self.before,
            after=self.after,
            days=frozenset(self.days),
        )
        return said.inconvenient_at(local)


@dataclass(frozen=True, kw_only=True)
class GateFacts:
    """
    Everything the gate looks at.

    `now`: an instant with an offset. `zones`: where the person may be; empty means the rulebook's own zone.
    `sent_to_person_today`, `sent_by_lender_today`: messages already sent, on the stricter of the person's clocks
    (`cases.domain.facts.most_in_a_local_day`); what is uncertain counts as sent. `holds`: kinds in force, the debt's and
    the person's together. `opted_out`: of this channel, from this lender or from all. `address_opted_out`: of this very
    number or address. `consented`: a dated consent covers this purpose and channel. `quiet`: hours in which the person
    wants no reminder, both edges included, over midnight if needed. `inconvenient`: times the person told the lender do not
    suit them. `days`: the days of the week ("mon" …) on which reminders may come, none named means any. `pace`: the least
    local days from one of our reminders to the next, the latest being `last_reminder`. `contacts_by_lender_today`: contacts
    of every kind, by the lender and all who act for it. `content_complete`: what the law wants in it is in it, which
    discreet words cannot be (`wants_disclosure`). `wording_approved`: the house's words, or words a second person of the
    lender approved. `reminds_of_plan`: the message is about an instalment
    of the agreed plan itself, which its borrower asked for; anything else stays silent while a plan is kept.
    `payment_pending`: a payment was noted and the lender has not confirmed it. `payment_disputed`: the amount itself is
    questioned; decisions kept from before the two were told apart have it for both.
    """

    now: datetime
    channel: str
    purpose: str
    lender_type: str
    consented: bool
    address_known: bool
    zones: tuple[str, ...] = ()
    sent_to_person_today: int = 0
    sent_by_lender_today: int = 0
    holds: tuple[str, ...] = ()
    opted_out: bool = False
    address_opted_out: bool = False
    paused: bool = False
    quiet: tuple[time, time] | None = None
    plan_in_force: bool = False
    reminds_of_plan: bool = False
    payment_disputed: bool = False
    payment_pending: bool = False
    vulnerable: bool = False
    inconvenient: tuple[Inconvenient, ...] = ()
    days: tuple[str, ...] = ()
    pace: int = 0
    last_reminder: datetime | None = None
    contacts_by_lender_today: int = 0
    content_complete: bool = True
    wording_approved: bool = True


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`not_before` (UTC, whole second) only where deferred. `findings` are those of the moment asked about."""

    outcome: Outcome
    not_before: datetime | None
    findings: tuple[Finding, ...]
    rulebook_version: str

    @property
    def allowed(self) -> bool:
        return self.outcome is Outcome.ALLOWED


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question as the rules see it: whole numbers only, a yes is 1."""

    reminder: int
    pushed: int
    address_known: int
    address_opted_out: int = 0
    opted_out: int = 0
    consented: int = 1
    paused: int = 0
    moratorium: int = 0
    dispute: int = 0
    represented: int = 0
    cease: int = 0
    held: int = 0
    payment_disputed: int = 0
    payment_pending: int = 0
    plan_in_force: int = 0
    reminds_of_plan: int = 0
    vulnerable: int = 0
    content_complete: int = 1
    wording_approved: int = 1
    sent_by_lender: int = 0
    sent_to_person: int = 0
    contacts_by_lender: int = 0


@dataclass(frozen=True, kw_only=True)
class Caps:
    """The rulebook's numbers of one day: messages to a person, for one lender, and to somebody vulnerable; then those of
    the jurisdiction's own rule, where it has one."""

    per_lender: int
    per_person: int
    gentle: int
    law_messages: int = _MORE_THAN_ANY_CAP
    law_contacts: int = _MORE_THAN_ANY_CAP


Test = Callable[[Any, Any], Any]

# What no waiting cures: rule, what it is asked, and the fact that a finding names. The place is the bit in a night's record,
# so that lines are added at the end and never moved.
PROTECTIONS: tuple[tuple[Test, str, str], ...] = (
    (rules.no_address, "house.address", "address"),
    (rules.address_refused, "house.opt_out", "address_opted_out"),
    (rules.way_refused, "house.opt_out", "opted_out"),
    (rules.not_agreed_to, "house.consent", "consent"),
    (rules.paused, "house.paused", "paused"),
    (rules.in_moratorium, "house.moratorium", "moratorium"),
    (rules.in_dispute, "house.dispute", "dispute"),
    (rules.represented, "house.represented", "represented"),
    (rules.ceased, "house.cease", "cease"),
    (rules.held, "house.hold", "hold"),
    (rules.payment_pending, "house.payment_pending", "payment_pending"),
    (rules.plan_is_kept, "house.plan_in_force", "plan_in_force"),
    (rules.incomplete, CONTENT, "content"),
    (rules.unapproved, "house.wording", "wording"),
)
NAMED_HOLDS = ("moratorium", "dispute", "represented", "cease")
"""Every other kind of hold is `house.hold`: an unknown protection protects."""


def judge(rulebook: Rulebook, facts: GateFacts) -> Verdict:
    """The verdict on these facts. The same facts and the same rulebook always give the same verdict."""
    now = clocks.whole_second(facts.now)
    protections = _sorted(_protections(rulebook, facts, now))
    delays = _delays(rulebook, facts, now)
    not_before = None
    if protections:
        outcome = Outcome.REFUSED
    elif not delays:
        outcome = Outcome.ALLOWED
    else:
        not_before = _next_lawful(rulebook, facts, now)
        outcome = Outcome.DEFERRED if not_before else Outcome.REFUSED
    return Verdict(
        outcome=outcome,
        not_before=not_before,
        findings=_sorted([*protections, *delays]),
        rulebook_version=rulebook.version_with_house,
    )


def as_json(facts: GateFacts) -> dict[str, Any]:
    """The facts as JSON can hold them, to be stored with the decision; `from_json` reads them back."""
    quiet = facts.quiet and [at.isoformat() for at in facts.quiet]
    # Not `asdict`, which copies every value: this is done for every message.
    return {each.name: getattr(facts, each.name) for each in fields(facts)} | {
        "now": facts.now.isoformat(),
        "zones": list(facts.zones),
        "holds": list(facts.holds),
        "quiet": quiet,
        "inconvenient": [asdict(each) | {"days": list(each.days)} for each in facts.inconvenient],
        "days": list(facts.days),
        "last_reminder": facts.last_reminder.isoformat() if facts.last_reminder else None,
    }


def from_json(stored: Mapping[str, Any]) -> GateFacts:
    quiet, last = stored.get("quiet"), stored.get("last_reminder")
    return GateFacts(
        **{
            **stored,
            "now": datetime.fromisoformat(stored["now"]),
            "zones": tuple(stored.get("zones", ())),
            "holds": tuple(stored.get("holds", ())),
            "quiet": (time.fromisoformat(quiet[0]), time.fromisoformat(quiet[1])) if quiet else None,
            "inconvenient": tuple(
                Inconvenient(**{**each, "days": tuple(each["days"])})
                for each in stored.get("inconvenient", ())
            ),
            "days": tuple(stored.get("days", ())),
            "last_reminder": datetime.fromisoformat(last) if last else None,
        }
    )


def findings_as_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as JSON can hold them, in the public contract's words."""
    return [
        {
            "rule": finding.rule,
            "verdict": str(finding.verdict),
            "force": str(finding.force),
            "citation": finding.citation,
            "verified": finding.verified,
            "because": dict(finding.because),
        }
        for finding in findings
    ]


def asked(facts: GateFacts) -> Asked:
    """The facts as the rules see them."""
    reminder = facts.purpose == Purpose.REMINDER
    return Asked(
        reminder=int(reminder),
        pushed=int(reminder and facts.channel != Channel.INBOX),
        address_known=int(facts.address_known),
        address_opted_out=int(facts.address_opted_out),
        opted_out=int(facts.opted_out),
        consented=int(facts.consented),
        paused=int(facts.paused),
        moratorium=int("moratorium" in facts.holds),
        dispute=int("dispute" in facts.holds),
        represented=int("represented" in facts.holds),
        cease=int("cease" in facts.holds),
        held=int(bool(set(facts.holds) - set(NAMED_HOLDS))),
        payment_disputed=int(facts.payment_disputed),
        payment_pending=int(facts.payment_pending),
        plan_in_force=int(facts.plan_in_force),
        reminds_of_plan=int(facts.reminds_of_plan),
        vulnerable=int(facts.vulnerable),
        content_complete=int(facts.content_complete),
        wording_approved=int(facts.wording_approved),
        contacts_by_lender=facts.contacts_by_lender_today,
        sent_by_lender=facts.sent_by_lender_today,
        sent_to_person=facts.sent_to_person_today,
    )


def cap_rule(rulebook: Rulebook, on: date) -> Rule:
    """The row that says how many messages a day."""
    return rulebook.rule(_CAPS.get(rulebook.id, "house.messages"), on)


def caps(rulebook: Rulebook, on: date, lender_type: str = "") -> Caps:
    """The numbers in force on a local date; those of the jurisdiction's own rule only for whom it binds."""
    row = cap_rule(rulebook, on)
    law = {rule.id: rule.number("limit") for rule in _law_caps(rulebook, on, lender_type)}
    return Caps(
        per_lender=row.number("per_lender"),
        per_person=row.number("per_person"),
        gentle=rulebook.rule(GENTLE, on).number("per_person"),
        law_messages=law.get("us.freq.text", _MORE_THAN_ANY_CAP),
        law_contacts=law.get("uk.freq", _MORE_THAN_ANY_CAP),
    )


def wants_disclosure(rulebook: Rulebook, on: date, lender_type: str) -> tuple[Rule, ...]:
    """The rows that want something said in every message of such a lender; none for most."""
    bound = rulebook.in_force(on, lender_type)
    return tuple(bound[name] for name in _DISCLOSURES if name in bound)


def may_want_disclosure(rulebook: Rulebook, lender_type: str) -> bool:
    """Whether on any day a row wants something said in such a lender's messages."""
    return any(rule.id in _DISCLOSURES and rule.binds(lender_type) for rule in rulebook.rules)


def _law_caps(rulebook: Rulebook, on: date, lender_type: str) -> tuple[Rule, ...]:
    bound = rulebook.in_force(on, lender_type)
    return tuple(bound[name] for name in _LAW_CAPS if name in bound)


def named(rulebook: Rulebook, kind: str, on: date, lender_type: str) -> Rule:
    """The jurisdiction's own row about what a person said or is protected by, where it binds this lender; else the house's."""
    own = conduct.NAMED.get(rulebook.id, {}).get(kind, "")
    return rulebook.in_force(on, lender_type).get(own) or rulebook.rule(f"house.{kind}", on)


def hour_bits(
    rulebook: Rulebook, facts: GateFacts, *, night: int, quiet: int, inconvenient: int, days: int
) -> int:
    """Which closed times the moment lies in: `night` by a rule or the house, `quiet` and `days` by the person's own wish,
    `inconvenient` by what they told the lender."""
    if not _disturbs(facts):
        return 0
    at, bits = clocks.whole_second(facts.now), 0
    for finding in _closed(rulebook, facts, at):
        bits |= quiet if finding.rule == QUIET else night
    for found, bit in ((_inconvenient, inconvenient), (_off_days, days)):
        if any(True for _ in found(rulebook, facts, at)):
            bits |= bit
    return bits


def is_too_soon(rulebook: Rulebook, facts: GateFacts) -> bool:
    """Whether the person wants more days between two of our reminders."""
    return _disturbs(facts) and any(True for _ in _too_soon(rulebook, facts, clocks.whole_second(facts.now)))


def next_lawful(rulebook: Rulebook, facts: GateFacts, *, full: bool = False) -> datetime | None:
    """The first second after the facts' own that no hour stands against; with `full`, after the day that is full."""
    counted = facts.sent_to_person_today + (_MORE_THAN_ANY_CAP if full else 0)
    asked_of = replace(facts, sent_to_person_today=counted)
    return _next_lawful(rulebook, asked_of, clocks.whole_second(facts.now))


def first_day(rulebook: Rulebook, facts: GateFacts) -> date:
    """The local date whose numbers hold: the person's own."""
    return clocks.local_time(facts.now, _all_zones(rulebook, facts)[0]).date


def _protections(rulebook: Rulebook, facts: GateFacts, now: datetime) -> Iterator[Finding]:
    """What no waiting cures."""
    today = _today(rulebook, facts, now)
    question = asked(facts)
    for test, name, fact in PROTECTIONS:
        if not test(question, None):
            continue
        if name == "house.hold":
            fact = min(set(facts.holds) - set(NAMED_HOLDS))
        if name == CONTENT:
            wanted = wants_disclosure(rulebook, today, facts.lender_type)
            yield from (conduct.found(rule, {"fact": fact}) for rule in wanted)
            if wanted:
                continue
        rule = named(rulebook, name.removeprefix("house."), today, facts.lender_type)
        yield conduct.found(rule, {"fact": fact})


def _delays(rulebook: Rulebook, facts: GateFacts, at: datetime) -> tuple[Finding, ...]:
    """What waiting cures, judged at `at`, which is `facts.now` or later. Steady's own pages disturb nobody at any hour."""
    if not _disturbs(facts):
        return ()
    return _sorted(
        [
            *_closed(rulebook, facts, at),
            *_inconvenient(rulebook, facts, at),
            *_off_days(rulebook, facts, at),
            *_too_soon(rulebook, facts, at),
            *_over_caps(rulebook, facts, at),
        ]
    )


def _disturbs(facts: GateFacts) -> bool:
    return facts.purpose == Purpose.REMINDER and facts.channel != Channel.INBOX


def _inconvenient(rulebook: Rulebook, facts: GateFacts, at: datetime) -> Iterator[Finding]:
    """Times that the person told the lender do not suit them."""
    if not facts.inconvenient:
        return
    for clock in clocks.local_times(at, _all_zones(rulebook, facts)):
        if any(each.holds(clock) for each in facts.inconvenient):
            rule = named(rulebook, "inconvenient", clock.date, facts.lender_type)
            yield conduct.found(rule, {"local_time": clock.clock, "zone": clock.zone})
            break


def _off_days(rulebook: Rulebook, facts: GateFacts, at: datetime) -> Iterator[Finding]:
    """Days of the week that the person ruled out."""
    if not facts.days:
        return
    for clock in clocks.local_times(at, _own_zones(rulebook, facts)):
        if WEEK[clock.date.weekday()] not in facts.days:
            yield conduct.found(
                rulebook.rule(DAYS, clock.date), {"local_time": clock.clock, "zone": clock.zone}
            )
            break


def _too_soon(rulebook: Rulebook, facts: GateFacts, at: datetime) -> Iterator[Finding]:
    """Reminders closer together than the person wants."""
    if facts.pace and facts.last_reminder:
        last = clocks.whole_second(facts.last_reminder)
        for clock in clocks.local_times(at, _own_zones(rulebook, facts)):
            before = clocks.local_time(last, clock.zone).date
            free = before + timedelta(days=facts.pace)
            if clock.date < free:
                window = [before.isoformat(), (free - timedelta(days=1)).isoformat()]
                yield conduct.found(
                    rulebook.rule(PACE, clock.date), {"counted": 2, "limit": 1, "window": window}
                )
                break


def _closed(rulebook: Rulebook, facts: GateFacts, at: datetime) -> Iterator[Finding]:
    """Hours in which nothing may come, on the first clock that says so."""
    for rule, zones in _hours(rulebook, facts, at):
        finding = conduct.hours(rule, clocks.local_times(at, zones))
        if finding:
            yield finding
    if facts.quiet:
        start, end = (_second(edge) for edge in facts.quiet)
        for clock in clocks.local_times(at, _own_zones(rulebook, facts)):
            if conduct.inside(clock.second, start, end):
                rule = rulebook.rule(QUIET, clock.date)
                yield conduct.found(rule, {"local_time": clock.clock, "zone": clock.zone})
                break


def _over_caps(rulebook: Rulebook, facts: GateFacts, at: datetime) -> Iterator[Finding]:
    """Daily caps, as long as any of the person's clocks still shows the day on which the counting was done."""
    counted_on = clocks.whole_second(facts.now)
    days = [
        here.date
        for here, then in zip(
            clocks.local_times(at, _all_zones(rulebook, facts)),
            clocks.local_times(counted_on, _all_zones(rulebook, facts)),
            strict=True,
        )
        if here.date == then.date
    ]
    if not days:
        return
    today = days[0]
    window = [today.isoformat(), today.isoformat()]
    question, limits = asked(facts), caps(rulebook, today, facts.lender_type)
    row = cap_rule(rulebook, today)
    # The most telling of the two is reported; both name the same rule.
    if rules.lender_is_full(question, limits):
        counted, limit = question.sent_by_lender + 1, limits.per_lender
        yield conduct.found(row, {"counted": counted, "limit": limit, "window": window})
    elif rules.person_is_full(question, limits):
        counted, limit = question.sent_to_person + 1, limits.per_person
        yield conduct.found(row, {"counted": counted, "limit": limit, "window": window})
    if rules.gentle_is_full(question, limits):
        counted, limit = question.sent_to_person + 1, limits.gentle
        yield conduct.found(
            rulebook.rule(GENTLE, today), {"counted": counted, "limit": limit, "window": window}
        )
    for law in _law_caps(rulebook, today, facts.lender_type):
        if law.id == "us.freq.text":
            full, counted, limit = (
                rules.messages_are_too_many(question, limits),
                question.sent_by_lender + 1,
                limits.law_messages,
            )
        else:
            full, counted, limit = (
                rules.contacts_are_too_many(question, limits),
                question.contacts_by_lender + 1,
                limits.law_contacts,
            )
        if full:
            yield conduct.found(law, {"counted": counted, "limit": limit, "window": window})


def _next_lawful(rulebook: Rulebook, facts: GateFacts, now: datetime) -> datetime | None:
    """
    The first whole second after `now` without a delay. A verdict can only turn where some clock leaves closed hours, a
    new day begins, or a clock is put forward or back: those moments are tried in order, and each is judged in full.
    """
    at = now
    while (at := _next_turn(rulebook, facts, at)) <= now + HORIZON:
        if not _delays(rulebook, facts, at):
            return at
    return None


def _next_turn(rulebook: Rulebook, facts: GateFacts, after: datetime) -> datetime:
    turns = []
    for zone in _all_zones(rulebook, facts):
        today = clocks.local_time(after, zone).date
        seconds = {0}
        for rule, _ in _hours(rulebook, facts, after):
            seconds.add((rule.second("to") + 1) % clocks.DAY)
        if facts.quiet:
            seconds.add((_second(facts.quiet[1]) + 1) % clocks.DAY)
        seconds.update(each.before for each in facts.inconvenient if each.before is not None)
        for day in (today, today + timedelta(days=1)):
            for second in seconds:
                turn = clocks.first_instant(day, second, zone, after=after)
                if turn:
                    turns.append(turn)
    nearest = min(turns)
    changes = (
        clocks.next_clock_change(zone, after=after, until=nearest) for zone in _all_zones(rulebook, facts)
    )
    return min([nearest, *(change for change in changes if change)])


def _hours(rulebook: Rulebook, facts: GateFacts, at: datetime) -> Iterator[tuple[Rule, tuple[str, ...]]]:
    """Closed hours with the clocks they are read on; the house's own cover the clocks that no other rule reads."""
    judged = rulebook.judged_zones(facts.zones)
    covered: set[str] = set()
    for rule in rulebook.in_force(_today(rulebook, facts, at), facts.lender_type).values():
        if rule.id in conduct.HOURS:
            covered.update(judged)
            yield rule, judged
    own = tuple(zone for zone in _own_zones(rulebook, facts) if zone not in covered)
    if own:
        yield rulebook.rule(OWN_CLOCK, _today(rulebook, facts, at)), own


def _own_zones(rulebook: Rulebook, facts: GateFacts) -> tuple[str, ...]:
    return tuple(dict.fromkeys(facts.zones)) or (rulebook.zone,)


def _all_zones(rulebook: Rulebook, facts: GateFacts) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*_own_zones(rulebook, facts), *rulebook.judged_zones(facts.zones)]))


def _today(rulebook: Rulebook, facts: GateFacts, at: datetime) -> date:
    return clocks.local_time(at, rulebook.judged_zones(facts.zones)[0]).date


def _second(edge: time) -> int:
    return edge.hour * 3600 + edge.minute * 60 + edge.second


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By rule id, each rule once: the first reason found for it."""
    once: dict[str, Finding] = {}
    for finding in findings:
        once.setdefault(finding.rule, finding)
    return tuple(once[rule] for rule in sorted(once))
