"""A night in arrays says what the gate says about each message alone, to the bit."""

import random
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cases.domain.facts import most_in_a_local_day
from cases.domain.rulebook import load
from notices.domain import bulk, gate, night
from notices.domain.bulk import CANDIDATE, ONCE, OURS, RECORD, WRITTEN, Kin, Night, Sent, leaves
from notices.domain.gate import Inconvenient
from notices.domain.night import NO_TERMS, Answer, Ask, Flag, Setting, Terms

BOOKS = {name: load(name.lower()) for name in ("CN", "US", "UK")}
ZONES = (
    "Asia/Shanghai",
    "Asia/Urumqi",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Santiago",
)
LAWS = tuple((law, kind) for law in BOOKS for kind in ("bank", "facilitator", "creditor", "debt_collector"))
TERMS = (
    NO_TERMS,
    Terms(days=("mon", "wed", "fri")),
    Terms(pace=1),
    Terms(pace=3, days=("sat", "sun")),
    Terms(pace=7),
    Terms(inconvenient=(Inconvenient(before=11 * 3600),)),
    Terms(
        pace=3, inconvenient=(Inconvenient(after=17 * 3600, days=("tue", "thu")), Inconvenient(days=("fri",)))
    ),
    Terms(inconvenient=(Inconvenient(before=7 * 3600, after=14 * 3600, days=("wed", "sun")),)),
)
SETTING = Setting(zones=ZONES, laws=LAWS, books=BOOKS, terms=TERMS)
# New York puts its clocks forward on 14 March 2027, London on the 28th.
STARTS = (
    datetime(2027, 5, 11, 20, tzinfo=UTC),
    datetime(2027, 3, 13, 12, tzinfo=UTC),
    datetime(2027, 10, 30, 23, tzinfo=UTC),
)
GOOD = int(Flag.ADDRESS_KNOWN | Flag.CONSENTED | Flag.PLAN_IN_FORCE | Flag.REMINDS_OF_PLAN)


def some_kin(start: datetime) -> Kin:
    """The first lender acts for the second, for a while only, and for the third all the time."""
    epoch = int(start.timestamp())
    spans = [(1, 2, epoch - 40 * 3600, epoch + 20 * 3600), (1, 3, 0, 2**40)]
    both = sorted([*spans, *((other, one, *span) for one, other, *span in spans)])
    columns = np.array(both, dtype=np.int64).T
    return Kin(one=columns[0], other=columns[1], since=columns[2], until=columns[3])


def a_night(chance: random.Random, people: int, start: datetime) -> tuple[Any, Sent]:
    """Candidates of some people and what was sent to them before, as the database would give them."""
    rows, sent = [], []
    epoch = int(start.timestamp())
    # One of them is a collector in the US, whose own rule counts messages.
    laws = [*chance.sample(range(len(LAWS)), 4), LAWS.index(("US", "debt_collector"))]
    for person in sorted(chance.sample(range(1, 10 * people), people)):
        zone = chance.randrange(len(ZONES))
        quiet = chance.choice([(-1, -1)] * 3 + [(20 * 3600, 9 * 3600), (12 * 3600, 13 * 3600 + 59)])
        terms = chance.choice([0, 0, 0, *range(len(TERMS))])
        always = chance.choice([0] * 6 + [int(flag) for flag in Flag])
        mine = [
            (
                person,
                chance.choice([0, 1, 1, 2, 3, 4]),
                chance.randrange(5),
                chance.randrange(10**6),
                chance.choice(list(night.Kind)),
                chance.choice([0, 0, 0, 1, 2, 3]),
                epoch + chance.choice([0, 1, 1800, 3600]) + chance.randrange(0, 30) * 3600,
                0,
                (GOOD ^ always) ^ chance.choice([0] * 6 + [int(flag) for flag in Flag]),
                zone,
                0,
                *quiet,
                terms,
            )
            for _ in range(chance.choice([1, 1, 2, 3, 5]))
        ]
        for row in sorted(mine, key=lambda row: row[6]):
            late = row[6] + chance.choice([600, 36 * 3600, 7 * 86_400])
            rows.append((*row[:7], late, *row[8:10], laws[row[1]], *row[11:]))
        sent += [
            (
                person,
                chance.choice([0, 1, 2, 3]),
                epoch + chance.choice([chance.randrange(-27, 12), chance.randrange(-200, 12)]) * 3600,
                chance.choice([0, WRITTEN, WRITTEN, WRITTEN | OURS]) | chance.choice([ONCE, ONCE, ONCE, 0]),
            )
            for _ in range(chance.choice([0, 0, 1, 2, 4]))
        ]
        if chance.random() < 0.1:
            sent += [(person, chance.choice([0, 2, 4]), epoch + 3600, WRITTEN | ONCE)] * 20
    columns = np.array(sent or [(0, 0, 0, 0)], dtype=np.int64).T
    return (
        np.array(rows, dtype=CANDIDATE),
        Sent(person=columns[0], lender=columns[1], at=columns[2], what=columns[3]),
    )


