"""Signatures between us and a provider: both ends know one secret, and neither believes a request without it.

The header is `Steady-Signature: t=<unix seconds>,n=<nonce>,v1=<hex>`, where v1 is HMAC-SHA-256 over `t.n.` and the body's
bytes. A signature is good for five minutes on the real clock; repeating a signed request within them does no harm, because
everything behind it counts once.
"""

import hashlib
import hmac
import re
import secrets

HEADER = "Steady-Signature"
GOOD_FOR = 300  # seconds

_FORM = re.compile(r"t=(\d{1,12}),n=([0-9a-f]{32}),v1=([0-9a-f]{64})", re.ASCII)


class Forged(Exception):
    """No signature, another secret's, another body's, or one that is too old."""


def sign(body: bytes, *, secret: str, at: float) -> str:
    """The header's value for `body`, signed at `at` (Unix seconds)."""
    moment, nonce = int(at), secrets.token_hex(16)
    return f"t={moment},n={nonce},v1={_mac(body, secret, moment, nonce)}"


def check(header: str, body: bytes, *, secret: str, now: float) -> None:
    """Raises Forged. An empty secret believes nobody."""
    found = _FORM.fullmatch(header)
    if not secret or found is None:
        raise Forged("no signature")
    moment, nonce = int(found[1]), found[2]
    if not hmac.compare_digest(_mac(body, secret, moment, nonce), found[3]):
        raise Forged("another signature")
    if abs(now - moment) > GOOD_FOR:
        raise Forged("too old")


def _mac(body: bytes, secret: str, moment: int, nonce: str) -> str:
    return hmac.new(secret.encode(), f"{moment}.{nonce}.".encode() + body, hashlib.sha256).hexdigest()
