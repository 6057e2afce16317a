"""The gate opens only when every rule, every protection and every clock of the person lets it."""

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.domain.facts import local_time
from cases.domain.rulebook import DIRECTORY, load
from notices.domain.gate import (
    PROTECTIONS,
    GateFacts,
    Inconvenient,
    Outcome,
    Purpose,
    Verdict,
    as_json,
    findings_as_json,
    from_json,
    judge,
)

CN = load("cn")
BOOKS = {name: load(name) for name in ("cn", "us", "uk")}
NOON = datetime(2027, 4, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
PLAIN = GateFacts(
    now=NOON,
    channel="sms",
    purpose="reminder",
    lender_type="bank",
    consented=True,
    address_known=True,
    zones=("Asia/Shanghai",),
)
HOLDS = ("moratorium", "crisis", "bereavement", "dispute", "represented", "safe_contact", "cease")
ZONES = (
    "Asia/Shanghai",
    "Asia/Urumqi",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
)


def rows(name: str = "cn") -> Iterator[dict[str, str]]:
    path = Path(__file__).parent.parent / "data" / f"gate_{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def inconvenient(value: str) -> Inconvenient:
    """`-12:00` is before noon, `17:00-` after five, `18:00-09:00` both."""
    after, before = (int(edge[:2]) * 3600 + int(edge[3:]) * 60 if edge else None for edge in value.split("-"))
    return Inconvenient(before=before, after=after)


def facts_of(row: dict[str, str]) -> GateFacts:
    """The row's own words: `hold=crisis sent_person=2 quiet=12:00-14:00 zone=Asia/Urumqi plan …`."""
    facts = replace(
        PLAIN,
        now=datetime.fromisoformat(row["when"]).replace(tzinfo=ZoneInfo(row["clock"])),
        channel=row["channel"],
        purpose=row["purpose"],
        lender_type=row["lender"],
        zones=(),
    )
    for word in row["facts"].split():
        name, _, value = word.partition("=")
        match name:
            case "hold":
                facts = replace(facts, holds=(*facts.holds, value))
            case "zone":
                facts = replace(facts, zones=(*facts.zones, value))
            case "quiet":
                start, end = value.split("-")
                facts = replace(facts, quiet=(time.fromisoformat(start), time.fromisoformat(end)))
            case "sent_person":
                facts = replace(facts, sent_to_person_today=int(value))
            case "sent_lender":
                facts = replace(facts, sent_by_lender_today=int(value))
            case "opted_out" | "address_opted_out" | "paused" | "vulnerable":
                facts = replace(facts, **{name: True})
            case "plan":
                facts = replace(facts, plan_in_force=True)
            case "of_plan":
                facts = replace(facts, reminds_of_plan=True)
            case "disputed":
                facts = replace(facts, payment_disputed=True)
            case "pending":
                facts = replace(facts, payment_pending=True)
            case "no_consent":
                facts = replace(facts, consented=False)
            case "no_address":
                facts = replace(facts, address_known=False)
            case "incomplete":
                facts = replace(facts, content_complete=False)
            case "unapproved":
                facts = replace(facts, wording_approved=False)
            case "contacts":
                facts = replace(facts, contacts_by_lender_today=int(value))
            case "not":
                facts = replace(facts, inconvenient=(inconvenient(value),))
            case "days":
                facts = replace(facts, days=tuple(value.split(";")))
            case "pace":
                facts = replace(facts, pace=int(value))
            case "last":
                at = datetime.fromisoformat(value).replace(tzinfo=ZoneInfo(row["clock"]))
                facts = replace(facts, last_reminder=at)
            case _:
                raise AssertionError(f"the table says {word!r}, which nobody reads")
    return facts


@pytest.mark.parametrize(
    ("law", "row"),
    [(law, row) for law in BOOKS for row in rows(law)],
    ids=lambda row: row if isinstance(row, str) else f"{row['when']} {row['purpose']} {row['facts']}",
)
def test_the_table_a_lawyer_can_read(law: str, row: dict[str, str]) -> None:
    facts = facts_of(row)
    verdict = judge(BOOKS[law], facts)
    assert verdict.outcome == row["verdict"]
    assert [finding.rule for finding in verdict.findings] == row["rules"].split()
    wanted = row["not before"]
    expected = datetime.fromisoformat(wanted).replace(tzinfo=ZoneInfo(row["clock"])) if wanted else None
    assert verdict.not_before == expected


def test_the_table_speaks_of_every_purpose_and_every_hold() -> None:
    told = list(rows())
    assert {row["purpose"] for row in told} == set(Purpose)
    held = {
        word.removeprefix("hold=")
        for row in told
        for word in row["facts"].split()
        if word.startswith("hold=")
    }
    assert set(HOLDS) <= held


def test_a_verdict_names_the_rules_it_was_made_under_the_houses_own_too() -> None:
    for name, book in BOOKS.items():
        both = b"".join((DIRECTORY / f"{file}.toml").read_bytes() for file in (name, "house"))
        assert judge(book, PLAIN).rulebook_version == hashlib.sha256(both).hexdigest()


def test_every_reason_of_the_gate_has_its_row_under_every_law() -> None:
    for book in BOOKS.values():
        for _, rule, _ in PROTECTIONS:
            assert book.rule(rule, NOON.date())
        for rule in ("house.own_clock", "house.quiet_hours", "house.vulnerable", "house.days", "house.pace"):
            assert book.rule(rule, NOON.date())


def test_findings_carry_force_citation_and_the_reason() -> None:
    verdict = judge(CN, replace(PLAIN, now=NOON.replace(hour=22)))
    assert findings_as_json(verdict.findings)[1] == {
        "rule": "cn.time.night_ban.gbt",
        "verdict": "breach",
        "force": "STD",
        "citation": "GB/T 45251-2025 《互联网金融 个人网络消费信贷 贷后催收风控指引》 §5.3",
        "verified": True,
        "because": {"local_time": "22:00:00", "zone": "Asia/Shanghai"},
    }


def test_a_cap_says_what_it_counted() -> None:
    finding = judge(CN, replace(PLAIN, sent_to_person_today=3)).findings[0]
    assert finding.because == {"counted": 4, "limit": 3, "window": ["2027-04-01", "2027-04-01"]}


def test_without_a_zone_the_rulebooks_own_clock_is_used() -> None:
    night = replace(PLAIN, now=NOON.replace(hour=22), zones=())
    assert judge(CN, night).findings[0].because["zone"] == "Asia/Shanghai"


def test_the_fourth_of_a_days_messages_waits_until_no_clock_shows_that_day() -> None:
    facts = replace(PLAIN, sent_to_person_today=3, zones=("Asia/Shanghai", "America/New_York"))
    verdict = judge(CN, facts)
    assert verdict.not_before
    for zone in facts.zones:
        assert local_time(verdict.not_before, zone).date > local_time(NOON, zone).date


UNSUITED = (
    Inconvenient(before=12 * 3600),
    Inconvenient(after=17 * 3600 + 1800),
    Inconvenient(before=14 * 3600, after=12 * 3600, days=("tue", "thu")),
    Inconvenient(days=("mon",)),
)


@st.composite
def any_facts(draw: st.DrawFn) -> GateFacts:
    seconds = draw(st.integers(0, 3 * 366 * 86_400))
    clock = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]), st.sampled_from([0, 59]))
    return GateFacts(
        now=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=seconds),
        channel=draw(st.sampled_from(["sms", "email"])),
        purpose=draw(st.sampled_from(list(Purpose))),
        lender_type=draw(st.sampled_from(["bank", "facilitator", "creditor", "debt_collector"])),
        zones=tuple(draw(st.lists(st.sampled_from(ZONES), unique=True, max_size=2))),
        consented=draw(st.booleans()) or draw(st.booleans()),
        address_known=True,
        sent_to_person_today=draw(st.integers(0, 4)),
        sent_by_lender_today=draw(st.integers(0, 1)),
        holds=tuple(draw(st.lists(st.sampled_from(HOLDS), unique=True, max_size=1))),
        quiet=draw(st.none() | st.tuples(clock, clock)),
        reminds_of_plan=draw(st.booleans()),
        vulnerable=draw(st.booleans()),
        inconvenient=tuple(draw(st.lists(st.sampled_from(UNSUITED), unique=True, max_size=1))),
        days=draw(st.sampled_from([(), (), ("mon", "wed", "fri"), ("sun",)])),
        pace=draw(st.sampled_from([0, 0, 1, 3, 7])),
        last_reminder=draw(
            st.none()
            | st.integers(0, 9 * 86_400).map(
                lambda ago: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=seconds - ago)
            )
        ),
        contacts_by_lender_today=draw(st.integers(0, 4)),
    )


