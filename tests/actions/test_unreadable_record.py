"""Rows in which somebody wrote what we never would: verifying names them, replaying names them, a proof says that it cannot be."""

import datetime as dt

import pytest
from django.db import connection
from django.db.models import F

from cases import append_only, queries_ledger
from cases.actions import ledger
from cases.models import Seal, SealedEvent
from notices import queries_proof, queries_replay
from notices.actions import dispatch, planning
from notices.models import Asked, Decision, Message, Night
from tests.actions.reminding import NINE_THIRTY, a_plan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def night(clock):
    """One night and its messages, sealed; no guards left."""
    clock.set(NINE_THIRTY)
    for _ in range(3):
        a_plan(NINE_THIRTY.date(), NINE_THIRTY.date() + dt.timedelta(days=3))
    planning.plan(NINE_THIRTY)
    dispatch.drain()
    ledger.seal_all()
    append_only.disarm(connection)
    assert found() == ([], [])
    return Night.objects.get()


def found():
    faults = queries_ledger.verify(ledger.public_key()).faults
    return [fault.code for fault in faults], [each.field for each in queries_replay.replay().differences]


def first():
    return Asked.objects.order_by("pk").first()


@pytest.mark.parametrize("field", ["root", "previous", "head", "signature"])
def test_what_is_no_hash_is_named_like_a_wrong_one(field):
    Seal.objects.filter(of=planning.OF).update(**{field: "no hash"})
    faults = queries_ledger.verify(ledger.public_key()).faults
    assert faults[0].seal == Seal.objects.get(of=planning.OF).number


def test_a_leaf_that_is_no_hash_names_its_event():
    SealedEvent.objects.update(leaf="no hash")
    assert queries_ledger.verify(ledger.public_key()).faults[0].code == "event_altered"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zones", []),
        ("zones", ["Nowhere/None"]),
        ("laws", [["CN"]]),
        ("laws", [1]),
        ("books", "CN"),
        ("books", {}),
        ("terms", [1]),
        ("terms", {"a": 1}),
    ],
)
def test_a_heading_of_another_shape_is_named(field, value):
    Night.objects.update(**{field: value})
    faults, differences = found()
    assert faults[0] == "heading_altered"
    assert differences


@pytest.mark.parametrize("by", [{"first": -1}, {"first": 1}, {"last": 1}, {"last": -1}])
def test_a_night_stretched_over_numbers_without_records_is_found(by):
    Night.objects.update(**{name: F(name) + step for name, step in by.items()})
    assert found()[0]


@pytest.mark.parametrize("field", ["zone", "law", "channel", "terms", "quiet_from", "at", "last_reminder"])
def test_a_number_that_points_at_nothing_names_its_row(field):
    victim = first()
    Asked.objects.filter(pk=victim.pk).update(
        **{field: 2**62 if field in ("at", "last_reminder") else 30_000}
    )
    assert queries_ledger.verify(ledger.public_key()).faults[0].event == victim.pk
    assert victim.pk in {each.number for each in queries_replay.replay().differences}


@pytest.mark.parametrize(
    "change",
    [{"facts": {}}, {"facts": "x"}, {"findings": [1]}, {"findings": [{"rule": 1}, {"rule": "a"}]}],
    ids=str,
)
def test_a_decision_that_cannot_be_read_is_named(change):
    victim = Decision.objects.order_by("pk").first()
    Decision.objects.filter(pk=victim.pk).update(**change)
    (difference,) = queries_replay.replay().differences
    assert (difference.what, difference.number, difference.field) == ("decision", victim.pk, "facts")


@pytest.mark.parametrize(
    "deed",
    [
        lambda: Night.objects.update(first=F("first") - 50),
        lambda: Night.objects.update(terms={"a": 1}),
        lambda: Night.objects.update(laws=[1]),
        lambda: Seal.objects.filter(of=planning.OF).update(count=0),
        lambda: Asked.objects.update(terms=30_000),
        lambda: Asked.objects.all()._raw_delete(using="default"),
    ],
    ids=["first", "terms", "laws", "count", "place of terms", "gone"],
)
def test_a_proof_that_cannot_be_made_says_so(deed, client):
    message = Message.objects.exclude(record=None).filter(state="delivered").first()
    client.force_login(message.person)
    address = f"/messages/{message.ref}/proof.json"
    assert client.get(address).status_code == 200
    deed()
    with pytest.raises(queries_ledger.Altered):
        queries_proof.proof_of(message, ledger.public_key())
    answer = client.get(address)
    assert (answer.status_code, list(answer.json())) == (409, ["error"])
