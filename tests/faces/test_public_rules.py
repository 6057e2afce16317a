"""Public faces of the rules: was this contact allowed, is this helper a scam, the register, cards of rights. Nothing is kept."""

import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import translation

from cases.domain import rights_cards, rulebook
from cases.models import Event, HelperReport
from portal.actions import retention
from portal.templatetags.rules import cited
from tests.builders import a_regulator
from tests.signing_in import client_for

pytestmark = pytest.mark.django_db(databases=["default", "reports"])
CHECK, HELPER, REPORT = "/tools/contact/", "/tools/helper/", "/tools/helper/report"
NIGHT: dict[str, Any] = {
    "jurisdiction": "CN",
    "lender_type": "bank",
    "day": "2027-05-09",
    "time": "22:17",
    "channel": "call",
    "outcome": "conversation",
    "party": "borrower",
}


def page(client: Client, address: str, data: dict[str, Any] | None = None, language: str = "en") -> str:
    headers = {"accept-language": language}
    response = (
        client.get(address, headers=headers) if data is None else client.post(address, data, headers=headers)
    )
    assert response.status_code == 200, response.content[:300]
    assert len(response.content) < 45 * 1024
    return str(response.content.decode())


# ── was this contact allowed ─────────────────────────────────────────────────────────────────
def test_a_call_at_night_names_both_rules_their_force_and_what_to_do(client: Client) -> None:
    text = page(client, CHECK, NIGHT)
    assert "2 rules speak against it" in text
    assert text.count("Contacted too late") == 1
    assert "it departs from a recommended national standard" in text
    assert 'href="/rules/cn.time.night_ban.gbt/"' in text
    assert "12378" in text
    assert "/complain/" in text
    assert "/contacts/new" in text


def test_a_call_by_day_is_allowed(client: Client) -> None:
    assert "By these rules, it was allowed" in page(client, CHECK, NIGHT | {"time": "15:00"})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"jurisdiction": "US", "lender_type": "debt_collector"}, "1692c(a)(1)"),
        (
            {
                "jurisdiction": "US",
                "lender_type": "debt_collector",
                "time": "15:00",
                "that_day": "2",
                "seven_days": "8",
            },
            "1006.14(b)(2)(i)",
        ),
        ({"jurisdiction": "UK", "time": "15:00", "said": ["moratorium"]}, "reg 7"),
        ({"time": "15:00", "that_day": "4"}, "Too many calls in one day"),
        ({"time": "15:00", "outcome": "unanswered", "that_day": "7"}, "One number dialled too often"),
        ({"time": "15:00", "traits": ["threat_violence"]}, "tel:110"),
        ({"time": "15:00", "party": "employer"}, "Other people were contacted"),
        ({"time": "15:00", "said": ["opt_out"]}, "You had asked not to be contacted this way"),
    ],
)
def test_what_was_told_is_judged(client: Client, change: dict[str, Any], words: str) -> None:
    assert words in page(client, CHECK, NIGHT | change)


def test_calls_like_this_are_not_read_as_more_than_was_said(client: Client) -> None:
    early = NIGHT | {
        "jurisdiction": "US",
        "lender_type": "debt_collector",
        "time": "08:05",
        "outcome": "unanswered",
    }
    assert "By these rules, it was allowed" in page(
        client, CHECK, early | {"that_day": "3", "seven_days": "7"}
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lender_type": ""}, "Choose who it was"),
        ({"day": "soon"}, "Write the day like"),
        ({"day": "0001-01-01"}, "Use a day from 1990"),
        ({"time": ""}, "A rough time is fine"),
        ({"outcome": ""}, "Choose whether it was answered"),
        ({"that_day": "100"}, "from 1 to 99"),
        ({"that_day": "5", "seven_days": "2"}, "Seven days hold at least as many"),
    ],
)
def test_bad_input_is_named_and_nothing_typed_is_lost(
    client: Client, change: dict[str, Any], words: str
) -> None:
    text = page(client, CHECK, NIGHT | change)
    assert words in text
    assert "speak against it" not in text
    assert change.get("time", "22:17") in text


def test_an_answer_is_worded_by_its_force_in_chinese_too(client: Client) -> None:
    text = page(client, CHECK, NIGHT, "zh-hans")
    assert "推荐" in text
    assert not re.search("违法|違法|非法", text)


