"""What the long faults stand on: a provider, a Redis that comes back where it was, a PostgreSQL that keeps its word.

with gateway(folder) as provider, Redis() as redis, worker(broker=redis.url, **provider.environment): …
"""

import contextlib
import datetime as dt
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import dj_database_url
from django.db import connection
from django.db.models import F

from cases import clock
from cases.models import Event, User
from notices.models import Message
from portal.celery import app
from tests import builders, postgres
from tests.actions.reminding import a_message
from tests.faults.provider import SECRET
from tests.processes import ROOT, absent, answers, database_url, end, wait_until, worker

WAITING = ("queued", "claimed")


class Provider:
    """The provider's address, and what it wrote down."""

    def __init__(self, url: str, journal: Path) -> None:
        self.url, self.journal = url, journal
        self.environment = {
            "SMS_CHANNEL": "notices.channels.gateway.HttpSms",
            "PROVIDER_URL": url,
            "PROVIDER_SECRET": SECRET,
        }

    def seen(self) -> Counter[str]:
        """How often each message reached somebody. What a control adds to a key to escape it is cut off."""
        lines = self.journal.read_text().splitlines() if self.journal.exists() else []
        return Counter(json.loads(line)["key"].partition("#")[0] for line in lines)


@contextlib.contextmanager
def gateway(folder: Path) -> Iterator[Provider]:
    journal = folder / "journal"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.provider", str(journal)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Provider(process.stdout.readline().decode().strip(), journal)
    finally:
        end(process, by=signal.SIGKILL)
        process.stdin.close()
        process.stdout.close()