def alone(rows: Any, sent: Sent, kin: Kin) -> list[Ask]:
    """The same night, one message after the other, by the gate itself."""
    before: dict[int, list[tuple[datetime, int, int]]] = {}
    for person, lender, at, what in zip(sent.person, sent.lender, sent.at, sent.what, strict=True):
        made = (datetime.fromtimestamp(int(at), UTC), int(lender), int(what))
        before.setdefault(int(person), []).append(made)
    found = []
    for row in rows:
        values = {name: int(row[name]) for name in CANDIDATE.names or ()}
        earlier = before.setdefault(values["person"], [])
        for number in range(bulk.TRIES):
            ask = Ask(
                run=7,
                place=len(found),
                ask=number,
                outcome=0,
                not_before=0,
                reasons=0,
                sent_to_person=0,
                sent_by_lender=0,
                contacts_by_lender=0,
                last_reminder=0,
                **values,
            )
            facts = night.facts_of(ask, SETTING)
            book = SETTING.book(values["law"])
            zones = tuple(dict.fromkeys((*facts.zones, *book.judged_zones(facts.zones))))
            lender = values["lender"]
            mine = [(at, what) for at, of, what in earlier if lender and of == lender]
            reminded = [int(at.timestamp()) for at, _, what in earlier if what & OURS]
            ask = replace(
                ask,
                sent_to_person=most_in_a_local_day(
                    (at for at, _, what in earlier if what & ONCE and what & WRITTEN),
                    now=facts.now,
                    zones=zones,
                ),
                sent_by_lender=most_in_a_local_day(
                    (at for at, what in mine if what & WRITTEN), now=facts.now, zones=zones
                ),
                contacts_by_lender=most_in_a_local_day((at for at, _ in mine), now=facts.now, zones=zones),
                last_reminder=max(reminded, default=0) if facts.pace else 0,
            )
            outcome, not_before, reasons = night.replay(ask, SETTING)
            found.append(replace(ask, outcome=outcome, not_before=not_before, reasons=reasons))
            pushed = night.CHANNELS[values["channel"]] != "inbox" and not values["flags"] & Flag.ANSWERS
            if outcome == Answer.ALLOWED and pushed:
                earlier.append((facts.now, lender, WRITTEN | OURS | ONCE))
                earlier += [(facts.now, of, WRITTEN) for of in kin_at(kin, lender, values["at"])]
            if outcome != Answer.DEFERRED or not_before >= values["not_after"]:
                break
            values["at"] = not_before
    return found


def kin_at(kin: Kin, lender: int, at: int) -> list[int]:
    spans = zip(kin.one, kin.other, kin.since, kin.until, strict=True)
    return [int(other) for one, other, since, until in spans if one == lender and since <= at < until]


def as_asks(records: Any) -> list[Ask]:
    return [Ask(**{name: int(record[name]) for name in RECORD.names or ()}) for record in records]


@pytest.mark.parametrize("seed", range(24))
def test_a_night_in_arrays_is_the_same_night_asked_one_by_one(seed: int) -> None:
    chance = random.Random(seed)
    start = STARTS[seed % len(STARTS)]
    rows, sent = a_night(chance, 60, start)
    kin = some_kin(start)
    records = Night(run=7, setting=SETTING, start=start, kin=kin).settle(rows, sent)
    assert as_asks(records) == alone(rows, sent, kin)


def test_such_nights_meet_every_reason() -> None:
    met = 0
    for seed in range(24):
        start = STARTS[seed % len(STARTS)]
        rows, sent = a_night(random.Random(seed), 60, start)
        records = Night(run=7, setting=SETTING, start=start, kin=some_kin(start)).settle(rows, sent)
        met |= int(np.bitwise_or.reduce(records["reasons"]))
    assert met == night.DELAYS | (1 << len(gate.PROTECTIONS)) - 1


def test_blocks_of_any_size_give_the_same_night() -> None:
    chance = random.Random(99)
    rows, sent = a_night(chance, 80, STARTS[0])
    whole = Night(run=7, setting=SETTING, start=STARTS[0]).settle(rows, sent)
    people = np.unique(rows["person"])
    cut = people[33]
    inner = Night(run=7, setting=SETTING, start=STARTS[0])
    parts = [
        inner.settle(rows[rows["person"] < cut], sent.of(0, int(cut) - 1)),
        inner.settle(rows[rows["person"] >= cut], sent.of(int(cut), 10**9)),
    ]
    assert np.array_equal(np.concatenate(parts), whole)


