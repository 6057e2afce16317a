"""What two sides agree on: the terms of a plan, before any row is computed.

`Terms` is the request of the public quotes contract in typed form. Terms that could not mean anything do not
exist: the constructor refuses them and names the field to change. `to_json` and `from_json` are the strict
wire form (decimal strings), used both by the API and by the immutable term sheets that offers keep.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self, TypeVar

from cases.domain import money
from cases.domain.refusal import Refused

MAX_ROWS = 600

_MONEY = re.compile(r"(\d{1,13})(?:\.(\d{1,2}))?", re.ASCII)
_RATE = re.compile(r"\d(\.\d{1,8})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Chosen = TypeVar("Chosen", bound=StrEnum)


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


class Treatment(StrEnum):
    """What happens to the interest of deferred months."""

    CAPITALISED = "capitalised"
    CARRIED_FIRST = "carried_first"
    CARRIED_SPREAD = "carried_spread"
    WAIVED = "waived"


class TermsRefused(Refused):
    """Terms that cannot be scheduled. `field` is a path into the request, so `"/" + field` is its JSON Pointer."""

    def __init__(self, field: str, code: str, message: object) -> None:
        super().__init__(code, message, field=field)


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

    def _check_length(self) -> None:
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
        return sheet

    @classmethod
    def from_json(cls, sheet: Mapping[str, Any]) -> Self:
        """Read the wire form, strictly: numbers where strings belong, nulls and unknown fields are refused."""
        _only(sheet, "", _FIELDS)
        currency = _required(sheet, "currency", "currency")
        if not isinstance(currency, str) or currency not in money.CURRENCIES:
            raise TermsRefused(
                "currency", "unknown_currency", "A currency with no or two decimals is needed."
            )
        waive = _object(sheet, "waive", ("interest", "fees"))
        deferral = None
        if "deferral" in sheet:
            pause = _object(sheet, "deferral", ("periods", "treatment"))
            deferral = Deferral(
                periods=_integer(_required(pause, "periods", "deferral/periods"), "deferral/periods"),
                treatment=_choice(
                    Treatment, _required(pause, "treatment", "deferral/treatment"), "deferral/treatment"
                ),
            )
        return cls(
            currency=currency,
            principal=_money(_required(sheet, "principal", "principal"), currency, "principal"),
            interest=_money(sheet.get("interest", "0"), currency, "interest"),
            fees=_money(sheet.get("fees", "0"), currency, "fees"),
            annual_rate=_rate(sheet.get("annual_rate", "0"), "annual_rate"),
            method=_choice(Method, _required(sheet, "method", "method"), "method"),
            periods=_integer(sheet["periods"], "periods") if "periods" in sheet else None,
            amount=_money(sheet["amount"], currency, "amount") if "amount" in sheet else None,
            start=_date(_required(sheet, "start", "start"), "start"),
            first_due=_date(_required(sheet, "first_due", "first_due"), "first_due"),
            arrears=_choice(Arrears, sheet.get("arrears", "first"), "arrears"),
            deferral=deferral,
            waive_interest=_money(waive.get("interest", "0"), currency, "waive/interest"),
            waive_fees=_money(waive.get("fees", "0"), currency, "waive/fees"),
        )


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


def _only(sheet: Mapping[str, Any], above: str, known: tuple[str, ...]) -> None:
    for name in sheet:
        if name not in known:
            # RFC 6901: a name may itself hold the characters that a pointer is made of.
            escaped = str(name).replace("~", "~0").replace("/", "~1")
            raise TermsRefused(above + escaped, "unknown_field", "This field is not known here.")


def _required(sheet: Mapping[str, Any], name: str, field: str) -> Any:
    if name not in sheet:
        raise TermsRefused(field, "required", "This field is required.")
    return sheet[name]


def _object(sheet: Mapping[str, Any], name: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    value = sheet.get(name, {})
    if not isinstance(value, Mapping):
        raise TermsRefused(name, "not_an_object", "An object is needed here.")
    _only(value, f"{name}/", known)
    return value


def _money(value: object, currency: str, field: str) -> int:
    match = _MONEY.fullmatch(value) if isinstance(value, str) else None
    exponent = money.exponent_of(currency)
    if match is None or len(match[2] or "") > exponent:
        raise TermsRefused(
            field, "not_money", "An amount is a string such as 12000.00, in the currency's decimals."
        )
    return money.to_minor(Decimal(match[0]), exponent, money.Rounding.DOWN)


def _rate(value: object, field: str) -> Decimal:
    if not isinstance(value, str) or not _RATE.fullmatch(value):
        raise TermsRefused(
            field, "not_a_rate", "A rate is a string such as 0.18, with at most eight decimals."
        )
    return Decimal(value)


def _date(value: object, field: str) -> date:
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise TermsRefused(field, "not_a_date", "A date is written YYYY-MM-DD.")


def _integer(value: object, field: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise TermsRefused(field, "not_an_integer", "A whole number is needed here.")


def _choice(kind: type[Chosen], value: object, field: str) -> Chosen:
    try:
        if isinstance(value, str):
            return kind(value)
    except ValueError:
        pass
    raise TermsRefused(field, "not_a_choice", "Use one of: " + ", ".join(kind) + ".")
