"""Writes what a development `.env` lacks: random keys, and nothing that is there already.

Runs before anything is installed, so it uses the standard library only. A new variable in a later
version is added to the file that is there; keys that exist are never replaced.
"""

import base64
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

HEADING = "# Written by `make setup`. Development only; never commit it, never copy it to a server."


def _random_base64() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _random_urlsafe() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


VARIABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "DEBUG": ("", lambda: "1"),
    "SECRET_KEY": ("", lambda: secrets.token_urlsafe(50)),
    "FIELD_KEYS": ("The first key encrypts; older ones behind commas still decrypt.", _random_urlsafe),
    "INDEX_KEY": ("", lambda: secrets.token_urlsafe(32)),
    "LEDGER_KEY": (
        "Signs the sealed record. On a server, keep it from whoever keeps the database.",
        _random_base64,
    ),
    "ALLOWED_HOSTS": ("", lambda: "127.0.0.1,localhost,[::1]"),
}


def missing(text: str) -> list[str]:
    """The lines that `text`, the content of a `.env`, still needs."""
    present = {line.partition("=")[0].strip() for line in text.splitlines()}
    lines = [] if text else [HEADING]
    for name, (comment, value) in VARIABLES.items():
        if name not in present:
            lines += [f"# {comment}"] if comment else []
            lines.append(f"{name}={value()}")
    return lines


def main(path: Path) -> None:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = missing(text)
    if text and not text.endswith("\n"):
        text += "\n"
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    fresh.replace(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
