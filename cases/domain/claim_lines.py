"""What a lender says is owed, one line at a time: the same reading for the lender API and for a file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from . import money, wire
from .amounts import LARGEST_MINOR, MOST_DAYS

LONGEST_ACCOUNT = 64
FIELDS = (
    "case",
    "account",
    "debt",
    "kind",
    "currency",
    "principal",
    "interest",
    "fees",
    "annual_rate",
    "days_overdue",
    "as_of",
)
REQUIRED = ("case", "account", "kind", "currency", "principal", "as_of")


class Kind(StrEnum):
    CREDIT_CARD = "credit_card"
    ONLINE_LOAN = "online_loan"
    INSTALMENT = "instalment"
    BANK_LOAN = "bank_loan"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class ClaimLine:
    """One debt as its lender states it. Money in minor units; `case` and `debt` are references we gave out."""

    case: str
    account: str
    kind: Kind
    currency: str
    principal: int
    as_of: date
    debt: str = ""
    interest: int = 0
    fees: int = 0
    annual_rate: Decimal | None = None
    days_overdue: int | None = None


def read(sheet: wire.Reader) -> ClaimLine | None:
    """One object of `debts`; None when something is wrong, and `sheet.problems` then says what."""
    before = len(sheet.problems)
    sheet.only(*FIELDS)
    case = sheet.take("case", wire.name(16))
    account = sheet.take("account", wire.name(LONGEST_ACCOUNT))
    debt = sheet.given("debt", wire.name(16), "")
    kind = sheet.take("kind", wire.choice(Kind))
    currency = sheet.take("currency", wire.currency)
    exponent = money.exponent_of(currency) if currency else 2
    principal = sheet.take("principal", _sum(exponent))
    interest = sheet.given("interest", _sum(exponent), 0)
    fees = sheet.given("fees", _sum(exponent), 0)
    annual_rate = sheet.maybe("annual_rate", wire.rate)
    days_overdue = sheet.maybe("days_overdue", wire.between(0, MOST_DAYS))
    as_of = sheet.take("as_of", wire.day)
    if len(sheet.problems) > before or not (case and account and kind and currency and as_of):
        return None
    return ClaimLine(
        case=case,
        account=account,
        debt=debt,
        kind=kind,
        currency=currency,
        principal=principal or 0,
        interest=interest,
        fees=fees,
        annual_rate=annual_rate,
        days_overdue=days_overdue,
        as_of=as_of,
    )


def _sum(exponent: int) -> Callable[[object], int]:
    """A sum that a debt can have: the row that keeps it holds no larger one."""
    parse = wire.amount(exponent)

    def within(value: object) -> int:
        minor = parse(value)
        if minor > LARGEST_MINOR:
            raise wire.Wrong("amount_too_large")
        return minor

    return within
