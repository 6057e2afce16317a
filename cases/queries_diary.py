"""Reading the diary and complaints: what each person may see, and what the rules of each day say about it."""

import datetime as dt
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import get_language

from cases import naming, queries, queries_designations
from cases.access import Permission
from cases.domain import diary, facts, rulebook
from cases.domain.diary import Entry, Verdict
from cases.models import Complaint, Contact, Debt, Lender, User

# Whoever may collect; only of these can a stranger be one.
ANYBODY = tuple(str(kind) for kind in Lender.Kind.values)


def contacts_for(user: User) -> QuerySet[Contact]:
    """A borrower's own diary, newest first. It is nobody else's: an officer finds nothing."""
    contacts = Contact.objects.filter(own=False, removed_at__isnull=True).select_related("lender", "agency")
    if not user.may(Permission.FILE_KEEP):
        return contacts.none()
    return contacts.filter(borrower=user).order_by("-at", "-id")


def judged(user: User, only: Sequence[Contact] | None = None) -> Mapping[str, Verdict]:
    """The verdict on every contact of a person, by reference: five queries, however long the diary.

    Our own messages count with the lender they were sent for. What the person told a lender counts from that instant.
    With `only`, these few are judged, with as much of the diary around them as the rules look back on.
    """
    pools: dict[Hashable, list[Entry]] = {}
    cards = {
        party.lender_id
        for debt in queries.debts_for(user).filter(kind=Debt.Kind.CREDIT_CARD)
        for party in queries.parties_of(debt)
    }
    rows = Contact.objects.filter(borrower=user, removed_at__isnull=True).select_related("lender")
    wanted = None
    if only is not None:
        if not only:
            return {}
        wanted = {contact.ref for contact in only}
        rows = rows.filter(at__lt=max(contact.at for contact in only) + _AHEAD)
        # Calls that failed in a row are counted from the beginning; everything else within a week and its edges.
        if all(contact.party != Contact.Party.LISTED_CONTACT for contact in only):
            rows = rows.filter(at__gt=min(contact.at for contact in only) - _BACK)
    for row in rows.defer("said", "caller").order_by("at", "id"):
        pools.setdefault(_pool(row), []).append(
            Entry(
                contact=facts.Contact(
                    id=row.ref,
                    at=row.at,
                    channel=row.channel,
                    direction=row.direction,
                    party=row.party,
                    outcome=row.outcome,
                    number=row.number,
                    purpose=row.purpose,
                    traits=frozenset(row.traits),
                ),
                callers=_callers(row),
                card=row.lender_id in cards,
            )
        )
    book = rulebook.load("cn")
    said = queries_designations.pooled_facts(user)
    found: dict[str, Verdict] = {}
    for key, pool in pools.items():
        told = said.get(key) if isinstance(key, int) else said.everybody
        facts_told = [queries_designations.person_fact(fact) for fact in told]
        found |= diary.verdicts(book, pool, (user.timezone,), facts_told, wanted)
    return found


def same_day(user: User, contact: Contact) -> list[Contact]:
    """The diary of the contact's own local day, itself among it, newest first."""
    zone = zone_of(user)
    day = contact.at.astimezone(zone).date()
    begins, ends = (dt.datetime.combine(on, dt.time(), zone) for on in (day, day + dt.timedelta(days=1)))
    return list(contacts_for(user).filter(at__gte=begins, at__lt=ends))


_BACK, _AHEAD = dt.timedelta(days=9), dt.timedelta(days=2)
# Enough to know a number again; a longer memory would cost every page that asks.
_REMEMBERED = 2000


def known_numbers(user: User) -> dict[str, str]:
    """Number → who the diary says it is, the latest word counting. One query; numbers are ciphertext, so all are read."""
    rows = contacts_for(user).only("number", "lender_words", "by_agency", "lender", "agency")[:_REMEMBERED]
    found: dict[str, str] = {}
    for row in rows:
        if row.number:
            who = row.agency or row.lender
            found.setdefault(row.number, naming.called(who) if who else row.lender_words)
    return {number: who for number, who in found.items() if who}


def _pool(row: Contact) -> Hashable:
    """Who counts together. Two strangers are one only where the name or the number is the same."""
    if row.lender_id:
        return row.lender_id
    return ("words", row.lender_words) if row.lender_words else ("number", row.number or row.ref)


def _callers(row: Contact) -> tuple[str, ...]:
    if row.by_agency:
        return (Lender.Kind.DEBT_COLLECTOR.value,)
    return (str(row.lender.kind),) if row.lender else ANYBODY


def complaints_for(user: User) -> QuerySet[Complaint]:
    """A borrower's own complaints; for an officer those its lender has received."""
    complaints = Complaint.objects.select_related("lender", "borrower", "clock__missed").prefetch_related(
        "facets"
    )
    if user.may(Permission.FILE_KEEP):
        return complaints.filter(borrower=user)
    lender = queries.lender_of(user)
    return complaints.filter(lender=lender, delivered_at__isnull=False) if lender else complaints.none()


@dataclass(frozen=True, kw_only=True)
class Line:
    """A free number to call, what for in the reader's language, and the day this was last known to be right."""

    number: str
    purpose: str
    as_of: object


def help_lines(*numbers: str) -> list[Line]:
    """The lines of the rulebook, in its order; only these numbers when some are named."""
    language = get_language() or settings.LANGUAGE_CODE
    return [
        Line(number=line.number, purpose=line.purpose.get(language, line.purpose["en"]), as_of=line.as_of)
        for line in rulebook.load("cn").help_lines
        if not numbers or line.number in numbers
    ]


def zone_of(user: User) -> ZoneInfo:
    """The clock on which this person's contacts are judged: official time, whatever the face of the phone says."""
    return ZoneInfo(rulebook.load("cn").contact_zones((user.timezone,))[0])
