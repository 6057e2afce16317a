"""Somebody with the whole database edits, deletes, reorders, inserts, truncates and rolls back, at random places, in the record
of events and in the records of the nights: every time it is found, and the first row that does not fit is named.

The control verifies without a head that somebody else kept, and misses what was cut off or written anew.
"""

import datetime as dt
import random

import pytest
from django.db import connection, transaction
from django.db.models import F

from cases import append_only, clock, queries_ledger
from cases.actions import events, ledger
from cases.models import Event, Seal, SealedEvent, SealedTree
from notices import queries_night
from notices.actions import planning
from notices.domain.night import FIELDS, leaf
from notices.models import Asked, Decision, Message, Night
from tests.actions.reminding import NINE_THIRTY, a_plan
from tests.builders import a_borrower

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

HOURS, PER_HOUR, NIGHTS, PEOPLE = 4, 8, 3, 5
TIMES = [
    pytest.param(10, id="ten"),
    pytest.param(100, id="hundred", marks=[pytest.mark.long, pytest.mark.postgres]),
]


@pytest.fixture
def head() -> tuple[int, str]:
    """Four hours of events and three nights, all sealed, and the newest head as somebody else keeps it. No guards left."""
    person = a_borrower()
    plans = 0
    for hour in range(HOURS):
        with clock.fixed(NINE_THIRTY + dt.timedelta(hours=hour)):
            for number in range(PER_HOUR):
                events.record(f"test.{hour}.{number}", by=person, about=person, number=number)
            ledger.seal_all()
    for night in range(NIGHTS):
        at = NINE_THIRTY + dt.timedelta(days=1 + night)
        with clock.fixed(at):
            for _ in range(PEOPLE):
                a_plan(at.date(), at.date() + dt.timedelta(days=3))
                plans += 1
            planning.plan(at)
            ledger.seal_all()
    append_only.disarm(connection)
    assert verdict() == []
    assert (Night.objects.count(), Asked.objects.count() > 5 * NIGHTS) == (NIGHTS, True)
    last = Seal.objects.latest("number")
    return (last.number, last.head)


def verdict(outside: tuple[int, str] | None = None) -> list[queries_ledger.Fault]:
    return list(queries_ledger.verify(ledger.public_key(), outside).faults)


def somewhere(rows, count=1):
    """Random rows in their order, never the last one of a table."""
    numbers = list(rows.order_by("pk").values_list("pk", flat=True))[:-1]
    return rows.filter(pk__in=random.sample(numbers, count)).order_by("pk")


def placed(model, row, **changes):
    """The same row with some values changed, put in by hand as an intruder would."""
    values = {
        field.attname: getattr(row, field.attname)
        for field in model._meta.concrete_fields
        if not field.primary_key
    }
    return model.objects.bulk_create([model(**(values | changes))])[0]


# ── events: each attack answers with the row that must be named ──────────────────────────────
def sealed_events():
    return Event.objects.filter(kind__startswith="test.")


def edit_event():
    victim = somewhere(sealed_events()).get()
    change = random.choice(
        [
            {"kind": "test.nothing"},
            {"at": victim.at + dt.timedelta(microseconds=1)},
            {"actor_ref": "somebodyelse"},
            {"person_ref": "somebodyelse"},
            {"data": {"number": -1}},
        ]
    )
    Event.objects.filter(pk=victim.pk).update(**change)
    return victim.pk


def delete_event():
    victim = somewhere(sealed_events()).get()
    Event.objects.filter(pk=victim.pk)._raw_delete(using="default")
    return victim.pk


def reorder_events():
    first, second = somewhere(sealed_events(), 2)
    for row, other in ((first, second), (second, first)):
        Event.objects.filter(pk=row.pk).update(kind=other.kind, at=other.at, data=other.data)
    return first.pk


def insert_event():
    like = somewhere(sealed_events()).get()
    forged = placed(Event, like, kind="test.forged")
    if random.random() < 0.5:
        leaf = SealedEvent.objects.get(event_id=like.pk)
        where = SealedEvent.objects.filter(seal=leaf.seal)
        fresh = queries_ledger.merkle.leaf_hash(queries_ledger.record_of(forged)).hex()
        SealedEvent.objects.create(seal=leaf.seal, event_id=forged.pk, position=where.count(), leaf=fresh)
    return forged.pk


# ── records of nights ────────────────────────────────────────────────────────────────────────
def edit_record():
    victim = somewhere(Asked.objects.all()).get()
    name = random.choice([*(name for name, _ in FIELDS), "leaf"])
    change = {name: b"\0" * 32} if name == "leaf" else {name: F(name) + 1}
    Asked.objects.filter(pk=victim.pk).update(**change)
    return victim.pk


def delete_record():
    """What is missing has no row: the one behind it stands out of its place."""
    lasts = Night.objects.values_list("last", flat=True)
    victim = somewhere(Asked.objects.exclude(pk__in=lasts)).get()
    Asked.objects.filter(pk=victim.pk)._raw_delete(using="default")
    return Asked.objects.filter(pk__gt=victim.pk).order_by("pk").first().pk


def reorder_records():
    first, second = somewhere(Asked.objects.all(), 2)
    aside = -1
    for old, new in ((first.pk, aside), (second.pk, first.pk), (aside, second.pk)):
        Asked.objects.filter(pk=old).update(id=new)
    return first.pk


def insert_record():
    """At the end, before the beginning, or with its night stretched over it."""
    like = somewhere(Asked.objects.all()).get()
    way = random.choice(["behind", "before", "stretched"])
    number = 0 if way == "before" else Asked.objects.latest("pk").pk + random.randint(1, 9)
    placed(Asked, like, id=number)
    if way == "stretched":
        Night.objects.filter(pk=Night.objects.latest("pk").pk).update(last=number)
    return number