def strictness(verdict: Verdict) -> tuple[int, datetime]:
    rank = [Outcome.ALLOWED, Outcome.DEFERRED, Outcome.REFUSED].index(verdict.outcome)
    return rank, verdict.not_before or datetime.min.replace(tzinfo=UTC)


ADDED = [
    *({"holds": (kind,)} for kind in HOLDS),
    {"opted_out": True},
    {"address_opted_out": True},
    {"paused": True},
    {"plan_in_force": True},
    {"payment_disputed": True},
    {"payment_pending": True},
    {"vulnerable": True},
    {"consented": False},
    {"address_known": False},
    {"sent_to_person_today": 5},
    {"sent_by_lender_today": 2},
    {"quiet": (time(21), time(9))},
    {"quiet": (time(12), time(13, 30))},
    *({"inconvenient": (each,)} for each in UNSUITED),
    {"content_complete": False},
    {"wording_approved": False},
    {"contacts_by_lender_today": 9},
]
LAWS = st.sampled_from(sorted(BOOKS))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LAWS, any_facts(), st.sampled_from(ADDED))
def test_more_protection_never_opens_the_gate(law: str, facts: GateFacts, added: dict[str, object]) -> None:
    book = BOOKS[law]
    if "inconvenient" in added:
        added = {"inconvenient": (*facts.inconvenient, *added["inconvenient"])}
    if "quiet" in added:
        facts = replace(facts, quiet=None)
    if "holds" in added:
        added = {"holds": (*facts.holds, *added["holds"])}
    assert strictness(judge(book, replace(facts, **added))) >= strictness(judge(book, facts))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LAWS, any_facts())
