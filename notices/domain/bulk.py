"""
A night's candidates judged as arrays: the same rules as for one message (`gate_rules.py`), asked of a whole block of people at
once. What depends on a clock is worked out once for each combination of zone, law, wished hours and moment, by the gate itself,
and looked up; what depends on earlier messages is counted in step: everybody's first candidate, then everybody's second, so
that two reminders planned in one night see each other. This is the only module of `notices` that knows numpy.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
_UNASKED = -1
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
    """What already counts towards somebody's day: sorted by person; `lender` 0 where there is none; `at` Unix seconds."""

    person: Ints
    lender: Ints
    at: Ints

    def of(self, first: int, last: int) -> "Sent":
        """Those of the people from `first` to `last`, both included."""
        low, high = np.searchsorted(self.person, [first, last + 1])
        return Sent(person=self.person[low:high], lender=self.lender[low:high], at=self.at[low:high])


@dataclass
class _Combos:
    """What the gate says about each combination of clock and wish, in parallel lists."""

    places: dict[int, int] = field(default_factory=dict)
    bits: list[int] = field(default_factory=list)
    questions: list[tuple[Rulebook, GateFacts]] = field(default_factory=list)
    # After closed hours, and after a day that is full; worked out when first needed.
    next: list[list[int]] = field(default_factory=list)
    caps: list[tuple[int, int, int]] = field(default_factory=list)


