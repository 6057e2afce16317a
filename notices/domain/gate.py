"""
The gate: may this message leave now, and if not, when? It is asked when a message is planned and again in the transaction
that takes the sending slot. A message is allowed, deferred to the next lawful second, or refused; we never compute when
pressure may resume after a protection. What the person asked for, or the law requires, passes every protection:
codes, answers, confirmations and required notices stop only at an address that is unknown or was opted out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from cases.domain import conduct
from cases.domain import facts as clocks
from cases.domain.conduct import Finding
from cases.domain.rulebook import Rule, Rulebook

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
class GateFacts:
    """
    Everything the gate looks at.

    `now`: an instant with an offset. `zones`: where the person may be; empty means the rulebook's own zone.
    `sent_to_person_today`, `sent_by_lender_today`: messages already sent, on the stricter of the person's clocks
    (`cases.domain.facts.most_in_a_local_day`); what is uncertain counts as sent. `holds`: kinds in force, the debt's and
    the person's together. `opted_out`: of this channel, from this lender or from all. `address_opted_out`: of this very
    number or address. `consented`: a dated consent covers this purpose and channel. `quiet`: hours in which the person
    wants no reminder, both edges included, over midnight if needed. `reminds_of_plan`: the message is about an instalment
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


_HOLD_RULES: Mapping[str, str] = {
    "moratorium": "house.moratorium",
    "dispute": "house.dispute",
    "represented": "house.represented",
    "cease": "house.cease",
}
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
        rulebook_version=rulebook.version,
    )


def as_json(facts: GateFacts) -> dict[str, Any]:
    """The facts as JSON can hold them, to be stored with the decision; `from_json` reads them back."""
    quiet = facts.quiet and [at.isoformat() for at in facts.quiet]
    return asdict(replace(facts, quiet=None)) | {
        "now": facts.now.isoformat(),
        "zones": list(facts.zones),
        "holds": list(facts.holds),
        "quiet": quiet,
    }


def from_json(stored: Mapping[str, Any]) -> GateFacts:
    quiet = stored.get("quiet")
    return GateFacts(
        **{
            **stored,
            "now": datetime.fromisoformat(stored["now"]),
            "zones": tuple(stored.get("zones", ())),
            "holds": tuple(stored.get("holds", ())),
            "quiet": (time.fromisoformat(quiet[0]), time.fromisoformat(quiet[1])) if quiet else None,
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


def _protections(rulebook: Rulebook, facts: GateFacts, now: datetime) -> Iterator[Finding]:
    """What no waiting cures."""
    today = _today(rulebook, facts, now)
    if not facts.address_known:
        yield conduct.found(rulebook.rule("house.address", today), {"fact": "address"})
    if facts.address_opted_out:
        yield conduct.found(rulebook.rule("house.opt_out", today), {"fact": "address_opted_out"})
    if facts.purpose != Purpose.REMINDER:
        return
    if facts.opted_out:
        yield conduct.found(rulebook.rule("house.opt_out", today), {"fact": "opted_out"})
    if not facts.consented:
        yield conduct.found(rulebook.rule("house.consent", today), {"fact": "consent"})
    if facts.paused:
        yield conduct.found(rulebook.rule("house.paused", today), {"fact": "paused"})
    for kind in sorted(set(facts.holds)):
        rule = rulebook.rule(_HOLD_RULES.get(kind, "house.hold"), today)
        yield conduct.found(rule, {"fact": kind})
    if facts.payment_disputed:
        yield conduct.found(rulebook.rule("house.dispute", today), {"fact": "dispute"})
    if facts.payment_pending:
        yield conduct.found(rulebook.rule("house.payment_pending", today), {"fact": "payment_pending"})
    if facts.plan_in_force and not facts.reminds_of_plan:
        stop = rulebook.in_force(today, facts.lender_type).get("cn.plan.card70.stop")
        yield conduct.found(stop or rulebook.rule("house.plan_in_force", today), {"fact": "plan_in_force"})


def _delays(rulebook: Rulebook, facts: GateFacts, at: datetime) -> tuple[Finding, ...]:
    """What waiting cures, judged at `at`, which is `facts.now` or later. Steady's own pages disturb nobody at any hour."""
    if facts.purpose != Purpose.REMINDER or facts.channel == Channel.INBOX:
        return ()
    found = []
    for rule, zones in _hours(rulebook, facts, at):
        finding = conduct.hours(rule, clocks.local_times(at, zones))
        if finding:
            found.append(finding)
    if facts.quiet:
        start, end = (_second(edge) for edge in facts.quiet)
        for clock in clocks.local_times(at, _own_zones(rulebook, facts)):
            if conduct.inside(clock.second, start, end):
                rule = rulebook.rule("house.quiet_hours", clock.date)
                found.append(conduct.found(rule, {"local_time": clock.clock, "zone": clock.zone}))
                break
    return _sorted([*found, *_over_caps(rulebook, facts, at)])


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
    cap = rulebook.rule("cn.freq.sms_email_wechat", today)
    # The most telling of the two is reported; both name the same rule.
    for counted, limit in (
        (facts.sent_by_lender_today + 1, cap.number("per_lender")),
        (facts.sent_to_person_today + 1, cap.number("per_person")),
    ):
        if conduct.above(counted, limit):
            yield conduct.found(cap, {"counted": counted, "limit": limit, "window": window})
            break
    if facts.vulnerable:
        gentle = rulebook.rule("house.vulnerable", today)
        counted, limit = facts.sent_to_person_today + 1, gentle.number("per_person")
        if conduct.above(counted, limit):
            yield conduct.found(gentle, {"counted": counted, "limit": limit, "window": window})


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
        yield rulebook.rule("house.urumqi", _today(rulebook, facts, at)), own


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
