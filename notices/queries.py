"""What each person may read of messages and of the decisions about them."""

import datetime as dt
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cases import clock
from cases.access import Permission
from cases.domain import conduct, rulebook
from cases.domain.facts import local_time, most_in_a_local_day
from cases.domain.refusal import Refused
from cases.models import Case, Consent, Contact, Lender, User
from cases.queries import lender_of
from notices.actions import preferences, templates
from notices.actions.asking import WRITTEN, Question, Surroundings, rulebook_for
from notices.actions.writing import lender_name, write
from notices.domain import gate, wording
from notices.domain.wording import WordingError
from notices.models import Decision, Inbound, Message, Template, WechatLink
from repayment import queries_payments
from repayment.models import Instalment, Offer, Plan

_STRENGTH = {force: rank for rank, force in enumerate(("LAW", "RULE", "STD", "SELF", "GUID", "PRAC"))}
# Where a message stopped for good, or may never be known to have arrived.
HELD_BACK = (Message.State.WITHHELD, Message.State.EXPIRED, Message.State.CANCELLED)
# More than a person can have waiting: planning looks a day ahead.
_WAITING = 50
_CAPS = frozenset({"cn.freq.sms_email_wechat", "house.messages", "us.freq.text"})
# What stands behind a protection is between the borrower and whoever protects; so is what others wrote, and a diary.
_GUARDED = ("hold", "moratorium", "dispute", "represented", "cease", "vulnerable", "pace")
_PRIVATE = frozenset(
    {"uk.freq", *(f"house.{kind}" for kind in _GUARDED)}
    | {rule for named in conduct.NAMED.values() for kind, rule in named.items() if kind in _GUARDED}
)
_HOURS = conduct.HOURS | {"house.own_clock", "house.quiet_hours", "house.days"}
# Decisions are kept for ever, a row may find a better name.
_RENAMED = {"house.urumqi": "house.own_clock"}
_ABOUT: dict[str, Any] = {
    "reminder_due_soon": gettext_lazy("A reminder that a payment is coming"),
    "reminder_due_today": gettext_lazy("A reminder on the day of a payment"),
    "officer_answer_coming": gettext_lazy("When a proposal will be answered"),
    "officer_please_answer": gettext_lazy("A reminder that an offer waits"),
    "officer_payment_coming": gettext_lazy("A reminder that a payment is coming"),
    "offer_answered": gettext_lazy("An answer to your proposal"),
    "offer_question": gettext_lazy("A question about your proposal"),
    "question_answered": gettext_lazy("An answer to your question"),
    "offer_expired": gettext_lazy("Your proposal ran out without an answer"),
    "plan_confirmed": gettext_lazy("The confirmation of your plan"),
    "plan_replaced": gettext_lazy("Your new plan in place of the old one"),
    "plan_paused": gettext_lazy("The pause of your plan"),
    "plan_resumed": gettext_lazy("The end of a pause"),
    "plan_broken": gettext_lazy("The early end of your plan"),
    "plan_at_risk": gettext_lazy("A notice that your plan needs a look"),
    "plan_pack": gettext_lazy("The figures of your plan"),
    "complaint_answered": gettext_lazy("An answer to your complaint"),
    "payment_confirmed": gettext_lazy("The receipt of a payment"),
    "payment_questioned": gettext_lazy("A question about a payment"),
    "payment_reversed": gettext_lazy("A question about a payment"),
    "reminder_missed": gettext_lazy("A payment was not seen on its day"),
    "offer_ending": gettext_lazy("A reminder that an offer runs out"),
    "complaint_due": gettext_lazy("The day for an answer to your complaint has passed"),
    "plan_halfway": gettext_lazy("Half of a plan is paid"),
    "follow_up": gettext_lazy("Our question how it goes"),
    "inbound_balance": gettext_lazy("An answer to what you wrote back"),
    "inbound_plan": gettext_lazy("An answer to what you wrote back"),
    "inbound_stopped": gettext_lazy("Your “stop” was received"),
    "inbound_help": gettext_lazy("An answer to what you wrote back"),
}
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
class Reason:
    """A rule that stood against a message, in the reader's language."""

    rule: str
    force: str
    citation: str
    statement: str
    verified: bool


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One message as its reader sees it.

    `at` is when it left or was due to leave. `held` are the reasons of the last decision that put it off or
    stopped it, strongest first; `held_at` when that was, `next` the lawful time that was then named. `stays` are the
    reasons for which one that still waits would be withheld as things stand. `words` says whose wording left, and which.
    """

    message: Message
    at: dt.datetime
    held: Sequence[Reason] = field(default_factory=tuple)
    held_at: dt.datetime | None = None
    next: dt.datetime | None = None
    stays: Sequence[Reason] = field(default_factory=tuple)
    words: str = ""

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
        if self.stopped:
            return str(_STATES[self.message.state])
        way = self.message.get_channel_display()
        return _("%(way)s, %(state)s") % {"way": way, "state": _STATES[self.message.state]}

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


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """One message that was not sent when it was due: the rule, its force, and the next lawful time."""

    message: Message
    at: dt.datetime
    rule: str
    force: str
    citation: str
    statement: str
    not_before: dt.datetime | None
    about: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """May a reminder leave now? Counts are messages of today on the stricter of the person's clocks.

    `by_lender` (what left here) and `lender_cap` are about the one lender asked for. `next_lawful` is now when it
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
    return [replace(entry, stays=stays.get(entry.message.pk, ())) for entry in entries(coming)]


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
    around = Surroundings([person.pk], at=clock.now(), planned=False)
    refs = [message.values["offer"] for message in reminders if message.values.get("offer")]
    debts = dict(Offer.objects.filter(ref__in=refs).values_list("ref", "debt")) if refs else {}
    language = get_language() or "en"
    found = {}
    for message in reminders:
        question = Question(
            person=person,
            lender=message.lender,
            debt_id=message.plan.debt_id if message.plan else debts.get(message.values.get("offer")),
            purpose=message.purpose,
            channel=message.channel,
            reminds_of_plan=message.plan is not None,
            wording=message.wording,
        )
        _facts, verdict = around.ask(question, message.due_at)
        if verdict.outcome is gate.Outcome.REFUSED:
            on = local_time(message.due_at, rulebook_for(message.lender).zone).date
            findings = gate.findings_as_json(verdict.findings)
            found[message.pk] = _reasons(findings, message.lender, on, language)
    return found


