"""Every rule of the public contract: a contact that trips it, one that just does not, and the boundary."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.domain.conduct import NAMED
from cases.domain.facts import TRAITS
from cases.domain.rulebook import LenderType
from tests.domain.conduct_asking import LONDON, NEW_YORK, body, contact, findings, found, rules

ALL = [str(kind) for kind in LenderType]
DAY = "2027-04-01"


def series(jurisdiction: str, length: int, /, **more: Any) -> list[dict[str, Any]]:
    """So many contacts ten minutes apart, from nine in the morning of one day."""
    return [
        contact(str(n), f"{DAY}T{9 + n // 6:02d}:{n % 6}0:00", jurisdiction, **more)
        for n in range(1, length + 1)
    ]


# ── hours ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("jurisdiction", "closed", "open_"),
    [
        ("CN", "22:00:00 23:59:59 00:00:00 07:59:59 08:00:00", "08:00:01 12:00:00 21:59:59"),
        ("US", "21:00:00 21:00:01 03:00:00 07:59:59 08:00:00", "08:00:01 20:59:59"),
        ("UK", "21:00:00 23:00:00 07:59:59 08:00:00", "08:00:01 20:59:59"),
    ],
)
@pytest.mark.parametrize("channel", ["call", "ai_call", "sms", "email", "wechat", "letter", "visit"])
def test_both_edges_of_the_night_are_closed_on_every_channel(
    jurisdiction: str, closed: str, open_: str, channel: str
) -> None:
    night = {
        "CN": {"cn.time.night_ban.cba", "cn.time.night_ban.gbt"},
        "US": {"us.time.window"},
        "UK": {"uk.time.usual"},
    }[jurisdiction]
    for clock in closed.split():
        asked = body(jurisdiction, [contact("c", f"{DAY}T{clock}", jurisdiction, channel=channel)])
        assert night <= set(rules(asked)), clock
    for clock in open_.split():
        asked = body(jurisdiction, [contact("c", f"{DAY}T{clock}", jurisdiction, channel=channel)])
        assert not night & set(rules(asked)), clock


def test_summer_time_is_taken_from_the_database_not_from_the_offset() -> None:
    before = body("US", [contact("c", "2027-03-13T08:30:00-04:00")])  # 07:30 in winter time
    after = body("US", [contact("c", "2027-03-14T08:30:00-04:00")])
    assert rules(before) == ["us.time.window"]
    assert rules(after) == []


def test_with_several_zones_any_closed_clock_counts_and_the_first_is_named() -> None:
    zones = [NEW_YORK, "America/Chicago", "America/Los_Angeles"]
    [(_, finding)] = findings(body("US", [contact("c", f"{DAY}T09:00:00")], zones=zones))
    assert finding.because == {"local_time": "08:00:00", "zone": "America/Chicago"}
    assert rules(body("US", [contact("c", f"{DAY}T11:00:01")], zones=zones)) == []


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Urumqi", "America/New_York"])
def test_china_is_judged_in_beijing_time_wherever_the_person_is(zone: str) -> None:
    late = body("CN", [contact("c", f"{DAY}T22:00:00", "CN")], zones=[zone])
    assert [finding.because for _, finding in findings(late)] == [
        {"local_time": "22:00:00", "zone": "Asia/Shanghai"}
    ] * 2
    assert rules(body("CN", [contact("c", f"{DAY}T21:59:59", "CN")], zones=[zone])) == []


@pytest.mark.parametrize(
    ("jurisdiction", "lender", "bound"),
    [
        ("CN", "facilitator", ["cn.time.night_ban.gbt"]),
        ("CN", "creditor", []),
        ("US", "bank", []),
        ("US", "creditor", []),
        *(("UK", lender, ["uk.time.usual"]) for lender in ALL),
    ],
)
def test_who_is_bound_by_the_night(jurisdiction: str, lender: str, bound: list[str]) -> None:
    night = contact("c", f"{DAY}T23:00:00", jurisdiction)
    assert rules(body(jurisdiction, [night], lender=lender)) == bound


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ({"purpose": "reply"}, False),
        ({"purpose": "service"}, False),
        ({"purpose": "reminder"}, True),
        ({"direction": "inbound"}, False),
        ({"party": "attorney"}, False),
        ({"party": "adviser"}, False),
    ],
)
@pytest.mark.parametrize(
    ("jurisdiction", "rule"),
    [("CN", "cn.time.night_ban.gbt"), ("US", "us.time.window"), ("UK", "uk.time.usual")],
)
def test_whom_and_what_the_night_covers(
    jurisdiction: str, rule: str, more: dict[str, str], kept: bool
) -> None:
    asked = body(jurisdiction, [contact("c", f"{DAY}T23:00:00", jurisdiction, **more)])
    assert (rule in rules(asked)) is kept
    consent = {"kind": "consent", "scope": "night", "from": "2027-01-01T00:00:00Z"}
    assert rule not in rules(asked | {"person": asked["person"] | {"facts": [consent]}})


# ── how often ────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("jurisdiction", "rule", "first", "more", "verdict"),
    [
        ("CN", "cn.freq.voice_effective.gbt", 4, {"outcome": "conversation"}, "breach"),
        ("CN", "cn.freq.attempts.cba", 7, {"outcome": "unanswered", "number": "n"}, "concern"),
        ("CN", "cn.freq.attempts.cba", 7, {"outcome": "not_connected", "number": "n"}, "concern"),
        ("CN", "cn.freq.attempts.cba", 7, {"outcome": "refused", "number": "n"}, "concern"),
        ("CN", "cn.freq.visit", 2, {"channel": "visit"}, "breach"),
        ("US", "us.freq.7in7", 8, {"outcome": "voicemail"}, "presumed_breach"),
        ("US", "us.freq.7in7", 8, {"outcome": "refused", "debts": ["a", "b"]}, "presumed_breach"),
        ("US", "us.freq.pattern", 7, {"outcome": "voicemail", "number": "n"}, "concern"),
        ("US", "us.freq.text", 20, {"channel": "sms"}, "concern"),
        ("US", "us.freq.text", 20, {"channel": "social"}, "concern"),
        ("UK", "uk.freq", 4, {"channel": "letter"}, "concern"),
        ("UK", "uk.freq", 4, {"party": "adviser"}, "concern"),
    ],
)
def test_a_limit_is_passed_by_the_first_above_it_and_by_every_later_one(
    jurisdiction: str, rule: str, first: int, more: dict[str, Any], verdict: str
) -> None:
    above = [
        (name, finding)
        for name, finding in findings(body(jurisdiction, series(jurisdiction, first + 2, **more)))
        if finding.rule == rule
    ]
    assert [name for name, _ in above] == [str(first), str(first + 1), str(first + 2)]
    assert {str(finding.verdict) for _, finding in above} == {verdict}
    assert [finding.because["counted"] for _, finding in above] == [first, first + 1, first + 2]
    assert all(finding.because["limit"] == first - 1 for _, finding in above)


@pytest.mark.parametrize(
    ("jurisdiction", "rule", "more"),
    [
        ("CN", "cn.freq.voice_effective.gbt", {"outcome": "unanswered"}),
        ("CN", "cn.freq.voice_effective.gbt", {"outcome": "conversation", "party": "adviser"}),
        ("CN", "cn.freq.voice_effective.gbt", {"outcome": "conversation", "direction": "inbound"}),
        ("CN", "cn.freq.attempts.cba", {"outcome": "unanswered"}),
        ("CN", "cn.freq.attempts.cba", {"outcome": "conversation", "number": "n"}),
        ("US", "us.freq.7in7", {"outcome": "not_connected"}),
        ("US", "us.freq.7in7", {"channel": "sms"}),
        ("US", "us.freq.7in7", {"party": "attorney", "outcome": "unanswered"}),
        ("US", "us.freq.pattern", {"outcome": "not_connected", "number": "n"}),
        ("US", "us.freq.pattern", {"outcome": "unanswered"}),
        ("US", "us.freq.text", {"channel": "letter"}),
        ("US", "us.freq.text", {"channel": "sms", "direction": "inbound"}),
        ("UK", "uk.freq", {"direction": "inbound"}),
    ],
)
def test_what_a_limit_does_not_count(jurisdiction: str, rule: str, more: dict[str, Any]) -> None:
    assert rule not in {rule for _, rule in found(body(jurisdiction, series(jurisdiction, 24, **more)))}


def test_service_messages_count_towards_a_limit_but_are_not_above_it() -> None:
    contacts = series("CN", 4, outcome="conversation", purpose="service")
    assert found(body("CN", contacts)) == []
    contacts[3]["purpose"] = "demand"
    assert found(body("CN", contacts)) == [("4", "cn.freq.voice_effective.gbt")]


def test_seven_calls_in_seven_days_are_allowed_and_the_window_rolls() -> None:
    calls = [contact(f"d{day}", f"2027-04-0{day}T10:00:00", debts=["M"]) for day in range(1, 8)]
    assert found(body("US", calls)) == []
    again = contact("again", "2027-04-07T18:00:00", debts=["M"])
    [(name, finding)] = findings(body("US", [*calls, again]))
    assert (name, finding.rule) == ("again", "us.freq.7in7")
    assert finding.because == {"counted": 8, "limit": 7, "window": ["2027-04-01", "2027-04-07"]}
    assert found(body("US", [*calls, contact("next", "2027-04-08T10:00:00", debts=["M"])])) == []
    assert found(body("US", [*calls, again | {"debts": ["N"]}])) == []


def test_an_unnamed_debt_is_a_debt_of_its_own() -> None:
    calls = [contact(f"d{day}", f"2027-04-0{day}T10:00:00", debts=["M"]) for day in range(1, 8)]
    assert found(body("US", [*calls, contact("c", "2027-04-07T18:00:00")])) == []


@pytest.mark.parametrize(
    ("when", "above"),
    [
        ("2027-04-01T09:59:59", False),
        ("2027-04-01T10:00:01", True),
        ("2027-04-07T20:59:59", True),
        ("2027-04-08T08:00:01", False),
    ],
)
@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_after_a_talk_the_phone_rests_until_the_eighth_day(when: str, above: bool, direction: str) -> None:
    talk = contact("talk", "2027-04-01T10:00:00", outcome="conversation", direction=direction, debts=["M"])
    call = contact("c", when, debts=["M"])
    asked = [("c", "us.freq.after_talk")] if above else []
    assert found(body("US", [call, talk])) == asked
    assert found(body("US", [call | {"debts": ["N"]}, talk])) == []
    assert found(body("US", [call | {"outcome": "not_connected"}, talk])) == []


def test_a_talk_is_not_after_itself_but_two_at_one_instant_are_after_each_other() -> None:
    talk = contact("a", f"{DAY}T10:00:00", outcome="conversation")
    assert found(body("US", [talk])) == []
    assert found(body("US", [talk, talk | {"id": "b"}])) == [
        ("a", "us.freq.after_talk"),
        ("b", "us.freq.after_talk"),
    ]


@pytest.mark.parametrize(
    ("seconds", "more", "above"),
    [
        (300, {}, True),
        (301, {}, False),
        (0, {}, True),
        (300, {"number": "other"}, False),
        (300, {"outcome": "voicemail"}, False),
        (300, {"party": "employer"}, False),
    ],
)
def test_dialling_again_within_five_minutes_is_a_pattern(
    seconds: int, more: dict[str, str], above: bool
) -> None:
    first = contact("a", f"{DAY}T10:00:00", outcome="unanswered", number="n")
    minute, second = divmod(seconds, 60)
    later = contact("b", f"{DAY}T10:{minute:02d}:{second:02d}", outcome="unanswered", number="n")
    above_ids = {name for name, rule in found(body("US", [first, later | more])) if rule == "us.freq.pattern"}
    assert ("b" in above_ids) is above
    assert ("a" in above_ids) is (above and seconds == 0)


@pytest.mark.parametrize(
    ("day", "lifted"), [("2027-04-01", True), ("2027-04-07", True), ("2027-04-08", False)]
)
def test_consent_to_extra_calls_lasts_to_the_end_of_the_seventh_day(day: str, lifted: bool) -> None:
    consent = {"kind": "consent", "scope": "extra_calls", "from": "2027-04-01T09:00:00-04:00"}
    calls = [contact(str(n), f"{day}T{9 + n}:00:00", outcome="voicemail") for n in range(1, 9)]
    assert (found(body("US", calls, consent)) == []) is lifted
    china = {"kind": "consent", "scope": "extra_calls", "from": "2027-04-01T09:00:00+08:00"}
    attempts = [contact(str(n), f"{day}T{9 + n}:00:00", "CN", number="n") for n in range(1, 8)]
    assert (found(body("CN", attempts, china)) == []) is lifted


def test_calls_under_consent_are_not_counted_among_the_seven() -> None:
    consent = {
        "kind": "consent",
        "scope": "extra_calls",
        "from": "2027-04-01T09:00:00-04:00",
        "to": "2027-04-01T12:30:00-04:00",
    }
    calls = [contact(str(n), f"2027-04-01T{9 + n}:00:00", outcome="voicemail") for n in range(1, 11)]
    assert found(body("US", calls, consent)) == []  # three consented, seven not
    later = contact("11", "2027-04-01T20:00:00", outcome="voicemail")
    assert found(body("US", [*calls, later], consent)) == [("11", "us.freq.7in7")]


# ── people ───────────────────────────────────────────────────────────────────────────────────
GATES = ["cn.third.contact_gate.cba", "cn.third.contact_gate.gbt"]


@pytest.mark.parametrize(
    ("jurisdiction", "lender", "party", "expected"),
    [
        ("CN", "bank", "listed_contact", GATES),
        ("CN", "facilitator", "listed_contact", GATES[1:]),
        ("CN", "creditor", "listed_contact", []),
        ("CN", "bank", "third_party", ["cn.third.ban_card"]),
        ("CN", "bank", "employer", ["cn.third.ban_card"]),
        ("CN", "microloan", "third_party", GATES),
        ("CN", "facilitator", "employer", GATES[1:]),
        ("CN", "debt_collector", "public", ["cn.third.ban_card", "cn.third.no_public"]),
        ("CN", "consumer_finance", "public", [*GATES, "cn.third.no_public"]),
        ("US", "debt_collector", "listed_contact", ["us.third.ban"]),
        ("US", "debt_collector", "public", ["us.third.ban"]),
        ("US", "bank", "employer", []),
        ("UK", "creditor", "employer", ["uk.third"]),
        ("UK", "creditor", "public", ["uk.embarrass"]),
        ("UK", "creditor", "attorney", []),
        ("US", "debt_collector", "adviser", []),
    ],
)
def test_other_people(jurisdiction: str, lender: str, party: str, expected: list[str]) -> None:
    asked = contact("c", f"{DAY}T12:00:00", jurisdiction, party=party)
    assert rules(body(jurisdiction, [asked], lender=lender)) == expected
    assert rules(body(jurisdiction, [asked | {"purpose": "service"}], lender=lender)) == []


def test_in_public_on_social_media_is_two_rules_in_the_us() -> None:
    post = contact("c", f"{DAY}T12:00:00", party="public", channel="social")
    assert rules(body("US", [post])) == ["us.social", "us.third.ban"]


@pytest.mark.parametrize(
    ("outcomes", "allowed"),
    [
        ("unanswered voicemail", False),
        ("unanswered voicemail not_connected", True),
        ("refused refused refused", True),
        ("unanswered unanswered unanswered conversation", False),
        ("conversation unanswered unanswered unanswered", True),
    ],
)
def test_a_listed_contact_may_be_asked_after_three_failures_in_a_row(outcomes: str, allowed: bool) -> None:
    calls = [
        contact(str(n), f"2027-04-0{n + 1}T10:00:00", "CN", outcome=outcome)
        for n, outcome in enumerate(outcomes.split())
    ]
    asked = contact("c", "2027-04-09T10:00:00", "CN", party="listed_contact")
    assert found(body("CN", [asked, *calls])) == ([] if allowed else [("c", rule) for rule in GATES])
    fact = {"kind": "unreachable", "from": "2027-04-01T00:00:00Z"}
    assert found(body("CN", [asked, *calls], fact)) == []


@pytest.mark.parametrize(
    ("lender", "channel", "facts", "above"),
    [
        ("debt_collector", "wechat", [], True),
        ("debt_collector", "social", [], True),
        ("debt_collector", "sms", [], False),
        ("bank", "wechat", [], False),
        ("debt_collector", "wechat", ["wechat"], False),
        ("debt_collector", "wechat", ["social"], True),
    ],
)
def test_private_accounts_need_consent(lender: str, channel: str, facts: list[str], above: bool) -> None:
    given = [
        {"kind": "consent", "scope": "channel", "channel": name, "from": "2027-01-01T00:00:00Z"}
        for name in facts
    ]
    asked = contact("c", f"{DAY}T12:00:00", "CN", channel=channel)
    assert rules(body("CN", [asked], *given, lender=lender)) == (["cn.channel.personal_im"] if above else [])


# ── facts ────────────────────────────────────────────────────────────────────────────────────
FACTS: dict[str, dict[str, Any]] = {
    "opt_out": {"channel": "call"},
    "cease": {},
    "inconvenient": {},
    "represented": {},
    "moratorium": {},
    "plan_in_force": {},
    "dispute": {},
    "contact_refused": {"number": "n1"},
}
REPLY_IS_FREE = {"us.time.known", "uk.time", "uk.bs.effect"}


def named(jurisdiction: str, kind: str, lender: str) -> str:
    """What the contract's table says."""
    rule = NAMED[jurisdiction.lower()].get(kind, f"house.{kind}")
    bound = {
        "cn.plan.card70.stop": {"bank", "debt_collector"},
        "cn.third.contact_gate.gbt": set(ALL) - {"creditor"},
    }
    if rule.startswith("us.") and lender != "debt_collector":
        return f"house.{kind}"
    return rule if lender in bound.get(rule, set(ALL)) else f"house.{kind}"


