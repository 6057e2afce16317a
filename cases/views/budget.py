"""What a person can afford: one form, one number and how it came about; with a file, or without any trace."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import queries
from cases.access import Permission, public, requires
from cases.actions import budgets
from cases.domain.budget import Side, Statement
from cases.domain.refusal import Refused
from cases.forms.budget import WORDS, BudgetForm, initial_of
from cases.forms.figures import CURRENCY

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
# What a visitor asked to keep, until it is saved after signing in.
_CARRIED = "budget_carried"


@requires(Permission.FILE_KEEP)
@get_or_post
def budget(request: HttpRequest) -> HttpResponse:
    kept = queries.current_statement(request.user)
    carried = request.session.get(_CARRIED)
    context: dict[str, Any] = {"kept": kept, "carried": carried, "currency": CURRENCY}
    if request.method != "POST":
        initial = carried or (initial_of(budgets.from_rows(kept.lines)) if kept else None)
        return render(request, "budget/form.html", context | {"form": BudgetForm(initial=initial)})
    form = BudgetForm(request.POST)
    if not form.is_valid():
        return render(request, "budget/form.html", context | {"form": form})
    if confirm := form.to_confirm():
        return render(request, "budget/form.html", context | {"form": confirm, "confirming": True})
    try:
        budgets.keep(
            by=request.user, figures=form.statement(), currency=CURRENCY, once=form.cleaned_data["once"]
        )
    except Refused as refused:
        return render(request, "budget/form.html", context | {"form": form, "refused": refused}, status=409)
    request.session.pop(_CARRIED, None)
    return redirect("budget_result")


@requires(Permission.FILE_KEEP)
@require_GET
def budget_result(request: HttpRequest) -> HttpResponse:
    kept = queries.current_statement(request.user)
    if kept is None:
        return redirect("budget")
    answer = answer_of(budgets.from_rows(kept.lines))
    return render(request, "budget/result.html", {"answer": answer, "kept": kept, "currency": kept.currency})


@public
@get_or_post
def afford(request: HttpRequest) -> HttpResponse:
    """The same question for anybody. The answer is in the reply and nowhere else, unless they ask to keep it."""
    context: dict[str, Any] = {"visitor": True, "currency": CURRENCY}
    if request.method != "POST":
        return render(request, "budget/form.html", context | {"form": BudgetForm()})
    form = BudgetForm(request.POST)
    if not form.is_valid() or "edit" in request.POST:
        return render(request, "budget/form.html", context | {"form": form})
    if confirm := form.to_confirm():
        return render(request, "budget/form.html", context | {"form": confirm, "confirming": True})
    if "keep" in request.POST:
        request.session[_CARRIED] = form.said()
        return redirect("budget")
    return render(
        request, "budget/result.html", context | {"answer": answer_of(form.statement()), "said": form.said()}
    )


@dataclass(frozen=True, kw_only=True)
class AnswerLine:
    """One step of the derivation; what goes out is below zero."""

    label: str
    amount: int
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The number and what it is made of. Minor units a month; at most one of the two is above zero."""

    lines: list[AnswerLine]
    available: int
    deficit: int


def answer_of(statement: Statement) -> Answer:
    derived = statement.derive()
    lines = [
        AnswerLine(label=_("Income"), amount=derived.income),
        AnswerLine(
            label=_named(statement, Side.ESSENTIAL) or _("Living costs"),
            amount=-derived.essentials,
            note=_("set aside first, stays untouched"),
        ),
    ]
    for side, amount, words in (
        (Side.FLEXIBLE, derived.flexible, _("What can vary")),
        (Side.BUFFER, derived.buffer, _("Cushion")),
        (Side.PRIORITY, derived.priority, _("Payments that cannot wait")),
    ):
        if amount:
            named = "" if side is Side.BUFFER else _named(statement, side)
            lines.append(AnswerLine(label=named or words, amount=-amount))
    return Answer(lines=lines, available=derived.available, deficit=derived.deficit)


def _named(statement: Statement, side: Side) -> str:
    """The costliest few by name: "Rent, food, school"."""
    costly = sorted(
        (line for line in statement.lines if line.side is side and line.amount),
        key=lambda line: -line.monthly,
    )
    names = [str(WORDS[line.category]) for line in costly[: 3 if len(costly) > 4 else 4]]
    listed = _(", ").join([*names[:1], *(name[:1].lower() + name[1:] for name in names[1:])])
    return _("%(names)s and more") % {"names": listed} if len(costly) > 4 else listed