class Night:
    """Settles blocks of candidates. Combinations once worked out are kept from block to block.

    `start` is the business instant of the run; candidates' moments lie between it and `ahead` days later.
    """

    def __init__(self, *, run: int, setting: Setting, start: datetime, ahead: int = 3) -> None:
        self._run = run
        self.days = ahead + _SPARE
        self._setting = setting
        self._first_day = (start.astimezone(UTC) - timedelta(days=3)).date()
        self._combos = _Combos()
        self._recorded = 0
        self._moments: dict[int, int] = {}
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
        """Local days since the run's first, by the clock of one zone."""
        return np.searchsorted(self._midnights_of(zone), at, side="right") - 1

    def _midnights_of(self, zone: int) -> Ints:
        """The first instants of the local days a block may touch."""
        if zone not in self._midnights:
            name = self._zones()[zone]
            early = datetime.combine(self._first_day, datetime.min.time(), UTC) - timedelta(days=3)
            starts = []
            for number in range(self.days):
                found = clocks.first_instant(self._first_day + timedelta(days=number), 0, name, after=early)
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
    def combos(self, zone: Ints, law: Ints, quiet_from: Ints, quiet_to: Ints, still: Ints, at: Ints) -> Ints:
        """The place of each row's combination; new ones are put before the gate."""
        moments, inverse = np.unique(at, return_inverse=True)
        ids = np.array([self._moments.setdefault(int(each), len(self._moments)) for each in moments])
        keys = (
            ((((ids[inverse] << 8 | zone) << 5 | law) << 17 | (quiet_from + 1)) << 17 | (quiet_to + 1)) << 1
        ) | still
        unique, first, back = np.unique(keys, return_index=True, return_inverse=True)
        places = self._combos.places
        for key, row in zip(unique.tolist(), first.tolist(), strict=True):
            if key not in places:
                places[key] = len(places)
                self._work_out(
                    int(zone[row]),
                    int(law[row]),
                    (int(quiet_from[row]), int(quiet_to[row])),
                    still=bool(still[row]),
                    at=int(at[row]),
                )
        return np.array([places[key] for key in unique.tolist()], dtype=np.int64)[back]

    def _work_out(self, zone: int, law: int, quiet: tuple[int, int], *, still: bool, at: int) -> None:
        book = self._setting.book(law)
        facts = GateFacts(
            now=datetime.fromtimestamp(at, UTC),
            channel=Channel.INBOX if still else Channel.SMS,
            purpose=Purpose.REMINDER,
            lender_type=self._setting.laws[law][1],
            consented=True,
            address_known=True,
            zones=(self._setting.zones[zone],),
            quiet=(night.clock_face(quiet[0]), night.clock_face(quiet[1])) if quiet[0] >= 0 else None,
        )
        limits = gate.caps(book, gate.first_day(book, facts))
        known = self._combos
        known.questions.append((book, facts))
        known.bits.append(gate.hour_bits(book, facts, night=night.NIGHT_HOURS, quiet=night.QUIET_HOURS))
        known.next.append([_UNASKED, _UNASKED])
        known.caps.append((limits.per_lender, limits.per_person, limits.gentle))

    def looked_up(self, places: Ints) -> SimpleNamespace:
        known = self._combos
        caps = np.array(known.caps, dtype=np.int64)[places]
        return SimpleNamespace(
            bits=np.array(known.bits, dtype=np.int64)[places],
            caps=SimpleNamespace(per_lender=caps[:, 0], per_person=caps[:, 1], gentle=caps[:, 2]),
        )

    def next_lawful(self, places: Ints, *, full: bool) -> Ints:
        """The next lawful second of each combination, 0 where there is none: after its closed hours, or after the full day."""
        known = self._combos
        unique, back = np.unique(places, return_inverse=True)
        for place in unique.tolist():
            if known.next[place][full] == _UNASKED:
                book, facts = known.questions[place]
                known.next[place][full] = _epoch(gate.next_lawful(book, facts, full=full))
        return np.array([known.next[place][full] for place in unique.tolist()], dtype=np.int64)[back]

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
        self._pairs, self._pair = np.unique(self._who * _LENDERS + self.rows["lender"], return_inverse=True)
        self._own = self.rows["zone"][starts]
        # One count per clock: the person's own first, then every clock that a law reads here.
        self._readings = [-1, *np.unique(self._judged).tolist()]
        self._by_person = {
            zone: np.zeros((len(self._people), around.days), dtype=np.int16) for zone in self._readings
        }
        self._by_pair = {
            zone: np.zeros((len(self._pairs), around.days), dtype=np.int16) for zone in self._readings
        }
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
        combos = self._around.combos(
            rows["zone"], rows["law"], rows["quiet_from"], rows["quiet_to"], 1 - pushed, at
        )
        known = self._around.looked_up(combos)
        to_person = self._counted(self._by_person, self._who[here], here, at)
        by_lender = self._counted(self._by_pair, self._pair[here], here, at)
        by_lender[rows["lender"] == 0] = 0
        facts = SimpleNamespace(
            **{name: values[here] for name, values in self._facts.items()},
            pushed=pushed,
            sent_by_lender=by_lender,
            sent_to_person=to_person,
        )
        protections = self._protections[here]
        full = sum((np.where(test(facts, known.caps), bit, 0) for bit, test in night.CAPS), np.zeros_like(at))
        delays = known.bits | full
        not_before = np.zeros_like(at)
        for is_full in (True, False):
            late = np.flatnonzero((protections == 0) & (delays != 0) & ((full != 0) == is_full))
            if late.size:
                not_before[late] = self._around.next_lawful(combos[late], full=is_full)
        refused = (protections != 0) | ((delays != 0) & (not_before == 0))
        deferred = ~refused & (delays != 0)
        reasons = protections | delays | np.where(refused & (protections == 0), night.NO_LAWFUL_MOMENT, 0)
        record = np.empty(len(here), dtype=RECORD)
        for name in ("person", "lender", "debt", "about", "kind", "channel", "not_after", "flags"):
            record[name] = rows[name]
        for name in ("zone", "law", "quiet_from", "quiet_to"):
            record[name] = rows[name]
        record["run"], record["ask"], record["at"] = self._around.run, number, at
        record["outcome"] = np.where(
            refused, Answer.REFUSED, np.where(deferred, Answer.DEFERRED, Answer.ALLOWED)
        )
        record["not_before"], record["reasons"] = not_before, reasons
        record["sent_to_person"], record["sent_by_lender"] = to_person, by_lender
        goes_on = deferred & (not_before < rows["not_after"])
        return record, goes_on, ~refused & ~deferred

    def _counted(self, counts: dict[int, NDArray[np.int16]], group: Ints, here: Ints, at: Ints) -> Ints:
        """What counts towards the local day of `at`, on the clock where most does: the person's own, or the law's."""
        own = counts[-1][group, self._own_day(here, at)]
        judged = self._judged[here]
        most = own.astype(np.int64)
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
            self._by_pair[reading][pair, days] += 1

    def _count_in(self, sent: Sent) -> None:
        """What was sent before. Somebody may stand there many times."""
        who = np.minimum(np.searchsorted(self._people, sent.person), len(self._people) - 1)
        inside = self._people[who] == sent.person
        if not inside.any():
            return
        who, lender, at = who[inside], sent.lender[inside], sent.at[inside]
        key = who * _LENDERS + lender
        pair = np.minimum(np.searchsorted(self._pairs, key), len(self._pairs) - 1)
        of_pair = (self._pairs[pair] == key) & (lender != 0)
        for reading in self._readings:
            days = self._clock(reading, self._own[who], at)
            near = (days >= 0) & (days < self._around.days)
            _tally(self._by_person[reading], who[near], days[near])
            near &= of_pair
            _tally(self._by_pair[reading], pair[near], days[near])

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


