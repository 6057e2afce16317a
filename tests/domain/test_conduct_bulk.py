"""One contact and a million are judged by the same functions, and come out bit for bit the same."""

from datetime import UTC, datetime

import numpy as np
import pytest

from bench.conduct import same, sample
from cases.domain import bulk, conduct
from cases.domain.facts import Contact
from cases.domain.history import History
from cases.domain.rulebook import load


@pytest.mark.parametrize(
    ("jurisdiction", "lender_type", "rows"),
    [
        ("us", "debt_collector", 40_000),
        ("cn", "debt_collector", 30_000),
        ("cn", "facilitator", 15_000),
        ("uk", "creditor", 15_000),
        ("us", "bank", 5_000),
    ],
)
def test_rows_and_arrays_agree_on_random_facts(jurisdiction: str, lender_type: str, rows: int) -> None:
    assert same(load(jurisdiction), sample(rows, seed=rows), lender_type)


def test_the_random_facts_break_every_rule_and_keep_every_rule() -> None:
    facts = sample(60_000, seed=5)
    for jurisdiction in ("cn", "us", "uk"):
        for rule, truth in bulk.judge(load(jurisdiction), facts, lender_type="debt_collector").items():
            if rule.startswith("house.") and rule.removeprefix("house.") in conduct.NAMED[jurisdiction]:
                continue  # another row speaks here
            assert 0 < np.count_nonzero(truth) < len(facts), rule


def test_columns_hold_what_the_rows_hold() -> None:
    contact = Contact(id="a", at=datetime(2027, 4, 1, 15, tzinfo=UTC), channel="sms", debts=("x",))
    history = History([contact], ("Asia/Shanghai", "Europe/London"))
    rows = [facts for _, facts in history.days(contact)]
    columns = bulk.columns(rows)
    assert [columns.row(place) for place in range(len(columns))] == rows
    assert columns.second.tolist() == [23 * 3600, 16 * 3600]
    night = bulk.judge(load("cn"), columns, lender_type="bank")["cn.time.night_ban.gbt"]
    assert night.tolist() == [True, False]
