"""The suite's own surroundings: no way out of the machine, history guarded after every clean-up."""

import os
import socket
import subprocess
import sys

import pytest
from django.db import DatabaseError, connection, transaction

from cases import append_only
from tests.guards.repository import ROOT


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org"])
def test_a_test_cannot_leave_this_machine(host: str) -> None:
    with pytest.raises(PermissionError, match="tests stay on this machine"):
        socket.create_connection((host, 443), timeout=1)


def test_a_test_can_reach_this_machine() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=1),
    ):
        pass


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["before a clean-up", "after a clean-up"])
def test_history_is_guarded_again_after_a_clean_up(turn: str) -> None:
    assert append_only.armed(connection)


@pytest.mark.django_db(transaction=True)
def test_the_guards_are_what_refuses() -> None:
    from cases.actions import events
    from cases.models import Event
    from tests.builders import a_borrower

    borrower = a_borrower()
    event = events.record("debt.added", by=borrower, about=borrower) or Event.objects.latest("id")
    for change in (
        lambda: Event.objects.filter(pk=event.pk).delete(),
        lambda: event.__class__.objects.update(kind="x"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    append_only.disarm(connection)
    assert not append_only.armed(connection)
    try:
        assert Event.objects.filter(pk=event.pk).delete()[0] == 1
    finally:
        append_only.arm(connection)
    assert append_only.armed(connection)


@pytest.mark.django_db
def test_no_row_of_history_is_written_over() -> None:
    """SQLite's REPLACE would take the old row away without firing its guard; PostgreSQL has no such verb."""
    from cases.actions import events
    from tests.builders import a_borrower

    person = a_borrower()
    kept = events.record("something.done", by=person, about=person)
    verb = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"
    columns = ", ".join(field.column for field in kept._meta.concrete_fields)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{verb} INTO cases_event ({columns}) SELECT {columns} FROM cases_event")


PRODUCTION = {
    "SECRET_KEY": "production-like-key-of-more-than-fifty-characters-Z9!x7#q2",
    "FIELD_KEYS": os.environ["FIELD_KEYS"],
    "INDEX_KEY": "production-like-index-key",
    "LEDGER_KEY": os.environ["LEDGER_KEY"],
    "SMS_CHANNEL": "example.sms.Provider",
    "ALLOWED_HOSTS": "steady.example",
    "DEBUG": "0",
    "DEMO": "0",
}


def deploy_check(**changes: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **PRODUCTION, **changes}
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_settings_pass_djangos_deployment_checks() -> None:
    result = deploy_check()
    assert result.returncode == 0, result.stderr


def test_the_demo_does_not_start_on_a_server() -> None:
    result = deploy_check(DEMO="1")
    assert result.returncode == 1
    assert "steady.E001" in result.stderr


def test_a_server_whose_sms_reach_nobody_is_warned() -> None:
    result = deploy_check(SMS_CHANNEL="")
    assert result.returncode == 1
    assert "steady.W001" in result.stderr
