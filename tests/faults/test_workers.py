"""A worker is a real process on the test's own database, whichever broker rings the bell."""

import pytest

from portal.celery import app
from tests.processes import redis_server, wait_until, worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
# Celery's own housekeeping: every worker knows it, and it does nothing here.
TASK = "celery.backend_cleanup"


def ring(process, broker: str | None) -> None:
    with app.connection_for_write(broker) as connection:
        app.send_task(TASK, connection=connection)
    wait_until(lambda: b"succeeded in" in process.log.read_bytes(), what="the task")


def test_a_worker_hears_the_filesystem_broker() -> None:
    with worker() as process:
        ring(process, None)


def test_a_worker_hears_redis() -> None:
    with redis_server() as broker, worker(broker=broker) as process:
        ring(process, broker)


def test_no_worker_is_left_behind() -> None:
    with worker() as process:
        assert process.poll() is None
    assert process.poll() is not None
