"""Hours and counts, judged at the second and on the local day, with both edges of the night inside it."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cases.domain.conduct import Finding, inside, judge
from cases.domain.facts import (
    Contact,
    first_instant,
    local_time,
    most_in_a_local_day,
    next_clock_change,
    whole_second,
)
from cases.domain.history import History
from cases.domain.person_facts import PersonFact, PersonFacts
from cases.domain.rulebook import Force, Kind, load

CN = load("cn")
SHANGHAI = ("Asia/Shanghai",)
GBT, CBA = "cn.time.night_ban.gbt", "cn.time.night_ban.cba"


def at(text: str, zone: str = "+08:00") -> datetime:
    return datetime.fromisoformat(text + zone)


def judged(
    *contacts: Contact,
    lender: str = "bank",
    zones: tuple[str, ...] = SHANGHAI,
    consents: frozenset[str] = frozenset(),
) -> dict[str, list[Finding]]:
    given = [PersonFact(kind="consent", scope=scope, begins=at("2027-04-01T00:00:00")) for scope in consents]
    history = History(contacts, CN.judged_zones(zones), PersonFacts(given))
    return {
        contact.id: list(judge(CN, contact, history.days(contact), lender_type=lender))
        for contact in contacts
    }


def call(name: str, when: str, **more: Any) -> Contact:
    given = {"channel": "call", "outcome": "conversation", "number": "n1", **more}
    return Contact(id=name, at=at(when), **given)


def rules(findings: list[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


@pytest.mark.parametrize(
    ("clock", "blocked"),
    [
        ("21:59:59", False),
        ("22:00:00", True),
        ("22:00:01", True),
        ("23:59:59", True),
        ("00:00:00", True),
        ("07:59:59", True),
        ("08:00:00", True),
        ("08:00:01", False),
        ("12:00:00", False),
    ],
)
@pytest.mark.parametrize("channel", ["call", "ai_call", "sms", "email", "wechat", "letter"])
def test_night_begins_and_ends_on_the_second(clock: str, blocked: bool, channel: str) -> None:
    findings = judged(Contact(id="c", at=at(f"2027-04-01T{clock}"), channel=channel))["c"]
    assert rules(findings) == ([CBA, GBT] if blocked else [])
    for finding in findings:
        assert finding.because == {"local_time": clock, "zone": "Asia/Shanghai"}


def test_a_fraction_of_a_second_is_cut_off() -> None:
    late = Contact(id="c", at=at("2027-04-01T08:00:00.999999"), channel="sms")
    assert rules(judged(late)["c"]) == [CBA, GBT]
    early = Contact(id="c", at=at("2027-04-01T21:59:59.999999"), channel="sms")
    assert judged(early)["c"] == []


def test_urumqi_is_judged_by_beijing_time() -> None:
    contact = Contact(id="c", at=at("2027-04-01T09:00:00"), channel="sms")
    assert judged(contact, zones=("Asia/Urumqi",))["c"] == []


def test_with_several_zones_any_breach_counts() -> None:
    contact = Contact(id="c", at=at("2027-04-01T15:30:00"), channel="sms")  # 08:30 in London, summer time
    assert judged(contact, zones=("Asia/Shanghai", "Europe/London"))["c"] == []
    earlier = Contact(id="c", at=at("2027-04-01T14:59:59"), channel="sms")  # 07:59:59 in London
    findings = judged(earlier, zones=("Asia/Shanghai", "Europe/London"))["c"]
    assert findings[0].because == {"local_time": "07:59:59", "zone": "Europe/London"}


@pytest.mark.parametrize(
    ("more", "consents", "expected"),
    [
        ({}, frozenset(), [CBA, GBT]),
        ({}, frozenset({"night"}), []),
        ({"purpose": "reply"}, frozenset(), []),
        ({"purpose": "service"}, frozenset(), []),
        ({"purpose": "reminder"}, frozenset(), [CBA, GBT]),
        ({"direction": "inbound"}, frozenset(), []),
        ({"party": "attorney"}, frozenset(), []),
        ({"party": "employer"}, frozenset(), [CBA, GBT]),
    ],
)
def test_who_the_night_protects(more: dict[str, str], consents: frozenset[str], expected: list[str]) -> None:
    contact = Contact(id="c", at=at("2027-04-01T23:00:00"), channel="sms", **more)
    found = rules(judged(contact, consents=consents)["c"])
    assert [rule for rule in found if rule in (CBA, GBT)] == expected


@pytest.mark.parametrize(
    ("lender", "expected"),
    [
        ("bank", [CBA, GBT]),
        ("facilitator", [GBT]),
        ("creditor", []),
        ("debt_collector", [CBA, GBT]),
    ],
)
def test_a_standard_binds_only_those_it_was_written_for(lender: str, expected: list[str]) -> None:
    contact = Contact(id="c", at=at("2027-04-01T23:00:00"), channel="sms")
    assert rules(judged(contact, lender=lender)["c"]) == expected


def test_a_contact_is_judged_by_the_rules_of_its_own_day() -> None:
    before = Contact(id="c", at=at("2025-02-27T23:00:00"), channel="sms")
    first = Contact(id="c", at=at("2025-02-28T23:00:00"), channel="sms")
    assert judged(before)["c"] == []
    assert rules(judged(first)["c"]) == [GBT]


def test_the_fourth_connected_call_of_a_day_is_one_too_many() -> None:
    calls = [
        call("1", "2027-04-01T09:00:00"),
        call("2", "2027-04-01T10:00:00", channel="ai_call"),
        call("missed", "2027-04-01T10:30:00", outcome="unanswered"),
        call("inbound", "2027-04-01T10:40:00", direction="inbound"),
        call("3", "2027-04-01T11:00:00", number="n2"),
        call("4", "2027-04-01T12:00:00"),
        call("tomorrow", "2027-04-02T09:00:00"),
    ]
    findings = judged(*calls)
    assert {name: rules(found) for name, found in findings.items() if found} == {
        "4": ["cn.freq.voice_effective.gbt"]
    }
    finding = findings["4"][0]
    assert finding.because == {"counted": 4, "limit": 3, "window": ["2027-04-01", "2027-04-01"]}
    assert (finding.verdict, finding.force, finding.verified) == (Kind.BREACH, Force.STD, True)


def test_the_seventh_unanswered_attempt_on_one_number_is_a_concern() -> None:
    calls = [call(str(n), f"2027-04-01T09:{n:02d}:00", outcome="unanswered") for n in range(1, 8)]
    findings = judged(*calls, call("other", "2027-04-01T09:30:00", outcome="unanswered", number="n2"))
    assert {name: rules(found) for name, found in findings.items() if found} == {
        "7": ["cn.freq.attempts.cba"]
    }
    assert findings["7"][0].verdict is Kind.CONCERN
    assert not any(judged(*calls, consents=frozenset({"extra_calls"})).values())


def test_attempts_without_a_number_are_not_counted() -> None:
    calls = [call(str(n), f"2027-04-01T09:{n:02d}:00", outcome="unanswered", number="") for n in range(1, 12)]
    assert not any(judged(*calls).values())


def test_the_second_visit_of_a_day_is_named_and_unverified() -> None:
    first = Contact(id="a", at=at("2027-04-01T10:00:00"), channel="visit")
    second = Contact(id="b", at=at("2027-04-01T15:00:00"), channel="visit")
    findings = judged(second, first)
    assert findings["a"] == []
    assert rules(findings["b"]) == ["cn.freq.visit"]
    assert not findings["b"][0].verified


def test_calls_at_the_same_instant_count_for_each_other() -> None:
    calls = [call(str(n), "2027-04-01T09:00:00") for n in range(4)]
    assert all(rules(found) == ["cn.freq.voice_effective.gbt"] for found in judged(*calls).values())


def test_a_day_is_the_date_on_the_clock_and_not_24_hours() -> None:
    calls = [call(str(n), f"2027-04-01T21:5{n}:00") for n in range(3)]
    assert not any(judged(*calls, call("next", "2027-04-02T08:00:01")).values())


def test_the_order_of_the_request_changes_nothing() -> None:
    dice = random.Random(7)
    calls = [
        call(
            str(n),
            f"2027-04-0{dice.randint(1, 3)}T{dice.randint(8, 21):02d}:{dice.randint(0, 59):02d}:01",
            outcome=dice.choice(["conversation", "unanswered", "voicemail"]),
        )
        for n in range(60)
    ]
    straight = judged(*calls)
    for _ in range(5):
        dice.shuffle(calls)
        assert judged(*calls) == straight


def test_an_instant_without_an_offset_is_no_instant() -> None:
    with pytest.raises(ValueError, match="offset"):
        whole_second(datetime(2027, 4, 1, 9))  # noqa: DTZ001 the missing zone is the point


@pytest.mark.parametrize(
    ("second", "start", "end", "expected"),
    [
        (5, 5, 9, True),
        (9, 5, 9, True),
        (4, 5, 9, False),
        (10, 5, 9, False),
        (9, 9, 5, True),
        (5, 9, 5, True),
        (7, 9, 5, False),
    ],
)
def test_hours_include_both_edges_and_may_cross_midnight(
    second: int, start: int, end: int, expected: bool
) -> None:
    assert inside(second, start, end) is expected


def test_messages_of_today_are_counted_on_the_stricter_clock() -> None:
    now = at("2027-04-02T00:30:00")  # 17:30 of the day before in London
    sent = [now - timedelta(hours=1), now - timedelta(hours=3), now]
    assert most_in_a_local_day(sent, now=now, zones=SHANGHAI) == 1
    assert most_in_a_local_day(sent, now=now, zones=("Asia/Shanghai", "Europe/London")) == 3
    assert most_in_a_local_day([], now=now, zones=SHANGHAI) == 0


def test_a_clock_that_jumps_over_a_time_shows_it_at_the_jump() -> None:
    # New York, 14 March 2027: 01:59:59 is followed by 03:00:00.
    jump = datetime(2027, 3, 14, 7, 0, 0, tzinfo=UTC)
    after = jump - timedelta(days=1)
    assert first_instant(jump.date(), 2 * 3600 + 1800, "America/New_York", after=after) == jump
    assert next_clock_change("America/New_York", after=after, until=after + timedelta(days=3)) == jump
    assert next_clock_change("Asia/Shanghai", after=after, until=after + timedelta(days=30)) is None


def test_a_time_shown_twice_is_met_twice() -> None:
    # New York, 7 November 2027: 01:30 happens at 05:30 and again at 06:30 UTC.
    on = datetime(2027, 11, 7, tzinfo=UTC).date()
    first = first_instant(on, 5400, "America/New_York", after=datetime(2027, 11, 7, tzinfo=UTC))
    assert first == datetime(2027, 11, 7, 5, 30, tzinfo=UTC)
    second = first_instant(on, 5400, "America/New_York", after=first)
    assert second == datetime(2027, 11, 7, 6, 30, tzinfo=UTC)
    assert first_instant(on, 5400, "America/New_York", after=second) is None
    assert (
        local_time(first, "America/New_York").clock
        == local_time(second, "America/New_York").clock
        == "01:30:00"
    )
