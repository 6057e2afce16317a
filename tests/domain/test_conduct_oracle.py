"""
The public contract once more, the slow way: every contact against every other, sentence by sentence as the contract puts it,
with nothing of the engine but its answers. On random histories both must say the same.
"""

import random
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.domain.conduct_asking import LONDON, NEW_YORK, body, contact, found

CALLS = ("call", "ai_call")
TEXTS = ("sms", "email", "wechat", "social")
FAILED = ("unanswered", "voicemail", "not_connected", "refused")
OUTSIDE = ("attorney", "adviser")
OTHERS = ("listed_contact", "third_party", "employer", "public")
LENDERS = ["bank", "consumer_finance", "microloan", "facilitator", "creditor", "debt_collector"]
STANDARD = {"bank", "consumer_finance", "microloan", "debt_collector", "facilitator"}
GUIDELINE = STANDARD - {"facilitator"}
CARD = {"bank", "debt_collector"}
TABLE = {
    "opt_out": ("house.opt_out", "us.medium.optout", "uk.time"),
    "cease": ("house.cease", "us.cease", "house.cease"),
    "inconvenient": ("house.inconvenient", "us.time.known", "uk.time"),
    "represented": ("house.represented", "us.attorney", "uk.agent"),
    "moratorium": ("house.moratorium", "house.moratorium", "uk.bs.effect"),
    "plan_in_force": ("cn.plan.card70.stop", "house.plan_in_force", "house.plan_in_force"),
    "dispute": ("house.dispute", "us.dispute", "uk.dispute"),
    "contact_refused": ("cn.third.contact_gate.gbt", "us.third.ban", "uk.third"),
}


