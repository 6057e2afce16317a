"""Reminders that only the person's own terms stood against, planned again once these are loosened and their time is still ahead.

A protection wakes nothing when it ends: what was refused for any other reason stays withheld. What is woken is asked about
again now, and once more when it is sent, so nothing can leave that the terms as they stand would stop.
"""

from dataclasses import replace

from django.db.models import Prefetch

from cases import clock
from cases.actions import events
from cases.models import Event, User
from cases.sets import update_each
from notices.actions.asking import Surroundings, questions_about, rulebook_for, settle
from notices.domain import delivery, gate
from notices.models import Decision, Message
from notices.models.messages import asked_of


def wake(person: User) -> int:
    """Queue again what the terms now let; how many. Whoever calls holds the lock on the person. A fixed number of queries."""
    now = clock.now()
    resting = (
        Message.objects.select_for_update(of=("self",))
        .filter(
            person=person,
            purpose=Message.Purpose.REMINDER,
            state=Message.State.WITHHELD,
            due_at__gt=now,
            not_after__gt=now,
        )
        .select_related("lender", "plan")
        .defer("plan__canonical", "plan__terms", "address", "subject", "body")
        .prefetch_related(Prefetch("decisions", Decision.objects.order_by("id"), to_attr="asked"))
        .order_by("due_at", "id")
    )
    reminders = [message for message in resting if _only_terms_against(message)]
    if not reminders:
        return 0
    around = Surroundings([person.pk], at=now, planned=True)
    woken, decisions = [], list[Decision]()
    for message, question in zip(reminders, questions_about(person, reminders), strict=True):
        message.channel = around.channel_for(person, message.lender)
        message.state = delivery.after(message.state, "wake", delivery.Who.PERSON)
        answers = list(settle(message, replace(question, channel=message.channel), around, at=now))
        if message.state == Message.State.QUEUED:
            woken.append(message)
            decisions += answers
    update_each(woken, ("state", "due_at", "channel"))
    Decision.objects.bulk_create(decisions)
    Event.objects.bulk_create(
        events.unsaved(
            "message_queued",
            by=person,
            about=message,
            person=person,
            lender=message.lender,
            wording=message.wording,
            reason="terms_loosened",
        )
        for message in woken
    )
    return len(woken)


def _only_terms_against(message: Message) -> bool:
    """Whether the last refusal would have been none without the pause and the opt-out, on the facts that are kept with it."""
    last = asked_of(message)[-1]
    facts = gate.from_json(last.facts)
    if not (facts.paused or facts.opted_out):
        return False
    without = replace(facts, paused=False, opted_out=False)
    return gate.judge(rulebook_for(message.lender), without).outcome is not gate.Outcome.REFUSED
