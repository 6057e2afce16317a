"""A night's facts are the facts of the moment of sending; its records are sealed, replayed, and taken up whole."""

import datetime as dt
import functools
import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from allauth.account.models import EmailAddress
from django.db import connection, transaction

from cases import append_only
from cases.actions import ledger
from cases.domain import merkle, rulebook
from cases.models import (
    Consent,
    Contact,
    Designation,
    DesignationEnd,
    Hold,
    Lender,
    Mandate,
    Seal,
    SealedTree,
    User,
)
from cases.queries_ledger import verify
from notices import queries_night, queries_proof
from notices.actions import planning, preferences, recording, taking_up
from notices.actions.asking import Question, Surroundings
from notices.domain import bulk, gate, night
from notices.domain.night import Answer, Kind
from notices.models import Asked, Message, Night, OptOut, Preference, WechatLink
from repayment.models import Payment, PaymentState
from tests import builders
from tests.actions.reminding import NINE_THIRTY, a_message, a_plan

TODAY = dt.date(2027, 5, 12)
HOURS = dt.timedelta(hours=1)
ZONES = ("Asia/Shanghai", "Asia/Urumqi", "Europe/London", "America/New_York")


@pytest.fixture(autouse=True)
def morning(clock):
    clock.set(NINE_THIRTY - 5 * HOURS)
    return clock


def somebody(chance: random.Random, lenders):
    """A person in one of many situations, with a payment due today or soon."""
    person = builders.a_borrower()
    person.timezone = chance.choice(ZONES)
    person.phone_verified = chance.random() < 0.8
    person.save()
    lender = chance.choice(lenders)
    due = [TODAY + dt.timedelta(days=n) for n in chance.sample([-2, -1, 0, 0, 3, 3, 4, 30], 3)]
    plan = a_plan(*sorted(set(due)), of=person, owed_to=lender, consent=False)
    if chance.random() < 0.85:
        Consent.objects.create(
            borrower=person,
            lender=lender,
            purpose="remind",
            given_at=NINE_THIRTY - chance.choice([-1, 48]) * HOURS,
            expires_on=TODAY + dt.timedelta(days=chance.choice([-1, 0, 1, 200])),
        )
    if chance.random() < 0.4:
        EmailAddress.objects.create(
            user=person, email=f"p{person.pk}@example.test", verified=chance.random() < 0.8, primary=True
        )
    if chance.random() < 0.2:
        WechatLink.objects.create(
            person=person, openid=str(person.pk), openid_index=str(person.pk), since=NINE_THIRTY - 9 * HOURS
        )
    if chance.random() < 0.6:
        hours = chance.choice([(None, None), (dt.time(9), dt.time(20)), (dt.time(14), dt.time(18))])
        Preference.objects.create(
            person=person,
            sms=chance.random() < 0.7,
            email=chance.random() < 0.7,
            wechat=chance.random() < 0.7,
            hours_from=hours[0],
            hours_to=hours[1],
            paused_at=chance.choice([None, None, None, NINE_THIRTY]),
            discreet=chance.random() < 0.6,
            gentle=chance.random() < 0.4,
            days=chance.choice([[], ["mon", "thu"], ["wed", "sat", "sun"]]),
            pace=chance.choice([0, 0, 1, 3, 7]),
            changed_at=NINE_THIRTY,
        )
    if chance.random() < 0.3:
        OptOut.objects.create(
            person=person,
            lender=chance.choice([None, lender, chance.choice(lenders)]),
            channel=chance.choice(["sms", "email"]),
            since=NINE_THIRTY - chance.choice([-2, 9]) * HOURS,
            until=chance.choice([None, None, NINE_THIRTY - 7 * HOURS]),
        )
    if chance.random() < 0.3:
        since = NINE_THIRTY - chance.choice([-2, 40]) * HOURS
        Hold.objects.create(
            borrower=person,
            kind=chance.choice(["moratorium", "crisis", "dispute", "represented", "legal", "safe_contact"]),
            debt=chance.choice([None, plan.debt, builders.a_debt(person, lender)]),
            since=since,
            until=chance.choice([None, since + 3 * HOURS]),
        )
    for _ in range(chance.choice([0, 0, 1, 3, 6])):
        at = NINE_THIRTY - chance.choice([chance.randrange(0, 30), chance.randrange(0, 200)]) * HOURS
        Contact.objects.create(
            borrower=person,
            lender=chance.choice([lender, None, chance.choice(lenders)]),
            agency=chance.choice([None, *lenders]),
            at=at,
            channel=chance.choice(["sms", "email", "call", "visit"]),
            direction="outbound",
            party=chance.choice(["borrower", "borrower", "borrower", "employer"]),
            own=chance.random() < 0.6,
            purpose=chance.choice(["reminder", "reminder", "demand"]),
            recorded_at=at,
        )
    for _ in range(chance.choice([0, 0, 1, 2])):
        say_something(chance, person, lenders, plan)
    if chance.random() < 0.3:
        a_message(person, lender, due_at=NINE_THIRTY + chance.choice([-3, 2, 20]) * HOURS)
    if chance.random() < 0.3:
        payment = Payment.objects.create(
            plan=plan,
            amount=chance.choice([74_421, 10_000, 148_842]),
            on=TODAY,
            claimed_by="borrower",
            author=person,
            recorded_at=NINE_THIRTY,
        )
        for number, state in enumerate(
            chance.choice([["claimed"], ["claimed", "confirmed"], ["claimed", "not_received"]]), 1
        ):
            PaymentState.objects.create(
                payment=payment,
                number=number,
                state=state,
                reason="nothing_came" if state == "not_received" else "",
                by=person,
                at=NINE_THIRTY,
            )
    return plan


