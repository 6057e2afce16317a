"""Complaints in words, for both sides: the life of one as a timeline, the rule its clock rests on, and what it lacks."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from cases import formats, working_calendar
from cases.domain import bodies, complaint_clock, rulebook, taxonomy
from cases.domain.rulebook import Rule, RulebookError
from cases.models import Complaint, ComplaintClock, ComplaintFacet

# What stands between a complaint and the clock of the law, and what helps.
MISSING: dict[str, Any] = {
    "not_bound": gettext_lazy(
        "The rule with this deadline is for banks and consumer finance companies. For this lender, ask 12345 which office oversees it."
    ),
    "not_delivered": gettext_lazy(
        "This lender has not joined Steady, so nothing is delivered. Print this page and hand or send it to them: the law’s clock starts when they receive it."
    ),
    "not_through_cfpb": gettext_lazy(
        "The federal bureau’s own clock runs for complaints handed in at the bureau (consumerfinance.gov). We use its days as a yardstick."
    ),
    "name": gettext_lazy("Your name is missing. Add it to start the law’s clock."),
    "contact": gettext_lazy("A way to reach you is missing. Add one to start the law’s clock."),
    "not_bound_not_delivered": gettext_lazy(
        "This lender has not joined Steady, so nothing is delivered. Print this page and hand or send it to them."
    ),
    "institution": gettext_lazy("The institution is missing."),
    "claim": gettext_lazy("It does not say what you want. Add a wish to start the law’s clock."),
    "facts": gettext_lazy("It does not say what happened. Add a few words to start the law’s clock."),
}


def lacking(missing: Iterable[str]) -> list[str]:
    """What keeps a complaint from the law's clock, in words; what would help only where the law has a clock for it."""
    names = list(missing)
    if complaint_clock.NOT_BOUND in names:
        undelivered = complaint_clock.NOT_DELIVERED in names
        names = [complaint_clock.NOT_BOUND, *(["not_bound_not_delivered"] if undelivered else [])]
    return [str(MISSING.get(name, name)) for name in names]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of a timeline; tones as in `{% happened %}`."""

    tone: str
    title: str
    when: str = ""
    text: str = ""


def category_label(code: str) -> str:
    """What it is about, in the reader's language; the code itself for one that is no longer in the list."""
    category = taxonomy.load().get(code)
    return category.label.get(get_language() or "en", category.label["en"]) if category else code


@dataclass(frozen=True, kw_only=True)
class RuleShown:
    force: str
    citation: str
    statement: str
    verified: bool


def rule_shown(rule_id: str, on: dt.date, jurisdiction: str = "CN") -> RuleShown | None:
    """The rule a clock rests on, as it stood on the day the clock began."""
    rule = _rule(rule_id, on, jurisdiction)
    if rule is None:
        return None
    return RuleShown(
        force=str(rule.force),
        citation="" if rule.id.startswith("house.") else rule.citation,
        statement=rulebook.statement(rule, get_language() or "en"),
        verified=rule.verified,
    )


def _rule(rule_id: str, on: dt.date, jurisdiction: str) -> Rule | None:
    for book in working_calendar.books(jurisdiction):
        try:
            return book.rule(rule_id, on)
        except RulebookError:
            continue
    return None


def body_name(code: str) -> str:
    """What a body is called in the reader's language; the code itself for one that is no longer in the list."""
    body = bodies.load().get(code)
    return body.name.get(get_language() or "en", body.name["en"]) if body else code


def steps(complaint: Complaint, today: dt.date, *, mine: bool) -> list[Step]:
    """The life of a complaint, with the missed date in its own place. `mine`: the borrower reads it, not the lender."""
    kept: ComplaintClock = complaint.clock
    entries = getattr(complaint, "entries", 0)
    facets = list(complaint.facets.all())
    found = [
        Step(
            tone="done",
            title=_sent(complaint, mine),
            when=formats.short_day(complaint.sent_at),
            text=ngettext("%(n)s entry goes with it", "%(n)s entries go with it", entries) % {"n": entries}
            if entries
            else "",
        )
    ]
    if complaint.delivered_at:
        found.append(
            Step(
                tone="done",
                title=_("The lender has it") if mine else _("You have it"),
                when=formats.short_day(complaint.delivered_at),
            )
        )
    else:
        found.append(Step(tone="todo", title=_("Not delivered yet"), text=_("This lender has not joined.")))
    found += [_facet(facet) for facet in facets if facet.until]
    due_on = max([kept.due_on, *(facet.until for facet in facets if facet.until)])
    if kept.missed_at is not None:
        found.append(
            Step(
                tone="late",
                title=_("The day passed without an answer"),
                when=formats.short_day(due_on),
                text=_("Noted by itself. The mark stays, and the supervisor can see it."),
            )
        )
    found += _ending(complaint, kept, due_on, today, mine)
    if mine:
        found += [_facet(facet) for facet in facets if not facet.until]
    if complaint.state == Complaint.State.CONTINUED:
        found.append(
            Step(tone="todo", title=_("It goes on in a new round"), text=_("With a deadline of its own."))
        )
    return found


