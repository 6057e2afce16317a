"""The rule file is data that a lawyer can check: whole, dated, sourced, and honest about its force."""

import hashlib
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from cases.domain import rulebook as books
from cases.domain.history import SPAN
from cases.domain.person_facts import CONSENT_DAYS
from cases.domain.rulebook import (
    DIRECTORY,
    LANGUAGES,
    Force,
    Kind,
    Rule,
    RulebookError,
    check,
    load,
    parse,
    statement,
)

CN = load("CN")
EVERY = [rule for name in ("cn", "us", "uk") for rule in load(name).rules]
ON = date(2027, 3, 1)
ROW = """
[[rule]]
id = "cn.time.night_ban.gbt"
force = "STD"
citation = "GB/T 45251-2025"
effective_from = 2025-02-28
applies_to = ["bank"]
confidence = "S"
sources = ["9"]
severity = "block"
parameters = { from = "22:00", to = "08:00" }
[rule.statement]
en = "Quiet from {from} to {to}."
zh_hans = "{from} 到 {to} 不打扰。"
zh_hant = "{from} 到 {to} 不打擾。"
"""
HEAD = 'id = "cn"\neffective_from = 2026-01-30\nzone = "Asia/Shanghai"\n'
TAIL = '\n[sources]\n9 = "somewhere"\n'


def book(row: str = ROW, head: str = HEAD, tail: str = TAIL) -> books.Rulebook:
    return parse((head + row + tail).encode(), name="cn.toml")


@pytest.mark.parametrize("path", sorted(DIRECTORY.glob("*.toml")), ids=lambda path: path.name)
def test_every_rule_file_loads_and_leaves_nothing_to_object_to(path: Path) -> None:
    assert check(load(path)) == []


def test_the_version_is_the_fingerprint_of_the_file() -> None:
    assert CN.version == hashlib.sha256((DIRECTORY / "cn.toml").read_bytes()).hexdigest()
    assert book().version != book(ROW.replace("22:00", "21:00")).version


def test_a_rule_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "cn.toml"
    path.write_text(HEAD + ROW + TAIL, encoding="utf-8")
    before = load(path)
    path.write_text(HEAD + ROW.replace("22:00", "21:30") + TAIL, encoding="utf-8")
    assert load(path).version != before.version


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: f"{rule.id}@{rule.effective_from}")
def test_only_law_is_ever_said_to_be_broken(rule: Rule) -> None:
    texts = [statement(rule, language) for language in LANGUAGES]
    if rule.force is not Force.LAW:
        for text in [*texts, rule.citation, rule.doubt]:
            assert not re.search(r"违法|違法|非法|illegal|unlawful|against the law", text, re.IGNORECASE)
    assert all(texts)
    assert not any("{" in text for text in texts)


def test_every_language_shows_the_same_numbers() -> None:
    for rule in EVERY:
        shown = {
            tuple(sorted(re.findall(r"\d+", re.sub("AI", "", statement(rule, lang))))) for lang in LANGUAGES
        }
        assert len(shown) == 1, rule.id


def test_a_finding_is_verified_only_when_we_read_the_source_ourselves() -> None:
    day = CN.in_force(ON, "bank")
    assert day["cn.time.night_ban.gbt"].verified
    assert not day["cn.freq.visit"].verified, "S* is a secondary copy"
    assert not day["cn.limitation"].verified, "recalled"


@pytest.mark.parametrize(
    ("rule_id", "kind"),
    [
        ("cn.time.night_ban.gbt", Kind.BREACH),
        ("cn.time.night_ban.cba", Kind.BREACH),
        ("cn.freq.voice_effective.gbt", Kind.BREACH),
        ("cn.freq.attempts.cba", Kind.CONCERN),
        ("cn.freq.visit", Kind.BREACH),
        ("house.opt_out", Kind.CONCERN),
        ("cn.freq.sms_email_wechat", Kind.CONCERN),
    ],
)
def test_the_verdict_follows_the_force_unless_the_row_is_milder(rule_id: str, kind: Kind) -> None:
    assert CN.rule(rule_id, ON).verdict is kind


