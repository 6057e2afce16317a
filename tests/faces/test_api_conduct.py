"""Contacts over the wire: the answer's shape, bad input by its place, and sentences that follow their force."""

import re
import time
from typing import Any

import pytest
from django.utils import translation

from cases import verdicts
from cases.domain import conduct, wire
from cases.domain.conduct_question import MAX_CONTACTS, PROPOSED
from cases.domain.rulebook import LANGUAGES, Force, Kind, LenderType, Rule, Rulebook, load
from portal.api.conduct import check
from tests.faces.asking import CHECK, CHECKS, CONTACT, WINDOW, WINDOWS, answer, ask, pointers

PERSON = CHECK["person"]


def test_the_published_example() -> None:
    found = answer(CHECKS, CHECK)
    book = load("us")
    assert found["rulebook"] == {"id": "us", "version": book.version, "effective_from": "2021-11-30"}
    [finding] = found["findings"]
    text = finding.pop("text")
    assert finding == {
        "contact": "c1",
        "rule": "us.medium.optout",
        "verdict": "breach",
        "force": "RULE",
        "citation": "1006.14(h)(1), cmt 14(h)(1)-3",
        "verified": True,
        "because": {"fact": 0},
    }
    assert text.startswith("If it happened as you wrote, it departs from a regulator’s rule (1006.14(h)(1)")


def test_the_eighth_call_as_the_contract_shows_it() -> None:
    calls = [CONTACT | {"id": f"c{n}", "at": f"2027-04-0{min(n, 7)}T1{n}:00:00-04:00"} for n in range(1, 9)]
    [finding] = answer(CHECKS, CHECK | {"person": WINDOW["person"], "contacts": calls})["findings"]
    assert (finding["contact"], finding["rule"], finding["verdict"]) == (
        "c8",
        "us.freq.7in7",
        "presumed_breach",
    )
    assert finding["because"] == {"counted": 8, "limit": 7, "window": ["2027-04-01", "2027-04-07"]}
    assert finding["citation"] == "1006.14(b)(2)(i)(A),(ii)"


def test_without_a_finding_the_files_own_date_is_given() -> None:
    found = answer(CHECKS, CHECK | {"contacts": []})
    assert found["findings"] == []
    assert found["rulebook"]["effective_from"] == load("us").effective_from.isoformat()


def test_an_allowed_window_echoes_the_instant_as_it_was_written() -> None:
    at = "2027-04-02T14:00:00.750Z"
    found = answer(WINDOWS, WINDOW | {"proposed": WINDOW["proposed"] | {"at": at}})
    assert found == {"verdict": "allowed", "not_before": at, "findings": []}


def test_a_refused_window_names_no_end() -> None:
    found = answer(WINDOWS, WINDOW | {"person": PERSON})
    assert (found["verdict"], found["not_before"]) == ("refused", None)
    assert [(each["contact"], each["rule"]) for each in found["findings"]] == [(PROPOSED, "us.medium.optout")]


def test_a_deferred_window_is_on_the_persons_clock() -> None:
    at = "2027-04-02T23:00:00-04:00"
    found = answer(WINDOWS, WINDOW | {"proposed": WINDOW["proposed"] | {"at": at}})
    assert (found["verdict"], found["not_before"]) == ("deferred", "2027-04-03T08:00:01-04:00")


def person(**more: Any) -> dict[str, Any]:
    return {"person": PERSON | more}


def fact(**more: Any) -> dict[str, Any]:
    return person(facts=[{"kind": "cease", "from": "2027-04-01T00:00:00Z"} | more])