def entries(messages: Iterable[Message]) -> Sequence[Entry]:
    """Messages with their reasons worded in the active language. No query of its own."""
    language = get_language() or "en"
    return [_entry(message, language) for message in messages]


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
    if version in house:
        return _("Worded by Steady · version %(version)s") % {"version": version[:8]}
    if template := own.get(version):
        values = {"lender": entry.who, "number": template.number, "version": version[:8]}
        return (
            _("Worded by %(lender)s, text %(number)s, approved by a second person · version %(version)s")
            % values
        )
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


def allowance(
    person: User, lender: Lender | None, *, channel: str = "", at: dt.datetime | None = None
) -> Allowance:
    """What the gate would say to a reminder now, with the counts behind it. A fixed number of queries."""
    at = at or clock.now()
    around = Surroundings([person.pk], at=at, planned=False)
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
        by_lender=_left_today(person, lender, at, (*facts.zones, *book.judged_zones(facts.zones))),
        lender_cap=cap.number("per_lender"),
        outcome=str(verdict.outcome),
        next_lawful=at if verdict.allowed else verdict.not_before,
        rule=_reason(book, {"rule": cap.id}, on, language),
        reasons=_reasons(gate.findings_as_json(verdict.findings), lender, on, language),
        gentle=facts.vulnerable,
    )


def about(wording: str) -> str:
    """What kind of message a wording makes, in a few words."""
    return str(_ABOUT.get(wording, _("A message")))


def reasons_of(decisions: Iterable[Decision], lender: Lender | None, on: dt.date) -> Sequence[Reason]:
    """The rules that stood against a message in any of these decisions, each once, strongest first."""
    found = {str(finding["rule"]): finding for decision in decisions for finding in decision.findings}
    return _reasons(found.values(), lender, on, get_language() or "en")


def reasons_of_findings(
    findings: Iterable[gate.Finding], lender: Lender | None, on: dt.date
) -> Sequence[Reason]:
    """The same of findings that nobody has kept, in the active language."""
    return _reasons(gate.findings_as_json(findings), lender, on, get_language() or "en")


def told_to_lender(reasons: Iterable[Reason], *, own_cap: bool) -> Sequence[Reason]:
    """Those that are the lender's to know. A full day counts only where its own messages filled it (`own_cap`)."""
    return [
        reason for reason in reasons if reason.rule not in _PRIVATE and (own_cap or reason.rule not in _CAPS)
    ]


