"""System checks that keep a dangerous configuration from starting at all."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

_LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1"}


def demo_only_on_this_machine(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """DEMO opens doors without a password: refuse it unless DEBUG, SQLite and a loopback address."""
    if not settings.DEMO:
        return []
    problems = []
    if not settings.DEBUG:
        problems.append("DEBUG is off")
    if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        problems.append("the database is not SQLite")
    outside = sorted(set(settings.ALLOWED_HOSTS) - _LOOPBACK)
    if outside:
        problems.append(f"ALLOWED_HOSTS names {', '.join(outside)}")
    return [
        Error(
            f"DEMO opens doors without a password, and {problem}.",
            hint="Unset DEMO, or run `make demo`, which keeps to this machine.",
            id="steady.E001",
        )
        for problem in problems
    ]


def register_all() -> None:
    register(demo_only_on_this_machine, Tags.security)
