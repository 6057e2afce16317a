"""A person's own list of debts, read from a CSV file: bytes in, lines with their problems out.

The encoding is named, so that a person can see on the preview whether the characters are right. Amounts are read as
generously as in the form. Nothing is executed: a cell that begins with `=` is text.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import TypeVar

from .amounts import AmountRefused, parse_amount, parse_days, parse_percent
from .csv_text import FileRefused, decode, records

MOST_ROWS = 200
MOST_COLUMNS = 60
LONGEST_CELL = 400
LONGEST_LENDER = 80

# Column → the headings we know for it, as `_heading` writes them; the first two go into the template.
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "lender": (
            "机构",
            "lender",
            "机构名称",
            "贷款机构",
            "债权人",
            "平台",
            "creditor",
            "機構",
            "機構名稱",
            "債權人",
            "平臺",
        ),
        "kind": ("类型", "kind", "种类", "贷款类型", "type", "類型", "種類"),
        "principal": ("本金", "principal", "剩余本金", "欠款本金", "剩餘本金"),
        "interest": ("逾期利息", "interest", "利息", "欠息", "overdueinterest"),
        "fees": ("费用", "fees", "违约金", "手续费", "滞纳金", "fee", "費用", "違約金", "手續費", "滯納金"),
        "annual_rate": ("年利率", "annualrate", "利率", "年化利率", "rate", "yearlyrate"),
        "days_overdue": ("逾期天数", "daysoverdue", "逾期", "days", "逾期天數"),
    }
)
REQUIRED = ("lender", "kind", "principal")
KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "credit_card": ("信用卡", "creditcard", "贷记卡"),
        "online_loan": ("网贷", "onlineloan", "网络贷款", "小贷", "现金贷", "網貸", "網絡貸款"),
        "instalment": (
            "购物分期",
            "instalment",
            "分期",
            "消费分期",
            "購物分期",
            "installment",
            "shoppinginstalments",
        ),
        "bank_loan": ("银行贷款", "bankloan", "贷款", "消费贷", "銀行貸款", "貸款"),
        "other": ("其他", "other", "其它", "somethingelse"),
    }
)
_NOT_SURE = frozenset(
    ("", "不确定", "不知道", "不清楚", "不確定", "notsure", "unknown", "idonotknow", "?", "-", "—")
)
_HEADINGS = {name: column for column, names in COLUMNS.items() for name in names}
_KINDS = {name: kind for kind, names in KINDS.items() for name in names}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with one cell; codes are those of AmountRefused, and `unknown_kind`, `too_long`, `damaged`,
    `too_many_cells`."""

    column: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One debt of the file. Money in minor units; None is "not sure". `lender` empty means "I do not know who"."""

    line: int
    lender: str = ""
    kind: str = ""
    principal: int | None = None
    interest: int | None = None
    fees: int | None = None
    annual_rate: Decimal | None = None
    days_overdue: int | None = None
    cells: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    # The line of this file that says exactly the same; a thing to look at, not a mistake.
    same_as: int = 0


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the file says, with the encoding it was read in and the columns that were not used."""

    encoding: str
    rows: tuple[Row, ...]
    unused: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether every line can be taken: all or nothing."""
        return not any(row.problems for row in self.rows)


def read(data: bytes, currency: str = "CNY") -> Reading:
    """Read a whole file. Problems of single cells stay with their line; what spoils the file raises FileRefused."""
    text, encoding = decode(data)
    head = text.lstrip().partition("\n")[0]
    lines = records(text, max(",;\t，", key=head.count))
    _, headings = next(lines, (1, []))
    if len(headings) > MOST_COLUMNS:
        raise FileRefused("too_wide")
    columns = [_HEADINGS.get(_heading(name), "") for name in headings]
    missing = tuple(column for column in REQUIRED if column not in columns)
    twice = tuple(column for column in COLUMNS if columns.count(column) > 1)
    if missing or twice:
        raise FileRefused("columns", missing=missing, twice=twice)
    unused = tuple(
        name.strip()[:40]
        for name, column in zip(headings, columns, strict=True)
        if not column and name.strip()
    )
    rows: list[Row] = []
    first: dict[tuple[object, ...], int] = {}
    for line, cells in lines:
        if len(rows) == MOST_ROWS:
            raise FileRefused("too_many_rows")
        row = _row(line, columns, cells, currency)
        same = first.setdefault(tuple(sorted(row.cells.items())), line)
        rows.append(row if same == line else replace(row, same_as=same))
    if not rows:
        raise FileRefused("no_rows")
    return Reading(encoding=encoding, rows=tuple(rows), unused=unused)


def template() -> str:
    """A file to fill in: Chinese headings and one example line, for a spreadsheet to open."""
    example = ("示例银行", "信用卡", "12000", "300.50", "不确定", "18%", "45")
    return "\r\n".join((",".join(names[0] for names in COLUMNS.values()), ",".join(example))) + "\r\n"


def _heading(name: str) -> str:
    """One way of writing a heading: half-width, lower case, no spaces, no unit in brackets."""
    plain = unicodedata.normalize("NFKC", name).strip().lower()
    return re.sub(r"[\s_]|\(.*?\)", "", plain)


def _row(line: int, columns: list[str], cells: list[str], currency: str) -> Row:
    said = {column: " ".join(cell.split()) for column, cell in zip(columns, cells, strict=False) if column}
    problems: list[Problem] = []
    if any(cell.strip() for cell in cells[len(columns) :]):
        # A comma inside an amount without quotes pushes the rest one place on: nothing on this line is safe.
        problems.append(Problem(column="", code="too_many_cells"))
    for column, cell in said.items():
        if len(cell) > LONGEST_CELL or (column == "lender" and len(cell) > LONGEST_LENDER):
            problems.append(Problem(column=column, code="too_long"))
        elif "\ufffd" in cell or _CONTROL.search(cell):
            problems.append(Problem(column=column, code="damaged"))
    spoilt = {problem.column for problem in problems}

    def value(column: str, parse: Callable[[str], _T]) -> _T | None:
        cell = said.get(column, "")
        if column in spoilt or _word(cell) in _NOT_SURE:
            return None
        try:
            return parse(cell)
        except AmountRefused as refused:
            problems.append(Problem(column=column, code=refused.code))
            return None

    kind = _KINDS.get(_word(said.get("kind", "")), "")
    if not kind and "kind" not in spoilt:
        problems.append(Problem(column="kind", code="unknown_kind"))

    def money(cell: str) -> int:
        return parse_amount(cell, currency).minor

    lender = said.get("lender", "")
    return Row(
        line=line,
        lender="" if _word(lender) in _NOT_SURE else lender,
        kind=kind,
        principal=value("principal", money),
        interest=value("interest", money),
        fees=value("fees", money),
        annual_rate=value("annual_rate", parse_percent),
        days_overdue=value("days_overdue", parse_days),
        cells={column: cell[:LONGEST_LENDER] for column, cell in said.items()},
        problems=tuple(problems),
    )


def _word(cell: str) -> str:
    return re.sub(r"[\s_]", "", unicodedata.normalize("NFKC", cell)).lower()
