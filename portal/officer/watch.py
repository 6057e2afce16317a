"""Which officers' pages show a borrower's file, whose it is, and what for: read by the access log before the page.

A page of the officers' site either carries `shows` or stands in NO_FILE with the reason; a guard walks them all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cases import clock, queries_diary
from cases.actions.viewing import OfOnePerson
from cases.models import Case, Complaint, User
from portal.officer import queries
from repayment import queries as repayment_queries
from repayment import queries_approvals, queries_payments

Find = Callable[[User, str], OfOnePerson | None]

# Pages without anybody's file, by URL name.
NO_FILE = {
    "admin:register": "The lender's own published list of agencies.",
    "admin:register_new": "The lender's own published list of agencies.",
    "admin:register_licence": "The lender's own published list of agencies.",
    "admin:register_end": "The lender's own published list of agencies.",
    "admin:index": "Numbers, dates and sums of the lender's own cases: no name and no text. Whoever opens one is logged.",
    "admin:complaints": "References, categories and dates of complaints to the lender: no name and no text.",
    "admin:wordings": "The lender's own sentences, with sample values.",
    "admin:wording_next": "The lender's own sentences.",
    "admin:wording": "The lender's own sentences, with sample values.",
    "admin:wording_decision": "The lender's own sentences.",
    "admin:repayment_policy_changelist": "The lender's own published policies.",
    "admin:repayment_policy_add": "The lender's own published policies.",
    "admin:waiver_budget": "The lender's own sums by month.",
    "admin:approvals": "References, figures and colleagues' names; no name and no words of a borrower. Whoever opens one is logged.",
    "admin:tokens": "The lender's own keys: what they are called, what they may do, until when.",
    "admin:token_new": "The lender's own keys.",
    "admin:token_end": "The lender's own keys.",
}


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What the log writes about a page. `find` is scoped: None is somebody else's file, which will be a 404."""

    purpose: str
    find: Find


def shows(purpose: str, find: Find) -> Callable[[Any], Any]:
    """This page shows one borrower's file; outermost, above `requires`."""

    def mark(view: Any) -> Any:
        view.watch = Watch(purpose=purpose, find=find)
        return view

    return mark


def case_of(officer: User, ref: str) -> Case | None:
    return queries.queue(officer, today=clock.today()).filter(ref=ref).first()


def case_of_offer(officer: User, ref: str) -> Case | None:
    offer = (
        repayment_queries.offers_for(officer)
        .select_related("case__borrower", "case__lender")
        .filter(ref=ref)
        .first()
    )
    return offer.case if offer else None


def complaint_of(officer: User, ref: str) -> Complaint | None:
    """A visitor's complaint is nobody's file: there is no list of who looked that it could stand in."""
    return queries_diary.complaints_for(officer).filter(ref=ref, borrower__isnull=False).first()


def case_of_plan(officer: User, ref: str) -> Case | None:
    plan = repayment_queries.plans_for(officer).filter(ref=ref).first()
    return plan.case if plan else None


def case_of_payment(officer: User, ref: str) -> Case | None:
    payment = queries_payments.payments_for(officer).filter(ref=ref).first()
    return payment.plan.case if payment else None


def case_of_question(officer: User, ref: str) -> Case | None:
    question = queries_approvals.questions_for(officer).filter(ref=ref).first()
    return question.offer.case if question else None


def case_of_approval(officer: User, ref: str) -> Case | None:
    approval = queries_approvals.approvals_for(officer).filter(ref=ref).first()
    return approval.offer.case if approval else None