@pytest.mark.parametrize("lender", ALL)
@pytest.mark.parametrize("kind", FACTS)
@pytest.mark.parametrize("jurisdiction", ["CN", "US", "UK"])
def test_a_fact_gives_its_rule_or_the_house_rule(jurisdiction: str, kind: str, lender: str) -> None:
    fact = {"kind": kind, "from": "2027-04-01T04:00:00Z", "to": "2027-04-02T00:00:00Z", **FACTS[kind]}
    noon = contact("c", f"{DAY}T12:00:00", jurisdiction, number="n1")
    rule = named(jurisdiction, kind, lender)
    [(_, finding)] = findings(body(jurisdiction, [noon], fact, lender=lender))
    assert (finding.rule, finding.because) == (rule, {"fact": 0})
    if rule.startswith("house."):
        assert (finding.force, finding.verdict) == ("PRAC", "concern")
    else:
        assert finding.verdict == "breach"

    def others(**more: Any) -> list[str]:
        return rules(body(jurisdiction, [noon | more], fact, lender=lender))

    assert others(direction="inbound") == []
    assert others(party="attorney") == others(party="adviser") == []
    assert others(purpose="service") == []
    assert others(purpose="reply") == ([] if rule in REPLY_IS_FREE else [rule])
    assert others(at="2027-04-01T03:59:59Z", purpose="reply") == []
    assert others(at="2027-04-02T00:00:00Z", purpose="reply") == []
    assert (rule in others(party="employer")) is (kind != "represented")