class Oracle:
    def __init__(self, asked: dict[str, Any]) -> None:
        self.place = asked["jurisdiction"]
        self.lender = asked["lender_type"]
        self.facts = asked["person"]["facts"]
        self.zones = ["Asia/Shanghai"] if self.place == "CN" else asked["person"]["timezones"]
        self.contacts = asked["contacts"]

    def at(self, each: dict[str, Any], name: str = "at") -> datetime:
        return datetime.fromisoformat(each[name]).replace(microsecond=0)

    def local(self, each: dict[str, Any], zone: str, name: str = "at") -> datetime:
        return self.at(each, name).astimezone(ZoneInfo(zone))

    def active(self, fact: dict[str, Any], each: dict[str, Any]) -> bool:
        now = self.at(each)
        return self.at(fact, "from") <= now and ("to" not in fact or now < self.at(fact, "to"))

    def consent(self, each: dict[str, Any], scope: str) -> bool:
        return any(
            fact["kind"] == "consent"
            and fact["scope"] == scope
            and self.active(fact, each)
            and (scope != "channel" or fact["channel"] == each["channel"])
            for fact in self.facts
        )

    def extra(self, each: dict[str, Any], zone: str) -> bool:
        return any(
            fact["kind"] == "consent"
            and fact["scope"] == "extra_calls"
            and self.active(fact, each)
            and (self.local(each, zone).date() - self.local(fact, zone, "from").date()).days <= 6
            for fact in self.facts
        )

    def so_far(self, each: dict[str, Any]) -> list[dict[str, Any]]:
        return [other for other in self.contacts if self.at(other) <= self.at(each)]

    def today(self, each: dict[str, Any], zone: str) -> list[dict[str, Any]]:
        day = self.local(each, zone).date()
        return [other for other in self.so_far(each) if self.local(other, zone).date() == day]

    def week(self, each: dict[str, Any], zone: str) -> list[dict[str, Any]]:
        day = self.local(each, zone).date()
        return [
            other
            for other in self.so_far(each)
            if timedelta(0) <= day - self.local(other, zone).date() <= timedelta(days=6)
        ]

    def answer(self) -> list[tuple[str, str]]:
        return [(each["id"], rule) for each in self.contacts for rule in sorted(self.judge(each))]

    def judge(self, each: dict[str, Any]) -> set[str]:
        rules: set[str] = set()
        for zone in self.zones:
            rules |= self.said(each, zone)
            if each["direction"] == "outbound" and each["purpose"] != "service":
                rules |= self.hours(each, zone) | getattr(self, self.place.lower())(each, zone)
        prefix = self.place.lower()
        if self.place != "US" or self.lender == "debt_collector":
            rules |= {
                f"{prefix}.conduct.{trait}"
                for trait in each["traits"]
                if (self.place, trait) != ("US", "vulnerable_ignored")
            }
        return rules

    def bound(self, rule: str) -> bool:
        if rule.startswith("us."):
            return self.lender == "debt_collector"
        if rule.startswith("cn."):
            standard = rule.endswith(".gbt") or rule == "cn.freq.visit"
            card = rule in ("cn.third.ban_card", "cn.plan.card70.stop")
            return self.lender in (CARD if card else STANDARD if standard else GUIDELINE)
        return True

    def hours(self, each: dict[str, Any], zone: str) -> set[str]:
        if each["purpose"] == "reply" or each["party"] in OUTSIDE or self.consent(each, "night"):
            return set()
        clock = self.local(each, zone).strftime("%H:%M:%S")
        if self.place == "CN":
            names = {"cn.time.night_ban.gbt", "cn.time.night_ban.cba"}
            night = clock >= "22:00:00" or clock <= "08:00:00"
        else:
            names = {"us.time.window"} if self.place == "US" else {"uk.time.usual"}
            night = clock >= "21:00:00" or clock <= "08:00:00"
        return {name for name in names if night and self.bound(name)}

    def matches(self, fact: dict[str, Any], each: dict[str, Any], zone: str) -> bool:
        kind = fact["kind"]
        if kind == "opt_out":
            channel = "call" if each["channel"] in CALLS else each["channel"]
            if "channel" in fact and fact["channel"] != channel:
                return False
            if each["purpose"] == "service" and "number" not in fact:
                return False
            return "number" not in fact or fact["number"] == each["number"]
        if each["purpose"] == "service":
            return False
        if kind == "represented":
            return bool(each["party"] == "borrower")
        if kind == "contact_refused":
            return bool(fact["number"] == each["number"])
        if kind == "inconvenient":
            clock = self.local(each, zone).strftime("%H:%M:%S")
            before, after = fact.get("before", ""), fact.get("after", "")
            if before and after and before < after:
                return clock < before or clock >= after
            return (not before or clock < before) and (not after or clock >= after)
        if kind in ("moratorium", "plan_in_force", "dispute"):
            return "debts" not in fact or not each["debts"] or bool(set(fact["debts"]) & set(each["debts"]))
        return bool(kind == "cease")

    def said(self, each: dict[str, Any], zone: str) -> set[str]:
        if each["direction"] == "inbound" or each["party"] in OUTSIDE:
            return set()
        rules = set()
        for fact in self.facts:
            if fact["kind"] not in TABLE or not self.active(fact, each) or not self.matches(fact, each, zone):
                continue
            rule = TABLE[fact["kind"]][("CN", "US", "UK").index(self.place)]
            if (
                each["purpose"] == "reply"
                and rule in ("us.time.known", "uk.time", "uk.bs.effect")
                and self.bound(rule)
            ):
                continue
            rules.add(rule if self.bound(rule) else f"house.{fact['kind']}")
        return rules

    def cn(self, each: dict[str, Any], zone: str) -> set[str]:
        rules = set()
        call = each["channel"] in CALLS
        today = [other for other in self.today(each, zone) if other["direction"] == "outbound"]
        placed = [other for other in today if other["channel"] in CALLS]
        if call and each["party"] == "borrower" and each["outcome"] == "conversation":
            talks = [
                other
                for other in placed
                if other["party"] == "borrower" and other["outcome"] == "conversation"
            ]
            if len(talks) >= 4:
                rules.add("cn.freq.voice_effective.gbt")
        if call and each["outcome"] in FAILED and each["number"] and not self.extra(each, zone):
            tries = [
                other for other in placed if other["outcome"] in FAILED and other["number"] == each["number"]
            ]
            if len(tries) >= 7:
                rules.add("cn.freq.attempts.cba")
        if each["channel"] == "visit" and len([other for other in today if other["channel"] == "visit"]) >= 2:
            rules.add("cn.freq.visit")
        private = each["channel"] in ("wechat", "social") and self.lender == "debt_collector"
        if private and not self.consent(each, "channel"):
            rules.add("cn.channel.personal_im")
        gates = {"cn.third.contact_gate.cba", "cn.third.contact_gate.gbt"}
        if each["party"] == "listed_contact":
            unreachable = any(
                fact["kind"] == "unreachable" and self.active(fact, each) for fact in self.facts
            )
            if not unreachable and self.failures(each) < 3:
                rules |= gates
        elif each["party"] in OTHERS:
            rules |= {"cn.third.ban_card"} if self.bound("cn.third.ban_card") else gates
            if each["party"] == "public":
                rules.add("cn.third.no_public")
        return {rule for rule in rules if self.bound(rule)}

    def failures(self, each: dict[str, Any]) -> int:
        calls = [
            other for other in self.so_far(each) if other["party"] == "borrower" and other["channel"] in CALLS
        ]
        talks = [self.at(other) for other in calls if other["outcome"] == "conversation"]
        return sum(
            other["direction"] == "outbound"
            and other["outcome"] in FAILED
            and (not talks or self.at(other) > max(talks))
            for other in calls
        )

    def us(self, each: dict[str, Any], zone: str) -> set[str]:
        if self.lender != "debt_collector":
            return set()
        rules = set()
        if each["channel"] in TEXTS:
            texts = [
                other
                for other in self.today(each, zone)
                if other["direction"] == "outbound" and other["channel"] in TEXTS
            ]
            if len(texts) >= 20:
                rules.add("us.freq.text")
        if each["party"] in OTHERS:
            rules.add("us.third.ban")
            if each["party"] == "public" and each["channel"] == "social":
                rules.add("us.social")
        if each["channel"] in CALLS and each["outcome"] != "not_connected":
            rules |= self.us_calls(each, zone)
        return rules

    def us_calls(self, each: dict[str, Any], zone: str) -> set[str]:
        rules = set()

        def counts(other: dict[str, Any]) -> bool:
            return bool(
                other["direction"] == "outbound"
                and other["channel"] in CALLS
                and other["party"] == "borrower"
                and other["outcome"] != "not_connected"
            )

        for debt in each["debts"] or [None]:
            week = [other for other in self.week(each, zone) if debt in (other["debts"] or [None])]
            dialled = [other for other in week if counts(other) and not self.extra(other, zone)]
            if counts(each) and not self.extra(each, zone) and len(dialled) >= 8:
                rules.add("us.freq.7in7")
            talks = [
                other
                for other in week
                if other["channel"] in CALLS and other["outcome"] == "conversation" and other is not each
            ]
            if talks and not self.extra(each, zone):
                rules.add("us.freq.after_talk")
        if counts(each) and each["number"]:
            same = [
                other
                for other in self.so_far(each)
                if counts(other) and other["number"] == each["number"] and other is not each
            ]
            if each["outcome"] == "unanswered" and any(
                other["outcome"] == "unanswered" and self.at(each) - self.at(other) <= timedelta(seconds=300)
                for other in same
            ):
                rules.add("us.freq.pattern")
            day = self.local(each, zone).date()
            if sum(self.local(other, zone).date() == day for other in same) >= 6:
                rules.add("us.freq.pattern")
        return rules

    def uk(self, each: dict[str, Any], zone: str) -> set[str]:
        rules = set()
        if sum(other["direction"] == "outbound" for other in self.today(each, zone)) >= 4:
            rules.add("uk.freq")
        if each["party"] in OTHERS:
            rules.add("uk.embarrass" if each["party"] == "public" else "uk.third")
        return rules


