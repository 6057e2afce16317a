"""A quotation keeps whole words and says where something was left off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.domain.quoting import quoted


@pytest.mark.parametrize(
    ("text", "part", "shown"),
    [
        ("您好。我们保证停息挂账，名额有限。", "保证停息", "我们保证停息挂账…"),
        ("名额有限，我们保证停息。", "保证停息", "…我们保证停息"),
        ("先交服务费", "先交服务费", "先交服务费"),
        ("Hello. Pay a setup fee today. Thanks.", "Pay a setup fee", "Pay a setup fee today."),
        (
            "Those extraordinarily experienced professionals guarantee results without questions asked, always.",
            "guarantee results",
            "…professionals guarantee results without questions asked…",
        ),
        ("一" * 40 + "先交费" + "二" * 40, "先交费", "…" + "一" * 24 + "先交费" + "二" * 24 + "…"),
        ("cafe\u0301s first", "first", "cafe\u0301s first"),
    ],
)
def test_a_part_is_shown_with_its_clause(text: str, part: str, shown: str) -> None:
    start = text.index(part)
    assert quoted(text, start, start + len(part)) == shown


@given(st.text(alphabet="ab 1，。.e\u0301先交费\n", max_size=120), st.data())
def test_a_quotation_is_always_a_part_of_the_text_that_holds_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    shown = quoted(text, start, end)
    assert shown.strip("…").strip() in text
    assert text[start:end].strip() in shown
