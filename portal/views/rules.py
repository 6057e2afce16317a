"""The register: every rule that a machine here judges by, on any day, what changed between two days, and one rule by its name."""

import datetime as dt
import json
from functools import lru_cache
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cases import clock
from cases.access import public
from cases.domain import rulebook, rulebook_changes
from cases.domain.rulebook import Rule, Severity
from cases.models import Lender

PER_PAGE = 25
COVERAGE = rulebook.DIRECTORY / "coverage.json"
# In the order of the page's menu; a file that is not named here has its own name.
BOOKS: dict[str, Any] = {
    "cn": _("Mainland China"),
    "us": _("United States"),
    "uk": _("United Kingdom"),
    "clocks_cn": _("Complaint clocks, China"),
    "clocks_us": _("Complaint clocks, United States"),
    "clocks_uk": _("Complaint clocks, United Kingdom"),
    "allocation": _("What a payment pays first"),
    "guidelines": _("Guides to living costs"),
    "limitation": _("How long a debt can be sued for"),
    "retention": _("How long we keep what"),
    "grace": _("When an instalment counts as missed"),
    "house": _("Our own rules"),
}
SEVERITIES = {
    Severity.BLOCK: _("We never send against it"),
    Severity.OVERRIDE: _("Stops a message; a person may decide otherwise, and that is kept"),
    Severity.WARN: _("Warns whoever is about to send"),
    Severity.CONTENT: _("Asks for words that must be there"),
    Severity.INFORM: _("For information"),
}
KINDS = {**dict(Lender.Kind.choices), "creditor": _("Another company or a person")}


@public
@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """`book`, `on` and `since` choose; none of them is about a person, so the address may hold them."""
    names = _names()
    name = request.GET.get("book", "cn")
    if name not in names:
        raise Http404
    book, today = rulebook.load(name), clock.today()
    on, since = _day(request, "on") or today, _day(request, "since")
    rows = list(rulebook_changes.in_force(book, on).values())
    return render(
        request,
        "rules/register.html",
        {
            "book": book,
            "books": [(each, BOOKS.get(each, each)) for each in names],
            "chosen": name,
            "on": on,
            "since": since,
            "total": len(rows),
            "changes": rulebook_changes.between(book, since, on) if since else [],
            "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        },
    )


@public
@require_safe
def rule(request: HttpRequest, rule: str) -> HttpResponse:
    """One rule by its name: every edition of it, in every file that has it."""
    today, editions = clock.today(), list[dict[str, Any]]()
    for name in _names():
        for row in rulebook.load(name).rules:
            # The house's own rules stand behind the law of every place: one row, several books.
            same = next((one for one in editions if one["rule"] == row), None)
            if row.id == rule and same:
                same["books"].append(BOOKS.get(name, name))
            elif row.id == rule:
                editions.append(_edition(row, name, today))
    if not editions:
        raise Http404
    return render(
        request, "rules/rule.html", {"name": rule, "editions": editions, "tests": coverage().get(rule, [])}
    )


def _edition(row: Rule, name: str, today: dt.date) -> dict[str, Any]:
    return {
        "rule": row,
        "books": [BOOKS.get(name, name)],
        "binds": [KINDS[kind] for kind in KINDS if kind in row.applies_to],
        "severity": SEVERITIES[row.severity],
        "now": row.in_force(today),
        "numbers": [
            (key, ", ".join(value) if isinstance(value, tuple) else value)
            for key, value in row.parameters.items()
        ],
    }


def coverage() -> dict[str, list[str]]:
    """Rule → the tables of tests that speak of it, as written by `python -m tests.rule_coverage`."""
    return _coverage(COVERAGE.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _coverage(_changed: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(COVERAGE.read_text(encoding="utf-8"))
    return found


def _names() -> list[str]:
    there = {path.stem for path in rulebook.DIRECTORY.glob("*.toml")}
    return [*(name for name in BOOKS if name in there), *sorted(there - BOOKS.keys())]


def _day(request: HttpRequest, name: str) -> dt.date | None:
    """A day of the address; what is no day counts as none."""
    try:
        return dt.date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None