@pytest.mark.parametrize(
    ("opt_out", "more", "expected"),
    [
        ({"channel": "call"}, {}, True),
        ({"channel": "call"}, {"channel": "ai_call"}, True),
        ({"channel": "call"}, {"channel": "sms"}, False),
        ({"number": "n1"}, {"channel": "sms"}, True),
        ({"number": "n2"}, {}, False),
        ({"channel": "sms", "number": "n1"}, {}, False),
        ({"channel": "call", "number": "n1"}, {}, True),
        ({"channel": "call", "number": "n1"}, {"purpose": "service"}, True),
        ({"number": "n1"}, {"purpose": "service"}, True),
        ({"channel": "call"}, {"purpose": "service"}, False),
    ],
)
def test_an_opt_out_is_as_wide_as_it_was_said(
    opt_out: dict[str, str], more: dict[str, str], expected: bool
) -> None:
    fact = {"kind": "opt_out", "from": "2027-01-01T00:00:00Z", **opt_out}
    for jurisdiction, rule in (("US", "us.medium.optout"), ("CN", "house.opt_out"), ("UK", "uk.time")):
        asked = contact("c", f"{DAY}T12:00:00", jurisdiction, number="n1", **more)
        assert rules(body(jurisdiction, [asked], fact)) == ([rule] if expected else [])


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        ({"before": "12:00"}, "09:30:00 11:59:59", "12:00:00 18:00:00"),
        ({"after": "18:00"}, "18:00:00 20:00:00", "17:59:59 09:00:00"),
        ({"after": "13:00", "before": "14:00"}, "13:00:00 13:59:59", "12:59:59 14:00:00"),
        ({"after": "18:00", "before": "10:00"}, "18:00:00 09:59:59", "10:00:00 17:59:59"),
        ({}, "09:00:00 20:00:00", ""),
        # 2027-04-01 is a Thursday; hours over midnight belong to the day on which they began.
        ({"days": ["thu"]}, "09:00:00", ""),
        ({"days": ["fri"]}, "", "09:00:00 20:00:00"),
        ({"after": "18:00", "before": "10:00", "days": ["wed"]}, "09:59:59", "18:00:00"),
        ({"after": "18:00", "before": "10:00", "days": ["thu"]}, "18:00:00", "09:59:59"),
        ({"after": "18:00", "days": ["wed"]}, "", "18:00:00 09:59:59"),
    ],
)
def test_inconvenient_hours(window: dict[str, Any], inside: str, outside: str) -> None:
    fact = {"kind": "inconvenient", "from": "2027-01-01T00:00:00Z", **window}
    for clocks, expected in ((inside, ["us.time.known"]), (outside, [])):
        for clock in clocks.split():
            assert rules(body("US", [contact("c", f"{DAY}T{clock}")], fact)) == expected, clock


