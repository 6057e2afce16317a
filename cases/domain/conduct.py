"""
Judging contacts: facts in, findings out. This is the table of which row of a rulebook asks which rule (`conduct_rules.py`) of
the facts (`history.py`), and what a finding then gives as its reason. The same lines judge one contact here and arrays of a
million in `bulk.py`. A finding's wording is made elsewhere, from its force.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

from cases.domain import conduct_rules as rules
from cases.domain.facts import BITS, TRAITS, Contact, Facts, LocalTime
from cases.domain.history import OWN_SIDE as OUTSIDE
from cases.domain.history import SPAN
from cases.domain.rulebook import Force, Kind, Rule, Rulebook

__all__ = ["HOURS", "OUTSIDE", "Finding", "above", "found", "hours", "inside", "judge", "lines"]

Test: TypeAlias = Callable[[Any, Any], Any]
Because: TypeAlias = Callable[[Facts, LocalTime, Contact, "Line"], Mapping[str, Any]]

_NEVER = (date.max.toordinal(), date.min.toordinal())


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`because` holds words and whole numbers only, ready for JSON: what was counted, or what the clock said."""

    rule: str
    verdict: Kind
    force: Force
    citation: str
    verified: bool
    because: Mapping[str, Any] = field(default_factory=dict)
    effective_from: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """One row's own numbers. Days are ordinals; `other_first` to `other_last` is when the row that goes first speaks."""

    first: int = date.min.toordinal()
    last: int = date.max.toordinal()
    other_first: int = _NEVER[0]
    other_last: int = _NEVER[1]
    start: int = 0
    end: int = 0
    limit: int = 0
    seconds: int = 0
    failed: int = 0
    bit: int = 0


