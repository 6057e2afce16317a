"""Whom a case waits for, and until when: said on the case after every step, so that the queue is one read."""

import datetime as dt

from cases import clock
from cases.models import Case
from repayment import queries, queries_payments
from repayment.models import Offer

# How long an answer is waited for where a lender has published no policy.
USUAL_ANSWER_DAYS = 7


def settle(case: Case, *, otherwise: str) -> Case:
    """Say on the case whom it waits for: the lender first, for an offer or for its word on a payment, then the borrower.

    `otherwise` is the code of the reason when nothing is open any more.
    """
    waiting = list(
        Offer.objects.filter(case=case, state=Offer.State.OPEN)
        .order_by("expires_on", "id")
        .values_list("made_by", "expires_on", "number")
    )
    asked = next((row for row in waiting if row[0] == Offer.Side.BORROWER), None)
    offered = next((row for row in waiting if row[0] == Offer.Side.LENDER), None)
    if asked:
        case.waits, case.due_on = Case.Waits.LENDER, asked[1]
        case.reason = "new_proposal" if asked[2] == 1 else "counter_offer"
    elif noted := queries_payments.waiting_since(case):
        case.waits, case.reason = Case.Waits.LENDER, "payment_to_confirm"
        case.due_on = noted + dt.timedelta(days=answer_days(case))
    elif offered:
        case.waits, case.due_on, case.reason = Case.Waits.BORROWER, offered[1], "offer_to_answer"
    else:
        case.waits, case.due_on, case.reason = Case.Waits.NOBODY, None, otherwise
    case.changed_at = clock.now()
    case.save(update_fields=["waits", "due_on", "reason", "changed_at"])
    return case


def answer_days(case: Case) -> int:
    """How many days the lender of a case has to answer."""
    policy = queries.policy_for(case.lender, clock.today())
    return policy.answer_days if policy else USUAL_ANSWER_DAYS
