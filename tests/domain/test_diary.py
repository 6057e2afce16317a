"""What a diary shows: findings under the rules of the day, and what was fine, without claiming to know a stranger."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from cases.domain import diary, rulebook
from cases.domain.diary import Entry, Topic
from cases.domain.facts import Contact
from cases.domain.rulebook import Force, LenderType

CN = rulebook.load("cn")
ZONES = ("Asia/Shanghai",)
ANYBODY = tuple(str(kind) for kind in LenderType if kind != LenderType.CREDITOR)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def entry(id: str, when: str, callers: tuple[str, ...] = ("microloan",), **fields: Any) -> Entry:
    card = fields.pop("card", False)
    values = {"channel": "call", "outcome": "conversation", "number": "0571"} | fields
    return Entry(contact=Contact(id=id, at=at(when), **values), callers=callers, card=card)


def judged(*pool: Entry) -> Any:
    return diary.verdicts(CN, pool, ZONES)


def rules(verdict: Any) -> list[str]:
    return [finding.rule for finding in verdict.findings]


def test_a_late_call_departs_from_two_rules_and_is_fine_in_number() -> None:
    verdict = judged(entry("a", "2027-05-09T22:17:00"))["a"]
    assert rules(verdict) == ["cn.time.night_ban.gbt", "cn.time.night_ban.cba"]
    assert verdict.topics == (Topic.HOURS,)
    assert [(fine.topic, fine.counted, fine.limit) for fine in verdict.fine] == [(Topic.CALLS, 1, 3)]


def test_a_call_at_ten_in_the_morning_is_fine() -> None:
    verdict = judged(entry("a", "2027-05-09T10:00:00"))["a"]
    assert verdict.findings == ()
    assert {fine.topic for fine in verdict.fine} == {Topic.HOURS, Topic.CALLS}


def test_the_fourth_talk_of_a_day_counts_the_agency_with_the_lender() -> None:
    pool = [entry(str(hour), f"2027-05-09T{hour}:00:00") for hour in (10, 11, 12)]
    fourth = entry("d", "2027-05-09T13:00:00", callers=("debt_collector",))
    found = judged(*pool, fourth)
    assert rules(found["d"]) == ["cn.freq.voice_effective.gbt"]
    assert found["12"].findings == ()


def test_old_contacts_are_judged_by_the_rules_of_their_day() -> None:
    assert judged(entry("a", "2025-02-27T23:00:00"))["a"].findings == ()
    assert rules(judged(entry("a", "2025-02-28T23:00:00"))["a"]) == ["cn.time.night_ban.gbt"]


def test_of_a_stranger_only_what_binds_everybody_is_said() -> None:
    found = judged(entry("a", "2027-05-09T23:00:00", callers=ANYBODY))["a"]
    assert rules(found) == ["cn.time.night_ban.gbt"]


@pytest.mark.parametrize(
    ("party", "card", "callers", "expected"),
    [
        ("borrower", False, ("bank",), []),
        ("third_party", False, ("bank",), ["cn.third.contact_gate.gbt", "cn.third.contact_gate.cba"]),
        ("third_party", True, ("bank",), ["cn.third.ban_card"]),
        ("employer", False, ("facilitator",), ["cn.third.contact_gate.gbt"]),
        ("public", True, ("debt_collector",), ["cn.third.ban_card", "cn.third.no_public"]),
        ("listed_contact", False, ("microloan",), ["cn.third.contact_gate.gbt", "cn.third.contact_gate.cba"]),
    ],
)
def test_other_people_are_out_of_bounds(
    party: str, card: bool, callers: tuple[str, ...], expected: list[str]
) -> None:
    assert rules(judged(entry("a", "2027-05-09T10:00:00", callers, party=party, card=card))["a"]) == expected


def test_a_listed_contact_may_be_asked_after_three_failed_calls_in_a_row() -> None:
    calls = [entry(str(hour), f"2027-05-09T{hour}:00:00", outcome="unanswered") for hour in (10, 11, 12)]
    asked = entry("x", "2027-05-09T13:00:00", party="listed_contact")
    assert judged(*calls, asked)["x"].findings == ()
    assert rules(judged(*calls[1:], asked)["x"]) != []
    talked = entry("t", "2027-05-09T12:30:00")
    assert rules(judged(*calls, talked, asked)["x"]) != []


def test_an_agency_on_a_private_account_is_found() -> None:
    one = entry(
        "a", "2027-05-09T10:00:00", ("debt_collector",), channel="wechat", outcome="delivered", number=""
    )
    assert rules(judged(one)["a"]) == ["cn.channel.personal_im"]
    own = entry("a", "2027-05-09T10:00:00", ("bank",), channel="wechat", outcome="delivered", number="")
    assert judged(own)["a"].findings == ()


def test_the_seventh_attempt_at_one_number_is_a_concern() -> None:
    first = at("2027-05-09T09:00:00")
    pool = [
        entry(str(n), (first + timedelta(minutes=n)).strftime("%Y-%m-%dT%H:%M:00"), outcome="unanswered")
        for n in range(7)
    ]
    found = judged(*pool)
    assert rules(found["6"]) == ["cn.freq.attempts.cba"]
    assert [fine.counted for fine in found["5"].fine if fine.topic is Topic.ATTEMPTS] == [6]


def test_findings_come_strongest_first() -> None:
    one = entry("a", "2027-05-09T23:00:00", ("bank",), party="third_party", card=True)
    forces = [finding.force for finding in judged(one)["a"].findings]
    assert forces == [Force.RULE, Force.STD, Force.SELF]