def test_in_the_uk_the_opt_out_is_named_before_the_hours() -> None:
    inconvenient = {"kind": "inconvenient", "from": "2027-01-01T00:00:00Z"}
    opt_out = {"kind": "opt_out", "channel": "call", "from": "2027-01-01T00:00:00Z"}
    [(_, finding)] = findings(body("UK", [contact("c", f"{DAY}T12:00:00", "UK")], inconvenient, opt_out))
    assert (finding.rule, finding.because) == ("uk.time", {"fact": 1})


@pytest.mark.parametrize(
    ("fact_debts", "debts", "meant"),
    [
        (["M"], ["M"], True),
        (["M"], ["N", "M"], True),
        (["M"], ["N"], False),
        (["M"], [], True),
        (None, ["N"], True),
    ],
)
def test_a_fact_about_debts_meets_contacts_about_them(
    fact_debts: list[str] | None, debts: list[str], meant: bool
) -> None:
    for kind in ("moratorium", "plan_in_force", "dispute"):
        fact: dict[str, Any] = {"kind": kind, "from": "2027-01-01T00:00:00Z"}
        if fact_debts is not None:
            fact["debts"] = fact_debts
        asked = body("UK", [contact("c", f"{DAY}T12:00:00", "UK", debts=debts)], fact)
        assert bool(rules(asked)) is meant


