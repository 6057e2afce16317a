"""
The two questions of the public contract about contacts, read from the wire and answered: "were these allowed?" and "may this
one be made, and if not, when?". Strict about form, as all of the contract; any instant may be asked about, so no clock is looked at.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from cases.domain import conduct, conduct_windows, facts, rulebook
from cases.domain.conduct import Finding
from cases.domain.facts import CALLS, Contact, Trait
from cases.domain.history import History
from cases.domain.person_facts import DAYS, PersonFact, PersonFacts, Weekday
from cases.domain.rulebook import LenderType, Rulebook
from cases.domain.wire import Reader, Wrong, choice, text

MAX_CONTACTS, MAX_FACTS = 5_000, 200
# Every contact is judged on every clock; nobody lives on more than a few.
MAX_ZONES = 12
PROPOSED = "proposed"


class Jurisdiction(StrEnum):
    CN = "CN"
    US = "US"
    UK = "UK"


class Channel(StrEnum):
    CALL = "call"
    AI_CALL = "ai_call"
    SMS = "sms"
    EMAIL = "email"
    WECHAT = "wechat"
    SOCIAL = "social"
    LETTER = "letter"
    VISIT = "visit"


class Direction(StrEnum):
    OUTBOUND = "outbound"
    INBOUND = "inbound"


class Initiator(StrEnum):
    CREDITOR = "creditor"
    BORROWER = "borrower"


class Party(StrEnum):
    BORROWER = "borrower"
    LISTED_CONTACT = "listed_contact"
    THIRD_PARTY = "third_party"
    EMPLOYER = "employer"
    PUBLIC = "public"
    ATTORNEY = "attorney"
    ADVISER = "adviser"


class Outcome(StrEnum):
    CONVERSATION = "conversation"
    UNANSWERED = "unanswered"
    VOICEMAIL = "voicemail"
    NOT_CONNECTED = "not_connected"
    DELIVERED = "delivered"
    REFUSED = "refused"


class Purpose(StrEnum):
    DEMAND = "demand"
    REMINDER = "reminder"
    REPLY = "reply"
    SERVICE = "service"


class FactKind(StrEnum):
    OPT_OUT = "opt_out"
    CEASE = "cease"
    INCONVENIENT = "inconvenient"
    REPRESENTED = "represented"
    MORATORIUM = "moratorium"
    PLAN_IN_FORCE = "plan_in_force"
    DISPUTE = "dispute"
    CONSENT = "consent"
    CONTACT_REFUSED = "contact_refused"
    UNREACHABLE = "unreachable"


class Scope(StrEnum):
    NIGHT = "night"
    EXTRA_CALLS = "extra_calls"
    CHANNEL = "channel"


_OWN_FIELDS: Mapping[FactKind, tuple[str, ...]] = {
    FactKind.OPT_OUT: ("channel", "number"),
    FactKind.INCONVENIENT: ("before", "after", "days"),
    FactKind.MORATORIUM: ("debts",),
    FactKind.PLAN_IN_FORCE: ("debts",),
    FactKind.DISPUTE: ("debts",),
    FactKind.CONSENT: ("scope", "channel"),
    FactKind.CONTACT_REFUSED: ("number",),
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """`proposed` only where a window is asked for; `proposed_at` is then its instant as it was written."""

    jurisdiction: Jurisdiction
    lender_type: LenderType
    zones: tuple[str, ...]
    facts: tuple[PersonFact, ...]
    contacts: tuple[Contact, ...]
    proposed: Contact | None = None
    proposed_at: str = ""

    @classmethod
    def read(cls, sheet: Reader, *, window: bool = False) -> "Question | None":
        """None when something is wrong; what, is then among the sheet's problems."""
        sheet.only("jurisdiction", "lender_type", "person", "contacts", *(["proposed"] if window else []))
        jurisdiction = sheet.take("jurisdiction", choice(Jurisdiction))
        lender_type = sheet.take("lender_type", choice(LenderType))
        zones, said = _person(sheet)
        contacts = _contacts(sheet)
        proposed, at = _proposed(sheet) if window else (None, "")
        if sheet.problems or jurisdiction is None or lender_type is None:
            return None
        return cls(
            jurisdiction=jurisdiction,
            lender_type=lender_type,
            zones=zones,
            facts=said,
            contacts=contacts,
            proposed=proposed,
            proposed_at=at,
        )

    @property
    def book(self) -> Rulebook:
        return rulebook.load(self.jurisdiction.lower())

    def history(self) -> History:
        return History(self.contacts, self.book.contact_zones(self.zones), PersonFacts(self.facts))

    def findings(self) -> list[tuple[str, Finding]]:
        """(contact id, finding), in the order of the request, then by rule id."""
        book, history = self.book, self.history()
        return [
            (contact.id, finding)
            for contact in self.contacts
            for finding in conduct.judge(book, contact, history.days(contact), lender_type=self.lender_type)
        ]

    def window(self) -> conduct_windows.Window:
        """About the proposed contact alone; the end of a deferral is on the clock of the person's first zone."""
        assert self.proposed is not None
        window = conduct_windows.ask(self.book, self.history(), self.proposed, lender_type=self.lender_type)
        if window.not_before is None:
            return window
        return replace(window, not_before=window.not_before.astimezone(ZoneInfo(self.zones[0])))