def test_a_night_with_nobody_is_empty() -> None:
    rows, sent = np.empty(0, dtype=CANDIDATE), Sent(**_nothing())
    assert len(Night(run=1, setting=SETTING, start=STARTS[0]).settle(rows, sent)) == 0


def _nothing() -> dict[str, Any]:
    return {name: np.empty(0, dtype=np.int64) for name in ("person", "lender", "at", "what")}


def test_the_bytes_of_a_row_are_the_record_that_is_hashed() -> None:
    rows, sent = a_night(random.Random(5), 20, STARTS[0])
    records = Night(run=7, setting=SETTING, start=STARTS[0]).settle(rows, sent)
    for record, ask, hashed in zip(records, as_asks(records), leaves(records), strict=True):
        assert ask.packed() == record.tobytes()
        assert night.unpacked(ask.packed()) == ask
        assert night.leaf(ask.packed()) == hashed


def test_every_fact_of_the_record_moves_the_hash() -> None:
    rows, sent = a_night(random.Random(6), 5, STARTS[0])
    ask = as_asks(Night(run=7, setting=SETTING, start=STARTS[0]).settle(rows, sent))[0]
    hashes = {night.leaf(ask.packed())}
    for each in fields(Ask):
        changed = replace(ask, **{each.name: getattr(ask, each.name) + 1})
        hashes.add(night.leaf(changed.packed()))
    assert len(hashes) == len(fields(Ask)) + 1


def test_one_reminder_a_day_for_one_lender_even_when_both_are_planned_tonight() -> None:
    start = STARTS[0]
    at = int((start + timedelta(hours=6)).timestamp())
    row = (1, 5, 0, 1, int(night.Kind.DUE_TODAY), 0, at, at + 7 * 86_400, GOOD, 0, 0, -1, -1, 0)
    rows = np.array([row, row], dtype=CANDIDATE)
    asks = as_asks(Night(run=1, setting=SETTING, start=start).settle(rows, Sent(**_nothing())))
    assert [ask.outcome for ask in asks] == [Answer.ALLOWED, Answer.DEFERRED, Answer.ALLOWED]
    assert asks[1].reasons == night.LENDER_FULL
    assert asks[2].at > at


def test_adding_a_protection_never_lets_more_out() -> None:
    chance = random.Random(11)
    rows, sent = a_night(chance, 120, STARTS[0])
    freely = Night(run=1, setting=SETTING, start=STARTS[0]).settle(rows, sent)
    for flag in (Flag.MORATORIUM, Flag.HELD, Flag.VULNERABLE, Flag.CEASE, Flag.PAYMENT_PENDING):
        guarded = rows.copy()
        guarded["flags"] |= int(flag)
        kept = Night(run=1, setting=SETTING, start=STARTS[0]).settle(guarded, sent)
        for person in np.unique(rows["person"]):
            count = [
                int(((each["person"] == person) & (each["outcome"] == Answer.ALLOWED)).sum())
                for each in (freely, kept)
            ]
            assert count[1] <= count[0]


def test_the_bits_of_the_reasons_do_not_overlap() -> None:
    assert len(gate.PROTECTIONS) <= 16
    bits = [night.NIGHT_HOURS, night.QUIET_HOURS, night.NO_LAWFUL_MOMENT, *(bit for bit, _ in night.CAPS)]
    bits += [night.INCONVENIENT, night.OFF_DAYS, night.TOO_SOON]
    assert sum(bits) == sum(set(bits))
    assert min(bits) >= 1 << 16


@pytest.mark.slow
def test_a_million_random_facts_get_the_same_answer_alone_and_in_arrays() -> None:
    chance = np.random.default_rng(7)
    size = 1_000_000
    counts = {"sent_by_lender", "sent_to_person", "contacts_by_lender"}
    facts = {
        each.name: chance.integers(0, 6 if each.name in counts else 2, size) for each in fields(gate.Asked)
    }
    limits = {each.name: chance.integers(1, 5, size) for each in fields(gate.Caps)}
    rules = [(1 << place, test) for place, (test, _, _) in enumerate(gate.PROTECTIONS)] + list(night.CAPS)
    asked, caps = SimpleNamespace(**facts), SimpleNamespace(**limits)
    in_arrays = sum(np.where(test(asked, caps), bit, 0) for bit, test in rules)
    rows = zip(*(column.tolist() for column in (*facts.values(), *limits.values())), strict=True)
    for row, bits in zip(rows, in_arrays.tolist(), strict=True):
        one, few = (
            SimpleNamespace(**dict(zip(facts, row, strict=False))),
            SimpleNamespace(**dict(zip(limits, row[len(facts) :], strict=True))),
        )
        assert sum(bit for bit, test in rules if test(one, few)) == bits