def contact(**more: Any) -> dict[str, Any]:
    return {"contacts": [CONTACT | more]}


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"jurisdiction": "FR"}, "/jurisdiction"),
        ({"jurisdiction": "us"}, "/jurisdiction"),
        ({"lender_type": "loan_shark"}, "/lender_type"),
        ({"person": {}}, "/person/timezones"),
        ({"person": []}, "/person"),
        ({"contacts": {}}, "/contacts"),
        ({"contacts": [1]}, "/contacts/0"),
        ({"contacts": [{}] * (MAX_CONTACTS + 1)}, "/contacts"),
        ({"contacts": [CONTACT, CONTACT]}, "/contacts/1/id"),
        (person(timezones=[]), "/person/timezones"),
        (person(timezones="Asia/Shanghai"), "/person/timezones"),
        (person(timezones=["Asia/Shanghai", "Asia/Atlantis"]), "/person/timezones/1"),
        (person(timezones=["america/new_york"]), "/person/timezones/0"),
        (person(timezones=["../Asia/Shanghai"]), "/person/timezones/0"),
        (person(timezones=["America"]), "/person/timezones/0"),
        (person(timezones=[None]), "/person/timezones/0"),
        (person(timezones=["UTC"] * 13), "/person/timezones"),
        (person(facts=None), "/person/facts"),
        (person(name="x"), "/person/name"),
        (fact(kind="rumour"), "/person/facts/0/kind"),
        (fact(**{"from": "2027-04-01T00:00:00"}), "/person/facts/0/from"),
        (fact(to="2027-03-31T23:59:59Z"), "/person/facts/0/to"),
        (fact(to=None), "/person/facts/0/to"),
        (fact(number="n"), "/person/facts/0/number"),
        (fact(kind="opt_out"), "/person/facts/0/channel"),
        (fact(kind="opt_out", channel="fax"), "/person/facts/0/channel"),
        (fact(kind="opt_out", number=1), "/person/facts/0/number"),
        (fact(kind="inconvenient", before="24:00"), "/person/facts/0/before"),
        (fact(kind="inconvenient", after="9:00"), "/person/facts/0/after"),
        (fact(kind="inconvenient", days=["monday"]), "/person/facts/0/days/0"),
        (fact(kind="inconvenient", days=[]), "/person/facts/0/days"),
        (fact(kind="dispute", debts="M"), "/person/facts/0/debts"),
        (fact(kind="dispute", debts=[1]), "/person/facts/0/debts/0"),
        (fact(kind="consent"), "/person/facts/0/scope"),
        (fact(kind="consent", scope="channel"), "/person/facts/0/channel"),
        (fact(kind="consent", scope="night", channel="sms"), "/person/facts/0/channel"),
        (fact(kind="contact_refused"), "/person/facts/0/number"),
        (contact(id=1), "/contacts/0/id"),
        (contact(at="2027-04-01T10:00:00"), "/contacts/0/at"),
        (contact(at="2027-04-01 10:00:00Z"), "/contacts/0/at"),
        (contact(at="2027-02-30T10:00:00Z"), "/contacts/0/at"),
        (contact(at="0001-01-01T00:00:00+14:00"), "/contacts/0/at"),
        (contact(at="9999-12-31T23:59:59-12:00"), "/contacts/0/at"),
        (contact(at=1806573600), "/contacts/0/at"),
        (contact(channel="fax"), "/contacts/0/channel"),
        (contact(direction="sideways"), "/contacts/0/direction"),
        (contact(party="mother"), "/contacts/0/party"),
        (contact(outcome="connected"), "/contacts/0/outcome"),
        (contact(purpose="marketing"), "/contacts/0/purpose"),
        (contact(initiated_by="nobody"), "/contacts/0/initiated_by"),
        (contact(debts=[None]), "/contacts/0/debts/0"),
        (contact(number=None), "/contacts/0/number"),
        (contact(traits=["rude"]), "/contacts/0/traits/0"),
        (contact(colour="red"), "/contacts/0/colour"),
    ],
    ids=lambda value: str(value)[-60:],
)
def test_bad_input_is_refused_with_its_place(changes: dict[str, Any], where: str) -> None:
    assert pointers(CHECKS, CHECK | changes) == [where]
    assert pointers(WINDOWS, WINDOW | changes) == [where]


@pytest.mark.parametrize("missing", ["id", "at", "channel", "direction", "party"])
def test_what_a_contact_needs(missing: str) -> None:
    less = {name: value for name, value in CONTACT.items() if name != missing}
    assert pointers(CHECKS, CHECK | {"contacts": [less]}) == [f"/contacts/0/{missing}"]


@pytest.mark.parametrize("missing", ["at", "channel", "debt", "purpose"])
def test_what_a_proposed_contact_needs(missing: str) -> None:
    less = {name: value for name, value in WINDOW["proposed"].items() if name != missing}
    assert pointers(WINDOWS, WINDOW | {"proposed": less}) == [f"/proposed/{missing}"]
    assert pointers(WINDOWS, WINDOW | {"proposed": WINDOW["proposed"] | {"outcome": "x"}}) == [
        "/proposed/outcome"
    ]


def test_five_thousand_contacts_are_judged_in_a_moment() -> None:
    contacts = [
        CONTACT
        | {"id": str(n), "at": f"2027-04-{1 + n % 28:02}T{n % 24:02}:{n % 60:02}:00Z", "debts": ["a", "b"]}
        for n in range(MAX_CONTACTS)
    ]
    began = time.perf_counter()
    found = check(wire.Reader(CHECK | {"contacts": contacts}))
    assert len(found["findings"]) > MAX_CONTACTS
    assert time.perf_counter() - began < 10  # about one second on a quiet machine


