"""
One night's planning as whole numbers: every candidate, every question the gate was asked about it and every answer has a
fixed width, so that a million of them travel as bytes, and the very bytes are what is hashed. Reading a record back gives the
facts of one question; asked again, the gate must give the same answer (`replay`).
"""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import IntEnum, IntFlag
from typing import Any

from cases.domain.person_facts import DAYS
from cases.domain.rulebook import Rulebook
from notices.domain import gate
from notices.domain import gate_rules as rules
from notices.domain.gate import Channel, GateFacts, Inconvenient, Outcome, Purpose, Verdict


class Kind(IntEnum):
    """What a candidate is about. Numbers are in the record: never reused, new ones at the end."""

    DUE_SOON = 1
    DUE_TODAY = 2
    MISSED = 3
    OFFER_ENDING = 4
    COMPLAINT_DUE = 5
    MILESTONE = 6
    FOLLOW_UP = 7


CHANNELS = (Channel.SMS, Channel.EMAIL, Channel.WECHAT, Channel.INBOX)
"""By the number in the record."""


class Answer(IntEnum):
    ALLOWED = 0
    DEFERRED = 1
    REFUSED = 2


OUTCOMES: Mapping[Answer, Outcome] = {
    Answer.ALLOWED: Outcome.ALLOWED,
    Answer.DEFERRED: Outcome.DEFERRED,
    Answer.REFUSED: Outcome.REFUSED,
}


class Flag(IntFlag):
    """The yes-and-no facts of a question, by the bit in the record."""

    ADDRESS_KNOWN = 1 << 0
    ADDRESS_OPTED_OUT = 1 << 1
    OPTED_OUT = 1 << 2
    CONSENTED = 1 << 3
    PAUSED = 1 << 4
    MORATORIUM = 1 << 5
    DISPUTE = 1 << 6
    REPRESENTED = 1 << 7
    CEASE = 1 << 8
    HELD = 1 << 9
    PAYMENT_DISPUTED = 1 << 10
    PAYMENT_PENDING = 1 << 11
    PLAN_IN_FORCE = 1 << 12
    REMINDS_OF_PLAN = 1 << 13
    VULNERABLE = 1 << 14
    # The person asked for it, or it is a clock of their own: no reminder, and nothing but the address stands against it.
    ANSWERS = 1 << 15
    # The law wants something said that is not in it; the words are nobody's approved ones.
    INCOMPLETE = 1 << 16
    UNAPPROVED = 1 << 17


# Reasons by bit: the protections of the gate first, in their order there, then what waiting cures.
NIGHT_HOURS = 1 << 16
QUIET_HOURS = 1 << 17
LENDER_FULL = 1 << 18
PERSON_FULL = 1 << 19
GENTLE_FULL = 1 << 20
NO_LAWFUL_MOMENT = 1 << 21
MESSAGES_FULL = 1 << 22
CONTACTS_FULL = 1 << 23
INCONVENIENT = 1 << 24
OFF_DAYS = 1 << 25
TOO_SOON = 1 << 26
FULL = LENDER_FULL | PERSON_FULL | GENTLE_FULL | MESSAGES_FULL | CONTACTS_FULL
DELAYS = NIGHT_HOURS | QUIET_HOURS | INCONVENIENT | OFF_DAYS | TOO_SOON | FULL

# What the database says about a candidate, by bit: nothing is decided there, `bulk_candidates` makes facts of it.
RAW = (
    "phone",
    "mail",
    "wechat",
    "wants_sms",
    "wants_email",
    "wants_wechat",
    "opt_sms",
    "opt_email",
    "opt_wechat",
    "paused",
    "consented",
    "pending",
    "disputed",
    "hold_moratorium",
    "hold_dispute",
    "hold_represented",
    "hold_other",
    "of_plan",
    "agreed",
    "answers",
    "discreet",
    "gentle",
    # They told a lender something about being contacted: what, is read for them alone.
    "told",
)
# Above those bits in the same number: the place of the person's zone, and that of the candidate's kind and day.
ZONE_FROM, DAY_FROM = 24, 40
assert len(RAW) <= ZONE_FROM
# What somebody wished, as one number, 0 where nothing: when their quiet hours begin and end, in seconds of the day and one more; days
# of the week, seven bits; then the days between two reminders.
CLOCK_BITS, WEEK_BITS = 17, 7
WEEK_FROM = 2 * CLOCK_BITS
FIELDS: tuple[tuple[str, str], ...] = (
    ("run", "q"),
    ("place", "q"),
    ("person", "q"),
    ("lender", "q"),
    ("debt", "q"),
    ("about", "q"),
    ("kind", "h"),
    ("ask", "h"),
    ("channel", "h"),
    ("at", "q"),
    ("not_after", "q"),
    ("outcome", "h"),
    ("not_before", "q"),
    ("reasons", "i"),
    ("flags", "i"),
    ("zone", "h"),
    ("law", "h"),
    ("quiet_from", "i"),
    ("quiet_to", "i"),
    ("sent_to_person", "h"),
    ("sent_by_lender", "h"),
    ("terms", "i"),
    ("last_reminder", "q"),
    ("contacts_by_lender", "h"),
)
"""Name and width (struct's letters) of a record's numbers, in order. `place` counts the run's records from 0. Instants are Unix seconds, hours seconds of the day;
lender 0, quiet -1 and last_reminder 0 mean none. `zone`, `law` and `terms` are places in the run's own lists."""

