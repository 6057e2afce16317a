"""Whom a case waits for, and until when: said on the case after every step, so that the queue is one read."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q

from cases import clock
from cases.models import Case
from repayment import queries, queries_payments
from repayment.models import Approval, Offer, Question
from repayment.queries_approvals import REPLACED

# How long an answer is waited for where a lender has published no policy.
USUAL_ANSWER_DAYS = 7


def settle(case: Case, *, otherwise: str) -> Case:
    """Say on the case whom it waits for: the lender first, for an offer, a question or its word on a payment, then the
    borrower.

    `otherwise` is the code of the reason when nothing is open any more.
    """
    ours, theirs = _of_offers(case)
    if ours:
        case.waits, (case.due_on, case.reason) = Case.Waits.LENDER, min(ours)
    elif noted := queries_payments.waiting_since(case):
        case.waits, case.reason = Case.Waits.LENDER, "payment_to_confirm"
        case.due_on = noted + dt.timedelta(days=answer_days(case))
    elif theirs:
        case.waits, (case.due_on, case.reason) = Case.Waits.BORROWER, min(theirs)
    else:
        case.waits, case.due_on, case.reason = Case.Waits.NOBODY, None, otherwise
    case.changed_at = clock.now()
    case.save(update_fields=["waits", "due_on", "reason", "changed_at"])
    return case


_Waits = list[tuple[dt.date, str]]


def _of_offers(case: Case) -> tuple[_Waits, _Waits]:
    """(day, reason) of everything about open offers that waits for the lender, and for the borrower.

    A proposal about which the lender has asked waits for the borrower until that is answered; its day stays. A borrower's
    question waits on after other terms took the offer's place; with other terms the borrower has answered the lender's.
    """
    ours: _Waits = []
    theirs: _Waits = []
    replaced = Q(
        offer__case=case,
        offer__debt=OuterRef("debt"),
        offer__number__lt=OuterRef("number"),
        offer__state__in=REPLACED,
    )
    waiting = Question.objects.filter(reply__isnull=True)
    asking = waiting.filter(offer=OuterRef("pk"))
    offers = Offer.objects.filter(case=case, state=Offer.State.OPEN).annotate(
        borrower_asks=Exists(waiting.filter(Q(offer=OuterRef("pk")) | replaced, side=Offer.Side.BORROWER)),
        lender_asks=Exists(asking.filter(side=Offer.Side.LENDER)),
        is_checked=Exists(Approval.objects.filter(offer=OuterRef("pk"), state=Approval.State.PENDING)),
    )
    for offer in offers:
        if offer.borrower_asks:
            ours.append((offer.expires_on, "question_waiting"))
        if offer.made_by == Offer.Side.LENDER:
            theirs.append((offer.expires_on, "offer_to_answer"))
        elif offer.is_checked:
            ours.append((offer.expires_on, "approval_waiting"))
        elif offer.lender_asks:
            theirs.append((offer.expires_on, "question_to_answer"))
        else:
            ours.append((offer.expires_on, "new_proposal" if offer.number == 1 else "counter_offer"))
    return ours, theirs


def answer_days(case: Case) -> int:
    """How many days the lender of a case has to answer."""
    policy = queries.policy_for(case.lender, clock.today())
    return policy.answer_days if policy else USUAL_ANSWER_DAYS
