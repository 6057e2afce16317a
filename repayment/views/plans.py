"""Comparing plans and sending the one the person picked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cases import naming
from cases import queries as case_queries
from cases.access import Permission, requires
from cases.actions import people
from cases.domain.refusal import Refused
from cases.forms.accounts import NameForm
from cases.models import Debt, Lender, User
from cases.naming import Named
from repayment import queries, queries_compare, wording_terms
from repayment.actions import choices, proposals
from repayment.domain.difference import usual_amount
from repayment.domain.schedule import Schedule, build
from repayment.domain.terms import Terms
from repayment.forms import SharesForm
from repayment.models import Choice, Offer
from repayment.views import comparing

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
# What a lender is shown here. A reason is part of a consent, but nobody has been asked for one yet.
SHOWN = ["name", "debt", "share"]


@requires(Permission.PLAN_SEND)
@get_or_post
def plans(request: HttpRequest) -> HttpResponse:
    refused = None
    if request.method == "POST":
        try:
            choices.choose(by=request.user, kind=request.POST.get("plan", ""))
            return redirect("sending")
        except Refused as caught:
            refused = caught
    comparison = queries_compare.compare_for(request.user)
    context: dict[str, Any] = {
        "refused": refused,
        "comparison": comparison,
        "statement": comparison.statement,
    }
    if comparison.statement and comparison.debts:
        earlier = queries.choice_to_send(request.user)
        context |= {
            "page": comparing.page(comparison, _named(request.user), chosen=earlier.kind if earlier else ""),
            "currency": comparison.statement.currency,
        }
    return render(request, "plans/compare.html", context, status=422 if refused else 200)


@requires(Permission.PLAN_SEND)
@get_or_post
def sending(request: HttpRequest) -> HttpResponse:
    if request.method == "POST" and "choice" in request.POST:
        return _send(request)
    choice = queries.choice_to_send(request.user)
    if choice is None:
        sent = queries.last_sent(request.user)
        return _receipt(request, sent) if sent else redirect("plans")
    parts = _parts(request.user, choice)
    asked = request.POST if request.method == "POST" else request.GET
    form = SharesForm(asked or None, choices=_reachable(parts))
    agreed = set(form.cleaned_data["lenders"]) if form.is_bound and form.is_valid() else set()
    if request.method == "POST":
        return _take_name(request, parts, form, agreed)
    if agreed and request.user.name and "change" not in request.GET:
        return render(request, "plans/check.html", _check(request.user, choice, parts, agreed))
    named = NameForm({}) if agreed and not request.user.name else NameForm()
    return _ask(request, parts, form, named, agreed)


@dataclass(frozen=True, kw_only=True)
class DebtPart:
    debt: Debt
    terms: Terms
    schedule: Schedule

    @property
    def monthly(self) -> int:
        return usual_amount(self.schedule)

    @property
    def light(self) -> Sequence[str]:
        """The lighter months that the usual amount says nothing about."""
        return wording_terms.step_lines(self.terms)


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one creditor would be sent: its own debts and what each would get."""

    named: Named
    lender: Lender | None
    debts: tuple[DebtPart, ...]
    currency: str
    # What waits for an answer on these debts, and whose word it was: sending closes it.
    own_open: bool
    theirs_open: bool

    @property
    def reachable(self) -> bool:
        return self.lender is not None and self.lender.joined

    @property
    def total(self) -> int:
        return sum(part.schedule.totals.amount for part in self.debts)


def _ask(
    request: HttpRequest, parts: list[Part], form: SharesForm, name: NameForm, ticked: set[str]
) -> HttpResponse:
    """Who sees what; and, of a person who has not said it, the name that all of them see."""
    return render(
        request,
        "plans/sharing.html",
        {
            "form": form,
            "name_form": None if request.user.name else name,
            "reachable": [part for part in parts if part.reachable],
            "unreachable": [part for part in parts if not part.reachable],
            "ticked": ticked,
        },
        status=422 if form.errors or name.errors else 200,
    )


