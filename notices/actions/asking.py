"""Putting the facts before the gate: gathered in sets for any number of people, then asked one by one.

Planning and sending use the same gathering, so they can only differ in what happened in between.
"""

import copy
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.db.models import Q

from cases import clock
from cases.actions import rulebooks as kept_rulebooks
from cases.domain import rulebook as rulebooks
from cases.domain.facts import most_in_a_local_day
from cases.domain.person_facts import PersonFact
from cases.models import Consent, Hold, Lender, User
from notices.domain import delivery, gate, wording
from notices.models import Decision, Message, OptOut, Preference, WechatLink
from notices.queries_pooled import STOPS, WRITTEN, Counted, Made, Said, inconvenient
from repayment import queries as repayment_queries
from repayment import queries_payments
from repayment.models import Offer

__all__ = [
    "ANY_LOCAL_DAY",
    "WRITTEN",
    "Question",
    "Surroundings",
    "decision",
    "must_say",
    "questions_about",
    "rulebook_for",
    "settle",
]

# No two clocks are further apart than this, so a local day of "now" lies inside it on both sides.
ANY_LOCAL_DAY = dt.timedelta(hours=27)
# A reminder put off again and again meets its `not_after` long before.
_TRIES = 8


@dataclass(frozen=True, kw_only=True)
class Question:
    """One message before the gate. `debt_id` is the debt it is about, whose own holds count too; `wording` the sentence,
    where there is one already."""

    person: User
    lender: Lender | None
    debt_id: int | None
    purpose: str
    channel: str
    reminds_of_plan: bool = False
    wording: str = ""


