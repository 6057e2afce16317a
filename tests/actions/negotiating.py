"""A negotiation in a few words: `a_file()` has debts, lenders, officers and a budget; `sent(file)` proposes."""

import dataclasses
import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from cases import clock
from cases.models import Debt, Lender, User
from repayment import queries_second_chance
from repayment.actions import approvals, choices, proposals, questions
from repayment.domain.terms import Terms
from repayment.models import Approval, Offer, Plan, PlanMark, Question
from tests import builders

EVERYTHING = ["name", "debt", "share", "reason"]
DEBTS = (
    ("江晴银行", 2_600_000, "0.06"),
    ("安澜消费金融", 1_800_000, "0.15"),
    ("云杉小贷", 800_000, "0.18"),
    ("青梧分期", 600_000, "0"),
)


@dataclass
class File:
    borrower: User
    lenders: list[Lender] = field(default_factory=list)
    officers: list[User] = field(default_factory=list)
    debts: list[Debt] = field(default_factory=list)


def a_file(lenders: int = 2, *, available: int = 180_000, overdue: int = 0, **policy: Any) -> File:
    file = File(borrower=builders.a_borrower())
    for name, principal, rate in DEBTS[:lenders]:
        lender = Lender.objects.filter(name=name).first() or builders.a_lender(name, **policy)
        file.lenders.append(lender)
        file.officers.append(builders.an_officer(lender))
        file.debts.append(
            builders.a_debt(
                file.borrower,
                lender,
                principal=principal,
                interest=overdue,
                fees=overdue,
                annual_rate=Decimal(rate),
            )
        )
    builders.a_statement(file.borrower, available=available)
    return file


def sent(file: File, kind: str = "soonest") -> list[Offer]:
    choice = choices.choose(by=file.borrower, kind=kind)
    shares = {lender.ref: EVERYTHING for lender in file.lenders}
    return proposals.send(by=file.borrower, choice=choice, shares=shares)


def a_question(file: File | None = None) -> Question:
    """A borrower's question on the own proposal, not answered yet."""
    file = file or a_file(1)
    return questions.ask(by=file.borrower, offer=sent(file)[0], text="可以晚一个月开始吗？")


def a_bound_file() -> File:
    """A file whose officer may waive nothing alone, with fees that could be waived."""
    return a_file(1, overdue=100_00, authority={"officer": {"waiver": 0}})


def an_approval(file: File | None = None) -> Approval:
    """An officer's answer that waits for a second person, because of how much it waives; of `a_bound_file`."""
    file = file or a_bound_file()
    offer = sent(file)[0]
    terms = dataclasses.replace(Terms.from_json(offer.terms), waive_interest=0, waive_fees=50_00)
    return approvals.ask(by=file.officers[0], offer=offer, terms=terms, reason="可以免掉一部分。")


def noticed(plan: Plan, days: int = 60) -> Plan:
    """The plan, as if the night had found so many days ago that enough is missed, and the borrower had been told."""
    ago = dt.timedelta(days=days)
    number = queries_second_chance.chance_of(plan).standing.missed_numbers[-1]
    PlanMark.objects.create(
        plan=plan,
        number=number,
        kind=PlanMark.Kind.AT_RISK,
        on=clock.today() - ago,
        at=clock.now() - ago,
        run="told",
    )
    return plan
