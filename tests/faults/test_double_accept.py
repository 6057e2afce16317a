"""Twenty people press "accept" at once, and there is one agreement.

Each race has its control: the same threads with the lock, the condition and the unique indexes taken away must
break the promise, or the race proves nothing.
"""

import contextlib
import dataclasses
import threading
from collections import Counter

import pytest
from django.db import connection, models

from cases import append_only, clock
from cases.domain.refusal import Refused
from cases.models import Event
from repayment.actions import offers
from repayment.domain.terms import Terms
from repayment.models import Acceptance, Instalment, Offer, Plan
from tests.actions.negotiating import a_file, sent

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 20
ROUNDS = 3


def race(moves):
    """Run every move in its own thread from one starting gun; what each one came to."""
    outcomes, gun = [None] * len(moves), threading.Barrier(len(moves))

    def run(place):
        try:
            gun.wait(timeout=30)
            moves[place]()
            outcomes[place] = "done"
        except Refused as refused:
            outcomes[place] = refused.code
        except Exception as broken:
            outcomes[place] = f"broken: {broken!r}"
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(moves))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return Counter(outcomes)


def an_offer():
    file = a_file(1)
    return file, sent(file)[0]


@contextlib.contextmanager
def two_open_offers_allowed():
    """Without this the database itself forbids the second offer, and the race could not be run."""
    one_open = constraint(Offer, "one_open_offer_per_debt")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Offer, one_open)
    try:
        yield
    finally:
        empty(Acceptance, Instalment, Plan, Offer)
        with connection.schema_editor() as editor:
            editor.add_constraint(Offer, one_open)


@contextlib.contextmanager
def no_walls_in_the_database():
    """For the controls: an offer may have many plans, and so may a debt."""
    one = Plan._meta.get_field("offer")
    many = models.ForeignKey(Offer, on_delete=models.PROTECT)
    many.set_attributes_from_name("offer")
    many.model = Plan
    walls = [
        (Plan, constraint(Plan, "one_plan_in_force_per_debt")),
        (Plan, constraint(Plan, "versions_of_an_agreement_are_numbered")),
        (Offer, constraint(Offer, "one_accepted_offer_per_debt")),
    ]
    with connection.schema_editor() as editor:
        editor.alter_field(Plan, one, many)
    for model, wall in walls:
        # Remaking a table builds what the model says: what has gone must not come back with the next one.
        model._meta.constraints = [each for each in model._meta.constraints if each is not wall]
        with connection.schema_editor() as editor:
            editor.remove_constraint(model, wall)
    try:
        yield
    finally:
        empty(Acceptance, Instalment, Plan, Offer)
        with connection.schema_editor() as editor:
            editor.alter_field(Plan, many, one)
        for model, wall in walls:
            model._meta.constraints = [*model._meta.constraints, wall]
            if wall.name not in names_in_database(model):  # remaking the table may have put it back already
                with connection.schema_editor() as editor:
                    editor.add_constraint(model, wall)


def names_in_database(model):
    with connection.cursor() as cursor:
        return connection.introspection.get_constraints(cursor, model._meta.db_table)


def constraint(model, name):
    return next(each for each in model._meta.constraints if each.name == name)


def empty(*tables):
    append_only.disarm(connection)
    for model in tables:
        if model is Offer:
            model.objects.update(previous=None)
        model.objects.all()._raw_delete(using="default")
    append_only.arm(connection)


def naive_accept(offer, *, seen_by_all):
    """What `offers.accept` would be without its lock and its condition: read, then write."""
    seen = Offer.objects.get(pk=offer.pk)
    taken = Plan.objects.filter(debt=seen.debt_id).exists()
    seen_by_all.wait(timeout=30)
    if seen.state != Offer.State.OPEN or taken:
        raise Refused("already_accepted")
    now = clock.now()
    Offer.objects.filter(pk=seen.pk).update(state=Offer.State.ACCEPTED, closed_at=now)
    nonce = threading.get_ident()
    Plan.objects.create(
        case_id=seen.case_id,
        debt_id=seen.debt_id,
        offer_id=seen.pk,
        terms=seen.terms,
        nonce=f"{nonce:032x}"[-32:],
        canonical="{}",
        terms_sha256=f"{nonce:064x}"[-64:],
        agreed_at=now,
    )


