"""The one thing to do now."""

import dataclasses

import pytest

from portal.domain.next_step import Facts, Step, next_step

BEGUN = Facts(debts=2, has_budget=True, unsent_choice=False, offers_to_answer=0, offers_waiting=0, plans=0)


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({}, Step.COMPARE),
        ({"unsent_choice": True}, Step.SEND),
        ({"unsent_choice": True, "offers_waiting": 1}, Step.SEND),
        ({"unsent_choice": True, "offers_waiting": 2, "choice_is_out": True}, Step.WAIT),
        ({"offers_waiting": 1, "offers_unanswered": 1}, Step.WAIT),
        ({"offers_unanswered": 2}, Step.SEND_AGAIN),
        ({"offers_unanswered": 2, "plans": 1}, Step.SEND_AGAIN),
        ({"offers_unanswered": 2, "unsent_choice": True}, Step.SEND),
        ({"offers_unanswered": 2, "offers_to_answer": 1}, Step.ANSWER_OFFER),
    ],
)
def test_what_waits_at_lenders_is_never_hidden_by_a_plan_not_sent(change: dict[str, int], step: Step) -> None:
    assert next_step(dataclasses.replace(BEGUN, **change)) is step
