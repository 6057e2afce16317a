"""The life of a complaint as a table: sent, answered or withdrawn, closed. There is no move that touches a clock."""

from cases.domain.lifecycle import Move

BORROWER, LENDER = "borrower", "lender"

MOVES = (
    Move(verb="answer", frm=frozenset({"sent"}), to="answered", who=frozenset({LENDER})),
    Move(verb="withdraw", frm=frozenset({"sent"}), to="withdrawn", who=frozenset({BORROWER})),
    Move(verb="rate", frm=frozenset({"answered"}), to="closed", who=frozenset({BORROWER})),
)
