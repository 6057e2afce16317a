"""Taking sending slots: under a lock on the people concerned, in the transaction in which the gate is asked again.

For any number of due messages at once: everything the gate looks at is read once for all of them, everything that follows
is written once for all of them, and between the two every message is judged for itself, in the order in which they are due.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from cases import clock
from cases.actions import events
from cases.models import Contact, Event, User
from cases.sets import update_each
from notices.actions import templates, writing
from notices.actions.asking import Question, Surroundings, decision
from notices.domain import delivery, gate
from notices.domain.wording import Wordings
from notices.models import Decision, Message
from repayment import queries_payments
from repayment.models import Instalment, Offer, Plan

_PURPOSES: dict[str, str] = {
    Message.Purpose.REMINDER: "reminder",
    Message.Purpose.ANSWER: "reply",
}


@dataclass(kw_only=True)
class Claim:
    """What came of one look. `mine` may be handed over now, in this order; `others` was decided, each with its fate."""

    mine: list[Message] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.mine or self.others)

    def add(self, other: "Claim") -> None:
        self.mine += other.mine
        self.others += other.others


@transaction.atomic
def claim(due: Collection[tuple[int, int]], *, worker: str, lease: dt.timedelta = delivery.LEASE) -> Claim:
    """Take the sending slots of these messages, or record why one is not taken. `due` are (message, person).

    The people first, then the messages: two workers cannot both see the last free slot of a day, and an opt-out that
    committed before this is seen. Whoever is being served by another worker is passed over.
    """
    waiting = User.objects.select_for_update(skip_locked=True).defer("name").order_by("pk")
    people = {person.pk: person for person in waiting.filter(pk__in={person for _, person in due})}
    now = clock.now()
    messages = list(
        Message.objects.select_for_update(of=("self",))
        .select_related("lender", "plan__debt")
        .defer("plan__canonical", "plan__terms")
        .filter(pk__in=[pk for pk, _ in due], person__in=people, state=Message.State.QUEUED, due_at__lte=now)
        .order_by("due_at", "pk")
    )
    if not messages:
        return Claim()
    for message in messages:
        message.person = people[message.person_id]
    taking = _Taking(messages, now=now, worker=worker, lease=lease)
    for message in messages:
        taking.take(message)
    taking.write()
    return taking.claim


class _Taking:
    """One look at many messages: judged one by one, written together."""

    def __init__(
        self, messages: Sequence[Message], *, now: dt.datetime, worker: str, lease: dt.timedelta
    ) -> None:
        self.claim = Claim()
        self._now, self._worker, self._lease = now, worker, lease
        self._around = Surroundings(
            {message.person_id for message in messages},
            at=now,
            planned=False,
            lenders={message.lender_id for message in messages if message.lender_id},
        )
        self._matters = _Matters(messages)
        self._ended: list[Message] = []
        self._decisions: list[Decision] = []
        self._events: list[Event] = []
        self._contacts: list[Contact] = []

    def take(self, message: Message) -> None:
        if delivery.is_expired(self._now, message.not_after):
            return self._end(message, "expire", reason="too_late")
        if needless := self._matters.needless(message):
            return self._end(message, "cancel", reason=needless)
        question = Question(
            person=message.person,
            lender=message.lender,
            debt_id=self._matters.debt_of(message),
            purpose=message.purpose,
            channel=message.channel,
            reminds_of_plan=message.purpose == Message.Purpose.REMINDER and message.plan is not None,
            wording=message.wording,
        )
        facts, verdict = self._around.ask(question, self._now)
        self._decisions.append(decision(message, stage="sending", at=self._now, facts=facts, verdict=verdict))
        rules = [finding.rule for finding in verdict.findings]
        if verdict.outcome is gate.Outcome.REFUSED:
            return self._end(message, "withhold", rules=rules)
        if verdict.not_before is None:
            return self._claim(message, question)
        if verdict.not_before >= message.not_after:
            return self._end(message, "expire", reason="no_lawful_moment", rules=rules)
        message.state = delivery.after(message.state, "defer", delivery.Who.WORKER)
        message.due_at = verdict.not_before
        self._ended.append(message)
        self._tell("message_deferred", message, rules=rules, not_before=verdict.not_before.isoformat())
        self.claim.others.append("deferred")
        return None

    def _claim(self, message: Message, question: Question) -> None:
        text = writing.write(
            message,
            discreet=self._around.discreet(message.person),
            own=self._matters.words(message),
            house=self._around.words,
        )
        message.address = self._around.address(message.person, message.channel)
        message.subject, message.body, message.wording_version = text.subject, text.body, text.version
        if message.channel != Message.Channel.INBOX:
            message.contact = Contact(
                borrower=message.person,
                lender=message.lender,
                at=self._now,
                channel=message.channel,
                direction="outbound",
                outcome="delivered",
                purpose=_PURPOSES.get(message.purpose, "service"),
                own=True,
                recorded_at=self._now,
            )
            self._contacts.append(message.contact)
        # The next message to the same person sees this one.
        self._around.take_slot(question, self._now)
        message.state = delivery.after(message.state, "claim", delivery.Who.WORKER)
        message.claimed_by, message.started_at = self._worker, None
        self.claim.mine.append(message)

    def _end(self, message: Message, verb: str, *, reason: str = "", rules: Sequence[str] = ()) -> None:
        message.state = delivery.after(message.state, verb, delivery.Who.WORKER)
        self._ended.append(message)
        said = {"reason": reason} if reason else {}
        self._tell(f"message_{message.state}", message, **said, **({"rules": list(rules)} if rules else {}))
        self.claim.others.append(str(message.state))

    def _tell(self, kind: str, message: Message, **data: object) -> None:
        self._events.append(
            events.unsaved(kind, by=None, about=message, person=message.person, lender=message.lender, **data)
        )

    def write(self) -> None:
        Decision.objects.bulk_create(self._decisions)
        Contact.objects.bulk_create(self._contacts)
        until = clock.real_now() + self._lease
        for message in self.claim.mine:
            message.lease_until = until
            # Its number is known only now.
            message.contact = message.contact
        update_each(self._ended, ("state", "due_at"))
        update_each(
            self.claim.mine,
            (
                "state", "claimed_by", "lease_until", "started_at",
                "address", "subject", "body", "wording_version", "contact",
            ),
        )  # fmt: skip
        Event.objects.bulk_create(self._events)


class _Matters:
    """What messages are about, as it stands now: whether each still has something true to say."""

    def __init__(self, messages: Sequence[Message]) -> None:
        refs = {message.values["offer"] for message in messages if message.values.get("offer")}
        self._offers = (
            {
                ref: (state, debt)
                for ref, state, debt in Offer.objects.filter(ref__in=refs).values_list(
                    "ref", "state", "debt_id"
                )
            }
            if refs
            else {}
        )
        about = {
            (message.plan_id, message.values["number"]) for message in messages if _names_instalment(message)
        }
        rows = Instalment.objects.filter(
            plan__in={plan for plan, _ in about}, number__in={number for _, number in about}
        )
        self._paid = (
            set(rows.values_list("plan_id", "number"))
            - set(queries_payments.unpaid(rows).values_list("plan_id", "number"))
            if about
            else set()
        )
        worded = {each.lender_id for each in messages if each.lender_id and each.wording in templates.KEYS}
        self._words = templates.in_use_by(worded) if worded else {}

    def needless(self, message: Message) -> str:
        """Why a message has nothing true to say any more.

        A reminder: its plan is no longer in force, its instalment is paid, or its offer was answered. A confirmation: the
        plan was taken back.
        """
        if message.plan is None:
            state, _ = self._offer_of(message)
            return "offer_closed" if state not in ("", Offer.State.OPEN) else ""
        if message.purpose == Message.Purpose.CONFIRMATION and message.plan.state == Plan.State.CANCELLED:
            return "plan_not_in_force"
        if message.purpose != Message.Purpose.REMINDER:
            return ""
        if message.plan.state != Plan.State.ACTIVE:
            return "plan_not_in_force"
        return "already_paid" if (message.plan_id, message.values.get("number")) in self._paid else ""

    def words(self, message: Message) -> Mapping[str, Wordings]:
        """The lender's own published words, by sentence."""
        return self._words.get(message.lender_id or 0, {})

    def debt_of(self, message: Message) -> int | None:
        return message.plan.debt_id if message.plan is not None else self._offer_of(message)[1]

    def _offer_of(self, message: Message) -> tuple[str, int | None]:
        """State and debt of the offer an officer's reminder speaks of; ("", None) when it speaks of none."""
        return self._offers.get(message.values.get("offer"), ("", None))


def _names_instalment(message: Message) -> bool:
    return (
        message.purpose == Message.Purpose.REMINDER
        and message.plan is not None
        and bool(message.values.get("number"))
    )
