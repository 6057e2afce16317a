"""Every state × verb × party of offers and plans, against tables that a lawyer can read."""

import csv
from itertools import product
from pathlib import Path

import pytest

from cases.domain import lifecycle
from cases.domain.lifecycle import Move
from cases.domain.refusal import Refused
from repayment.domain import negotiation
from repayment.domain.negotiation import (
    OFFER_MOVES,
    PLAN_MOVES,
    OfferState,
    OfferVerb,
    Party,
    PlanState,
    PlanVerb,
)

DATA = Path(__file__).parent.parent / "data"


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


OFFER_ROWS, PLAN_ROWS = rows_of("offer_moves.csv"), rows_of("plan_moves.csv")


@pytest.mark.parametrize("row", OFFER_ROWS, ids=lambda row: "-".join(list(row.values())[:4]))
def test_an_offer_moves_as_its_table_says(row: dict[str, str]) -> None:
    state, verb = OfferState(row["state"]), OfferVerb(row["verb"])
    who, author = Party(row["who"]), Party(row["author"])
    try:
        outcome = str(negotiation.move_offer(state, verb, who=who, author=author))
    except Refused as refused:
        outcome = f"refused: {refused.code}"
    assert outcome == row["outcome"]
    offered = verb in negotiation.offer_steps(state, who=who, author=author)
    assert offered is not row["outcome"].startswith("refused")


@pytest.mark.parametrize("row", PLAN_ROWS, ids=lambda row: "-".join(list(row.values())[:3]))
def test_a_plan_moves_as_its_table_says(row: dict[str, str]) -> None:
    state, verb, who = PlanState(row["state"]), PlanVerb(row["verb"]), Party(row["who"])
    try:
        outcome = str(negotiation.move_plan(state, verb, who=who))
    except Refused as refused:
        outcome = f"refused: {refused.code}"
    assert outcome == row["outcome"]
    assert (verb in negotiation.plan_steps(state, who=who)) is not row["outcome"].startswith("refused")


def test_the_tables_leave_out_no_state_verb_or_party() -> None:
    authors = (Party.BORROWER, Party.LENDER)
    assert [(row["author"], row["state"], row["verb"], row["who"]) for row in OFFER_ROWS] == list(
        product(authors, OfferState, OfferVerb, Party)
    )
    assert [(row["state"], row["verb"], row["who"]) for row in PLAN_ROWS] == list(
        product(PlanState, PlanVerb, Party)
    )


def test_only_an_open_offer_and_a_yes_taken_back_can_still_move() -> None:
    assert lifecycle.final_states(OFFER_MOVES, OfferState) == set(OfferState) - {
        OfferState.OPEN,
        OfferState.ACCEPTED,
    }
    # A plan paid off runs again only when a payment is taken out again, a replaced one when the yes to its
    # replacement is taken back.
    assert lifecycle.final_states(PLAN_MOVES, PlanState) == {PlanState.CANCELLED}


def test_an_unknown_verb_is_refused_before_anything_else() -> None:
    table = (Move(verb="go", frm=frozenset({"here"}), to="there", who=frozenset({"me"})),)
    assert lifecycle.move(table, "here", "go", "me") == "there"
    with pytest.raises(Refused) as caught:
        lifecycle.move(table, "here", "fly", "me")
    assert caught.value.code == "unknown_verb"