@pytest.mark.parametrize(
    ("rule_id", "bound"),
    [
        ("cn.time.night_ban.gbt", "bank consumer_finance microloan facilitator debt_collector"),
        ("cn.time.night_ban.cba", "bank consumer_finance microloan debt_collector"),
        ("cn.plan.card70.stop", "bank debt_collector"),
        ("cn.channel.personal_im", "debt_collector"),
        ("house.dispute", "bank consumer_finance microloan facilitator creditor debt_collector"),
    ],
)
def test_a_rule_binds_only_the_lenders_it_was_made_for(rule_id: str, bound: str) -> None:
    assert CN.rule(rule_id, ON).applies_to == set(bound.split())


def test_a_number_that_changed_is_a_new_dated_row() -> None:
    widened = [rule for rule in load("uk").rules if rule.id == "uk.forb"]
    assert [rule.effective_to for rule in widened] == [date(2024, 11, 3), None]
    capped, free = (rule for rule in CN.rules if rule.id == "cn.rate.card_od")
    assert capped.parameters
    assert not free.parameters
    assert CN.rule("cn.rate.card_od", date(2020, 12, 31)) is capped
    assert CN.rule("cn.rate.card_od", date(2021, 1, 1)) is free


def test_the_seven_days_of_the_counts_are_those_of_the_rulebook() -> None:
    us = load("us")
    assert us.rule("us.freq.7in7", ON).number("days") == SPAN
    assert us.rule("us.freq.after_talk", ON).number("days") == SPAN
    assert us.rule("us.freq.excl", ON).number("consent_days") == CONSENT_DAYS


@pytest.mark.parametrize(
    ("on", "in_force"),
    [("2025-02-27", False), ("2025-02-28", True), ("2030-01-01", True)],
)
def test_a_rule_begins_on_its_day(on: str, in_force: bool) -> None:
    assert ("cn.time.night_ban.gbt" in CN.in_force(date.fromisoformat(on), "bank")) is in_force


def test_a_rule_ends_after_its_last_day() -> None:
    ended = book(
        ROW.replace("effective_from = 2025-02-28", "effective_from = 2025-02-28\neffective_to = 2025-12-31")
    )
    assert ended.in_force(date(2025, 12, 31), "bank")
    assert not ended.in_force(date(2026, 1, 1), "bank")


def test_an_older_edition_may_stand_beside_a_newer_one() -> None:
    older = ROW.replace("2025-02-28", "2024-01-01\neffective_to = 2025-02-27").replace("22:00", "23:00")
    both = book(ROW + older)
    assert both.rule("cn.time.night_ban.gbt", date(2024, 6, 1)).second("from") == 23 * 3600
    assert both.rule("cn.time.night_ban.gbt", date(2025, 6, 1)).second("from") == 22 * 3600


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('force = "STD"', 'force = "ADVICE"', "unknown force 'ADVICE'"),
        ('citation = "GB/T 45251-2025"', 'citation = " "', "citation is missing"),
        ('citation = "GB/T 45251-2025"\n', "", "citation is missing"),
        ('zh_hant = "{from} 到 {to} 不打擾。"', "", "zh_hant is missing"),
        ("2025-02-28", '"2025-02-28"', "effective_from must be a date"),
        ("2025-02-28", "2025-02-28T08:00:00Z", "effective_from must be a date"),
        ("effective_from = 2025-02-28\n", "", "effective_from is missing"),
        ("2025-02-28", "2025-02-28\neffective_to = 2025-02-27", "effective_to is before"),
        ('applies_to = ["bank"]', 'applies_to = ["loan_shark"]', "unknown applies_to 'loan_shark'"),
        ('applies_to = ["bank"]', "applies_to = []", "applies_to is missing"),
        ('confidence = "S"', 'confidence = "sure"', "unknown confidence 'sure'"),
        ('severity = "block"', 'severity = "fatal"', "unknown severity 'fatal'"),
        ('sources = ["9"]', 'sources = ["77"]', "source '77' is not listed"),
        ('from = "22:00"', 'from = "24:00"', "must be a time"),
        ('from = "22:00"', "from = 22", "must be a time"),
        ('from = "22:00"', "from = 22.5", "must be text, a whole number"),
        ("Quiet from {from} to {to}.", "Quiet from {from}.", "show different parameters"),
        ("{to} 不打扰", "{until} 不打扰", "unknown parameter 'until'"),
        ("{to} 不打扰", "{to 不打扰", "statement (zh-hans)"),
        ('severity = "block"', 'severity = "block"\nseverty = "warn"', "unknown key 'severty'"),
    ],
)
def test_a_bad_row_is_refused_by_name(old: str, new: str, says: str) -> None:
    assert old in ROW
    with pytest.raises(RulebookError) as refusal:
        book(ROW.replace(old, new))
    assert "cn.toml: rule cn.time.night_ban.gbt" in str(refusal.value)
    assert says in str(refusal.value)