def _take_name(request: HttpRequest, parts: list[Part], form: SharesForm, agreed: set[str]) -> HttpResponse:
    """The page before asked for a name: it is kept at once, so that it is not lost whatever comes next.

    A name is never part of an address, so this one question is not asked by GET.
    """
    name = NameForm(request.POST)
    if name.is_valid():
        try:
            people.name_oneself(by=request.user, name=name.cleaned_data["name"])
            if agreed:
                chosen = urlencode({"lenders": sorted(agreed)}, doseq=True)
                return redirect(f"{reverse('sending')}?{chosen}")
        except Refused as refused:
            name.add_error("name", str(refused))
    return _ask(request, parts, form, name, agreed)


def _send(request: HttpRequest) -> HttpResponse:
    # A form carries no URL converter: PostgreSQL would stumble over a NUL in what is typed here.
    ref = request.POST.get("choice", "").replace("\0", "")
    choice = get_object_or_404(queries.choices_for(request.user), ref=ref)
    parts = _parts(request.user, choice)
    form = SharesForm(request.POST, choices=_reachable(parts))
    ready = form.is_valid() and request.user.name
    if not ready and not choice.sent_at:
        name = NameForm() if request.user.name else NameForm({})
        return _ask(request, parts, form, name, set(request.POST.getlist("lenders")))
    try:
        shares = dict.fromkeys(form.cleaned_data.get("lenders", ()), SHOWN)
        proposals.send(by=request.user, choice=choice, shares=shares)
    except Refused as refused:
        return render(request, "plans/changed.html", {"refused": refused}, status=409)
    return redirect("sending")


def _receipt(request: HttpRequest, choice: Choice) -> HttpResponse:
    offers = list(queries.offers_of(choice).order_by("case_id", "id"))
    named = _named(request.user)
    cases = {offer.case_id: offer for offer in offers}
    return render(
        request,
        "plans/sent.html",
        {
            "choice": choice,
            "rows": [(named.get(offer.debt.ref), offer) for offer in cases.values()],
            "name": comparing.name_of(choice.kind),
        },
    )


def _check(user: User, choice: Choice, parts: list[Part], agreed: set[str]) -> dict[str, Any]:
    statement = case_queries.current_statement(user)
    wanted = [part for part in parts if part.lender and part.lender.ref in agreed]
    return {
        "choice": choice,
        "name": comparing.name_of(choice.kind),
        "statement": statement,
        "currency": parts[0].currency,
        "parts": wanted,
        "left_out": [part for part in parts if part not in wanted],
        "total": sum(part.total for part in parts),
        "last_due": max(each.schedule.last_due for part in parts for each in part.debts),
        "debts": sum(len(part.debts) for part in parts),
        "owed": sum(each.debt.balance for part in parts for each in part.debts),
    }


def _parts(user: User, choice: Choice) -> list[Part]:
    """The choice's debts by creditor, in the order of the borrower's list."""
    found: dict[int, tuple[Named, list[DebtPart]]] = {}
    for named in _named(user).values():
        sheet = choice.per_debt.get(named.debt.ref)
        if sheet is not None:
            terms = Terms.from_json(sheet)
            part = DebtPart(debt=named.debt, terms=terms, schedule=build(terms))
            found.setdefault(named.order, (named, []))[1].append(part)
    sides = dict(queries.open_offers(user).values_list("debt_id", "made_by"))

    def is_open(debts: list[DebtPart], side: Offer.Side) -> bool:
        return any(sides.get(each.debt.pk) == side for each in debts)

    return [
        Part(
            named=named,
            lender=case_queries.owner_of(named.debt),
            debts=tuple(debts),
            currency=debts[0].terms.currency,
            own_open=is_open(debts, Offer.Side.BORROWER),
            theirs_open=is_open(debts, Offer.Side.LENDER),
        )
        for named, debts in found.values()
    ]


def _reachable(parts: Iterable[Part]) -> list[Lender]:
    return [part.lender for part in parts if part.lender is not None and part.lender.joined]


def _named(user: User) -> dict[str, Named]:
    """Every debt of the borrower's list by its ref, with the letter it has on all pages."""
    return {named.debt.ref: named for named in naming.named(case_queries.debts_for(user))}