def say_something(chance: random.Random, person, lenders, plan) -> None:
    """One thing that a person told a lender, or all of them, about being contacted."""
    said = {
        "cease": {},
        "represented": {},
        "dispute": {"debt_ref": chance.choice(["", plan.debt.ref, builders.a_debt(person, lenders[0]).ref])},
        "opt_out": {
            "channel": chance.choice(["", "sms", "email", "wechat", "call"]),
            "number": chance.choice(["", "", person.phone, f"p{person.pk}@example.test"]),
        },
        "inconvenient": {
            "before": chance.choice(["", "11:00"]),
            "after": chance.choice(["", "17:30"]),
            "days": chance.choice([[], ["wed", "fri"]]),
        },
        "consent": {"scope": "night"},
    }
    kind = chance.choice(list(said))
    since = NINE_THIRTY - chance.choice([-2, 40, 40, 40]) * HOURS
    made = Designation.objects.create(
        borrower=person,
        lender=chance.choice([None, plan.case.lender, plan.case.lender, *lenders]),
        kind=kind,
        since=since,
        until=chance.choice([None, None, since + 34 * HOURS]),
        noted_at=NINE_THIRTY - 40 * HOURS,
        **said[kind],
    )
    if chance.random() < 0.2:
        DesignationEnd.objects.create(designation=made, at=NINE_THIRTY - chance.choice([-1, 9]) * HOURS)


COUNTED = ("sent_to_person_today", "sent_by_lender_today", "contacts_by_lender_today", "last_reminder")
# What at least one of these people must have, or the comparison says nothing.
FACTS = {
    *("holds", "opted_out", "paused", "quiet", "payment_pending", "payment_disputed", "vulnerable", "days"),
    *("inconvenient", "pace", "zones", "channel", "lender_type", "consented", *COUNTED),
}
PLAIN = gate.GateFacts(
    now=NINE_THIRTY,
    channel="sms",
    purpose="reminder",
    lender_type="bank",
    consented=True,
    address_known=True,
    zones=("Asia/Shanghai",),
)
LAWS = (
    ("CN", "bank"),
    ("CN", "debt_collector"),
    ("US", "bank"),
    ("US", "debt_collector"),
    ("UK", "bank"),
    ("UK", "debt_collector"),
)


