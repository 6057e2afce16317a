"""Complaining, answering and closing. The clock is written once, when the complaint is sent; nothing here moves it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock, queries, working_calendar
from cases.access import Permission
from cases.actions import complaint_steps as steps
from cases.actions import events, handed_in, work
from cases.actions.complaint_steps import LONGEST, Sender, person_of
from cases.domain import complaint_clock, receipt, taxonomy
from cases.domain.complaint_moves import BORROWER, LENDER
from cases.domain.refusal import Refused
from cases.fields import blind_index
from cases.models import (
    Complaint,
    ComplaintClock,
    ComplaintFact,
    Consent,
    Contact,
    Lender,
    Submission,
    User,
)

MOST_LABELS = 5
CONSENT_DAYS = 365
_BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A complaint before it is sent. `name` and `reach` are given to the lender; both may stay empty."""

    lender: Lender
    category: str
    said: str
    labels: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    want_words: str = ""
    name: str = ""
    reach: str = ""
    contacts: Sequence[Contact] = field(default_factory=tuple)

    def check(self) -> None:
        """Raises Refused, whichever face it came through."""
        known = taxonomy.load()
        if known.get(self.category) is None:
            raise Refused("unknown_category", _("Choose what it is about."), field="category")
        if any(known.get(label) is None for label in self.labels):
            raise Refused("unknown_category", _("Choose from the list."), field="labels")
        if len(self.labels) > MOST_LABELS:
            raise Refused("too_many_labels", _("Choose five at most."), field="labels")
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


def clock_for(draft: Draft, on: dt.date, *, review: bool = False) -> complaint_clock.Clock:
    """The clock this draft would start if it were sent on this day. Raises RulebookError only for a broken rule file."""
    law = draft.lender.jurisdiction
    return complaint_clock.clock(
        working_calendar.books(law),
        complaint_clock.Complaint(
            received_on=on,
            lender_type=draft.lender.kind,
            delivered=draft.lender.joined,
            carries=draft.carries,
            jurisdiction=law,
            review=review,
        ),
        working_calendar.calendar(law, on),
    )


@transaction.atomic
def send(*, by: User | None, draft: Draft, once: str = "") -> Complaint:
    """Deliver a complaint to the lender through this site, start its clock and draw its receipt.

    `by` None is a visitor without an account, who may complain about any lender and has the receipt alone. A lender that has
    not joined receives nothing: the complaint is kept, with our own deadline. The same one-time token a second time
    returns the complaint of the first. Raises Refused for a lender an account has no debt with.
    """
    digits = receipt.from_seed(blind_index(f"once:{once}").encode()) if once and by is None else receipt.new()
    if by is not None:
        earlier = _before(by, once)
        if earlier is not None:
            return earlier
    draft.check()
    if by is not None and draft.lender not in queries.creditors_of(by):
        raise Refused(
            "no_debt_with_lender",
            _("None of your debts is with this lender. Add the debt first, then send the complaint."),
            field="lender",
        )
    index = receipt_index(digits)
    if by is None:
        # Two presses at once meet at the lender's row; the second finds what the first wrote.
        Lender.objects.select_for_update().get(pk=draft.lender.pk)
        sent = Complaint.objects.filter(receipt_index=index, follows__isnull=True).first()
        if sent is not None:
            return sent
    complaint = _write(by, draft, digits, index)
    if by is not None:
        handed_in.keep(by, Submission.Purpose.COMPLAINT, once, [complaint.ref], complaint.sent_at)
    return complaint


def receipt_index(digits: str) -> str:
    """The keyed hash under which a receipt is found; never empty, whatever was typed."""
    return blind_index(f"receipt:{digits}")


def _before(by: User, once: str) -> Complaint | None:
    if not by.may(Permission.FILE_KEEP):
        raise Refused("not_allowed", _("Only the person themselves can change this."))
    User.objects.select_for_update().get(pk=by.pk)
    made = handed_in.made_of(by, Submission.Purpose.COMPLAINT, once)
    if made is None:
        return None
    return Complaint.objects.select_related("clock", "lender").get(borrower=by, ref=made[0])


