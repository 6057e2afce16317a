"""What every step of a complaint shares: whose it is, the lock, the table of moves, the clock, the mark and the count."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.actions import complaint_facts, events
from cases.domain import lifecycle
from cases.domain.complaint_clock import Clock
from cases.domain.complaint_moves import BORROWER, MOVES
from cases.domain.refusal import Refused
from cases.models import Complaint, ComplaintClock, ComplaintFact, Lender, MissedClock, User

LONGEST = 4000


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """Whoever holds a receipt: no account, no name. `index` is the receipt's keyed hash."""

    index: str


Sender = User | Bearer


def person_of(by: Sender) -> User | None:
    return by if isinstance(by, User) else None


def of_sender(complaint: Complaint, by: Sender) -> Complaint:
    """The sender's own complaint, locked. Raises Complaint.DoesNotExist for everybody else's."""
    if isinstance(by, User):
        return _locked(complaint, borrower=by)
    if not by.index:
        raise Complaint.DoesNotExist
    return _locked(complaint, receipt_index=by.index)


def of_lender(complaint: Complaint, lender: Lender | None) -> Complaint:
    """The complaint as its lender received it, locked. Raises Complaint.DoesNotExist for everybody else's."""
    if lender is None:
        raise Complaint.DoesNotExist
    return _locked(complaint, lender=lender, delivered_at__isnull=False)


def _locked(complaint: Complaint, **whose: object) -> Complaint:
    if complaint.borrower_id is not None:
        User.objects.select_for_update().get(pk=complaint.borrower_id)
    Complaint.objects.select_for_update().get(pk=complaint.pk, **whose)
    return Complaint.objects.select_related("borrower", "lender", "clock").get(pk=complaint.pk)


_NO_LONGER = {
    Complaint.State.WITHDRAWN: _(
        "The borrower has withdrawn this complaint, so it can no longer be answered."
    ),
    Complaint.State.ANSWERED: _("This complaint has been answered already. The first answer stands."),
    Complaint.State.CLOSED: _("This complaint is closed, so it can no longer be answered."),
    Complaint.State.CONTINUED: _("This complaint goes on in a new round. Please answer that one."),
}


def move(held: Complaint, verb: str, who: str) -> None:
    """Set the state as the table says. Raises Refused in words for whoever tried."""
    try:
        held.state = lifecycle.move(MOVES, held.state, verb, who)
    except Refused as refused:
        if who != BORROWER and refused.code == "not_possible_now":
            raise Refused("complaint_over", _NO_LONGER[Complaint.State(held.state)]) from None
        raise Refused(
            "complaint_changed", _("This is no longer possible. This is how the complaint stands now.")
        ) from None


def start(complaint: Complaint, started: Clock) -> ComplaintClock:
    return ComplaintClock.objects.create(
        complaint=complaint,
        kind=str(started.kind),
        rule=started.rule,
        rulebook_version=started.rulebook_version,
        received_on=started.received_on,
        due_on=started.due_on,
        limit_on=started.limit_on,
        special_on=started.special_on,
        early_on=started.early_on,
        calendar=started.calendar,
        missing=list(started.missing),
    )


def mark(clock_row: ComplaintClock) -> bool:
    """Write that this clock ran out, once; whether the mark is new."""
    if clock_row.complaint.delivered_at is None:
        return False
    _row, new = MissedClock.objects.get_or_create(clock=clock_row, defaults={"noted_at": clock.now()})
    if new:
        complaint = clock_row.complaint
        count(complaint, ComplaintFact.Response.MISSED)
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


def count(complaint: Complaint, response: str) -> None:
    """The public's count, once, when the outcome is known; nothing leads back from it. A review is not another complaint."""
    if complaint.relation == Complaint.Relation.REVIEW:
        return
    complaint_facts.note(
        lender=complaint.lender,
        category=complaint.category,
        received_on=complaint.clock.received_on,
        response=response,
    )