def six_lenders():
    """A creditor and a collector under each law; each collector acts for a creditor, one of them no more since yesterday."""
    lenders = []
    for jurisdiction, kind in LAWS:
        lender = builders.a_lender(kind=kind)
        Lender.objects.filter(pk=lender.pk).update(jurisdiction=jurisdiction)
        lender.refresh_from_db()
        lenders.append(lender)
    for creditor, agency, until in (
        (0, 1, None),
        (2, 3, None),
        (4, 5, TODAY - dt.timedelta(days=1)),
        (2, 1, None),
    ):
        Mandate.objects.create(
            lender=lenders[creditor],
            agency=lenders[agency],
            since=TODAY - dt.timedelta(days=30),
            until=until,
            noted_at=NINE_THIRTY - 100 * HOURS,
        )
    # The same line published twice counts nothing twice.
    Mandate.objects.create(
        lender=lenders[0], agency=lenders[1], since=TODAY, noted_at=NINE_THIRTY - 100 * HOURS
    )
    return lenders


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_the_nights_facts_are_those_gathered_for_one_message(seed):
    chance = random.Random(seed)
    lenders = six_lenders()
    plans = {plan.pk: plan for plan in (somebody(chance, lenders) for _ in range(45))}
    at = NINE_THIRTY - 5 * HOURS
    held = planning.record(at)
    assert held is not None
    setting = taking_up.setting_of(held)
    first = list(Asked.objects.filter(ask=0).order_by("pk"))
    matters = taking_up._matters([[row] for row in first])
    assert len(first) > 45
    people = User.objects.in_bulk()
    around = Surroundings(people, at=at, planned=True)
    seen: set[str] = set()
    before = 0
    for row in first:
        plan = plans[matters[row.kind, row.about].plan.pk]
        person = people[row.person]
        question = Question(
            person=person,
            lender=plan.case.lender,
            debt_id=row.debt,
            purpose="reminder",
            channel=around.channel_for(person, plan.case.lender),
            reminds_of_plan=True,
        )
        facts = around.facts(question, dt.datetime.fromtimestamp(row.at, dt.UTC))
        told = night.facts_of(taking_up.ask_of(row), setting)
        # Earlier candidates of the night have their slots: what was counted is compared for everybody's first.
        counted = row.person != before
        before = row.person
        named = {kind if kind in gate.NAMED_HOLDS else "hold" for kind in facts.holds}
        last = facts.last_reminder and facts.last_reminder.replace(microsecond=0)
        expected = replace(facts, holds=tuple(sorted(named)), last_reminder=last)
        if not counted:
            expected = replace(expected, **{name: getattr(told, name) for name in COUNTED})
        assert told == expected
        seen |= {name for name in FACTS if getattr(told, name) != getattr(PLAIN, name)}
    assert seen == FACTS


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(2))
def test_asking_for_gentle_handling_never_brings_more(seed):
    chance = random.Random(100 + seed)
    lenders = six_lenders()
    people = [somebody(chance, lenders).case.borrower for _ in range(30)]
    for person in people:
        a_plan(TODAY, TODAY + dt.timedelta(days=1), of=person, owed_to=chance.choice(lenders))
    freely = brought(False, people)
    gently = brought(True, people)
    assert all(gently[person] <= count for person, count in freely.items())
    assert sum(gently.values()) < sum(freely.values())


def brought(gentle: bool, people) -> Counter[int]:
    """How many reminders tonight's planning would send to each, if all of them were so; nothing is kept."""
    inbox = night.CHANNELS.index("inbox")
    with transaction.atomic():
        for person in people:
            terms = preferences.terms_of(person)
            terms.gentle = gentle
            terms.save()
        planning.record(NINE_THIRTY - 5 * HOURS)
        asked = Asked.objects.filter(outcome=Answer.ALLOWED).exclude(channel=inbox)
        found = Counter(asked.values_list("person", flat=True))
        transaction.set_rollback(True)
    return Counter({person.pk: found[person.pk] for person in people})


