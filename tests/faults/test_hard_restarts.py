"""PostgreSQL is stopped without a farewell while messages are written and sent: what it acknowledged it still has, and every
message is sent once. On a cluster of its own that writes to the disk before it says yes.

The control believes an answer that was not yet a commit, and loses it.
"""

import random
import threading
import time

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from notices.actions import dispatch
from notices.domain import delivery
from notices.models import Message
from tests import builders
from tests.actions.reminding import a_message
from tests.faults import rig
from tests.processes import wait_until, worker

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

RECONNECTED = 30


@pytest.fixture
def cluster():
    with rig.Cluster() as cluster, rig.pointed_at(cluster.url):
        yield cluster


class Writer:
    """Somebody who writes message after message, and notes what the database acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: list[str] = []
        self.broken: list[Exception] = []
        self._lender = builders.a_lender(kind="creditor")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        try:
            while not self._over.is_set():
                more = rig.CONFIRMATION if random.random() < 0.5 else {}
                try:
                    message = a_message(rig.somebody_at_noon(), self._lender, **more)
                except (DatabaseError, InterfaceError):
                    connection.close()
                    time.sleep(0.05)
                else:
                    self.acknowledged.append(message.key)
                    time.sleep(0.05)
        except Exception as problem:
            self.broken.append(problem)
        finally:
            connection.close()

    def __enter__(self) -> "Writer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def crashes(cluster, tmp_path, *, times: int) -> None:
    waits = []
    with rig.gateway(tmp_path) as provider, rig.Redis() as redis:
        both = {"broker": redis.url, "beat": True, "children": 2, **provider.environment}
        with worker(**both), Writer() as writer:
            for _ in range(times):
                # Under load: something is sent in this very life of the server.
                before = len(provider.seen())
                waits.append(
                    rig.seconds_until(
                        lambda seen=before: len(provider.seen()) > seen + 3,
                        within=RECONNECTED,
                        what="the sending after a restart",
                    )
                )
                time.sleep(random.uniform(0, 0.5))
                connection.close()
                cluster.crash()
                cluster.start()
        assert writer.broken == []
        connection.close()
        # Nobody is at work: the leases of whoever lost his connection run out.
        rig.pass_time(delivery.LEASE, state="claimed")
        with worker(**both):
            wait_until(rig.nothing_waits, seconds=60, what="the end of the work")
    acknowledged = set(writer.acknowledged)
    assert acknowledged - rig.keys() == set()
    # Two children, each with one message in hand at most when the server went.
    uncertain = rig.account_for(provider.seen(), doubts=2 * times)
    print(
        f"{times} hard stops, {len(acknowledged)} acknowledged writes, {uncertain} uncertain; "
        f"sending again after {max(waits):.1f} s at most"
    )


def test_a_hard_restart_loses_and_doubles_nothing(cluster, tmp_path):
    crashes(cluster, tmp_path, times=3)


@pytest.mark.long
def test_twenty_hard_restarts(cluster, tmp_path):
    crashes(cluster, tmp_path, times=20)


def test_control_a_yes_before_the_commit_is_lost(cluster):
    promised = []

    def promise():
        with transaction.atomic():
            promised.append(a_message().key)
            cluster.crash()

    with pytest.raises((DatabaseError, InterfaceError)):
        promise()
    cluster.start()
    connection.close()
    assert promised
    assert rig.keys() & set(promised) == set()


def test_a_connection_that_breaks_is_no_stumble_of_the_message():
    """Three stumbles give a message up; whoever waits for an answer must not lose it to a database that came back."""
    message = a_message(rig.somebody_at_noon(), builders.a_lender(kind="creditor"), **rig.CONFIRMATION)
    raised: list[Exception] = []

    def send() -> None:
        try:
            dispatch.send_due(worker="cut off")
        except Exception as problem:
            raised.append(problem)
        finally:
            connection.close()

    with transaction.atomic(), connection.cursor() as cursor:
        Message.objects.select_for_update().get(pk=message.pk)
        worker = threading.Thread(target=send)
        worker.start()
        waiting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        waiting += "AND datname = current_database()"

        def cut_off() -> int:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            return len(cursor.fetchall())

        wait_until(cut_off, what="the worker's waiting for the row")
    worker.join(timeout=30)
    assert [type(problem) for problem in raised] == [OperationalError]
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("queued", 0)
    assert dispatch.drain().sent == 1