def _write(by: User | None, draft: Draft, digits: str, index: str) -> Complaint:
    entries: list[Contact] = []
    if by is not None:
        chosen = [contact.pk for contact in draft.contacts]
        entries = list(Contact.objects.filter(pk__in=chosen, borrower=by, own=False, removed_at__isnull=True))
    now, today = clock.now(), clock.today()
    started = clock_for(draft, today)
    if draft.lender.joined and by is not None:
        _consent(by, draft, now, today)
    complaint = Complaint.objects.create(
        borrower=by,
        receipt=digits,
        receipt_index=index,
        lender=draft.lender,
        category=draft.category,
        labels=[label for label in dict.fromkeys(draft.labels) if label != draft.category],
        name=draft.name.strip(),
        reach=draft.reach.strip(),
        said=draft.said.strip(),
        wants=list(draft.wants),
        want_words=draft.want_words.strip(),
        sent_at=now,
        delivered_at=now if draft.lender.joined else None,
    )
    complaint.contacts.set(entries)
    steps.start(complaint, started)
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
    held = steps.of_lender(complaint, queries.lender_of(by) if by.may(Permission.CASE_ANSWER) else None)
    steps.move(held, "answer", LENDER)
    if not text.strip():
        raise Refused("nothing_said", _("Write a sentence. The borrower reads it."), field="text")
    if len(text) > LONGEST:
        raise Refused("too_long", _("This is longer than we can keep. Please shorten it."), field="text")
    if complaint_clock.is_missed(last_day(held), clock.today()):
        # The night's mark may not have been made yet; the answer must not be quicker.
        steps.mark(held.clock)
    elif held.clock.missed_at is None:
        steps.count(held, ComplaintFact.Response.IN_TIME)
    held.answer, held.answered_at, held.answered_by = text.strip(), clock.now(), by
    held.save(update_fields=["state", "answer", "answered_at", "answered_by"])
    events.record("complaint.answered", by=by, about=held, person=held.borrower, lender=held.lender)
    if held.borrower is not None:
        work.put("complaint_answered", about=held, person=held.borrower)
    return held


@transaction.atomic
def withdraw(*, by: Sender, complaint: Complaint) -> Complaint:
    """The person takes the complaint back; the procedure ends the same day."""
    held = steps.of_sender(complaint, by)
    steps.move(held, "withdraw", BORROWER)
    held.withdrawn_at = clock.now()
    held.save(update_fields=["state", "withdrawn_at"])
    if held.delivered_at is not None and held.clock.missed_at is None:
        steps.count(held, ComplaintFact.Response.WITHDRAWN)
    who = person_of(by)
    events.record("complaint.withdrawn", by=who, about=held, person=who, lender=held.lender)
    return held


@transaction.atomic
def rate(*, by: Sender, complaint: Complaint, rating: str, words: str = "") -> Complaint:
    """The person says whether the answer will do, in words if they like; either way this round is closed here."""
    held = steps.of_sender(complaint, by)
    if rating not in Complaint.Rating.values:
        raise Refused("unknown_rating", _("Choose from the list."), field="rating")
    if len(words) > LONGEST:
        raise Refused("too_long", _("This is longer than we can keep. Please shorten it."), field="words")
    steps.move(held, "rate", BORROWER)
    held.rating, held.rating_words, held.rated_at = rating, words.strip(), clock.now()
    held.save(update_fields=["state", "rating", "rating_words", "rated_at"])
    who = person_of(by)
    events.record("complaint.rated", by=who, about=held, person=who, lender=held.lender, rating=rating)
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
            )
            .exclude(complaint__facets__until__gte=clock.today())
            .values_list("pk", flat=True)[:_BATCH]
        )
        if not batch:
            return marked
        marked += sum(_mark_one(pk) for pk in batch)


@transaction.atomic
def _mark_one(pk: int) -> bool:
    clock_row = ComplaintClock.objects.select_related("complaint__borrower", "complaint__lender").get(pk=pk)
    held = Complaint.objects.select_for_update().get(pk=clock_row.complaint_id)
    longer = clock_row.complaint.facets.filter(until__gte=clock.today()).exists()
    return held.state == Complaint.State.SENT and not longer and steps.mark(clock_row)


def last_day(complaint: Complaint) -> dt.date:
    """The last day in time: the clock's, or the later one of an extension with its reason."""
    given = [facet.until for facet in complaint.facets.all() if facet.until]
    return max([complaint.clock.due_on, *given])


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
