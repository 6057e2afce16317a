"""Asks a health page and exits 0 only when it says yes: for containers that have no curl.

    python -m portal.ask http://127.0.0.1:8000/healthz

Sends the first of ALLOWED_HOSTS as its Host, as a visitor would.
"""

import http.client
import os
import sys
from urllib.parse import urlsplit


def answers(address: str) -> bool:
    """Whether `address` answers 200 within five seconds."""
    parts = urlsplit(address)
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip() or parts.netloc
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80, timeout=5)
    try:
        connection.request("GET", parts.path or "/", headers={"Host": host, "X-Forwarded-Proto": "https"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if len(sys.argv) == 2 and answers(sys.argv[1]) else 1)
