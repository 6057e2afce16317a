"""What credit really costs a year, over the wire."""

import csv
import time
from typing import Any

import pytest

from tests.domain.test_cost import TABLE, body
from tests.faces.asking import RATE, RATES, answer, pointers

ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["source"])
def test_published_rates_arrive_as_they_were_printed(row: dict[str, str]) -> None:
    found = answer(RATES, body(row))
    names = ["simple", "compound"] if row["convention"] == "cn_irr" else ["rate"]
    assert [found[name] for name in names] == row["rate"].split()
    assert set(found) == {*names, "convention", "detail"}
    assert found["convention"] == row["convention"]


def test_the_example_of_the_contract() -> None:
    assert answer(RATES, RATE)["rate"] == "9.69"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"payments": []}, "/payments"),
        ({"payments": RATE["payments"] * 300}, "/payments/250/count"),
        ({"payments": [{"on": "1978-02-10", "amount": "230", "count": 24}]}, "/payments/0/every"),
        ({"payments": [{"on": "1978-01-10", "amount": "6000"}]}, "/payments/0/on"),
        ({"payments": [{"on": "1978-02-10", "amount": "5000"}]}, "/payments"),
        ({"payments": [{"on": "1978-02-10", "amount": "0"}, RATE["payments"][0]]}, "/payments/0/amount"),
        ({"payments": [{"on": "1978-02-30", "amount": "9", "x": 1}]}, "/payments/0/x"),
        ({"interval": "month"}, "/interval"),
        ({"day_count": "calendar"}, "/day_count"),
        ({"convention": "eu", "unit_period": {"unit": "day", "count": 1}}, "/unit_period"),
        ({"unit_period": {"unit": "month", "count": 13}}, "/unit_period/count"),
        ({"convention": "apr"}, "/convention"),
    ],
    ids=str,
)
def test_questions_without_an_answer_are_refused_with_their_place(
    changes: dict[str, Any], where: str
) -> None:
    assert pointers(RATES, RATE | changes)[0] == where


@pytest.mark.parametrize("convention", ["us_actuarial", "eu", "cn_irr"])
def test_six_thousand_payments_are_answered_within_seconds(convention: str) -> None:
    start = time.perf_counter()
    question = RATE | {
        "convention": convention,
        "payments": [{"on": "1978-02-10", "amount": "230", "count": 6000, "every": "month"}],
    }
    assert answer(RATES, question)["detail"]["payments"] == 6000
    assert time.perf_counter() - start < 5