def test_the_next_lawful_second_is_lawful_and_the_first(law: str, facts: GateFacts) -> None:
    book = BOOKS[law]
    facts = replace(facts, purpose=Purpose.REMINDER)
    verdict = judge(book, facts)
    if verdict.not_before is None:
        assert verdict.outcome is not Outcome.DEFERRED
        return

    def later(at: datetime) -> GateFacts:
        """The same person at a later moment: on a day that is new to every clock nothing was sent yet."""
        same_day = any(
            local_time(at, zone).date == local_time(facts.now, zone).date
            for zone in {*book.judged_zones(facts.zones), *(facts.zones or (book.zone,))}
        )
        sent = (facts.sent_to_person_today, facts.sent_by_lender_today) if same_day else (0, 0)
        return replace(
            facts,
            now=at,
            sent_to_person_today=sent[0],
            sent_by_lender_today=sent[1],
            contacts_by_lender_today=facts.contacts_by_lender_today if same_day else 0,
        )

    assert judge(book, later(verdict.not_before)).allowed
    assert not judge(book, later(verdict.not_before - timedelta(seconds=1))).allowed
    waiting = verdict.not_before - facts.now
    if waiting < timedelta(days=3):
        for step in range(1, 40):
            between = facts.now + waiting * step / 40
            if between < verdict.not_before:
                assert not judge(book, later(between)).allowed


@given(any_facts())
def test_what_was_asked_for_passes_every_protection(facts: GateFacts) -> None:
    for purpose in set(Purpose) - {Purpose.REMINDER}:
        assert judge(CN, replace(facts, purpose=purpose, opted_out=True, paused=True)).allowed


@given(any_facts())
def test_facts_survive_being_written_down(facts: GateFacts) -> None:
    again = from_json(json.loads(json.dumps(as_json(facts))))
    assert again == facts
    assert judge(CN, again) == judge(CN, facts)
