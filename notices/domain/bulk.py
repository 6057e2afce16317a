"""
A night's candidates judged as arrays: the same rules as for one message (`gate_rules.py`), asked of a whole block of people at
once. What depends on a clock is worked out once for each combination of zone, law, wished hours and moment, by the gate itself,
and looked up; what depends on earlier messages is counted in step: everybody's first candidate, then everybody's second, so
that two reminders planned in one night see each other.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cases.domain import facts as clocks
from cases.domain.rulebook import Rulebook
from notices.domain import gate, night
from notices.domain.gate import Channel, GateFacts, Purpose
from notices.domain.night import Answer, Flag, Setting

Ints = NDArray[np.int64]

CANDIDATE = np.dtype(
    [
        (name, ">i8")
        for name in (
            "person",
            "lender",
            "debt",
            "about",
            "kind",
            "channel",
            "at",
            "not_after",
            "flags",
            "zone",
            "law",
            "quiet_from",
            "quiet_to",
            "terms",
        )
    ]
)
"""One candidate as it comes from the database, ordered by person and moment."""

_WIDTHS = {"q": ">i8", "i": ">i4", "h": ">i2"}
RECORD = np.dtype([(name, _WIDTHS[width]) for name, width in night.FIELDS])
"""The record of `night.FIELDS`, byte for byte."""

TRIES = 8
"""A reminder put off again and again meets its `not_after` long before."""
_SPARE = 45
"""Local days a block may touch beyond those it plans: the gate's horizon, and some days on either side."""
_BEFORE = 40
"""Local days before those, for the last reminder that somebody had."""
# More than there are lenders: a person and a lender make one number.
_LENDERS = 1 << 32
_FLAGS = {
    Flag.ADDRESS_KNOWN: "address_known",
    Flag.ADDRESS_OPTED_OUT: "address_opted_out",
    Flag.OPTED_OUT: "opted_out",
    Flag.CONSENTED: "consented",
    Flag.PAUSED: "paused",
    Flag.MORATORIUM: "moratorium",
    Flag.DISPUTE: "dispute",
    Flag.REPRESENTED: "represented",
    Flag.CEASE: "cease",
    Flag.HELD: "held",
    Flag.PAYMENT_DISPUTED: "payment_disputed",
    Flag.PAYMENT_PENDING: "payment_pending",
    Flag.PLAN_IN_FORCE: "plan_in_force",
    Flag.REMINDS_OF_PLAN: "reminds_of_plan",
    Flag.VULNERABLE: "vulnerable",
}
_INBOX = night.CHANNELS.index(Channel.INBOX)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What already counts towards somebody's day: sorted by person; `lender` 0 where there is none; `at` Unix seconds; `what`
    bits of WRITTEN, OURS and ONCE. A contact that counts for several lenders stands here for each, with ONCE only at the first.
    """

    person: Ints
    lender: Ints
    at: Ints
    what: Ints

    def of(self, first: int, last: int) -> "Sent":
        """Those of the people from `first` to `last`, both included."""
        low, high = np.searchsorted(self.person, [first, last + 1])
        return Sent(
            person=self.person[low:high],
            lender=self.lender[low:high],
            at=self.at[low:high],
            what=self.what[low:high],
        )


WRITTEN, OURS, ONCE = 1, 2, 4
"""A message; a reminder of ours, sent or waiting; to be counted for the person."""


@dataclass(frozen=True, kw_only=True)
class Kin:
    """Lenders whose contacts count for each other, as one acts for the other: between two instants in Unix seconds, the
    second not included. Each pair stands here both ways, and no two of its spans overlap."""

    one: Ints
    other: Ints
    since: Ints
    until: Ints


def no_kin() -> Kin:
    return Kin(**{name: np.empty(0, dtype=np.int64) for name in ("one", "other", "since", "until")})


@dataclass
class _Combos:
    """What the gate says about each combination of clock and wish, in parallel lists."""

    places: dict[int, int] = field(default_factory=dict)
    bits: list[int] = field(default_factory=list)
    questions: list[tuple[Rulebook, GateFacts]] = field(default_factory=list)
    # After closed hours, or after a day that is full; for those with a pace, from their next free day on.
    next: dict[int, int] = field(default_factory=dict)
    caps: list[tuple[int, int, int, int, int]] = field(default_factory=list)


class Night:
    """Settles blocks of candidates. Combinations once worked out are kept from block to block.

    `start` is the business instant of the run; candidates' moments lie between it and `ahead` days later.
    """

    def __init__(
        self, *, run: int, setting: Setting, start: datetime, ahead: int = 3, kin: Kin | None = None
    ) -> None:
        self._run = run
        self.start = int(start.timestamp())
        self.kin = kin or no_kin()
        self._kin_codes = self.kin.one * _LENDERS + self.kin.other
        self.days = ahead + _SPARE
        self._setting = setting
        self._first_day = (start.astimezone(UTC) - timedelta(days=3)).date()
        self._combos = _Combos()
        self._recorded = 0
        self._moments: dict[int, int] = {}
        self._wishes: dict[tuple[int, int, int], int] = {}
        self._wanted: dict[tuple[int, int], bool] = {}
        self._midnights: dict[int, Ints] = {}
        self._judged = [
            [self._place(setting.book(law).judged_zones((zone,))[0]) for zone in setting.zones]
            for law in range(len(setting.laws))
        ]

    def settle(self, rows: NDArray[Any], sent: Sent) -> NDArray[Any]:
        """Every question asked about these candidates, with its answer: RECORD rows in the order of the candidates.

        `rows` are CANDIDATE rows of whole people. A deferred candidate is asked about again at the moment named, up to
        TRIES times, or until that moment is too late.
        """
        if not len(rows):
            return np.empty(0, dtype=RECORD)
        block = _Block(self, rows, sent)
        asked = [block.ask(step) for step in block.steps()]
        places = np.concatenate([places for places, _ in asked])
        records = np.concatenate([records for _, records in asked], dtype=RECORD)
        records = records[np.argsort(places * TRIES + records["ask"], kind="stable")]
        records["place"] = np.arange(self._recorded, self._recorded + len(records))
        self._recorded += len(records)
        return records

    # ── clocks ───────────────────────────────────────────────────────────────────────────────
    def day_of(self, zone: int, at: Ints) -> Ints:
        """Local days since the run's first, by the clock of one zone; before it, less than 0."""
        return np.searchsorted(self._midnights_of(zone), at, side="right") - 1 - _BEFORE

    def _midnights_of(self, zone: int) -> Ints:
        """The first instants of the local days a block may touch."""
        if zone not in self._midnights:
            name = self._zones()[zone]
            first = self._first_day - timedelta(days=_BEFORE)
            early = datetime.combine(first, datetime.min.time(), UTC) - timedelta(days=3)
            starts = []
            for number in range(_BEFORE + self.days):
                found = clocks.first_instant(first + timedelta(days=number), 0, name, after=early)
                assert found is not None
                starts.append(int(found.timestamp()))
            self._midnights[zone] = np.array(starts, dtype=np.int64)
        return self._midnights[zone]

    def _zones(self) -> list[str]:
        return [*self._setting.zones, *self._further]

    def _place(self, name: str) -> int:
        """The place of a zone, the run's own or one that only a law reads."""
        if not hasattr(self, "_further"):
            self._further: list[str] = []
        zones = self._zones()
        if name not in zones:
            self._further.append(name)
            return len(zones)
        return zones.index(name)

    def judged(self, law: Ints, zone: Ints) -> Ints:
        """The place of the zone that each row's law reads."""
        return np.array(self._judged, dtype=np.int64)[law, zone]

    # ── combinations ─────────────────────────────────────────────────────────────────────────
    def wishes(self, rows: Mapping[str, Ints]) -> Ints:
        """Each row's wished hours and terms as one number."""
        quiet = (rows["quiet_from"] + 1) << 17 | (rows["quiet_to"] + 1)
        _, first, back = np.unique(quiet << 28 | rows["terms"], return_index=True, return_inverse=True)
        columns = [rows[name][first].tolist() for name in ("quiet_from", "quiet_to", "terms")]
        known = self._wishes
        numbers = [known.setdefault(wish, len(known)) for wish in zip(*columns, strict=True)]
        return np.array(numbers, dtype=np.int64)[back]

    def combos(self, zone: Ints, law: Ints, wish: Ints, still: Ints, at: Ints) -> Ints:
        """The place of each row's combination; new ones are put before the gate."""
        moments, inverse = np.unique(at, return_inverse=True)
        ids = np.array([self._moments.setdefault(int(each), len(self._moments)) for each in moments])
        keys = (((ids[inverse] << 12 | zone) << 8 | law) << 20 | wish) << 1 | still
        unique, first, back = np.unique(keys, return_index=True, return_inverse=True)
        places = self._combos.places
        wishes: list[tuple[int, int, int]] = []
        for key, row in zip(unique.tolist(), first.tolist(), strict=True):
            if key not in places:
                wishes = wishes or list(self._wishes)
                places[key] = len(places)
                self._work_out(
                    int(zone[row]),
                    int(law[row]),
                    wishes[int(wish[row])],
                    still=bool(still[row]),
                    at=int(at[row]),
                )
        return np.array([places[key] for key in unique.tolist()], dtype=np.int64)[back]

    def _work_out(self, zone: int, law: int, wish: tuple[int, int, int], *, still: bool, at: int) -> None:
        book = self._setting.book(law)
        quiet_from, quiet_to, place = wish
        terms = self._setting.terms[place]
        facts = GateFacts(
            now=datetime.fromtimestamp(at, UTC),
            channel=Channel.INBOX if still else Channel.SMS,
            purpose=Purpose.REMINDER,
            lender_type=self._setting.laws[law][1],
            consented=True,
            address_known=True,
            zones=(self._setting.zones[zone],),
            quiet=(night.clock_face(quiet_from), night.clock_face(quiet_to)) if quiet_from >= 0 else None,
            days=terms.days,
            inconvenient=terms.inconvenient,
        )
        limits = gate.caps(book, gate.first_day(book, facts), facts.lender_type)
        known = self._combos
        known.questions.append((book, facts))
        known.bits.append(night.closed_bits(book, facts))
        known.caps.append(
            (limits.per_lender, limits.per_person, limits.gentle, limits.law_messages, limits.law_contacts)
        )

    def looked_up(self, places: Ints) -> SimpleNamespace:
        known = self._combos
        caps = np.array(known.caps, dtype=np.int64)[places]
        names = ("per_lender", "per_person", "gentle", "law_messages", "law_contacts")
        return SimpleNamespace(
            bits=np.array(known.bits, dtype=np.int64)[places],
            caps=SimpleNamespace(**{name: caps[:, number] for number, name in enumerate(names)}),
        )

    def next_lawful(self, places: Ints, full: Ints, free: Ints, pace: Ints, last: Ints) -> Ints:
        """The next lawful second of each combination, 0 where there is none: after its closed hours, or where `full` after
        that day; not before the local day `free` where there is a last reminder, `pace` days before it."""
        known = self._combos
        keys = ((places << 1 | full) << 17) | np.where(last > 0, free + _BEFORE + 1, 0)
        unique, first, back = np.unique(keys, return_index=True, return_inverse=True)
        for key, row in zip(unique.tolist(), first.tolist(), strict=True):
            if key not in known.next:
                book, facts = known.questions[int(places[row])]
                if last[row]:
                    reminded = datetime.fromtimestamp(int(last[row]), UTC)
                    facts = replace(facts, pace=int(pace[row]), last_reminder=reminded)
                known.next[key] = _epoch(gate.next_lawful(book, facts, full=bool(full[row])))
        return np.array([known.next[key] for key in unique.tolist()], dtype=np.int64)[back]

    def may_have_to_say(self, law: Ints) -> NDArray[np.bool_]:
        """Whether any day's rules want something said in such a lender's messages; under most laws none do."""
        laws = self._setting.laws
        ever = [gate.may_want_disclosure(self._setting.book(n), kind) for n, (_, kind) in enumerate(laws)]
        return np.array(ever)[law]

    def must_say(self, law: Ints, at: Ints) -> NDArray[np.bool_]:
        """Whether the law wants something said in a lender's message of that moment (`gate.wants_disclosure`)."""
        said = np.zeros(len(law), dtype=bool)
        for each in np.unique(law).tolist():
            here = np.flatnonzero(law == each)
            moments, back = np.unique(at[here], return_inverse=True)
            said[here] = np.array([self._must_say(each, moment) for moment in moments.tolist()])[back]
        return said

    def _must_say(self, law: int, at: int) -> bool:
        if (law, at) not in self._wanted:
            book = self._setting.book(law)
            on = clocks.local_time(datetime.fromtimestamp(at, UTC), book.zone).date
            self._wanted[law, at] = bool(gate.wants_disclosure(book, on, self._setting.laws[law][1]))
        return self._wanted[law, at]

    def kin_of(self, codes: Ints) -> tuple[Ints, Ints]:
        """For each pair of lenders as one number, the places of its spans in `kin`: which code, and which place."""
        low = np.searchsorted(self._kin_codes, codes, side="left")
        return _spread(low, np.searchsorted(self._kin_codes, codes, side="right"))

    def paces(self) -> Ints:
        """The pace of each of the run's terms."""
        return np.array([each.pace for each in self._setting.terms], dtype=np.int64)

    @property
    def run(self) -> int:
        return self._run