def _left_today(person: User, lender: Lender | None, at: dt.datetime, zones: tuple[str, ...]) -> int:
    """What left here in a lender's name today. The gate counts the borrower's diary too, but the diary is theirs:
    an officer who saw the sum would see that something was written down."""
    ours = Contact.objects.filter(
        borrower=person, lender=lender, own=True, channel__in=WRITTEN, at__gte=at - dt.timedelta(days=2)
    )
    return most_in_a_local_day(ours.values_list("at", flat=True), now=at, zones=zones)


def withheld_messages(limit: int = 12) -> Sequence[Withheld]:
    """The newest decisions that held a message back, over everybody: for the demo's outbox page."""
    decisions = (
        Decision.objects.exclude(verdict="allowed")
        .select_related("message__lender", "message__person")
        .order_by("-id")
    )
    language = get_language() or "en"
    found = []
    for decision in decisions[:limit]:
        for reason in _reasons(decision.findings, decision.message.lender, decision.at.date(), language)[:1]:
            found.append(
                Withheld(
                    message=decision.message,
                    at=decision.at,
                    rule=reason.rule,
                    force=reason.force,
                    citation=reason.citation,
                    statement=reason.statement,
                    not_before=decision.not_before,
                    about=about(decision.message.wording),
                    words=_words_of(decision.message),
                )
            )
    return found


def _words_of(message: Message) -> str:
    """What it would have said, or did say later; empty where its values cannot be worded."""
    try:
        return message.body or write(message, discreet=True).body
    except (Refused, WordingError):
        return ""


# Decisions keep their findings as one JSON list; each database opens it with its own words.
_BY_RULE = {
    "sqlite": """
        SELECT json_extract(finding.value, '$.rule') AS rule, COUNT(DISTINCT d.message_id) AS messages
        FROM notices_decision d, json_each(d.findings) AS finding
        WHERE d.verdict <> 'allowed' AND d.at >= %s
        GROUP BY 1 ORDER BY 2 DESC, 1""",
    "postgresql": """
        SELECT finding.value ->> 'rule' AS rule, COUNT(DISTINCT d.message_id) AS messages
        FROM notices_decision d, jsonb_array_elements(d.findings) AS finding(value)
        WHERE d.verdict <> 'allowed' AND d.at >= %s
        GROUP BY 1 ORDER BY 2 DESC, 1""",
}


def prevented_by_rule(
    since: dt.datetime | None = None, using: str = DEFAULT_DB_ALIAS
) -> Sequence[tuple[str, int]]:
    """How many messages each rule held back, most first. One message put off twice by a rule counts once."""
    since = since or dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    connection = connections[using]
    at = Decision._meta.get_field("at").get_db_prep_value(since, connection)
    with connection.cursor() as cursor:
        cursor.execute(_BY_RULE[connection.vendor], [at])
        return [(rule, count) for rule, count in cursor.fetchall()]


def _entry(message: Message, language: str) -> Entry:
    held = [decision for decision in message.asked if decision.verdict != gate.Outcome.ALLOWED]  # type: ignore[attr-defined]
    at = message.sent_at or message.due_at
    if not held:
        return Entry(message=message, at=at)
    last = held[-1]
    on = dt.datetime.fromisoformat(last.facts["now"]).date()
    return Entry(
        message=message,
        at=at,
        held=_reasons(last.findings, message.lender, on, language),
        held_at=dt.datetime.fromisoformat(last.facts["now"]),
        next=last.not_before,
    )


def _reasons(
    findings: Iterable[dict[str, object]], lender: Lender | None, on: dt.date, language: str
) -> Sequence[Reason]:
    """Strongest ground first."""
    book = rulebook_for(lender)
    reasons = [_reason(book, finding, on, language) for finding in findings]
    return sorted(reasons, key=lambda reason: _STRENGTH.get(reason.force, len(_STRENGTH)))


def _reason(book: rulebook.Rulebook, finding: dict[str, object], on: dt.date, language: str) -> Reason:
    name = str(finding["rule"])
    rule = book.rule(_RENAMED.get(name, name), on)
    return Reason(
        rule=rule.id,
        force=str(rule.force),
        citation=rule.citation,
        statement=rulebook.statement(rule, language),
        verified=rule.verified,
    )
