"""One request in ten threads is one payment; events that commit late are pulled all the same."""

import threading

import pytest
from django.db import connection, transaction

from cases import clock, queries_lender_api
from cases.actions import events, ledger
from cases.models import Event, KeyedRequest
from repayment import queries_payments
from repayment.actions import offers
from repayment.models import Payment
from tests import builders
from tests.actions.negotiating import a_file, sent
from tests.faults.test_double_accept import race
from tests.lending import PAYMENTS, a_key, ask_as

pytestmark = pytest.mark.django_db(transaction=True)
PRESSES = 10


@pytest.fixture
def file():
    return a_file(1)


@pytest.fixture
def body(file):
    plan = offers.accept(by=file.officers[0], offer=sent(file)[0])
    line = {
        "plan": plan.ref,
        "currency": "CNY",
        "amount": "100.00",
        "on": f"{clock.today()}",
        "reference": "T1",
    }
    return {"payments": [line]}


def pressed(secret, body, keys):
    answers = []
    outcomes = race([lambda key=key: answers.append(ask_as(secret, PAYMENTS, body, key=key)) for key in keys])
    assert outcomes == {"done": len(keys)}
    return answers


def test_one_request_ten_times_at_once_is_one_payment(file, body):
    answers = pressed(a_key(file.lenders[0]), body, ["same"] * PRESSES)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert 201 in {answer.status_code for answer in answers}
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "still_running"
            assert int(answer.headers["Retry-After"]) > 0
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert Payment.objects.count() == KeyedRequest.objects.count() == 1


def test_ten_callers_with_keys_of_their_own_still_make_one_payment(file, body):
    answers = pressed(a_key(file.lenders[0]), body, [f"key-{number}" for number in range(PRESSES)])
    assert {answer.status_code for answer in answers} == {201}
    outcomes = sorted(answer.json()["payments"][0]["outcome"] for answer in answers)
    assert outcomes == ["known"] * (PRESSES - 1) + ["recorded"]
    assert queries_payments.account_of(Payment.objects.get().plan).ledger.paid == 100_00


def said(lender, number):
    return events.record("offer.made", by=None, about=lender, lender=lender, number=number)


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite has one writer, so nothing commits out of order."
)
def test_an_event_with_a_lower_number_that_commits_later_is_not_missed():
    lender = builders.a_lender()
    written, go_on = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                said(lender, 1)
                written.set()
                go_on.wait(timeout=30)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(timeout=30)
    said(lender, 2)
    ledger.seal_all()
    first = queries_lender_api.events_after(lender, (0, -1), 10)
    go_on.set()
    thread.join(timeout=30)
    ledger.seal_all()
    seal, place = map(int, first[-1].cursor.split("."))
    then = queries_lender_api.events_after(lender, (seal, place), 10)
    numbers = dict(Event.objects.filter(kind="offer.made").values_list("pk", "data"))
    assert [numbers[pk]["number"] for pk in sorted(numbers)] == [1, 2]
    # The control: whoever reads on from the highest number seen would never see the late one.
    assert not Event.objects.filter(kind="offer.made", pk__gt=max(numbers)).exists()
    assert first[-1].data == then[-1].data == {}
    assert (len(first), len(then)) == (1, 1)


def test_many_writers_and_a_reader_that_pulls_all_the_while_lose_nothing():
    lender = builders.a_lender()
    found, done = [], threading.Event()

    def pull():
        after = (0, -1)
        while True:
            last = done.is_set()
            ledger.seal()
            for one in queries_lender_api.events_after(lender, after, 7):
                found.append(one.cursor)
                after = tuple(map(int, one.cursor.split(".")))
            if last and Event.objects.filter(kind="offer.made").count() == len(found):
                return

    def write(start):
        for number in range(5):
            said(lender, start + number)

    def run(deed, *args):
        try:
            deed(*args)
        finally:
            connection.close()

    reader = threading.Thread(target=run, args=(pull,))
    writers = [threading.Thread(target=run, args=(write, 100 * place)) for place in range(6)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join(timeout=60)
    done.set()
    reader.join(timeout=60)
    assert not reader.is_alive()
    assert len(found) == len(set(found)) == Event.objects.filter(kind="offer.made").count() == 30
