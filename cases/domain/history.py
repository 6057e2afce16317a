"""
One creditor's contacts about one person, ready to be counted: every contact stands in time-ordered lists (this day's talks,
calls to this number, calls about this debt …), and the facts of any contact are looked up there. Order does not matter; what
lies before or at a contact's own instant counts, contacts at the same instant count for each other, all purposes count.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from datetime import datetime, timedelta

from cases.domain.facts import (
    BITS,
    CHANNELS,
    LONG_AGO,
    MESSAGES,
    PARTIES,
    Contact,
    Facts,
    LocalTime,
    is_connected_call,
    is_effective_call,
    is_failed_call,
    is_missed_call,
    is_placed_call,
    is_talk,
    is_visit,
    local_time,
    whole_second,
)
from cases.domain.facts import FAILED as FAILED_OUTCOMES
from cases.domain.person_facts import PersonFacts

SPAN = 7
"""Local days of "in seven days", the contact's own the last. A test compares it with the rulebook's row."""

Key = tuple[Hashable, ...]
_NOBODY = PersonFacts()


class History:
    """`zones` are those whose clocks are read; `said` is what the person has said."""

    def __init__(
        self,
        contacts: Sequence[Contact],
        zones: tuple[str, ...],
        said: PersonFacts = _NOBODY,
    ) -> None:
        self.contacts = tuple(contacts)
        self.zones = zones
        self.said = said
        self._times: dict[Key, list[datetime]] = defaultdict(list)
        for contact in self.contacts:
            at = whole_second(contact.at)
            for key in _everywhere(contact):
                self._times[key].append(at)
            for zone in zones:
                local = local_time(at, zone)
                for key in _on_a_day(contact, local, self._extra(contact, at, local)):
                    self._times[key].append(at)
        for times in self._times.values():
            times.sort()

    def days(
        self, contact: Contact, *, card: bool = True, outside: bool = False
    ) -> list[tuple[LocalTime, Facts]]:
        """
        The contact's facts on every clock. A contact from `outside` is judged as if it came on top of this history.
        """
        return list(self.clocks(contact, card=card, outside=outside))

    def clocks(
        self, contact: Contact, *, card: bool = True, outside: bool = False
    ) -> Iterator[tuple[LocalTime, Facts]]:
        """As `days`, one clock after the other, for whoever may stop early."""
        at = whole_second(contact.at)
        for zone in self.zones:
            yield self._facts(contact, at, local_time(at, zone), card, outside)

    def _extra(self, contact: Contact, at: datetime, local: LocalTime) -> bool:
        return is_placed_call(contact) and self.said.consents_to_extra_calls(at, local)

    def _count(self, key: Key, at: datetime, own: frozenset[Key]) -> int:
        return bisect_right(self._times.get(key, ()), at) + (key in own)

    def _facts(
        self, contact: Contact, at: datetime, local: LocalTime, card: bool, outside: bool
    ) -> tuple[LocalTime, Facts]:
        said, zone, today = self.said, local.zone, local.date.toordinal()
        extra = self._extra(contact, at, local)
        own: frozenset[Key] = (
            frozenset((*_everywhere(contact), *_on_a_day(contact, local, extra))) if outside else frozenset()
        )
        outbound = contact.direction == "outbound"
        service = contact.purpose == "service"
        connected = is_connected_call(contact)
        dialled = connected and contact.party == "borrower"
        missed = is_missed_call(contact)
        failed = is_failed_call(contact)
        here = (zone, today)
        facts = Facts(
            day=today,
            second=local.second,
            outbound=int(outbound),
            open=int(outbound and not service),
            unasked=int(outbound and not service and contact.purpose != "reply"),
            service=int(service),
            own_side=int(contact.party in OWN_SIDE),
            party=PARTIES[contact.party],
            channel=CHANNELS[contact.channel],
            card=int(card),
            night_consent=int(said.consents("night", at)),
            extra_calls=int(extra),
            channel_consent=int(said.consents("channel", at, contact.channel)),
            unreachable=int(said.first("unreachable", at) >= 0),
            failed_in_a_row=self._failed_in_a_row(at) if contact.party == "listed_contact" else 0,
            talked=int(is_effective_call(contact)),
            talks=self._count(("talks", *here), at, own),
            failed=int(failed),
            failed_to_number=self._count(("failed", *here, contact.number), at, own) if failed else 0,
            visits=self._count(("visits", *here), at, own),
            messages=self._count(("messages", *here), at, own),
            contacts=self._count(("contacts", *here), at, own),
            connected=int(connected),
            dialled=int(dialled),
            calls_about_debt=self._in_span("calls", contact, at, local, own) if dialled and not extra else 0,
            talks_about_debt=self._other_talks(contact, at, local, own) if connected else 0,
            dialled_number=int(dialled and contact.number != ""),
            calls_to_number=self._count(("number", *here, contact.number), at, own) if dialled else 0,
            missed=int(missed),
            since_missed=self._since_missed(contact.number, at, outside) if missed else LONG_AGO,
            opt_out=said.first("opt_out", at, lambda fact: fact.opts_out(contact)),
            opt_out_number=said.first(
                "opt_out", at, lambda fact: fact.number != "" and fact.opts_out(contact)
            ),
            cease=said.first("cease", at),
            inconvenient=said.first("inconvenient", at, lambda fact: fact.inconvenient_at(local)),
            represented=said.first("represented", at),
            moratorium=said.first("moratorium", at, lambda fact: fact.concerns(contact)),
            plan_in_force=said.first("plan_in_force", at, lambda fact: fact.concerns(contact)),
            dispute=said.first("dispute", at, lambda fact: fact.concerns(contact)),
            refused=said.first("contact_refused", at, lambda fact: fact.number == contact.number),
            traits=sum(BITS[trait] for trait in contact.traits),
        )
        return local, facts

    def _in_span(
        self, name: str, contact: Contact, at: datetime, local: LocalTime, own: frozenset[Key]
    ) -> int:
        """In the local date and the six before, about the debt where there were most."""
        today = local.date.toordinal()
        return max(
            sum(
                self._count((name, local.zone, day, debt), at, own)
                for day in range(today - SPAN + 1, today + 1)
            )
            for debt in _debts(contact)
        )

    def _other_talks(self, contact: Contact, at: datetime, local: LocalTime, own: frozenset[Key]) -> int:
        return self._in_span("talk", contact, at, local, own) - int(is_talk(contact))

    def _since_missed(self, number: str, at: datetime, outside: bool) -> int:
        times = self._times.get(("missed", number), [])
        others = bisect_right(times, at) - (0 if outside else 1)
        return (at - times[others - 1]) // timedelta(seconds=1) if others > 0 else LONG_AGO

    def _failed_in_a_row(self, at: datetime) -> int:
        """Calls that did not reach the borrower, after the last conversation by call with them."""
        failed, reached = self._times.get(("missed_borrower",), []), self._times.get(("reached",), [])
        talks = bisect_right(reached, at)
        return bisect_right(failed, at) - (bisect_right(failed, reached[talks - 1]) if talks else 0)


OWN_SIDE = frozenset({"attorney", "adviser"})


def _debts(contact: Contact) -> tuple[str | None, ...]:
    return tuple(dict.fromkeys(contact.debts)) or (None,)


def _everywhere(contact: Contact) -> Iterator[Key]:
    """Lists that are the same on every clock."""
    if is_missed_call(contact):
        yield ("missed", contact.number)
    if contact.party == "borrower":
        if is_talk(contact):
            yield ("reached",)
        if is_placed_call(contact) and contact.outcome in FAILED_OUTCOMES:
            yield ("missed_borrower",)


def _on_a_day(contact: Contact, local: LocalTime, extra: bool) -> Iterator[Key]:
    """Lists of a local day; calls the person consented to are not among those about a debt."""
    here = (local.zone, local.date.toordinal())
    if is_talk(contact):
        yield from (("talk", *here, debt) for debt in _debts(contact))
    if contact.direction != "outbound":
        return
    yield ("contacts", *here)
    if contact.channel in MESSAGES:
        yield ("messages", *here)
    if is_visit(contact):
        yield ("visits", *here)
    if is_effective_call(contact):
        yield ("talks", *here)
    if is_failed_call(contact):
        yield ("failed", *here, contact.number)
    if is_connected_call(contact) and contact.party == "borrower":
        if contact.number:
            yield ("number", *here, contact.number)
        if not extra:
            yield from (("calls", *here, debt) for debt in _debts(contact))