# ── traits, dates, order ─────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("trait", TRAITS)
@pytest.mark.parametrize(("jurisdiction", "prefix"), [("CN", "cn"), ("US", "us"), ("UK", "uk")])
def test_a_trait_is_a_breach_in_either_direction_and_for_every_purpose(
    jurisdiction: str, prefix: str, trait: str
) -> None:
    expected = [] if (prefix, trait) == ("us", "vulnerable_ignored") else [f"{prefix}.conduct.{trait}"]
    for more in ({}, {"direction": "inbound"}, {"purpose": "service"}, {"party": "attorney"}):
        asked = contact("c", f"{DAY}T12:00:00", jurisdiction, traits=[trait, trait], **more)
        assert rules(body(jurisdiction, [asked])) == expected
        assert all(finding.verdict == "breach" for _, finding in findings(body(jurisdiction, [asked])))
    asked = contact("c", f"{DAY}T12:00:00", jurisdiction, traits=[trait])
    assert rules(body(jurisdiction, [asked], lender="creditor")) == ([] if prefix == "us" else expected)


@pytest.mark.parametrize(
    ("jurisdiction", "when", "expected"),
    [
        ("CN", "2025-02-27T23:00:00", []),
        ("CN", "2025-02-28T23:00:00", ["cn.time.night_ban.gbt"]),
        ("CN", "2026-01-29T23:00:00", ["cn.time.night_ban.gbt"]),
        ("CN", "2026-01-30T23:00:00", ["cn.time.night_ban.cba", "cn.time.night_ban.gbt"]),
        ("US", "2021-11-29T23:00:00-05:00", []),
        ("US", "2021-11-30T23:00:00-05:00", ["us.time.window"]),
    ],
)
def test_a_contact_is_judged_by_the_rows_of_its_local_date(
    jurisdiction: str, when: str, expected: list[str]
) -> None:
    assert rules(body(jurisdiction, [contact("c", when, jurisdiction)])) == expected


