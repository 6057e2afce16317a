"""Signs of a false debt helper over the wire: the answer's shape, bad input by its place, nothing kept."""

import re
import time
from typing import Any

import pytest
from django.db import connection

from cases.domain import scam
from portal.api.desk import LARGEST_BODY
from tests.faces.asking import SCAM as ASKED
from tests.faces.asking import SCAMS, answer, ask, pointers


def test_the_published_example() -> None:
    found = answer(SCAMS, ASKED)
    assert set(found) == {"signs", "advice"}
    first, second = found["signs"]
    assert set(first) == {"sign", "excerpt", "source", "text"}
    assert (first["sign"], first["excerpt"]) == ("upfront_fee", "先交3000元服务费")
    assert second["sign"] == "guaranteed_result"
    assert found["advice"].startswith("These are signs, not a verdict")


def test_texts_are_in_the_language_that_was_asked_for() -> None:
    for language, start in (
        ("zh-hans", "事情还没办"),
        ("zh-hant", "事情還沒辦"),
        ("en", "It asks for money"),
    ):
        assert ask(SCAMS, ASKED, language).json()["signs"][0]["text"].startswith(start)


def test_an_honest_text_has_no_sign_and_is_not_called_safe() -> None:
    found = answer(SCAMS, {"text": "We never charge an upfront fee.", "language": "en"})
    assert found["signs"] == []
    assert "does not prove it safe" in found["advice"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"text": None}, "/text"),
        ({"text": 5}, "/text"),
        ({"language": "fr"}, "/language"),
        ({"language": None}, "/language"),
        ({"more": 1}, "/more"),
    ],
)
def test_bad_input_is_named_by_its_place(change: dict[str, Any], pointer: str) -> None:
    assert pointers(SCAMS, ASKED | change) == [pointer]


@pytest.mark.parametrize("missing", ["text", "language"])
def test_both_fields_are_required(missing: str) -> None:
    assert pointers(SCAMS, {name: value for name, value in ASKED.items() if name != missing}) == [
        f"/{missing}"
    ]


def test_the_largest_body_is_read_quickly_and_quoted_word_for_word() -> None:
    text = "服务费先交 " * (LARGEST_BODY // 40)
    begun = time.process_time()
    found = answer(SCAMS, {"text": text, "language": "zh-hans"})
    assert time.process_time() - begun < 1.5
    assert found["signs"][0]["excerpt"] in text


def test_half_a_surrogate_pair_comes_back_as_it_came() -> None:
    found = answer(SCAMS, {"text": "先交\ud800服务费", "language": "zh-hans"})
    assert found["signs"][0]["excerpt"] == "先交\ud800服务费"


def test_no_sign_speaks_of_a_person_as_guilty(settings: Any) -> None:
    said = " ".join(
        words for row in scam.load().rows.values() for words in (row.text["en"], row.name["en"])
    ).lower()
    assert not re.search(r"\b(criminal|guilty|is a fraud|is a scammer|illegal)\b", said)


@pytest.mark.django_db
def test_nothing_is_asked_of_the_database(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0, connection=connection):
        answer(SCAMS, ASKED)
