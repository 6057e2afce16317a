"""What each person may read of messages and of the decisions about them."""

import datetime as dt
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cases import clock
from cases.access import Permission
from cases.domain import conduct
from cases.domain.facts import local_time
from cases.models import Case, Consent, Lender, User
from cases.queries import lender_of
from notices.actions import preferences, templates
from notices.actions.asking import Surroundings, questions_about, rulebook_for
from notices.actions.writing import lender_name
from notices.domain import gate, wording
from notices.models import Decision, Inbound, Message, Template, WechatLink
from notices.models.messages import asked_of
from notices.queries_reasons import Reason, about, reasons_in
from notices.queries_why import Pauses, consents_of, grounds
from repayment import queries_payments
from repayment.models import Instalment, Plan

# Where a message stopped for good, or may never be known to have arrived.
HELD_BACK = (Message.State.WITHHELD, Message.State.EXPIRED, Message.State.CANCELLED)
# More than a person can have waiting: planning looks a day ahead.
_WAITING = 50
_HOURS = conduct.HOURS | {"house.own_clock", "house.quiet_hours", "house.days"}
_STATES: dict[str, Any] = {
    Message.State.PLANNED: gettext_lazy("planned"),
    Message.State.QUEUED: gettext_lazy("waits for its time"),
    Message.State.CLAIMED: gettext_lazy("is being sent"),
    Message.State.SENT: gettext_lazy("sent"),
    Message.State.DELIVERED: gettext_lazy("delivered"),
    Message.State.FAILED: gettext_lazy("could not be delivered"),
    Message.State.UNCERTAIN: gettext_lazy("not known whether it arrived"),
    Message.State.WITHHELD: gettext_lazy("Not sent"),
    Message.State.EXPIRED: gettext_lazy("Not sent, it would have come too late"),
    Message.State.CANCELLED: gettext_lazy("Not sent, no longer needed"),
}
_TONES: dict[str, str] = {
    Message.State.SENT: "allowed",
    Message.State.DELIVERED: "done",
    Message.State.FAILED: "closed",
    Message.State.UNCERTAIN: "waiting",
    Message.State.CLAIMED: "waiting",
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One message as its reader sees it.

    `at` is when it left or was due to leave. `held` are the reasons of the last decision that put it off or
    stopped it, strongest first; `held_at` when that was, `next` the lawful time that was then named. `stays` are the
    reasons for which one that still waits would be withheld as things stand. `words` says whose wording left, and which;
    `why` why it could leave. `ahead`: it was refused, and the time it was for is still to come.
    """

    message: Message
    at: dt.datetime
    held: Sequence[Reason] = field(default_factory=tuple)
    held_at: dt.datetime | None = None
    next: dt.datetime | None = None
    stays: Sequence[Reason] = field(default_factory=tuple)
    words: str = ""
    why: str = ""
    ahead: bool = False

    @property
    def stopped(self) -> bool:
        return self.message.state in HELD_BACK

    @property
    def who(self) -> str:
        """For whom it was written: the lender's name, or ours."""
        lender = self.message.lender
        return lender_name(lender, get_language() or "en") if lender else _("Steady")

    @property
    def about(self) -> str:
        """What kind of message it is, for one that has no text because it never left."""
        return about(self.message.wording)

    @property
    def label(self) -> str:
        """The way and the state in a few words: "SMS, delivered"."""
        if self.ahead:
            return _("Will not be sent as things stand")
        if self.stopped:
            return str(_STATES[self.message.state])
        way = self.message.get_channel_display()
        return _("%(way)s, %(state)s") % {"way": way, "state": _STATES[self.message.state]}

    @property
    def state_words(self) -> str:
        """What became of it, as a table says it. Nothing is called past whose time is still to come."""
        return self.label if self.ahead else str(self.message.get_state_display())

    @property
    def stays_label(self) -> str:
        """Why one that still waits will not come as things stand, in a few words."""
        if any(reason.rule == "house.payment_pending" for reason in self.stays):
            return _("Not for now: a payment waits to be confirmed")
        return _("Not for now")

    @property
    def tone(self) -> str:
        return _TONES.get(self.message.state, "open")

    @property
    def icon(self) -> str:
        """A moon where hours stood against it, else a lock: the person's own protections."""
        return "moon" if any(reason.rule in _HOURS for reason in self.held) else "lock"


def messages_for(user: User) -> QuerySet[Message]:
    """A borrower's own messages; for an officer those of its lender. Newest first, decisions at hand."""
    messages = (
        Message.objects.exclude(purpose=Message.Purpose.SECURITY_CODE)
        .select_related("lender", "plan")
        .prefetch_related(Prefetch("decisions", Decision.objects.order_by("id"), to_attr="asked"))
        .annotate(happened_at=Coalesce("sent_at", "due_at"))
        .order_by("-happened_at", "-id")
    )
    if user.may(Permission.MESSAGE_READ):
        return messages.filter(person=user)
    lender = lender_of(user)
    return messages.filter(lender=lender) if lender else messages.none()


def archive_for(user: User) -> QuerySet[Message]:
    """What happened already: left, failed, or was stopped. What still waits is `coming_for`."""
    return messages_for(user).exclude(state__in=[Message.State.PLANNED, Message.State.QUEUED])


def coming_for(user: User, limit: int = 5) -> Sequence[Entry]:
    """What waits to be sent, soonest first, each asked about once more as things stand now.

    Left out is what will be cancelled when its time comes: its plan is no longer in force, or its instalment is paid.
    """
    waiting = messages_for(user).filter(state__in=[Message.State.PLANNED, Message.State.QUEUED])
    messages = list(waiting.order_by("due_at", "id")[:_WAITING])
    plans = {message.plan_id for message in messages if message.plan_id}
    unpaid = (
        set(
            queries_payments.unpaid(
                Instalment.objects.filter(plan__in=plans, plan__state=Plan.State.ACTIVE)
            ).values_list("plan", "number")
        )
        if plans
        else set()
    )
    coming = [message for message in messages if _is_needed(message, unpaid)][:limit]
    stays = _stays(user, [message for message in coming if message.purpose == Message.Purpose.REMINDER])
    waits = for_the_person(entries(coming), user)
    return [replace(entry, stays=stays.get(entry.message.pk, ())) for entry in waits]


def _is_needed(message: Message, unpaid: Container[tuple[int, int]]) -> bool:
    """Whether a message that waits will still have something true to say; `unpaid` holds (plan, instalment number)."""
    if message.purpose != Message.Purpose.REMINDER or message.plan is None:
        return True
    number = message.values.get("number")
    in_force = message.plan.state == Plan.State.ACTIVE
    return in_force and (number is None or (message.plan.pk, number) in unpaid)


def _stays(person: User, reminders: Sequence[Message]) -> dict[int, Sequence[Reason]]:
    """Message → the reasons for which the gate would refuse it at its time, if nothing changed until then."""
    if not reminders:
        return {}
    around, pauses = Surroundings([person.pk], at=clock.now(), planned=False), Pauses(person)
    language = get_language() or "en"
    found = {}
    for message, question in zip(reminders, questions_about(person, reminders), strict=True):
        _facts, verdict = around.ask(question, message.due_at)
        if verdict.outcome is gate.Outcome.REFUSED:
            on = local_time(message.due_at, rulebook_for(message.lender).zone).date
            findings = gate.findings_as_json(verdict.findings)
            reasons = reasons_in(findings, message.lender, on, language)
            found[message.pk] = pauses.told(reasons, message.lender, clock.now())
    return found


def entries(messages: Iterable[Message]) -> Sequence[Entry]:
    """Messages with their reasons worded in the active language. No query of its own."""
    language = get_language() or "en"
    now = clock.now()
    return [_entry(message, language, now) for message in messages]


def for_the_person(found: Sequence[Entry], person: User) -> Sequence[Entry]:
    """The same entries as the person reads them: why each could leave, and their own pause of a lender called a pause."""
    lenders = {entry.message.lender_id for entry in found if entry.message.lender_id}
    consents, pauses = consents_of(person, lenders), Pauses(person)
    return [
        replace(
            entry,
            held=pauses.told(entry.held, entry.message.lender, entry.held_at or entry.at),
            why=""
            if entry.stopped
            else grounds(
                entry.message,
                asked_of(entry.message),
                consents.get(entry.message.lender_id or 0, ()),
            ),
        )
        for entry in found
    ]


def with_words(found: Sequence[Entry]) -> Sequence[Entry]:
    """The same entries, each saying who worded it: the house, or the lender in a text that two of its people approved."""
    left = {entry.message.wording_version for entry in found} - {""}
    if not left:
        return found
    house = wording.versions_in(wording.load())
    others = {entry.message.lender_id for entry in found if entry.message.wording_version not in house}
    own = {
        version: template
        for template in Template.objects.filter(lender__in=others - {None})
        for version in wording.versions_in(templates.entries_of(template))
    }
    return [replace(entry, words=_worded(entry, house, own)) for entry in found]


def _worded(entry: Entry, house: Container[str], own: Mapping[str, Template]) -> str:
    version = entry.message.wording_version
    if not version:
        return ""
    if version in house and entry.message.wording in templates.KEYS:
        values = {"lender": entry.who, "version": version[:8]}
        return _("Steady’s sentence, asked for by %(lender)s · version %(version)s") % values
    if version in house:
        return _("Worded by Steady · version %(version)s") % {"version": version[:8]}
    if template := own.get(version):
        return _(
            "Worded by %(lender)s, text %(number)s, approved by a second person · version %(version)s"
        ) % {"lender": entry.who, "number": template.number, "version": version[:8]}
    return _("An earlier wording · version %(version)s") % {"version": version[:8]}


def written_back(person: User) -> QuerySet[Inbound]:
    """What the person sent us by SMS or WeChat, the latest few."""
    return Inbound.objects.filter(person=person).select_related("lender")[:_WAITING]


def replies_for(case: Case) -> QuerySet[Inbound]:
    """What the borrower wrote back to this lender's messages; only the lender it was meant for reads it."""
    return Inbound.objects.filter(person=case.borrower_id, lender=case.lender_id).exclude(body="")[:_WAITING]


def wechat_since(person: User) -> dt.datetime | None:
    """When this person's WeChat was linked; None when it is not."""
    return WechatLink.objects.filter(person=person, until=None).values_list("since", flat=True).first()


@dataclass(frozen=True, kw_only=True)
class LenderWays:
    """One lender that may remind the person: the ways there are, and those closed to this lender alone."""

    lender: Lender
    ways: Sequence[tuple[str, str]]
    closed: frozenset[str]

    @property
    def name(self) -> str:
        return lender_name(self.lender, get_language() or "en")

    @property
    def open(self) -> Sequence[str]:
        return [str(label) for way, label in self.ways if way not in self.closed]

    @property
    def boxes(self) -> Sequence[tuple[str, str, bool]]:
        return [(way, label, way not in self.closed) for way, label in self.ways]


def lender_ways(person: User, *, wechat: bool = True) -> Sequence[LenderWays]:
    """The lenders that the person allowed to remind, or closed a way to, by name."""
    closed = preferences.lender_terms(person)
    allowed = Consent.objects.filter(
        borrower=person,
        purpose=Consent.Purpose.REMIND,
        revoked_at__isnull=True,
        expires_on__gte=clock.today(),
    )
    lenders = Lender.objects.filter(Q(pk__in=allowed.values("lender")) | Q(pk__in=closed)).order_by("name")
    labels = {str(way): str(label) for way, label in Message.Channel.choices}
    ways = [(way, labels[way]) for way in preferences.CHANNELS if wechat or way != "wechat"]
    return [LenderWays(lender=each, ways=ways, closed=closed.get(each.pk, frozenset())) for each in lenders]


def for_case(case: Case) -> Sequence[Entry]:
    """Every message of one lender to one borrower, sent and withheld: both parties read the same list."""
    messages = (
        Message.objects.filter(person=case.borrower_id, lender=case.lender_id)
        .select_related("lender", "plan")
        .prefetch_related(Prefetch("decisions", Decision.objects.order_by("id"), to_attr="asked"))
        .annotate(happened_at=Coalesce("sent_at", "due_at"))
        .order_by("-happened_at", "-id")
    )
    return entries(messages)


def _entry(message: Message, language: str, now: dt.datetime) -> Entry:
    held = [decision for decision in asked_of(message) if decision.verdict != gate.Outcome.ALLOWED]
    at = message.sent_at or message.due_at
    ahead = message.state == Message.State.WITHHELD and message.due_at > now
    if not held:
        return Entry(message=message, at=at, ahead=ahead)
    last = held[-1]
    on = dt.datetime.fromisoformat(last.facts["now"]).date()
    return Entry(
        message=message,
        at=at,
        held=reasons_in(last.findings, message.lender, on, language),
        held_at=dt.datetime.fromisoformat(last.facts["now"]),
        next=last.not_before,
        ahead=ahead,
    )
