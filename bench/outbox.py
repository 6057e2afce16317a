"""How fast the outbox sends, beside Celery with one task for each notice: `python -m bench.outbox`.

Both sides do the same for every notice: take the slot under the person's lock with the gate asked again, write the words,
POST them to an HTTP sink on this machine, and mark the row with its receipt and event. Ours is rung a few times and drains the
table; the peer's tasks carry one notice each. Same worker, same two children, same database (fsync on), interleaved rounds,
each on rows of its own. A task that does nothing at all is timed too, as Celery's own floor.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.planning import WHOLE, amount

# A short look takes fewer rounds.
ROUNDS = 5 if amount() >= WHOLE else 3
OURS, PEERS, NOTHINGS = 3_000, 200, 1_500
LEAST = 15


def main() -> int:
    if sys.argv[1:] == ["sink"]:
        asyncio.run(_sink())
        return 0
    if sys.argv[1:] == ["inside"]:
        print(json.dumps(_inside()))
        return 0
    from tests import postgres

    with postgres.throw_away(postgres.DURABLE) as url, _redis() as broker, _sinking() as sink:
        done = subprocess.run(
            [sys.executable, "-m", "bench.outbox", "inside"],
            env={
                **os.environ,
                "DATABASE_URL": url,
                "REDIS_URL": broker,
                "DEBUG": "0",
                "LOG_LEVEL": "ERROR",
                "DJANGO_SETTINGS_MODULE": "portal.settings",
                "SMS_CHANNEL": "notices.channels.gateway.HttpSms",
                "PROVIDER_URL": sink,
                "PROVIDER_SECRET": "known to both ends",
            },
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(found))
    return 0 if all(row["holds"] for row in found.values()) else 1


# ── the machines around it ───────────────────────────────────────────────────────────────────
async def _sink() -> None:
    """Takes whatever is posted and says yes, as little work as an HTTP answer can be."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        key = json.loads(await reader.readexactly(length))["key"]
        sheet = json.dumps({"id": f"s-{key}"[:80], "status": "accepted", "at": "2027-05-12T02:00:00+00:00"})
        writer.write(
            f"HTTP/1.1 202 Accepted\r\nContent-Length: {len(sheet)}\r\nConnection: close\r\n\r\n{sheet}".encode()
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


@contextmanager
def _sinking() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.outbox", "sink"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


@contextmanager
def _redis() -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        sys.exit("This bench needs a Redis server on this machine.")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()
            process.wait()


@contextmanager
def _worker() -> Iterator[None]:
    command = ["celery", "-A", "bench.outbox_tasks", "worker", "--concurrency", "2", "--loglevel", "ERROR"]
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--without-gossip", "--without-mingle"],
        stdout=sys.stderr,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


# ── inside ───────────────────────────────────────────────────────────────────────────────────
def _inside() -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    # One round more than is counted: the first warms the children up.
    _fill((ROUNDS + 1) * (OURS + PEERS))
    rates: dict[str, list[float]] = {"ours": [], "peers": [], "nothing": []}
    ratios = []
    with _worker():
        for number in range(ROUNDS + 1):
            peers, ours, nothing = _peers(PEERS), _ours(OURS), _nothings(NOTHINGS)
            print(
                f"round {number}: one task a notice {peers:,.0f}/s, ours {ours:,.0f}/s, empty tasks {nothing:,.0f}/s",
                file=sys.stderr,
            )
            if number:
                ratios.append(ours / peers)
                for name, rate in (("ours", ours), ("peers", peers), ("nothing", nothing)):
                    rates[name].append(rate)
    ratio = statistics.median(ratios)
    ours, peers, nothing = (statistics.median(rates[name]) for name in ("ours", "peers", "nothing"))
    return {
        "outbox": {
            "ratio": round(ratio, 1),
            "target": f"≥ {LEAST} × Celery, one task a notice",
            "detail": f"{ours:,.0f}/s against {peers:,.0f}/s, {min(ratios):.1f}–{max(ratios):.1f}; "
            f"{ours / nothing:.1f} × tasks that do nothing at all ({nothing:,.0f}/s)",
            "holds": ratio >= LEAST,
        }
    }


def _fill(count: int) -> None:
    """`count` reminders to as many people, each of a plan in force, none of them due for anybody yet."""
    from bench import night_data
    from bench.outbox_tasks import MORNING
    from cases.models import Contact, Hold, User
    from notices.models import Message, OptOut, Preference
    from repayment.models import Instalment

    night_data.fill(2 * count)
    for model in (Contact, Hold, OptOut, Preference):
        model.objects.all().delete()
    User.objects.update(timezone="Asia/Shanghai", phone_verified=True, phone="+8613800000000")
    rows = Instalment.objects.order_by("plan__case__borrower", "pk").distinct("plan__case__borrower")
    names = ("plan_id", "plan__case__borrower_id", "plan__case__lender_id", "due", "amount")
    made = (
        Message(
            person_id=person,
            lender_id=lender,
            plan_id=plan,
            purpose="reminder",
            channel="sms",
            wording="reminder_due_today",
            values={"date": due.isoformat(), "amount": amount, "number": 1},
            key=f"bench:{plan}",
            due_at=MORNING,
            not_after=MORNING.replace(hour=23),
            made_at=MORNING,
        )
        for plan, person, lender, due, amount in rows.filter(plan__in=_with_consent()).values_list(*names)[
            :count
        ]
    )
    Message.objects.bulk_create(made, batch_size=2_000)


def _with_consent() -> Any:
    from django.db.models import Exists, OuterRef

    from cases.models import Consent
    from repayment.models import Plan

    given = Consent.objects.filter(borrower=OuterRef("case__borrower"), lender=OuterRef("case__lender"))
    return Plan.objects.filter(Exists(given))


def _next(count: int) -> list[tuple[int, int]]:
    """Make the next `count` messages due: (message, person)."""
    from notices.models import Message

    rows = list(Message.objects.filter(state="planned").order_by("pk").values_list("pk", "person_id")[:count])
    assert len(rows) == count, "not enough messages were made"
    Message.objects.filter(pk__in=[pk for pk, _ in rows]).update(state="queued")
    return rows


def _ours(count: int) -> float:
    from bench.outbox_tasks import app, drain

    rows = _next(count)
    began = time.perf_counter()
    with app.connection_for_write() as line:
        for _ in range(count // 500 + 2):
            drain.apply_async(connection=line)
    return _rate(rows, began)


def _peers(count: int) -> float:
    from bench.outbox_tasks import app, one

    rows = _next(count)
    began = time.perf_counter()
    with app.connection_for_write() as line:
        for pk, person in rows:
            one.apply_async((pk, person), connection=line)
    return _rate(rows, began)


def _nothings(count: int) -> float:
    """Until the broker holds none any more."""
    from bench.outbox_tasks import app, nothing

    began = time.perf_counter()
    with app.connection_for_write() as line:
        for number in range(count):
            nothing.apply_async((number,), connection=line)
        while _waiting(line):
            time.sleep(0.005)
    return count / (time.perf_counter() - began)


def _waiting(line: Any) -> int:
    """How many tasks the broker still holds; on Redis a queue without any does not exist."""
    from amqp.exceptions import ChannelError

    try:
        return int(line.default_channel.queue_declare("celery", passive=True).message_count)
    except ChannelError:
        return 0


def _rate(rows: list[tuple[int, int]], began: float) -> float:
    """Messages a second until every one of them has left."""
    from notices.models import Message

    mine = Message.objects.filter(pk__gte=rows[0][0], pk__lte=rows[-1][0])
    while mine.filter(state__in=["queued", "claimed"]).exists():
        assert time.perf_counter() - began < 300, "the worker does not come to an end"
        time.sleep(0.01)
    took = time.perf_counter() - began
    assert mine.filter(state="sent").count() == len(rows), "some were not sent"
    return len(rows) / took


if __name__ == "__main__":
    sys.exit(main())
