"""Complaining, answering and closing. The clock is written once, when the complaint is sent; nothing here moves it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock, queries
from cases.access import Permission
from cases.actions import complaint_facts, events, work
from cases.domain import complaint_clock, lifecycle, rulebook, taxonomy
from cases.domain.complaint_moves import BORROWER, LENDER, MOVES
from cases.domain.refusal import Refused
from cases.models import (
    Complaint,
    ComplaintClock,
    ComplaintFact,
    Consent,
    Contact,
    Lender,
    MissedClock,
    Submission,
    User,
)

LONGEST = 4000
CONSENT_DAYS = 365
_BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A complaint before it is sent. `name` and `reach` are given to the lender; both may stay empty."""

    lender: Lender
    category: str
    said: str
    wants: tuple[str, ...] = ()
    want_words: str = ""
    name: str = ""
    reach: str = ""
    contacts: Sequence[Contact] = field(default_factory=tuple)

    def check(self) -> None:
        """Raises Refused, whichever face it came through."""
        if taxonomy.load().get(self.category) is None:
            raise Refused("unknown_category", _("Choose what it is about."), field="category")
        if not self.said.strip():
            raise Refused("nothing_said", _("Write what happened. A few words are enough."), field="said")
        if not set(self.wants) <= set(Complaint.Want.values):
            raise Refused("unknown_want", _("Choose from the list."), field="wants")
        if max(len(self.said), len(self.want_words)) > LONGEST:
            raise Refused("too_long", _("This is longer than we can keep. Please shorten it."), field="said")

    @property
    def carries(self) -> frozenset[str]:
        """Which of the fields that a complaint must carry by law are filled in."""
        given = {
            "name": self.name.strip(),
            "contact": self.reach.strip(),
            "institution": self.lender.name,
            "claim": self.wants or self.want_words.strip(),
            "facts": self.said.strip(),
        }
        return frozenset(name for name, value in given.items() if value)


def clock_for(draft: Draft, on: dt.date) -> complaint_clock.Clock:
    """The clock this draft would start if it were sent on this day."""
    return complaint_clock.clock(
        rulebook.load("cn"),
        complaint_clock.Complaint(
            received_on=on,
            lender_type=draft.lender.kind,
            delivered=draft.lender.joined,
            carries=draft.carries,
        ),
    )


@transaction.atomic
def send(*, by: User, draft: Draft, once: str = "") -> Complaint:
    """Deliver a complaint to the lender through this site and start its clock.

    A lender that has not joined receives nothing: the complaint is kept, with our own deadline. The same one-time token
    a second time returns the complaint of the first. Raises Refused for a lender the person has no debt with.
    """
    if not by.may(Permission.FILE_KEEP):
        raise Refused("not_allowed", _("Only the person themselves can change this."))
    User.objects.select_for_update().get(pk=by.pk)
    if once:
        earlier = Submission.objects.filter(
            borrower=by, purpose=Submission.Purpose.COMPLAINT, key=once
        ).first()
        if earlier:
            return Complaint.objects.select_related("clock", "lender").get(borrower=by, ref=earlier.made[0])
    draft.check()
    if draft.lender not in queries.creditors_of(by):
        raise Refused(
            "no_debt_with_lender",
            _("None of your debts is with this lender. Add the debt first, then send the complaint."),
            field="lender",
        )
    entries = list(
        Contact.objects.filter(
            pk__in=[contact.pk for contact in draft.contacts], borrower=by, own=False, removed_at__isnull=True
        )
    )
    now, today = clock.now(), clock.today()
    started = clock_for(draft, today)
    if draft.lender.joined:
        _consent(by, draft, now, today)
    complaint = Complaint.objects.create(
        borrower=by,
        lender=draft.lender,
        category=draft.category,
        name=draft.name.strip(),
        reach=draft.reach.strip(),
        said=draft.said.strip(),
        wants=list(draft.wants),
        want_words=draft.want_words.strip(),
        sent_at=now,
        delivered_at=now if draft.lender.joined else None,
    )
    complaint.contacts.set(entries)
    ComplaintClock.objects.create(
        complaint=complaint,
        kind=str(started.kind),
        rule=started.rule,
        rulebook_version=started.rulebook_version,
        received_on=started.received_on,
        due_on=started.due_on,
        limit_on=started.limit_on,
        missing=list(started.missing),
    )
    if once:
        Submission.objects.create(
            borrower=by, purpose=Submission.Purpose.COMPLAINT, key=once, made=[complaint.ref], at=now
        )
    events.record(
        "complaint.sent",
        by=by,
        about=complaint,
        person=by,
        lender=draft.lender,
        category=draft.category,
        delivered=draft.lender.joined,
        clock=str(started.kind),
        rule=started.rule,
        due_on=started.due_on.isoformat(),
        entries=len(entries),
    )
    return complaint


@transaction.atomic
def answer(*, by: User, complaint: Complaint, text: str) -> Complaint:
    """The lender's answer. Late or not, it is taken; a clock that ran out keeps its mark."""
    lender = queries.lender_of(by) if by.may(Permission.CASE_ANSWER) else None
    held = _held(complaint, side=LENDER, lender=lender)
    _move(held, "answer", LENDER)
    if not text.strip():
        raise Refused("nothing_said", _("Write a sentence. The borrower reads it."), field="text")
    if len(text) > LONGEST:
        raise Refused("too_long", _("This is longer than we can keep. Please shorten it."), field="text")
    if complaint_clock.is_missed(held.clock.due_on, clock.today()):
        # The night's mark may not have been made yet; the answer must not be quicker.
        _mark(held.clock)
    else:
        _count(held, ComplaintFact.Response.IN_TIME)
    held.answer, held.answered_at, held.answered_by = text.strip(), clock.now(), by
    held.save(update_fields=["state", "answer", "answered_at", "answered_by"])
    events.record("complaint.answered", by=by, about=held, person=held.borrower, lender=held.lender)
    work.put("complaint_answered", about=held, person=held.borrower)
    return held


