"""A reminder that a lender's officer asks for: one of a few approved sentences, never words of their own.

The gate decides as it does about every reminder. What it lets wait is queued for the moment it names, what it refuses
is kept as a message that was not sent, with the reason, where both sides read it. Nobody can ask it to look away.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases import queries as case_queries
from cases.access import Permission
from cases.actions import events
from cases.domain.refusal import Refused
from cases.models import Case, User
from notices import queries_allowance, queries_reasons
from notices.actions import templates, writing
from notices.actions.asking import Question, Surroundings, must_say, settle
from notices.domain import delivery, gate
from notices.domain.wording import CHANNELS, Rendered, Wordings
from notices.models import Decision, Message
from notices.queries_reasons import Reason
from repayment import queries as repayment_queries
from repayment import queries_payments
from repayment.models import Instalment, Offer, Plan

# What an officer may say, in the order of the page. Each is true only of something that is there to speak of.
WORDINGS = templates.KEYS
WAITS = (Message.State.QUEUED, Message.State.CLAIMED)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """One sentence as this borrower would get it now, and what the gate says to it. Nothing is stored.

    `texts` by channel; `channel` is the one it would take. `outcome` is the gate's answer about this very second, or
    refused where no lawful moment comes in time; `next` the lawful moment, None when refused. `reasons` are those that
    are the lender's to know. `earlier` is the message that already stands for this sentence: it waits, or today was its
    day.
    """

    wording: str
    texts: Mapping[str, Rendered]
    channel: str
    language: str
    discreet: bool
    outcome: str
    next: dt.datetime | None
    reasons: Sequence[Reason]
    earlier: Message | None = None

    @property
    def about(self) -> str:
        return queries_reasons.about(self.wording)

    @property
    def way(self) -> str:
        return str(Message.Channel(self.channel).label)

    @property
    def text(self) -> Rendered:
        return self.texts[self.channel]

    @property
    def may_be_queued(self) -> bool:
        return self.next is not None and self.earlier is None


@dataclass(frozen=True, kw_only=True)
class _Matter:
    """What a sentence speaks of. `until` is the last day on which it is true."""

    wording: str
    debt_id: int
    until: dt.date
    values: Mapping[str, object]
    plan: Plan | None = None


def previews(*, by: User, case: Case) -> Sequence[Preview]:
    """Every sentence there is something to say with, in a fixed number of queries. Raises Case.DoesNotExist."""
    case = _own(by, case)
    now = clock.now()
    matters = _matters(by, case)
    around = Surroundings([case.borrower_id], at=now, planned=True)
    own_cap = _filled_by_us(case, now)
    earlier = _earlier(case, WORDINGS)
    own = templates.in_use(case.lender)
    return [
        _preview(case, matter, around, now, own_cap, earlier.get(name), own)
        for name, matter in matters.items()
    ]


def with_something_to_say(*, by: User, cases: Collection[Case]) -> frozenset[int]:
    """The ids of those cases for which `previews` is not empty: two questions, however many cases."""
    today = clock.today()
    ids = [case.pk for case in cases]
    theirs_in_time = Q(case__due_on__isnull=True) | Q(case__due_on__gte=today)
    offers = repayment_queries.offers_for(by).filter(
        Q(made_by=Offer.Side.LENDER) | theirs_in_time,
        case__in=ids,
        state=Offer.State.OPEN,
        expires_on__gte=today,
    )
    plans = repayment_queries.plans_for(by).filter(case__in=ids, state=Plan.State.ACTIVE)
    coming = queries_payments.unpaid(Instalment.objects.filter(plan__in=plans.values("pk"), due__gte=today))
    return frozenset(offers.values_list("case_id", flat=True)) | frozenset(
        coming.values_list("plan__case_id", flat=True)
    )


def preview(*, by: User, case: Case, wording: str) -> Preview:
    """One sentence. Raises Case.DoesNotExist, and Refused `nothing_to_say` where it would not be true."""
    for found in previews(by=by, case=case):
        if found.wording == wording:
            return found
    raise _nothing_to_say()


@transaction.atomic
def queue(*, by: User, case: Case, wording: str) -> Message:
    """Ask for a reminder. It comes back queued for the lawful moment, or withheld or expired with its reason.

    The same sentence in one case is one message while it waits, and one a day: asked again, it is the first one.
    Raises Case.DoesNotExist, and Refused `nothing_to_say`.
    """
    case = _own(by, case)
    person = User.objects.select_for_update().get(pk=case.borrower_id)
    if earlier := _earlier(case, (wording,)).get(wording):
        return earlier
    matter = _matters(by, case).get(wording)
    if matter is None:
        raise _nothing_to_say()
    now = clock.now()
    around = Surroundings([person.pk], at=now, planned=True)
    message = _message(case, matter, around, now)
    decisions = list(settle(message, _question(message, matter), around, at=now))
    message.save()
    for each in decisions:
        each.message = message
    Decision.objects.bulk_create(decisions)
    events.record(
        f"message_{message.state}",
        by=by,
        about=message,
        person=person,
        lender=case.lender,
        wording=wording,
        rules=sorted({finding["rule"] for each in decisions for finding in each.findings}),
    )
    return message


def _own(by: User, case: Case) -> Case:
    """The case, for an officer of its lender who may answer; for anybody else there is none."""
    if not by.may(Permission.CASE_ANSWER):
        raise Case.DoesNotExist
    return case_queries.cases_for(by).get(pk=case.pk)


def _nothing_to_say() -> Refused:
    return Refused(
        "nothing_to_say", _("There is nothing this sentence would be true of now."), field="wording"
    )


def _matters(by: User, case: Case) -> dict[str, _Matter]:
    """Wording → what it would speak of, as far as the borrower's consent shows it."""
    today = clock.today()
    found = {}
    still_open = repayment_queries.offers_for(by).filter(
        case=case, state=Offer.State.OPEN, expires_on__gte=today
    )
    for offer in still_open.order_by("expires_on", "id"):
        theirs = offer.made_by == Offer.Side.BORROWER
        wording = WORDINGS[0] if theirs else WORDINGS[1]
        until = min(offer.expires_on, case.due_on or offer.expires_on) if theirs else offer.expires_on
        if wording not in found and until >= today:
            values = {"date": until.isoformat(), "offer": offer.ref}
            found[wording] = _Matter(wording=wording, debt_id=offer.debt_id, until=until, values=values)
    plans = repayment_queries.plans_for(by).filter(case=case, state=Plan.State.ACTIVE)
    coming = (
        queries_payments.unpaid(Instalment.objects.filter(plan__in=plans.values("pk"), due__gte=today))
        .select_related("plan__debt")
        .order_by("due", "pk")
        .first()
    )
    if coming is not None:
        found[WORDINGS[2]] = _Matter(
            wording=WORDINGS[2],
            debt_id=coming.plan.debt_id,
            until=coming.due,
            values={"date": coming.due.isoformat(), "amount": coming.amount, "number": coming.number},
            plan=coming.plan,
        )
    return {wording: found[wording] for wording in WORDINGS if wording in found}