def candidates(rows: Mapping[str, Ints], law_of: Mapping[int, int]) -> NDArray[Any]:
    """What the database said, as CANDIDATE rows: the way each message would take, and the facts that follow from it.

    The way is the first of SMS, e-mail and WeChat that is confirmed, wanted and not opted out of; where none is, the first
    that is confirmed, and the gate says why not; where nothing is confirmed, Steady's own pages.
    """
    # Whoever is soonest of no use goes first: one lender writes once a day.
    # Where two are of use equally long, what is due today goes before what is due tomorrow.
    soon = rows["kind"] == night.Kind.DUE_SOON
    order = np.lexsort([rows["about"], rows["kind"], soon, rows["not_after"], rows["at"], rows["person"]])
    rows = {name: values[order] for name, values in rows.items()}
    raw = rows["raw"]
    bit = {name: (raw >> place & 1).astype(bool) for place, name in enumerate(night.RAW)}
    there = [bit["phone"], bit["mail"], bit["wechat"]]
    refused = [bit[f"opt_{way}"] | ~bit[f"wants_{way}"] for way in ("sms", "email", "wechat")]
    open_ways = [known & ~no for known, no in zip(there, refused, strict=True)]
    channel = np.select([*open_ways, *there], [0, 1, 2, 0, 1, 2], default=_INBOX)
    opted_out = np.select([channel == way for way in range(3)], refused, default=False)
    yes = {
        Flag.OPTED_OUT: opted_out,
        Flag.CONSENTED: bit["consented"],
        Flag.PAUSED: bit["paused"],
        Flag.MORATORIUM: bit["hold_moratorium"],
        Flag.DISPUTE: bit["hold_dispute"],
        Flag.REPRESENTED: bit["hold_represented"],
        Flag.HELD: bit["hold_other"],
        Flag.PAYMENT_DISPUTED: bit["disputed"],
        Flag.PAYMENT_PENDING: bit["pending"],
        Flag.PLAN_IN_FORCE: bit["agreed"],
        Flag.REMINDS_OF_PLAN: bit["of_plan"],
        Flag.ANSWERS: bit["answers"],
    }
    flags = np.full(len(raw), int(Flag.ADDRESS_KNOWN), dtype=np.int64)
    for flag, which in yes.items():
        flags |= np.where(which, int(flag), 0)
    found = np.empty(len(raw), dtype=CANDIDATE)
    for name in (
        "person",
        "lender",
        "debt",
        "about",
        "kind",
        "at",
        "not_after",
        "zone",
        "quiet_from",
        "quiet_to",
    ):
        found[name] = rows[name]
    found["channel"], found["flags"], found["law"] = channel, flags, _laws(rows["lender"], law_of)
    return found


def _laws(lenders: Ints, law_of: Mapping[int, int]) -> Ints:
    unique, back = np.unique(lenders, return_inverse=True)
    return np.array([law_of.get(lender, 0) for lender in unique.tolist()], dtype=np.int64)[back]


def leaves(records: NDArray[Any]) -> Iterator[bytes]:
    """The leaf hash of each RECORD row."""
    size, data = records.dtype.itemsize, records.tobytes()
    sha256 = hashlib.sha256
    for start in range(0, len(data), size):
        yield sha256(b"\0" + data[start : start + size]).digest()


def _tally(counts: NDArray[np.int16], group: Ints, days: Ints) -> None:
    """Add one for each (group, day); somebody may stand there many times."""
    places, times = np.unique(group * counts.shape[1] + days, return_counts=True)
    counts.reshape(-1)[places] += times.astype(np.int16)


def _epoch(at: datetime | None) -> int:
    return int(at.timestamp()) if at else 0
