"""
Facts about contacts: what a person's clock said, and how many contacts had been made by then. Everything a rule looks at
is counted once (`history.py`), as whole numbers, so that a rule itself is only a comparison. An instant is judged on the clock of
every zone the person may be in; a local day is the date on that clock, never the last 24 hours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from cases.domain import conduct_rules as rules

DAY = 86_400
CALLS = frozenset({"call", "ai_call"})
FAILED = frozenset({"unanswered", "voicemail", "not_connected", "refused"})
MESSAGES = frozenset({"sms", "email", "wechat", "social"})
CHANNELS = {
    "call": rules.CALL,
    "ai_call": rules.CALL,
    "sms": rules.SMS,
    "email": rules.EMAIL,
    "wechat": rules.WECHAT,
    "social": rules.SOCIAL,
    "letter": rules.LETTER,
    "visit": rules.VISIT,
}
PARTIES = {
    "borrower": rules.BORROWER,
    "listed_contact": rules.LISTED,
    "third_party": rules.THIRD,
    "employer": rules.EMPLOYER,
    "public": rules.PUBLIC,
    "attorney": rules.ATTORNEY,
    "adviser": rules.ADVISER,
}


class Trait(StrEnum):
    """What was said or done: the closed list of the public contract."""

    THREAT_VIOLENCE = "threat_violence"
    ABUSIVE_LANGUAGE = "abusive_language"
    THIRD_PARTY_DISCLOSURE = "third_party_disclosure"
    CONTACT_LIST_BLAST = "contact_list_blast"
    PUBLIC_SHAMING = "public_shaming"
    IMPERSONATION_OFFICIAL = "impersonation_official"
    MISREPRESENT_AMOUNT_STATUS = "misrepresent_amount_status"
    FALSE_LEGAL_THREAT = "false_legal_threat"
    UNAUTHORISED_FEES = "unauthorised_fees"
    INDUCE_BORROWING = "induce_borrowing"
    UNDISCLOSED_IDENTITY = "undisclosed_identity"
    DATA_MISUSE = "data_misuse"
    HOME_ENTRY = "home_entry"
    UNLAWFUL_VISIT = "unlawful_visit"
    VULNERABLE_IGNORED = "vulnerable_ignored"
    WRONG_PERSON = "wrong_person"


TRAITS = tuple(str(trait) for trait in Trait)
BITS = {trait: 1 << place for place, trait in enumerate(TRAITS)}
LONG_AGO = 1 << 40
"""Seconds: no such call before."""


@dataclass(frozen=True, kw_only=True)
class LocalTime:
    """An instant on one zone's clock; `second` counts from local midnight by the clock face, 0 to 86399."""

    zone: str
    date: date
    second: int

    @property
    def clock(self) -> str:
        return f"{self.second // 3600:02d}:{self.second // 60 % 60:02d}:{self.second % 60:02d}"


@dataclass(frozen=True, kw_only=True)
class Contact:
    """
    One contact as it was reported. Words as in the public contract: `channel` call, ai_call, sms …; `outcome`
    conversation, unanswered …; `party` borrower, listed_contact …; `purpose` demand, reminder, reply, service. Without
    `debts` it is about one unnamed debt; without a `number` no rule about a number applies.
    """

    id: str
    at: datetime
    channel: str
    direction: str = "outbound"
    party: str = "borrower"
    outcome: str = "delivered"
    number: str = ""
    purpose: str = "demand"
    debts: tuple[str, ...] = ()
    traits: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """
    One contact on one clock, in whole numbers; yes is 1. Counts take in this contact itself, and what happened at its
    instant. Facts about the person are the place of the first one that matches, in the order given, or NONE.
    """

    day: int = 0  # proleptic ordinal of the local date
    second: int = 0  # of the local day
    outbound: int = 0
    open: int = 0  # outbound and no service message: open to judgement
    unasked: int = 0  # open, and no reply to what the person asked
    service: int = 0
    own_side: int = 0  # with the person's own lawyer or adviser
    party: int = rules.BORROWER
    channel: int = rules.CALL
    card: int = 1  # a card debt is among those meant
    night_consent: int = 0
    extra_calls: int = 0
    channel_consent: int = 0
    unreachable: int = 0
    failed_in_a_row: int = 0  # calls to the borrower since the last conversation
    talked: int = 0  # an outbound conversation by call with the borrower
    talks: int = 0  # of those, this local day
    failed: int = 0  # an outbound call to a known number that reached nobody who spoke
    failed_to_number: int = 0
    visits: int = 0
    messages: int = 0
    contacts: int = 0
    connected: int = 0  # an outbound call that reached the number
    dialled: int = 0  # of those, one to the borrower
    calls_about_debt: int = 0  # dialled in seven local days; of several debts the highest
    talks_about_debt: int = 0  # other conversations by call in seven local days
    dialled_number: int = 0  # dialled, and the number is known
    calls_to_number: int = 0
    missed: int = 0  # dialled a known number, not answered
    since_missed: int = LONG_AGO  # seconds since the last other such call
    opt_out: int = rules.NONE
    opt_out_number: int = rules.NONE  # an opt-out of this very number
    cease: int = rules.NONE
    inconvenient: int = rules.NONE
    represented: int = rules.NONE
    moratorium: int = rules.NONE
    plan_in_force: int = rules.NONE
    dispute: int = rules.NONE
    refused: int = rules.NONE
    traits: int = 0  # bits of BITS
    counted: int = 0  # by whoever asks `over`


