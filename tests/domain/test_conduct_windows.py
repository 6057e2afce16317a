"""When a contact may be made: allowed, deferred to the first whole second that is free, or refused without an end."""

import random
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.conduct_asking import HOME, NEW_YORK, body, contact, window
from tests.domain.test_conduct_contract import many

SMS = {"channel": "sms", "debt": "M", "purpose": "demand"}
CALL = SMS | {"channel": "call"}
ALWAYS = {"from": "2027-01-01T00:00:00Z"}


def ask(
    jurisdiction: str,
    at: str,
    *facts: dict[str, Any],
    contacts: Any = (),
    lender: str = "debt_collector",
    **more: Any,
) -> tuple[str, str | None, list[str]]:
    zones = more.pop("zones", None)
    proposed = SMS | {"at": at if at[-6] in "+-" else at + HOME[jurisdiction][1]} | more
    asked = body(jurisdiction, list(contacts), *facts, lender=lender, zones=zones, proposed=proposed)
    answer = window(asked)
    not_before = answer.not_before and answer.not_before.isoformat()
    return str(answer.answer), not_before, [finding.rule for finding in answer.findings]


@pytest.mark.parametrize(
    ("jurisdiction", "at", "verdict", "not_before"),
    [
        ("CN", "2027-04-01T21:59:59", "allowed", None),
        ("CN", "2027-04-01T22:00:00", "deferred", "2027-04-02T08:00:01+08:00"),
        ("CN", "2027-04-02T08:00:00", "deferred", "2027-04-02T08:00:01+08:00"),
        ("US", "2027-04-01T21:00:00", "deferred", "2027-04-02T08:00:01-04:00"),
        ("US", "2027-04-01T20:59:59", "allowed", None),
        ("UK", "2027-04-01T23:00:00", "allowed", None),
        ("US", "2027-03-13T23:00:00-05:00", "deferred", "2027-03-14T08:00:01-04:00"),
    ],
)
def test_the_night_defers_to_the_second_after_it(
    jurisdiction: str, at: str, verdict: str, not_before: str | None
) -> None:
    assert ask(jurisdiction, at)[:2] == (verdict, not_before)


def test_a_concern_only_informs() -> None:
    assert ask("UK", "2027-04-01T23:00:00") == ("allowed", None, ["uk.time.usual"])
    house = {"kind": "inconvenient", **ALWAYS}
    assert ask("CN", "2027-04-01T12:00:00", house) == ("allowed", None, ["house.inconvenient"])


def test_the_end_is_on_the_clock_of_the_first_zone() -> None:
    assert ask("CN", "2027-04-01T23:00:00", zones=["Asia/Urumqi"])[1] == "2027-04-02T06:00:01+06:00"
    zones = [NEW_YORK, "America/Los_Angeles"]
    assert ask("US", "2027-04-02T07:00:00", zones=zones)[1] == "2027-04-02T11:00:01-04:00"


def test_where_the_zones_leave_no_hour_free_it_is_refused() -> None:
    zones = [NEW_YORK, "Asia/Kolkata", "Australia/Sydney"]
    assert ask("US", "2027-04-02T12:00:00", zones=zones)[:2] == ("refused", None)


def test_the_eighth_call_waits_for_the_window_to_roll() -> None:
    calls = [contact(f"d{day}", f"2027-04-0{day}T10:00:00", debts=["M"]) for day in range(1, 8)]
    assert ask("US", "2027-04-07T18:00:00", contacts=calls, **CALL) == (
        "deferred",
        "2027-04-08T08:00:01-04:00",
        ["us.freq.7in7"],
    )


def test_after_a_talk_the_next_call_may_come_on_the_eighth_day() -> None:
    talk = contact("t", "2027-04-01T10:00:00", outcome="conversation", debts=["M"])
    assert ask("US", "2027-04-01T12:00:00", contacts=[talk], **CALL)[1] == "2027-04-08T08:00:01-04:00"
    assert ask("US", "2027-04-01T12:00:00", contacts=[talk], **(CALL | {"debt": "N"}))[0] == "allowed"


def test_a_proposed_call_is_judged_as_if_it_connected() -> None:
    talks = [contact(str(n), f"2027-04-01T1{n}:00:00", "CN", outcome="conversation") for n in range(3)]
    assert ask("CN", "2027-04-01T15:00:00", contacts=talks, **CALL) == (
        "deferred",
        "2027-04-02T08:00:01+08:00",
        ["cn.freq.voice_effective.gbt"],
    )
    missed = [contact(str(n), f"2027-04-01T1{n}:00:00", "CN", number="n") for n in range(8)]
    assert ask("CN", "2027-04-01T20:00:00", contacts=missed, **CALL, number="n")[0] == "allowed"


