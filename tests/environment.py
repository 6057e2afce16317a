"""The surroundings every test run has, set before Django reads its settings.

Loaded as a pytest plugin (`-p tests.environment` in pyproject.toml), because pytest-django reads
the settings before any conftest. The suite therefore never depends on a developer's `.env`, and
never writes into the demo's `var/`.
"""

import atexit
import ipaddress
import os
import shutil
import socket
import sys
import tempfile
from typing import Any

KEYS = {
    "SECRET_KEY": "a-throw-away-key-for-tests-only-with-more-than-fifty-characters",
    "FIELD_KEYS": "dGVzdC1rZXktZm9yLXRlc3RzLW9ubHktMzItYnl0ZXM=",
    "LEDGER_KEY": "dGVzdC1sZWRnZXIta2V5LWZvci10ZXN0cy0zMi1ieXQ=",
    "INDEX_KEY": "a-throw-away-index-key-for-tests-only",
}


def prepare() -> None:
    """Fill `os.environ`; DATABASE_URL and REDIS_URL stay as the caller set them."""
    if "VAR_DIR" not in os.environ or not os.environ.get("STEADY_TESTS"):
        folder = tempfile.mkdtemp(prefix="steady-tests-")
        owner = os.getpid()
        # A forked child of a test must not remove its parent's folder.
        atexit.register(lambda: os.getpid() == owner and shutil.rmtree(folder, ignore_errors=True))
        os.environ["VAR_DIR"] = folder
    os.environ["STEADY_TESTS"] = "1"
    os.environ.update(KEYS)
    os.environ["DEBUG"] = "1"
    # The demo's routes exist only with DEMO; tests/guards/test_routes.py asks for them in its own process.
    os.environ["DEMO"] = os.environ.get("STEADY_TESTS_DEMO", "0")
    os.environ["ALLOWED_HOSTS"] = "127.0.0.1,localhost,[::1],testserver"
    os.environ["LOG_LEVEL"] = "WARNING"
    # A developer's .env must not choose the database of the tests.
    os.environ.setdefault("DATABASE_URL", "")
    os.environ.setdefault("REDIS_URL", "")


def _is_here(host: str) -> bool:
    if host in {"", "localhost", socket.gethostname()}:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def refuse_the_outside(event: str, args: tuple[Any, ...]) -> None:
    """An audit hook: a test that leaves this machine is a broken test."""
    if event == "socket.connect":
        address = args[1]
        if isinstance(address, tuple) and not _is_here(str(address[0])):
            raise PermissionError(f"A test tried to reach {address[0]}: tests stay on this machine.")
    elif event == "socket.getaddrinfo":
        host = args[0].decode() if isinstance(args[0], bytes) else args[0]
        if host is not None and not _is_here(str(host)):
            raise PermissionError(f"A test asked for the address of {host}: tests stay on this machine.")


prepare()
sys.addaudithook(refuse_the_outside)
