"""The borrower's list of debts: cards, one form, a file, and a quiet way to take one off."""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from cases import naming, queries, queries_lender_api, read_back
from cases.access import Permission, requires
from cases.actions import debts as actions
from cases.domain import debt_csv
from cases.domain.csv_text import FileRefused
from cases.domain.debt_csv import COLUMNS, Reading, Row
from cases.domain.refusal import Refused
from cases.forms.debts import FIGURES, DebtForm, FileForm, initial_of
from cases.forms.figures import AMOUNT_WORDS, CURRENCY, DAYS_WORDS, RATE_WORDS
from cases.models import Debt, User

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
_SALT = "cases.debt-file"
_PREVIEW_SECONDS = 60 * 60
_BOM = "\ufeff"


@requires(Permission.FILE_KEEP)
@require_GET
def debts(request: HttpRequest) -> HttpResponse:
    beside, others = queries_lender_api.claims_on(request.user)
    cards = naming.named(queries.debts_for(request.user))
    unsure = [card for card in cards if card.debt.principal is None]
    return render(
        request,
        "debts/list.html",
        {
            "cards": [(card, beside.get(card.debt.pk, [])) for card in cards],
            "others": others,
            "total": sum(card.debt.balance for card in cards),
            "unsure": len(unsure),
            "currency": CURRENCY,
            "sent": queries.cases_for(request.user).exists(),
        },
    )


@requires(Permission.FILE_KEEP)
@get_or_post
def debt_new(request: HttpRequest) -> HttpResponse:
    def save(form: DebtForm) -> Debt:
        return actions.add(by=request.user, facts=form.facts(), once=form.cleaned_data["once"])

    return _debt_page(request, save, {})


@requires(Permission.FILE_KEEP)
@get_or_post
def debt(request: HttpRequest, ref: str) -> HttpResponse:
    kept = _own(request, ref)

    def save(form: DebtForm) -> Debt:
        return actions.change(by=request.user, debt=kept, facts=form.facts())

    return _debt_page(request, save, {"debt": kept})


@requires(Permission.FILE_KEEP)
@get_or_post
def debt_removal(request: HttpRequest, ref: str) -> HttpResponse:
    kept = _own(request, ref)
    refused = None
    if request.method == "POST":
        try:
            actions.remove(by=request.user, debt=kept)
        except Refused as caught:
            refused = caught
        else:
            messages.success(request, _("This debt is off your list."))
            return redirect("debts")
    context = {"debt": kept, "name": naming.name_of(kept), "currency": CURRENCY, "refused": refused}
    return render(request, "debts/removal.html", context, status=409 if refused else 200)