class Surroundings:
    """All the gate looks at, for a set of people, as it stood when this was made.

    Reads once per kind of row, never per person. With `planned`, messages waiting to be sent count as
    sent on their day: two reminders planned in one night must see each other. `lenders`: whose slots will be taken here.
    """

    def __init__(
        self, people: Iterable[int], *, at: dt.datetime, planned: bool, lenders: Iterable[int] = ()
    ) -> None:
        ids = set(people)
        # The house's words as they stand: whoever asks about many looks for changed files once.
        self.words = wording.load()
        self._preferences = {p.person_id: p for p in Preference.objects.filter(person__in=ids)}
        standing = Q(until__isnull=True) | Q(until__gt=at)
        self._opt_outs = defaultdict(list)
        # Nobody opts out beforehand: where one seems to begin later, another machine's clock was ahead.
        for opt in OptOut.objects.filter(standing, person__in=ids):
            self._opt_outs[opt.person_id].append(opt)
        self._holds = defaultdict(list)
        for hold in Hold.objects.filter(standing, borrower__in=ids).exclude(kind=Hold.Kind.LEGAL):
            self._holds[hold.borrower_id].append(hold)
        self._consents = defaultdict(list)
        for consent in Consent.objects.filter(
            borrower__in=ids, purpose=Consent.Purpose.REMIND, revoked_at__isnull=True
        ):
            self._consents[consent.borrower_id, consent.lender_id].append(consent)
        self._pending: defaultdict[int, dict[tuple[int, int], bool]] = defaultdict(dict)
        for (checked, of, debt), disputed in queries_payments.under_check(ids).items():
            self._pending[checked][of, debt] = disputed
        self._agreed = repayment_queries.debts_in_force(ids)
        self._emails: dict[int, str] = {}
        self._wechats = {
            link.person_id: link.openid for link in WechatLink.objects.filter(person__in=ids, until=None)
        }
        # The primary address comes last, so it is the one that stays.
        for row in EmailAddress.objects.filter(user__in=ids, verified=True).order_by("primary", "pk"):
            self._emails[row.user_id] = row.email
        self._said = Said(ids)
        pace = max((preference.pace for preference in self._preferences.values()), default=0)
        since = at - ANY_LOCAL_DAY - dt.timedelta(days=pace)
        self._sent = Counted(ids, since=since, lenders=lenders)
        if planned:
            waiting = Message.objects.filter(
                person__in=ids,
                due_at__gte=since,
                state=Message.State.QUEUED,
                purpose=Message.Purpose.REMINDER,
            ).exclude(channel=Message.Channel.INBOX)
            self._sent.add(
                (person, Made(at=instant, lender=lender, ours=True))
                for person, instant, lender in waiting.values_list("person_id", "due_at", "lender_id")
            )

    def address(self, person: User, channel: str) -> str:
        """The confirmed address of this channel; empty when there is none."""
        if channel == "sms":
            return person.phone if person.phone_verified else ""
        if channel == "wechat":
            return self._wechats.get(person.pk, "")
        return self._emails.get(person.pk, "") if channel == "email" else ""

    def knows_address(self, person: User, channel: str) -> bool:
        """Like `address`, without deciphering a telephone number that was not loaded."""
        if channel == "inbox":
            return True
        if channel == "sms":
            return person.phone_verified
        return person.pk in (self._wechats if channel == "wechat" else self._emails)

    def channel_for(self, person: User, lender: Lender | None) -> str:
        """SMS, e-mail or WeChat, by the person's own terms and what is confirmed.

        Where the terms leave nothing, the channel that has an address: the gate then says why not. Where nothing at
        all is confirmed, or where discreet words would lack what the law wants said, Steady's own pages, which disturb nobody.
        """
        if self.discreet(person) and must_say(lender):
            return "inbox"
        preference = self._preferences.get(person.pk)
        reachable = [name for name in ("sms", "email", "wechat") if self.knows_address(person, name)]
        for name in reachable:
            wanted = preference is None or getattr(preference, name)
            if wanted and not self._opted_out(person, lender, name):
                return name
        return reachable[0] if reachable else "inbox"

    def may_mail(self, person: User, lender: Lender | None) -> bool:
        """Whether e-mail reaches this person, who has not switched it off."""
        preference = self._preferences.get(person.pk)
        wanted = preference is None or preference.email
        return wanted and self.knows_address(person, "email") and not self._opted_out(person, lender, "email")

    def discreet(self, person: User) -> bool:
        """Discreet unless the person said that nobody else uses the phone."""
        preference = self._preferences.get(person.pk)
        return preference is None or preference.discreet

    def hours(self, person: User) -> tuple[dt.time, dt.time] | None:
        """From when until when the person wants to hear from us; None where nothing was said."""
        preference = self._preferences.get(person.pk)
        if preference is None or preference.hours_from is None or preference.hours_to is None:
            return None
        return (preference.hours_from, preference.hours_to)

    def facts(self, question: Question, at: dt.datetime) -> gate.GateFacts:
        person, lender = question.person, question.lender
        preference = self._preferences.get(person.pk)
        zones = (person.timezone,)
        judged = rulebook_for(lender).judged_zones(zones)
        both = tuple(dict.fromkeys((*zones, *judged)))
        said = self._said.facts(person.pk, lender.pk if lender else None, question.debt_id, at)
        written = [made.at for made in self._sent.all(person.pk) if made.written]
        by_lender = list(self._sent.of_lender(person.pk, lender))
        held = {h.kind for h in self._holds[person.pk] if _touches(h, question.debt_id, at)}
        return gate.GateFacts(
            now=at,
            channel=question.channel,
            purpose=question.purpose,
            lender_type=lender.kind if lender else "creditor",
            consented=self._consented(question, at),
            address_known=self.knows_address(person, question.channel),
            zones=zones,
            sent_to_person_today=most_in_a_local_day(written, now=at, zones=both),
            sent_by_lender_today=most_in_a_local_day(
                (made.at for made in by_lender if made.written), now=at, zones=both
            ),
            contacts_by_lender_today=most_in_a_local_day((made.at for made in by_lender), now=at, zones=both),
            holds=tuple(sorted(held | {fact.kind for fact in said if fact.kind in STOPS})),
            opted_out=self._opted_out(person, lender, question.channel)
            or self._told_not_to(person, said, question.channel),
            paused=bool(preference and preference.paused_at),
            # Quiet is everything outside the hours the person named.
            quiet=(named[1], named[0]) if (named := self.hours(person)) else None,
            inconvenient=inconvenient(said),
            days=tuple(preference.days) if preference else (),
            pace=preference.pace if preference else 0,
            last_reminder=max((made.at for made in self._sent.all(person.pk) if made.ours), default=None)
            if preference and preference.pace
            else None,
            plan_in_force=question.reminds_of_plan or self._is_agreed(question),
            reminds_of_plan=question.reminds_of_plan,
            payment_pending=bool(self._unsettled(question)),
            payment_disputed=any(self._unsettled(question)),
            vulnerable=bool(preference and preference.gentle),
            content_complete=question.channel == "inbox"
            or not (self.discreet(person) and must_say(lender, at)),
            wording_approved=not question.wording or wording.is_known(question.wording, self.words),
        )

    def ask(self, question: Question, at: dt.datetime) -> tuple[gate.GateFacts, gate.Verdict]:
        facts = self.facts(question, at)
        return facts, gate.judge(rulebook_for(question.lender), facts)

    def take_slot(self, question: Question, at: dt.datetime) -> None:
        """From here on this message counts towards the day of `at`; what disturbs nobody counts nowhere."""
        if question.channel == "inbox":
            return
        lender = question.lender.pk if question.lender else None
        self._sent.add([(question.person.pk, Made(at=at, lender=lender, ours=True))])

    def copy(self) -> "Surroundings":
        """The same rows, for a question whose slot nobody else shall see."""
        other = copy.copy(self)
        other._sent = self._sent.copied()
        return other

    def _told_not_to(self, person: User, said: Sequence[PersonFact], channel: str) -> bool:
        """Whether the person told the lender not to write this way, or to this very number or address."""
        if channel == "inbox":
            return False
        address = self.address(person, channel) if self._said.names_numbers(said) else ""
        return self._said.opted_out(said, channel, address)

    def _unsettled(self, question: Question) -> list[bool]:
        """Payments that wait for the lender's word, on this debt or on any of the lender's when none is named; True for
        each that the lender says it has not received."""
        return [
            disputed
            for (lender, debt), disputed in self._pending[question.person.pk].items()
            if question.lender is not None
            and lender == question.lender.pk
            and question.debt_id in (None, debt)
        ]

    def _is_agreed(self, question: Question) -> bool:
        """Whether an agreement is in force on the debt: from the yes on, only its own instalments are spoken of."""
        return (question.person.pk, question.debt_id) in self._agreed

    def _opted_out(self, person: User, lender: Lender | None, channel: str) -> bool:
        if channel == "inbox":
            return False
        preference = self._preferences.get(person.pk)
        if preference is not None and not getattr(preference, channel):
            return True
        return any(
            opt.channel == channel
            and (opt.lender_id is None or (lender is not None and opt.lender_id == lender.pk))
            for opt in self._opt_outs[person.pk]
        )

    def _consented(self, question: Question, at: dt.datetime) -> bool:
        """A dated permission to remind, given before and not run out on the day of the message."""
        if question.lender is None:
            # Our own question how it goes: only who asked for it is asked.
            preference = self._preferences.get(question.person.pk)
            return bool(preference and preference.follow_up)
        on = at.astimezone(_zone(question.lender)).date()
        return any(
            consent.given_at <= at and consent.expires_on >= on
            for consent in self._consents[question.person.pk, question.lender.pk]
        )


