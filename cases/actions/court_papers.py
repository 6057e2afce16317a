"""Papers from a court, written down by the person: the day they came decides by when to answer. Only the clock stands."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock, queries, working_calendar
from cases.access import Permission
from cases.actions import events, handed_in
from cases.domain import court_clock
from cases.domain.refusal import Refused
from cases.domain.rulebook import RulebookError
from cases.models import CourtPaper, Lender, Submission, User

JURISDICTIONS = ("CN", "UK", "US")
# Papers older than this are history; the person needs a lawyer and not a clock.
_OLDEST_DAYS = 366


@transaction.atomic
def note(
    *,
    by: User,
    jurisdiction: str,
    rule: str,
    received_on: dt.date,
    lender: Lender | None = None,
    once: str = "",
) -> CourtPaper:
    """Write down that papers came. Raises Refused for a kind no row knows, a day to come, or one more than a year ago."""
    if not by.may(Permission.FILE_KEEP):
        raise Refused("not_allowed", _("Only the person themselves can change this."))
    User.objects.select_for_update().get(pk=by.pk)
    made = handed_in.made_of(by, Submission.Purpose.COURT, once)
    if made is not None:
        return CourtPaper.objects.get(borrower=by, ref=made[0])
    today = clock.today()
    if received_on > today:
        raise Refused("in_the_future", _("This day is still to come."), field="received_on")
    if (today - received_on).days > _OLDEST_DAYS:
        raise Refused(
            "too_long_ago",
            _("This is more than a year ago. Please ask a lawyer now; free help is named below."),
            field="received_on",
        )
    if lender is not None and lender not in queries.creditors_of(by):
        raise Refused("no_debt_with_lender", _("None of your debts is with this lender."), field="lender")
    try:
        if jurisdiction not in JURISDICTIONS or not rule.startswith(court_clock.PREFIX):
            raise RulebookError(rule)
        found = court_clock.clock(
            working_calendar.books(jurisdiction)[-1],
            rule,
            received_on,
            working_calendar.calendar(jurisdiction, received_on),
        )
    except RulebookError:
        raise Refused("unknown_papers", _("Choose from the list."), field="kind") from None
    paper = CourtPaper.objects.create(
        borrower=by,
        lender=lender,
        jurisdiction=jurisdiction,
        rule=found.rule,
        rulebook_version=found.rulebook_version,
        calendar=found.calendar,
        received_on=received_on,
        due_on=found.due_on,
        longer_on=found.longer_on,
        moved=found.moved,
        recorded_at=clock.now(),
    )
    handed_in.keep(by, Submission.Purpose.COURT, once, [paper.ref], paper.recorded_at)
    events.record(
        "court.noted", by=by, about=paper, person=by, rule=paper.rule, due_on=paper.due_on.isoformat()
    )
    return paper


@transaction.atomic
def answered(*, by: User, paper: CourtPaper) -> CourtPaper:
    """The person has answered the court. Raises CourtPaper.DoesNotExist for somebody else's."""
    held = _held(by, paper)
    if held.answered_on is None:
        held.answered_on = clock.today()
        held.save(update_fields=["answered_on"])
        events.record("court.answered", by=by, about=held, person=by)
    return held


@transaction.atomic
def remove(*, by: User, paper: CourtPaper) -> CourtPaper:
    """Take papers off the page, for instance a wrong day; a new note starts a new clock."""
    held = _held(by, paper)
    held.removed_at = clock.now()
    held.save(update_fields=["removed_at"])
    events.record("court.removed", by=by, about=held, person=by)
    return held


def _held(by: User, paper: CourtPaper) -> CourtPaper:
    User.objects.select_for_update().get(pk=by.pk)
    return CourtPaper.objects.select_for_update().get(pk=paper.pk, borrower=by, removed_at__isnull=True)
