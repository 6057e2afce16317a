"""The demo as a visitor starts it: a process of its own, in a folder of its own.

with running() as demo:
    demo.url                                  # http://127.0.0.1:PORT
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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.processes import ROOT, answers, end

OWN = {"DEMO": "1", "DEBUG": "1", "DATABASE_URL": "", "REDIS_URL": "", "ALLOWED_HOSTS": "127.0.0.1,localhost"}


class DidNotStart(Exception):
    """The demo ended or was silent; the message is what it printed."""


@dataclass(frozen=True)
class Demo:
    """A demo that answers."""

    url: str
    process: subprocess.Popen[bytes]
    folder: Path
    seconds_to_first_page: float

    @property
    def words(self) -> str:
        """The last of what it printed."""
        return (self.folder / "log").read_text(errors="replace")[-4000:]

    def interrupt(self) -> int:
        """Ctrl-C, as a terminal sends it; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextlib.contextmanager
def running(*, patience: float = 90) -> Iterator[Demo]:
    """Start the demo in an empty folder and wait for its first page; raises DidNotStart."""
    folder = Path(tempfile.mkdtemp(prefix="steady-demo-"))
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    log = folder / "log"
    start = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(port)],
            cwd=ROOT,
            env={**environment, **OWN, "VAR_DIR": str(folder / "var"), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while b"/demo/" not in log.read_bytes() or not answers(port):
            if process.poll() is not None or time.monotonic() - start > patience:
                raise DidNotStart(log.read_text(errors="replace")[-3000:])
            time.sleep(0.1)
        yield Demo(f"http://127.0.0.1:{port}", process, folder, time.monotonic() - start)
    finally:
        if process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.send_signal(signal.SIGINT)
                process.wait(timeout=20)
        end(process)
        shutil.rmtree(folder, ignore_errors=True)
