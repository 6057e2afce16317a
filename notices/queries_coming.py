"""What a borrower may still expect in the next seven days, before anything of it is planned: the instalments ahead, asked
about as the gate would be, on the terms that hold now.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import get_language

from cases import clock
from cases.domain.facts import local_time
from cases.models import Lender, User
from notices.actions.asking import Question, Surroundings, rulebook_for
from notices.actions.writing import lender_name
from notices.domain import gate
from notices.domain.night import Kind
from notices.models import Message
from notices.queries_night import HOUR, SOURCE, Source
from notices.queries_reasons import Reason, about, reasons_of_findings
from notices.queries_why import Pauses
from repayment import queries as repayment_queries
from repayment import queries_payments
from repayment.models import Instalment, Offer, Plan

AHEAD = dt.timedelta(days=7)
_SOON = (SOURCE[Kind.DUE_SOON], SOURCE[Kind.DUE_TODAY])
_MISSED = SOURCE[Kind.MISSED]
_ALL = (*_SOON, _MISSED)
# A reminder put off again and again is of no use long before.
_TRIES = 8


@dataclass(frozen=True, kw_only=True)
class Expected:
    """One reminder that may come. `reasons` say why it comes later than usual, or, where not `comes`, why it will not."""

    at: dt.datetime
    lender: Lender
    wording: str
    comes: bool
    reasons: Sequence[Reason] = field(default_factory=tuple)

    @property
    def who(self) -> str:
        return lender_name(self.lender, get_language() or "en")

    @property
    def about(self) -> str:
        return about(self.wording)

    @property
    def if_unpaid(self) -> bool:
        """Whether it comes only where the payment has not been seen by then."""
        return self.wording == _MISSED.wording


def expected_for(person: User) -> Sequence[Expected]:
    """Reminders of the next seven days that are not planned yet, soonest first. A fixed number of queries."""
    now = clock.now()
    ahead = _ahead(person, now)
    keys = {_key(source, instalment) for _, source, instalment in ahead}
    known = set(Message.objects.filter(key__in=keys).values_list("key", flat=True)) if keys else set()
    left = [each for each in ahead if _key(each[1], each[2]) not in known]
    if not left:
        return []
    lenders = {instalment.plan.case.lender_id for _, _, instalment in left}
    around, pauses = Surroundings([person.pk], at=now, planned=True, lenders=lenders), Pauses(person)
    found = [_expected(person, moment, source, instalment, around) for moment, source, instalment in left]
    told = [replace(one, reasons=pauses.told(one.reasons, one.lender, now)) for one in found]
    return sorted(told, key=lambda one: one.at)


def ending_offers(person: User) -> Sequence[Offer]:
    """The offers that wait for the person's answer, the first to end first: a pause also silences the reminder of them."""
    return list(
        repayment_queries.offers_for(person)
        .filter(state=Offer.State.OPEN, made_by=Offer.Side.LENDER)
        .order_by("expires_on", "id")
    )


def _ahead(person: User, now: dt.datetime) -> list[tuple[dt.datetime, Source, Instalment]]:
    """Each usual moment of these days with what it would be about, in order."""
    days = [each.days for each in _ALL]
    first = clock.today() + dt.timedelta(days=min(days))
    last = clock.today() + AHEAD + dt.timedelta(days=max(days))
    coming = Instalment.objects.filter(
        plan__case__borrower=person, plan__state=Plan.State.ACTIVE, due__range=(first, last)
    )
    rows = queries_payments.unpaid(coming).select_related("plan__case__lender").order_by("due", "pk")
    found = []
    for instalment in rows:
        for source in _ALL:
            day = instalment.due - dt.timedelta(days=source.days)
            moment = dt.datetime.combine(day, HOUR, clock.BEIJING)
            if now < moment <= now + AHEAD:
                found.append((moment, source, instalment))
    # What comes only if something else does not happen takes no slot before what comes anyway.
    return sorted(found, key=lambda each: (each[0], each[1] is _MISSED))


def _key(source: Source, instalment: Instalment) -> str:
    return f"{source.wording}:{instalment.plan.ref}:{instalment.number}"


def _expected(
    person: User, moment: dt.datetime, source: Source, instalment: Instalment, around: Surroundings
) -> Expected:
    """Asked until the gate says yes, no, or the time is over; a yes takes its slot, as it will."""
    lender = instalment.plan.case.lender
    question = Question(
        person=person,
        lender=lender,
        debt_id=instalment.plan.debt_id,
        purpose=Message.Purpose.REMINDER,
        channel=around.channel_for(person, lender),
        reminds_of_plan=True,
        wording=source.wording,
    )
    ends = dt.datetime.combine(instalment.due + dt.timedelta(days=source.lasts), dt.time(0), clock.BEIJING)
    at, comes, findings = moment, False, list[gate.Finding]()
    for _ in range(_TRIES):
        _facts, verdict = around.ask(question, at)
        findings = [*verdict.findings] or findings
        comes = verdict.allowed
        if verdict.not_before is None or verdict.not_before >= ends:
            break
        at = verdict.not_before
    if comes:
        around.take_slot(question, at)
    on = local_time(at, rulebook_for(lender).zone).date
    return Expected(
        at=at if comes else moment,
        lender=lender,
        wording=source.wording,
        comes=comes,
        reasons=reasons_of_findings(findings, lender, on),
    )
