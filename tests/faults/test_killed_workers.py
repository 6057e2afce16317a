"""Workers are killed at random moments, and afterwards every message is accounted for.

Reminders: none twice, and what may be lost says so. Confirmations: none missing, none twice. What reached somebody is what
the provider wrote down, a process that nobody kills. Each of the two usual shortcuts is run the same way and must break the
promise, or the killing proves nothing.
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
from collections.abc import Iterator

import pytest
from django.db import connection

from cases import clock as business
from cases.models import Contact
from notices.domain import delivery
from notices.models import Message, OutboxEntry
from repayment.models import Plan
from tests import builders
from tests.actions.reminding import a_plan
from tests.faults import nursery, rig
from tests.processes import ROOT, end, environment, redis_server, wait_until, worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WORKERS = 2


@pytest.fixture
def provider(tmp_path) -> Iterator[rig.Provider]:
    with rig.gateway(tmp_path) as provider:
        yield provider


# ── dispatchers, forked from a warm parent ───────────────────────────────────────────────────
class Nursery:
    """One nursery process and the pid of the worker it raises just now."""

    def __init__(self, how: str, provider: rig.Provider) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery", how],
            cwd=ROOT,
            env=environment(LOG_LEVEL="CRITICAL", **provider.environment),
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
def nurseries(how: str, provider: rig.Provider) -> Iterator[list[Nursery]]:
    raised = [Nursery(how, provider) for _ in range(WORKERS)]
    try:
        wait_until(lambda: all(each.pids or each.dead for each in raised), what="the start of the workers")
        yield raised
        assert not any(each.dead for each in raised), "a worker broke down by itself"
    finally:
        for each in raised:
            end(each.process, by=signal.SIGKILL)
            each.process.stdout.close()


def killed_at_random(how: str, provider: rig.Provider, *, kills: int, settled) -> int:
    """Kill workers while there is work, then let the survivors finish; how many were really killed."""
    done = 0
    with nurseries(how, provider) as raised:
        while done < kills and not settled():
            time.sleep(random.uniform(0.03, 0.2))
            done += random.choice(raised).kill()
        # A tenth of a second for each message is patience enough for a machine that does much else.
        patience = 60 + Message.objects.count() / 10
        wait_until(
            lambda: settled() or any(each.dead for each in raised), seconds=patience, what="the settling"
        )
    return done


def this_morning(*, reminders: int, confirmations: int) -> None:
    with business.fixed(nursery.AT):
        rig.messages(reminders=reminders, confirmations=confirmations, to=builders.a_borrower)


def kill_and_count(provider: rig.Provider, *, per_class: int, kills: int) -> None:
    this_morning(reminders=per_class, confirmations=per_class)
    killed = killed_at_random("house", provider, kills=kills, settled=rig.nothing_waits)
    assert killed > kills // 2, "the work was over before the killing was"
    # A kill interrupts one handful at most, so each doubt is explained by one.
    uncertain = rig.account_for(provider.seen(), doubts=delivery.BEGUN * killed)
    # Whatever may have arrived counts against the caps; nothing else does.
    assert Contact.objects.count() == 2 * per_class
    print(f"{killed} kills of dispatchers, {uncertain} uncertain of {per_class} reminders")


def test_a_killed_worker_neither_doubles_a_reminder_nor_loses_a_confirmation(provider):
    kill_and_count(provider, per_class=100, kills=25)


@pytest.mark.long
@pytest.mark.postgres
def test_three_hundred_kills(provider):
    kill_and_count(provider, per_class=2000, kills=300)


# Each kill misses the sore spot more often than not, so a control gets enough of them to be sure of one hit.
@pytest.mark.postgres
def test_control_sending_inside_the_claim_doubles_messages(provider):
    this_morning(reminders=300, confirmations=0)

    def doubled() -> bool:
        return max(provider.seen().values(), default=0) > 1

    def over() -> bool:
        return doubled() or not rig.keys(state="queued")

    killed_at_random("send_inside", provider, kills=300, settled=over)
    assert doubled(), "this shortcut should have doubled a message"


@pytest.mark.postgres
def test_control_claims_without_a_lease_lose_messages(provider):
    for _ in range(3):  # a kill must fall into a few milliseconds; by chance none may
        this_morning(reminders=0, confirmations=150)
        killed_at_random("claim_only", provider, kills=300, settled=lambda: not rig.keys(state="queued"))
        if rig.keys() - set(provider.seen()):
            break
    assert rig.keys() - set(provider.seen()), "this shortcut should have lost a message"
    assert rig.keys(state="sent"), "this shortcut should have sent most of them"


# ── whole Celery workers: parent, children and beat ──────────────────────────────────────────
def kill_whole_workers(provider: rig.Provider, *, per_class: int, kills: int) -> None:
    rig.messages(reminders=per_class, confirmations=per_class)
    killed = 0
    with rig.Redis() as redis:
        while killed < kills and not rig.nothing_waits():
            before = provider.seen().total()
            with a_tree(redis, provider) as tree:
                wait_until(
                    lambda before=before: provider.seen().total() > before or rig.nothing_waits(),
                    what="the first message of these workers",
                )
                time.sleep(random.uniform(0.0, 0.3))
                os.killpg(tree.pid, signal.SIGKILL)
                killed += 1
        assert killed == kills, "the work was over before the killing was"
        # Nobody is at work: the leases of the dead run out.
        rig.pass_time(delivery.LEASE, state="claimed")
        with a_tree(redis, provider):
            wait_until(rig.nothing_waits, seconds=60 + per_class / 4, what="the end of the work")
    # Two children each, with one handful at most.
    uncertain = rig.account_for(provider.seen(), doubts=2 * delivery.BEGUN * killed)
    print(f"{killed} kills of whole workers, {uncertain} uncertain of {per_class} reminders")


@contextlib.contextmanager
def a_tree(redis: rig.Redis, provider: rig.Provider) -> Iterator[subprocess.Popen[bytes]]:
    with worker(broker=redis.url, beat=True, children=2, **provider.environment) as tree:
        for task in ("dispatch_answers", "dispatch_reminders"):
            rig.ring(task, redis.url)
        yield tree


@pytest.mark.postgres
def test_a_killed_tree_of_workers_neither_doubles_a_reminder_nor_loses_a_confirmation(provider):
    kill_whole_workers(provider, per_class=200, kills=2)


@pytest.mark.long
@pytest.mark.postgres
def test_twenty_kills_of_whole_workers(provider):
    kill_whole_workers(provider, per_class=2000, kills=20)


# ── the real bell ────────────────────────────────────────────────────────────────────────────
def a_plan_for_any_hour() -> Plan:
    """A plan whose reminder is lawful right now, whatever the real time is."""
    return a_plan(
        business.today() + dt.timedelta(days=2),
        of=rig.somebody_at_noon(),
        owed_to=builders.a_lender(kind="creditor"),
    )


def settled_once(plan) -> bool:
    connection.close()
    return Message.objects.filter(plan=plan, state__in=["sent", "delivered"]).exists()


def drains_killed_and_started_again(broker: str) -> None:
    with worker(broker=broker, beat=True) as first:
        plan = a_plan_for_any_hour()
        rig.ring("plan_reminders", broker or None)
        # Beat's own ring, every five seconds, sends it.
        wait_until(lambda: settled_once(plan), seconds=30, what="the reminder")
        os.killpg(first.pid, signal.SIGKILL)
    orphan = a_plan_for_any_hour()
    rig.ring("plan_reminders", broker or None)
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