def must_say(lender: Lender | None, at: dt.datetime | None = None) -> bool:
    """Whether the law wants something said in every message of this lender, which discreet words cannot say."""
    if lender is None:
        return False
    on = (at or clock.now()).astimezone(_zone(lender)).date()
    return bool(gate.wants_disclosure(rulebook_for(lender), on, lender.kind))


def rulebook_for(lender: Lender | None) -> rulebooks.Rulebook:
    return rulebooks.load(lender.jurisdiction if lender else "CN")


def decision(
    message: Message, *, stage: str, at: dt.datetime, facts: gate.GateFacts, verdict: gate.Verdict
) -> Decision:
    """The row, not yet saved, from which anybody can ask the gate again. `at` is when it was asked."""
    kept_rulebooks.keep(verdict.rulebook_version)
    return Decision(
        message=message,
        stage=stage,
        at=at,
        verdict=str(verdict.outcome),
        not_before=verdict.not_before,
        findings=gate.findings_as_json(verdict.findings),
        facts=gate.as_json(facts),
        rulebook_version=verdict.rulebook_version,
    )


def questions_about(person: User, reminders: Sequence[Message]) -> list[Question]:
    """What the gate is asked about each of these reminders of one person; one query where some speak of an offer."""
    refs = [message.values["offer"] for message in reminders if message.values.get("offer")]
    debts = dict(Offer.objects.filter(ref__in=refs).values_list("ref", "debt")) if refs else {}
    return [
        Question(
            person=person,
            lender=message.lender,
            debt_id=message.plan.debt_id if message.plan else debts.get(message.values.get("offer")),
            purpose=message.purpose,
            channel=message.channel,
            reminds_of_plan=message.plan is not None,
            wording=message.wording,
        )
        for message in reminders
    ]


def settle(
    message: Message, question: Question, around: Surroundings, *, at: dt.datetime
) -> Iterator[Decision]:
    """Ask until the gate says yes, no, or the time is over; each different answer is kept. Saves nothing.

    A deferral is judged again at the moment it names: another reminder may already have that day's slot. The
    message is left queued for its moment, withheld, or expired.
    """
    for _ in range(_TRIES):
        facts, verdict = around.ask(question, message.due_at)
        yield decision(message, stage="planning", at=at, facts=facts, verdict=verdict)
        if verdict.outcome is gate.Outcome.REFUSED:
            message.state = delivery.after(message.state, "withhold", delivery.Who.PLANNER)
            return
        if verdict.not_before is None:
            message.state = delivery.after(message.state, "queue", delivery.Who.PLANNER)
            around.take_slot(question, message.due_at)
            return
        if verdict.not_before >= message.not_after:
            break
        message.due_at = verdict.not_before
    message.state = delivery.after(message.state, "expire", delivery.Who.PLANNER)


def _zone(lender: Lender) -> dt.tzinfo:
    return ZoneInfo(rulebook_for(lender).zone)


def _touches(hold: Hold, debt_id: int | None, at: dt.datetime) -> bool:
    """In force at `at`, and about the person or this very debt."""
    in_force = hold.since <= at and (hold.until is None or hold.until > at)
    return in_force and (hold.debt_id is None or hold.debt_id == debt_id)
