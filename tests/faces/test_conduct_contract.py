"""
The two questions about contacts, asked over HTTP by somebody who trusts nothing: every field of every finding of the decision
tables, the wording in three languages, and input that is wrong in ways a caller would not think of. No test here may reach
the database, so no question does.
"""

import csv
import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from cases.domain.rulebook import load
from tests.domain import contact_words
from tests.faces.asking import CHECK, CHECKS, CONTACT, WINDOW, WINDOWS, answer, ask, pointers

JURISDICTIONS = ("CN", "US", "UK")
FINDING = {"contact", "rule", "verdict", "force", "citation", "verified", "because", "text"}
COUNTED = {
    "cn.freq.voice_effective.gbt",
    "cn.freq.attempts.cba",
    "cn.freq.visit",
    "us.freq.7in7",
    "us.freq.after_talk",
    "us.freq.pattern",
    "us.freq.text",
    "uk.freq",
}
HOURS = {"cn.time.night_ban.gbt", "cn.time.night_ban.cba", "us.time.window", "uk.time.usual"}
OF_FACTS = {
    "us.medium.optout": {"opt_out"},
    "us.cease": {"cease"},
    "us.time.known": {"inconvenient"},
    "us.attorney": {"represented"},
    "us.dispute": {"dispute"},
    "uk.time": {"opt_out", "inconvenient"},
    "uk.agent": {"represented"},
    "uk.bs.effect": {"moratorium"},
    "uk.dispute": {"dispute"},
    "cn.plan.card70.stop": {"plan_in_force"},
}
CONCERNS = {"cn.freq.attempts.cba", "us.freq.pattern", "us.freq.text", "uk.freq", "uk.time.usual"}
PRESUMED = {"us.freq.7in7", "us.freq.after_talk"}
LANGUAGES = {
    "en": ("If it happened as you wrote, ", "does not allow it"),
    "zh-hans": ("如果情况如您所写", "不允许这样做"),
    "zh-hant": ("如果情況如您所寫", "不允許這樣做"),
}
UNLAWFUL = re.compile(r"illegal|unlawful|against the law|违法|違法|非法", re.IGNORECASE)


def transcribed() -> dict[str, dict[str, str]]:
    """Force, citation and certainty as our table of regulation has them, copied without the rulebooks."""
    with (contact_words.DATA / "contact_rules.csv").open(encoding="utf-8", newline="") as file:
        return {row["rule"]: row for row in csv.DictReader(file)}


def questions(jurisdiction: str, *cases: str) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    for row in contact_words.rows(f"contacts_{jurisdiction.lower()}.csv"):
        if not cases or row["case"] in cases:
            yield row, contact_words.request(row, jurisdiction)


# ── what a finding says ──────────────────────────────────────────────────────────────────────
def expected_verdict(rule: str, force: str) -> str:
    if rule in PRESUMED:
        return "presumed_breach"
    return "concern" if rule in CONCERNS or force in ("PRAC", "GUID") else "breach"


