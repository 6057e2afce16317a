"""News from below becomes messages: a lender answered or let the day pass, a plan was agreed.

The work row is claimed, the message written and the row marked done in one transaction: a worker killed at any
moment leaves either all of it or nothing. News about the keys of an account take the direct way, `codes.py`.
"""

import dataclasses
import datetime as dt
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.db import transaction

from cases import clock
from cases.actions import events
from cases.models import Complaint, Lender, User, Work
from notices.actions.asking import Surroundings
from notices.domain import delivery, hours
from notices.models import Message
from repayment.domain.plan_cost import plan_cost
from repayment.domain.schedule import build
from repayment.domain.terms import Terms
from repayment.models import Offer, Payment, Plan

log = logging.getLogger(__name__)
_GLANCE = 50
# What a day that came, or somebody else's decision, brought about: bad or grave, and never so urgent that it may wake anybody.
# All else answers or confirms what somebody just did, and leaves at once.
UNASKED = frozenset({"offer_expired", "plan_at_risk", "plan_broken"})


@dataclass(frozen=True, kw_only=True)
class News:
    """What the message will say: one of the wordings, and the values it has places for (money in minor units)."""

    wording: str
    person: User
    purpose: str
    lender: Lender | None = None
    plan: Plan | None = None
    values: Mapping[str, Any]


def _about_offer(work: Work) -> News:
    """The lender answered a proposal or a question, asked one, or let the last day pass."""
    offer = Offer.objects.select_related("case__borrower", "case__lender").get(ref=work.about_ref)
    return News(
        wording=work.kind,
        person=offer.case.borrower,
        purpose=Message.Purpose.ANSWER,
        lender=offer.case.lender,
        values={},
    )


def _plan_news(work: Work) -> News:
    """A lender paused an agreement, or it ended early."""
    plan = Plan.objects.select_related("case__borrower", "case__lender").get(ref=work.about_ref)
    paused = work.kind == "plan_paused"
    return News(
        wording=work.kind,
        person=plan.case.borrower,
        purpose=Message.Purpose.CONFIRMATION if paused else Message.Purpose.ANSWER,
        lender=plan.case.lender,
        plan=plan,
        values={},
    )


def _plan_agreed(work: Work) -> News:
    """Agreed, agreed anew in place of another, or moved on by a pause: the next payment of what is in force."""
    plan = Plan.objects.select_related("case__borrower", "case__lender").get(ref=work.about_ref)
    first = plan.instalments.order_by("number").first()
    # Where nothing is paid until both look again, that day is the next one.
    until = build(Terms.from_json(plan.terms)).last_due
    return News(
        wording="plan_confirmed" if work.kind == "plan_agreed" else work.kind,
        person=plan.case.borrower,
        purpose=Message.Purpose.CONFIRMATION,
        lender=plan.case.lender,
        plan=plan,
        values={
            "date": (first.due if first else until).isoformat(),
            "amount": first.amount if first else 0,
            "count": plan.instalments.count(),
        },
    )


def _plan_pack(news: News) -> News:
    """The figures of an agreement, for e-mail: its fee table, its rate, and how to check it."""
    plan = cast(Plan, news.plan)
    terms = Terms.from_json(plan.terms)
    schedule = build(terms)
    totals, cost = schedule.totals, plan_cost(terms, schedule, plan.case.lender.jurisdiction)
    return dataclasses.replace(
        news,
        wording="plan_pack",
        values={
            **news.values,
            "principal": totals.principal,
            "interest": totals.interest,
            "before": totals.arrears,
            "fees": totals.fees,
            "amount": totals.amount,
            "waived": totals.waived,
            "yearly": None if cost.yearly is None else f"{cost.yearly:,f}",
            "until": schedule.last_due.isoformat(),
            "code": plan.terms_sha256[:16],
        },
    )


def _complaint_answered(work: Work) -> News | None:
    complaint = Complaint.objects.select_related("borrower", "lender").get(ref=work.about_ref)
    if complaint.borrower is None:
        # Somebody without an account looks the answer up by receipt.
        return None
    return News(
        wording="complaint_answered",
        person=complaint.borrower,
        purpose=Message.Purpose.ANSWER,
        lender=complaint.lender,
        values={},
    )


def _payment(work: Work) -> Payment:
    return Payment.objects.select_related("plan__case__borrower", "plan__case__lender", "plan__debt").get(
        ref=work.about_ref
    )


