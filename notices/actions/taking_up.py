"""From a night's records to messages: what may leave waits for its moment, what may not rests with its reason, where both
sides read it. In small transactions, each of which says how far it came, so that a killed worker's work is taken up by the next.
"""

import datetime as dt
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import F

from cases.models import Complaint, Event, Lender, User
from notices.domain import delivery, gate, hours, night
from notices.domain.night import Answer, Ask, Kind, Setting
from notices.models import Asked, Decision, Message, Night, Preference
from notices.queries_night import SOURCE, setting_of
from repayment.models import Instalment, Offer, Plan

log = logging.getLogger(__name__)
CHUNK = 1_000
# What reading a row raises that somebody has written other things into than we would.
_UNREADABLE = (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What one run did, in messages. `expired`: no lawful moment before it would be too late."""

    queued: int = 0
    deferred: int = 0
    withheld: int = 0
    expired: int = 0

    def __add__(self, other: "Summary") -> "Summary":
        return Summary(**{name: value + getattr(other, name) for name, value in asdict(self).items()})


@dataclass(frozen=True, kw_only=True)
class _Matter:
    """What a candidate is about: the end of its key, and what its message says."""

    key: str
    values: Mapping[str, Any]
    plan: Plan | None = None


def finish() -> Summary:
    """Take up what earlier nights left."""
    done = Summary()
    for left in Night.objects.filter(taken_up__lt=F("last")).order_by("pk"):
        try:
            done += take_up(left)
        except _UNREADABLE:
            # It waits for somebody to look at it; tonight's messages do not.
            log.exception("Night %s could not be taken up.", left.pk)
    return done


def take_up(of: Night) -> Summary:
    """Make messages of a night's records, chunk by chunk."""
    done = Summary()
    while (step := _chunk(of.pk)) is not None:
        done += step
    return done


@transaction.atomic
def _chunk(number: int) -> Summary | None:
    """The next candidates of a night; None when all are taken up. A candidate's questions stay together."""
    held = Night.objects.select_for_update().get(pk=number)
    if held.taken_up >= held.last:
        return None
    rows = list(Asked.objects.filter(pk__gt=held.taken_up, pk__lte=held.last).order_by("pk")[: CHUNK + 8])
    candidates = [
        list(group) for _, group in groupby(rows, key=lambda row: (row.person, row.kind, row.about))
    ]
    if rows[-1].pk < held.last and len(candidates) > 1:
        # The last one may go on behind the cut.
        candidates.pop()
    held.taken_up = candidates[-1][-1].pk
    held.save(update_fields=["taken_up"])
    return _messages(held, candidates)


def _messages(held: Night, candidates: Sequence[Sequence[Asked]]) -> Summary:
    setting = setting_of(held)
    people = User.objects.defer("phone", "name").in_bulk({rows[0].person for rows in candidates})
    hours_of = _hours_of(candidates)
    lenders = Lender.objects.in_bulk({rows[0].lender for rows in candidates})
    matters = _matters(candidates)
    made: list[tuple[Message, list[Decision]]] = []
    for rows in candidates:
        matter = matters.get((rows[0].kind, rows[0].about))
        person = people.get(rows[0].person)
        # Gone between the question and its message: erased, or taken back.
        if matter is None or person is None:
            continue
        try:
            message = _message(held, rows, matter, person, lenders.get(rows[0].lender))
            if _answers(rows[0]):
                # The gate lets answers leave at any hour; this one nobody asked for just now.
                message.due_at = hours.next_moment(
                    message.due_at, person.timezone, hours_of.get(person.pk), latest=message.not_after
                )
            decisions = [_decision(message, held, row, setting) for row in rows]
        except _UNREADABLE:
            # No message of it yet, so the next night asks about it anew; the others are not kept waiting.
            log.exception("Record %s could not be read.", rows[-1].pk)
            continue
        made.append((message, decisions))
    # Two planners at once: the second finds every key taken.
    Message.objects.bulk_create(
        sorted((message for message, _ in made), key=lambda m: m.key), ignore_conflicts=True
    )
    mine = dict(Message.objects.filter(ref__in=[message.ref for message, _ in made]).values_list("ref", "pk"))
    kept = [(message, decisions) for message, decisions in made if message.ref in mine]
    for message, decisions in kept:
        for each in decisions:
            each.message_id = mine[message.ref]
    Decision.objects.bulk_create(each for _, decisions in kept for each in decisions)
    Event.objects.bulk_create(_event(message, decisions[-1], held.at) for message, decisions in kept)
    return sum((_counted(message, decisions) for message, decisions in kept), Summary())


def _message(
    held: Night, rows: Sequence[Asked], matter: _Matter, person: User, lender: Lender | None
) -> Message:
    first, last = rows[0], rows[-1]
    source = SOURCE[Kind(first.kind)]
    message = Message(
        person=person,
        lender=lender,
        plan=matter.plan,
        purpose=Message.Purpose.ANSWER if _answers(first) else Message.Purpose.REMINDER,
        channel=str(night.CHANNELS[first.channel]),
        wording=source.wording,
        values=dict(matter.values),
        key=f"{source.wording}:{matter.key}",
        due_at=dt.datetime.fromtimestamp(last.at, dt.UTC),
        not_after=dt.datetime.fromtimestamp(first.not_after, dt.UTC),
        made_at=held.at,
        record=last.pk,
    )
    verb = {Answer.ALLOWED: "queue", Answer.DEFERRED: "expire", Answer.REFUSED: "withhold"}
    message.state = delivery.after(message.state, verb[Answer(last.outcome)], delivery.Who.PLANNER)
    return message


def _answers(row: Asked) -> bool:
    return bool(row.flags & night.Flag.ANSWERS)


def _hours_of(candidates: Sequence[Sequence[Asked]]) -> dict[int, tuple[dt.time, dt.time]]:
    """The hours that the people behind answers named; a night of reminders alone asks nothing."""
    people = {rows[0].person for rows in candidates if _answers(rows[0])}
    if not people:
        return {}
    named = Preference.objects.filter(person__in=people).values_list("person_id", "hours_from", "hours_to")
    return {person: (begin, end) for person, begin, end in named if begin is not None and end is not None}


def _decision(message: Message, held: Night, row: Asked, setting: Setting) -> Decision:
    """The record in words, for whoever reads the page: the gate asked again on the very facts of the record."""
    facts = night.facts_of(ask_of(row), setting)
    verdict = gate.judge(setting.book(row.law), facts)
    return Decision(
        message=message,
        stage="planning",
        at=held.at,
        verdict=str(verdict.outcome),
        not_before=verdict.not_before,
        findings=gate.findings_as_json(verdict.findings),
        facts=gate.as_json(facts),
        rulebook_version=verdict.rulebook_version,
    )


def ask_of(row: Asked) -> Ask:
    return Ask(**{name: getattr(row, name) for name, _ in night.FIELDS})


def _matters(candidates: Sequence[Sequence[Asked]]) -> dict[tuple[int, int], _Matter]:
    """(kind, about) → what a message would say of it, in a fixed number of queries."""
    about: dict[int, set[int]] = {}
    for rows in candidates:
        about.setdefault(rows[0].kind, set()).add(rows[0].about)
    found: dict[tuple[int, int], _Matter] = {}
    for kinds, matters in (
        ((Kind.DUE_SOON, Kind.DUE_TODAY, Kind.MISSED), _instalments),
        ((Kind.OFFER_ENDING,), _offers),
        ((Kind.COMPLAINT_DUE,), _complaints),
        ((Kind.MILESTONE, Kind.FOLLOW_UP), _plans),
    ):
        wanted = {pk for kind in kinds for pk in about.get(kind, ())}
        if wanted:
            each = matters(wanted)
            found |= {(kind, pk): each[pk] for kind in kinds for pk in about.get(kind, ()) if pk in each}
    return found


def _instalments(pks: Iterable[int]) -> dict[int, _Matter]:
    rows = (
        Instalment.objects.filter(pk__in=pks).select_related("plan").defer("plan__canonical", "plan__terms")
    )
    return {
        row.pk: _Matter(
            key=f"{row.plan.ref}:{row.number}",
            values={"date": row.due.isoformat(), "amount": row.amount, "number": row.number},
            plan=row.plan,
        )
        for row in rows
    }


def _offers(pks: Iterable[int]) -> dict[int, _Matter]:
    return {
        offer.pk: _Matter(key=offer.ref, values={"date": offer.expires_on.isoformat(), "offer": offer.ref})
        for offer in Offer.objects.filter(pk__in=pks)
    }


def _complaints(pks: Iterable[int]) -> dict[int, _Matter]:
    rows = Complaint.objects.filter(pk__in=pks).select_related("clock")
    return {row.pk: _Matter(key=row.ref, values={"date": row.clock.due_on.isoformat()}) for row in rows}


def _plans(pks: Iterable[int]) -> dict[int, _Matter]:
    rows = Plan.objects.filter(pk__in=pks).defer("canonical", "terms")
    return {plan.pk: _Matter(key=plan.ref, values={}, plan=plan) for plan in rows}


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