class _Block:
    """The candidates of some people, and what counts towards their days so far."""

    def __init__(self, around: Night, rows: NDArray[Any], sent: Sent) -> None:
        self._around = around
        # All columns are of one width, so that one turn of the table makes arrays that lie in one piece.
        columns = np.ascontiguousarray(rows.view(">i8").reshape(len(rows), -1).T, dtype=np.int64)
        self.rows = dict(zip(CANDIDATE.names or (), columns, strict=True))
        person = self.rows["person"]
        starts = np.flatnonzero(np.diff(person, prepend=-1))
        self._people = person[starts]
        self._who = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(person)))
        self._rank = np.arange(len(person)) - starts[self._who]
        self._judged = around.judged(self.rows["law"], self.rows["zone"])
        self._wishes = around.wishes(self.rows)
        self._pace = around.paces()[self.rows["terms"]]
        # The last reminder of ours, wanted only for those who named a pace.
        self._last = np.zeros(len(self._people), dtype=np.int64)
        self._pairs, self._pair = np.unique(self._who * _LENDERS + self.rows["lender"], return_inverse=True)
        self._own = self.rows["zone"][starts]
        # One count per clock: the person's own first, then every clock that a law reads here instead of it.
        self._readings = [-1, *np.unique(self._judged[self._judged != self.rows["zone"]]).tolist()]
        self._by_person = {
            zone: np.zeros((len(self._people), around.days), dtype=np.int16) for zone in self._readings
        }
        self._by_pair = {
            zone: np.zeros((len(self._pairs), around.days), dtype=np.int16) for zone in self._readings
        }
        # The same counts where every contact was a message, as at night most are.
        self._by_contact = self._by_pair
        self._relate()
        self._count_in(sent)
        self._facts = self._flags()
        self._protections = self._protected()

    def steps(self) -> Iterator[Ints]:
        """The places of everybody's first candidate, then of everybody's second, …"""
        rank = np.minimum(self._rank, np.iinfo(np.int16).max).astype(np.int16)
        order = np.argsort(rank, kind="stable")
        yield from np.split(order, np.flatnonzero(np.diff(rank[order])) + 1)

    def ask(self, places: Ints) -> tuple[Ints, NDArray[Any]]:
        """One candidate of each person, asked until it is settled. The places asked about, and the records."""
        at = self.rows["at"][places].copy()
        found_places, found = [], []
        waiting = np.arange(len(places))
        for number in range(TRIES):
            here, moment = places[waiting], at[waiting]
            record, goes_on, accepted = self._once(here, moment, number)
            found_places.append(here)
            found.append(record)
            self._take(here[accepted], moment[accepted])
            at[waiting] = record["not_before"]
            waiting = waiting[goes_on]
            if not waiting.size:
                break
        return np.concatenate(found_places), np.concatenate(found, dtype=RECORD)

    def _once(
        self, here: Ints, at: Ints, number: int
    ) -> tuple[NDArray[Any], NDArray[np.bool_], NDArray[np.bool_]]:
        rows = {name: values[here] for name, values in self.rows.items()}
        reminder = self._facts["reminder"][here]
        pushed = reminder * (rows["channel"] != _INBOX)
        combos = self._around.combos(rows["zone"], rows["law"], self._wishes[here], 1 - pushed, at)
        known = self._around.looked_up(combos)
        to_person = self._counted(self._by_person, self._who[here], here, at)
        by_lender = self._counted(self._by_pair, self._pair[here], here, at)
        by_lender[rows["lender"] == 0] = 0
        contacts = by_lender
        if self._by_contact is not self._by_pair:
            contacts = self._counted(self._by_contact, self._pair[here], here, at)
            contacts[rows["lender"] == 0] = 0
        pace = self._pace[here]
        last = np.where(pace > 0, self._last[self._who[here]], 0)
        free = np.zeros_like(at)
        too_soon = np.zeros(len(here), dtype=bool)
        paced = np.flatnonzero(last)
        if paced.size:
            zones = rows["zone"][paced]
            free[paced] = self._days(zones, last[paced]) + pace[paced]
            too_soon[paced] = (pushed[paced] == 1) & (self._days(zones, at[paced]) < free[paced])
        facts = SimpleNamespace(
            **{name: values[here] for name, values in self._facts.items()},
            pushed=pushed,
            sent_by_lender=by_lender,
            sent_to_person=to_person,
            contacts_by_lender=contacts,
        )
        protections = self._protections[here]
        full = sum((np.where(test(facts, known.caps), bit, 0) for bit, test in night.CAPS), np.zeros_like(at))
        delays = known.bits | full | np.where(too_soon, night.TOO_SOON, 0)
        not_before = np.zeros_like(at)
        late = np.flatnonzero((protections == 0) & (delays != 0))
        if late.size:
            not_before[late] = self._around.next_lawful(
                combos[late], (full[late] != 0).astype(np.int64), free[late], pace[late], last[late]
            )
        refused = (protections != 0) | ((delays != 0) & (not_before == 0))
        deferred = ~refused & (delays != 0)
        reasons = protections | delays | np.where(refused & (protections == 0), night.NO_LAWFUL_MOMENT, 0)
        record = np.empty(len(here), dtype=RECORD)
        for name in ("person", "lender", "debt", "about", "kind", "channel", "not_after", "flags"):
            record[name] = rows[name]
        for name in ("zone", "law", "quiet_from", "quiet_to", "terms"):
            record[name] = rows[name]
        record["run"], record["ask"], record["at"] = self._around.run, number, at
        record["outcome"] = np.where(
            refused, Answer.REFUSED, np.where(deferred, Answer.DEFERRED, Answer.ALLOWED)
        )
        record["not_before"], record["reasons"] = not_before, reasons
        record["sent_to_person"], record["sent_by_lender"] = to_person, by_lender
        record["contacts_by_lender"], record["last_reminder"] = contacts, last
        goes_on = deferred & (not_before < rows["not_after"])
        return record, goes_on, ~refused & ~deferred

    def _counted(self, counts: dict[int, NDArray[np.int16]], group: Ints, here: Ints, at: Ints) -> Ints:
        """What counts towards the local day of `at`, on the clock where most does: the person's own, or the law's."""
        own = counts[-1][group, self._own_day(here, at)]
        most = own.astype(np.int64)
        if len(self._readings) == 1:
            return most
        judged = np.where(self._judged[here] == self.rows["zone"][here], -1, self._judged[here])
        for zone in self._readings[1:]:
            which = np.flatnonzero(judged == zone)
            if which.size:
                days = self._around.day_of(zone, at[which])
                most[which] = np.maximum(most[which], counts[zone][group[which], days])
        return most

    def _own_day(self, here: Ints, at: Ints) -> Ints:
        return self._days(self.rows["zone"][here], at)

    def _days(self, zones: Ints, at: Ints) -> Ints:
        """The local day of each instant on its own clock."""
        days = np.empty_like(at)
        for zone in np.unique(zones).tolist():
            which = zones == zone
            days[which] = self._around.day_of(zone, at[which])
        return days

    def _take(self, here: Ints, at: Ints) -> None:
        """From here on these count. One row per person, so that no place is met twice."""
        pushed = (self._facts["reminder"][here] == 1) & (self.rows["channel"][here] != _INBOX)
        here, at = here[pushed], at[pushed]
        who, pair = self._who[here], self._pair[here]
        for reading in self._readings:
            days = self._clock(reading, self.rows["zone"][here], at)
            self._by_person[reading][who, days] += 1
            self._count_for_lenders(reading, pair, days)
        self._last[who] = np.maximum(self._last[who], at)
        if not self._kin_from.size:
            return
        row, place = _spread(
            np.searchsorted(self._kin_from, pair, side="left"),
            np.searchsorted(self._kin_from, pair, side="right"),
        )
        span, then = self._kin_span[place], at[row]
        now = (self._around.kin.since[span] <= then) & (then < self._around.kin.until[span])
        row, place = row[now], place[now]
        for reading in self._readings:
            days = self._clock(reading, self.rows["zone"][here[row]], at[row])
            self._count_for_lenders(reading, self._kin_to[place], days)

    def _count_for_lenders(self, reading: int, pair: Ints, days: Ints) -> None:
        """One more message of each pair of a person and a lender; no place is met twice."""
        self._by_pair[reading][pair, days] += 1
        if self._by_contact is not self._by_pair:
            self._by_contact[reading][pair, days] += 1

    def _relate(self) -> None:
        """Which of a person's lenders here act for each other: from one pair to another, with the place of the span."""
        here: list[tuple[Ints, Ints, Ints]] = []
        if self._around.kin.one.size:
            who, lender = np.divmod(self._pairs, _LENDERS)
            for step in range(1, len(who)):
                one = np.flatnonzero(who[step:] == who[:-step])
                if not one.size:
                    break
                row, span = self._around.kin_of(lender[one] * _LENDERS + lender[one + step])
                here += [(one[row], one[row] + step, span), (one[row] + step, one[row], span)]
        empty = np.empty(0, dtype=np.int64)
        columns = [np.concatenate(each) for each in zip(*here, strict=True)] if here else [empty] * 3
        order = np.argsort(columns[0], kind="stable")
        self._kin_from, self._kin_to, self._kin_span = (each[order] for each in columns)

    def _count_in(self, sent: Sent) -> None:
        """What was sent before. Somebody may stand there many times."""
        who = np.minimum(np.searchsorted(self._people, sent.person), len(self._people) - 1)
        inside = self._people[who] == sent.person
        if not inside.any():
            return
        who, lender, at, what = (each[inside] for each in (who, sent.lender, sent.at, sent.what))
        ours = np.flatnonzero(what & OURS)
        np.maximum.at(self._last, who[ours], at[ours])
        key = who * _LENDERS + lender
        pair = np.minimum(np.searchsorted(self._pairs, key), len(self._pairs) - 1)
        of_pair = (self._pairs[pair] == key) & (lender != 0)
        written, once = (what & WRITTEN) != 0, (what & ONCE) != 0
        if (of_pair & ~written).any():
            self._by_contact = {zone: counts.copy() for zone, counts in self._by_pair.items()}
        for reading in self._readings:
            days = self._clock(reading, self._own[who], at)
            near = (days >= 0) & (days < self._around.days)
            count = near & written & once
            _tally(self._by_person[reading], who[count], days[count])
            count = near & written & of_pair
            _tally(self._by_pair[reading], pair[count], days[count])
            if self._by_contact is not self._by_pair:
                count = near & of_pair
                _tally(self._by_contact[reading], pair[count], days[count])

    def _clock(self, reading: int, zones: Ints, at: Ints) -> Ints:
        """Local days on one reading: everybody's own clock (-1), or one zone's."""
        return self._days(zones, at) if reading < 0 else self._around.day_of(reading, at)

    def _flags(self) -> dict[str, Ints]:
        flags = self.rows["flags"]
        facts = {name: (flags & int(flag) != 0).astype(np.int64) for flag, name in _FLAGS.items()}
        missing = {
            "reminder": Flag.ANSWERS,
            "content_complete": Flag.INCOMPLETE,
            "wording_approved": Flag.UNAPPROVED,
        }
        return facts | {name: (flags & int(flag) == 0).astype(np.int64) for name, flag in missing.items()}

    def _protected(self) -> Ints:
        """The bits of the protections: they stay the same however often a candidate is asked about."""
        size = len(self.rows["person"])
        facts = SimpleNamespace(**self._facts)
        bits = np.zeros(size, dtype=np.int64)
        for place, (test, _, _) in enumerate(gate.PROTECTIONS):
            bits |= np.where(test(facts, None), 1 << place, 0)
        return bits


def leaves(records: NDArray[Any]) -> list[bytes]:
    """The leaf hash of each RECORD row."""
    size = records.dtype.itemsize + 1
    # A zero byte stands before each record (`night.leaf`).
    prefixed = np.zeros((len(records), size), dtype=np.uint8)
    prefixed[:, 1:] = np.ascontiguousarray(records).view(np.uint8).reshape(len(records), size - 1)
    data, sha256 = prefixed.tobytes(), hashlib.sha256
    return [sha256(data[start : start + size]).digest() for start in range(0, len(data), size)]


def _spread(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """From `low` up to `high`, not included, for each: whose range, and every place in it."""
    count = high - low
    row = np.repeat(np.arange(len(low)), count)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + low[row]


def _tally(counts: NDArray[np.int16], group: Ints, days: Ints) -> None:
    """Add one for each (group, day); somebody may stand there many times."""
    np.add.at(counts.reshape(-1), group * counts.shape[1] + days, np.int16(1))


def _epoch(at: datetime | None) -> int:
    return int(at.timestamp()) if at else 0
