"""No cell of ours runs when somebody opens the file in a spreadsheet, and numbers stay numbers."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import csv_out

DANGEROUS = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "\u00a0=1",
    "  =1",
    "\ufeff=1",
    "\u200b=1",
    "kind words\n=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.test","x")',
    "\x00=1",
    "﹢1",
    "\u2003\u3000=1",
]


def starts(text: str) -> str:
    """What a spreadsheet sees first: blanks, controls and invisible signs skipped, full-width folded."""
    folded = unicodedata.normalize("NFKC", text)
    return next((c for c in folded if not c.isspace() and unicodedata.category(c) not in {"Cc", "Cf"}), "")


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", DANGEROUS, ids=ascii)
def test_text_that_would_run_gets_an_apostrophe(text: str) -> None:
    ((kept,),) = read(csv_out.document([[text]]))
    assert kept.startswith("'")
    assert kept[1:] == text.replace("\x00", "")


@pytest.mark.parametrize("text", ["", "银行", "a=b", "10-20", "3 + 4", "大桥银行", "'quoted", "#1"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert csv_out.cell(text) == text


@pytest.mark.parametrize(
    ("value", "written"), [(12, "12"), (-12, "-12"), (0, "0"), (-1.5, "-1.5"), (None, "")]
)
def test_numbers_stay_numbers_and_nothing_stays_empty(value: object, written: str) -> None:
    assert csv_out.cell(value) == written


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_no_text_whatsoever_starts_like_a_formula(cells: list[str]) -> None:
    for cell in [csv_out.cell(text) for text in cells]:
        for line in cell.splitlines()[:1]:
            assert starts(line) not in {"=", "+", "-", "@"} or cell.startswith("'")
        assert not cell.startswith(("\t", "\r", "\n"))


def test_the_file_is_utf_8_with_its_mark_and_windows_line_ends() -> None:
    content = csv_out.document([["月份", 1], ["二月", 2]])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 2
