"""What two sides agree on: the terms of a plan, before any row is computed.

`Terms` is the request of the public quotes contract in typed form. Terms that could not mean anything do not
exist: the constructor refuses them and names the field to change. `to_json` and `from_json` are the strict
wire form (decimal strings), used both by the API and by the immutable term sheets that offers keep.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from cases.domain import money, wire

from . import clauses
from .allocation import Order
from .clauses import MAX_ROWS, Clawback, Lump, Remainder, Review, Step, TermsRefused, Treatment, Waived

__all__ = [
    "MAX_ROWS",
    "Arrears",
    "Clawback",
    "Deferral",
    "Lump",
    "Method",
    "Remainder",
    "Review",
    "Step",
    "Terms",
    "TermsRefused",
    "Treatment",
    "Waived",
]

_MESSAGES = {
    "required": "This field is required.",
    "unknown_field": "This field is not known here.",
    "unknown_currency": "A currency with no or two decimals is needed.",
    "not_money": "An amount is a string such as 12000.00, in the currency's decimals.",
    "not_a_rate": "A rate is a string such as 0.18, with at most eight decimals.",
    "not_a_date": "A date is written YYYY-MM-DD.",
    "not_an_integer": "A whole number is needed here.",
    "not_an_object": "An object is needed here.",
    "not_a_list": "A list is needed here.",
    "too_many": "At most {most} are allowed here.",
    "not_a_choice": "Use one of: {choices}.",
}


class Method(StrEnum):
    EQUAL_INSTALMENT = "equal_instalment"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY_BALLOON = "interest_only_balloon"
    INTEREST_FREE = "interest_free"
    FIXED_AMOUNT = "fixed_amount"


class Arrears(StrEnum):
    """Where overdue interest goes."""

    FIRST = "first"
    SPREAD = "spread"
    CAPITALISED = "capitalised"


@dataclass(frozen=True, kw_only=True)
class Deferral:
    """A pause of `periods` months before the first row."""

    periods: int
    treatment: Treatment


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Everything that decides a schedule. Money in minor units; `annual_rate` is a fraction (0.18 is 18 %).

    `interest` and `fees` are overdue amounts already claimed. `first_due` sets the day of the month. `periods`
    belongs to every method except `fixed_amount`, which takes `amount` instead.

    What follows `waive_fees` exists in agreements only (see `clauses`). Steps come first and the method divides what
    they leave over `periods` more rows. A settlement, and a remainder that stays open until a review, leave nothing
    to divide: they take neither `periods` nor `amount`. `allocation` is what payments pay first, where it is agreed.
    `pay_day` is the day that comes back after short months, where the first due date itself lies in one.
    """

    currency: str
    principal: int
    method: Method
    start: date
    first_due: date
    interest: int = 0
    fees: int = 0
    annual_rate: Decimal = Decimal(0)
    periods: int | None = None
    amount: int | None = None
    arrears: Arrears = Arrears.FIRST
    deferral: Deferral | None = None
    waive_interest: int = 0
    waive_fees: int = 0
    steps: tuple[Step, ...] = ()
    settlement: tuple[Lump, ...] = ()
    review: Review | None = None
    clawback: Clawback | None = None
    allocation: Order | None = None
    pay_day: int | None = None

    def __post_init__(self) -> None:
        currency = money.CURRENCIES.get(self.currency)
        if currency is None or currency.exponent not in (0, 2):
            raise TermsRefused(
                "currency", "unknown_currency", "A currency with no or two decimals is needed."
            )
        for field, value in (
            ("principal", self.principal),
            ("interest", self.interest),
            ("fees", self.fees),
            ("amount", self.amount or 0),
            ("waive/interest", self.waive_interest),
            ("waive/fees", self.waive_fees),
        ):
            if value < 0:
                raise TermsRefused(field, "negative", "An amount cannot be negative.")
        rate = self.annual_rate
        if not rate.is_finite() or not 0 <= rate < 10 or rate != round(rate, 8):
            raise TermsRefused("annual_rate", "rate_out_of_range", "A rate is a fraction from 0 to below 10.")
        self._check_length()
        if self.start >= self.first_due:
            raise TermsRefused(
                "first_due", "due_before_start", "The first due date must come after the start."
            )
        if self.waive_interest > self.interest:
            raise TermsRefused("waive/interest", "waives_too_much", "This is more interest than is claimed.")
        if self.waive_fees > self.fees:
            raise TermsRefused("waive/fees", "waives_too_much", "These are more fees than are claimed.")
        clauses.check_pay_day(self.pay_day, self.first_due)
        if self.is_special:
            clauses.check(
                self._clauses,
                start=self.start,
                first_due=self.first_due,
                rows=self.periods or 0,
                is_free=self.method is Method.INTEREST_FREE,
                is_deferred=self.deferral is not None,
            )

    def _check_length(self) -> None:
        if self.settlement or self.is_open_ended:
            for name in ("periods", "amount"):
                if getattr(self, name) is not None:
                    raise TermsRefused(name, f"{name}_not_allowed", "There is no remainder to divide.")
            return
        fixed = self.method is Method.FIXED_AMOUNT
        if fixed and self.periods is not None:
            raise TermsRefused(
                "periods", "periods_not_allowed", "A fixed amount finds its own number of rows."
            )
        if not fixed and self.amount is not None:
            raise TermsRefused(
                "amount", "amount_not_allowed", "An amount belongs to a fixed-amount plan only."
            )
        if fixed and self.amount is None:
            raise TermsRefused("amount", "required", "A fixed-amount plan needs an amount.")
        if not fixed and self.periods is None:
            raise TermsRefused("periods", "required", "A plan needs a number of monthly periods.")
        if self.periods is not None and not 1 <= self.periods <= MAX_ROWS:
            raise TermsRefused("periods", "periods_out_of_range", "A plan has from 1 to 600 monthly periods.")
        if self.deferral is not None and not 1 <= self.deferral.periods <= MAX_ROWS:
            raise TermsRefused(
                "deferral/periods", "periods_out_of_range", "A pause has from 1 to 600 monthly periods."
            )

    @property
    def day(self) -> int:
        """The day of the month on which payments fall."""
        return self.pay_day or self.first_due.day

    @property
    def is_special(self) -> bool:
        """Whether there is a clause that only an agreement may have."""
        return bool(self.steps or self.settlement or self.review or self.clawback)

    @property
    def is_open_ended(self) -> bool:
        """Whether something stays owed, without rows, until a review."""
        return self.review is not None and self.review.remainder is Remainder.OPEN

    @property
    def _clauses(self) -> clauses.Clauses:
        return clauses.Clauses(
            steps=self.steps, settlement=self.settlement, review=self.review, clawback=self.clawback
        )

    @property
    def rate(self) -> Decimal:
        """The rate that bears interest from now on: none for an interest-free plan, whatever the contract said."""
        return Decimal(0) if self.method is Method.INTEREST_FREE else self.annual_rate

    def to_json(self) -> dict[str, Any]:
        """Every request field with its default filled in; what is absent and has no default is left out."""

        def text(minor: int) -> str:
            return money.to_text(minor, self.currency)

        sheet: dict[str, Any] = {
            "currency": self.currency,
            "principal": text(self.principal),
            "interest": text(self.interest),
            "fees": text(self.fees),
            "annual_rate": f"{self.annual_rate:.8f}",
            "method": self.method.value,
            "start": self.start.isoformat(),
            "first_due": self.first_due.isoformat(),
            "arrears": self.arrears.value,
            "waive": {"interest": text(self.waive_interest), "fees": text(self.waive_fees)},
        }
        if self.periods is not None:
            sheet["periods"] = self.periods
        if self.amount is not None:
            sheet["amount"] = text(self.amount)
        if self.deferral is not None:
            sheet["deferral"] = {
                "periods": self.deferral.periods,
                "treatment": self.deferral.treatment.value,
            }
        if self.allocation is not None:
            sheet["allocation"] = self.allocation.value
        if self.pay_day is not None:
            sheet["pay_day"] = self.pay_day
        return sheet | clauses.to_json(self._clauses, self.currency)

    @classmethod
    def from_json(cls, sheet: Mapping[str, Any]) -> Self:
        """Read an agreement sheet, strictly. Raises TermsRefused for the first thing that is wrong."""
        reader = wire.Reader(sheet)
        terms = cls.read(reader, agreement=True)
        if terms is None:
            problem = reader.problems[0]
            raise TermsRefused(problem.at or "", problem.code, clauses.words(problem, _MESSAGES))
        return terms

    @classmethod
    def read(cls, sheet: wire.Reader, *, agreement: bool = False) -> Self | None:
        """Read the wire form; None when something is wrong, and `sheet.problems` then says all that is.

        The clauses of an agreement are unknown fields in the public contract. Raises TermsRefused when each value is
        well formed but they do not go together.
        """
        sheet.only(*_FIELDS, *((*clauses.NAMES, "allocation", "pay_day") if agreement else ()))
        currency = sheet.take("currency", wire.currency)
        amount = wire.amount(money.exponent_of(currency) if currency else 2)
        principal = sheet.take("principal", amount)
        interest = sheet.given("interest", amount, 0)
        fees = sheet.given("fees", amount, 0)
        annual_rate = sheet.given("annual_rate", wire.rate, Decimal(0))
        method = sheet.take("method", wire.choice(Method))
        periods = sheet.maybe("periods", wire.whole)
        fixed = sheet.maybe("amount", amount)
        start = sheet.take("start", wire.day)
        first_due = sheet.take("first_due", wire.day)
        arrears = sheet.given("arrears", wire.choice(Arrears), Arrears.FIRST)
        deferral = _deferral(sheet.inner("deferral")) if "deferral" in sheet else None
        waive = sheet.inner("waive")
        waive.only("interest", "fees")
        waive_interest = waive.given("interest", amount, 0)
        waive_fees = waive.given("fees", amount, 0)
        extra = clauses.read(sheet, money.exponent_of(currency or "CNY")) if agreement else clauses.Clauses()
        allocation = sheet.maybe("allocation", wire.choice(Order)) if agreement else None
        pay_day = sheet.maybe("pay_day", wire.whole) if agreement else None
        if sheet.problems or not (currency and method and start and first_due) or principal is None:
            return None
        return cls(
            currency=currency,
            principal=principal,
            interest=interest,
            fees=fees,
            annual_rate=annual_rate,
            method=method,
            periods=periods,
            amount=fixed,
            start=start,
            first_due=first_due,
            arrears=arrears,
            deferral=deferral,
            waive_interest=waive_interest,
            waive_fees=waive_fees,
            steps=extra.steps,
            settlement=extra.settlement,
            review=extra.review,
            clawback=extra.clawback,
            allocation=allocation,
            pay_day=pay_day,
        )


def _deferral(sheet: wire.Reader) -> Deferral | None:
    sheet.only("periods", "treatment")
    periods = sheet.take("periods", wire.whole)
    treatment = sheet.take("treatment", wire.choice(Treatment))
    return None if periods is None or treatment is None else Deferral(periods=periods, treatment=treatment)


_FIELDS = (
    "currency",
    "principal",
    "interest",
    "fees",
    "annual_rate",
    "method",
    "periods",
    "amount",
    "start",
    "first_due",
    "arrears",
    "deferral",
    "waive",
)