def a_second_offer(first):
    """Another open offer of the borrower on the same debt."""
    return Offer.objects.create(
        case=first.case,
        debt=first.debt,
        number=first.number + 1,
        made_by=first.made_by,
        author=first.author,
        terms=first.terms,
        terms_sha256=first.terms_sha256,
        made_at=first.made_at,
        expires_on=first.expires_on,
    )


def test_twenty_yeses_to_one_offer_make_one_agreement():
    for _round in range(ROUNDS):
        file, offer = an_offer()
        outcomes = race([lambda o=offer, f=file: offers.accept(by=f.officers[0], offer=o)] * THREADS)
        assert outcomes == {"done": 1, "already_accepted": THREADS - 1}
        plan = Plan.objects.get(debt=offer.debt)
        assert plan.instalments.count() == len({row.number for row in plan.instalments.all()})
        assert Acceptance.objects.filter(offer=offer).count() == 1
        assert Event.objects.filter(kind="offer.accepted", about_ref=plan.ref).count() == 1


def test_without_lock_and_condition_one_offer_is_accepted_many_times():
    with no_walls_in_the_database():
        _file, offer = an_offer()
        seen_by_all = threading.Barrier(THREADS)
        outcomes = race([lambda: naive_accept(offer, seen_by_all=seen_by_all)] * THREADS)
        assert outcomes["done"] > 1
        assert Plan.objects.filter(offer=offer).count() == outcomes["done"]


def test_yeses_to_two_offers_on_one_debt_make_one_agreement():
    for _round in range(ROUNDS):
        with two_open_offers_allowed():
            file, first = an_offer()
            second = a_second_offer(first)
            moves = [
                lambda o=offer, f=file: offers.accept(by=f.officers[0], offer=o) for offer in (first, second)
            ]
            outcomes = race(moves * (THREADS // 2))
            assert outcomes["done"] == 1
            assert outcomes["already_accepted"] + outcomes["offer_changed"] == THREADS - 1
            assert Plan.objects.filter(debt=first.debt, state="active").count() == 1
            assert sorted(Offer.objects.values_list("state", flat=True)) == ["accepted", "superseded"]


def test_without_lock_and_condition_two_offers_on_one_debt_are_both_accepted():
    with two_open_offers_allowed(), no_walls_in_the_database():
        _file, first = an_offer()
        second = a_second_offer(first)
        seen_by_all = threading.Barrier(THREADS)
        moves = [lambda o=offer: naive_accept(o, seen_by_all=seen_by_all) for offer in (first, second)]
        race(moves * (THREADS // 2))
        assert Plan.objects.filter(debt=first.debt).values("offer").distinct().count() == 2


def test_the_controls_put_every_wall_back():
    with two_open_offers_allowed(), no_walls_in_the_database():
        assert "one_plan_in_force_per_debt" not in names_in_database(Plan)
    assert {"one_plan_in_force_per_debt"} <= names_in_database(Plan).keys()
    assert {"one_open_offer_per_debt", "one_accepted_offer_per_debt"} <= names_in_database(Offer).keys()
    assert append_only.armed(connection)


def test_accept_counter_decline_and_withdraw_at_once_leave_one_history():
    for _round in range(ROUNDS):
        file, offer = an_offer()
        officer = file.officers[0]
        longer = dataclasses.replace(Terms.from_json(offer.terms), periods=60)
        moves = [
            lambda o=offer, by=officer: offers.accept(by=by, offer=o),
            lambda o=offer, by=officer, terms=longer: offers.counter(by=by, offer=o, terms=terms),
            lambda o=offer, by=officer: offers.decline(by=by, offer=o),
            lambda o=offer, by=file.borrower: offers.withdraw(by=by, offer=o),
        ]
        outcomes = race(moves * (THREADS // 4))
        assert outcomes["done"] == 1
        assert not [outcome for outcome in outcomes if outcome.startswith("broken")]
        offer.refresh_from_db()
        children = Offer.objects.filter(previous=offer).count()
        plans = Plan.objects.filter(offer=offer).count()
        assert (children, plans) == {"accepted": (0, 1), "countered": (1, 0)}.get(offer.state, (0, 0))