def objections_to_reason(finding: dict[str, Any], asked: dict[str, Any]) -> Iterator[str]:
    """`because` as the contract describes it: which keys, and whether what they say is true of the question."""
    rule, because = finding["rule"], finding["because"]
    own = next(each for each in asked["contacts"] if each["id"] == finding["contact"])
    zones = ["Asia/Shanghai"] if asked["jurisdiction"] == "CN" else asked["person"]["timezones"]
    clocks = {zone: datetime.fromisoformat(own["at"]).astimezone(ZoneInfo(zone)) for zone in zones}
    if rule in COUNTED:
        if set(because) != {"counted", "limit", "window"}:
            yield f"keys {sorted(because)}"
        elif because["counted"] <= because["limit"] or len(because["window"]) != 2:
            yield f"counted {because}"
        else:
            first, last = map(date.fromisoformat, because["window"])
            if last not in {clock.date() for clock in clocks.values()} or not 0 <= (last - first).days <= 6:
                yield f"window {because}"
    elif rule in HOURS:
        if set(because) != {"local_time", "zone"}:
            yield f"keys {sorted(because)}"
        elif f"{clocks[because['zone']]:%H:%M:%S}" != because["local_time"]:
            yield f"clock {because}"
    elif rule in OF_FACTS or rule.startswith("house."):
        kinds = OF_FACTS.get(rule, {rule.removeprefix("house.")})
        if set(because) != {"fact"} or asked["person"]["facts"][because["fact"]]["kind"] not in kinds:
            yield f"fact {because}"
    elif ".conduct." in rule and because != {"trait": rule.rpartition(".")[2]}:
        yield f"trait {because}"


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_every_finding_of_the_tables_is_complete_and_true(jurisdiction: str) -> None:
    known, wrong = transcribed(), []
    for row, asked in questions(jurisdiction):
        for finding in answer(CHECKS, asked)["findings"]:
            rule = finding["rule"]
            row_of_law = known[rule]
            house = rule.startswith("house.")
            said = (finding["force"], finding["verdict"], finding["verified"])
            verdict = expected_verdict(rule, row_of_law["force"])
            if said != (row_of_law["force"], verdict, row_of_law["read in a source"] == "yes"):
                wrong.append((row["why"], rule, said))
            if set(finding) != FINDING or (not house and finding["citation"] != row_of_law["citation"]):
                wrong.append((row["why"], rule, finding["citation"]))
            wrong += [(row["why"], rule, each) for each in objections_to_reason(finding, asked)]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_only_a_broken_law_is_named_as_broken(jurisdiction: str, language: str) -> None:
    begins, not_allowed = LANGUAGES[language]
    heard = set()
    for row, asked in questions(jurisdiction, "trips"):
        if set(row["about"].split()) <= heard:
            continue
        response = ask(CHECKS, asked, language)
        assert response["Content-Language"] == language
        for finding in response.json()["findings"]:
            heard.add(finding["rule"])
            broken = (finding["force"], finding["verdict"]) == ("LAW", "breach")
            assert finding["text"].startswith(begins), finding
            assert (not_allowed in finding["text"]) is broken, finding
            assert finding["force"] == "LAW" or not UNLAWFUL.search(finding["text"]), finding
            assert finding["citation"] in finding["text"]
    assert heard >= {rule for row, _ in questions(jurisdiction, "trips") for rule in row["about"].split()}