class Redis:
    """A Redis that keeps nothing when it is killed, and comes back at the same address."""

    def __init__(self) -> None:
        self.program = shutil.which("redis-server") or absent("a Redis server")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(self.program), "--bind", "127.0.0.1", "--port", str(self.port), "--save", ""]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        wait_until(lambda: answers(self.port), what="the start of Redis", seconds=10)

    def kill(self) -> None:
        if self.process is not None:
            end(self.process, by=signal.SIGKILL)
            self.process = None

    def flush(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
            line.sendall(b"FLUSHALL\r\n")
            assert line.recv(16).startswith(b"+OK")

    def __enter__(self) -> "Redis":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


class Supervisor:
    """A worker that is started again when it ends by itself, as the compose file's `restart: unless-stopped` does: a Celery
    worker that loses its broker at a bad moment may give up instead of waiting.
    """

    def __init__(self, **options: object) -> None:
        self.options, self.restarts = options, 0
        self._inside = contextlib.ExitStack()

    def _start(self) -> None:
        self._process = self._inside.enter_context(worker(ready=False, **self.options))

    def looks_after_it(self) -> bool:
        """Start it again where it is gone. Always true, for a condition to begin with."""
        if self._process.poll() is not None:
            self.restarts += 1
            self._start()
        return True

    def __enter__(self) -> "Supervisor":
        self._process = self._inside.enter_context(worker(**self.options))
        return self

    def __exit__(self, *reason: object) -> None:
        self._inside.close()


class Cluster:
    """A PostgreSQL of our own that writes to the disk before it says yes, with a copy of this test's empty database."""

    SETTINGS = postgres.SETTINGS | {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="steady-pg-", dir="/tmp"))
        self.log = self.folder / "log"
        self.url = f"postgresql://{postgres.USER}@{quote(str(self.folder), safe='')}/{postgres.DATABASE}"
        self.server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Cluster":
        programs = postgres.binaries() or absent("a PostgreSQL to restart")
        data = self.folder / "data"
        try:
            for launcher in postgres.launchers(self.folder):
                self.launcher, self.place = launcher, postgres._reachable(programs, self.folder, launcher)
                shutil.rmtree(data, ignore_errors=True)
                made = [self.place / "initdb", "-D", data, "-U", postgres.USER, "-A", "trust", "-E", "UTF8"]
                made += ["--no-locale", "--no-sync", "--no-instructions"]
                if launcher.start([str(word) for word in made], self.log).wait(timeout=60) == 0:
                    break
            self.start()
            self._run("createdb", "-h", self.folder, "-U", postgres.USER, postgres.DATABASE)
            with tempfile.NamedTemporaryFile() as copy:
                self._run("pg_dump", "-f", copy.name, "-d", database_url())
                self._run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", copy.name, "-d", self.url)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.server is not None:
            postgres._stop(self.server)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        options = [word for name, value in self.SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [str(self.place / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder)]
        self.server = self.launcher.start([*command, *options], self.log)
        asked = [self.place / "pg_isready", "-q", "-h", self.folder]
        wait_until(lambda: subprocess.run(asked, check=False).returncode == 0, what="the start of PostgreSQL")

    def crash(self) -> None:
        """What `pg_ctl -m immediate` does: no farewell, no checkpoint; the next start has to recover."""
        assert self.server is not None
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait(timeout=30)

    def _run(self, program: str, *words: object) -> None:
        subprocess.run([str(self.place / program), *map(str, words)], check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def pointed_at(url: str) -> Iterator[None]:
    """This process, its threads and the children it starts work on that database."""
    other = dj_database_url.parse(url)
    mine = {name: connection.settings_dict[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    connection.close()
    connection.settings_dict.update({name: other[name] for name in mine})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(mine)


# ── work ─────────────────────────────────────────────────────────────────────────────────────
def somebody_at_noon() -> User:
    """Somebody who lives where it is about noon, so that no hour of the real night changes what is tested."""
    east = (12 - clock.now().hour + 12) % 24 - 12
    return builders.a_borrower(timezone=f"Etc/GMT{-east:+d}")


def messages(*, reminders: int, confirmations: int, to=somebody_at_noon) -> None:
    """Each to somebody else, for a lender whom no pack but the house's own binds."""
    lender = builders.a_lender(kind="creditor")
    for _ in range(reminders):
        a_message(to(), lender)
    for _ in range(confirmations):
        a_message(to(), lender, **CONFIRMATION)


CONFIRMATION = {"purpose": "confirmation", "wording": "offer_answered", "values": {}}


def keys(**which: object) -> set[str]:
    return set(Message.objects.filter(**which).values_list("key", flat=True))


def nothing_waits() -> bool:
    return not Message.objects.filter(state__in=WAITING).exists()


def pass_time(step: dt.timedelta, **which: object) -> None:
    """The clock goes on by `step` while nobody works: which is to say that every waiting row is older."""
    Message.objects.filter(state__in=WAITING, **which).update(
        due_at=F("due_at") - step,
        not_after=F("not_after") - step,
        made_at=F("made_at") - step,
        lease_until=F("lease_until") - step,
    )


def ring(task: str, broker: str | None = None) -> None:
    with app.connection_for_write(broker) as line:
        app.send_task(f"notices.tasks.{task}", connection=line)


def seconds_until(truth, *, within: float, what: str) -> float:
    began = time.monotonic()
    wait_until(truth, seconds=within, what=what)
    return time.monotonic() - began


def account_for(seen: Counter[str], *, doubts: int) -> int:
    """Every message is where it must be; returns how many reminders are uncertain, at most `doubts`."""
    assert nothing_waits()
    confirmations, reminders = keys(purpose="confirmation"), keys(purpose="reminder")
    assert {key: seen[key] for key in confirmations if seen[key] != 1} == {}
    assert keys(purpose="confirmation", state__in=["sent", "delivered"]) == confirmations

    assert {key: seen[key] for key in reminders if seen[key] > 1} == {}
    sent = keys(purpose="reminder", state__in=["sent", "delivered"])
    uncertain = keys(purpose="reminder", state="uncertain")
    assert sent | uncertain == reminders
    assert [key for key in sent if seen[key] != 1] == []
    assert len(uncertain) <= doubts
    said = Event.objects.filter(kind="message_uncertain")
    assert {event.data["reason"] for event in said} <= {"lease_ran_out"}
    assert said.count() == len(uncertain)
    # Nothing left that we did not ask for.
    assert set(seen) <= confirmations | reminders
    return len(uncertain)