_NAMES = tuple(name for name, _ in FIELDS)
# Records from before terms were named end three numbers earlier; what is not in them is 0.
EARLIER = len(FIELDS) - 3
_RECORDS = {
    many: struct.Struct(">" + "".join(width for _, width in FIELDS[:many])) for many in (EARLIER, len(FIELDS))
}
_BY_SIZE = {record.size: record for record in _RECORDS.values()}


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One question and its answer, as recorded."""

    run: int
    place: int
    person: int
    lender: int
    debt: int
    about: int
    kind: int
    ask: int
    channel: int
    at: int
    not_after: int
    outcome: int
    not_before: int
    reasons: int
    flags: int
    zone: int
    law: int
    quiet_from: int
    quiet_to: int
    sent_to_person: int
    sent_by_lender: int
    terms: int = 0
    last_reminder: int = 0
    contacts_by_lender: int = 0

    def packed(self) -> bytes:
        """The canonical record: big-endian, fixed width, in the order of FIELDS."""
        return pack([getattr(self, name) for name in _NAMES])


def pack(numbers: Sequence[int]) -> bytes:
    """The canonical record of numbers in the order of FIELDS, or of as many as an earlier night has."""
    return _RECORDS[len(numbers)].pack(*numbers)


def unpacked(record: bytes) -> Ask:
    return Ask(**dict(zip(_NAMES, _BY_SIZE[len(record)].unpack(record), strict=False)))


def layout(record: bytes) -> tuple[str, tuple[str, ...]]:
    """How a record is read without us: the letters of Python's struct, and the numbers' names."""
    read = _BY_SIZE[len(record)]
    return read.format, _NAMES[: len(read.unpack(record))]


def leaf(record: bytes) -> bytes:
    """RFC 9162: a leaf is hashed with a zero byte before it."""
    return hashlib.sha256(b"\0" + record).digest()


@dataclass(frozen=True, kw_only=True)
class Terms:
    """When somebody may be reminded at all: days of the week, the least days between two reminders, and times they told a
    lender do not suit them. As in GateFacts."""

    days: tuple[str, ...] = ()
    pace: int = 0
    inconvenient: tuple[Inconvenient, ...] = ()


NO_TERMS = Terms()


class TermsList:
    """The terms that one run met, each once; a record names their place. The first place is that of nobody's terms."""

    def __init__(self) -> None:
        self.met = [NO_TERMS]
        self._places = {NO_TERMS: 0}
        self._of_wish = {0: 0}

    def place(self, terms: Terms) -> int:
        if terms not in self._places:
            self._places[terms] = len(self.met)
            self.met.append(terms)
        return self._places[terms]

    def place_of_wish(self, wish: int) -> int:
        """Of days and pace in one number, as the database gives them; 0 is neither."""
        if wish not in self._of_wish:
            days = tuple(day for place, day in enumerate(DAYS) if wish >> place & 1)
            self._of_wish[wish] = self.place(Terms(days=days, pace=wish >> WEEK_BITS))
        return self._of_wish[wish]

    def as_json(self) -> list[dict[str, Any]]:
        return [terms_as_json(each) for each in self.met]


def terms_as_json(terms: Terms) -> dict[str, Any]:
    return {
        "days": list(terms.days),
        "pace": terms.pace,
        "inconvenient": [
            {"before": each.before, "after": each.after, "days": list(each.days)}
            for each in terms.inconvenient
        ],
    }


