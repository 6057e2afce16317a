"""Public calculators for people: the contract's own functions, generous about how figures are written.

The answer is in the reply to the POST and nowhere else: no account, no session, no address with figures in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import charts
from cases.access import public
from cases.domain import rulebook
from cases.domain.refusal import Refused
from cases.forms.figures import CURRENCY, ReadsBack
from portal.api import wording
from portal.forms.tools import QuoteForm, RateForm
from repayment import pack
from repayment.domain import cost, schedule
from repayment.domain.ceilings import Cost, beside, ceilings
from repayment.domain.cost import Convention, CostRefused, Every, Flow
from repayment.domain.terms import Method

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
# Where a refusal of the domain belongs on the page.
_FIELDS = {
    "principal": "principal",
    "periods": "periods",
    "first_due": "first_due",
    "payments/0/on": "first_on",
}


@public
@get_or_post
def quote(request: HttpRequest) -> HttpResponse:
    return _tool(request, QuoteForm, "tools/quote.html", _quoted)


@public
@get_or_post
def rates(request: HttpRequest) -> HttpResponse:
    return _tool(request, RateForm, "tools/rates.html", _rated)


def _tool(request: HttpRequest, form_class: type[ReadsBack], template: str, work_out: Any) -> HttpResponse:
    context: dict[str, Any] = {"currency": CURRENCY}
    if request.method != "POST":
        return render(request, template, context | {"form": form_class()})
    form = form_class(request.POST)
    if form.is_valid():
        if confirm := form.to_confirm():
            return render(request, template, context | {"form": confirm, "confirming": True})
        try:
            context |= work_out(form)
        except Refused as refused:
            form.add_error(_FIELDS.get(refused.field), wording.message(refused.code))
    return render(request, template, context | {"form": form})


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the schedule with what comes from before in one figure."""

    number: int
    due: Any
    principal: int
    interest: int
    extra: int
    amount: int
    balance: int


def _quoted(form: QuoteForm) -> Mapping[str, Any]:
    terms = form.terms()
    built = schedule.build(terms)
    totals = built.totals
    left = [built.rows[0].balance + built.rows[0].principal, *(row.balance for row in built.rows)]
    return {
        "schedule": built,
        "rows": [
            Row(
                number=row.number,
                due=row.due,
                principal=row.principal,
                interest=row.interest,
                extra=row.arrears + row.fees,
                amount=row.amount,
                balance=row.balance,
            )
            for row in built.rows
        ],
        "extras": totals.arrears + totals.fees,
        "owed": terms.principal + terms.interest + terms.fees,
        "cost": totals.amount - terms.principal - terms.interest - terms.fees,
        "same": len({row.amount for row in built.rows[:-1]} or {built.rows[0].amount}) == 1
        and terms.method is not Method.INTEREST_ONLY_BALLOON,
        "chart": charts.burn_down(
            [charts.Line(name=_("This plan"), order=1, left=left, ends=built.last_due)]
        ),
    }


def _rated(form: RateForm) -> Mapping[str, Any]:
    data = form.cleaned_data
    every = Every(data["every"])
    received_on, first_on = form.days()
    advance = Flow(on=received_on, amount=data["received"], at="advances/0")
    payments = cost.series(first_on, data["amount"], data["count"], every, "payments/0")
    found: dict[str, Any] = {}
    for convention in Convention:
        question = cost.Question(convention=convention, advances=(advance,), payments=tuple(payments))
        try:
            found[convention.value] = {
                name: f"{rate:,f}" for name, rate in cost.annual_cost(question).rates.items()
            }
        except CostRefused as refused:
            # Weeks are no whole months: the other conventions still have an answer.
            if refused.code != "not_whole_months":
                raise
    simple = found.get(Convention.CN_IRR.value, {}).get("simple")
    named = ceilings(rulebook.load("cn"), received_on) if simple else []
    paid = data["amount"] * data["count"]
    dearer = paid - data["received"]
    return {
        "found": found,
        "elsewhere": _elsewhere(found, received_on, Decimal(dearer) * 100 / data["received"], data["daily"]),
        "paid": paid,
        "cost": dearer,
        "received": data["received"],
        "last": payments[-1].on,
        "ceilings": [(ceiling, ceiling.above(Decimal(simple.replace(",", "")))) for ceiling in named],
    }


def _elsewhere(
    found: Mapping[str, Mapping[str, str]], on: date, charges: Decimal, daily: Decimal | None
) -> Sequence[tuple[str, Sequence[pack.BesideRow]]]:
    """What rules of other countries name, beside the same payments: what they do not tell us stays not known."""
    rows = []
    for title, book, convention in (
        (_("What rules in the UK say of short-term credit"), "uk", Convention.EU),
        (_("What rules in the US say of credit to service members"), "us", Convention.US_ACTUARIAL),
    ):
        rate = found.get(convention.value, {}).get("rate")
        known = Cost(
            yearly=Decimal(rate.replace(",", "")) if rate else None,
            daily=None if daily is None else daily * 100,
            charges=round(charges, 2),
        )
        rows.append((title, pack.beside_rows(beside(rulebook.load(book), on, "", known))))
    return rows