@pytest.mark.django_db
def test_what_was_not_seen_is_asked_about_the_day_after_its_grace():
    a_plan(TODAY - dt.timedelta(days=queries_night.GRACE))
    plan = a_plan(TODAY - dt.timedelta(days=queries_night.GRACE + 1), TODAY, TODAY + dt.timedelta(days=3))
    planning.plan(NINE_THIRTY)
    assert {Kind.MISSED, Kind.DUE_TODAY, Kind.DUE_SOON} == set(Asked.objects.values_list("kind", flat=True))
    assert [message.plan for message in Message.objects.filter(wording="reminder_missed")] == [plan]


@pytest.mark.django_db
def test_a_night_is_one_sealed_batch_and_an_altered_record_is_named():
    a_plan(TODAY)
    a_plan(TODAY)
    planning.plan(NINE_THIRTY)
    assert verify(ledger.public_key()).sound
    with connection.cursor() as cursor:
        append_only.disarm(connection)
        cursor.execute(
            "UPDATE notices_asked SET sent_to_person = 9 WHERE id = (SELECT max(id) FROM notices_asked)"
        )
        append_only.arm(connection)
    faults = verify(ledger.public_key()).faults
    last = Asked.objects.latest("pk").pk
    assert ("record_altered", last) in {(fault.code, fault.event) for fault in faults}


@pytest.mark.django_db
def test_a_proof_reads_one_small_part_of_the_night(monkeypatch):
    monkeypatch.setattr(merkle, "subtree_roots", functools.partial(merkle.subtree_roots, size=4))
    monkeypatch.setattr(merkle, "path_by_subtrees", functools.partial(merkle.path_by_subtrees, size=4))
    monkeypatch.setattr(merkle, "SUBTREE", 4)
    for _ in range(30):
        a_plan(TODAY)
    planning.plan(NINE_THIRTY)
    held = Night.objects.get()
    leaves = list(queries_night.leaves_of(held))
    messages = list(Message.objects.order_by("record"))

    def paths():
        found = [queries_proof.proof_of(message, ledger.public_key()) for message in messages]
        return [(proof["position"], proof["path"], proof["heading_path"]) for proof in found]

    def whole(place):
        return [step.hex() for step in merkle.inclusion_path(leaves, place)]

    assert paths() == [(place, whole(place), whole(0)) for place in range(1, 31)]
    append_only.disarm(connection)
    # What lies elsewhere is not read: 0 to 3 are the heading's part, 12 to 15 that of the record at place 13.
    Asked.objects.filter(place__in=[5, 20, 29]).update(leaf=b"\0" * 32)
    assert paths()[12] == (13, whole(13), whole(0))
    # Inner nodes that lead elsewhere are not believed: everything is read, and the wrong leaves show.
    SealedTree.objects.update(roots=b"\0" * 32)
    assert paths()[12] != (13, whole(13), whole(0))
    append_only.arm(connection)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "states", "asked"),
    [
        (-1, ["claimed", "confirmed"], True),
        (-30, ["claimed", "confirmed"], False),
        (-1, ["claimed"], False),
        (-1, ["claimed", "confirmed", "reversed"], False),
    ],
    ids=["yesterday", "long ago", "only noted", "taken back"],
)
@pytest.mark.parametrize("noted_today", [False, True])
def test_half_of_a_plan_is_paid_when_the_lender_says_so(day, states, asked, noted_today):
    plan = a_plan(*(TODAY + dt.timedelta(days=40 + n) for n in range(4)))

    def pay(amount, on, states):
        payment = Payment.objects.create(
            plan=plan,
            amount=amount,
            on=on,
            claimed_by="borrower",
            author=plan.case.borrower,
            recorded_at=NINE_THIRTY,
        )
        for number, state in enumerate(states, 1):
            PaymentState.objects.create(
                payment=payment,
                number=number,
                state=state,
                reason="nothing_came" if state == "reversed" else "",
                by=plan.case.borrower,
                at=NINE_THIRTY,
            )

    pay(2 * 74_421, TODAY + dt.timedelta(days=day), states)
    if noted_today:
        pay(1_000, TODAY - dt.timedelta(days=1), ["claimed"])
    planning.record(NINE_THIRTY)
    assert Asked.objects.filter(kind=Kind.MILESTONE).exists() == asked


