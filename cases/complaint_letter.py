"""A letter to the body that comes next, written from the facts of a complaint: dates, words and numbers, no adjectives.

It is in the language in which that body works, whatever language the reader of our pages has chosen.
"""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import formats, identifiers
from cases.complaint_words import category_label, rule_shown
from cases.domain.bodies import Body
from cases.models import Complaint, ComplaintFacet

LANGUAGES = {"CN": "zh-hans", "UK": "en", "US": "en"}


@dataclass(frozen=True, kw_only=True)
class Part:
    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Letter:
    """`language` is the letter's own, for the page's `lang`; `text` is the whole of it to copy."""

    language: str
    to: str
    subject: str
    day: str
    parts: tuple[Part, ...]
    name: str

    @property
    def text(self) -> str:
        body = "\n\n".join("\n".join([part.heading, *part.lines]) for part in self.parts)
        return "\n\n".join([self.to, self.subject, body, self.name, self.day])


def letter(rounds: list[Complaint], body: Body, today: dt.date) -> Letter:
    """From all rounds of one matter, the first one first. Blanks are lines to fill in by hand."""
    language = LANGUAGES.get(body.jurisdiction, "en")
    with translation.override(language):
        return _write(rounds, body, today, language)


def _write(rounds: list[Complaint], body: Body, today: dt.date, language: str) -> Letter:
    first = rounds[0]
    about = category_label(first.category)
    lender = first.lender.name if language.startswith("zh") else first.lender.name_en or first.lender.name
    blank = "________"
    wants = [str(Complaint.Want(want).label) for want in first.wants]
    if first.want_words:
        wants.append(first.want_words)
    parts = [
        Part(
            heading=_("Who complains"),
            lines=(
                _("Name: %(name)s") % {"name": first.name or blank},
                _("To be reached at: %(reach)s") % {"reach": identifiers.spoken(first.reach) or blank},
            ),
        ),
        Part(
            heading=_("Who is complained of"),
            lines=(
                _("Institution: %(lender)s") % {"lender": lender},
                _("Matter: %(about)s") % {"about": about},
            ),
        ),
        Part(heading=_("What happened"), lines=tuple(first.said.splitlines())),
        Part(
            heading=_("What was done so far"), lines=tuple(line for each in rounds for line in _history(each))
        ),
        Part(
            heading=_("What I ask for"),
            lines=tuple(f"· {want}" for want in wants) or (blank,),
        ),
        Part(heading=_("Enclosed"), lines=_enclosed(rounds)),
    ]
    return Letter(
        language=language,
        to=_("To: %(name)s") % {"name": body.name[language]},
        subject=_("Complaint about %(lender)s: %(about)s") % {"lender": lender, "about": about},
        day=_("Date: %(day)s") % {"day": formats.day(today)},
        parts=tuple(part for part in parts if part.lines),
        name=_("Signed: %(name)s") % {"name": first.name or blank},
    )


def _history(complaint: Complaint) -> list[str]:
    kept = complaint.clock
    sent = formats.day(timezone.localdate(complaint.sent_at))
    if complaint.relation == Complaint.Relation.REVIEW:
        lines = [_("%(day)s: I asked the institution to look again.") % {"day": sent}]
    elif complaint.delivered_at:
        lines = [_("%(day)s: I complained to the institution.") % {"day": sent}]
    else:
        lines = [
            _("%(day)s: I wrote this complaint down; it was not delivered through this site.") % {"day": sent}
        ]
    rule = rule_shown(kept.rule, kept.received_on, complaint.lender.jurisdiction)
    if kept.is_statutory and rule is not None:
        lines.append(
            _("An answer was due by %(day)s (%(citation)s).")
            % {"day": formats.day(kept.due_on), "citation": rule.citation}
        )
    for facet in complaint.facets.all():
        if facet.kind != ComplaintFacet.Kind.ESCALATED and facet.until:
            lines.append(
                _("%(day)s: the institution asked for time until %(until)s. Its reason: %(words)s")
                % {
                    "day": formats.day(timezone.localdate(facet.at)),
                    "until": formats.day(facet.until),
                    "words": facet.words,
                }
            )
    if kept.missed_at is not None:
        lines.append(_("No answer had come by the last day."))
    if complaint.answered_at:
        lines.append(
            _("%(day)s: the institution answered: %(words)s")
            % {"day": formats.day(timezone.localdate(complaint.answered_at)), "words": complaint.answer}
        )
    if complaint.rating in {Complaint.Rating.BAD, Complaint.Rating.PART}:
        lines.append(_("The answer does not settle the matter."))
    return lines


def _enclosed(rounds: list[Complaint]) -> tuple[str, ...]:
    entries = rounds[0].contacts.count()
    lines = [_("· My complaint as it was sent")]
    if any(each.answer for each in rounds):
        lines.append(_("· The answer of the institution"))
    if entries:
        lines.append(
            ngettext(
                "· %(n)s entry of my diary of contacts", "· %(n)s entries of my diary of contacts", entries
            )
            % {"n": entries}
        )
    return tuple(lines)
