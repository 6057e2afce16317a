"""What somebody wrote back: one word is a keyword, and whoever plainly asks us to stop is heeded in any words."""

import pytest

from notices.domain.inbound import Intent, asks_to_stop, intent_of


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("余额", Intent.BALANCE),
        (" bal! ", Intent.BALANCE),
        ("還款計劃", Intent.PLAN),
        ("Ｔ", Intent.STOP),
        ("stop", Intent.STOP),
        ("退订。", Intent.STOP),
        ("帮助", Intent.HELP),
        ("我下周才发工资", Intent.REPLY),
        ("", Intent.REPLY),
    ],
)
def test_only_a_bare_keyword_is_one(text, intent):
    assert intent_of(text) is intent


@pytest.mark.parametrize(
    "text",
    [
        "T",
        "请停止",
        "請停止發簡訊給我",
        "不要再给我发短信了",
        "别再联系我",
        "請勿打擾",
        "你们别老发了，我看到了",
        "我要退订这个",
        "Stop texting me",
        "PLEASE STOP",
        "please don’t contact me again",
        "Do not message this number",
        "no more reminders!!",
        "take me off your list",
        "I want to opt out",
        "unsubscribe me",
    ],
)
def test_a_sentence_that_asks_to_stop_is_heeded(text):
    assert asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "余额",
        "我下周才发工资",
        "什么时候停息？",
        "已经停止工作两个月了",
        "When does interest stop?",
        "I cannot stop by the branch today",
        "My pay stopped in May",
        "发给我一份方案",
        "请联系我",
        "",
    ],
)
def test_other_sentences_are_left_to_a_reader(text):
    assert not asks_to_stop(text)
