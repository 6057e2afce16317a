"""The very command lines of docker-compose.yml, run against real PostgreSQL and Redis."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests import postgres

ROOT = Path(__file__).resolve().parents[2]
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
REDIS = shutil.which("redis-server")
_PATIENCE = 40

pytestmark = pytest.mark.skipif(REDIS is None, reason="no redis-server on this machine")


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Machine:
    """What the compose file would start, as child processes of this test."""

    def __init__(self, folder: Path, database: str, redis_port: int) -> None:
        self.folder = folder
        self.port = a_free_port()
        self.children: list[subprocess.Popen[bytes]] = []
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "VAR_DIR": str(folder / "var"),
            "DATABASE_URL": database,
            "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
            "SECRET_KEY": "a-throw-away-key-of-more-than-fifty-characters-for-one-test-run",
            "FIELD_KEYS": os.environ["FIELD_KEYS"],
            "INDEX_KEY": "a-throw-away-index-key",
            "LEDGER_KEY": os.environ["LEDGER_KEY"],
            "ALLOWED_HOSTS": "steady.example",
            "SITE_ADDRESS": "https://steady.example",
            "EMAIL_HOST": "localhost",
            "DEFAULT_FROM_EMAIL": "steady@steady.example",
            "BEHIND_PROXY": "1",
            # The development file beside the code must not fill what the compose file forgot.
            "DEBUG": "0",
            "DEMO": "0",
        }

    def words(self, service: str) -> list[str]:
        """The service's command with this machine's programs, port and folder in place of the container's."""
        words = [str(word) for word in SERVICES[service]["command"]]
        program = {"python": [sys.executable], "gunicorn": [sys.executable, "-m", "gunicorn"]}.get(
            words[0], [sys.executable, "-m", words[0]]
        )
        rest = [
            word.replace("0.0.0.0:8000", f"127.0.0.1:{self.port}").replace(
                "/var/lib/steady", str(self.folder)
            )
            for word in words[1:]
        ]
        return [*program, *rest]

    def run(self, service: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.words(service), cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120
        )

    def start(self, service: str) -> Path:
        log = self.folder / f"{service}.log"
        with log.open("wb") as out:
            self.children.append(
                subprocess.Popen(
                    self.words(service),
                    cwd=ROOT,
                    env=self.environment,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                )
            )
        return log

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            headers = {"Host": "steady.example", "X-Forwarded-Proto": "https"}
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def stop(self) -> None:
        for child in self.children:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
        for child in self.children:
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def until(true: object, what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            if true():  # type: ignore[operator]
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"{what} did not happen within {_PATIENCE} seconds.")


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    folder = Path(tempfile.mkdtemp(prefix="steady-deployed-"))
    redis_port = a_free_port()
    assert REDIS is not None
    redis = subprocess.Popen(
        [
            REDIS,
            "--port",
            str(redis_port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(folder),
            "--appendonly",
            "yes",
        ],
        stdout=subprocess.DEVNULL,
    )
    (folder / "var/static").mkdir(parents=True)
    try:
        with postgres.throw_away() as url:
            deployed = Machine(folder, url, redis_port)
            try:
                yield deployed
            finally:
                deployed.stop()
    finally:
        redis.terminate()
        redis.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def test_the_stack_comes_up_in_the_order_of_the_compose_file(machine: Machine) -> None:
    built = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput"],
        cwd=ROOT,
        env=machine.environment,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    migrated = machine.run("migrate")
    assert migrated.returncode == 0, migrated.stderr
    machine.start("web")
    worker = machine.start("worker")
    machine.start("beat")
    until(lambda: machine.get("/healthz") == (200, "ok"), "the web server's answer")
    until(lambda: machine.get("/readyz")[0] == 200, "readiness")
    until(lambda: " ready" in worker.read_text(), "the worker's start")
    until(lambda: any(machine.folder.glob("beat-schedule*")), "beat's schedule")
    status, page = machine.get("/")
    assert status == 200
    assert "/static/css/" in page


def test_the_worker_answers_its_own_health_check(machine: Machine) -> None:
    words = SERVICES["worker"]["healthcheck"]["test"]
    assert words[:2] == ["CMD", "celery"]
    asked = subprocess.run(
        [sys.executable, "-m", "celery", *words[2:]],
        cwd=ROOT,
        env=machine.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert asked.returncode == 0, asked.stderr
    assert "pong" in asked.stdout


def test_the_webs_own_health_check_says_yes_and_then_no(machine: Machine) -> None:
    words = SERVICES["web"]["healthcheck"]["test"]
    assert words[:3] == ["CMD", "python", "-m"]

    def asked(port: int) -> int:
        address = words[4].replace(":8000", f":{port}")
        return subprocess.run(
            [sys.executable, "-m", words[3], address], cwd=ROOT, env=machine.environment
        ).returncode

    assert asked(machine.port) == 0
    assert asked(a_free_port()) == 1


def test_log_lines_in_production_are_json(machine: Machine) -> None:
    machine.get("/no-such-page")
    lines = (machine.folder / "web.log").read_text().splitlines()
    assert any(line.startswith("{") and '"logger": "django.request"' in line for line in lines)
