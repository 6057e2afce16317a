"""A diary entry and a sent complaint, made through the actions that people use."""

from typing import Any

from cases import clock
from cases.actions import complaints, contacts, court_papers
from cases.models import Complaint, Contact, CourtPaper, Lender, User
from tests import builders


def a_contact(by: User | None = None, lender: Lender | None = None, **fields: Any) -> Contact:
    values = {"at": clock.now(), "channel": "call", "outcome": "conversation"} | fields
    return contacts.log(by=by or builders.a_borrower(), facts=contacts.Facts(lender=lender, **values))


def a_complaint(by: User | None = None, lender: Lender | None = None, **fields: Any) -> Complaint:
    """Complete, so that its clock is the law's where the lender is bound."""
    by, lender = by or builders.a_borrower(), lender or builders.a_lender()
    builders.a_debt(of=by, owed_to=lender)
    values = {
        "category": "hours_calls",
        "said": "5月11日 22:17 打来电话",
        "wants": ("stop",),
        "name": "林静",
    } | fields
    return complaints.send(by=by, draft=complaints.Draft(lender=lender, reach="+8613800006021", **values))


def a_visitors_complaint(lender: Lender | None = None, *, once: str = "", **fields: Any) -> Complaint:
    """Sent without an account; the receipt is on it."""
    values = {"category": "hours_calls", "said": "5月11日 22:17 打来电话", "wants": ("stop",)} | fields
    return complaints.send(
        by=None, draft=complaints.Draft(lender=lender or builders.a_lender(), **values), once=once
    )


def a_court_paper(by: User | None = None, **fields: Any) -> CourtPaper:
    values = {"jurisdiction": "CN", "rule": "court.cn.payment_order", "received_on": clock.today()} | fields
    return court_papers.note(by=by or builders.a_borrower(), **values)
