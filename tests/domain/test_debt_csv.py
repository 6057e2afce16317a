import codecs
from decimal import Decimal

import pytest

from cases.domain import csv_text, debt_csv
from cases.domain.csv_text import FileRefused
from cases.domain.debt_csv import Problem

HEAD = "机构,类型,本金,逾期利息,费用,年利率,逾期天数\n"
LINE = "江晴银行,信用卡,12000,300.50,不确定,18%,45\n"


def refused(data: bytes) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        debt_csv.read(data)
    return caught.value


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ((HEAD + LINE).encode(), "UTF-8"),
        (codecs.BOM_UTF8 + (HEAD + LINE).encode(), "UTF-8"),
        ((HEAD + LINE).encode("gb18030"), "GB18030"),
        ((HEAD + LINE).replace("\n", "\r\n").encode("gbk"), "GB18030"),
        ((HEAD + LINE.replace("江", "𠀀")).encode("gb18030"), "GB18030"),
    ],
)
def test_the_encodings_people_have_are_read_and_named(data: bytes, encoding: str) -> None:
    reading = debt_csv.read(data)
    assert reading.encoding == encoding
    assert reading.fits
    row = reading.rows[0]
    assert row.lender.endswith("晴银行")
    assert (row.kind, row.principal, row.interest, row.fees) == ("credit_card", 1_200_000, 30_050, None)
    assert (row.annual_rate, row.days_overdue, row.line) == (Decimal("0.18"), 45, 2)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_refused_not_guessed(codec: str) -> None:
    assert refused((HEAD + LINE).encode(codec)).code == "utf16"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (codecs.BOM_UTF8 + b" \r\n", "empty"),
        (HEAD.encode(), "no_rows"),
        (b"PK\x03\x04 and the rest of a workbook", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0 an old workbook", "spreadsheet"),
        (b"\xff\xff\xff", "unreadable"),
        (b"x" * (csv_text.LARGEST_BYTES + 1), "too_big"),
        ((HEAD + LINE * (debt_csv.MOST_ROWS + 1)).encode(), "too_many_rows"),
        (("a," * 70 + "\n").encode(), "too_wide"),
    ],
)
def test_what_is_no_list_of_debts_is_refused_with_its_reason(data: bytes, code: str) -> None:
    assert refused(data).code == code


def test_two_hundred_lines_are_taken() -> None:
    assert len(debt_csv.read((HEAD + LINE * debt_csv.MOST_ROWS).encode()).rows) == debt_csv.MOST_ROWS


def test_missing_and_doubled_columns_are_named() -> None:
    found = refused("机构,利息,逾期利息\nA,1,2\n".encode())
    assert found.code == "columns"
    assert found.missing == ("kind", "principal")
    assert found.twice == ("interest",)


def test_english_headings_units_and_any_order_are_understood() -> None:
    reading = debt_csv.read("Principal (CNY),LENDER,Kind,My notes\n1.2万,Jiangqing,credit card,x\n".encode())
    assert reading.rows[0].principal == 1_200_000
    assert reading.rows[0].lender == "Jiangqing"
    assert reading.unused == ("My notes",)


def test_traditional_headings_are_understood_and_big5_is_refused_not_garbled() -> None:
    text = "機構,類型,本金,費用\n江晴銀行,銀行貸款,12000,不確定\n"
    row = debt_csv.read(text.encode()).rows[0]
    assert (row.kind, row.principal, row.fees, row.problems) == ("bank_loan", 1_200_000, None, ())
    assert refused(text.encode("big5")).code == "columns"


def test_line_ends_of_old_computers_are_understood() -> None:
    rows = debt_csv.read((HEAD + LINE + LINE).replace("\n", "\r").encode()).rows
    assert [row.line for row in rows] == [2, 3]


@pytest.mark.parametrize("delimiter", [";", "\t", "，"])
def test_other_delimiters_of_spreadsheets_are_understood(delimiter: str) -> None:
    assert debt_csv.read((HEAD + LINE).replace(",", delimiter).encode()).fits


def test_a_half_bad_file_says_which_cell_of_which_line() -> None:
    text = HEAD + LINE + "安澜,不懂,-5,NaN,1.234,0.18,1e5\n" + "云杉,网贷,9400,,,,\n"
    good, bad, also_good = debt_csv.read(text.encode()).rows
    assert not good.problems
    assert not also_good.problems
    assert bad.line == 3
    assert set(bad.problems) == {
        Problem(column="kind", code="unknown_kind"),
        Problem(column="principal", code="negative"),
        Problem(column="interest", code="not_understood"),
        Problem(column="fees", code="too_many_decimals"),
        Problem(column="annual_rate", code="ambiguous"),
        Problem(column="days_overdue", code="not_understood"),
    }
    assert not debt_csv.read(text.encode()).fits


def test_a_quoted_newline_stays_in_its_cell_and_lines_are_counted_as_in_the_file() -> None:
    rows = debt_csv.read((HEAD + '"江晴\n银行",信用卡,"12,000.00",,,,\n' + LINE).encode()).rows
    assert rows[0].lender == "江晴 银行"
    assert rows[0].principal == 1_200_000
    assert [row.line for row in rows] == [2, 4]


def test_a_quote_that_never_closes_names_its_line() -> None:
    found = refused((HEAD + LINE + '"江晴,信用卡,1\n' * 3).encode())
    assert (found.code, found.line) == ("broken", 3)


def test_an_unquoted_comma_inside_an_amount_is_a_problem_not_another_amount() -> None:
    row = debt_csv.read((HEAD + "江晴,信用卡,12,000,0,0,18%,45\n").encode()).rows[0]
    assert Problem(column="", code="too_many_cells") in row.problems


def test_formula_cells_are_plain_text() -> None:
    row = debt_csv.read((HEAD + "=cmd|' /C calc'!A0,其他,=1+1,,,,\n").encode()).rows[0]
    assert row.lender == "=cmd|' /C calc'!A0"
    assert row.problems == (Problem(column="principal", code="not_understood"),)


def test_a_line_that_says_the_same_as_another_points_at_it() -> None:
    rows = debt_csv.read((HEAD + LINE + "\n" + LINE).encode()).rows
    assert [row.same_as for row in rows] == [0, 2]
    assert all(not row.problems for row in rows)


def test_damaged_text_and_endless_cells_are_problems() -> None:
    text = (
        HEAD
        + "江\ufffd,信用卡,1,,,,\n"
        + "行" * 81
        + ",信用卡,1,,,,\n"
        + "江,信用卡,"
        + "9" * 9_000
        + ",,,,\n"
    )
    codes = [row.problems[0].code for row in debt_csv.read(text.encode()).rows]
    assert codes == ["damaged", "too_long", "too_long"]


def test_not_knowing_is_an_answer() -> None:
    row = debt_csv.read((HEAD + "不知道,其他,不确定,?,,not sure,unknown\n").encode()).rows[0]
    assert not row.problems
    assert (row.lender, row.principal, row.interest, row.annual_rate, row.days_overdue) == ("", *[None] * 4)


def test_the_template_reads_back_without_a_problem() -> None:
    reading = debt_csv.read(codecs.BOM_UTF8 + debt_csv.template().encode())
    assert reading.fits
    assert not reading.unused