def test_before_a_rule_was_in_force_the_house_rule_speaks() -> None:
    fact = {"kind": "moratorium", "from": "2020-01-01T00:00:00Z"}
    assert rules(body("UK", [contact("c", "2021-05-03T12:00:00", "UK")], fact)) == ["house.moratorium"]
    assert rules(body("UK", [contact("c", "2021-05-04T12:00:00", "UK")], fact)) == ["uk.bs.effect"]


def many(dice: random.Random, jurisdiction: str, number: int) -> list[dict[str, Any]]:
    return [
        contact(
            str(n),
            f"2027-04-0{dice.randint(1, 9)}T{dice.randint(0, 23):02d}:{dice.choice(['00:00', '00:30', '04:00'])}",
            jurisdiction,
            channel=dice.choice(["call", "call", "call", "ai_call", "sms", "wechat", "visit"]),
            direction=dice.choice(["outbound", "outbound", "outbound", "inbound"]),
            party=dice.choice(["borrower", "borrower", "borrower", "listed_contact", "employer", "attorney"]),
            outcome=dice.choice(["conversation", "unanswered", "voicemail", "not_connected"]),
            number=dice.choice(["n1", "n2", ""]),
            debts=dice.choice([[], ["a"], ["a", "b"]]),
            purpose=dice.choice(["demand", "reminder", "reply", "service"]),
        )
        for n in range(number)
    ]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["CN", "US", "UK"]))
