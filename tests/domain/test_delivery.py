"""What may become of a message: every state with every verb, and never twice what must be once."""

import csv
from datetime import UTC, datetime, timedelta
from itertools import permutations, product
from pathlib import Path

import pytest

from cases.domain.lifecycle import final_states, move, possible
from cases.domain.refusal import Refused
from notices.domain import delivery
from notices.domain.delivery import COUNTED, FINAL, MOVES, InDoubt, State, Who, after, after_receipt, in_doubt
from notices.domain.gate import Purpose

NOW = datetime(2027, 4, 1, 4, tzinfo=UTC)
VERBS = sorted({row.verb for row in MOVES})

with (Path(__file__).parent.parent / "data" / "message_moves.csv").open(encoding="utf-8", newline="") as file:
    TABLE = list(csv.DictReader(file))


def test_the_table_walks_every_state_with_every_verb() -> None:
    assert sorted((row["state"], row["verb"]) for row in TABLE) == sorted(product(State, VERBS))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row['state']}-{row['verb']}")
def test_a_message_moves_only_as_the_table_says(row: dict[str, str]) -> None:
    allowed = row["who"].split()
    for who in Who:
        if who in allowed:
            assert after(row["state"], row["verb"], who) == row["to"]
        else:
            with pytest.raises(Refused) as refusal:
                after(row["state"], row["verb"], who)
            assert refusal.value.code == ("not_yours" if allowed else "not_possible_now")


def test_every_state_can_be_reached_from_planned() -> None:
    reached = {State.PLANNED}
    for _ in State:
        reached |= {State(row.to) for row in MOVES if row.frm & reached}
    assert reached == set(State)


def test_the_final_states_are_those_that_nothing_leads_out_of() -> None:
    assert final_states(MOVES, State) == FINAL


def test_only_a_worker_that_holds_the_claim_says_it_was_sent() -> None:
    assert [(row.frm, row.who) for row in MOVES if row.verb == "send"] == [({State.CLAIMED}, {Who.WORKER})]


def test_a_verb_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        move(MOVES, "planned", "forget", "planner")
    assert refusal.value.code == "unknown_verb"


def test_what_one_may_do_from_here_is_listed() -> None:
    assert possible(MOVES, "queued", Who.WORKER) == ("withhold", "defer", "claim", "fail", "expire", "cancel")
    assert possible(MOVES, "planned", Who.PERSON) == ("cancel",)


@pytest.mark.parametrize(
    ("purpose", "policy"),
    [
        (Purpose.REMINDER, InDoubt.LEAVE),
        (Purpose.SECURITY_CODE, InDoubt.RENEW),
        (Purpose.ANSWER, InDoubt.ONCE),
        (Purpose.CONFIRMATION, InDoubt.ONCE),
        (Purpose.REQUIRED, InDoubt.ONCE),
    ],
)
def test_what_happens_in_doubt_depends_on_the_purpose(purpose: Purpose, policy: InDoubt) -> None:
    assert in_doubt(purpose) is policy


def test_what_may_have_left_counts_as_sent() -> None:
    assert State.UNCERTAIN in COUNTED
    assert State.CLAIMED in COUNTED
    assert not COUNTED & {
        State.PLANNED,
        State.QUEUED,
        State.WITHHELD,
        State.EXPIRED,
        State.CANCELLED,
        State.FAILED,
    }


@pytest.mark.parametrize("order", list(permutations(["accepted", "failed", "delivered", "delivered"])))
@pytest.mark.parametrize("start", [State.CLAIMED, State.SENT, State.UNCERTAIN])
def test_receipts_in_any_order_end_the_same(start: State, order: tuple[str, ...]) -> None:
    state = start
    for receipt in order:
        was, state = state, after_receipt(state, receipt)
        assert not (was is State.DELIVERED and state is not State.DELIVERED)
    assert state is State.DELIVERED


@pytest.mark.parametrize("state", [State.CANCELLED, State.EXPIRED, State.WITHHELD, State.PLANNED])
def test_a_receipt_for_what_was_never_sent_changes_nothing(state: State) -> None:
    assert {after_receipt(state, word) for word in ("accepted", "delivered", "failed")} == {state}


def test_an_unknown_receipt_is_not_guessed_at() -> None:
    with pytest.raises(KeyError):
        after_receipt(State.SENT, "perhaps")


def test_a_lease_ends_on_its_second() -> None:
    until = delivery.lease_until(NOW)
    assert not delivery.lease_is_over(until - timedelta(seconds=1), until)
    assert delivery.lease_is_over(until, until)
    assert delivery.lease_is_over(NOW, None)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_message_expires_after_its_last_useful_second(purpose: Purpose) -> None:
    last = delivery.not_after(purpose, NOW)
    assert last > NOW
    assert not delivery.is_expired(last, last)
    assert delivery.is_expired(last + timedelta(seconds=1), last)


def test_a_message_that_fails_three_times_has_failed() -> None:
    waits = [delivery.retry_at(NOW, attempts) for attempts in (1, 2, 3, 9)]
    assert waits == [NOW + timedelta(seconds=5), NOW + timedelta(minutes=5), None, None]


def test_the_same_obligation_has_the_same_key_and_no_other_has() -> None:
    assert delivery.once_key("p", "reminder_due_soon", "i1") == delivery.once_key(
        "p", "reminder_due_soon", "i1"
    )
    assert delivery.once_key("ab", "c") != delivery.once_key("a", "bc")
    with pytest.raises(ValueError, match="none of them empty"):
        delivery.once_key("p", "")