def terms_from_json(stored: Mapping[str, Any]) -> Terms:
    return Terms(
        days=tuple(stored["days"]),
        pace=stored["pace"],
        inconvenient=tuple(
            Inconvenient(before=each["before"], after=each["after"], days=tuple(each["days"]))
            for each in stored["inconvenient"]
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What the numbers of one run point at: time zones, under which law each lender stands, and people's terms.

    `laws` are (jurisdiction, lender type); `books` the rulebook of each jurisdiction.
    """

    zones: Sequence[str]
    laws: Sequence[tuple[str, str]]
    books: Mapping[str, Rulebook]
    terms: Sequence[Terms] = (NO_TERMS,)

    def book(self, law: int) -> Rulebook:
        return self.books[self.laws[law][0]]


def facts_of(ask: Ask, setting: Setting) -> GateFacts:
    """The question as the gate takes it."""
    flags = Flag(ask.flags)
    holds = {
        "moratorium": Flag.MORATORIUM,
        "dispute": Flag.DISPUTE,
        "represented": Flag.REPRESENTED,
        "cease": Flag.CEASE,
        "hold": Flag.HELD,
    }
    terms = setting.terms[ask.terms]
    return GateFacts(
        now=datetime.fromtimestamp(ask.at, UTC),
        channel=CHANNELS[ask.channel],
        purpose=Purpose.ANSWER if Flag.ANSWERS in flags else Purpose.REMINDER,
        lender_type=setting.laws[ask.law][1],
        consented=Flag.CONSENTED in flags,
        address_known=Flag.ADDRESS_KNOWN in flags,
        zones=(setting.zones[ask.zone],),
        sent_to_person_today=ask.sent_to_person,
        sent_by_lender_today=ask.sent_by_lender,
        contacts_by_lender_today=ask.contacts_by_lender,
        holds=tuple(sorted(name for name, flag in holds.items() if flag in flags)),
        opted_out=Flag.OPTED_OUT in flags,
        address_opted_out=Flag.ADDRESS_OPTED_OUT in flags,
        paused=Flag.PAUSED in flags,
        quiet=(clock_face(ask.quiet_from), clock_face(ask.quiet_to)) if ask.quiet_from >= 0 else None,
        inconvenient=terms.inconvenient,
        days=terms.days,
        pace=terms.pace,
        last_reminder=datetime.fromtimestamp(ask.last_reminder, UTC) if ask.last_reminder else None,
        plan_in_force=Flag.PLAN_IN_FORCE in flags,
        reminds_of_plan=Flag.REMINDS_OF_PLAN in flags,
        payment_disputed=Flag.PAYMENT_DISPUTED in flags,
        payment_pending=Flag.PAYMENT_PENDING in flags,
        vulnerable=Flag.VULNERABLE in flags,
        content_complete=Flag.INCOMPLETE not in flags,
        wording_approved=Flag.UNAPPROVED not in flags,
    )


def replay(ask: Ask, setting: Setting) -> tuple[int, int, int]:
    """Outcome, not_before and reasons as the gate gives them today on the recorded facts."""
    facts = facts_of(ask, setting)
    book = setting.book(ask.law)
    verdict = gate.judge(book, facts)
    return (*answer_of(verdict), reasons_of(book, facts, verdict))


def answer_of(verdict: Verdict) -> tuple[int, int]:
    outcome = next(number for number, word in OUTCOMES.items() if word is verdict.outcome)
    return int(outcome), int(verdict.not_before.timestamp()) if verdict.not_before else 0


def reasons_of(book: Rulebook, facts: GateFacts, verdict: Verdict) -> int:
    """The bits of every protection and delay that stands."""
    question = gate.asked(facts)
    bits = sum(1 << place for place, (test, _, _) in enumerate(gate.PROTECTIONS) if test(question, None))
    bits |= closed_bits(book, facts)
    bits |= TOO_SOON if gate.is_too_soon(book, facts) else 0
    limits = gate.caps(book, gate.first_day(book, facts), facts.lender_type)
    for bit, test in CAPS:
        bits |= bit if test(question, limits) else 0
    if verdict.outcome is Outcome.REFUSED and not bits & ~DELAYS:
        bits |= NO_LAWFUL_MOMENT
    return bits


def closed_bits(book: Rulebook, facts: GateFacts) -> int:
    """The bits of what only the clock decides."""
    return gate.hour_bits(
        book, facts, night=NIGHT_HOURS, quiet=QUIET_HOURS, inconvenient=INCONVENIENT, days=OFF_DAYS
    )


CAPS = (
    (LENDER_FULL, rules.lender_is_full),
    (PERSON_FULL, rules.person_is_full),
    (GENTLE_FULL, rules.gentle_is_full),
    (MESSAGES_FULL, rules.messages_are_too_many),
    (CONTACTS_FULL, rules.contacts_are_too_many),
)


def clock_face(second: int) -> time:
    return time(second // 3600, second // 60 % 60, second % 60)