def test_another_language_is_answered_in_english() -> None:
    for header in ("fr", "de-AT;q=0.9, *;q=0.1", "", "zz;;;q=", "zh-hans;q=0, en"):
        response = ask(CHECKS, CHECK, header)
        assert response.json()["findings"][0]["text"].startswith(LANGUAGES["en"][0]), header


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_findings_stand_in_the_order_of_the_request_then_by_rule_each_once(jurisdiction: str) -> None:
    rows = [asked for _, asked in questions(jurisdiction, "trips")]
    for asked in (rows[0], rows[-1], rows[len(rows) // 2]):
        contacts = [
            each
            | {"id": f"{9 - place % 7}-{place}", "traits": ["wrong_person", "data_misuse", "wrong_person"]}
            for place, each in enumerate(asked["contacts"] * 3)
        ]
        found = answer(CHECKS, asked | {"contacts": contacts})["findings"]
        places = {each["id"]: place for place, each in enumerate(contacts)}
        pairs = [(places[finding["contact"]], finding["rule"]) for finding in found]
        assert pairs == sorted(set(pairs))
        assert found


def test_a_redial_over_midnight_names_both_days_and_nothing_else() -> None:
    calls = [
        CONTACT | {"id": "late", "at": "2027-04-01T23:58:00-04:00"},
        CONTACT | {"id": "early", "at": "2027-04-02T00:02:00-04:00"},
    ]
    body = CHECK | {"person": WINDOW["person"], "contacts": calls}
    [finding] = [each for each in answer(CHECKS, body)["findings"] if each["rule"] == "us.freq.pattern"]
    assert finding["contact"] == "early"
    assert finding["because"] == {"counted": 2, "limit": 1, "window": ["2027-04-01", "2027-04-02"]}


# ── which edition of the rules was used ──────────────────────────────────────────────────────
NIGHT = {"at": "2027-04-01T23:00:00+08:00"}


@pytest.mark.parametrize(
    ("jurisdiction", "lender", "more", "fact", "since"),
    [
        ("CN", "bank", NIGHT, None, "2026-01-30"),
        ("CN", "facilitator", NIGHT, None, "2025-02-28"),
        ("CN", "bank", {"party": "employer"}, None, "2011-01-13"),
        ("CN", "bank", {"party": "employer", **NIGHT}, None, "2026-01-30"),
        ("CN", "bank", {}, "plan_in_force", "2011-01-13"),
        ("CN", "bank", {}, "cease", ""),
        ("CN", "bank", {}, None, ""),
        ("CN", "bank", {"party": "employer"}, "cease", "2011-01-13"),
        ("US", "bank", {}, "cease", ""),
        ("US", "debt_collector", {}, "cease", "2021-11-30"),
        ("UK", "bank", {}, "moratorium", "2021-05-04"),
        ("UK", "bank", {"traits": ["data_misuse"]}, "represented", "2018-05-25"),
        ("UK", "bank", {}, "plan_in_force", ""),
    ],
)
def test_the_rulebook_is_as_young_as_its_youngest_row_that_was_used(
    jurisdiction: str, lender: str, more: dict[str, Any], fact: str | None, since: str
) -> None:
    said = [{"kind": fact, "from": "2027-01-01T00:00:00Z"}] if fact else []
    asked = {
        "jurisdiction": jurisdiction,
        "lender_type": lender,
        "person": {"timezones": ["Europe/London"], "facts": said},
        "contacts": [CONTACT | {"at": "2027-04-01T14:00:00+08:00"} | more],
    }
    if jurisdiction != "CN":
        asked["contacts"][0]["at"] = "2027-04-01T14:00:00+01:00"
    used, book = answer(CHECKS, asked)["rulebook"], load(jurisdiction)
    assert set(used) == {"id", "version", "effective_from"}
    assert (used["id"], used["version"]) == (jurisdiction.lower(), book.version)
    assert re.fullmatch(r"[0-9a-f]{64}", used["version"])
    assert used["effective_from"] == (since or book.effective_from.isoformat())


# ── instants ─────────────────────────────────────────────────────────────────────────────────
def test_one_instant_written_in_several_ways_is_one_instant() -> None:
    written = ("10:00:00-04:00", "14:00:00Z", "15:00:00.999999+01:00", "19:30:00+05:30")
    calls = [
        CONTACT | {"id": str(n), "at": f"2027-04-01T{at}", "outcome": "conversation"}
        for n, at in enumerate(written)
    ]
    china = CHECK | {"jurisdiction": "CN", "person": {"timezones": ["Asia/Urumqi"], "facts": []}}
    calls = [call | {"number": f"n{n}"} for n, call in enumerate(calls)]
    found = answer(CHECKS, china | {"contacts": calls})["findings"]
    talks = [each["contact"] for each in found if each["rule"] == "cn.freq.voice_effective.gbt"]
    assert talks == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    "at",
    [
        "1900-01-01T00:00:00Z",
        "1970-01-01T00:00:00+00:00",
        "2099-12-31T23:59:59-12:00",
        "9000-01-01T00:00:00Z",
    ],
)
def test_any_instant_may_be_asked_about(at: str) -> None:
    for jurisdiction in JURISDICTIONS:
        asked = CHECK | {"jurisdiction": jurisdiction, "contacts": [CONTACT | {"at": at}]}
        assert "findings" in answer(CHECKS, asked)
        proposed = WINDOW["proposed"] | {"at": at}
        assert answer(WINDOWS, WINDOW | {"jurisdiction": jurisdiction, "proposed": proposed})["verdict"]


# ── what is refused, and where ───────────────────────────────────────────────────────────────
SINCE = {"from": "2027-04-01T00:00:00Z"}


def contact(**more: Any) -> dict[str, Any]:
    return {"contacts": [CONTACT | more]}


def fact(kind: Any = "inconvenient", **more: Any) -> dict[str, Any]:
    return {"person": CHECK["person"] | {"facts": [{"kind": kind} | SINCE | more]}}


def zones(*names: Any) -> dict[str, Any]:
    return {"person": {"timezones": list(names), "facts": []}}


NOT_INSTANTS = [
    "",
    "2027-04-01",
    "2027-04-01T10:00:00",
    "2027-04-01T10:00:00 -04:00",
    "2027-04-01T10:00:00-0400",
    "2027-04-01T10:00:00-04",
    "2027-04-01T10:00:00+24:00",
    "2027-04-01T10:00:00+08:60",
    "2027-04-01T10:00:00[America/New_York]",
    "2027-04-01T10:00:00 EST",
    "2027-04-01t10:00:00Z",
    "2027-04-01T24:00:00Z",
    "2027-04-01T10:60:00Z",
    "2027-04-01T10:00:60Z",
    "2027-04-01T10:00:00,5Z",
    "2027-04-01T10:00:00Z\n",
    " 2027-04-01T10:00:00Z",
    "2027-04-01T10:00:00Z\x00",
    "2027-02-29T10:00:00Z",
    "2027-02-30T10:00:00Z",
    "2027-13-01T10:00:00Z",
    "2027-00-01T10:00:00Z",
    "2027-4-1T10:00:00Z",
    "27-04-01T10:00:00Z",
    "0000-01-01T00:00:00Z",
    "+12027-04-01T10:00:00Z",
    "2027-091T10:00:00Z",
    "2027-W13-4T10:00:00Z",
    "２０２７-04-01T10:00:00Z",
    "2027-04-01T１０:00:00Z",
    "٢٠٢٧-04-01T10:00:00Z",
    1806573600,
    12.0,
    True,
    None,
    [],
    {},
]


@pytest.mark.parametrize("at", NOT_INSTANTS, ids=repr)
def test_what_is_no_instant_is_refused_wherever_one_belongs(at: Any) -> None:
    assert pointers(CHECKS, CHECK | contact(at=at)) == ["/contacts/0/at"]
    assert pointers(CHECKS, CHECK | fact("cease", **{"from": at})) == ["/person/facts/0/from"]
    assert pointers(CHECKS, CHECK | fact("cease", to=at)) == ["/person/facts/0/to"]
    assert pointers(WINDOWS, WINDOW | {"proposed": WINDOW["proposed"] | {"at": at}}) == ["/proposed/at"]


@pytest.mark.parametrize(
    "clock",
    ["24:00", "7:5", "7:05", "07:5", "07:60", "23:59:59", "0700", "07.00", "07:00 ", "7 pm", "-1:00", "０７:00", "07：00",
     "07:00\x00", "", 7, 7.0, True, None, ["07:00"]],
    ids=repr,
)  # fmt: skip
def test_what_is_no_time_of_day_is_refused(clock: Any) -> None:
    for name in ("before", "after"):
        assert pointers(CHECKS, CHECK | fact(**{name: clock})) == [f"/person/facts/0/{name}"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        # null is not "absent"
        *(({name: None}, [f"/{name}"]) for name in ("jurisdiction", "lender_type", "person", "contacts")),
        *((contact(**{name: None}), [f"/contacts/0/{name}"]) for name in CONTACT),
        (zones(None), ["/person/timezones/0"]),
        ({"person": {"timezones": None, "facts": []}}, ["/person/timezones"]),
        ({"person": {"timezones": ["UTC"], "facts": None}}, ["/person/facts"]),
        (fact(None), ["/person/facts/0/kind"]),
        (fact(before=None), ["/person/facts/0/before"]),
        (fact(days=None), ["/person/facts/0/days"]),
        (fact("opt_out", channel=None), ["/person/facts/0/channel"]),
        (fact("opt_out", channel="sms", number=None), ["/person/facts/0/number"]),
        (fact("consent", scope=None), ["/person/facts/0/scope"]),
        (fact("dispute", debts=None), ["/person/facts/0/debts"]),
        (fact("dispute", debts=[None]), ["/person/facts/0/debts/0"]),
        # numbers and truths are no words
        *((contact(**{name: 12.0}), [f"/contacts/0/{name}"]) for name in CONTACT),
        *((contact(**{name: True}), [f"/contacts/0/{name}"]) for name in CONTACT),
        ({"jurisdiction": True}, ["/jurisdiction"]),
        ({"lender_type": 1}, ["/lender_type"]),
        # closed lists, to the letter
        *(({"jurisdiction": name}, ["/jurisdiction"]) for name in ("cn", "GB", "USA", "ＵＳ", "US ", "US\x00", "")),
        *(({"lender_type": name}, ["/lender_type"]) for name in ("Bank", "collector", "bank\x00", "银行", "")),
        *((contact(channel=name), ["/contacts/0/channel"]) for name in ("Call", "phone", "call ", "ｃａｌｌ", "")),
        *((contact(party=name), ["/contacts/0/party"]) for name in ("debtor", "Borrower", "guarantor", "")),
        *((contact(outcome=name), ["/contacts/0/outcome"]) for name in ("answered", "busy", "")),
        *((contact(purpose=name), ["/contacts/0/purpose"]) for name in ("collection", "Demand", "")),
        *((contact(direction=name), ["/contacts/0/direction"]) for name in ("out", "both", "")),
        (contact(traits=["ignored_cease_or_optout"]), ["/contacts/0/traits/0"]),
        (contact(traits=["hours", "threat_violence", "Rude", ["home_entry"]]),
         ["/contacts/0/traits/0", "/contacts/0/traits/2", "/contacts/0/traits/3"]),
        (contact(traits="threat_violence"), ["/contacts/0/traits"]),
        (contact(traits={"threat_violence": True}), ["/contacts/0/traits"]),
        (contact(debts="M"), ["/contacts/0/debts"]),
        (contact(debts=["M", 1]), ["/contacts/0/debts/1"]),
        *((fact(days=[day]), ["/person/facts/0/days/0"]) for day in ("Mon", "monday", "周一", "1", 1, "")),
        *((fact(kind), ["/person/facts/0/kind"]) for kind in ("holiday", "Cease", "optout", "unreachable ", "")),
        (fact("consent", scope="everything"), ["/person/facts/0/scope"]),
        # zones
        *((zones(name), ["/person/timezones/0"]) for name in
          ("", "EST5EDT4", "+08:00", "Asia", "Asia/", "asia/shanghai", "Asia/Shanghai\x00", "../UTC", "/etc/localtime",
           "posix/Asia/Shanghai", "localtime", "Europe/London ", "北京", 8, 8.0, True, [], {})),
        (zones("Asia/Shanghai", "Asia/Peking"), ["/person/timezones/1"]),
        (zones(), ["/person/timezones"]),
        # fields nobody knows, also those of another kind of fact
        ({"proposed": WINDOW["proposed"], "currency": "CNY"}, ["/currency"]),
        ({"a/b~c": 1}, ["/a~1b~0c"]),
        ({"": 1}, ["/"]),
        (contact(debt="M"), ["/contacts/0/debt"]),
        (contact(At="x"), ["/contacts/0/At"]),
        (fact("cease", written=True), ["/person/facts/0/written"]),
        (fact("represented", debts=["M"]), ["/person/facts/0/debts"]),
        (fact("unreachable", number="n"), ["/person/facts/0/number"]),
        (fact("moratorium", channel="sms"), ["/person/facts/0/channel"]),
        (fact("contact_refused", number="n", channel="sms"), ["/person/facts/0/channel"]),
        (fact("consent", scope="extra_calls", channel="sms"), ["/person/facts/0/channel"]),
        # what a kind of fact needs
        (fact("opt_out"), ["/person/facts/0/channel"]),
        (fact("contact_refused"), ["/person/facts/0/number"]),
        (fact("consent"), ["/person/facts/0/scope"]),
        (fact("consent", scope="channel"), ["/person/facts/0/channel"]),
        ({"person": {"timezones": ["UTC"], "facts": [{"kind": "cease"}]}}, ["/person/facts/0/from"]),
        ({"person": {"timezones": ["UTC"], "facts": [SINCE]}}, ["/person/facts/0/kind"]),
        ({"person": {"timezones": ["UTC"], "facts": [SINCE | {"kind": "cease"}, []]}}, ["/person/facts/1"]),
        # the end before the beginning, by instants and not by letters
        (fact("cease", to="2027-03-31T23:59:59Z"), ["/person/facts/0/to"]),
        (fact("cease", to="2027-04-01T07:59:59+08:00"), ["/person/facts/0/to"]),
        # duplicates: every one after the first
        ({"contacts": [CONTACT, CONTACT | {"id": "b"}, CONTACT, CONTACT]}, ["/contacts/2/id", "/contacts/3/id"]),
        ({"contacts": [CONTACT | {"id": ""}, CONTACT | {"id": ""}]}, ["/contacts/1/id"]),
        ({"contacts": [CONTACT | {"id": "a\x00"}, CONTACT | {"id": "a\x00"}]}, ["/contacts/1/id"]),
        # too many, and not a list
        ({"contacts": [{}] * 5_001}, ["/contacts"]),
        ({"contacts": CONTACT}, ["/contacts"]),
        ({"contacts": "c1"}, ["/contacts"]),
        ({"contacts": [[]]}, ["/contacts/0"]),
        ({"contacts": [CONTACT, None]}, ["/contacts/1"]),
    ],
    ids=lambda value: repr(value)[-70:],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_place(changes: dict[str, Any], where: list[str]) -> None:
    assert pointers(WINDOWS, WINDOW | changes) == where
    changes = {name: value for name, value in changes.items() if name != "proposed"}
    assert pointers(CHECKS, CHECK | changes) == where


@pytest.mark.parametrize("missing", ["jurisdiction", "lender_type", "person", "contacts", "proposed"])
def test_every_field_without_a_default_is_required(missing: str) -> None:
    less = {name: value for name, value in WINDOW.items() if name != missing}
    assert pointers(WINDOWS, less) == [f"/{missing}"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        *(({name: None}, name) for name in ("at", "channel", "debt", "purpose", "number", "party", "by")),
        *(({name: 12.0}, name) for name in ("at", "channel", "debt", "purpose", "number", "party", "by")),
        ({"debt": ["M"]}, "debt"),
        ({"purpose": "collection"}, "purpose"),
        ({"channel": "fax"}, "channel"),
        ({"party": "guarantor"}, "party"),
        *(({name: "x"}, name) for name in ("id", "direction", "outcome", "debts", "traits", "initiated_by")),
    ],
    ids=lambda value: str(value),
)
def test_a_proposed_contact_has_its_own_fields(changes: dict[str, Any], where: str) -> None:
    assert pointers(WINDOWS, WINDOW | {"proposed": WINDOW["proposed"] | changes}) == [f"/proposed/{where}"]


