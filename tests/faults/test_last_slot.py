"""Twenty workers try the last reminder that a day allows: one leaves. Without the lock on the person, many would."""

import threading

import pytest

from cases import clock as business
from cases.models import Contact
from notices.actions import dispatch
from notices.actions.asking import Question, Surroundings
from notices.domain import gate
from notices.models import Message, OutboxEntry
from tests import builders
from tests.actions.reminding import NINE_THIRTY, a_message
from tests.faults.test_double_accept import race

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WORKERS = 20
A_DAY = 3


@pytest.fixture(autouse=True)
def morning(clock):
    clock.set(NINE_THIRTY)


@pytest.fixture
def person():
    """Somebody who has had all of today's reminders but one, and to whom twenty lenders want to write."""
    person = builders.a_borrower()
    for _ in range(A_DAY - 1):
        Contact.objects.create(
            borrower=person,
            lender=builders.a_lender(),
            at=NINE_THIRTY,
            channel="sms",
            direction="outbound",
            outcome="delivered",
            recorded_at=NINE_THIRTY,
        )
    for _ in range(WORKERS):
        a_message(person)
    return person


def work(name):
    """One worker, until nothing is due for it."""
    for _ in range(WORKERS):
        if not dispatch.send_due(worker=name, most=1):
            return


def test_twenty_workers_send_one_last_reminder(person):
    moves = [lambda name=f"w{number}": work(name) for number in range(WORKERS)]
    assert race(moves) == {"done": WORKERS}
    # Whom the others only left alone takes its answer now.
    work("last")
    assert OutboxEntry.objects.count() == 1
    assert Contact.objects.filter(borrower=person).count() == A_DAY
    assert Message.objects.filter(state__in=["sent", "delivered"]).count() == 1
    rest = Message.objects.exclude(state__in=["sent", "delivered"])
    tomorrow = NINE_THIRTY.date().toordinal() + 1
    assert {message.due_at.date().toordinal() for message in rest.filter(state="queued")} <= {
        tomorrow - 1,
        tomorrow,
    }
    assert all(message.due_at > NINE_THIRTY for message in rest.filter(state="queued"))


def naive_send(message, *, seen_by_all):
    """What `dispatch.claim` would be without its lock: look at the day, then send."""
    question = Question(
        person=message.person,
        lender=message.lender,
        debt_id=None,
        purpose=message.purpose,
        channel=message.channel,
    )
    now = business.now()
    _, verdict = Surroundings([message.person_id], at=now, planned=False).ask(question, now)
    seen_by_all.wait(timeout=60)
    if verdict.outcome is gate.Outcome.ALLOWED:
        OutboxEntry.objects.create(key=message.key, channel="sms", address="", body="", at=now)


def test_control_without_the_lock_on_the_person_many_leave(person):
    seen_by_all = threading.Barrier(WORKERS)
    messages = list(Message.objects.select_related("person", "lender"))
    race([lambda m=message: naive_send(m, seen_by_all=seen_by_all) for message in messages])
    assert OutboxEntry.objects.count() > 1
