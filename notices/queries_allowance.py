"""Whether a reminder may leave now, and what of the day is left: what borrower and officer read before anybody writes."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import get_language

from cases import clock
from cases.domain.facts import local_time, most_in_a_local_day
from cases.models import Contact, Lender, User
from notices.actions.asking import WRITTEN, Question, Surroundings, rulebook_for
from notices.domain import gate
from notices.models import Message
from notices.queries_reasons import Reason, reason_of, reasons_in


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """May a reminder leave now? Counts are messages of today on the stricter of the person's clocks.

    `by_lender` (what left here, and with `planned` what is queued for today) and `lender_cap` are about the one lender asked for. `next_lawful` is now when it
    may leave at once, and None when no waiting helps; `reasons` then say why. `because_of` others is never told
    apart. `gentle`: the person asked for gentle handling, and is told that lenders see that much.
    """

    at: dt.datetime
    today: int
    cap: int
    by_lender: int
    lender_cap: int
    outcome: str
    next_lawful: dt.datetime | None
    rule: Reason
    reasons: Sequence[Reason]
    gentle: bool = False

    @property
    def slots(self) -> Sequence[bool]:
        """The lender's places of today, the taken ones first."""
        return [place < self.by_lender for place in range(self.lender_cap)]


def allowance(
    person: User,
    lender: Lender | None,
    *,
    channel: str = "",
    at: dt.datetime | None = None,
    planned: bool = False,
) -> Allowance:
    """What the gate would say to a reminder now, with the counts behind it. A fixed number of queries.

    With `planned` what is queued counts as sent at its time: what another reminder would meet.
    """
    at = at or clock.now()
    around = Surroundings([person.pk], at=at, planned=planned)
    question = Question(
        person=person,
        lender=lender,
        debt_id=None,
        purpose=Message.Purpose.REMINDER,
        channel=channel or around.channel_for(person, lender),
        reminds_of_plan=True,
    )
    facts, verdict = around.ask(question, at)
    book = rulebook_for(lender)
    on = local_time(at, book.zone).date
    cap = gate.cap_rule(book, on)
    language = get_language() or "en"
    return Allowance(
        at=at,
        today=facts.sent_to_person_today,
        cap=cap.number("per_person"),
        by_lender=_today(
            person, lender, at, (*facts.zones, *book.judged_zones(facts.zones)), planned=planned
        ),
        lender_cap=cap.number("per_lender"),
        outcome=str(verdict.outcome),
        next_lawful=at if verdict.allowed else verdict.not_before,
        rule=reason_of(book, {"rule": cap.id}, on, language),
        reasons=reasons_in(gate.findings_as_json(verdict.findings), lender, on, language),
        gentle=facts.vulnerable,
    )


def _today(
    person: User, lender: Lender | None, at: dt.datetime, zones: tuple[str, ...], *, planned: bool
) -> int:
    """What left here in a lender's name today, and what is queued. The gate counts the borrower's diary too, but the
    diary is theirs: an officer who saw the sum would see that something was written down."""
    ours = Contact.objects.filter(
        borrower=person, lender=lender, own=True, channel__in=WRITTEN, at__gte=at - dt.timedelta(days=2)
    )
    moments = list(ours.values_list("at", flat=True))
    if planned:
        moments += waiting(person, lender).values_list("due_at", flat=True)
    return most_in_a_local_day(moments, now=at, zones=zones)


def waiting(person: User, lender: Lender | None) -> QuerySet[Message]:
    """Reminders of a lender that are queued or just leaving, the next one first; none of them is only to be read here."""
    states = (Message.State.QUEUED, Message.State.CLAIMED)
    queued = Message.objects.filter(
        person=person, lender=lender, state__in=states, purpose=Message.Purpose.REMINDER
    )
    return queued.exclude(channel=Message.Channel.INBOX).order_by("due_at", "id")
