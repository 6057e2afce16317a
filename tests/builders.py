"""Small sentences that build rows for tests: `a_borrower()`, `a_lender()`, `a_debt(of=…, owed_to=…)`.

Money is in minor units. Everything has a sensible default, so a test names only what it is about.
"""

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

from cases import clock
from cases.access import Role
from cases.fields import blind_index
from cases.models import Case, Debt, DebtParty, Lender, Post, Statement, User
from repayment.models import Policy

_numbers = itertools.count(1)

# A Wednesday morning in Beijing, well inside the hours in which contact is allowed.
MORNING = dt.datetime(2027, 5, 12, 2, 5, tzinfo=dt.UTC)


def a_borrower(**fields: Any) -> User:
    phone = fields.pop("phone", f"+86139{next(_numbers):08d}")
    return User.objects.create(
        role=Role.BORROWER,
        name=fields.pop("name", "林静"),
        phone=phone,
        phone_index=blind_index(phone) if phone else "",
        phone_verified=bool(phone),
        phone_seen_at=clock.real_now(),
        **fields,
    )


def a_lender(
    name: str = "", *, kind: str = Lender.Kind.BANK, with_policy: bool = True, **policy: Any
) -> Lender:
    lender = Lender.objects.create(name=name or f"江晴银行{next(_numbers)}", kind=kind)
    if with_policy:
        terms: dict[str, Any] = {
            "max_periods": 60,
            "interest_free_max_periods": 60,
            "deferral_max_periods": 6,
            "waive_interest_percent": 50,
            "waive_fees_percent": 100,
            "answer_days": 7,
        }
        Policy.objects.create(lender=lender, since=dt.date(2026, 1, 1), **(terms | policy))
    return lender


def an_officer(of: Lender, *, role: str = Role.OFFICER, **fields: Any) -> User:
    officer = User.objects.create(
        role=role, email=f"officer{next(_numbers)}@example.test", name="周岚", **fields
    )
    Post.objects.create(officer=officer, lender=of, since=dt.date(2026, 1, 1))
    return officer


def a_regulator(**fields: Any) -> User:
    return User.objects.create(role=Role.REGULATOR, email=f"regulator{next(_numbers)}@example.test", **fields)


def a_debt(of: User, owed_to: Lender | None = None, **fields: Any) -> Debt:
    values: dict[str, Any] = {
        "kind": Debt.Kind.CREDIT_CARD,
        "principal": 1_200_000,
        "interest": 0,
        "fees": 0,
        "annual_rate": Decimal("0.18"),
        "days_overdue": 45,
        "as_of": clock.today(),
    }
    debt = Debt.objects.create(borrower=of, **(values | fields))
    if owed_to is not None:
        DebtParty.objects.create(debt=debt, lender=owed_to, since=clock.today())
    return debt


def a_statement(of: User, available: int = 180_000, lines: list[dict[str, Any]] | None = None) -> Statement:
    return Statement.objects.create(borrower=of, lines=lines or [], available=available, made_at=clock.now())


def a_case(borrower: User, lender: Lender, **fields: Any) -> Case:
    return Case.objects.create(
        borrower=borrower, lender=lender, opened_at=clock.now(), changed_at=clock.now(), **fields
    )
