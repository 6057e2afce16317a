"""How far one person goes alone, and every move of a request for a second one."""

import csv
from itertools import product
from pathlib import Path

import pytest

from cases.domain.refusal import Refused
from repayment.domain import authority
from repayment.domain.authority import Limits, Reason, State, Verb, Who

TABLE = Path(__file__).resolve().parent.parent / "data" / "approval_moves.csv"
with TABLE.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(list(row.values())[:3]))
def test_a_request_moves_as_its_table_says(row: dict[str, str]) -> None:
    try:
        outcome = str(authority.move(State(row["state"]), Verb(row["verb"]), who=Who(row["who"])))
    except Refused as refused:
        outcome = f"refused: {refused.code}"
    assert outcome == row["outcome"]


def test_the_table_leaves_out_no_state_verb_or_party() -> None:
    assert [(row["state"], row["verb"], row["who"]) for row in ROWS] == list(product(State, Verb, Who))


def test_whoever_asked_can_neither_approve_nor_refuse() -> None:
    for verb in (Verb.APPROVE, Verb.REFUSE):
        with pytest.raises(Refused) as refused:
            authority.move(State.PENDING, verb, who=Who.REQUESTER)
        assert refused.value.code == "not_yours"


def test_exactly_at_a_limit_is_within_it() -> None:
    limits = Limits(waiver=100_00, principal=5_000_00, periods=36)
    assert authority.above(limits, waived=100_00, principal=5_000_00, periods=36) == ()
    assert authority.above(limits, waived=100_01, principal=5_000_01, periods=37) == (
        Reason.WAIVER,
        Reason.PRINCIPAL,
        Reason.PERIODS,
    )


def test_what_is_not_limited_goes_as_far_as_the_policy() -> None:
    assert authority.above(Limits(), waived=10**12, principal=10**12, periods=600) == ()


def test_limits_come_back_from_what_is_kept() -> None:
    limits = Limits(waiver=0, periods=24)
    assert Limits.from_json(limits.to_json()) == limits
    with pytest.raises(Refused):
        Limits.from_json({"wavier": 1})
    with pytest.raises(Refused):
        Limits(waiver=-1)
