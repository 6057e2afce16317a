import contextlib
import csv
import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cases.domain.amounts import AmountRefused, parse_amount
from cases.domain.sms_paste import FIGURES, LONGEST, messages, read

# Invented lenders and messages; an empty cell is a figure the message does not say.
TABLE = Path(__file__).parent.parent / "data" / "sms_paste.csv"
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
NAMES = ("江晴银行", "Jiangqing Bank", "安澜消费金融", "云杉小贷", "青梧分期", "松果借款")
OVERDUE = "【江晴银行】您的信用卡已逾期38天，欠款16,800.00元。"
OTHER = "【云杉小贷】您的借款已逾期52天，欠款11,200元。"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["message"][:24])
def test_a_message_is_read_as_the_table_says(row: dict[str, str]) -> None:
    guesses = read(row["message"], NAMES).guesses
    expected = {name: int(row[name]) if row[name] else None for name in FIGURES}
    said = [guess for guess in guesses if any(figure is not None for figure in guess.figures.values())]
    if not any(row[name] for name in (*FIGURES, "lender", "lender_words")):
        assert guesses == ()
        return
    (guess,) = guesses
    assert guess.figures == expected
    assert (guess.lender, guess.lender_words, guess.kind) == (row["lender"], row["lender_words"], row["kind"])
    assert bool(said) == any(figure is not None for figure in expected.values())


PIECES = (
    "【江晴银行】", "欠款", "本金", "利息", "违约金", "逾期", "应还", "最低", "尾号2204", "400-812-3456", "13800138000",
    "验证码123456", "2026-11-30", "11月30日", "45天", "M2", "12,345.67元", "1.2万", "１２００元", "¥88", "一万二千元",
    "16800", "，", "。", " ", "\n\n", ":", "（", "）", "http://a.example/9876", "$500", "您的", "CNY 12", "balance", "due",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=120))
@example(OVERDUE + OTHER)
def test_every_figure_stands_in_the_text_it_was_read_from(text: str) -> None:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    for guess in read(text, NAMES).guesses:
        assert guess.message in plain
        for name in FIGURES:
            found = getattr(guess, name)
            if found is None:
                continue
            assert found.words in guess.message
            if name != "days_overdue":
                assert found.figure in amounts_in(found.words)


def amounts_in(words: str) -> set[int]:
    """Every amount that a piece of the words could mean."""
    found = set()
    pattern = r"[0-9０-９][0-9０-９.,．，]*\s?[万千亿wW]?|[零一二三四五六七八九十百千万亿两壹贰叁肆伍陆柒捌玖拾佰仟]+"
    for piece in re.findall(pattern, words):
        with contextlib.suppress(AmountRefused):
            found.add(parse_amount(piece.strip(" ")).minor)
    return found


@pytest.mark.parametrize(
    "trap",
    ["400-812-3456", "4008123456", "13800138000", "+86 138 0013 8000", "010-12345678", "尾号2204", "验证码123456",
     "2026年11月30日", "2026-11-30", "11月30日", "14:30", "第3期", "合同编号A20261122", "https://pay.example/50000", "t.example/8000",
     "订单号：2026112200018", "http://a.example/16800元", "6222********2204", "回复1", "USD 500", "36%"],
)  # fmt: skip
def test_what_only_looks_like_an_amount_is_none(trap: str) -> None:
    for text in (f"您的欠款{trap}", f"您已逾期，{trap}", f"应还本金 {trap}，利息{trap}"):
        for guess in read(text).guesses:
            assert set(guess.figures.values()) == {None}


@pytest.mark.parametrize(
    "text",
    [OVERDUE + OTHER, f"{OVERDUE}\n{OTHER}", f"{OVERDUE}\n\n{OTHER}", f"{OVERDUE}\r\n\r\n \r\n{OTHER}",
     "您的信用卡已逾期38天，欠款16,800.00元。【江晴银行】您的借款已逾期52天，欠款11,200元。【云杉小贷】"],
)  # fmt: skip
def test_several_messages_are_parted_however_they_were_pasted(text: str) -> None:
    first, second = read(text, NAMES).guesses
    assert (first.lender, first.figures["owed"]) == ("江晴银行", 1_680_000)
    assert (second.lender, second.figures["owed"]) == ("云杉小贷", 1_120_000)


def test_the_same_message_twice_is_one_guess_and_a_different_figure_is_another() -> None:
    assert len(read(f"{OVERDUE}\n\n{OVERDUE}", NAMES).guesses) == 1
    assert len(read(f"{OVERDUE}\n\n{OVERDUE.replace('16,800', '16,900')}", NAMES).guesses) == 2


def test_messages_about_no_debt_are_counted_and_passed_over() -> None:
    reading = read(f"{OVERDUE}\n\n【江晴银行】您的验证码是123456。\n\n晚上好", NAMES)
    assert (len(reading.guesses), reading.passed_over) == (1, 2)


def test_nothing_pasted_is_nothing_read() -> None:
    assert messages(" \n\n ") == []
    assert read("").guesses == ()


@pytest.mark.parametrize(
    "piece",
    [
        "【",
        "欠款",
        "1,111",
        "9",
        "逾期一",
        " ",
        "【a】",
        "a.",
        "(",
        "欠款 ",
        "your A ",
        "400-",
        "第1",
        "您在",
    ],
)
def test_the_longest_text_is_read_quickly(piece: str) -> None:
    started = time.process_time()
    read((piece * LONGEST)[:LONGEST], NAMES)
    assert time.process_time() - started < 2
