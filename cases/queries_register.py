"""Reading the register: which agencies a lender names on a day, who may contact a person about a debt, and in which stage it is."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import QuerySet

from cases import clock, queries
from cases.access import Permission
from cases.domain import rulebook, stages
from cases.domain.rulebook import Rule
from cases.models import Contact, Debt, DebtParty, Lender, Licence, Mandate, User


class Listing(StrEnum):
    """Whether an agency stood on a lender's published list on a day. A piece of information, not a verdict."""

    ON = "on"
    LATER = "later"  # the list names that day, but was published after it
    OFF = "off"
    NO_LIST = "no_list"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a published list; `last` is its last day, None while it is open."""

    mandate: Mandate
    last: dt.date | None
    licences: Sequence[Licence]

    @property
    def agency(self) -> Lender:
        return self.mandate.agency

    def holds_on(self, day: dt.date) -> bool:
        return self.mandate.since <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a lender may or may not do in a stage, with the rules of today that say so."""

    code: str
    allowed: bool
    rules: Sequence[Rule]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Who owns, services and collects a debt today, whom they may send, and the stage with what it allows.

    `days` overdue today and `stage` are None when they are not known.
    """

    debt: Debt
    parties: Sequence[DebtParty]
    listed: Sequence[Line]
    licences: Sequence[Licence]
    days: int | None
    stage: stages.Stage | None
    tasks: Sequence[Task]


def agencies() -> QuerySet[Lender]:
    return Lender.objects.filter(kind=Lender.Kind.DEBT_COLLECTOR).order_by("name")


def list_of(lenders: Iterable[int]) -> list[Line]:
    """The whole published list of these lenders, newest line first: two queries."""
    rows = (
        Mandate.objects.filter(lender__in=list(lenders))
        .select_related("agency", "lender", "end")
        .order_by("-since", "-id")
    )
    licences = _licences(row.agency_id for row in rows)
    return [Line(mandate=row, last=row.last_day, licences=licences.get(row.agency_id, [])) for row in rows]


def _licences(institutions: Iterable[int]) -> Mapping[int, Sequence[Licence]]:
    """Institution → its licences, in one query."""
    held: dict[int, list[Licence]] = {}
    for licence in Licence.objects.filter(institution__in=set(institutions)):
        held.setdefault(licence.institution_id, []).append(licence)
    return held


def published_by(user: User) -> list[Line]:
    """The published list of an officer's own lender."""
    lender = queries.lender_of(user)
    return list_of([lender.pk]) if lender else []


def mandates_for(user: User) -> QuerySet[Mandate]:
    """The lines a lender's administrator may end: their own lender's."""
    lender = queries.lender_of(user) if user.may(Permission.POLICY_EDIT) else None
    rows = Mandate.objects.select_related("agency", "lender", "end")
    return rows.filter(lender=lender) if lender else rows.none()


def listings(contacts: Iterable[Contact]) -> Mapping[str, Listing]:
    """For each contact of a known agency about a known lender, by reference: did the list of that day name it? One query."""
    asked = [contact for contact in contacts if contact.lender_id and contact.agency_id]
    if not asked:
        return {}
    held: dict[int, list[Mandate]] = {}
    for mandate in Mandate.objects.filter(lender__in={each.lender_id for each in asked}).select_related(
        "end"
    ):
        held.setdefault(mandate.lender_id, []).append(mandate)
    return {each.ref: _listing(each, held.get(each.lender_id or 0, [])) for each in asked}


def _listing(contact: Contact, mandates: Sequence[Mandate]) -> Listing:
    day = contact.at.astimezone(clock.BEIJING).date()
    if not mandates:
        return Listing.NO_LIST
    found = Listing.OFF
    for mandate in mandates:
        last = mandate.last_day
        if mandate.agency_id == contact.agency_id and mandate.since <= day and (last is None or day <= last):
            if mandate.noted_at.astimezone(clock.BEIJING).date() <= day:
                return Listing.ON
            found = Listing.LATER
    return found


def standings(debts: Sequence[Debt], today: dt.date) -> list[Standing]:
    """The register's part of some debts that came from `queries.debts_for`: a fixed number of queries."""
    parties = {debt.pk: queries.parties_of(debt) for debt in debts}
    institutions = {party.lender_id for held in parties.values() for party in held}
    lines = [line for line in list_of(institutions) if line.holds_on(today)]
    licences = _licences(institutions)
    found = []
    for debt in debts:
        held = {party.lender_id for party in parties[debt.pk]}
        days = stages.days_on(debt.days_overdue, debt.as_of, today)
        stage = stages.stage_of(days)
        found.append(
            Standing(
                debt=debt,
                parties=parties[debt.pk],
                listed=[line for line in lines if line.mandate.lender_id in held],
                licences=[licence for each in sorted(held) for licence in licences.get(each, [])],
                days=days,
                stage=stage,
                tasks=_tasks(stage, debt, parties[debt.pk], today) if stage else (),
            )
        )
    return found


def _tasks(stage: stages.Stage, debt: Debt, parties: Sequence[DebtParty], today: dt.date) -> Sequence[Task]:
    owner = next((party.lender for party in parties if party.role == DebtParty.Role.OWNER), None)
    card = debt.kind == Debt.Kind.CREDIT_CARD and (owner is None or owner.kind == Lender.Kind.BANK)
    kinds = [str(owner.kind)] if owner else list(Lender.Kind.values)
    book = rulebook.load("cn")
    binding = [book.in_force(today, kind) for kind in kinds]
    return [
        Task(
            code=line.code,
            allowed=line.allowed,
            rules=[binding[0][name] for name in line.rules if all(name in rules for rules in binding)],
        )
        for line in stages.lines(stage, card=card)
    ]
