"""What a lender's key opens: whose it is, which events its lender may pull, and the claims a borrower is shown."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet

from cases import clock
from cases import queries as case_queries
from cases.access import Permission, Role
from cases.models import Case, Consent, Debt, Event, Lender, LenderClaim, LenderToken, SealedEvent, User

# The first words of the kinds of event that are a lender's to know. What a borrower writes into the own file (a debt
# with this lender, before any consent) is an event too, and is not among them.
PULLED = ("offer.", "payment.", "plan.", "claim.", "question.")
# Of an event's data, references, codes and sums; whatever else a later hand puts there stays inside.
SHOWN = (
    "amount",
    "debt",
    "number",
    "offer",
    "on",
    "plan",
    "previous",
    "reason",
    "terms_sha256",
    "total",
)


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """One event for its lender. `cursor` is where to go on; `data` is empty once the borrower's consent has ended."""

    cursor: str
    at: dt.datetime
    kind: str
    about: dict[str, str]
    case: str | None
    by: str
    data: dict[str, Any]


def token_by_secret(secret: str) -> LenderToken | None:
    """The key this secret opens: not revoked, not over, by real time."""
    return (
        LenderToken.objects.filter(
            secret_sha256=LenderToken.hash_of(secret), revoked_at=None, expires_at__gt=clock.real_now()
        )
        .select_related("lender")
        .first()
    )


def system_of(lender: Lender) -> User | None:
    """In whose name the lender's programs act; None before its first key."""
    return User.objects.filter(
        role=Role.LENDER_SYSTEM, posts__lender=lender, posts__until=None, is_active=True
    ).first()


def tokens_for(user: User) -> QuerySet[LenderToken]:
    lender = case_queries.lender_of(user) if user.may(Permission.KEY_KEEP) else None
    return LenderToken.objects.filter(lender=lender) if lender else LenderToken.objects.none()


# ── the log to pull from ─────────────────────────────────────────────────────────────────────
def events_after(lender: Lender, after: tuple[int, int], most: int) -> list[Pulled]:
    """The next events of a lender in the order in which they were sealed; `after` is (batch, place in it).

    The order is the seal's, not the row's number: numbers are given out before a transaction commits, so a lower one
    may appear after a higher one was read. A batch is written whole, one after the other, and never changes; so
    whoever reads on from a cursor sees every event once. Newest events wait for the next seal, about a minute.
    """
    places = _places(lender, after, most)
    events = Event.objects.in_bulk([event for _seal, _place, event in places])
    rows = [(seal, place, events[event]) for seal, place, event in places]
    people = {event.person_ref for _seal, _place, event in rows}
    cases = dict(
        Case.objects.filter(lender=lender, borrower__ref__in=people).values_list("borrower__ref", "ref")
    )
    open_to = set(
        case_queries.standing_consents()
        .filter(lender=lender, purpose=Consent.Purpose.NEGOTIATE, borrower__ref__in=people)
        .values_list("borrower__ref", flat=True)
    )
    # A party keeps sight of its agreement.
    open_to |= set(
        User.objects.filter(ref__in=people, cases__lender=lender, cases__plans__isnull=False).values_list(
            "ref", flat=True
        )
    )
    return [
        Pulled(
            cursor=f"{seal}.{place}",
            at=event.at,
            kind=event.kind,
            about={"type": event.about_type, "ref": event.about_ref},
            case=cases.get(event.person_ref),
            by=event.actor_role,
            data=_shown(event) if event.person_ref in open_to else {},
        )
        for seal, place, event in rows
    ]


def _places(lender: Lender, after: tuple[int, int], most: int) -> list[tuple[int, int, int]]:
    """(batch, place, event) of the next `most`. The event is no foreign key, so it is found through its lender's."""
    kinds = Event.objects.filter(lender_ref=lender.ref)
    wanted = kinds.none()
    for prefix in PULLED:
        wanted |= kinds.filter(kind__startswith=prefix)
    leaves = SealedEvent.objects.filter(event_id__in=wanted.values("pk"))
    number, place = after
    rest = leaves.filter(seal__number=number, position__gt=place) | leaves.filter(seal__number__gt=number)
    return list(
        rest.order_by("seal__number", "position").values_list(F("seal__number"), "position", "event_id")[
            :most
        ]
    )


def _shown(event: Event) -> dict[str, Any]:
    return {name: event.data[name] for name in SHOWN if name in event.data}


# ── what a lender says is owed ───────────────────────────────────────────────────────────────
def cases_open_to(lender: Lender) -> QuerySet[Case]:
    """The lender's cases whose borrower shows it the debts today."""
    shown = case_queries.standing_consents().filter(lender=lender, purpose=Consent.Purpose.NEGOTIATE)
    return Case.objects.filter(lender=lender, borrower__in=shown.values("borrower"))


def newest(claims: Iterable[LenderClaim]) -> Iterator[LenderClaim]:
    """Of each account the last word only."""
    last = {(claim.case_id, claim.account): claim for claim in claims}
    yield from last.values()


def claims_on(borrower: User) -> tuple[dict[int, list[LenderClaim]], list[LenderClaim]]:
    """What lenders say, for the borrower: by the own debt's primary key, and what is on no debt of the list."""
    rows = (
        LenderClaim.objects.filter(case__borrower=borrower)
        .select_related("case__lender")
        .order_by("case", "account", "number")
    )
    listed = set(Debt.objects.filter(borrower=borrower, removed_at=None).values_list("pk", flat=True))
    beside: defaultdict[int, list[LenderClaim]] = defaultdict(list)
    others = []
    for claim in newest(rows):
        if claim.debt_id in listed:
            beside[claim.debt_id].append(claim)
        else:
            others.append(claim)
    return dict(beside), others
