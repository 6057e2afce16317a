"""What may follow: another look, taking up again, more time with a reason, another body. Each round has its own clock."""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import clock, queries, working_calendar
from cases.access import Permission
from cases.actions import complaint_steps as steps
from cases.actions import complaints, events
from cases.actions.complaint_steps import LONGEST, Sender, person_of
from cases.domain import bodies, complaint_clock
from cases.domain.complaint_moves import BORROWER, LENDER
from cases.domain.refusal import Refused
from cases.models import Complaint, ComplaintFacet, User

# Which more time a clock knows: the kind, the clock's column that ends it, the kind that must have come before.
_LONGER = (
    (ComplaintFacet.Kind.COMPLEX, "limit_on", ""),
    (ComplaintFacet.Kind.SPECIAL, "special_on", ComplaintFacet.Kind.COMPLEX),
)


def review_until(complaint: Complaint) -> dt.date | None:
    """The last day to ask for another look; None while there is no answer, or when this was the other look."""
    if complaint.answered_at is None or complaint.relation == Complaint.Relation.REVIEW:
        return None
    return complaint_clock.review_until(
        working_calendar.books(complaint.lender.jurisdiction),
        timezone.localdate(complaint.answered_at),
        statutory=complaint.clock.is_statutory,
    )


@transaction.atomic
def review(*, by: Sender, complaint: Complaint, said: str) -> Complaint:
    """Ask once to look again, within the days that the rule gives; returns the new round, with a clock of its own."""
    held = steps.of_sender(complaint, by)
    until = review_until(held)
    if held.relation == Complaint.Relation.REVIEW:
        raise Refused("reviewed_already", _("They have looked again once. The next step is another body."))
    steps.move(held, "review", BORROWER)
    if until is None or clock.today() > until:
        raise Refused("too_late", _("The days for this are over. You can still go to another body."))
    return _another(held, by, Complaint.Relation.REVIEW, said)


@transaction.atomic
def reopen(*, by: Sender, complaint: Complaint, said: str) -> Complaint:
    """Take up again what was withdrawn, for whatever reason it was; returns the new round, with a clock of its own."""
    held = steps.of_sender(complaint, by)
    steps.move(held, "reopen", BORROWER)
    return _another(held, by, Complaint.Relation.REOPENED, said)


def _another(held: Complaint, by: Sender, relation: str, said: str) -> Complaint:
    """What was sent before goes along by reference; `said` is what is new."""
    draft = complaints.Draft(
        lender=held.lender,
        category=held.category,
        labels=tuple(held.labels),
        said=said,
        wants=tuple(held.wants),
        want_words=held.want_words,
        name=held.name,
        reach=held.reach,
    )
    draft.check()
    held.save(update_fields=["state"])
    started = complaints.clock_for(draft, clock.today(), review=relation == Complaint.Relation.REVIEW)
    now = clock.now()
    made = Complaint.objects.create(
        borrower=held.borrower,
        receipt=held.receipt,
        receipt_index=held.receipt_index,
        follows=held,
        relation=relation,
        lender=held.lender,
        category=held.category,
        labels=held.labels,
        name=held.name,
        reach=held.reach,
        said=said.strip(),
        wants=held.wants,
        want_words=held.want_words,
        sent_at=now,
        delivered_at=now if held.lender.joined else None,
    )
    made.contacts.set(held.contacts.all())
    steps.start(made, started)
    who = person_of(by)
    events.record(
        "complaint.review_asked" if relation == Complaint.Relation.REVIEW else "complaint.reopened",
        by=who,
        about=made,
        person=who,
        lender=held.lender,
        follows=held.ref,
        clock=str(started.kind),
        rule=started.rule,
        due_on=started.due_on.isoformat(),
    )
    return made


def may_extend(complaint: Complaint) -> tuple[str, dt.date] | None:
    """The kind of more time that this clock still knows today, and its last day; None when there is none."""
    if complaint.state != Complaint.State.SENT or clock.today() > complaints.last_day(complaint):
        return None
    had = {facet.kind for facet in complaint.facets.all()}
    kinds = (
        _LONGER
        if complaint.lender.jurisdiction == "CN"
        else ((ComplaintFacet.Kind.PROGRESS, "limit_on", ""),)
    )
    for kind, column, before in kinds:
        until = getattr(complaint.clock, column)
        if until is not None and kind not in had and (not before or before in had):
            return str(kind), until
    return None


@transaction.atomic
def extend(*, by: User, complaint: Complaint, words: str) -> ComplaintFacet:
    """The lender says that it needs more time, and why, before its day has passed. The clock itself is not touched."""
    held = steps.of_lender(complaint, queries.lender_of(by) if by.may(Permission.CASE_ANSWER) else None)
    steps.move(held, "extend", LENDER)
    if not words.strip():
        raise Refused("nothing_said", _("Say why. The borrower reads it."), field="why")
    if len(words) > LONGEST:
        raise Refused("too_long", _("This is longer than we can keep. Please shorten it."), field="why")
    more = may_extend(held)
    if more is None:
        raise Refused("no_more_time", _("The rule for this deadline gives no more time now."))
    kind, until = more
    facet = ComplaintFacet.objects.create(
        complaint=held, kind=kind, at=clock.now(), until=until, words=words.strip()
    )
    events.record(
        "complaint.extended",
        by=by,
        about=held,
        person=held.borrower,
        lender=held.lender,
        facet=kind,
        until=until.isoformat(),
    )
    return facet


@transaction.atomic
def escalate(*, by: Sender, complaint: Complaint, body: str) -> ComplaintFacet:
    """The person writes down that they took it to another body. A second time is the first."""
    held = steps.of_sender(complaint, by)
    if bodies.load().get(body) is None:
        raise Refused("unknown_body", _("Choose from the list."), field="body")
    facet, new = ComplaintFacet.objects.get_or_create(
        complaint=held, kind=ComplaintFacet.Kind.ESCALATED, body=body, defaults={"at": clock.now()}
    )
    if new:
        who = person_of(by)
        events.record("complaint.escalated", by=who, about=held, person=who, lender=held.lender, body=body)
    return facet