# ── wording ──────────────────────────────────────────────────────────────────────────────────
BOOKS = [load(name) for name in ("cn", "us", "uk")]
ROWS = [
    pytest.param(book, rule, id=f"{rule.id}@{rule.effective_from}")
    for book in BOOKS
    for rule in book.rules
    if conduct.check_of(rule.id, book.id)
]
UNLAWFUL = re.compile(r"违法|違法|非法|违反|illegal|unlawful|against the law", re.IGNORECASE)
NOT_ALLOWED = {"en": "does not allow it", "zh-hans": "不允许这样做", "zh-hant": "不允許這樣做"}
AS_WRITTEN = {
    "en": "If it happened as you wrote",
    "zh-hans": "如果情况如您所写",
    "zh-hant": "如果情況如您所寫",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("book", "rule"), ROWS)
def test_only_a_broken_law_is_said_not_to_allow_it(book: Rulebook, rule: Rule, language: str) -> None:
    with translation.override(language):
        text = verdicts.text(book, conduct.found(rule, {}))
    broken = rule.force is Force.LAW and rule.verdict is Kind.BREACH
    assert text.startswith(AS_WRITTEN[language])
    assert (NOT_ALLOWED[language] in text) is broken
    assert rule.citation in text
    if not broken:
        assert not UNLAWFUL.search(text), text
    if language == "en" and not broken:
        assert "depart" in text


def test_sentences_follow_the_callers_language() -> None:
    for language, start in AS_WRITTEN.items():
        [finding] = ask(CHECKS, CHECK, language).json()["findings"]
        assert finding["text"].startswith(start)


# ── the ids and columns of the contract ──────────────────────────────────────────────────────
CONTRACT = {
    # id: (force, verdict, verified)
    "cn.time.night_ban.gbt": ("STD", "breach", True),
    "cn.time.night_ban.cba": ("SELF", "breach", True),
    "cn.freq.voice_effective.gbt": ("STD", "breach", True),
    "cn.freq.attempts.cba": ("SELF", "concern", True),
    "cn.freq.visit": ("STD", "breach", False),
    "cn.channel.personal_im": ("SELF", "breach", True),
    "cn.third.ban_card": ("RULE", "breach", False),
    "cn.third.contact_gate.gbt": ("STD", "breach", True),
    "cn.third.contact_gate.cba": ("SELF", "breach", True),
    "cn.third.no_public": ("SELF", "breach", True),
    "cn.plan.card70.stop": ("RULE", "breach", True),
    "us.time.window": ("LAW", "breach", True),
    "us.time.known": ("RULE", "breach", True),
    "us.attorney": ("RULE", "breach", True),
    "us.cease": ("LAW", "breach", True),
    "us.medium.optout": ("RULE", "breach", True),
    "us.freq.7in7": ("RULE", "presumed_breach", True),
    "us.freq.after_talk": ("RULE", "presumed_breach", True),
    "us.freq.pattern": ("RULE", "concern", True),
    "us.freq.text": ("RULE", "concern", True),
    "us.third.ban": ("LAW", "breach", True),
    "us.social": ("RULE", "breach", False),
    "us.dispute": ("RULE", "breach", False),
    "uk.time": ("RULE", "breach", True),
    "uk.time.usual": ("PRAC", "concern", True),
    "uk.freq": ("LAW", "concern", False),
    "uk.third": ("RULE", "breach", True),
    "uk.embarrass": ("RULE", "breach", True),
    "uk.agent": ("RULE", "breach", False),
    "uk.bs.effect": ("LAW", "breach", True),
    "uk.dispute": ("RULE", "breach", False),
}


def test_the_rulebooks_hold_every_id_of_the_contract_and_the_engine_no_other() -> None:
    rows = {rule.id: rule for book in BOOKS for rule in book.rules if conduct.check_of(rule.id, book.id)}
    plain = {name: rule for name, rule in rows.items() if ".conduct." not in name and name[:6] != "house."}
    assert {
        name: (str(rule.force), str(rule.verdict), rule.verified) for name, rule in plain.items()
    } == CONTRACT
    assert set(conduct.CHECKS) == set(CONTRACT)
    for book in BOOKS:
        ids = {rule.id for rule in book.rules}
        assert sum(name.startswith(f"{book.id}.conduct.") for name in ids) == (15 if book.id == "us" else 16)
        kinds = {"opt_out", "cease", "inconvenient", "represented", "moratorium", "plan_in_force"}
        assert {f"house.{kind}" for kind in kinds | {"dispute", "contact_refused"}} <= ids


def test_who_is_bound() -> None:
    everybody = {str(kind) for kind in LenderType}
    for book in BOOKS:
        for rule in book.rules:
            if conduct.check_of(rule.id, book.id) is None:
                continue
            if rule.id.startswith("us."):
                assert rule.applies_to == {"debt_collector"}
            elif rule.id.startswith(("uk.", "house.", "cn.conduct.")):
                assert rule.applies_to == everybody
