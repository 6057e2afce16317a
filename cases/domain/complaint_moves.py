"""The life of a complaint as a table. There is no move that touches a clock: another round is another complaint.

`extend` says why more time is needed and leaves the state; `review` and `reopen` end this round for a new one.
"""

from cases.domain.lifecycle import Move

BORROWER, LENDER = "borrower", "lender"

MOVES = (
    Move(verb="answer", frm=frozenset({"sent"}), to="answered", who=frozenset({LENDER})),
    Move(verb="extend", frm=frozenset({"sent"}), to="sent", who=frozenset({LENDER})),
    Move(verb="withdraw", frm=frozenset({"sent"}), to="withdrawn", who=frozenset({BORROWER})),
    Move(verb="rate", frm=frozenset({"answered"}), to="closed", who=frozenset({BORROWER})),
    Move(verb="review", frm=frozenset({"answered", "closed"}), to="continued", who=frozenset({BORROWER})),
    Move(verb="reopen", frm=frozenset({"withdrawn"}), to="continued", who=frozenset({BORROWER})),
)
