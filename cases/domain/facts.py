"""
Facts about contacts: what a person's clock said, and how many contacts had been made by then. Everything a rule looks at
is counted here, once, so that a rule itself is only a comparison. An instant is judged on the clock of every zone the
person may be in; a local day is the date on that clock, never the last 24 hours.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 86_400
CALLS = frozenset({"call", "ai_call"})
FAILED = frozenset({"unanswered", "voicemail", "not_connected", "refused"})


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
    conversation, unanswered …; `party` borrower, listed_contact …; `purpose` demand, reminder, reply, service.
    """

    id: str
    at: datetime
    channel: str
    direction: str = "outbound"
    party: str = "borrower"
    outcome: str = "delivered"
    number: str = ""
    purpose: str = "demand"


@dataclass(frozen=True, kw_only=True)
class DayCounts:
    """What had happened on one zone's local day up to and including this instant, this contact counted too."""

    local: LocalTime
    conversations: int
    failed_to_number: int
    visits: int


@dataclass(frozen=True, kw_only=True)
class ContactFacts:
    """One contact with its day on every judged clock, in the order of the zones given."""

    contact: Contact
    days: tuple[DayCounts, ...]


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


def facts_of(contacts: Sequence[Contact], zones: tuple[str, ...]) -> tuple[ContactFacts, ...]:
    """
    Facts of every contact, in the order given. Order does not matter for counting: what lies before or at a contact's own
    instant counts, and contacts at the same instant count for each other. All purposes count towards a limit.

    One sort per day and zone: 5 000 contacts take well under a second.
    """
    instants = [whole_second(contact.at) for contact in contacts]
    locals_ = [local_times(at, zones) for at in instants]
    conversations: dict[tuple[str, date], list[datetime]] = defaultdict(list)
    visits: dict[tuple[str, date], list[datetime]] = defaultdict(list)
    failed: dict[tuple[str, date, str], list[datetime]] = defaultdict(list)
    for contact, at, here in zip(contacts, instants, locals_, strict=True):
        for local in here:
            day = (local.zone, local.date)
            if is_effective_call(contact):
                conversations[day].append(at)
            if is_failed_call(contact):
                failed[*day, contact.number].append(at)
            if is_visit(contact):
                visits[day].append(at)
    for counted in (conversations, visits, failed):
        for times in counted.values():
            times.sort()
    return tuple(
        ContactFacts(
            contact=contact,
            days=tuple(
                DayCounts(
                    local=local,
                    conversations=bisect_right(conversations.get((local.zone, local.date), ()), at),
                    failed_to_number=bisect_right(
                        failed.get((local.zone, local.date, contact.number), ()), at
                    ),
                    visits=bisect_right(visits.get((local.zone, local.date), ()), at),
                )
                for local in here
            ),
        )
        for contact, at, here in zip(contacts, instants, locals_, strict=True)
    )


def is_effective_call(contact: Contact) -> bool:
    """Placed by the collecting side, answered by the borrower, spoken: by a person or by a machine."""
    return (
        contact.direction == "outbound"
        and contact.channel in CALLS
        and contact.party == "borrower"
        and contact.outcome == "conversation"
    )


def is_failed_call(contact: Contact) -> bool:
    """A dialled call to a known number that reached nobody who spoke."""
    return (
        contact.direction == "outbound"
        and contact.channel in CALLS
        and contact.outcome in FAILED
        and contact.number != ""
    )


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