@requires(Permission.FILE_KEEP)
@require_GET
def debt_template(request: HttpRequest) -> HttpResponse:
    """The empty file. A byte order mark makes old spreadsheets read Chinese headings right."""
    response = HttpResponse(_BOM + debt_csv.template(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="list.csv"'
    return response


@requires(Permission.FILE_KEEP)
@get_or_post
def debt_import(request: HttpRequest) -> HttpResponse:
    """A file is shown first; the second press carries the same lines back, signed, and records them all."""
    if request.method != "POST":
        return render(request, "debts/import.html", {"form": FileForm()})
    if "lines" in request.POST:
        return _take_file(request)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "debts/import.html", {"form": form})
    data: bytes = form.cleaned_data["file"]
    try:
        reading = debt_csv.read(data, CURRENCY)
    except FileRefused as refused:
        form.add_error("file", _why_not(refused))
        return render(request, "debts/import.html", {"form": form})
    digest = hashlib.sha256(data).hexdigest()
    earlier = actions.imported_before(request.user, digest)
    return render(
        request,
        "debts/preview.html",
        {
            "reading": reading,
            "lines": _shown(reading),
            "problems": sum(bool(row.problems) for row in reading.rows),
            "earlier": earlier,
            "signed": _sign(request.user, digest, reading) if reading.fits and not earlier else "",
            "currency": CURRENCY,
        },
    )


def _debt_page(
    request: HttpRequest, save: Callable[[DebtForm], Debt], context: dict[str, Any]
) -> HttpResponse:
    """Show, read back, or save one debt."""
    lenders = list(queries.lenders())
    kept = context.get("debt")
    typed = request.POST if request.method == "POST" else read_back.kept(request)
    if typed is None:
        form = DebtForm(lenders=lenders, initial=initial_of(kept) if kept else None)
        return render(request, "debts/form.html", context | {"form": form, "currency": CURRENCY})
    form = DebtForm(typed, lenders=lenders)
    context |= {"form": form, "currency": CURRENCY}
    if not form.is_valid():
        return render(request, "debts/form.html", context)
    if confirm := form.to_confirm():
        if request.method == "POST":
            return read_back.keep(request)
        return render(request, "debts/form.html", context | {"form": confirm, "confirming": True})
    if request.method != "POST":
        return render(request, "debts/form.html", context)
    try:
        saved = save(form)
    except Refused as refused:
        return render(request, "debts/form.html", context | {"refused": refused}, status=409)
    read_back.forget(request)
    messages.success(request, _("Saved: %(name)s.") % {"name": naming.name_of(saved)})
    return redirect("debts")


def _own(request: HttpRequest, ref: str) -> Debt:
    return get_object_or_404(queries.debts_for(request.user), ref=ref)


def _take_file(request: HttpRequest) -> HttpResponse:
    def again(words: str) -> HttpResponse:
        return render(request, "debts/import.html", {"form": FileForm(), "refused": words})

    try:
        kept = signing.loads(request.POST["lines"], salt=_SALT, max_age=_PREVIEW_SECONDS)
    except signing.BadSignature:
        return again(_("This preview is too old. Please choose the file again."))
    if kept["of"] != request.user.ref:
        return again(_("This preview is too old. Please choose the file again."))
    lenders = {name: lender for lender in queries.lenders() for name in _names(lender)}
    rows = [_facts(row, lenders) for row in kept["rows"]]
    try:
        made = actions.import_file(by=request.user, rows=rows, digest=kept["digest"])
    except Refused as refused:
        return again(str(refused))
    messages.success(
        request, ngettext("%(n)s debt added.", "%(n)s debts added.", len(made)) % {"n": len(made)}
    )
    return redirect("debts")


def _sign(user: User, digest: str, reading: Reading) -> str:
    """The lines as the page carries them: readable by their owner, alterable by nobody, kept nowhere."""
    rows = [[row.lender, row.kind, *(_text(getattr(row, name)) for name in FIGURES)] for row in reading.rows]
    return signing.dumps({"of": user.ref, "digest": digest, "rows": rows}, salt=_SALT, compress=True)


def _text(figure: object) -> object:
    return str(figure) if isinstance(figure, Decimal) else figure


def _facts(row: list[Any], lenders: Mapping[str, Any]) -> actions.Facts:
    name, kind, principal, interest, fees, rate, days = row
    lender = lenders.get(_folded(name))
    return actions.Facts(
        lender=lender,
        lender_words="" if lender else name,
        kind=kind,
        principal=principal,
        interest=interest,
        fees=fees,
        annual_rate=None if rate is None else Decimal(rate),
        days_overdue=days,
    )


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


def _names(lender: Any) -> list[str]:
    return [_folded(name) for name in (lender.name, lender.name_en) if name]


_COLUMN_WORDS = {
    "": gettext_lazy("This line"),
    "lender": gettext_lazy("Lender"),
    "kind": gettext_lazy("Kind"),
    "principal": gettext_lazy("Principal"),
    "interest": gettext_lazy("Overdue interest"),
    "fees": gettext_lazy("Fees"),
    "annual_rate": gettext_lazy("Yearly rate"),
    "days_overdue": gettext_lazy("Days overdue"),
}
_CELL_WORDS = {
    "unknown_kind": gettext_lazy("Write 信用卡, 网贷, 购物分期, 银行贷款 or 其他."),
    "too_long": gettext_lazy("This is too long."),
    "damaged": gettext_lazy("Some characters were lost. Save the file again as CSV UTF-8."),
    "too_many_cells": gettext_lazy(
        "There is one cell too many. Put amounts with commas in quotes, or leave commas out."
    ),
}
_FIGURE_WORDS = {"annual_rate": RATE_WORDS, "days_overdue": DAYS_WORDS}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the preview: what we understood, what was written, and what is wrong."""

    row: Row
    kind: str
    problems: list[tuple[str, str, str]]


def _shown(reading: Reading) -> list[Line]:
    kinds = dict(Debt.Kind.choices)
    return [
        Line(
            row=row,
            kind=str(kinds.get(row.kind, row.cells.get("kind", ""))),
            problems=[
                (
                    str(_COLUMN_WORDS[problem.column]),
                    row.cells.get(problem.column, ""),
                    str(
                        _CELL_WORDS.get(problem.code)
                        or _FIGURE_WORDS.get(problem.column, AMOUNT_WORDS)[problem.code]
                    ),
                )
                for problem in row.problems
            ],
        )
        for row in reading.rows
    ]


_FILE_WORDS = {
    "empty": gettext_lazy("This file is empty."),
    "too_big": gettext_lazy("This file is larger than 1 MB. Leave out what is not a debt, or split it."),
    "utf16": gettext_lazy(
        "This file is saved as “Unicode text” (UTF-16). Open it in your spreadsheet and save it again as “CSV UTF-8”."
    ),
    "spreadsheet": gettext_lazy(
        "This is a workbook or a PDF, not a CSV. Open it in your spreadsheet and save it again as “CSV UTF-8”."
    ),
    "unreadable": gettext_lazy("We cannot read these characters. Save the file again as “CSV UTF-8”."),
    "too_wide": gettext_lazy("There are too many columns. Keep the ones of our template."),
    "too_many_rows": gettext_lazy("There are more than 200 lines. Please split the file."),
    "no_rows": gettext_lazy("There are headings, but no debt below them."),
}


def _why_not(refused: FileRefused) -> str:
    if refused.code == "broken":
        return _("A quotation mark that opens on line %(line)s never closes.") % {"line": refused.line}
    if refused.code != "columns":
        return str(_FILE_WORDS[refused.code])
    said = []
    if refused.missing:
        said.append(_("These columns are missing: %(names)s.") % {"names": _columns(refused.missing)})
    if refused.twice:
        said.append(_("These columns are there twice: %(names)s.") % {"names": _columns(refused.twice)})
    return " ".join(said)


def _columns(columns: tuple[str, ...]) -> str:
    """Column names as the file must write them, in both languages."""
    return _(", ").join(f"{COLUMNS[column][0]} ({COLUMNS[column][1]})" for column in columns)
