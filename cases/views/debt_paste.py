"""Collectors' messages, pasted: shown as guesses to check, saved together, and kept nowhere until then."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from cases import naming, queries
from cases.access import Permission, requires
from cases.actions import debts as actions
from cases.domain import sms_paste
from cases.domain.refusal import Refused
from cases.forms.debts import PastedDebts, PasteForm, initial_of_guess
from cases.forms.figures import CURRENCY
from cases.forms.once import OnceForm
from cases.models import Lender

_PREFIX = "debt"


@requires(Permission.FILE_KEEP)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters()
def debt_paste(request: HttpRequest) -> HttpResponse:
    """A text becomes guesses; the second press carries what the person made of them, and records it."""
    if request.method != "POST":
        return _ask(request, PasteForm(initial={"text": _example(request)}))
    if f"{_PREFIX}-TOTAL_FORMS" in request.POST:
        return _save(request)
    form = PasteForm(request.POST)
    if not form.is_valid():
        return _ask(request, form)
    lenders = list(queries.lenders())
    named = {name: lender for lender in lenders for name in (lender.name, lender.name_en) if name}
    reading = sms_paste.read(form.cleaned_data["text"], named)
    if not reading.guesses:
        return _ask(request, form, nothing_found=True)
    if len(reading.guesses) > sms_paste.MOST_MESSAGES:
        form.add_error("text", _("There are more than 20 messages here. Please paste them in parts."))
        return _ask(request, form)
    initial = [initial_of_guess(guess, named.get(guess.lender)) for guess in reading.guesses]
    debts: Any = PastedDebts(initial=initial, prefix=_PREFIX, form_kwargs={"lenders": lenders})
    return _show(request, debts, OnceForm(), {"passed_over": reading.passed_over})


def _ask(request: HttpRequest, form: PasteForm, **context: Any) -> HttpResponse:
    example = settings.DEMO and render_to_string("debts/paste_example.txt")
    return render(request, "debts/paste.html", {"form": form, "example": example} | context)


def _example(request: HttpRequest) -> str:
    """The demo's three messages, where they were asked for."""
    if settings.DEMO and "example" in request.GET:
        return render_to_string("debts/paste_example.txt").strip()
    return ""


def _show(
    request: HttpRequest, debts: Any, once: OnceForm, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    _note_others(debts.forms, naming.named(queries.debts_for(request.user)))
    context |= {"formset": debts, "once": once, "currency": CURRENCY}
    return render(request, "debts/paste_check.html", context, status=status)


def _note_others(forms: Iterable[Any], kept: Iterable[naming.Named]) -> None:
    """Mark what may be there already: on the list, or further up on this page."""
    on_the_list = {found.lender.ref for found in kept if found.lender}
    seen: dict[str, int] = {}
    for number, form in enumerate(forms, start=1):
        lender = str(form["lender"].value() or "")
        form.title = _title(form.lenders.get(lender), str(form["lender_words"].value() or ""))
        form.on_the_list = lender in on_the_list
        if lender in form.lenders:
            form.same_as = seen.setdefault(lender, number)
            form.same_as = form.same_as if form.same_as != number else 0


def _title(lender: Lender | None, words: str) -> str:
    return naming.called(lender) if lender else words or _("Lender not known")


def _save(request: HttpRequest) -> HttpResponse:
    debts: Any = PastedDebts(request.POST, prefix=_PREFIX, form_kwargs={"lenders": list(queries.lenders())})
    once = OnceForm(request.POST)
    once.is_valid()
    if not debts.is_valid():
        return _show(request, debts, once, {})
    if debts.confirm():
        return _show(request, debts, once, {"confirming": True})
    try:
        made = actions.add_all(by=request.user, facts=debts.facts(), once=once.cleaned_data["once"])
    except Refused as refused:
        return _show(request, debts, once, {"refused": refused}, status=409)
    messages.success(
        request, ngettext("%(n)s debt saved.", "%(n)s debts saved.", len(made)) % {"n": len(made)}
    )
    return redirect("debts")