def _message(
    case: Case, matter: _Matter, around: Surroundings, now: dt.datetime, channel: str = ""
) -> Message:
    ends = dt.datetime.combine(matter.until + dt.timedelta(days=1), dt.time(0), clock.BEIJING)
    return Message(
        person=case.borrower,
        lender=case.lender,
        plan=matter.plan,
        purpose=Message.Purpose.REMINDER,
        channel=channel or around.channel_for(case.borrower, case.lender),
        wording=matter.wording,
        values=dict(matter.values),
        key=_key(case, matter.wording),
        due_at=now,
        not_after=min(ends, delivery.not_after(Message.Purpose.REMINDER, now)),
        made_at=now,
    )


def _question(message: Message, matter: _Matter) -> Question:
    return Question(
        person=message.person,
        lender=message.lender,
        debt_id=matter.debt_id,
        purpose=message.purpose,
        channel=message.channel,
        reminds_of_plan=matter.plan is not None,
        wording=message.wording,
    )


def _preview(
    case: Case,
    matter: _Matter,
    around: Surroundings,
    now: dt.datetime,
    own_cap: bool,
    earlier: Message | None,
    own: Mapping[str, Wordings],
) -> Preview:
    """The same steps as `queue`, on a message that is never saved."""
    message = _message(case, matter, around, now)
    decisions = list(settle(message, _question(message, matter), around.copy(), at=now))
    inside = message.channel == Message.Channel.INBOX
    discreet = around.discreet(case.borrower) and not (inside and must_say(case.lender))
    comes = message.state == Message.State.QUEUED
    reasons = queries_reasons.reasons_of(decisions, case.lender, now.astimezone(clock.BEIJING).date())
    return Preview(
        wording=matter.wording,
        texts={
            channel: writing.write(_message(case, matter, around, now, channel), discreet=discreet, own=own)
            for channel in dict.fromkeys((*CHANNELS, message.channel))
        },
        channel=message.channel,
        language=writing.language_of(case.borrower),
        discreet=discreet,
        outcome=decisions[0].verdict if comes else str(gate.Outcome.REFUSED),
        next=message.due_at if comes else None,
        reasons=queries_reasons.told_to_lender(reasons, own_cap=own_cap),
        earlier=earlier,
    )


def _key(case: Case, wording: str) -> str:
    return f"{wording}:{case.ref}:{clock.today().isoformat()}"


def _earlier(case: Case, wordings: Sequence[str]) -> Mapping[str, Message]:
    """The messages that already stand for these sentences: still on their way, or asked for today."""
    asked = Message.objects.filter(person=case.borrower_id, lender=case.lender_id, wording__in=wordings)
    today = {_key(case, wording) for wording in wordings}
    waiting = asked.filter(state__in=WAITS) | asked.filter(key__in=today)
    return {message.wording: message for message in waiting.order_by("made_at", "id")}


def _filled_by_us(case: Case, now: dt.datetime) -> bool:
    """Whether the lender's own messages, sent or waiting, fill a day: then the cap is its to know."""
    waiting = Message.objects.filter(
        person=case.borrower_id,
        lender=case.lender_id,
        state__in=WAITS,
        purpose=Message.Purpose.REMINDER,
    ).count()
    allowance = queries_allowance.allowance(case.borrower, case.lender, at=now)
    return allowance.by_lender + waiting >= allowance.lender_cap