@pytest.mark.django_db
def test_two_nights_that_began_with_one_number_end_with_two():
    records = np.zeros(3, dtype=bulk.RECORD)
    records["run"], records["place"] = 1, range(3)
    heading = {"run": 1, "at": NINE_THIRTY, "zones": ["Asia/Shanghai"], "laws": [["CN", "bank"]], "books": {}}
    for _ in range(2):
        sink = recording.Here()
        sink.write(records.copy())
        planning.seal(sink.close(heading))
    assert list(Asked.objects.order_by("pk").values_list("run", flat=True)) == [1, 1, 1, 2, 2, 2]
    assert sorted(Night.objects.values_list("run", flat=True)) == [1, 2]
    for row in Asked.objects.all():
        assert bytes(row.leaf) == night.leaf(taking_up.ask_of(row).packed())


@pytest.mark.django_db
def test_a_killed_planner_is_taken_up_by_the_next():
    for _ in range(5):
        a_plan(TODAY)
    held = planning.record(NINE_THIRTY)
    assert Message.objects.count() == 0
    assert planning.plan(NINE_THIRTY).queued == 5
    assert Message.objects.count() == 5
    held.refresh_from_db()
    assert held.taken_up == held.last
    assert Night.objects.count() == 1
    # Its records are sealed like any other's.
    assert Seal.objects.get(of=planning.OF).block == held.pk


@pytest.mark.django_db
def test_one_record_that_cannot_be_read_keeps_nobody_waiting():
    for _ in range(5):
        a_plan(TODAY)
    held = planning.record(NINE_THIRTY)
    append_only.disarm(connection)
    victim = Asked.objects.order_by("pk").first()
    Asked.objects.filter(pk=victim.pk).update(law=99)
    assert planning.plan(NINE_THIRTY).queued == 5
    held.refresh_from_db()
    assert held.taken_up == held.last
    assert Message.objects.exclude(record__lte=held.last).get().person_id == victim.person


@pytest.mark.django_db
def test_a_night_that_cannot_be_read_keeps_the_next_one_waiting_for_nothing():
    a_plan(TODAY)
    planning.record(NINE_THIRTY)
    append_only.disarm(connection)
    Night.objects.update(laws=[1])
    assert planning.plan(NINE_THIRTY).queued == 1


@pytest.mark.django_db(transaction=True)
def test_a_night_of_many_blocks_is_written_beside_its_reading(monkeypatch):
    monkeypatch.setattr(planning, "BLOCK", 8)
    for _ in range(30):
        a_plan(TODAY)
    held = planning.record(NINE_THIRTY)
    rows = list(Asked.objects.order_by("pk"))
    assert (held.count, len(rows)) == (30, 30)
    assert [row.place for row in rows] == list(range(30))
    assert (held.first, held.last) == (rows[0].pk, rows[-1].pk)
    for _, record, leaf in queries_night.records_of(held):
        assert night.leaf(record) == leaf
    assert taking_up.take_up(held).queued == 30


@pytest.mark.django_db
def test_the_gate_of_today_gives_the_answers_of_the_night():
    chance = random.Random(3)
    lenders = six_lenders()
    for _ in range(40):
        somebody(chance, lenders)
    held = planning.record(NINE_THIRTY - 5 * HOURS)
    setting = taking_up.setting_of(held)
    assert held.books["CN"] == rulebook.load("CN").version_with_house
    for row in Asked.objects.all():
        ask = taking_up.ask_of(row)
        assert night.replay(ask, setting) == (ask.outcome, ask.not_before, ask.reasons)
