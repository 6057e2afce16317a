"""One budget over several creditors, over the wire."""

from typing import Any

import pytest

from tests.faces.asking import SPLIT, SPLITS, answer, pointers


def amounts(**changes: Any) -> list[str]:
    return [share["amount"] for share in answer(SPLITS, SPLIT | changes)["shares"]]


def test_the_published_example() -> None:
    assert answer(SPLITS, SPLIT) == {
        "shares": [
            {"id": "a", "amount": "58.47"},
            {"id": "b", "amount": "86.11"},
            {"id": "c", "amount": "15.42"},
        ],
        "total": "160.00",
        "unallocated": "0.00",
    }


def test_every_rule_answers_and_keeps_the_order_given() -> None:
    claims = [
        {"id": "z", "balance": "100.00", "contractual": "30.00", "priority": 2},
        {"id": "a", "balance": "50.00", "priority": 1},
        {"id": "m", "balance": "0", "contractual": "10.00", "priority": 2},
    ]
    budget = {"available": "60.00", "claims": claims}
    assert amounts(rule="balance", **budget) == ["40.00", "20.00", "0.00"]
    assert amounts(rule="contractual", **budget) == ["60.00", "0.00", "0.00"]
    assert amounts(rule="equal", **budget) == ["30.00", "30.00", "0.00"]
    assert amounts(rule="priority_first", **budget) == ["10.00", "50.00", "0.00"]


def test_what_nobody_is_owed_stays_unallocated() -> None:
    found = answer(SPLITS, SPLIT | {"available": "20000"})
    assert (found["total"], found["unallocated"]) == ("12450.00", "7550.00")
    assert answer(SPLITS, SPLIT | {"claims": []}) == {
        "shares": [],
        "total": "0.00",
        "unallocated": "160.00",
    }
    assert amounts(available="0") == ["0.00", "0.00", "0.00"]


CLAIM = SPLIT["claims"][0]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"claims": [CLAIM, CLAIM]}, "/claims/1/id"),
        ({"claims": [{**CLAIM, "id": 7}]}, "/claims/0/id"),
        ({"claims": [{"id": "a"}]}, "/claims/0/balance"),
        ({"claims": [{**CLAIM, "priority": 0}]}, "/claims/0/priority"),
        ({"claims": [{**CLAIM, "priority": 1.0}]}, "/claims/0/priority"),
        ({"claims": [{**CLAIM, "priority": None}]}, "/claims/0/priority"),
        ({"claims": [{**CLAIM, "contractual": "-1"}]}, "/claims/0/contractual"),
        ({"rule": "priority_first"}, "/claims/0/priority"),
        ({"rule": "fair"}, "/rule"),
        ({"available": "-1"}, "/available"),
        ({"available": 160}, "/available"),
        ({"currency": "KWD"}, "/currency"),
        ({"claims": [{"id": str(n), "balance": "1"} for n in range(201)]}, "/claims"),
        ({"claims": {"a": 1}}, "/claims"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_bad_input_is_refused_with_its_place(changes: dict[str, Any], where: str) -> None:
    assert pointers(SPLITS, SPLIT | changes) == [where]


def test_two_hundred_claims_are_answered() -> None:
    claims = [{"id": str(n), "balance": f"{n * 7 % 97}.{n % 100:02}"} for n in range(200)]
    found = answer(SPLITS, SPLIT | {"claims": claims, "rule": "equal", "available": "3000.01"})
    assert sum(int(share["amount"].replace(".", "")) for share in found["shares"]) == 3000_01
