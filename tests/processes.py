"""Real processes for tests of faults: a Redis, and Celery workers on the test's own database.

    with redis_server() as url, worker(broker=url) as process: …
    with worker() as process: …                  # the filesystem broker
    os.kill(process.pid, signal.SIGKILL)         # what such tests are for

The database of the test must be real to other processes: mark it `django_db(transaction=True)`.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

ROOT = Path(__file__).resolve().parent.parent


def absent(what: str) -> None:
    """This machine lacks `what`: leave the test out, or fail where nothing may be missing."""
    reason = f"this machine lacks {what}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def database_url() -> str:
    """The address of the database the running test uses."""
    from django.db import connection

    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    user = quote(settings["USER"] or "", safe="")
    password = f":{quote(settings['PASSWORD'], safe='')}" if settings["PASSWORD"] else ""
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    return f"postgresql://{user}{password}@{quote(settings['HOST'], safe='')}{port}/{settings['NAME']}"


def environment(*, broker: str = "", folder: Path | None = None, **more: str) -> dict[str, str]:
    """The environment of a child process that shares this test's database."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": database_url(),
        "REDIS_URL": broker,
        "VAR_DIR": str(folder or os.environ["VAR_DIR"]),
        "PYTHONWARNINGS": "ignore",
        **more,
    }


def end(
    process: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM, patience: float = 15
) -> None:
    """Ask the process and its children to stop, and see to it that they do."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, by)
    try:
        process.wait(timeout=patience)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=patience)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def wait_until(truth: Callable[[], object], *, seconds: float = 30.0, what: str = "it") -> None:
    """Ask `truth()` every 50 ms; fails the test when it never becomes true."""
    limit = time.monotonic() + seconds
    while not truth():
        if time.monotonic() > limit:
            pytest.fail(f"{what} did not happen within {seconds:g} s")
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Whether anybody listens there, on this machine."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """A throw-away Redis on this machine only; leaves the test out when the machine has none."""
    program = shutil.which("redis-server")
    if program is None:
        absent("a Redis server")
    folder = Path(tempfile.mkdtemp(prefix="steady-redis-"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [str(program), "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: answers(port), what="the start of Redis", seconds=10)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        end(process)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def worker(
    *,
    broker: str = "",
    beat: bool = False,
    ready: bool = True,
    children: int = 0,
    app: str = "portal",
    **env: str,
) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker on the test's database; waits until it listens. Its log is `process.log`.

    Alone in its process, or a tree with so many `children`; the whole tree is the process group of its pid.
    """
    folder = Path(tempfile.mkdtemp(prefix="steady-worker-"))
    log = folder / "log"
    command = [sys.executable, "-m", "celery", "-A", app, "worker", "-l", "INFO"]
    command += ["-P", "prefork", "-c", str(children)] if children else ["-P", "solo"]
    command += ["--without-mingle", "--without-gossip", "-n", f"{folder.name}@here"]
    if beat:
        command += ["-B", "-s", str(folder / "beat")]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(broker=broker, **env),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process.log = log
    try:
        if ready:
            wait_until(
                lambda: b" ready." in log.read_bytes() or process.poll() is not None,
                what="the start of the worker",
            )
            assert process.poll() is None, f"the worker did not start:\n{log.read_text()[-3000:]}"
        yield process
    finally:
        # Killed: it has nothing left to finish, and a warm stop takes five seconds on the filesystem broker.
        end(process, by=signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
