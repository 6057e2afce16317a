"""What a person can afford: one form, one number and how it came about; with a file, or without any trace."""

import json
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cases import clock, fields, queries, queries_diary
from cases.access import Permission, public, requires
from cases.actions import budgets
from cases.budget_words import GROUPS, PERIODS, REGIONS, WORDS
from cases.domain import affordability
from cases.domain.affordability import Assessment
from cases.domain.budget import Essential, Line, Side, Statement
from cases.domain.refusal import Refused
from cases.domain.rulebook import Rule
from cases.forms.budget import BudgetForm, initial_of
from cases.forms.figures import CURRENCY
from cases.models import Statement as Kept

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
# What was typed and is not saved yet, encrypted in the session: a visitor's figures until they have signed in, and a
# page to look over again, so that every POST ends in a redirect and going back never asks to send twice.
_CARRIED, _DRAFT = "budget_carried", "budget_draft"
# Free help for whoever is short, in the order of the rulebook.
_HELP = ("12356", "12378", "12363", "12345", "12348")


@requires(Permission.FILE_KEEP)
@get_or_post
def budget(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _form_page(request)
    form = BudgetForm(request.POST, confide=True)
    if not form.is_valid() or form.unusual():
        request.session[_DRAFT] = _sealed(form.typed())
        return redirect("budget")
    try:
        budgets.keep(
            by=request.user,
            figures=form.statement(),
            currency=CURRENCY,
            once=form.cleaned_data["once"],
            confided=form.confided(),
        )
    except Refused as refused:
        context = {"form": form, "refused": refused, "currency": CURRENCY}
        return render(request, "budget/form.html", context, status=409)
    request.session.pop(_CARRIED, None)
    request.session.pop(_DRAFT, None)
    return redirect("budget_result")


def _form_page(request: HttpRequest) -> HttpResponse:
    """What was typed last, to look over; else what a visitor brought along; else what is kept."""
    context: dict[str, Any] = {"currency": CURRENCY}
    if draft := _opened(request.session.get(_DRAFT)):
        typed = QueryDict(mutable=True)
        for name, values in draft.items():
            typed.setlist(name, values)
        form: Any = BudgetForm(typed, confide=True)
        if form.is_valid() and (confirm := form.to_confirm()):
            form, context["confirming"] = confirm, True
        return render(request, "budget/form.html", context | {"form": form})
    if carried := _opened(request.session.get(_CARRIED)):
        form = BudgetForm(initial=carried, confide=True)
        return render(request, "budget/form.html", context | {"form": form, "carried": True})
    kept = queries.current_statement(request.user)
    initial = initial_of(budgets.from_row(kept), budgets.confided_in(kept)) if kept else None
    return render(request, "budget/form.html", context | {"form": BudgetForm(initial=initial, confide=True)})


@requires(Permission.FILE_KEEP)
@require_GET
def budget_result(request: HttpRequest) -> HttpResponse:
    kept = queries.current_statement(request.user)
    if kept is None:
        return redirect("budget")
    figures = budgets.from_row(kept)
    answer = answer_of(figures)
    if kept.format >= budgets.FORMAT and kept.about:
        answer = replace(answer, guide=_guide_of_kept(kept, figures))
    return render(
        request,
        "budget/result.html",
        {"answer": answer, "kept": kept, "currency": kept.currency, "help_lines": _help(answer)},
    )


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
        request.session[_CARRIED] = _sealed(form.said())
        return redirect("budget")
    assessed = budgets.assess(form.statement())
    answer = replace(answer_of(assessed.statement), guide=_guide_words(assessed))
    return render(
        request,
        "budget/result.html",
        context | {"answer": answer, "said": form.said(), "help_lines": _help(answer)},
    )


def _sealed(typed: Any) -> str:
    return fields.encrypt(json.dumps(typed, ensure_ascii=False))


def _opened(sealed: Any) -> Any:
    return json.loads(fields.decrypt(sealed)) if isinstance(sealed, str) else None


@dataclass(frozen=True, kw_only=True)
class AnswerLine:
    """One step of the derivation; what goes out is below zero."""

    label: str
    amount: int
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Working:
    """One line as it was written and what it is for a month; `high` where income is a range."""

    label: Any
    amount: int
    high: int | None
    period: Any
    monthly: int


@dataclass(frozen=True, kw_only=True)
class AboveWords:
    group: Any
    written: int
    usual: int


@dataclass(frozen=True, kw_only=True)
class GuideWords:
    """What the guide said about a budget. Minor units a month; both sources are gone when that edition was replaced."""

    place: Any
    asked: bool
    people: int
    floor: int
    written: int
    protected: int
    source: Rule | None
    usual_source: Rule | None
    version: str
    above: tuple[AboveWords, ...]
    review_months: int


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The number and what it is made of. Minor units a month; at most one of the two is above zero."""

    lines: list[AnswerLine]
    workings: list[Working]
    available: int
    deficit: int
    ranged: bool = False
    guide: GuideWords | None = None


def answer_of(statement: Statement) -> Answer:
    derived = statement.derive()
    protected = sum(line.monthly for line in statement.lines if line.category == Essential.GUIDE)
    ranged = any(line.high is not None for line in statement.lines)
    lines = [
        AnswerLine(
            label=_("Income"), amount=derived.income, note=_("a bad month is what counts") if ranged else ""
        ),
        AnswerLine(
            label=_named(statement, Side.ESSENTIAL) or _("Living costs"),
            amount=protected - derived.essentials,
            note=_("set aside first, stays untouched"),
        ),
    ]
    if protected:
        lines.append(
            AnswerLine(
                label=str(WORDS[Essential.GUIDE]),
                amount=-protected,
                note=_("you wrote less than living takes at the least"),
            )
        )
    for side, amount, words in (
        (Side.FLEXIBLE, derived.flexible, _("What can vary")),
        (Side.BUFFER, derived.buffer, _("Cushion")),
        (Side.PRIORITY, derived.priority, _("Payments that cannot wait")),
    ):
        if amount:
            named = "" if side is Side.BUFFER else _named(statement, side)
            lines.append(AnswerLine(label=named or words, amount=-amount))
    return Answer(
        lines=lines,
        workings=[_working(line) for line in statement.lines],
        available=derived.available,
        deficit=derived.deficit,
        ranged=ranged,
    )


def _working(line: Line) -> Working:
    return Working(
        label=WORDS[line.category],
        amount=line.amount,
        high=line.high,
        period=dict(PERIODS)[line.period],
        monthly=line.monthly if line.side is Side.INCOME else -line.monthly,
    )


def _named(statement: Statement, side: Side) -> str:
    """The costliest few by name: "Rent, food, school"."""
    costly = sorted(
        (
            line
            for line in statement.lines
            if line.side is side and line.amount and line.category != Essential.GUIDE
        ),
        key=lambda line: -line.monthly,
    )
    names = [str(WORDS[line.category]) for line in costly[: 3 if len(costly) > 4 else 4]]
    listed = _(", ").join([*names[:1], *(name[:1].lower() + name[1:] for name in names[1:])])
    return _("%(names)s and more") % {"names": listed} if len(costly) > 4 else listed


def _guide_words(assessed: Assessment) -> GuideWords:
    guide = assessed.guide
    return GuideWords(
        place=REGIONS[guide.region],
        asked=bool(assessed.statement.region),
        people=assessed.statement.household.people,
        floor=guide.floor,
        written=assessed.written,
        protected=assessed.protected,
        source=guide.floor_rule,
        usual_source=guide.usual_rule,
        version=guide.version[:12],
        above=tuple(
            AboveWords(group=GROUPS[each.group], written=each.written, usual=each.usual)
            for each in assessed.above
        ),
        review_months=assessed.review_months,
    )


def _guide_of_kept(kept: Kept, figures: Statement) -> GuideWords:
    """What the guide said when the budget was kept, from the row alone; its source while that edition stands."""
    said, book = kept.about["guide"], affordability.guidelines()
    same = said["version"] == book.version
    day = kept.made_at.astimezone(clock.BEIJING).date()
    return GuideWords(
        place=REGIONS[said["region"]],
        asked=bool(figures.region),
        people=figures.household.people,
        floor=said["floor"],
        written=said["written"],
        protected=max(0, said["floor"] - said["written"]),
        source=book.rule(f"guide.floor.{said['region']}", day) if same else None,
        usual_source=book.rule(f"guide.usual.{said['region']}", day)
        if same and kept.about["above"]
        else None,
        version=said["version"][:12],
        above=tuple(
            AboveWords(group=GROUPS[each["group"]], written=each["written"], usual=each["usual"])
            for each in kept.about["above"]
        ),
        review_months=said["review_months"],
    )


def _help(answer: Answer) -> list[queries_diary.Line]:
    return [] if answer.available else queries_diary.help_lines(*_HELP)
