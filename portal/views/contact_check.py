"""Was this contact allowed? One screen for anyone: the rules' answer, with what one can do about it.

The answer is in the reply to the POST and nowhere else: no account, no session, nothing kept, no address that says anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from cases import verdicts
from cases.access import public
from cases.domain import bodies, taxonomy
from cases.domain.bodies import When
from cases.domain.conduct import Finding
from cases.domain.one_contact import Asked, row_of, topic_of
from cases.domain.rulebook import Rule, Rulebook
from portal.forms.contact_check import ContactCheckForm

_DANGER = frozenset({"threat_violence", "home_entry", "unlawful_visit"})


@dataclass(frozen=True, kw_only=True)
class Ground:
    """One rule that speaks against it, in words."""

    text: str
    rule: Rule


@dataclass(frozen=True, kw_only=True)
class Point:
    """One thing that stands out, with every rule that says so, strongest first."""

    title: str
    grounds: Sequence[Ground]


@dataclass(frozen=True, kw_only=True)
class Help:
    """A body that takes such a complaint; `early`: it asks for the lender's answer first."""

    name: str
    takes: str
    phone: str
    web: str
    early: bool


@public
@require_http_methods(["GET", "HEAD", "POST"])
def contact_check(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "tools/contact_check.html", {"form": ContactCheckForm()})
    form = ContactCheckForm(request.POST)
    context: dict[str, object] = {"form": form}
    if form.is_valid():
        asked = form.asked()
        book, findings = asked.question().book, asked.findings()
        context |= {
            "answered": True,
            "day": form.cleaned_data["day"],
            "points": _points(book, findings),
            "rules": len(findings),
            "helps": helps(asked, findings),
            "danger": bool(_DANGER & set(asked.traits)),
            "emergency": {"CN": "110", "US": "911", "UK": "999"}[asked.jurisdiction],
        }
    return render(request, "tools/contact_check.html", context)


def _points(book: Rulebook, findings: Sequence[Finding]) -> list[Point]:
    by_title: dict[str, list[Ground]] = {}
    for finding in findings:
        title = verdicts.title(topic_of(finding.rule), str(finding.because.get("local_time", "")))
        ground = Ground(text=verdicts.text(book, finding), rule=row_of(book, finding))
        by_title.setdefault(title, []).append(ground)
    return [Point(title=title, grounds=grounds) for title, grounds in by_title.items()]


def helps(asked: Asked, findings: Sequence[Finding]) -> list[Help]:
    """Who takes a complaint about this, in the order in which one would try them. None where nothing stood out."""
    language, found, known = get_language() or "en", [], taxonomy.load()
    wanted = set()
    for finding in findings:
        category = known.suggested((topic_of(finding.rule),))
        wanted.add((category.issue.code, category.code) if category else ("", ""))
    for body in bodies.load().rows:
        if any(
            body.fits(
                jurisdiction=str(asked.jurisdiction),
                lender_type=str(asked.lender_type),
                issue=issue,
                category=category,
            )
            for issue, category in wanted
        ):
            found.append(
                Help(
                    name=body.name[language],
                    takes=body.takes[language],
                    phone=body.phone,
                    web=body.web,
                    early=body.when is When.AFTER_LENDER,
                )
            )
    return found