@dataclass(frozen=True, kw_only=True)
class Check:
    """
    What a rule asks, one question after the other, and the reason each gives. `other`: the rule that goes first where it
    binds; `silent` where this one then says nothing at all.
    """

    asks: Sequence[tuple[Test, Because]]
    other: str = ""
    silent: bool = False


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of a rulebook, ready to be asked."""

    rule: Rule
    numbers: Numbers
    check: Check

    def holds(self, f: Any) -> Any:
        """The truth about these facts: a bool, or an array of them."""
        truth = self.check.asks[0][0](f, self.numbers)
        for test, _ in self.check.asks[1:]:
            truth = truth | test(f, self.numbers)
        truth = truth & rules.in_force(f, self.numbers)
        return truth & rules.nobody_else(f, self.numbers) if self.check.silent else truth

    def because(self, f: Facts, local: LocalTime, contact: Contact) -> Mapping[str, Any]:
        """The first reason that holds; asked only where one does."""
        reasons = (reason for test, reason in self.check.asks if test(f, self.numbers))
        return next(reasons)(f, local, contact, self)


# ── reasons ──────────────────────────────────────────────────────────────────────────────────
def _clock(f: Facts, local: LocalTime, contact: Contact, line: Line) -> Mapping[str, Any]:
    return {"local_time": local.clock, "zone": local.zone}


def _count(name: str, *, days: int = 1) -> Because:
    def because(f: Facts, local: LocalTime, contact: Contact, line: Line) -> Mapping[str, Any]:
        begun = local.date - timedelta(days=days - 1)
        return {
            "counted": getattr(f, name),
            "limit": line.numbers.limit,
            "window": [begun.isoformat(), local.date.isoformat()],
        }

    return because


def _at_once(f: Facts, local: LocalTime, contact: Contact, line: Line) -> Mapping[str, Any]:
    """Two calls where one is allowed, on the date of the first to that of the second: they may lie around midnight."""
    first = local.date - timedelta(days=int(f.since_missed > local.second))
    return {"counted": 2, "limit": 1, "window": [first.isoformat(), local.date.isoformat()]}


def _fact(name: str) -> Because:
    return lambda f, local, contact, line: {"fact": getattr(f, name)}


def _opt_out(f: Facts, local: LocalTime, contact: Contact, line: Line) -> Mapping[str, Any]:
    return {"fact": f.opt_out_number if f.service else f.opt_out}


def _party(f: Facts, local: LocalTime, contact: Contact, line: Line) -> Mapping[str, Any]:
    if f.party == rules.LISTED and line.numbers.failed:
        return {"party": contact.party, "failed": f.failed_in_a_row}
    return {"party": contact.party}


def _channel(f: Facts, local: LocalTime, contact: Contact, line: Line) -> Mapping[str, Any]:
    return {"channel": contact.channel}


def _trait(trait: str) -> Because:
    return lambda f, local, contact, line: {"trait": trait}


# ── which rule asks what ─────────────────────────────────────────────────────────────────────
_NIGHT = Check(asks=[(rules.closed_hours, _clock)])
_OPT_OUT, _INCONVENIENT, _PLAN = _fact("opt_out"), _fact("inconvenient"), _fact("plan_in_force")
_CARD_BAN = "cn.third.ban_card"

CHECKS: Mapping[str, Check] = {
    "cn.time.night_ban.gbt": _NIGHT,
    "cn.time.night_ban.cba": _NIGHT,
    "cn.freq.voice_effective.gbt": Check(asks=[(rules.too_many_talks, _count("talks"))]),
    "cn.freq.attempts.cba": Check(asks=[(rules.too_many_attempts, _count("failed_to_number"))]),
    "cn.freq.visit": Check(asks=[(rules.too_many_visits, _count("visits"))]),
    "cn.channel.personal_im": Check(asks=[(rules.personal_account, _channel)]),
    "cn.third.ban_card": Check(asks=[(rules.card_ban, _party)]),
    "cn.third.contact_gate.gbt": Check(
        asks=[(rules.refused_contact, _fact("refused")), (rules.contact_gate, _party)], other=_CARD_BAN
    ),
    "cn.third.contact_gate.cba": Check(asks=[(rules.contact_gate, _party)], other=_CARD_BAN),
    "cn.third.no_public": Check(asks=[(rules.in_public, _party)]),
    "cn.plan.card70.stop": Check(asks=[(rules.pressed_in_card_plan, _PLAN)]),
    "us.time.window": _NIGHT,
    "us.time.known": Check(asks=[(rules.known_inconvenient, _INCONVENIENT)]),
    "us.attorney": Check(asks=[(rules.passed_over_agent, _fact("represented"))]),
    "us.cease": Check(asks=[(rules.ceased, _fact("cease"))]),
    "us.medium.optout": Check(asks=[(rules.opted_out, _opt_out)]),
    "us.freq.7in7": Check(asks=[(rules.too_many_calls_about_a_debt, _count("calls_about_debt", days=SPAN))]),
    "us.freq.after_talk": Check(asks=[(rules.called_after_a_talk, _count("talks_about_debt", days=SPAN))]),
    "us.freq.pattern": Check(
        asks=[(rules.dialled_all_day, _count("calls_to_number")), (rules.dialled_again_at_once, _at_once)]
    ),
    "us.freq.text": Check(asks=[(rules.too_many_messages, _count("messages"))]),
    "us.third.ban": Check(asks=[(rules.refused_contact, _fact("refused")), (rules.any_third_party, _party)]),
    "us.social": Check(asks=[(rules.in_public_on_social, _party)]),
    "us.dispute": Check(asks=[(rules.pressed_in_dispute, _fact("dispute"))]),
    "uk.time": Check(
        asks=[(rules.opted_out_and_not_asked, _opt_out), (rules.known_inconvenient, _INCONVENIENT)]
    ),
    "uk.time.usual": _NIGHT,
    "uk.freq": Check(asks=[(rules.too_many_contacts, _count("contacts"))]),
    "uk.third": Check(
        asks=[(rules.refused_contact, _fact("refused")), (rules.third_party_not_public, _party)]
    ),
    "uk.embarrass": Check(asks=[(rules.in_public, _party)]),
    "uk.agent": Check(asks=[(rules.passed_over_agent, _fact("represented"))]),
    "uk.bs.effect": Check(asks=[(rules.demanded_in_breathing_space, _fact("moratorium"))]),
    "uk.dispute": Check(asks=[(rules.pressed_in_dispute, _fact("dispute"))]),
}
HOURS = frozenset(name for name, check in CHECKS.items() if check is _NIGHT)

# The house's own rule for each kind of fact speaks where none of these binds.
_HOUSE: Mapping[str, tuple[Test, Because]] = {
    "opt_out": (rules.opted_out, _opt_out),
    "cease": (rules.ceased, _fact("cease")),
    "inconvenient": (rules.said_inconvenient, _INCONVENIENT),
    "represented": (rules.passed_over_agent, _fact("represented")),
    "moratorium": (rules.pressed_in_moratorium, _fact("moratorium")),
    "plan_in_force": (rules.pressed_in_other_plan, _PLAN),
    "dispute": (rules.pressed_in_dispute, _fact("dispute")),
    "contact_refused": (rules.refused_contact, _fact("refused")),
}
NAMED: Mapping[str, Mapping[str, str]] = {
    "cn": {"plan_in_force": "cn.plan.card70.stop", "contact_refused": "cn.third.contact_gate.gbt"},
    "us": {
        "opt_out": "us.medium.optout",
        "cease": "us.cease",
        "inconvenient": "us.time.known",
        "represented": "us.attorney",
        "dispute": "us.dispute",
        "contact_refused": "us.third.ban",
    },
    "uk": {
        "opt_out": "uk.time",
        "inconvenient": "uk.time",
        "represented": "uk.agent",
        "moratorium": "uk.bs.effect",
        "dispute": "uk.dispute",
        "contact_refused": "uk.third",
    },
}


def check_of(rule_id: str, jurisdiction: str) -> Check | None:
    """What this rule asks of a contact; None for a row about something else."""
    if rule_id.startswith("house."):
        kind = rule_id.removeprefix("house.")
        if kind not in _HOUSE:
            return None
        other = NAMED.get(jurisdiction, {}).get(kind, "")
        return Check(asks=[_HOUSE[kind]], other=other, silent=kind != "plan_in_force")
    trait = rule_id.removeprefix(f"{jurisdiction}.conduct.")
    if trait in TRAITS:
        return Check(asks=[(rules.showed_trait, _trait(trait))])
    return CHECKS.get(rule_id)


@lru_cache(maxsize=64)
def lines(rulebook: Rulebook, lender_type: str) -> tuple[Line, ...]:
    """Every row that asks something of a contact and binds this lender, in the order of rule ids, whatever its date."""
    bound = [rule for rule in rulebook.rules if rule.binds(lender_type)]
    found = []
    for rule in sorted(bound, key=lambda rule: rule.id):
        check = check_of(rule.id, rulebook.id)
        if check is not None:
            others = [each for each in bound if each.id == check.other]
            found.append(Line(rule=rule, numbers=_numbers(rule, others), check=check))
    return tuple(found)


_NEEDS: Mapping[Test, tuple[str, ...]] = {
    rules.closed_hours: ("from", "to"),
    rules.too_many_talks: ("limit",),
    rules.too_many_attempts: ("limit",),
    rules.too_many_visits: ("limit",),
    rules.too_many_calls_about_a_debt: ("limit",),
    rules.called_after_a_talk: ("limit",),
    rules.dialled_all_day: ("limit",),
    rules.dialled_again_at_once: ("seconds",),
    rules.too_many_messages: ("limit",),
    rules.too_many_contacts: ("limit",),
    rules.contact_gate: ("failed_attempts",),
}


def objections(rulebook: Rulebook) -> list[str]:
    """What is missing in a rulebook before contacts can be judged by it: rules of the table, numbers that a rule needs."""
    wanted = {name for name in CHECKS if name.startswith(f"{rulebook.id}.")}
    if not wanted:
        return []
    wanted |= {f"house.{kind}" for kind in _HOUSE}
    found = [
        f"{rulebook.id}: no rule {name}" for name in sorted(wanted - {rule.id for rule in rulebook.rules})
    ]
    for rule in rulebook.rules:
        check = check_of(rule.id, rulebook.id)
        needed = [name for test, _ in check.asks for name in _NEEDS.get(test, ())] if check else []
        found += [
            f"{rule.id}: needs the parameter {name!r}" for name in needed if name not in rule.parameters
        ]
    return found


def _numbers(rule: Rule, others: Sequence[Rule] = ()) -> Numbers:
    first, last = _span([rule])
    other_first, other_last = _span(others) if others else _NEVER
    given = rule.parameters
    return Numbers(
        first=first,
        last=last,
        other_first=other_first,
        other_last=other_last,
        start=rule.second("from") if "from" in given else 0,
        end=rule.second("to") if "to" in given else 0,
        limit=rule.number("limit") if "limit" in given else 0,
        seconds=rule.number("seconds") if "seconds" in given else 0,
        failed=rule.number("failed_attempts") if "failed_attempts" in given else 0,
        bit=BITS.get(rule.id.rpartition(".")[2], 0),
    )


def _span(rows: Sequence[Rule]) -> tuple[int, int]:
    return (
        min((row.effective_from or date.min).toordinal() for row in rows),
        max((row.effective_to or date.max).toordinal() for row in rows),
    )


def judge(
    rulebook: Rulebook, contact: Contact, days: Iterable[tuple[LocalTime, Facts]], *, lender_type: str
) -> tuple[Finding, ...]:
    """
    Findings about one contact, ordered by rule id, at most one per rule. `days` are its facts on every clock
    (`History.days`); each rule is asked on each, and the first clock on which it is broken speaks.
    """
    clocks = tuple(days)
    findings: dict[str, Finding] = {}
    for line in lines(rulebook, lender_type):
        if line.rule.id in findings:
            continue
        for local, facts in clocks:
            if line.holds(facts):
                findings[line.rule.id] = found(line.rule, line.because(facts, local, contact))
                break
    return tuple(findings.values())


def found(rule: Rule, because: Mapping[str, Any]) -> Finding:
    return Finding(
        rule=rule.id,
        verdict=rule.verdict,
        force=rule.force,
        citation=rule.citation,
        verified=rule.verified,
        because=because,
        effective_from=rule.effective_from,
    )


# ── single questions, for the gate of our own messages ───────────────────────────────────────
def inside(second: int, start: int, end: int) -> bool:
    """Is this second of the local day inside the hours? Both edges belong to them."""
    return bool(rules.closed_hours(Facts(unasked=1, second=second), Numbers(start=start, end=end)))


def above(counted: int, limit: int) -> bool:
    return bool(rules.over(Facts(counted=counted), Numbers(limit=limit)))


def hours(rule: Rule, clocks: Iterable[LocalTime]) -> Finding | None:
    """The first clock on which the moment lies inside the rule's hours. A rule is asked only on days it is in force."""
    start, end = rule.second("from"), rule.second("to")
    for clock in clocks:
        if rule.in_force(clock.date) and inside(clock.second, start, end):
            return found(rule, {"local_time": clock.clock, "zone": clock.zone})
    return None
