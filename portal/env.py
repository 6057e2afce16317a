"""Reads settings from the environment, and from `.env` in development.

A missing variable stops the process with the name, the purpose and the way to set it.
"""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def load_file(path: Path) -> None:
    """Put `NAME=value` lines of `path` into the environment; what is already set wins."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.strip().partition("=")
        if separator and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip())


def text(name: str, *, purpose: str, default: str | None = None) -> str:
    """The variable's value; raises ImproperlyConfigured with a remedy when it is missing."""
    value = os.environ.get(name, "")
    if value:
        return value
    if default is not None:
        return default
    raise ImproperlyConfigured(
        f"The variable {name} is not set. It is {purpose}. "
        f"For development run `make setup`, which writes a .env file; "
        f"on a server set {name} in the environment (docs/operate.md lists all variables)."
    )


def flag(name: str, *, default: bool = False) -> bool:
    """A yes/no variable; raises ImproperlyConfigured on any other word."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    word = raw.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ImproperlyConfigured(f"The variable {name} must be 1 or 0, not {raw!r}.")


def words(name: str, *, purpose: str, default: str | None = None) -> list[str]:
    """A comma-separated variable as a list without blanks."""
    return [w.strip() for w in text(name, purpose=purpose, default=default).split(",") if w.strip()]


def number(name: str, *, default: int) -> int:
    """A whole number; raises ImproperlyConfigured on anything else."""
    raw = os.environ.get(name)
    if not raw:
        return default
    if not raw.strip().isdecimal():
        raise ImproperlyConfigured(f"The variable {name} must be a whole number, not {raw!r}.")
    return int(raw)
