"""Writes a development `.env` with random keys to standard output.

Runs before anything is installed, so it uses the standard library only.
"""

import base64
import secrets


def lines() -> list[str]:
    field_key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return [
        "# Written by `make setup`. Development only; never commit it, never copy it to a server.",
        "DEBUG=1",
        f"SECRET_KEY={secrets.token_urlsafe(50)}",
        "# First key encrypts; older ones behind commas still decrypt.",
        f"FIELD_KEYS={field_key}",
        f"INDEX_KEY={secrets.token_urlsafe(32)}",
        "ALLOWED_HOSTS=127.0.0.1,localhost,[::1]",
    ]


if __name__ == "__main__":
    print("\n".join(lines()))