ATTACKS = [
    edit_event,
    delete_event,
    reorder_events,
    insert_event,
    edit_record,
    delete_record,
    reorder_records,
    insert_record,
]


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_every_touch_is_found_and_its_row_named(head, attack, times):
    for _ in range(times):
        with transaction.atomic():
            row = attack()
            faults = verdict()
            transaction.set_rollback(True)
        assert faults, "an attack went unnoticed"
        assert faults[0].event == row, str(faults[0])
    assert verdict() == []
    print(f"{attack.__name__}: {times} of {times} found, first bad row named")


# ── headings of nights ───────────────────────────────────────────────────────────────────────
def edit_heading(night):
    """What the numbers of a night point at, one part at a time."""
    change = random.choice(
        [
            {"zones": [*night.zones, "Europe/London"]},
            {"zones": ["America/New_York"] * len(night.zones)},
            {"laws": [[jurisdiction, "bank"] for jurisdiction, _ in night.laws] + [["UK", "bank"]]},
            {"books": night.books | {random.choice(sorted(night.books)): "0" * 64}},
            {"terms": [*night.terms, {"days": ["mon"], "pace": 1, "inconvenient": []}]},
            {"count": night.count + random.choice([-1, 1])},
            {"at": night.at + dt.timedelta(microseconds=1)},
            {"run": night.run + 100},
            {"leaf": b"\0" * 32},
        ]
    )
    Night.objects.filter(pk=night.pk).update(**change)


def exchange_headings(night):
    """Another night's heading, whole and with its own leaf but for the number that is there once."""
    other = random.choice(list(Night.objects.exclude(pk=night.pk)))
    names = ("at", "zones", "laws", "books", "terms", "count", "leaf")
    Night.objects.filter(pk=night.pk).update(**{name: getattr(other, name) for name in names})


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("attack", [edit_heading, exchange_headings], ids=lambda attack: attack.__name__)
def test_a_touched_heading_is_found_and_its_night_named(head, attack, times):
    for _ in range(times):
        night = random.choice(list(Night.objects.all()))
        with transaction.atomic():
            attack(night)
            faults = verdict()
            transaction.set_rollback(True)
        seal = Seal.objects.get(of=planning.OF, block=night.pk)
        assert (faults[0].code, faults[0].seal) == ("heading_altered", seal.number)
    assert verdict() == []
    print(f"{attack.__name__}: {times} of {times} found, the night named")


def test_a_heading_altered_together_with_its_leaf_no_longer_fits_the_root(head):
    night = random.choice(list(Night.objects.all()))
    night.zones = ["America/New_York"] * len(night.zones)
    night.leaf = leaf(queries_night.heading_of(night))
    night.save()
    seal = Seal.objects.get(of=planning.OF, block=night.pk)
    assert [(fault.code, fault.seal) for fault in verdict()] == [("root_differs", seal.number)]


def test_inner_nodes_that_no_longer_lead_to_the_root_are_named(head):
    seal = random.choice(list(Seal.objects.filter(of=planning.OF)))
    SealedTree.objects.filter(seal=seal).update(roots=b"\0" * 32)
    assert [(fault.code, fault.seal) for fault in verdict()] == [("tree_altered", seal.number)]


# ── the tail ─────────────────────────────────────────────────────────────────────────────────
def cut(since: int) -> None:
    """The batches from this number on had never been, nor had what they hold, nor what was not sealed yet."""
    gone = Seal.objects.filter(number__gte=since)
    nights = Night.objects.filter(pk__in=gone.filter(of=planning.OF).values("block"))
    for night in nights:
        messages = Message.objects.filter(record__gte=night.first, record__lte=night.last)
        Decision.objects.filter(message__in=messages)._raw_delete(using="default")
        messages._raw_delete(using="default")
        Asked.objects.filter(pk__gte=night.first, pk__lte=night.last)._raw_delete(using="default")
    nights._raw_delete(using="default")
    SealedTree.objects.filter(seal__number__gte=since)._raw_delete(using="default")
    theirs = SealedEvent.objects.filter(seal__number__gte=since)
    Event.objects.filter(pk__in=list(theirs.values_list("event_id", flat=True)))._raw_delete(using="default")
    theirs._raw_delete(using="default")
    gone._raw_delete(using="default")


def write_anew(until: int) -> None:
    """Another past in its place, sealed with our own key: nobody inside can tell the difference."""
    at = NINE_THIRTY + dt.timedelta(days=NIGHTS, hours=1)
    person = a_borrower()
    with clock.fixed(at):
        while not Seal.objects.filter(number=until).exists():
            events.record("test.another_past", by=person, about=person)
            if random.random() < 0.5:
                a_plan(at.date())
                planning.plan(at)
            ledger.seal_all()


def truncate(head):
    cut(random.randint(2, head[0]))


def roll_back(head):
    truncate(head)
    write_anew(head[0])


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize(
    ("attack", "found"),
    [(truncate, "tail_missing"), (roll_back, "head_differs")],
    ids=["truncate", "roll_back"],
)
def test_whoever_kept_the_head_notices_another_past(head, attack, found, times):
    unnoticed = 0
    for _ in range(times):
        with transaction.atomic():
            attack(head)
            unnoticed += not verdict()
            faults = verdict(head)
            transaction.set_rollback(True)
        assert [(fault.code, fault.seal) for fault in faults] == [(found, head[0])]
    # The control: the same record without the head that was given away.
    assert unnoticed == times, "without a kept head nobody can notice this"
    print(f"{found}: {times} of {times} found with the kept head, 0 of {times} without")
