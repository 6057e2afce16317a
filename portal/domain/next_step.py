"""What a borrower should see first: the one next step, decided from a handful of facts."""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    ADD_DEBT = "add_debt"
    MAKE_BUDGET = "make_budget"
    COMPARE = "compare"
    SEND = "send"
    ANSWER_OFFER = "answer_offer"
    WAIT = "wait"
    SEND_AGAIN = "send_again"
    NOTHING_DUE = "nothing_due"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """How far a borrower has come; all counts.

    `unsent_choice` is one that could be sent as it is; `choice_is_out` when lenders already have an open offer on
    every debt in it. `offers_unanswered` counts lenders that let the newest proposal run out.
    """

    debts: int
    has_budget: bool
    unsent_choice: bool
    offers_to_answer: int
    offers_waiting: int
    plans: int
    choice_is_out: bool = False
    offers_unanswered: int = 0


def next_step(facts: Facts) -> Step:
    """The one thing to do now. An answer that waits for the person comes before everything else."""
    if facts.offers_to_answer:
        return Step.ANSWER_OFFER
    if not facts.debts:
        return Step.ADD_DEBT
    if facts.unsent_choice and not facts.choice_is_out:
        return Step.SEND
    if facts.offers_waiting:
        return Step.WAIT
    if facts.offers_unanswered:
        return Step.SEND_AGAIN
    if facts.plans:
        return Step.NOTHING_DUE
    if not facts.has_budget:
        return Step.MAKE_BUDGET
    return Step.COMPARE
