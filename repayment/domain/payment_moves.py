"""The life of a recorded payment as a table: noted, then the lender's word, which may be taken out again only openly."""

from enum import StrEnum

from cases.domain import lifecycle
from cases.domain.lifecycle import Move

from .negotiation import Party


class PaymentState(StrEnum):
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    NOT_RECEIVED = "not_received"
    WITHDRAWN = "withdrawn"
    REVERSED = "reversed"


class PaymentVerb(StrEnum):
    CONFIRM = "confirm"
    QUESTION = "question"
    WITHDRAW = "withdraw"
    REVERSE = "reverse"


_PENDING = frozenset({PaymentState.CLAIMED, PaymentState.NOT_RECEIVED})
_LENDER, _BORROWER = frozenset({Party.LENDER}), frozenset({Party.BORROWER})

# A lender cannot wipe out what a borrower noted: it finds the payment, or the question stays open.
PAYMENT_MOVES: lifecycle.Table = (
    Move(verb=PaymentVerb.CONFIRM, frm=_PENDING, to=PaymentState.CONFIRMED, who=_LENDER),
    Move(
        verb=PaymentVerb.QUESTION,
        frm=frozenset({PaymentState.CLAIMED}),
        to=PaymentState.NOT_RECEIVED,
        who=_LENDER,
    ),
    Move(verb=PaymentVerb.WITHDRAW, frm=_PENDING, to=PaymentState.WITHDRAWN, who=_BORROWER),
    Move(
        verb=PaymentVerb.REVERSE,
        frm=frozenset({PaymentState.CONFIRMED}),
        to=PaymentState.REVERSED,
        who=_LENDER,
    ),
)


def move_payment(state: PaymentState, verb: PaymentVerb, *, who: Party) -> PaymentState:
    """The payment's next state. Raises Refused."""
    return PaymentState(lifecycle.move(PAYMENT_MOVES, state, verb, who))
