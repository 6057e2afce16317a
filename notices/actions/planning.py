"""Planning reminders: every instalment that falls due soon becomes one message, or one recorded reason why not.

Idempotent by the message's key: a second run, a second beat or a killed one changes nothing.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from cases import clock
from cases.models import Event
from notices.actions.asking import Question, Surroundings, settle
from notices.domain import gate
from notices.models import Decision, Message
from repayment import queries_payments
from repayment.models import Instalment, Plan

# Our own practice, no rule asks for it: long enough before the day to move money or to say "I cannot",
# and once more on the day itself. Wording → days before the due date.
DAYS_BEFORE = {"reminder_due_today": 0, "reminder_due_soon": 3}
# Our own practice: when most people are up. The gate moves it where a rule or the person says later.
HOUR = dt.time(9, 30)
HORIZON = dt.timedelta(hours=24)
_CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What one run did, in messages. `expired`: no lawful moment before it would be too late."""

    queued: int = 0
    deferred: int = 0
    withheld: int = 0
    expired: int = 0

    def __add__(self, other: "Summary") -> "Summary":
        return Summary(**{name: value + getattr(other, name) for name, value in asdict(self).items()})


def plan(at: dt.datetime, horizon: dt.timedelta = HORIZON) -> Summary:
    """Plan all reminders whose moment lies before `at + horizon` and is not past its use.

    `at` is the business instant, aware. Deferred messages are queued too, for the next lawful moment.
    """
    done = Summary()
    for wording, days in DAYS_BEFORE.items():
        while chunk := list(_unplanned(wording, days, at, horizon)[:_CHUNK]):
            done += _plan_chunk(chunk, wording, days, at)
    return done


def moment(due: dt.date, days: int) -> dt.datetime:
    """When a reminder would leave if nothing stood against it."""
    return dt.datetime.combine(due - dt.timedelta(days=days), HOUR, clock.BEIJING)


def useful_until(due: dt.date, days: int) -> dt.datetime:
    """The first instant at which it says nothing useful any more: the due date begins, or it ends."""
    last = due + dt.timedelta(days=1) if days == 0 else due
    return dt.datetime.combine(last, dt.time(0), clock.BEIJING)


def key(wording: str, plan_ref: str, number: int) -> str:
    return f"{wording}:{plan_ref}:{number}"


def _unplanned(wording: str, days: int, at: dt.datetime, horizon: dt.timedelta) -> QuerySet[Instalment]:
    """Instalments of plans in force, not paid yet, whose reminder's moment has come near and that have no message."""
    today = at.astimezone(clock.BEIJING).date()
    # The moment is at `due - days`, so it lies before `at + horizon` up to this due date.
    last = (at + horizon).astimezone(clock.BEIJING)
    last_day = last.date() if last.time() >= HOUR else last.date() - dt.timedelta(days=1)
    planned = Message.objects.filter(
        key=Concat(
            Value(f"{wording}:"),
            OuterRef("plan__ref"),
            Value(":"),
            Cast(OuterRef("number"), CharField()),
            output_field=CharField(),
        )
    )
    return (
        queries_payments.unpaid(Instalment.objects.all())
        .filter(
            plan__state=Plan.State.ACTIVE,
            due__gte=today + dt.timedelta(days=1 if days else 0),
            due__lte=last_day + dt.timedelta(days=days),
        )
        .filter(~Exists(planned))
        .select_related("plan__case__borrower", "plan__case__lender")
        # Deciphering what planning never looks at would cost more than everything else here.
        .defer("plan__canonical", "plan__terms", "plan__case__borrower__name", "plan__case__borrower__phone")
        .order_by("due", "plan__case__borrower", "pk")
    )


@transaction.atomic
def _plan_chunk(chunk: Sequence[Instalment], wording: str, days: int, at: dt.datetime) -> Summary:
    around = Surroundings((each.plan.case.borrower_id for each in chunk), at=at, planned=True)
    answers: dict[str, list[Decision]] = {}
    messages = []
    for instalment in chunk:
        message = _message(instalment, wording, days, at, around)
        question = Question(
            person=message.person,
            lender=message.lender,
            debt_id=instalment.plan.debt_id,
            purpose=message.purpose,
            channel=message.channel,
            reminds_of_plan=True,
        )
        answers[message.ref] = list(settle(message, question, around, at=at))
        messages.append(message)
    # Two beats at once: the second waits for the first and then finds every key taken.
    Message.objects.bulk_create(sorted(messages, key=lambda m: m.key), ignore_conflicts=True)
    mine = dict(Message.objects.filter(ref__in=list(answers)).values_list("ref", "pk"))
    messages = [message for message in messages if message.ref in mine]
    for ref, pk in mine.items():
        for each in answers[ref]:
            each.message_id = pk
    Decision.objects.bulk_create(each for message in messages for each in answers[message.ref])
    Event.objects.bulk_create(_event(message, answers[message.ref][-1], at) for message in messages)
    return sum((_counted(message, answers[message.ref]) for message in messages), Summary())


def _message(
    instalment: Instalment, wording: str, days: int, at: dt.datetime, around: Surroundings
) -> Message:
    case = instalment.plan.case
    return Message(
        person=case.borrower,
        lender=case.lender,
        plan=instalment.plan,
        purpose=Message.Purpose.REMINDER,
        channel=around.channel_for(case.borrower, case.lender),
        wording=wording,
        values={"date": instalment.due.isoformat(), "amount": instalment.amount, "number": instalment.number},
        key=key(wording, instalment.plan.ref, instalment.number),
        due_at=max(at, moment(instalment.due, days)),
        not_after=useful_until(instalment.due, days),
        made_at=at,
    )


def _event(message: Message, last: Decision, at: dt.datetime) -> Event:
    return Event(
        at=at,
        kind=f"message_{message.state}",
        actor_role="system",
        about_type="message",
        about_ref=message.ref,
        person_ref=message.person.ref,
        lender_ref=message.lender.ref if message.lender else "",
        data={"wording": message.wording, "rules": [finding["rule"] for finding in last.findings]},
    )


def _counted(message: Message, answers: Sequence[Decision]) -> Summary:
    if message.state == Message.State.QUEUED:
        put_off = any(each.verdict == gate.Outcome.DEFERRED for each in answers)
        return Summary(queued=1, deferred=int(put_off))
    if message.state == Message.State.WITHHELD:
        return Summary(withheld=1)
    return Summary(expired=1)
