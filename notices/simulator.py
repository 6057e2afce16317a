"""A provider to test against: a small HTTP server that behaves as real ones do, and worse when asked to.

It keeps one effect per idempotency key, enforces the limits real providers enforce, fails for special numbers in every way
we know, and calls back with signed receipts. Every effect is a line in a journal before the answer leaves, so that a test
that kills us (not it) can count what really reached a person. Never part of a site that runs.
"""

import datetime as dt
import json
import random
import secrets
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from notices import signing
from notices.domain.provider import Fate, Limits, Meter, fate_of

_LARGEST = 64 * 1024
_STRANGER = "somebody else's"


@dataclass(kw_only=True)
class Behaviour:
    """Knobs, to be turned while it runs. Percentages of calls; `latency` before the effect and `pause` after it in seconds."""

    latency: float = 0.0
    pause: float = 0.0
    error_percent: float = 0.0
    lost_ack_percent: float = 0.0
    down: bool = False
    # Seconds that everybody is told to wait; 0 tells nobody.
    throttle: int = 0
    honours_keys: bool = True
    keeps_a_list: bool = True
    limits: Limits | None = field(default_factory=Limits)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Something that reached a person."""

    id: str
    key: str
    channel: str
    to: str
    text: str
    status: str
    at: str


class Simulator(ThreadingHTTPServer):
    """`with Simulator(secret=…) as provider:` serves on a free port; `provider.url` is its address.

    `callback` is where receipts go; empty sends none. `journal` gets one JSON line per effect.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        *,
        secret: str,
        callback: str = "",
        journal: Path | None = None,
        behaviour: Behaviour | None = None,
        port: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.secret, self.callback, self.journal = secret, callback, journal
        self.behaviour = behaviour or Behaviour()
        self.effects: list[Effect] = []
        self.calls = 0
        self.questions = 0
        self._by_key: dict[str, Effect] = {}
        self._meter = Meter(self.behaviour.limits) if self.behaviour.limits else None
        self._lock = threading.Lock()
        self._chance = random.Random(seed)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> "Simulator":
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        if self._thread:
            self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed or gave up waiting is what this server is for; anything else is its own fault."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def known(self, key: str) -> Effect | None:
        with self._lock:
            return self._by_key.get(key)

    def hand_in(self, sheet: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str], Fate]:
        """Status, answer, headers, and what shall happen to the connection afterwards."""
        number, key = str(sheet.get("to", "")), str(sheet.get("key", ""))
        fate = fate_of(number)
        with self._lock:
            self.calls += 1
            here = self.behaviour
            earlier = self._by_key.get(key) if here.honours_keys else None
            if here.down:
                return 503, {}, {}, fate
            if here.throttle:
                return 429, {}, {"Retry-After": str(here.throttle)}, fate
            if earlier is not None:
                return 200, _answer(earlier), {}, Fate.DELIVERED
            if fate is Fate.NO_SUCH_NUMBER:
                return 422, {"error": "no such number"}, {}, fate
            if fate is Fate.THROTTLED:
                return 429, {}, {"Retry-After": "60"}, fate
            if fate is Fate.BROKEN or self._chance.random() * 100 < here.error_percent:
                return 500, {}, {}, fate
            if fate is Fate.BLACK_HOLE:
                return 0, {}, {}, fate
            wait = self._wait(sheet)
            if wait:
                return 429, {"error": "limit"}, {"Retry-After": str(wait)}, fate
            effect = Effect(
                id=f"sim-{secrets.token_hex(8)}",
                key=key,
                channel=str(sheet.get("channel", "")),
                to=number,
                text=str(sheet.get("text", "")),
                status="failed" if fate is Fate.LOST else "delivered",
                at=dt.datetime.now(dt.UTC).isoformat(),
            )
            self._keep(effect)
            if self._chance.random() * 100 < here.lost_ack_percent:
                fate = Fate.ACK_LOST
        return 202, _answer(effect) | {"status": "accepted"}, {}, fate

    def tell(self, effect: Effect, fate: Fate) -> None:
        """Call back, once or in one of the unpleasant ways."""
        if not self.callback or fate is Fate.SILENT:
            return
        word: dict[str, Any] = {"id": effect.id, "key": effect.key, "status": effect.status, "at": effect.at}
        if fate is Fate.FORGED:
            self.call_back([word | {"status": "failed"}], secret=_STRANGER)
        if fate is Fate.LATE:
            past = dt.datetime.now(dt.UTC) - dt.timedelta(days=30)
            word["at"] = past.isoformat()
        times = 5 if fate is Fate.ECHO else 1
        for _ in range(times):
            self.call_back([word])
        if fate is Fate.DISORDER:
            self.call_back([word | {"status": "failed"}])
            self.call_back([word | {"status": "accepted"}])

    def call_back(self, words: list[dict[str, Any]], *, secret: str = "") -> int:
        """Post receipts, signed; returns the status, 0 when nobody answered."""
        body = json.dumps({"receipts": words}).encode()
        request = urllib.request.Request(
            self.callback,
            data=body,
            method="POST",
            headers={
                "Content-Type": "application/json",
                signing.HEADER: signing.sign(body, secret=secret or self.secret, at=time.time()),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def _wait(self, sheet: dict[str, Any]) -> int:
        if self._meter is None or sheet.get("channel") != "sms":
            return 0
        return self._meter.wait(
            number=str(sheet.get("to", "")),
            template=str(sheet.get("template", "")),
            code=sheet.get("template") == "security_code",
            now=time.monotonic(),
        )

    def _keep(self, effect: Effect) -> None:
        self.effects.append(effect)
        self._by_key[effect.key] = effect
        if self.journal is not None:
            with self.journal.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(effect.__dict__, ensure_ascii=False) + "\n")


class _Handler(BaseHTTPRequestHandler):
    server: Simulator
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, _LARGEST))
        if not self._believed(body):
            return
        if self.server.behaviour.latency:
            time.sleep(self.server.behaviour.latency)
        status, answer, headers, fate = self.server.hand_in(json.loads(body))
        if self.server.behaviour.pause:
            time.sleep(self.server.behaviour.pause)
        if fate in (Fate.ACK_LOST, Fate.BLACK_HOLE):
            # The connection simply ends: the caller cannot know what happened.
            self.close_connection = True
        else:
            self._say(status, answer, headers)
        effect = self.server.known(answer.get("key", "")) if status == 202 else None
        if effect is not None:
            self.server.tell(effect, fate)

    def do_GET(self) -> None:
        if not self._believed(self.path.encode()):
            return
        here = self.server.behaviour
        self.server.questions += 1
        if here.down:
            self._say(503, {}, {})
            return
        effect = self.server.known(self.path.removeprefix("/messages/")) if here.keeps_a_list else None
        self._say(200 if effect else 404, _answer(effect) if effect else {}, {})

    def _believed(self, body: bytes) -> bool:
        try:
            signing.check(
                self.headers.get(signing.HEADER, ""), body, secret=self.server.secret, now=time.time()
            )
        except signing.Forged:
            self._say(401, {}, {})
            return False
        return True

    def _say(self, status: int, answer: dict[str, Any], headers: dict[str, str]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet: what happened is in the journal."""


def _answer(effect: Effect) -> dict[str, Any]:
    return {"id": effect.id, "key": effect.key, "status": effect.status, "at": effect.at}