def whole_second(at: datetime) -> datetime:
    """The instant cut to its second, in UTC. Raises ValueError without an offset: a clock face alone is no instant."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError("an instant needs an offset")
    return at.astimezone(UTC).replace(microsecond=0)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local_time(at: datetime, zone: str) -> LocalTime:
    local = whole_second(at).astimezone(_zone(zone))
    return LocalTime(
        zone=zone, date=local.date(), second=local.hour * 3600 + local.minute * 60 + local.second
    )


def local_times(at: datetime, zones: Iterable[str]) -> tuple[LocalTime, ...]:
    return tuple(local_time(at, zone) for zone in zones)


def is_call(contact: Contact) -> bool:
    """An AI's call is a call."""
    return contact.channel in CALLS


def is_placed_call(contact: Contact) -> bool:
    """Placed by the collecting side."""
    return contact.direction == "outbound" and contact.channel in CALLS


def is_effective_call(contact: Contact) -> bool:
    """Placed by the collecting side, answered by the borrower, spoken: by a person or by a machine."""
    return is_placed_call(contact) and contact.party == "borrower" and contact.outcome == "conversation"


def is_failed_call(contact: Contact) -> bool:
    """A dialled call to a known number that reached nobody who spoke."""
    return is_placed_call(contact) and contact.outcome in FAILED and contact.number != ""


def is_connected_call(contact: Contact) -> bool:
    """Voicemail and an unanswered ring count as calls; what never reached the number does not."""
    return is_placed_call(contact) and contact.outcome != "not_connected"


def is_missed_call(contact: Contact) -> bool:
    return (
        is_placed_call(contact)
        and contact.party == "borrower"
        and contact.outcome == "unanswered"
        and contact.number != ""
    )


def is_talk(contact: Contact) -> bool:
    """A conversation by call, whoever rang."""
    return contact.channel in CALLS and contact.outcome == "conversation"


def is_visit(contact: Contact) -> bool:
    return contact.direction == "outbound" and contact.channel == "visit"


def most_in_a_local_day(instants: Iterable[datetime], *, now: datetime, zones: tuple[str, ...]) -> int:
    """
    How many of these instants share the local date of `now`, on the clock where most do. The gate's counts of messages
    sent today come from here, so that a person between two zones is protected by the stricter day.
    """
    sent = [whole_second(at) for at in instants]
    return max(
        (sum(local_time(at, zone).date == local_time(now, zone).date for at in sent) for zone in zones),
        default=0,
    )


def first_instant(on: date, second: int, zone: str, *, after: datetime) -> datetime | None:
    """
    The first whole second after `after` at which this zone's clock shows this second of this date. Where the clock jumps
    over it, the second of the jump. None when it is over. Twice-shown hours are met twice: ask again with a later `after`.
    """
    wall = datetime.combine(on, time(second // 3600, second // 60 % 60, second % 60), tzinfo=_zone(zone))
    shown = sorted({_resolved(wall.replace(fold=fold), zone) for fold in (0, 1)})
    return next((at for at in shown if at > after), None)


def next_clock_change(zone: str, *, after: datetime, until: datetime) -> datetime | None:
    """The first whole second in (after, until] with another offset from UTC than `after` has, if there is one."""
    here = _zone(zone)
    was = after.astimezone(here).utcoffset()
    if until.astimezone(here).utcoffset() == was:
        return None
    low, high = after, until
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle == low:
            middle = low + timedelta(seconds=1)
        if middle.astimezone(here).utcoffset() == was:
            low = middle
        else:
            high = middle
    return high


def _resolved(wall: datetime, zone: str) -> datetime:
    """UTC of a wall time; a wall time that the clock jumps over is the second of the jump."""
    at = wall.astimezone(UTC)
    shown = at.astimezone(wall.tzinfo)
    if shown.replace(tzinfo=None, fold=0) == wall.replace(tzinfo=None, fold=0):
        return at
    return next_clock_change(zone, after=at - timedelta(hours=26), until=at + timedelta(hours=26)) or at
