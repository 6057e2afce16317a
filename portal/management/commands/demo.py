"""The whole story on this machine: database, seed, worker with beat, web server; Ctrl-C ends all of it."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection as database
from django.db.migrations.executor import MigrationExecutor

from cases.models import User

_HOST = "127.0.0.1"
_STOP_SECONDS = 8
_MOST_RESTARTS = 20
_WORKER = (
    *("celery", "--quiet", "-A", "portal", "worker", "-B", "-P", "solo"),
    *("--without-gossip", "--without-mingle", "--loglevel", "WARNING", "--pidfile", ""),
)
_WEB = ("gunicorn", "portal.wsgi", "--threads", "4", "--log-level", "warning", "--graceful-timeout", "3")


class Command(BaseCommand):
    help = "Starts the demo: migrates and seeds SQLite, then runs the worker and the web server until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="first port to try (default 8000)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is switched off in the environment, so there is no demo to start.")
        self._prepare()
        port = _free_port(options["port"])
        address = f"http://{_HOST}:{port}/demo/"
        children: dict[str, subprocess.Popen[bytes]] = {}
        signal.signal(signal.SIGTERM, _as_keyboard_interrupt)
        # A shell that starts us in the background tells us to ignore it; whoever sends it means it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            children["worker"] = _start(*_WORKER, "--schedule", str(settings.VAR_DIR / "beat-schedule"))
            children["web"] = _start(*_WEB, "--bind", f"{_HOST}:{port}")
            _wait_until_answering(port, children["web"])
            self.stdout.write(
                f"\n  Steady is open at  {address}\n"
                "  Six doors there: a borrower, three people of one lender, the regulator, a newcomer.\n"
                f"  To see that nothing is lost, stop the worker (kill {children['worker'].pid}): it is started again.\n"
                "  Ctrl-C stops everything. `make clean` forgets the demo's data.\n"
            )
            self.stdout.flush()
            self._watch(children)
        except KeyboardInterrupt:
            self.stdout.write("\n  Closing…")
        finally:
            # A second Ctrl-C while closing must not leave anybody behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            _stop(list(children.values()))

    def _watch(self, children: dict[str, subprocess.Popen[bytes]]) -> None:
        """Stay until Ctrl-C. A worker that stops is started again, as a server's supervisor would; a web server
        that stops ends the demo."""
        starts = 0
        while children["web"].poll() is None:
            if children["worker"].poll() is not None:
                starts += 1
                if starts > _MOST_RESTARTS:
                    raise CommandError("The worker stops again and again; its last words are above.")
                _end_group(children["worker"])
                children["worker"] = _start(*_WORKER, "--schedule", str(settings.VAR_DIR / "beat-schedule"))
                self.stdout.write(
                    f"  The worker was stopped and is started again ({children['worker'].pid})."
                )
                self.stdout.flush()
            time.sleep(0.5)
        raise CommandError("The web server stopped by itself; its last words are above.")

    def _prepare(self) -> None:
        executor = MigrationExecutor(database)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("  Building the database…")
            call_command("migrate", verbosity=0)
        if _static_is_stale():
            call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        if not User.objects.exists():
            self.stdout.write("  Writing the story: 6 lenders, 200 borrowers…")
            call_command("seed_demo", verbosity=0)
        # The children open connections of their own.
        database.close()


def _static_is_stale() -> bool:
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.exists():
        return True
    made = manifest.stat().st_mtime
    sources = [Path(folder) for folder in settings.STATICFILES_DIRS]
    return any(
        file.stat().st_mtime > made for folder in sources for file in folder.rglob("*") if file.is_file()
    )


def _free_port(first: int) -> int:
    for port in range(first, first + 20):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((_HOST, port))
                return port
    raise CommandError(
        f"Ports {first} to {first + 19} are all taken. Name another with: manage.py demo --port N"
    )


def _start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Each child leads its own group, so that stopping the group leaves no grandchild behind."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", module, *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DEMO": "1"},
        start_new_session=True,
    )


def _wait_until_answering(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise CommandError("The web server did not start; its last words are above.")
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(_HOST, port, timeout=10)
            connection.request("GET", "/demo/")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise CommandError("The web server did not answer within a minute.")


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    for child in children:
        _end_group(child)


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Whoever of the group outlived its leader."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _as_keyboard_interrupt(signum: int, frame: Any) -> None:
    raise KeyboardInterrupt
