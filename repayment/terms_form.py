"""The terms of a plan as either side fills them in: the kind first, then only what belongs to it.

All fields of all kinds are on the page, and the style sheet shows those of the chosen kind; a browser that cannot do
that shows all of them. What was typed for another kind is kept on the page and plays no part.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.domain.money import to_text
from cases.domain.refusal import Refused
from repayment.domain import schedule as schedules
from repayment.domain.clauses import MAX_LUMPS
from repayment.domain.kinds import Kind, kind_of
from repayment.domain.schedule import Schedule
from repayment.domain.terms import (
    MAX_ROWS,
    Arrears,
    Clawback,
    Deferral,
    Lump,
    Method,
    Remainder,
    Review,
    Step,
    Terms,
    Treatment,
    Waived,
)
from repayment.form_fields import CountField, DayField, PercentField, SumField
from repayment.terms_words import ARREARS, STEP_TREATMENTS, TREATMENTS, said
from repayment.wording_terms import KINDS

STEPS_SHOWN = 3
LUMPS_SHOWN = 3
_DIVIDED = frozenset(kind for kind in Kind if kind.is_divided)
_BY_PERIODS = _DIVIDED - {Kind.FIXED_AMOUNT}
_OPEN = frozenset({Kind.TOKEN, Kind.NIL})
_RATED = frozenset(Kind) - {Kind.INTEREST_FREE, Kind.SETTLEMENT}
_MONTHLY = _DIVIDED | _OPEN
# Which kinds a field belongs to; a field that is not here belongs to all of them.
_KINDS_OF: Mapping[str, frozenset[Kind]] = {
    "periods": _BY_PERIODS,
    "amount": frozenset({Kind.FIXED_AMOUNT}),
    "rate": _RATED,
    "first_due": _MONTHLY,
    "pay_day": _MONTHLY,
    "pause": _DIVIDED,
    "pause_interest": _DIVIDED,
    "arrears": _DIVIDED,
    "waive_interest": _MONTHLY,
    "waive_fees": _MONTHLY,
    "missed": _MONTHLY,
    "missed_until": _MONTHLY,
    "missed_months": _MONTHLY,
    "open_months": _OPEN,
    "open_amount": frozenset({Kind.TOKEN}),
    "open_interest": _OPEN,
    "review": _OPEN,
}


class TermsForm(forms.Form):
    """Other terms for the same debt; what is owed is not among the fields, for nobody can restate it here.

    After a clean `terms` holds them in typed form and `preview` their schedule, whatever became of the reason.
    `words` are label and hint of each field, in the words of the side that fills it in.
    """

    words: ClassVar[Mapping[str, tuple[Any, Any]]] = {}
    kind_hints: ClassVar[Mapping[Kind, Any]] = {}

    def __init__(self, *args: Any, before: Terms, **options: Any) -> None:
        self.before = before
        self.terms = before
        self.preview: Schedule | None = None
        self._numbers: list[int] = []
        options.setdefault("initial", initial(before))
        # What another kind needs is on the page too: the browser must not ask for it.
        options["use_required_attribute"] = False
        super().__init__(*args, **options)
        reason = self.fields.pop("reason")
        self.step_rows = max(STEPS_SHOWN, len(before.steps))
        self.fields |= dict(self._terms_fields(before)) | {"reason": reason}
        self.initial = {**dict.fromkeys(self.fields, ""), **self.initial}
        for name, (label, hint) in self.words.items():
            if name in self.fields:
                self.fields[name].label, self.fields[name].help_text = label, hint
        for name, claimed in (
            ("waive_interest", before.interest),
            ("waive_fees", before.fees),
            ("arrears", before.interest),
        ):
            if not claimed:
                del self.fields[name]
        tomorrow = (clock.today() + dt.timedelta(days=1)).isoformat()
        for field in self.fields.values():
            if isinstance(field, DayField):
                field.widget.attrs["min"] = tomorrow

    def _terms_fields(self, before: Terms) -> Iterator[tuple[str, forms.Field]]:
        money = {"currency": before.currency}
        months, payments = _("months"), _("payments")
        yield "method", forms.ChoiceField(choices=list(self._choices()), widget=forms.RadioSelect)
        yield "periods", CountField(required=True, suffix=_("instalments"), min_value=1, max_value=MAX_ROWS)
        yield "amount", SumField(required=True, **money)
        yield "open_months", CountField(required=True, suffix=months, min_value=1, max_value=MAX_ROWS)
        yield "open_amount", SumField(required=True, **money)
        yield (
            "open_interest",
            forms.ChoiceField(choices=list(STEP_TREATMENTS.items()), required=False),
        )
        yield "review", DayField(required=True)
        for row in range(1, MAX_LUMPS + 1):
            needed = row == 1
            yield f"lump_{row}_on", DayField(label=_("Day %(n)s") % {"n": row}, required=needed)
            yield f"lump_{row}_amount", SumField(label=_("Sum %(n)s") % {"n": row}, required=needed, **money)
        yield "first_due", DayField(required=True)
        yield "rate", PercentField(required=True)
        yield "waive_interest", SumField(**money)
        yield "waive_fees", SumField(**money)
        yield "arrears", forms.ChoiceField(choices=list(ARREARS.items()), required=False)
        for row in range(1, self.step_rows + 1):
            yield (
                f"step_{row}_months",
                CountField(label=_("Months"), suffix=months, min_value=0, max_value=MAX_ROWS),
            )
            yield f"step_{row}_amount", SumField(label=_("Paid in each of them"), **money)
            yield (
                f"step_{row}_interest",
                forms.ChoiceField(
                    label=_("Their interest"), choices=list(STEP_TREATMENTS.items()), required=False
                ),
            )
        yield "pause", CountField(suffix=months, min_value=0, max_value=MAX_ROWS)
        yield "pause_interest", forms.ChoiceField(choices=list(TREATMENTS.items()), required=False)
        yield "missed", CountField(suffix=payments, min_value=2, max_value=12)
        yield "missed_until", DayField()
        yield "missed_months", forms.BooleanField(required=False)
        yield "pay_day", CountField(suffix="", min_value=1, max_value=31)

    def _choices(self) -> Iterator[tuple[str, Any]]:
        for kind, words in KINDS.items():
            hint = self.kind_hints.get(kind)
            yield kind.value, f"{words}\n{hint}" if hint else words

    # ── for the page ─────────────────────────────────────────────────────────────────────────
    @property
    def steps(self) -> Sequence[tuple[forms.BoundField, ...]]:
        return [
            tuple(self[f"step_{row}_{part}"] for part in ("months", "amount", "interest"))
            for row in range(1, self.step_rows + 1)
        ]

    @property
    def lumps(self) -> Sequence[tuple[forms.BoundField, ...]]:
        return [
            tuple(self[f"lump_{row}_{part}"] for part in ("on", "amount"))
            for row in range(1, LUMPS_SHOWN + 1)
        ]

    @property
    def more_lumps(self) -> Sequence[tuple[forms.BoundField, ...]]:
        return [
            tuple(self[f"lump_{row}_{part}"] for part in ("on", "amount"))
            for row in range(LUMPS_SHOWN + 1, MAX_LUMPS + 1)
        ]

    def _is_open(self, *starts: str) -> bool:
        """Whether a fold holds something to see: a value that is not the plain one, or an error."""
        plain = {None, "", "0", 0, *STEP_TREATMENTS}
        names = [name for name in self.fields if name.startswith(starts)]
        values = {self[name].value() for name in names} - plain
        return bool(values) or any(name in self.errors for name in names)

    @property
    def has_steps(self) -> bool:
        return self._is_open("step_")

    @property
    def has_pause(self) -> bool:
        return self._is_open("pause")

    @property
    def has_more_lumps(self) -> bool:
        return self._is_open(*(f"lump_{row}_" for row in range(LUMPS_SHOWN + 1, MAX_LUMPS + 1)))

    @property
    def has_rest(self) -> bool:
        """Claw-back, pay day and where overdue interest goes."""
        moved = "arrears" in self.fields and self["arrears"].value() != self.before.arrears
        return moved or self._is_open("missed", "pay_day")

    # ── reading ──────────────────────────────────────────────────────────────────────────────
    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "method" not in data:
            # Nothing else can be wrong before there is a kind.
            for name in set(self.errors) - {"method", "reason"}:
                del self.errors[name]
            return data
        kind = Kind(data["method"])
        for name in [name for name in self.errors if not _belongs(name, kind)]:
            del self.errors[name]
        first = data.get("lump_1_on") if kind is Kind.SETTLEMENT else data.get("first_due")
        if first and first <= clock.today():
            name = "lump_1_on" if kind is Kind.SETTLEMENT else "first_due"
            self.add_error(
                name, forms.ValidationError(_("Choose a day after today."), code="first_due_passed")
            )
        self._check_rows(kind, data)
        # The terms do not wait for the reason: whatever is wrong is said at once.
        if set(self.errors) <= {"reason"}:
            try:
                self.terms = self._terms(kind, data)
                self.preview = schedules.build(self.terms)
            except Refused as refused:
                self.refuse(refused)
        return data

    def _check_rows(self, kind: Kind, data: Mapping[str, Any]) -> None:
        """A row has both of its parts or none."""
        if kind is Kind.SETTLEMENT:
            for row in range(2, MAX_LUMPS + 1):
                self._pair(f"lump_{row}_on", f"lump_{row}_amount", data)
        elif kind.is_divided:
            for row in range(1, self.step_rows + 1):
                months, amount = data.get(f"step_{row}_months"), data.get(f"step_{row}_amount")
                if months and amount is None and f"step_{row}_amount" not in self.errors:
                    self.add_error(f"step_{row}_amount", _("Write a number; 0 if there is none."))
                if amount and not months and f"step_{row}_months" not in self.errors:
                    self.add_error(f"step_{row}_months", _("Write a number."))

    def _pair(self, one: str, other: str, data: Mapping[str, Any]) -> None:
        for here, there in ((one, other), (other, one)):
            if data.get(there) is not None and data.get(here) is None and here not in self.errors:
                self.add_error(here, self.fields[here].error_messages["required"])

    def refuse(self, refused: Refused) -> None:
        """Put a refusal beside the field it is about, or on top where it is about none of ours."""
        name = self._place(refused.field)
        self.preview = None
        if name not in self.fields:
            name = None
        if name is None or name not in self.errors:
            self.add_error(name, said(refused))

    def _place(self, path: str) -> str | None:
        """The field that a path into the terms comes from."""
        top, *rest = path.split("/")
        kind = Kind(self.cleaned_data["method"]) if self.cleaned_data.get("method") else None
        if top == "steps" and kind in _OPEN:
            part = rest[1] if len(rest) > 1 else "periods"
            if kind is Kind.NIL and part == "amount":
                part = "treatment"
            return {"amount": "open_amount", "treatment": "open_interest"}.get(part, "open_months")
        if top in ("steps", "settlement"):
            number = self._numbers[int(rest[0])] if rest and self._numbers else 1
            if top == "settlement":
                return f"lump_{number}_{rest[1] if len(rest) > 1 else 'amount'}"
            part = {"amount": "amount", "treatment": "interest"}.get(
                rest[1] if len(rest) > 1 else "", "months"
            )
            return f"step_{number}_{part}"
        if path == "first_due" and kind is Kind.SETTLEMENT:
            return "lump_1_on"
        # How long a settlement may take, and what it may release, is said beside its first sum.
        if kind is Kind.SETTLEMENT and top in ("periods", "waive", "principal", "method"):
            return "lump_1_amount"
        if top == "periods" and kind is not None and not _belongs("periods", kind):
            return "amount" if kind is Kind.FIXED_AMOUNT else "open_months"
        if path == "deferral/periods" and self.terms.deferral is None:
            return "open_months" if kind in _OPEN else "step_1_months"
        return _FIELD_OF.get(path, path) or None

    # ── the terms ────────────────────────────────────────────────────────────────────────────
    def _terms(self, kind: Kind, data: Mapping[str, Any]) -> Terms:
        before = self.before
        plain = dataclasses.replace(
            before,
            periods=data["periods"] if kind in _BY_PERIODS else None,
            amount=data["amount"] if kind is Kind.FIXED_AMOUNT else None,
            method=self._method(kind),
            # A plan without interest keeps the contract's rate on its sheet; it bears none.
            annual_rate=data["rate"] if kind in _RATED else before.annual_rate,
            waive_interest=data.get("waive_interest") or 0 if kind in _MONTHLY else 0,
            waive_fees=data.get("waive_fees") or 0 if kind in _MONTHLY else 0,
            arrears=Arrears(data.get("arrears") or before.arrears) if kind.is_divided else before.arrears,
            **self._days(kind, data),
            deferral=_deferral(kind, data),
            **self._clauses(kind, data),
            clawback=None,
        )
        if kind not in _MONTHLY or not data["missed"]:
            return plain
        return dataclasses.replace(plain, clawback=self._clawback(plain, data))

    def _method(self, kind: Kind) -> Method:
        if kind.is_divided:
            return Method(kind.value)
        if kind is Kind.SETTLEMENT or self.before.method is Method.INTEREST_FREE:
            return Method.INTEREST_FREE
        return Method.EQUAL_INSTALMENT

    def _days(self, kind: Kind, data: Mapping[str, Any]) -> dict[str, Any]:
        first: dt.date = data["lump_1_on"] if kind is Kind.SETTLEMENT else data["first_due"]
        day = data["pay_day"] if kind in _MONTHLY else None
        return {
            "first_due": first,
            "start": min(self.before.start, first - dt.timedelta(days=1)),
            # The first payment's own day needs no saying.
            "pay_day": None if day == first.day else day,
        }

    def _clauses(self, kind: Kind, data: Mapping[str, Any]) -> dict[str, Any]:
        if kind in _OPEN:
            step = Step(
                periods=data["open_months"],
                amount=data["open_amount"] if kind is Kind.TOKEN else 0,
                treatment=_treatment(data["open_interest"]),
            )
            review = Review(on=data["review"], remainder=Remainder.OPEN)
            return {"steps": (step,), "settlement": (), "review": review}
        if kind is Kind.SETTLEMENT:
            rows = range(1, MAX_LUMPS + 1)
            self._numbers = [row for row in rows if data.get(f"lump_{row}_on")]
            lumps = tuple(
                Lump(on=data[f"lump_{row}_on"], amount=data[f"lump_{row}_amount"]) for row in self._numbers
            )
            return {"steps": (), "settlement": lumps, "review": None}
        self._numbers = [row for row in range(1, self.step_rows + 1) if data.get(f"step_{row}_months")]
        steps = tuple(
            Step(
                periods=data[f"step_{row}_months"],
                amount=data[f"step_{row}_amount"],
                treatment=_treatment(data[f"step_{row}_interest"]),
            )
            for row in self._numbers
        )
        standing = self.before.review
        kept = standing if standing and standing.remainder is Remainder.SCHEDULED else None
        return {"steps": steps, "settlement": (), "review": kept}

    def _clawback(self, terms: Terms, data: Mapping[str, Any]) -> Clawback | None:
        """What is waived here comes back together; what months forgave only where that is ticked too."""
        built = schedules.build(terms)
        waived = (
            (Waived.INTEREST, terms.waive_interest),
            (Waived.FEES, terms.waive_fees),
            (Waived.DEFERRED, built.forgiven if data["missed_months"] else 0),
        )
        returns = tuple(part for part, amount in waived if amount)
        return Clawback(
            after_missed=data["missed"], until=data["missed_until"] or built.last_due, returns=returns
        )


_FIELD_OF = {
    "waive/interest": "waive_interest",
    "waive/fees": "waive_fees",
    "deferral/periods": "pause",
    "deferral": "pause",
    "annual_rate": "rate",
    "review/on": "review",
    "clawback/after_missed": "missed",
    "clawback/until": "missed_until",
    "clawback/returns": "missed",
}


def _belongs(name: str, kind: Kind) -> bool:
    if name.startswith("lump_"):
        return kind is Kind.SETTLEMENT
    if name.startswith("step_"):
        return kind.is_divided
    return kind in _KINDS_OF.get(name, frozenset(Kind))


def _deferral(kind: Kind, data: Mapping[str, Any]) -> Deferral | None:
    if not kind.is_divided or not data["pause"]:
        return None
    # Months put off cost what the borrower's own proposals say they cost.
    return Deferral(
        periods=data["pause"], treatment=_treatment(data["pause_interest"]) or Treatment.CARRIED_SPREAD
    )


def _treatment(value: str) -> Treatment | None:
    return Treatment(value) if value else None


def _after_steps(terms: Terms) -> int:
    """How many payments follow the lighter months, which the form asks for by themselves."""
    lighter = sum(step.periods for step in terms.steps if step.amount)
    return max(1, len(schedules.build(terms).rows) - lighter)


def initial(terms: Terms) -> dict[str, Any]:
    """What the page opens with: the terms on the table, in the fields of their kind."""
    kind = kind_of(terms)

    def text(minor: int) -> str:
        return to_text(minor, terms.currency)

    values: dict[str, Any] = {
        "method": kind.value,
        "rate": f"{(terms.annual_rate * 100).normalize():f}",
        "periods": terms.periods or (_after_steps(terms) if kind.is_divided else ""),
        "amount": text(terms.amount) if terms.amount else "",
        "first_due": terms.first_due,
        "waive_interest": text(terms.waive_interest) if terms.waive_interest else "",
        "waive_fees": text(terms.waive_fees) if terms.waive_fees else "",
        "arrears": terms.arrears.value,
        "pause": terms.deferral.periods if terms.deferral else "",
        "pause_interest": (terms.deferral.treatment if terms.deferral else Treatment.CARRIED_SPREAD).value,
        "missed": terms.clawback.after_missed if terms.clawback else "",
        "missed_until": terms.clawback.until if terms.clawback else "",
        "missed_months": bool(terms.clawback and Waived.DEFERRED in terms.clawback.returns),
        "pay_day": terms.pay_day or "",
        "open_interest": Treatment.WAIVED.value,
        "review": terms.review.on if terms.review else "",
    }
    if kind in _OPEN:
        values |= {
            "open_months": sum(step.periods for step in terms.steps),
            "open_amount": text(terms.steps[0].amount) if kind is Kind.TOKEN else "",
            "open_interest": (terms.steps[0].treatment or ""),
        }
        return values
    for row, step in enumerate(terms.steps, 1):
        values |= {
            f"step_{row}_months": step.periods,
            f"step_{row}_amount": text(step.amount),
            f"step_{row}_interest": step.treatment or "",
        }
    for row, lump in enumerate(terms.settlement, 1):
        values |= {f"lump_{row}_on": lump.on, f"lump_{row}_amount": text(lump.amount)}
    return values