def test_a_window_is_no_check_and_a_check_no_window() -> None:
    assert pointers(CHECKS, WINDOW) == ["/proposed"]
    assert pointers(WINDOWS, CHECK) == ["/proposed"]
    assert pointers(WINDOWS, CHECK | {"proposed": []}) == ["/proposed"]


def test_everything_wrong_is_named_at_once() -> None:
    body = {
        "jurisdiction": "FR",
        "person": {"timezones": ["Mars/Olympus"], "facts": [{"kind": "cease", "from": "now"}]},
        "contacts": [
            {"id": "a", "at": "now", "channel": "fax", "direction": "outbound", "party": "borrower"}
        ],
    }
    assert set(pointers(CHECKS, body)) == {
        "/jurisdiction",
        "/lender_type",
        "/person/timezones/0",
        "/person/facts/0/from",
        "/contacts/0/at",
        "/contacts/0/channel",
    }


def test_words_of_ones_own_come_back_as_they_were_sent() -> None:
    for name in ("", "a\x00b", "\u202e\u2066", "<script>", "编号①", "x" * 10_000, "\ud800", "a/b~c"):
        body = CHECK | contact(id=name, number="\x00", by="\x00", debts=["\x00", ""])
        [finding] = answer(CHECKS, body)["findings"]
        assert finding["contact"] == name


