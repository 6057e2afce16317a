"""What of a person's surroundings is counted or said over a lender and everybody who acts for it: contacts of its agents, and what
the person told it about being contacted. For any number of people at once.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from cases import clock
from cases.domain.person_facts import DAYS, PersonFact, same_channel
from cases.models import Contact, Debt, Designation, Lender, Mandate
from cases.queries_designations import fact_of, person_fact
from notices.domain import gate

# Contacts that a person reads: what the daily cap on messages counts, whoever wrote them.
WRITTEN = ("sms", "email", "wechat")
# What a person said that stops every reminder, as the gate's holds are called.
STOPS = ("cease", "represented", "dispute")


@dataclass(frozen=True, kw_only=True)
class Made:
    """One contact that counts. `lender` is whom it was for, `agency` who made it, where that is known. `ours`: a reminder of
    Steady's own, sent or waiting for its time."""

    at: dt.datetime
    lender: int | None
    agency: int | None = None
    written: bool = True
    ours: bool = False


class Counted:
    """The contacts of some people since an instant, and which of them count for a lender."""

    def __init__(self, people: Collection[int], *, since: dt.datetime, lenders: Iterable[int] = ()) -> None:
        """`lenders`: those that more contacts will be added for, so that all are looked up at once."""
        self._mandates: dict[tuple[int, int], list[tuple[dt.date, dt.date | None]]] = {}
        self._known: set[int] = set()
        self._of: defaultdict[int, list[Made]] = defaultdict(list)
        rows = Contact.objects.filter(
            borrower__in=people,
            at__gte=since,
            direction="outbound",
            party="borrower",
            removed_at__isnull=True,
        )
        names = ("borrower_id", "at", "lender_id", "agency_id", "channel", "own", "purpose")
        for person, at, lender, agency, channel, own, purpose in rows.values_list(*names):
            ours = own and purpose == "reminder"
            made = Made(at=at, lender=lender, agency=agency, written=channel in WRITTEN, ours=ours)
            self._of[person].append(made)
        self._learn((made for of_one in self._of.values() for made in of_one), lenders)

    def add(self, rows: Iterable[tuple[int, Made]]) -> None:
        """More contacts: whose, and which."""
        rows = list(rows)
        for person, made in rows:
            self._of[person].append(made)
        self._learn(made for _, made in rows)

    def all(self, person: int) -> Sequence[Made]:
        return self._of[person]

    def of_lender(self, person: int, lender: Lender | None) -> Iterable[Made]:
        """Those for this lender: its own, those of agencies that act for it where the creditor was not named, and where it is
        an agency itself, those for the creditors it acts for."""
        if lender is None:
            return []
        return [made for made in self._of[person] if self._counts(made, lender.pk)]

    def _counts(self, made: Made, lender: int) -> bool:
        if made.lender == lender:
            return True
        day = made.at.astimezone(clock.BEIJING).date()
        if made.lender is None:
            return made.agency is not None and self._acts(made.agency, lender, day)
        return self._acts(made.lender, lender, day) or self._acts(lender, made.lender, day)

    def _acts(self, agency: int, lender: int, day: dt.date) -> bool:
        spans = self._mandates.get((agency, lender), ())
        return any(since <= day and (until is None or day <= until) for since, until in spans)

    def copied(self) -> "Counted":
        other = object.__new__(Counted)
        other._of = defaultdict(list, {person: list(made) for person, made in self._of.items()})
        other._mandates, other._known = self._mandates, self._known
        return other

    def _learn(self, made: Iterable[Made], lenders: Iterable[int] = ()) -> None:
        """(agency, lender) → the days on which one acted for the other; read only where somebody was contacted at all."""
        involved = {pk for row in made for pk in (row.lender, row.agency) if pk is not None}
        new = (involved | set(lenders)) - self._known
        if not new:
            return
        self._known |= new
        found: dict[tuple[int, int], list[tuple[dt.date, dt.date | None]]] = {}
        rows = Mandate.objects.select_related("end").filter(agency__in=new)
        for row in rows | Mandate.objects.select_related("end").filter(lender__in=new):
            found.setdefault((row.agency_id, row.lender_id), []).append((row.since, row.last_day))
        self._mandates |= found


class Said:
    """What people told lenders about being contacted, asked for one lender, one debt and one instant."""

    def __init__(self, people: Collection[int]) -> None:
        self._of: defaultdict[int, list[tuple[int | None, PersonFact]]] = defaultdict(list)
        for row in Designation.objects.filter(borrower__in=people).select_related("end"):
            self._of[row.borrower_id].append((row.lender_id, person_fact(fact_of(row))))
        refs = {ref for rows in self._of.values() for _, fact in rows for ref in fact.debts}
        self._debts = dict(Debt.objects.filter(ref__in=refs).values_list("pk", "ref")) if refs else {}

    def facts(
        self, person: int, lender: int | None, debt_id: int | None, at: dt.datetime
    ) -> Sequence[PersonFact]:
        """Those that hold at `at`. Of a message that names no debt, every fact is true; where nobody collects, only how and
        when the person may be written to."""
        return [
            fact
            for of, fact in self._of[person]
            if of in (None, lender)
            and fact.holds(at)
            and (not fact.debts or debt_id is None or self._debts.get(debt_id) in fact.debts)
            and (lender is not None or fact.kind in ("opt_out", "inconvenient"))
        ]

    def opted_out(self, facts: Iterable[PersonFact], channel: str, address: str) -> bool:
        return any(
            fact.kind == "opt_out"
            and (not fact.channel or same_channel(fact.channel, channel))
            and (not fact.number or _digits(fact.number) == _digits(address))
            for fact in facts
        )

    def numbered(self) -> set[int]:
        """The people who named a number or an address not to be used."""
        return {person for person, rows in self._of.items() if self.names_numbers(fact for _, fact in rows)}

    def names_numbers(self, facts: Iterable[PersonFact]) -> bool:
        return any(fact.kind == "opt_out" and fact.number for fact in facts)


def inconvenient(facts: Iterable[PersonFact]) -> tuple[gate.Inconvenient, ...]:
    """The times among these facts that do not suit the person, as the gate takes them."""
    return tuple(
        gate.Inconvenient(
            before=fact.before, after=fact.after, days=tuple(day for day in DAYS if day in fact.days)
        )
        for fact in facts
        if fact.kind == "inconvenient"
    )


def _digits(number: str) -> str:
    """A number as dialled at home: what stands before its last eleven figures is its country."""
    return "".join(c for c in number if c.isdigit())[-11:]
