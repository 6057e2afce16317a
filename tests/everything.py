"""Everything continuous integration runs, in order, from one command: `make test`.

Every stage runs, whatever an earlier one said, so that one run names all faults. What this machine
lacks is named in one closing block; with CI=true it is a failure. The last line counts tests.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests import browser, postgres

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
MANAGE = [PYTHON, "manage.py"]
PYTEST = [PYTHON, "-m", "pytest", "-q", "--durations=5", "--durations-min=2"]
# What may behave differently on another database; journeys and the other guards do not.
TWICE = ["tests/actions", "tests/faces", "tests/faults", "tests/guards/test_surroundings.py"]
# The demo keeps to SQLite by its own rule, so once is enough.
ONCE = ["--ignore=tests/faults/test_demo.py"]
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|deselected)")

CHECKS: list[tuple[str, list[str]]] = [
    ("Lint", [PYTHON, "-m", "ruff", "check", "."]),
    ("Format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
    ("Import walls", [str(Path(PYTHON).with_name("lint-imports"))]),
    ("Types", [PYTHON, "-m", "mypy"]),
    ("Django's own checks", [*MANAGE, "check", "--fail-level", "WARNING"]),
    ("Migrations match models", [*MANAGE, "makemigrations", "--check", "--dry-run"]),
    ("Every sentence in three languages", [*MANAGE, "messages", "--check"]),
]


@dataclass
class Run:
    """What happened so far."""

    environment: dict[str, str]
    failed: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: list[tuple[str, float, bool]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def stage(self, title: str, command: list[str], *, aside: bool = False, **environment: str) -> None:
        """Run one command under a heading, showing its output as it comes; `aside`: all of it at the end."""
        said: list[str] = []
        show = said.append if aside else _show
        show(f"\n━━ {title} ━━\n")
        start = time.monotonic()
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            last = ""
            for line in process.stdout:
                show(line)
                last = line if COUNT.search(line) else last
        took = time.monotonic() - start
        good = process.returncode == 0
        # A check that is no pytest run counts as one test; so does a pytest run that died.
        found = COUNT.findall(last) if "pytest" in command else []
        for number, word in found or [("1", "passed" if good else "failed")]:
            word = "failed" if word.startswith("error") else word
            self.counts[word] = self.counts.get(word, 0) + int(number)
        self.seconds.append((title, took, good))
        if not good:
            self.failed.append(title)
        show(f"   {'done' if good else 'FAILED'} in {took:.1f} s\n")
        if aside:
            _show("".join(said))


def _show(text: str) -> None:
    print(text, end="", flush=True)


def lacking() -> Iterator[str]:
    """What this machine has not got, and what therefore was not run."""
    if browser.executable() is None:
        yield "a Chromium browser: no journey was made"
    if shutil.which("redis-server") is None:
        yield "a Redis server: workers were tried on the filesystem broker only"
    fonts = (
        shutil.which("fc-list")
        and subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=False).stdout
    )
    if not fonts:
        yield "a font with Chinese characters: the journeys measured boxes instead of letters"


def on_postgres(run: Run, folder: Path) -> None:
    """The part of the suite whose answers may depend on the database, on a real PostgreSQL. It runs beside the rest, in a
    folder of its own, and says what it found when it is done.
    """
    folders = [name for name in TWICE if (ROOT / name).is_file() or any((ROOT / name).rglob("test_*.py"))]
    if not folders:
        return
    try:
        with postgres.throw_away() as url:
            folder.mkdir()
            run.stage(
                "Again on PostgreSQL",
                [*PYTEST, *ONCE, *folders],
                aside=True,
                DATABASE_URL=url,
                VAR_DIR=str(folder),
            )
    except postgres.Unavailable as reason:
        run.lacking.append(f"a PostgreSQL that starts: nothing ran on it ({reason})")


def close(run: Run, *, strict: bool) -> int:
    """Print the closing block; the exit code."""
    print("\n━━ Summary ━━")
    for title, took, good in run.seconds:
        print(f"  {'ok    ' if good else 'FAILED'} {took:7.1f} s  {title}")
    print(f"         {time.monotonic() - run.began:7.1f} s  in all, the two databases beside each other")
    if run.lacking:
        print("\nThis machine lacks, and so was not tried:")
        for entry in run.lacking:
            print(f"  - {entry}")
        if strict:
            print("With CI=true nothing may be missing: .ci/run installs it.")
    bad = bool(run.failed) or (strict and bool(run.lacking)) or not run.counts.get("passed")
    failed = run.counts.get("failed", 0)
    if run.failed:
        print(f"\nFailed: {', '.join(run.failed)}")
    skipped = f", {run.counts['skipped']} skipped" if run.counts.get("skipped") else ""
    print(f"\n{run.counts.get('passed', 0)} passed, {failed} failed{skipped}", flush=True)
    return 1 if bad else 0


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    strict = os.environ.get("CI") == "true"
    with tempfile.TemporaryDirectory(prefix="steady-all-") as folder:
        # Checks read a development .env; tests bring their own surroundings (tests/environment.py).
        run = Run(environment={**os.environ, "PYTHONUNBUFFERED": "1", "VAR_DIR": folder})
        run.lacking += lacking()
        for title, command in CHECKS:
            run.stage(title, command, DATABASE_URL="", REDIS_URL="")
        beside = threading.Thread(target=on_postgres, args=(run, Path(folder) / "postgres"))
        beside.start()
        run.stage("Everything on SQLite", PYTEST, DATABASE_URL="", REDIS_URL="")
        beside.join()
    return close(run, strict=strict)


if __name__ == "__main__":
    sys.exit(main())