@pytest.mark.parametrize(
    "fact",
    [
        {"kind": "opt_out", "channel": "sms"},
        {"kind": "cease"},
        {"kind": "represented"},
        {"kind": "plan_in_force"},
        {"kind": "contact_refused", "number": "n"},
        {"kind": "moratorium", "debts": ["M"]},
        {"kind": "dispute"},
    ],
    ids=lambda fact: fact["kind"],
)
@pytest.mark.parametrize("jurisdiction", ["CN", "US", "UK"])
@pytest.mark.parametrize("lender", ["creditor", "bank", "debt_collector"])
def test_a_protection_refuses_even_where_its_end_is_known(
    fact: dict[str, Any], jurisdiction: str, lender: str
) -> None:
    known = ALWAYS | fact | {"to": "2027-04-02T00:00:00Z"}
    verdict, not_before, rules = ask(jurisdiction, "2027-04-01T12:00:00", known, lender=lender, number="n")
    assert (verdict, not_before, len(rules)) == ("refused", None, 1)


def test_inconvenient_hours_defer_where_a_rule_binds() -> None:
    fact = ALWAYS | {"kind": "inconvenient", "before": "12:00"}
    assert ask("US", "2027-04-01T09:30:00", fact)[1] == "2027-04-01T12:00:00-04:00"
    assert ask("UK", "2027-04-01T09:30:00", fact)[1] == "2027-04-01T12:00:00+01:00"
    assert ask("US", "2027-04-01T09:30:00", fact, purpose="reply")[0] == "allowed"
    late = ALWAYS | {"kind": "inconvenient", "after": "10:00", "days": ["thu"]}
    assert ask("UK", "2027-04-01T12:00:00", late)[1] == "2027-04-02T00:00:00+01:00"
    ends = ALWAYS | {"kind": "inconvenient", "to": "2027-04-01T14:00:00Z"}
    assert ask("UK", "2027-04-01T12:00:00", ends)[1] == "2027-04-01T15:00:00+01:00"


def test_a_listed_contact_waits_for_the_failures_that_are_already_on_the_list() -> None:
    failures = [contact(str(n), f"2027-04-02T1{n}:00:00", "CN") for n in range(3)]
    deferred = ask("CN", "2027-04-01T12:00:00", contacts=failures, party="listed_contact")
    assert deferred[:2] == ("deferred", "2027-04-02T12:00:00+08:00")
    assert ask("CN", "2027-04-01T12:00:00", party="listed_contact")[:2] == ("refused", None)


def test_beyond_thirty_five_days_is_refused() -> None:
    def until(day: str) -> tuple[str, str | None]:
        fact = ALWAYS | {"kind": "inconvenient", "to": f"{day}T12:00:00-04:00"}
        return ask("US", "2027-04-01T12:00:00", fact)[:2]

    assert until("2027-05-06") == ("deferred", "2027-05-06T12:00:00-04:00")
    assert until("2027-05-07") == ("refused", None)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["CN", "US", "UK"]))
def test_what_is_deferred_is_free_then_and_not_a_second_before(seed: int, jurisdiction: str) -> None:
    dice = random.Random(seed)
    contacts = many(dice, jurisdiction, 30)
    proposed = dice.choice([SMS, CALL]) | {"party": dice.choice(["borrower", "borrower", "listed_contact"])}
    at = f"2027-04-0{dice.randint(1, 9)}T{dice.randint(0, 23):02d}:15:00"
    verdict, not_before, _ = ask(jurisdiction, at, contacts=contacts, **proposed)
    if verdict == "deferred":
        assert not_before is not None
        free = datetime.fromisoformat(not_before)
        assert ask(jurisdiction, not_before, contacts=contacts, **proposed)[0] == "allowed"
        for back in (1, 2, 60, 3600):
            earlier = free - timedelta(seconds=back)
            if earlier >= datetime.fromisoformat(at + HOME[jurisdiction][1]):
                again = ask(jurisdiction, earlier.isoformat(), contacts=contacts, **proposed)
                assert again[:2] == ("deferred", not_before)


def test_a_question_made_to_be_slow_is_refused_soon() -> None:
    """Night somewhere on twelve clocks at any moment, and two hundred hours that do not suit for each of them to end."""
    zones = [f"Etc/GMT{hours:+d}" for hours in range(-11, 12, 2)]
    hours = [
        ALWAYS | {"kind": "inconvenient", "before": f"{minute // 60:02d}:{minute % 60:02d}"}
        for minute in range(200)
    ]
    contacts = [
        contact(
            str(n),
            (datetime.fromisoformat("2027-04-01T00:00:00") + timedelta(minutes=n * 20)).isoformat(),
            "US",
        )
        for n in range(2000)
    ]
    begun = time.process_time()
    answer = ask("US", "2027-04-01T12:00:00", *hours, contacts=contacts, zones=zones, **CALL)
    assert answer[:2] == ("refused", None)
    assert time.process_time() - begun < 6