def instant(dice: random.Random) -> str:
    day, hour = (
        dice.choice([3, 4, 5, 5, 5, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
        dice.choice([0, 1, 7, 8, 8, 9, 12, 12, 12, 20, 21, 22, 23]),
    )
    return (
        f"2027-11-{day:02d}T{hour:02d}:{dice.choice(['00:00', '00:00', '00:01', '04:59', '05:00', '59:59'])}Z"
    )


def fact(dice: random.Random) -> dict[str, Any]:
    kind = dice.choice([*TABLE, "consent", "consent", "unreachable"])
    begins, ends = sorted([instant(dice), instant(dice)])
    said: dict[str, Any] = {"kind": kind, "from": begins} | ({"to": ends} if dice.random() < 0.7 else {})
    number = {"number": dice.choice(["n1", "n2"])}
    if kind == "opt_out":
        said |= dice.choice([{"channel": "call"}, {"channel": "sms"}, number, number | {"channel": "call"}])
    elif kind == "contact_refused":
        said |= number
    elif kind == "inconvenient":
        said |= dice.choice(
            [
                {},
                {"before": "09:00"},
                {"after": "20:00"},
                {"after": "08:00", "before": "12:00"},
                {"after": "20:00", "before": "09:00"},
            ]
        )
    elif kind in ("moratorium", "plan_in_force", "dispute") and dice.random() < 0.6:
        said["debts"] = [dice.choice(["a", "b"])]
    elif kind == "consent":
        said["scope"] = dice.choice(["night", "extra_calls", "extra_calls", "channel"])
        if said["scope"] == "channel":
            said["channel"] = dice.choice(["wechat", "social"])
    return said


def history(dice: random.Random, length: int) -> list[dict[str, Any]]:
    parties = ["borrower"] * 6 + [
        "listed_contact",
        "third_party",
        "employer",
        "public",
        "attorney",
        "adviser",
    ]
    channels = ["call"] * 5 + ["ai_call", "sms", "email", "wechat", "social", "letter", "visit"]
    return [
        contact(
            str(number),
            instant(dice),
            channel=dice.choice(channels),
            direction=dice.choice(["outbound"] * 5 + ["inbound"]),
            party=dice.choice(parties),
            outcome=dice.choice([*FAILED, "unanswered", "conversation", "conversation", "delivered"]),
            number=dice.choice(["n1", "n1", "n2", ""]),
            debts=dice.choice([[], ["a"], ["b"], ["a", "b"]]),
            purpose=dice.choice(["demand"] * 4 + ["reminder", "reply", "service"]),
            traits=dice.choice([[]] * 8 + [["threat_violence"], ["vulnerable_ignored"]]),
        )
        for number in range(length)
    ]


ZONES = [[NEW_YORK], [LONDON], [NEW_YORK, "America/Los_Angeles"], ["Pacific/Apia", LONDON], ["Asia/Urumqi"]]


@pytest.mark.parametrize("seed", range(45))
def test_the_engine_says_what_the_contract_says(seed: int) -> None:
    dice = random.Random(seed)
    asked = body(
        ("CN", "US", "UK")[seed % 3],
        history(dice, dice.choice([5, 40, 120])),
        *(fact(dice) for _ in range(dice.choice([0, 0, 2, 5]))),
        lender=dice.choice([*LENDERS, *["debt_collector"] * 6]),
        zones=dice.choice(ZONES),
    )
    assert found(asked) == Oracle(asked).answer()


def test_the_random_histories_meet_every_counting_rule() -> None:
    met = set()
    for seed in range(4):
        dice = random.Random(seed)
        for jurisdiction in ("CN", "US", "UK"):
            met |= {rule for _, rule in found(body(jurisdiction, history(dice, 200)))}
    assert {
        "cn.freq.voice_effective.gbt",
        "cn.freq.attempts.cba",
        "cn.freq.visit",
        "cn.third.contact_gate.gbt",
        "us.freq.7in7",
        "us.freq.after_talk",
        "us.freq.pattern",
        "us.freq.text",
        "uk.freq",
    } <= met
