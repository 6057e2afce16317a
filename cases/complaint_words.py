"""Complaints in words, for both sides: the life of one as a timeline, the rule its clock rests on, and what it lacks."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from cases import formats
from cases.domain import complaint_clock, rulebook, taxonomy
from cases.domain.rulebook import Rule, RulebookError
from cases.models import Complaint, ComplaintClock

# What stands between a complaint and the clock of the law, and what helps.
MISSING: dict[str, Any] = {
    "not_bound": gettext_lazy(
        "The rule with this deadline is for banks and consumer finance companies. For this lender, ask 12345 which office oversees it."
    ),
    "not_delivered": gettext_lazy(
        "This lender has not joined Steady, so nothing is delivered. Print this page and hand or send it to them: the law’s clock starts when they receive it."
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


def rule_shown(rule_id: str, on: dt.date) -> RuleShown | None:
    """The rule a clock rests on, as it stood on the day the clock began."""
    try:
        rule: Rule = rulebook.load("cn").rule(rule_id, on)
    except RulebookError:
        return None
    return RuleShown(
        force=str(rule.force),
        citation="" if rule.id.startswith("house.") else rule.citation,
        statement=rulebook.statement(rule, get_language() or "en"),
        verified=rule.verified,
    )


def steps(complaint: Complaint, today: dt.date, *, mine: bool) -> list[Step]:
    """The life of a complaint, with the missed date in its own place. `mine`: the borrower reads it, not the lender."""
    kept: ComplaintClock = complaint.clock
    entries = getattr(complaint, "entries", 0)
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
    if kept.missed_at is not None:
        found.append(
            Step(
                tone="late",
                title=_("The day passed without an answer"),
                when=formats.short_day(kept.due_on),
                text=_("Noted by itself. The mark stays, and the supervisor can see it."),
            )
        )
    found += _ending(complaint, kept, today, mine)
    return found


def _sent(complaint: Complaint, mine: bool) -> str:
    if not mine:
        return _("The borrower sent it")
    return _("You sent it") if complaint.delivered_at else _("You wrote it down")


def _rule_days(today: dt.date) -> int | None:
    """How many days one has to ask for a review, where a rule says so."""
    until = complaint_clock.review_until(rulebook.load("cn"), today)
    return None if until is None else (until - today).days


def _ending(complaint: Complaint, kept: ComplaintClock, today: dt.date, mine: bool) -> list[Step]:
    if complaint.state == Complaint.State.WITHDRAWN:
        return [
            Step(
                tone="done",
                title=_("You withdrew it") if mine else _("The borrower withdrew it"),
                when=formats.short_day(complaint.withdrawn_at),
            )
        ]
    review = _rule_days(today) if kept.is_statutory else None
    if complaint.state == Complaint.State.SENT:
        left = (kept.due_on - today).days
        text = ngettext("%(n)s day left.", "%(n)s days left.", left) % {"n": left} if left > 0 else ""
        if kept.limit_on and kept.missed_at is None:
            text += (" " if text else "") + _("If they call it complex, by %(day)s at the latest.") % {
                "day": formats.short_day(kept.limit_on)
            }
        waiting = Step(
            tone="now",
            title=_("Waiting for an answer"),
            when="" if kept.missed_at else _("by %(day)s") % {"day": formats.short_day(kept.due_on)},
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
    late = (timezone.localdate(complaint.answered_at) - kept.due_on).days
    answered = Step(
        tone="done",
        title=_("The lender answered") if mine else _("You answered"),
        when=formats.short_day(complaint.answered_at),
        text=ngettext("%(n)s day late", "%(n)s days late", late) % {"n": late} if late > 0 else "",
    )
    if complaint.state == Complaint.State.CLOSED:
        said = Complaint.Rating(complaint.rating).label if complaint.rating else _("Closed")
        return [
            answered,
            Step(
                tone="done",
                title=(_("You said: %(words)s") if mine else _("The borrower said: %(words)s"))
                % {"words": said},
                when=formats.short_day(complaint.rated_at),
            ),
        ]
    return [answered]