@transaction.atomic
def withdraw(*, by: User, complaint: Complaint) -> Complaint:
    """The person takes the complaint back; the procedure ends the same day."""
    held = _held(complaint, side=BORROWER, borrower=by)
    _move(held, "withdraw", BORROWER)
    held.withdrawn_at = clock.now()
    held.save(update_fields=["state", "withdrawn_at"])
    if held.delivered_at is not None and held.clock.missed_at is None:
        _count(held, ComplaintFact.Response.WITHDRAWN)
    events.record("complaint.withdrawn", by=by, about=held, person=by, lender=held.lender)
    return held


@transaction.atomic
def rate(*, by: User, complaint: Complaint, rating: str) -> Complaint:
    """The person says whether the answer will do; either way this complaint is closed here."""
    held = _held(complaint, side=BORROWER, borrower=by)
    if rating not in Complaint.Rating.values:
        raise Refused("unknown_rating", _("Choose from the list."), field="rating")
    _move(held, "rate", BORROWER)
    held.rating, held.rated_at = rating, clock.now()
    held.save(update_fields=["state", "rating", "rated_at"])
    events.record("complaint.rated", by=by, about=held, person=by, lender=held.lender, rating=rating)
    return held


def mark_missed() -> int:
    """Mark every clock of a delivered complaint that ran out without an answer; returns how many. Safe to repeat."""
    marked = 0
    while True:
        batch = list(
            ComplaintClock.objects.filter(
                due_on__lt=clock.today(),
                missed__isnull=True,
                complaint__state=Complaint.State.SENT,
                complaint__delivered_at__isnull=False,
            ).values_list("pk", flat=True)[:_BATCH]
        )
        if not batch:
            return marked
        marked += sum(_mark_one(pk) for pk in batch)


@transaction.atomic
def _mark_one(pk: int) -> bool:
    clock_row = ComplaintClock.objects.select_related("complaint__borrower", "complaint__lender").get(pk=pk)
    held = Complaint.objects.select_for_update().get(pk=clock_row.complaint_id)
    return held.state == Complaint.State.SENT and _mark(clock_row)


def _mark(clock_row: ComplaintClock) -> bool:
    """Whether the mark is new."""
    if clock_row.complaint.delivered_at is None:
        return False
    _row, new = MissedClock.objects.get_or_create(clock=clock_row, defaults={"noted_at": clock.now()})
    if new:
        complaint = clock_row.complaint
        _count(complaint, ComplaintFact.Response.MISSED)
        events.record(
            "complaint.clock_missed",
            by=None,
            about=complaint,
            person=complaint.borrower,
            lender=complaint.lender,
            clock=clock_row.kind,
            due_on=clock_row.due_on.isoformat(),
        )
    return new


def _count(complaint: Complaint, response: str) -> None:
    """The public's count, once, when the outcome is known; nothing leads back from it."""
    complaint_facts.note(
        lender=complaint.lender,
        category=complaint.category,
        received_on=complaint.clock.received_on,
        response=response,
    )


def _held(
    complaint: Complaint, *, side: str, borrower: User | None = None, lender: Lender | None = None
) -> Complaint:
    """The complaint, locked after its person. Raises Complaint.DoesNotExist for everybody else's."""
    whose = {"borrower": borrower} if side == BORROWER else {"lender": lender, "delivered_at__isnull": False}
    if None in whose.values():
        raise Complaint.DoesNotExist
    User.objects.select_for_update().get(pk=complaint.borrower_id)
    Complaint.objects.select_for_update().get(pk=complaint.pk, **whose)
    return Complaint.objects.select_related("borrower", "lender", "clock").get(pk=complaint.pk)


_NO_LONGER = {
    Complaint.State.WITHDRAWN: _(
        "The borrower has withdrawn this complaint, so it can no longer be answered."
    ),
    Complaint.State.ANSWERED: _("This complaint has been answered already. The first answer stands."),
    Complaint.State.CLOSED: _("This complaint is closed, so it can no longer be answered."),
}


def _move(held: Complaint, verb: str, who: str) -> None:
    try:
        held.state = lifecycle.move(MOVES, held.state, verb, who)
    except Refused as refused:
        if verb == "answer" and refused.code == "not_possible_now":
            raise Refused("complaint_over", _NO_LONGER[Complaint.State(held.state)]) from None
        raise Refused(
            "complaint_changed", _("This is no longer possible. This is how the complaint stands now.")
        ) from None


def _consent(by: User, draft: Draft, now: dt.datetime, today: dt.date) -> None:
    """A dated permission that exists before anything reaches the lender; it names what is handed over."""
    Consent.objects.filter(
        borrower=by, lender=draft.lender, purpose=Consent.Purpose.COMPLAIN, revoked_at__isnull=True
    ).update(revoked_at=now)
    given = ["complaint", *(name for name in ("name", "contact") if name in draft.carries)]
    Consent.objects.create(
        borrower=by,
        lender=draft.lender,
        purpose=Consent.Purpose.COMPLAIN,
        fields=given,
        given_at=now,
        expires_on=today + dt.timedelta(days=CONSENT_DAYS),
    )
    events.record(
        "consent.given", by=by, about=by, person=by, lender=draft.lender, fields=given, purpose="complain"
    )