# ── what is no question at all ───────────────────────────────────────────────────────────────
@pytest.mark.parametrize("address", [CHECKS, WINDOWS])
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"{'jurisdiction': 'CN'}", 400),
        (b'\xef\xbb\xbf{"jurisdiction": "CN"}', 400),
        (b"\xff\xfe{}", 400),
        (b'{"jurisdiction": "CN", "jurisdiction": "US"}', 400),
        (b'{"a": NaN}', 400),
        (b'{"a": Infinity}', 400),
        (b"{} {}", 400),
        (b"[" * 100_000, 400),
        (b'{"a": "' + b"x" * 256 * 1024 + b'"}', 413),
        (b"[]", 422),
        (b"null", 422),
        (b"true", 422),
        (b'"{}"', 422),
        (b"12.0", 422),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_question_is_answered_with_a_problem(address: str, sent: bytes, status: int) -> None:
    response = Client().generic("POST", address, sent, content_type="application/json")
    if not sent:  # the test client announces no type without a body
        response = Client().generic("POST", address, sent, CONTENT_TYPE="application/json")
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert problem["status"] == status
    assert [error["pointer"] for error in problem["errors"]] == ([""] if status == 422 else [])
    assert not response.cookies


@pytest.mark.parametrize("address", [CHECKS, WINDOWS])
def test_other_types_and_other_methods_are_refused(address: str) -> None:
    sent = json.dumps(CHECK)
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/problem+json",
        "application/jsonp",
    ):
        response = Client().post(address, sent, content_type=kind)
        assert (response.status_code, response.json()["status"]) == (415, 415)
    assert Client().post(address, {"jurisdiction": "CN"}).status_code == 415
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
        response = Client().generic(method, address, sent, content_type="application/json")
        assert response.status_code == 405
        assert response["Allow"] == "POST"
    body = WINDOW if address == WINDOWS else CHECK
    with_charset = Client().post(address, json.dumps(body), content_type="application/json; charset=utf-8")
    assert with_charset.status_code == 200


def test_a_body_of_the_largest_size_is_read() -> None:
    body = json.dumps(CHECK | {"contacts": []}).encode()
    padded = body + b" " * (256 * 1024 - len(body))
    assert ask(CHECKS, padded).status_code == 200
    assert ask(CHECKS, padded + b" ").status_code == 413