def _facet(facet: ComplaintFacet) -> Step:
    """More time with its reason, or the other body it was taken to."""
    if facet.until:
        until = _("New last day: %(day)s.") % {"day": formats.short_day(facet.until)}
        return Step(
            tone="done",
            title=str(facet.get_kind_display()),
            when=formats.short_day(facet.at),
            text=f"{until} {facet.words}".strip(),
        )
    return Step(
        tone="done",
        title=_("You took it to another body"),
        when=formats.short_day(facet.at),
        text=body_name(facet.body),
    )


def _sent(complaint: Complaint, mine: bool) -> str:
    if complaint.relation == Complaint.Relation.REVIEW:
        return _("You asked them to look again") if mine else _("The borrower asked to look again")
    if complaint.relation == Complaint.Relation.REOPENED:
        return _("You took it up again") if mine else _("The borrower took it up again")
    if not mine:
        return _("The borrower sent it")
    return _("You sent it") if complaint.delivered_at else _("You wrote it down")


def _rule_days(complaint: Complaint, today: dt.date) -> int | None:
    """How many days one has to ask for a review, where a rule says so; once only."""
    if complaint.relation == Complaint.Relation.REVIEW:
        return None
    books = working_calendar.books(complaint.lender.jurisdiction)
    until = complaint_clock.review_until(books, today, statutory=complaint.clock.is_statutory)
    return None if until is None else (until - today).days


def _ending(
    complaint: Complaint, kept: ComplaintClock, due_on: dt.date, today: dt.date, mine: bool
) -> list[Step]:
    if complaint.withdrawn_at is not None:
        return [
            Step(
                tone="done",
                title=_("You withdrew it") if mine else _("The borrower withdrew it"),
                when=formats.short_day(complaint.withdrawn_at),
            )
        ]
    review = _rule_days(complaint, today) if complaint.delivered_at else None
    if complaint.state == Complaint.State.SENT:
        left = (due_on - today).days
        text = ngettext("%(n)s day left.", "%(n)s days left.", left) % {"n": left} if left > 0 else ""
        if kept.limit_on and kept.limit_on > due_on and kept.missed_at is None:
            text += (" " if text else "") + _("If they call it complex, by %(day)s at the latest.") % {
                "day": formats.short_day(kept.limit_on)
            }
        waiting = Step(
            tone="now",
            title=_("Waiting for an answer"),
            when="" if kept.missed_at else _("by %(day)s") % {"day": formats.short_day(due_on)},
            text=text,
        )
        if review is None or not mine:
            return [waiting]
        return [
            waiting,
            Step(
                tone="todo",
                title=_("Not satisfied? Ask them to look again"),
                text=_("Within %(n)s days of the decision") % {"n": review},
            ),
        ]
    if complaint.answered_at is None:
        return []
    late = (timezone.localdate(complaint.answered_at) - due_on).days
    answered = Step(
        tone="done",
        title=_("The lender answered") if mine else _("You answered"),
        when=formats.short_day(complaint.answered_at),
        text=ngettext("%(n)s day late", "%(n)s days late", late) % {"n": late} if late > 0 else "",
    )
    if complaint.rated_at is not None:
        said = Complaint.Rating(complaint.rating).label if complaint.rating else _("Closed")
        return [
            answered,
            Step(
                tone="done",
                title=(_("You said: %(words)s") if mine else _("The borrower said: %(words)s"))
                % {"words": said},
                when=formats.short_day(complaint.rated_at),
                text=complaint.rating_words,
            ),
        ]
    return [answered]
