"""Signs in texts: a labelled corpus, what honest texts say, and letters in disguise. Signs only, never a verdict."""

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain import scam
from cases.domain.rulebook import LANGUAGES

with (Path(__file__).parents[1] / "data/scam_signs.csv").open(encoding="utf-8", newline="") as corpus:
    CORPUS = [(row["text"], row["signs"].split(), row["about"]) for row in csv.DictReader(corpus)]


@pytest.mark.parametrize(("text", "signs", "about"), CORPUS, ids=[text[:24] for text, _, _ in CORPUS])
def test_every_text_of_the_corpus_shows_its_signs_and_no_other(
    text: str, signs: list[str], about: str
) -> None:
    found = scam.find(text)
    assert [str(one.sign) for one in found] == signs, about
    for one in found:
        assert one.excerpt in text
        assert one.excerpt.strip() == one.excerpt != ""


def test_the_corpus_has_honest_texts_and_every_sign_in_both_languages() -> None:
    assert len(CORPUS) >= 60
    assert sum(not signs for _, signs, _ in CORPUS) >= 15
    for sign in scam.Sign:
        texts = [text for text, signs, _ in CORPUS if sign in signs]
        assert any(text.isascii() for text in texts), f"{sign} in English"
        assert any(not text.isascii() for text in texts), f"{sign} in Chinese"


def test_a_disguise_changes_nothing_but_the_excerpt() -> None:
    for disguise in (
        "先交服务费",
        "先 交 服 务 费",
        "先-交-服-务-费",
        "先\u200b交\u200b服\u200b务\u200b费",
        "先交服務費",
        "先\u0336交服务费",
    ):
        assert [(one.sign, one.excerpt) for one in scam.find(f"您好{disguise}谢谢")] == [
            ("upfront_fee", disguise)
        ]


# 256 KiB as UTF-8, each written to make a careless search slow.
_LARGEST = 256 * 1024
WORST = {
    "one letter": "a" * _LARGEST,
    "letters apart": "a " * (_LARGEST // 2),
    "first pieces only": "先交" * 43_000,
    "each one denied": "不要先交费用，" * 12_000,
    "each one denied in English": "not fee first " * 18_000,
    "the end is missing": "fee " * 65_000 + "x first",
    "combining marks": "e" + "\u0301" * 130_000,
    "warned each time": "凡是先交费用骗子。" * 9_000,
    "every first piece": "先提前预先要交付缴收转" * 7_900,
    "every sentence one mark": "。" * 87_000,
    "guarantees": "guarantee 100 not " * 14_000,
}


@pytest.mark.parametrize("name", WORST)
def test_the_worst_text_is_read_within_a_second(name: str) -> None:
    text = WORST[name]
    assert len(text.encode()) <= _LARGEST
    begun = time.process_time()
    scam.find(text)
    assert time.process_time() - begun < 1


@given(
    st.lists(
        st.sampled_from(
            [
                "先",
                "交",
                "服务费",
                "不要",
                "upfront",
                " fee",
                "。",
                ".",
                " ",
                "\u200b",
                "Ｆee",
                "ﬁ",
                "\ud800",
                "😀",
                "验证码",
                "给我",
            ]
        )
    ).map("".join)
)
def test_an_excerpt_is_always_a_short_part_of_the_text(text: str) -> None:
    for one in scam.find(text):
        assert one.excerpt in text
        assert 0 < len(one.excerpt) <= scam.LONGEST_EXCERPT


def test_every_sign_has_its_words_its_source_and_something_to_look_for() -> None:
    for row in scam.load().rows.values():
        assert row.patterns
        for words in (row.name, row.source, row.text):
            assert set(words) == set(LANGUAGES)
        # A reader of Chinese is under China's law.
        assert not any(
            sign in row.source["zh-hans"] + row.source["zh-hant"] for sign in ("CFR", "美国", "美國")
        )
        for words in (row.name, row.source, row.text):
            # Of a text, not of a person: nobody is called anything.
            assert not any(word in words["en"].lower() for word in ("criminal", "fraudster", "liar"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('code = "upfront_fee"', 'code = "kindness"', "kindness"),
        ("source.zh_hant = ", "source.zh_xx = ", "source is missing"),
        ('"征信 > ', '"征信 > > ', "empty word"),
    ],
)
def test_a_file_that_cannot_be_used_names_the_row(old: str, new: str, message: str) -> None:
    content = scam.FILE.read_text(encoding="utf-8")
    with pytest.raises(scam.SignsError, match=message):
        scam.parse(content.replace(old, new, 1).encode())
