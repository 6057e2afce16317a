"""System checks that keep a dangerous configuration from starting at all."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

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


def somebody_carries_the_messages(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Outside development an SMS that only the outbox keeps reaches nobody, sign-in codes included."""
    if settings.DEBUG or settings.NOTICE_CHANNELS["sms"] != "notices.channels.sms.OutboxSms":
        return []
    return [
        Warning(
            "SMS, and with them sign-in codes, are kept in the outbox and reach nobody.",
            hint="Name the class that sends them in SMS_CHANNEL; docs/operate.md says what it must offer.",
            id="steady.W001",
        )
    ]


def register_all() -> None:
    register(somebody_carries_the_messages, Tags.compatibility, deploy=True)
    register(demo_only_on_this_machine, Tags.security)
