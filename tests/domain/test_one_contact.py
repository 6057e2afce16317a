"""A visitor's contact is counted as told, and nothing is read into it that nobody said."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain import conduct, rulebook
from cases.domain.conduct_question import Jurisdiction
from cases.domain.one_contact import MOST, SAID, Asked, row_of, topic_of
from cases.domain.rulebook import LenderType

ZONES = {
    Jurisdiction.CN: "Asia/Shanghai",
    Jurisdiction.US: "America/New_York",
    Jurisdiction.UK: "Europe/London",
}


def asked(jurisdiction: str = "CN", clock: str = "15:00", **more: object) -> Asked:
    place = Jurisdiction(jurisdiction)
    zone = ZONES[place]
    plain = Asked(
        jurisdiction=place,
        lender_type=LenderType.DEBT_COLLECTOR,
        at=datetime.fromisoformat(f"2027-05-12T{clock}:00").replace(tzinfo=ZoneInfo(zone)),
        zones=(zone,),
        channel="call",
        party="borrower",
        outcome="conversation",
    )
    return replace(plain, **more)


def rules(question: Asked) -> list[str]:
    return [finding.rule for finding in question.findings()]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (asked(), []),
        (asked(clock="21:59"), []),
        (asked(clock="22:00"), ["cn.time.night_ban.gbt", "cn.time.night_ban.cba"]),
        (asked(clock="22:00", said=["night"]), []),
        (asked(that_day=3), []),
        (asked(that_day=4), ["cn.freq.voice_effective.gbt"]),
        (asked(outcome="unanswered", that_day=6), []),
        (asked(outcome="unanswered", that_day=7), ["cn.freq.attempts.cba"]),
        (asked(clock="00:00", outcome="unanswered", that_day=7, said=["night"]), ["cn.freq.attempts.cba"]),
        (asked(channel="visit", outcome="delivered", that_day=2), ["cn.freq.visit"]),
        (asked(party="listed_contact", said=["unreachable"]), []),
        (asked("US", "20:59"), []),
        (asked("US", "21:00"), ["us.time.window"]),
        (asked("US", outcome="unanswered", seven_days=7), []),
        (asked("US", outcome="unanswered", seven_days=8), ["us.freq.7in7"]),
        (asked("US", that_day=2), ["us.freq.after_talk"]),
        (asked("US", outcome="unanswered", that_day=7, seven_days=7), ["us.freq.pattern"]),
        # So early in the day that they must have come close together: nobody said how close.
        (asked("US", "00:20", outcome="unanswered", that_day=7, seven_days=7), ["us.time.window"]),
        (asked("US", channel="sms", outcome="delivered", that_day=20, seven_days=20), ["us.freq.text"]),
        (asked("UK", that_day=3, outcome="unanswered"), []),
        (asked("UK", that_day=4, outcome="unanswered"), ["uk.freq"]),
        (asked("UK", said=["moratorium"]), ["uk.bs.effect"]),
    ],
)
def test_what_was_told_is_judged_and_no_more(question: Asked, found: list[str]) -> None:
    assert rules(question) == found


@given(
    st.sampled_from(Jurisdiction),
    st.integers(1, MOST),
    st.integers(1, MOST),
    st.sets(st.sampled_from(SAID)),
    st.sampled_from(["call", "sms", "visit", "wechat"]),
    st.integers(0, 23),
)
def test_the_contacts_stand_where_they_are_counted(
    place: Jurisdiction, day: int, week: int, said: set[str], channel: str, hour: int
) -> None:
    zone = ZoneInfo(ZONES[place])
    question = replace(
        asked(place, f"{hour:02}:30"), that_day=day, seven_days=max(day, week), said=said, channel=channel
    )
    at = [contact.at.astimezone(zone) for contact in question.question().contacts]
    assert len(at) == max(day, week)
    assert sum(each.date() == question.at.date() for each in at) == day
    assert all(each <= question.at for each in at)
    assert all((question.at.date() - each.date()).days < 7 for each in at)
    for finding in question.findings():
        assert topic_of(finding.rule)
        assert row_of(question.question().book, finding).id == finding.rule


def test_every_rule_that_can_be_found_is_about_something() -> None:
    for name in ("cn", "us", "uk"):
        for rule in rulebook.load(name).rules:
            if conduct.check_of(rule.id, name):
                assert topic_of(rule.id)