def used_from(book: Rulebook, findings: list[Finding]) -> date:
    """The latest first day among the rows that were used; of the file where none was."""
    used = {(finding.rule, finding.effective_from) for finding in findings}
    return max((begun for _, begun in used if begun is not None), default=book.effective_from)


# ── reading ──────────────────────────────────────────────────────────────────────────────────
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:[0-5]\d)", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
# So far from the ends of the calendar that every clock and every window of days still lies inside it.
_FIRST, _LAST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)


def instant(value: object) -> datetime:
    """An instant with its offset, cut to the second, in UTC."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            at = facts.whole_second(datetime.fromisoformat(value))
        except (ValueError, OverflowError):
            raise Wrong("not_an_instant") from None
        if _FIRST <= at < _LAST:
            return at
    raise Wrong("not_an_instant")


def clock(value: object) -> int:
    """Second of the local day of "HH:MM"."""
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Wrong("not_a_clock")
    return int(found[1]) * 3600 + int(found[2]) * 60


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """What the time-zone database names, without what depends on the machine."""
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def zone(value: object) -> str:
    if isinstance(value, str) and value in _zones():
        return value
    raise Wrong("unknown_zone")


def _anything(value: object) -> object:
    return value


def some_text(value: object) -> str:
    if text(value) == "":
        raise Wrong("empty_text")
    return text(value)


def _person(sheet: Reader) -> tuple[tuple[str, ...], tuple[PersonFact, ...]]:
    if "person" not in sheet:
        sheet.take("person", _anything)
        return (), ()
    person = sheet.inner("person")
    person.only("timezones", "facts")
    zones: list[str] = []
    if person.take("timezones", _anything) != []:
        zones = person.values("timezones", zone, MAX_ZONES)
    else:
        person.wrong("timezones", "nothing_here")
    said = [_fact(each) for each in person.each("facts", MAX_FACTS)] if "facts" in person else []
    return tuple(zones), tuple(fact for fact in said if fact is not None)


def _fact(sheet: Reader) -> PersonFact | None:
    kind = sheet.take("kind", choice(FactKind))
    begins = sheet.take("from", instant)
    ends = sheet.maybe("to", instant)
    if kind is None:
        return None
    sheet.only("kind", "from", "to", *_OWN_FIELDS.get(kind, ()))
    if begins is not None and ends is not None and ends < begins:
        sheet.wrong("to", "ends_before_it_begins")
    channel = number = scope = None
    debts: tuple[str, ...] = ()
    before = after = None
    days: frozenset[str] = frozenset(DAYS)
    match kind:
        case FactKind.OPT_OUT:
            channel, number = sheet.maybe("channel", choice(Channel)), sheet.maybe("number", some_text)
            if "channel" not in sheet and "number" not in sheet:
                sheet.wrong("channel", "channel_or_number")
        case FactKind.INCONVENIENT:
            before, after = sheet.maybe("before", clock), sheet.maybe("after", clock)
            if "days" in sheet:
                days = frozenset(str(day) for day in sheet.values("days", choice(Weekday)))
                if sheet.maybe("days", _anything) == []:
                    sheet.wrong("days", "nothing_here")
        case FactKind.MORATORIUM | FactKind.PLAN_IN_FORCE | FactKind.DISPUTE:
            debts = tuple(sheet.values("debts", text))
        case FactKind.CONSENT:
            scope = sheet.take("scope", choice(Scope))
            if scope == Scope.CHANNEL:
                channel = sheet.take("channel", choice(Channel))
            elif scope is not None and "channel" in sheet:
                sheet.wrong("channel", "unknown_field")
        case FactKind.CONTACT_REFUSED:
            number = sheet.take("number", some_text)
    if begins is None:
        return None
    return PersonFact(
        kind=str(kind),
        begins=begins,
        ends=ends,
        channel=str(channel or ""),
        number=number or "",
        debts=debts,
        scope=str(scope or ""),
        before=before,
        after=after,
        days=days,
    )


def _contacts(sheet: Reader) -> tuple[Contact, ...]:
    contacts: list[Contact] = []
    seen: set[str] = set()
    for each in sheet.each("contacts", MAX_CONTACTS):
        contact = _contact(each, seen)
        if contact is not None:
            contacts.append(contact)
    return tuple(contacts)


def _contact(sheet: Reader, seen: set[str]) -> Contact | None:
    sheet.only(
        "id",
        "at",
        "channel",
        "direction",
        "initiated_by",
        "party",
        "outcome",
        "debts",
        "number",
        "by",
        "purpose",
        "traits",
    )
    name = sheet.take("id", text)
    if name in seen:
        sheet.wrong("id", "duplicate_id")
    elif name is not None:
        seen.add(name)
    at = sheet.take("at", instant)
    channel = sheet.take("channel", choice(Channel))
    direction = sheet.take("direction", choice(Direction))
    party = sheet.take("party", choice(Party))
    sheet.maybe("initiated_by", choice(Initiator))
    sheet.maybe("by", text)
    outcome = sheet.maybe("outcome", choice(Outcome))
    debts = sheet.values("debts", text)
    number = sheet.given("number", text, "")
    purpose = sheet.given("purpose", choice(Purpose), Purpose.DEMAND)
    traits = sheet.values("traits", choice(Trait))
    if name is None or at is None or channel is None or direction is None or party is None:
        return None
    usual = Outcome.UNANSWERED if channel in CALLS else Outcome.DELIVERED
    return Contact(
        id=name,
        at=at,
        channel=str(channel),
        direction=str(direction),
        party=str(party),
        outcome=str(outcome or usual),
        number=number,
        purpose=str(purpose),
        debts=tuple(debts),
        traits=frozenset(str(trait) for trait in traits),
    )


def _proposed(sheet: Reader) -> tuple[Contact | None, str]:
    """The contact that has not been made: outbound, and judged as if it connected."""
    if "proposed" not in sheet:
        sheet.take("proposed", _anything)
        return None, ""
    inner = sheet.inner("proposed")
    inner.only("at", "channel", "debt", "purpose", "number", "party", "by")
    at, written = inner.take("at", instant), inner.maybe("at", _anything)
    channel = inner.take("channel", choice(Channel))
    debt = inner.take("debt", text)
    purpose = inner.take("purpose", choice(Purpose))
    number = inner.given("number", text, "")
    party = inner.given("party", choice(Party), Party.BORROWER)
    inner.maybe("by", text)
    if at is None or channel is None or debt is None or purpose is None:
        return None, ""
    contact = Contact(
        id=PROPOSED,
        at=at,
        channel=str(channel),
        party=str(party),
        outcome="conversation" if channel in CALLS else "delivered",
        number=number,
        purpose=str(purpose),
        debts=(debt,),
    )
    return contact, str(written)
