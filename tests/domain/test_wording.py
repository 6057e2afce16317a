"""Every message in every language, channel and style says only what it may, and a value is only ever text."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from cases.domain.refusal import Refused
from cases.domain.rulebook import LANGUAGES
from notices.domain.gate import Purpose
from notices.domain.wording import (
    CHANNELS,
    DIRECTORY,
    MOST_SEGMENTS,
    Entry,
    Style,
    Type,
    WordingError,
    lint,
    load,
    longest_sms,
    render,
    sms_length,
)

ALL = load()
KEYS = {
    "reminder_due_soon",
    "reminder_due_today",
    "officer_answer_coming",
    "officer_please_answer",
    "officer_payment_coming",
    "offer_answered",
    "offer_expired",
    "offer_question",
    "question_answered",
    "plan_confirmed",
    "plan_pack",
    "plan_replaced",
    "plan_paused",
    "plan_resumed",
    "plan_broken",
    "plan_at_risk",
    "complaint_answered",
    "payment_confirmed",
    "payment_questioned",
    "payment_reversed",
    "security_code",
    "number_changed_notice",
    "reminder_missed",
    "offer_ending",
    "complaint_due",
    "plan_halfway",
    "follow_up",
    "inbound_balance",
    "inbound_plan",
    "inbound_stopped",
    "inbound_help",
}
DISCREET = {
    "en": "You have a new reminder. Please look when it suits you.",
    "zh-hans": "您有一条新的提醒，请在方便时查看。",
    "zh-hant": "您有一則新的提醒，請在方便時查看。",
}
VALUES: dict[Type, object] = {
    Type.NAME: "江南银行",
    Type.DATE: date(2027, 3, 5),
    Type.MONEY: "¥1,072.00",
    Type.CODE: "738261",
    Type.COUNT: 12,
}


def values(entry: Entry) -> dict[str, object]:
    return {name: VALUES[kind] for name, kind in entry.placeholders.items()}


def lender_is(name: object, channel: str = "email") -> str:
    given = {"lender": name, "date": "2027-03-05", "amount": "¥1.00"}
    return render("reminder_due_soon", channel, "en", False, given).body


def entry_id(entry: Entry) -> str:
    return f"{entry.key}-{entry.channel}-{entry.style}-{entry.language}"


def test_every_message_exists_in_every_channel_style_and_language() -> None:
    wanted = {(k, c, s, lang) for k in KEYS for c in CHANNELS for s in Style for lang in LANGUAGES}
    assert set(ALL) == wanted


def test_the_lint_has_nothing_to_say() -> None:
    assert lint(ALL) == []


@pytest.mark.parametrize("entry", ALL.values(), ids=entry_id)
def test_every_entry_renders_without_a_brace_left(entry: Entry) -> None:
    left = render(entry.key, entry.channel, entry.language, entry.style is Style.DISCREET, values(entry))
    assert left.version == entry.version
    assert not re.search(r"[{}]", left.subject + left.body)
    assert (left.subject == "") == (entry.channel == "sms")
    assert left.body


@pytest.mark.parametrize("entry", [e for e in ALL.values() if e.style is Style.DISCREET], ids=entry_id)
def test_a_discreet_message_is_always_the_same_sentence(entry: Entry) -> None:
    left = render(entry.key, entry.channel, entry.language, True, values(entry))
    if entry.purpose is Purpose.SECURITY_CODE:
        assert "738261" in left.body
    else:
        assert left.body == DISCREET[entry.language]
        assert left.subject in {"", "提醒", "Reminder"}
    for telling in ("江南银行", "1,072", "稳还", "穩還", "Steady"):
        assert telling not in left.subject + left.body


@pytest.mark.parametrize("entry", [e for e in ALL.values() if e.channel == "sms"], ids=entry_id)
def test_an_sms_has_no_amount_and_a_length_known_beforehand(entry: Entry) -> None:
    left = render(entry.key, "sms", entry.language, entry.style is Style.DISCREET, values(entry))
    assert not re.search(r"[¥￥$£]|1,072", left.body)
    assert sms_length(left.body).segments <= longest_sms(entry).segments <= MOST_SEGMENTS


@pytest.mark.parametrize("entry", [e for e in ALL.values() if e.style is Style.PLAIN], ids=entry_id)
def test_every_plain_reminder_says_how_to_end_it_and_nothing_else_does(entry: Entry) -> None:
    ways = (
        "Reply STOP",
        "回复 T",
        "回覆 T",
        "switch these reminders off",
        "随时在稳还里关闭",
        "隨時在穩還裡關閉",
    )
    assert any(way in entry.body for way in ways) == (entry.purpose is Purpose.REMINDER)


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("zh-hans", "2027年3月5日 周五"),
        ("zh_Hans", "2027年3月5日 周五"),
        ("zh-hant", "2027年3月5日 週五"),
        ("en", "Friday 5 March 2027"),
    ],
)
def test_a_date_is_written_in_the_readers_language(language: str, written: str) -> None:
    for day in (date(2027, 3, 5), "2027-03-05"):
        assert written in render("number_changed_notice", "sms", language, False, {"date": day}).body


def test_values_that_a_channel_does_not_use_may_be_given() -> None:
    given = {"lender": "江南银行", "date": "2027-03-05", "amount": "¥1,072.00"}
    assert "1,072" not in render("reminder_due_soon", "sms", "zh-hans", False, given).body
    assert "1,072" in render("reminder_due_soon", "email", "zh-hans", False, given).body


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"lender": "L", "date": "2027-03-05", "nickname": "x"}, "unknown_placeholder", "nickname"),
        ({"lender": "L"}, "missing_placeholder", "date"),
        ({"lender": "L", "date": "soon"}, "wrong_value", "date"),
        ({"lender": "", "date": "2027-03-05"}, "wrong_value", "lender"),
        ({"lender": 7, "date": "2027-03-05"}, "wrong_value", "lender"),
        ({"lender": "L" * 61, "date": "2027-03-05"}, "wrong_value", "lender"),
    ],
)
def test_a_message_takes_exactly_what_it_knows(given: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        render("reminder_due_soon", "sms", "en", False, given)
    assert (refusal.value.code, refusal.value.field) == (code, field)


@pytest.mark.parametrize(
    "key_channel_language",
    [("nothing", "sms", "en"), ("security_code", "fax", "en"), ("security_code", "sms", "fr")],
)
def test_what_was_never_written_is_refused(key_channel_language: tuple[str, str, str]) -> None:
    with pytest.raises(Refused) as refusal:
        render(*key_channel_language, False, {})
    assert refusal.value.code == "unknown_wording"


@pytest.mark.parametrize(
    "payload",
    [
        "{date}",
        "{{ 7*7 }}",
        "{% debug %}",
        "{0.__class__}",
        "{lender.__init__}",
        "%(date)s",
        "${7*7}",
        "<%= 7*7 %>",
        "#{7*7}",
        r"\1 \g<0>",
        "<script>alert(1)</script>",
    ],
)
def test_a_value_is_only_ever_text(payload: str) -> None:
    assert payload in lender_is(payload)


@pytest.mark.parametrize(
    "value",
    [
        "Bank\r\nBcc: x@y",
        "Bank\nx",
        "Bank\rx",
        "Bank\u2028x",
        "Bank\u2029x",
        "Bank\x85x",
        "Bank\x00",
        "Bank\u202egnp",
        "Ba\u200bnk",
        "=?utf-8?q?hi?=",
    ],
)
def test_a_value_cannot_add_a_line_or_hide_one(value: str) -> None:
    with pytest.raises(Refused) as refusal:
        lender_is(value)
    assert refusal.value.code == "unsafe_value"


@pytest.mark.parametrize(
    "value",
    [
        "https://pay.example",
        "Bank pay.example/x",
        "www.bank",
        "t.cn/abc",
        "bank.com",
        "BANK.COM.CN",
        "ｂａｎｋ．ｃｏｍ",
        "银行。com",
        "点击领取",
        "點擊",
        "Click here",
        "Bаnk",  # the second letter is Cyrillic
        "银行.中国",
        "bank.tech",
        "bank.xn--fiqs8s",
        "10.0.0.1",
        "Ba\u3164nk",
    ],
)
def test_a_value_cannot_carry_a_link_or_a_disguise(value: str) -> None:
    with pytest.raises(Refused) as refusal:
        lender_is(value)
    assert refusal.value.code == "unsafe_value"


@pytest.mark.parametrize(
    "value", ["江南银行股份有限公司", "Fubon Co. Ltd.", "A. & B. Finance", "Банк", "中原消费金融(上海)"]
)
def test_an_ordinary_lender_name_passes(value: str) -> None:
    assert value in lender_is(value)


@pytest.mark.parametrize("value", ["¥1,072.00", "CN¥1,072.00", "US$12", "£0.50", "1,072.00 元"])
def test_an_amount_stands_as_it_is_shown(value: str) -> None:
    given = {"lender": "L", "date": "2027-03-05", "amount": value}
    assert value in render("reminder_due_soon", "email", "en", False, given).body


@pytest.mark.parametrize("value", ["a lot", "¥1,072.00 now", "only ¥5", 1072, "1e5"])
def test_what_is_no_amount_is_refused(value: object) -> None:
    with pytest.raises(Refused):
        render(
            "reminder_due_soon", "email", "en", False, {"lender": "L", "date": "2027-03-05", "amount": value}
        )


@pytest.mark.parametrize(
    ("code", "minutes"), [("12 34", 5), ("<b>1</b>", 5), ("1234", -1), ("1234", True), ("1234", "5")]
)
def test_a_code_and_its_minutes_are_what_they_say(code: object, minutes: object) -> None:
    with pytest.raises(Refused) as refusal:
        render("security_code", "sms", "en", False, {"code": code, "minutes": minutes})
    assert refusal.value.code == "wrong_value"


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("您" * 70, "UCS-2", 70, 1),
        ("您" * 71, "UCS-2", 71, 2),
        ("您" * 134, "UCS-2", 134, 2),
        ("您" * 135, "UCS-2", 135, 3),
        ("a" * 69 + "您", "UCS-2", 70, 1),
        ("🙂" * 35, "UCS-2", 70, 1),
        ("🙂" * 67, "UCS-2", 134, 3),
    ],
)
def test_the_length_of_an_sms_is_known(text: str, encoding: str, units: int, segments: int) -> None:
    length = sms_length(text)
    assert (length.encoding, length.units, length.segments) == (encoding, units, segments)


def test_a_version_changes_with_every_word_and_only_then() -> None:
    assert len({entry.version for entry in ALL.values()}) == len(ALL)
    assert all(re.fullmatch("[0-9a-f]{64}", entry.version) for entry in ALL.values())


def copied(tmp_path: Path, name: str, old: str, new: str) -> Path:
    directory = tmp_path / "wordings"
    shutil.copytree(DIRECTORY, directory)
    text = (directory / name).read_text(encoding="utf-8")
    assert old in text
    (directory / name).write_text(text.replace(old, new), encoding="utf-8")
    return directory


def test_a_changed_word_is_a_new_version(tmp_path: Path) -> None:
    changed = load(
        copied(tmp_path, "offer_answered.toml", "has answered your proposal", "answered your proposal")
    )
    differing = {key for key in ALL if ALL[key].version != changed[key].version}
    assert differing == {("offer_answered", channel, Style.PLAIN, "en") for channel in CHANNELS}


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("reminder_due_soon.toml", "如果不方便，", "否则后果自负，", ": threat 否则"),
        (
            "reminder_due_soon.toml",
            "your agreed payment to {lender} is on",
            "final notice: {lender} is on",
            ": threat final",
        ),
        (
            "reminder_due_soon.toml",
            "约好的一笔款在 {date}。",
            "约好的 {amount} 在 {date}。",
            "amount_in_sms",
        ),
        (
            "reminder_due_soon.toml",
            "your agreed payment to {lender} is on",
            "see steady.example/x on",
            ": link ",
        ),
        ("offer_answered.toml", "{lender}答复了", "对方答复了", "places_differ"),
        ("offer_answered.toml", "{lender}答复了", "{lender}{bank}答复了", "undeclared bank"),
        ("offer_answered.toml", "{lender}答复了", "{lender}{答复了", ": brace"),
        ("common.toml", "您有一条新的提醒", "您的还款有一条新的提醒", "telling "),
        ("common.toml", "您有一条新的提醒", "{lender}有一条新的提醒", "discreet_value"),
        ("security_code.toml", 'zh_hans = "您的验证码是', 'zh_hans = "稳还验证码是', "telling "),
        # What a reader takes for the same, however it is written.
        ("offer_answered.toml", "{lender}答复了", "{lender} ｓｔｅａｄｙ．ｃｏｍ 答复了", ": link "),
        ("offer_answered.toml", "{lender}答复了", "{lender}.com答复了", ": link "),
        ("offer_answered.toml", "{lender}答复了", "{lender} 稳还.公司 答复了", ": link "),
        ("offer_answered.toml", "{lender}答复了", "{lender}将去法 院", ": threat 法院"),
        ("offer_answered.toml", "{lender}答复了", "{lender}将⽴即答复", ": threat 立即"),
        ("offer_answered.toml", "{lender}答复了", "{lender}将去法\ufe0f院", ": disguise"),
        ("offer_answered.toml", "{lender}答复了", "{lender}将去法\u3164院", ": disguise"),
        ("offer_answered.toml", "{lender}答复了", "{lender} cоurt", ": disguise"),
        (
            "offer_answered.toml",
            '您可以在方便时打开稳还查看。"',
            "您可以在方便时打开稳还查看。" * 14 + '"',
            "too_long 3",
        ),
    ],
)
def test_the_lint_objects_by_entry(tmp_path: Path, name: str, old: str, new: str, says: str) -> None:
    problems = lint(load(copied(tmp_path, name, old, new)))
    assert any(says in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("offer_answered.toml", 'key = "offer_answered"', 'key = "other"'),
        ("offer_answered.toml", 'purpose = "answer"', 'purpose = "marketing"'),
        ("offer_answered.toml", 'lender = "name"', 'lender = "html"'),
        ("offer_answered.toml", "[email.plain.zh_hant]", "[email.plain.zh_tw]"),
        ("offer_answered.toml", "[sms.plain]", "[sms.plain"),
        ("common.toml", 'zh_hant = "您有一則新的提醒', 'zh_tw = "您有一則新的提醒'),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, old: str, new: str) -> None:
    with pytest.raises(WordingError, match=r"\.toml"):
        load(copied(tmp_path, name, old, new))