@pytest.mark.parametrize(("address", "data"), [(CHECK, NIGHT), (HELPER, {"text": "先交服务费"})])
def test_nothing_of_it_is_kept(
    client: Client, address: str, data: dict[str, Any], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        response = client.post(address, data)
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies.get("sessionid")
    assert Event.objects.count() == 0


# ── is this helper a scam ────────────────────────────────────────────────────────────────────
def test_signs_are_shown_with_the_words_that_show_them(client: Client) -> None:
    text = page(client, HELPER, {"text": "您好 <b>先交3000元服务费</b>，保证停息"})
    assert "2 signs to be careful about" in text
    assert "先交3000元服务费" in text
    assert "<b>先交" not in text
    assert "not a verdict on anybody" in text


def test_signs_stand_in_whole_words_and_cite_nothing_from_abroad(client: Client) -> None:
    said = {"text": "您好。保证停息挂账，先交3000元服务费"}
    text = client.post(HELPER, said, headers={"accept-language": "zh-hans"}).content.decode()
    assert "保证停息挂账…" in text
    assert "CFR" not in text
    assert "联邦贸易委员会" not in text


def test_an_honest_text_is_not_called_safe(client: Client) -> None:
    assert "does not prove it safe" in page(client, HELPER, {"text": "Good morning"})


def test_too_long_a_text_is_refused_with_a_word(client: Client) -> None:
    response = client.post(HELPER, {"text": "a" * 20_001}, headers={"accept-language": "en"})
    assert "more than we can read at once" in response.content.decode()


def test_a_report_keeps_what_a_helper_calls_itself_and_nobody_else(client: Client) -> None:
    told = {"called": "债务优化师 小王", "signs": ["upfront_fee", "stop_paying"], "once": "a" * 22}
    for _press in range(2):
        assert client.post(REPORT, told).status_code == 302
    report = HelperReport.objects.get()
    assert (report.called, report.signs) == ("债务优化师 小王", ["upfront_fee", "stop_paying"])
    event = Event.objects.get(kind="helper.reported")
    assert (event.actor_ref, event.person_ref) == ("", "")
    assert "小王" not in str(event.data)


def test_a_regulator_sees_counts_and_no_small_one(settings: Any) -> None:
    settings.SMALL_CELL_THRESHOLD = 3
    for number in range(3):
        Client().post(
            REPORT, {"called": f"helper {number}", "signs": ["upfront_fee"] + ["new_loan"] * (number == 0)}
        )
    text = (
        client_for(a_regulator())
        .get("/reports/patterns/", headers={"accept-language": "en"})
        .content.decode()
    )
    assert re.search(r"Money first</th><td class=\"end figures\">3<", text)
    assert re.search(r"Borrow again</th><td class=\"end\"><span class=\"hidden-cell\"", text)
    assert "helper 1" not in text


def test_reports_are_counted_by_address(client: Client) -> None:
    cache.clear()
    for number in range(10):
        client.post(REPORT, {"called": f"h{number}", "signs": ["new_loan"]})
    text = page(client, REPORT, {"called": "one more", "signs": ["new_loan"]})
    assert "try again in an hour" in text
    assert "one more" in text
    assert HelperReport.objects.count() == 10


# ── the register ─────────────────────────────────────────────────────────────────────────────
def test_every_rule_has_a_page_of_its_own_and_stands_in_the_register(client: Client) -> None:
    for name in ("cn", "us", "uk"):
        ids = {rule.id for rule in rulebook.load(name).rules}
        shown = "".join(page(client, f"/rules/?book={name}&on=2026-11-22&page={n}") for n in range(1, 6))
        assert {rule for rule in ids if f'href="/rules/{rule}/"' in shown} >= {
            rule.id for rule in rulebook.load(name).rules if rule.in_force(dt.date(2026, 11, 22))
        }
    text = page(client, "/rules/uk.forb/")
    assert "until" in text
    assert text.count("<h2>") == 3


def test_the_register_shows_what_changed_between_two_days(client: Client) -> None:
    text = page(client, "/rules/?book=cn&on=2026-11-22&since=2026-01-15")
    assert "Added" in text
    assert 'href="/rules/cn.time.night_ban.cba/"' in text
    assert "Nothing changed" in page(client, "/rules/?book=cn&on=2026-11-22&since=2026-11-21")


@pytest.mark.parametrize("address", ["/rules/?book=xx", "/rules/?book=../cn", "/rules/no.such.rule/"])
def test_what_is_not_there_is_not_found(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_a_day_that_is_none_counts_as_today(client: Client) -> None:
    assert "rules in force on" in page(client, "/rules/?on=soon&since=never&page=99")


# ── cards of rights ──────────────────────────────────────────────────────────────────────────
def test_every_place_and_stage_has_cards_that_fit_on_a_phone(client: Client) -> None:
    for place in ("CN", "US", "UK"):
        for stage in rights_cards.Situation:
            text = page(
                client, f"/rights/?place={place}&stage={stage.replace('+', '%2B')}", language="zh-hans"
            )
            assert 'class="card"' in text


def test_a_stage_that_is_none_shows_what_holds_always(client: Client) -> None:
    assert "Nights are yours." in page(client, "/rights/?place=XX&stage=M9")


def test_a_report_goes_when_its_period_is_over(client: Client, clock: Any) -> None:
    cache.clear()
    client.post(REPORT, {"called": "somebody", "signs": ["new_loan"]})
    clock.advance(days=2 * 365)
    retention.apply()
    assert HelperReport.objects.count() == 1
    clock.advance(days=3)
    retention.apply()
    assert HelperReport.objects.count() == 0


def test_our_own_practice_is_named_in_chinese_too() -> None:
    books = (
        tomllib.loads(path.read_text())
        for path in Path(rulebook.__file__).parents[1].glob("rulebooks/*.toml")
    )
    rows = (rule["citation"] for book in books for rule in book.get("rule", []) if "citation" in rule)
    ours = {citation for citation in rows if citation.startswith("Steady's own")}
    assert ours
    with translation.override("zh-hans"):
        assert not [citation for citation in ours if re.search("[A-Za-z]", cited(citation))]
