"""Workers are killed at random moments, and afterwards every message is accounted for.

Reminders: none twice, and what may be lost says so. Confirmations: none missing, none twice. Each of the two usual
shortcuts is run the same way and must break the promise, or the killing proves nothing.
"""

import contextlib
import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from cases import clock as business
from cases.models import Contact, Event
from notices.models import Message, OutboxEntry
from portal.celery import app
from repayment.models import Plan
from tests import builders
from tests.actions.reminding import a_message, a_plan
from tests.faults import nursery
from tests.processes import ROOT, end, environment, redis_server, wait_until, worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WORKERS = 2


@pytest.fixture
def effects(tmp_path: Path) -> Path:
    """What really reached somebody, one key a line; outside the database on purpose."""
    return tmp_path / "effects"


class Nursery:
    """One nursery process and the pid of the worker it raises just now."""

    def __init__(self, how: str, effects: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery", how, str(effects)],
            cwd=ROOT,
            env=environment(LOG_LEVEL="CRITICAL"),
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self.pids: list[int] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.pids.append(int(line))

    @property
    def dead(self) -> bool:
        return self.process.poll() is not None

    def kill(self) -> bool:
        """Kill the newest worker, once each; the nursery raises the next."""
        if not self.pids:
            return False
        os.kill(self.pids.pop(), signal.SIGKILL)
        return True


@contextlib.contextmanager
def nurseries(how: str, effects: Path) -> Iterator[list[Nursery]]:
    raised = [Nursery(how, effects) for _ in range(WORKERS)]
    try:
        wait_until(lambda: all(each.pids or each.dead for each in raised), what="the start of the workers")
        assert not any(each.dead for each in raised), "a worker could not even start"
        yield raised
    finally:
        for each in raised:
            end(each.process, by=signal.SIGKILL)
            each.process.stdout.close()


def killed_at_random(how: str, effects: Path, *, kills: int, settled) -> int:
    """Kill workers while there is work, then let the survivors finish; how many were really killed."""
    done = 0
    with nurseries(how, effects) as raised:
        while done < kills and not settled():
            time.sleep(random.uniform(0.03, 0.2))
            done += random.choice(raised).kill()
        # A tenth of a second for each message is patience enough for a machine that does much else.
        patience = 60 + Message.objects.count() / 10
        wait_until(settled, seconds=patience, what="the settling of every message")
    return done


def nothing_waits() -> bool:
    return not Message.objects.filter(state__in=["queued", "claimed"]).exists()


def messages(reminders: int, confirmations: int) -> None:
    lender = builders.a_lender()
    with business.fixed(nursery.AT):
        for _ in range(reminders):
            a_message(of=lender)
        for _ in range(confirmations):
            person = builders.a_borrower()
            person.emailaddress_set.create(email=f"{person.ref}@example.test", verified=True, primary=True)
            a_message(
                person, lender, purpose="confirmation", channel="email", wording="offer_answered", values={}
            )


def keys(**which: str) -> set[str]:
    return set(Message.objects.filter(**which).values_list("key", flat=True))


def arrived(effects: Path) -> Counter[str]:
    return Counter(key.partition("#")[0] for key in nursery.known(effects))


def kill_and_count(effects: Path, *, per_class: int, kills: int) -> None:
    messages(per_class, per_class)
    killed = killed_at_random("house", effects, kills=kills, settled=nothing_waits)
    assert killed > kills // 2, "the work was over before the killing was"
    seen = arrived(effects)

    confirmations = keys(purpose="confirmation")
    assert {key: seen[key] for key in confirmations if seen[key] != 1} == {}
    assert keys(purpose="confirmation", state="sent") == confirmations

    reminders = keys(purpose="reminder")
    assert [key for key in reminders if seen[key] > 1] == []
    sent, uncertain = keys(purpose="reminder", state="sent"), keys(purpose="reminder", state="uncertain")
    assert sent | uncertain == reminders
    assert [key for key in sent if seen[key] != 1] == []
    # A kill interrupts one message at most, so each doubt is explained by one.
    assert len(uncertain) <= killed
    assert Event.objects.filter(kind="message_uncertain").count() == len(uncertain)
    # Whatever may have arrived counts against the caps; nothing else does.
    assert Contact.objects.count() == 2 * per_class
    print(f"{killed} kills, {len(uncertain)} uncertain of {per_class} reminders")


def test_a_killed_worker_neither_doubles_a_reminder_nor_loses_a_confirmation(effects):
    kill_and_count(effects, per_class=150, kills=30)


@pytest.mark.long
def test_three_hundred_kills(effects):
    kill_and_count(effects, per_class=2000, kills=300)


# Each kill misses the sore spot more often than not, so a control gets enough of them to be sure of one hit.
def test_control_sending_inside_the_claim_doubles_messages(effects):
    messages(reminders=400, confirmations=0)

    def doubled() -> bool:
        return max(arrived(effects).values(), default=0) > 1

    killed_at_random("send_inside", effects, kills=300, settled=lambda: doubled() or not keys(state="queued"))
    assert doubled(), "this shortcut should have doubled a message"


def test_control_claims_without_a_lease_lose_messages(effects):
    messages(reminders=0, confirmations=300)
    killed_at_random("claim_only", effects, kills=300, settled=lambda: not keys(state="queued"))
    assert keys() - set(arrived(effects)), "this shortcut should have lost a message"
    assert keys(state="claimed"), "this shortcut should have left messages between two states"


# ── the real bell ────────────────────────────────────────────────────────────────────────────
def ring(task: str, broker: str | None) -> None:
    with app.connection_for_write(broker) as connection_:
        app.send_task(task, connection=connection_)


def a_plan_for_any_hour() -> Plan:
    """A plan whose reminder is lawful right now, whatever the real time is: no pack but the house's own binds
    this lender, and its borrower lives where it is about noon.
    """
    hour = business.now().hour
    east = (12 - hour + 12) % 24 - 12
    return a_plan(
        business.today() + dt.timedelta(days=2),
        of=builders.a_borrower(timezone=f"Etc/GMT{-east:+d}"),
        owed_to=builders.a_lender(kind="creditor"),
    )


def settled_once(plan) -> bool:
    connection.close()
    return Message.objects.filter(plan=plan, state__in=["sent", "delivered"]).exists()


def drains_killed_and_started_again(broker: str) -> None:
    with worker(broker=broker, beat=True) as first:
        plan = a_plan_for_any_hour()
        ring("notices.tasks.plan_reminders", broker or None)
        # Beat's own ring, every five seconds, sends it.
        wait_until(lambda: settled_once(plan), seconds=30, what="the reminder")
        os.killpg(first.pid, signal.SIGKILL)
    orphan = a_plan_for_any_hour()
    ring("notices.tasks.plan_reminders", broker or None)
    assert not Message.objects.filter(plan=orphan).exists()
    with worker(broker=broker, beat=True):
        wait_until(lambda: settled_once(orphan), seconds=30, what="the reminder after the restart")
    for each in (plan, orphan):
        message = Message.objects.get(plan=each)
        assert OutboxEntry.objects.filter(key=message.key).count() == 1
        assert set(message.decisions.values_list("verdict", flat=True)) == {"allowed"}


def test_a_reminder_goes_all_the_way_on_the_filesystem_broker():
    drains_killed_and_started_again("")


def test_a_reminder_goes_all_the_way_on_redis():
    with redis_server() as broker:
        drains_killed_and_started_again(broker)
