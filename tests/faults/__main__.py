"""`python -m tests.faults [paths]`: the fault tests at their full length, on a PostgreSQL of their own."""

import os
import subprocess
import sys

from tests import postgres


def main() -> int:
    with postgres.throw_away() as url:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--long",
            "-rP",
            "--show-capture=stdout",
            "--durations=20",
        ]
        what = sys.argv[1:] or [
            "tests/faults",
            "--ignore=tests/faults/test_demo.py",
            "tests/domain/test_gate_histories.py",
        ]
        return subprocess.call([*command, *what], env={**os.environ, "DATABASE_URL": url})


if __name__ == "__main__":
    sys.exit(main())
