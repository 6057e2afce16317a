"""Reading designations: what stands with a lender, and the same as facts for the rules, in the public contract's words."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from cases.access import Permission
from cases.domain.facts import whole_second
from cases.domain.person_facts import DAYS, PersonFact
from cases.models import Designation, Hold, Lender, User

Fact = Mapping[str, Any]
# What higher apps know of a person, asked of them rather than imported: (lender's primary key, fact) each. They add
# themselves when they are ready.
SOURCES: list[Callable[[User], Iterable[tuple[int, Fact]]]] = []


def designations_for(user: User) -> QuerySet[Designation]:
    """A borrower's own designations, ended ones too, in the order of their beginning. Nobody else's."""
    rows = Designation.objects.select_related("lender", "end").order_by("since", "id")
    return rows.filter(borrower=user) if user.may(Permission.FILE_KEEP) else rows.none()


def facts_for(user: User, lender: Lender | None) -> list[Fact]:
    """What a person's contacts with one lender are judged by, as `facts` of the public contract, ended ones with `to`.

    What was said to everybody counts with each. With `lender` None only that is known.
    """
    return pooled_facts(user).get(lender.pk if lender else None, [])


class Pools(dict[int | None, list[Fact]]):
    """Lender → facts; one nothing was said to still has what was said to everybody."""

    def __init__(self, everybody: list[Fact]) -> None:
        super().__init__()
        self.everybody = everybody

    def get(self, key: int | None, default: Any = None) -> list[Fact]:
        return super().get(key, self.everybody)


def pooled_facts(user: User) -> Pools:
    """The facts of every lender at once: two queries and one of each source, however many lenders. A moratorium holds towards all."""
    rows = list(designations_for(user))
    everybody = [fact_of(row) for row in rows if row.lender_id is None]
    everybody += _moratoria(
        Hold.objects.filter(borrower=user, kind=Hold.Kind.MORATORIUM).select_related("debt")
    )
    pools = Pools(everybody)
    for row in rows:
        if row.lender_id is not None:
            pools.setdefault(row.lender_id, list(everybody)).append(fact_of(row))
    for source in SOURCES:
        for lender, fact in source(user):
            pools.setdefault(lender, list(everybody)).append(fact)
    return pools


def fact_of(row: Designation) -> Fact:
    """One designation in the words of the public contract; empty fields are left out."""
    said: dict[str, Any] = {"kind": str(row.kind), "from": row.since.isoformat()}
    if last := row.ends_at:
        said["to"] = max(last, row.since).isoformat()
    for name in ("channel", "number", "before", "after", "scope"):
        if value := getattr(row, name):
            said[name] = value
    if row.days:
        said["days"] = list(row.days)
    if row.debt_ref:
        said["debts"] = [row.debt_ref]
    return said


def person_fact(fact: Fact) -> PersonFact:
    """The same fact as the engine takes it: instants to the second, clock faces as seconds of the day."""
    ends = fact.get("to")
    return PersonFact(
        kind=fact["kind"],
        begins=whole_second(datetime.fromisoformat(fact["from"])),
        ends=whole_second(datetime.fromisoformat(ends)) if ends else None,
        channel=fact.get("channel", ""),
        number=fact.get("number", ""),
        debts=tuple(fact.get("debts", ())),
        scope=fact.get("scope", ""),
        before=_second(fact.get("before", "")),
        after=_second(fact.get("after", "")),
        days=frozenset(fact.get("days", DAYS)),
    )


def _second(face: str) -> int | None:
    return int(face[:2]) * 3600 + int(face[3:]) * 60 if face else None


def _moratoria(holds: Iterable[Hold]) -> list[Fact]:
    found: list[Fact] = []
    for hold in holds:
        said: dict[str, Any] = {"kind": "moratorium", "from": hold.since.isoformat()}
        if hold.until:
            said["to"] = hold.until.isoformat()
        if hold.debt:
            said["debts"] = [hold.debt.ref]
        found.append(said)
    return found