def _payment_confirmed(work: Work) -> News:
    payment = _payment(work)
    return News(
        wording="payment_confirmed",
        person=payment.plan.case.borrower,
        purpose=Message.Purpose.CONFIRMATION,
        lender=payment.plan.case.lender,
        plan=payment.plan,
        values={"date": payment.on.isoformat(), "amount": payment.amount},
    )


def _payment_answered(work: Work) -> News:
    """The lender's no to a payment: it has not found it, or it has taken it out again."""
    payment = _payment(work)
    return News(
        wording=work.kind,
        person=payment.plan.case.borrower,
        purpose=Message.Purpose.ANSWER,
        lender=payment.plan.case.lender,
        plan=payment.plan,
        values={"date": payment.on.isoformat()},
    )


# Kind of work → what it says; None when there is nobody to say it to.
KINDS: Mapping[str, Callable[[Work], News | None]] = {
    "offer_answered": _about_offer,
    "offer_expired": _about_offer,
    "offer_question": _about_offer,
    "question_answered": _about_offer,
    "plan_agreed": _plan_agreed,
    "plan_replaced": _plan_agreed,
    "plan_resumed": _plan_agreed,
    "plan_paused": _plan_news,
    "plan_broken": _plan_news,
    "plan_at_risk": _plan_news,
    "complaint_answered": _complaint_answered,
    "payment_confirmed": _payment_confirmed,
    "payment_questioned": _payment_answered,
    "payment_reversed": _payment_answered,
}


def take_up(*, limit: int = 500) -> int:
    """Turn due work of the kinds we know into messages; returns how many rows were finished."""
    done = 0
    while done < limit:
        due = Work.objects.filter(
            kind__in=KINDS, done_at=None, due_at__lte=clock.now(), attempts__lt=delivery.ATTEMPTS
        )
        pks = list(due.order_by("due_at", "pk").values_list("pk", flat=True)[: min(_GLANCE, limit - done)])
        finished = sum(_take_up_safely(pk) for pk in pks)
        if not finished:
            break
        done += finished
    return done


def _take_up_safely(pk: int) -> bool:
    try:
        return take_up_one(pk=pk)
    except Exception:
        # A row that can never be understood must not stand in the way of the others.
        log.exception("Work %s could not be taken up.", pk)
        with transaction.atomic():
            row = Work.objects.select_for_update().get(pk=pk)
            row.attempts += 1
            row.due_at = delivery.retry_at(clock.now(), row.attempts) or row.due_at
            row.save(update_fields=["attempts", "due_at"])
        return False


@transaction.atomic
def take_up_one(*, pk: int) -> bool:
    """One row; False when another worker has it or has finished it."""
    work = Work.objects.select_for_update(skip_locked=True).filter(pk=pk, done_at=None).first()
    if work is None:
        return False
    now = clock.now()
    news = KINDS[work.kind](work)
    if news is None:
        work.done_at = now
        work.save(update_fields=["done_at"])
        return True
    around = Surroundings([news.person.pk], at=now, planned=False)
    channel = around.channel_for(news.person, news.lender)
    due = now
    if work.kind in UNASKED:
        latest = delivery.not_after(news.purpose, now)
        due = hours.next_moment(now, news.person.timezone, around.hours(news.person), latest=latest)
    mailed = work.kind in ("plan_agreed", "plan_replaced") and around.may_mail(news.person, news.lender)
    if mailed:
        _queue(_plan_pack(news), key=f"plan_pack:{work.about_ref}", channel=Message.Channel.EMAIL, due=due)
    # The figures say all that the short confirmation says: one e-mail about one thing.
    if not (mailed and channel == Message.Channel.EMAIL):
        _queue(news, key=f"{work.kind}:{work.about_ref}:{work.pk}", channel=channel, due=due)
    work.done_at = now
    work.save(update_fields=["done_at"])
    return True


def _queue(news: News, *, key: str, channel: str, due: dt.datetime) -> None:
    """One message for that moment, once a key."""
    now = clock.now()
    message, new = Message.objects.get_or_create(
        key=key,
        defaults={
            "person": news.person,
            "lender": news.lender,
            "plan": news.plan,
            "purpose": news.purpose,
            "channel": channel,
            "wording": news.wording,
            "values": dict(news.values),
            "state": delivery.after(Message.State.PLANNED, "queue", delivery.Who.PLANNER),
            "due_at": due,
            "not_after": delivery.not_after(news.purpose, now),
            "made_at": now,
        },
    )
    if new:
        events.record(
            "message_queued",
            by=None,
            about=message,
            person=news.person,
            lender=news.lender,
            wording=news.wording,
        )