def test_the_order_of_the_request_changes_no_verdict(seed: int, jurisdiction: str) -> None:
    dice = random.Random(seed)
    contacts = many(dice, jurisdiction, 40)
    zones = [LONDON, NEW_YORK]
    straight = findings(body(jurisdiction, contacts, zones=zones))
    shuffled = dice.sample(contacts, len(contacts))
    again = findings(body(jurisdiction, shuffled, zones=zones))
    assert sorted(again, key=str) == sorted(straight, key=str)
    place = {each["id"]: n for n, each in enumerate(shuffled)}
    assert [(place[name], finding.rule) for name, finding in again] == sorted(
        (place[name], finding.rule) for name, finding in again
    )
    assert len({(name, finding.rule) for name, finding in again}) == len(again)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["CN", "US", "UK"]))
def test_what_comes_later_changes_no_earlier_verdict(seed: int, jurisdiction: str) -> None:
    dice = random.Random(seed)
    contacts = sorted(many(dice, jurisdiction, 40), key=lambda each: str(each["at"]))
    cut = dice.randint(0, 40)
    while 0 < cut < 40 and contacts[cut]["at"] == contacts[cut - 1]["at"]:
        cut += 1
    before = findings(body(jurisdiction, contacts[:cut]))
    ids = {each["id"] for each in contacts[:cut]}
    assert before == [each for each in findings(body(jurisdiction, contacts)) if each[0] in ids]