def test_two_rows_of_one_rule_may_not_share_a_day() -> None:
    with pytest.raises(RulebookError, match=r"cn\.time\.night_ban\.gbt: two rows"):
        book(ROW + ROW.replace("2025-02-28", "2026-01-01"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "not readable"),
        (b"id = ", "not readable"),
        (HEAD.encode(), "no rule in it"),
        ((HEAD.replace("Shanghai", "Atlantis") + ROW + TAIL).encode(), "unknown time zone"),
        ((HEAD + "colour = 1\n" + ROW + TAIL).encode(), "unknown key 'colour'"),
    ],
)
def test_a_file_that_is_no_rulebook_says_why(content: bytes, says: str) -> None:
    with pytest.raises(RulebookError, match=says):
        parse(content, name="cn.toml")


def test_an_unknown_jurisdiction_is_named() -> None:
    with pytest.raises(RulebookError, match=r"fr\.toml"):
        load("FR")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("不打扰", "是违法的", "may not speak of law"),
        ("Quiet", "Illegal", "may not speak of law"),
        ('sources = ["9"]', "sources = []", "needs at least one source"),
        ('to = "08:00"', 'to = "22:00"', "the same time"),
        ('confidence = "S"', 'confidence = "own"', "has force PRAC"),
    ],
)
def test_a_careful_reader_objects_by_row(old: str, new: str, says: str) -> None:
    problems = check(book(ROW.replace(old, new)))
    assert len(problems) == 1
    assert "cn.time.night_ban.gbt" in problems[0]
    assert says in problems[0]


def test_a_file_may_not_be_older_than_its_newest_row() -> None:
    assert check(book(head=HEAD.replace("2026-01-30", "2024-01-01")))[0].startswith("cn: effective_from")


@pytest.mark.parametrize(
    ("on", "percent"),
    [
        ("2019-08-19", None),
        ("2019-08-20", "4.25"),
        ("2024-10-20", "3.35"),
        ("2024-10-21", "3.10"),
        ("2025-05-19", "3.10"),
        ("2025-05-20", "3.00"),
        ("2026-01-20", "3.00"),
    ],
)
def test_the_prime_rate_is_the_one_of_the_contract_day(on: str, percent: str | None) -> None:
    rate = CN.prime_rate(date.fromisoformat(on))
    assert (rate and rate.percent) == (percent and Decimal(percent))


@pytest.mark.parametrize(
    ("on", "ceiling"), [("2024-10-20", "13.40"), ("2024-10-21", "12.40"), ("2025-06-01", "12.00")]
)
def test_the_private_lending_ceiling_is_four_times_the_prime_rate(on: str, ceiling: str) -> None:
    rate = CN.prime_rate(date.fromisoformat(on))
    assert rate is not None
    assert rate.percent * CN.rule("cn.rate.private_4x", ON).number("multiple") == Decimal(ceiling)


def test_the_last_prime_rate_says_up_to_when_it_was_checked() -> None:
    assert CN.prime_rates[-1].checked_until is not None
    assert any(not rate.verified for rate in CN.prime_rates)


def test_help_lines_say_what_they_are_for_in_every_language() -> None:
    assert [line.number for line in CN.help_lines] == ["110", "12356", "12378", "12363", "12345", "12348"]
    assert all(set(line.purpose) == set(LANGUAGES) for line in CN.help_lines)


def test_china_is_judged_by_the_clock_of_beijing() -> None:
    assert CN.judged_zones(("Asia/Urumqi",)) == ("Asia/Shanghai",)
    assert CN.judged_zones(("Asia/Urumqi", "Asia/Shanghai")) == ("Asia/Shanghai",)
    assert CN.judged_zones(("Europe/London", "Asia/Urumqi")) == ("Europe/London", "Asia/Shanghai")
    assert CN.judged_zones(()) == ("Asia/Shanghai",)
