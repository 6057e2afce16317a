"""SMS and WeChat by HTTP: one small protocol that an operator's gateway speaks to any provider.

`POST {PROVIDER_URL}/messages` with a signed JSON body and an idempotency key hands a message over; `GET
{PROVIDER_URL}/messages/<key>` asks what became of it. docs/gateway.md describes both ends. What is certain about a failure
decides what happens next: refused connections, 429 and 401 mean that nothing left; 4xx about the message means that it
never will; everything else is doubt, and doubt about a reminder is never sent again.
"""

import datetime as dt
import json
import socket
import time
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings

from notices import signing
from notices.channels.base import EARLIEST, Answer, Letter, NotTaken, Rejected, is_text

# Well inside half a lease, so that a slow provider never outlives our claim on the message.
TIMEOUT = 15
_LARGEST = 64 * 1024
_NOTHING_LEFT = frozenset({401, 403, 404, 429, 503})
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Gateway:
    """One channel of the gateway. `channel` is the word that the gateway knows it by."""

    channel = ""
    takes_many = True

    def send(self, letter: Letter) -> Answer:
        sheet = {
            "channel": self.channel,
            "key": letter.key,
            "to": letter.address,
            "text": letter.body,
            "template": letter.wording,
        }
        try:
            status, answer, retry = _call("POST", "/messages", sheet, key=letter.key)
        except ConnectionRefusedError as error:
            raise NotTaken("The gateway did not answer.") from error
        if status in (200, 202):
            return _answer(answer)
        if status in _NOTHING_LEFT:
            raise NotTaken(f"The gateway said {status}.", wait=retry)
        if 400 <= status < 500:
            raise Rejected(f"The gateway said {status}.")
        raise GatewayError(f"The gateway said {status}.")

    def lookup(self, key: str) -> Answer | None:
        try:
            status, answer, _ = _call("GET", f"/messages/{key}", None, key=key)
        except OSError as error:
            raise GatewayError("The gateway could not be asked.") from error
        if status == 404:
            return None
        if status != 200:
            raise GatewayError(f"The gateway said {status}.")
        return _answer(answer)


class HttpSms(Gateway):
    channel = "sms"


class HttpWechat(Gateway):
    channel = "wechat"


class GatewayError(Exception):
    """It may have left, or it may not."""


def _answer(sheet: dict[str, Any]) -> Answer:
    """Raises GatewayError for an answer without the provider's own number: such a number is never made up."""
    ident, status = sheet.get("id"), sheet.get("status")
    if not isinstance(ident, str) or not is_text(ident, 80):
        raise GatewayError("The gateway named no message.")
    if status not in ("accepted", "delivered", "failed"):
        raise GatewayError("The gateway's word is not known.")
    return Answer(provider_id=ident, status=status, at=_instant(sheet.get("at")))


def _instant(text: object) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(str(text))
    except ValueError as error:
        raise GatewayError("The gateway's time is none.") from error
    if at.utcoffset() is None:
        raise GatewayError("The gateway's time has no offset.")
    if at < EARLIEST:
        raise GatewayError("The gateway's time is long past.")
    return at


def _call(
    method: str, path: str, sheet: dict[str, Any] | None, *, key: str
) -> tuple[int, dict[str, Any], dt.timedelta | None]:
    """Status, answer and how long to wait. Raises ConnectionRefusedError when nobody took the call, OSError in doubt."""
    body = b"" if sheet is None else json.dumps(sheet, ensure_ascii=False).encode()
    request = urllib.request.Request(
        settings.PROVIDER_URL.rstrip("/") + path,
        data=body if sheet is not None else None,
        method=method,
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": key,
            signing.HEADER: signing.sign(
                body or path.encode(), secret=settings.PROVIDER_SECRET, at=time.time()
            ),
        },
    )
    try:
        with _OPENER.open(request, timeout=TIMEOUT) as response:
            return response.status, _sheet(response.read(_LARGEST)), None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {}, _wait(error.headers.get("Retry-After"))
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionRefusedError | socket.gaierror):
            raise ConnectionRefusedError(str(error.reason)) from error
        raise


def _sheet(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise GatewayError("The gateway's answer is not JSON.") from error
    return found if isinstance(found, dict) else {}


def _wait(header: str | None) -> dt.timedelta | None:
    """The Retry-After of a gateway in seconds, at most an hour; its date form is not used between machines."""
    if header is None or not header.isascii() or not header.isdecimal():
        return None
    return min(dt.timedelta(seconds=int(header[:6])), dt.timedelta(hours=1))
