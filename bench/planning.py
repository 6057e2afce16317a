"""How fast a night is planned, beside the floor of the database it is written to: `python -m bench.planning`.

The floor is binary COPY of the very rows that the night leaves behind, into a table of the same shape; on SQLite one long
insert. The peers are what one would write first: the same gate fed by batched ORM queries and bulk_create, and row by row. They
are run on a sample and scaled. Every round is floor, then ours, on the same data; ratios are per round.

BENCH_N says how many instalments are due (1m by default, 100k for a short look).
"""

import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# A short look takes fewer rounds.
ROUNDS, WHOLE = 5, 1_000_000
FLOOR_MOST, BATCHED_LEAST, EACH_LEAST, GROWTH_MOST, MEMORY_MOST, SQLITE_MOST = 3.0, 25, 500, 11, 200, 4.0


def amount() -> int:
    text = os.environ.get("BENCH_N", "1m").lower()
    return int(text.rstrip("km")) * {"k": 1_000, "m": 1_000_000}.get(text[-1], 1)


def main() -> int:
    from tests import postgres

    with postgres.throw_away(postgres.DURABLE) as url:
        found = _inside(url, "postgres")
    with tempfile.TemporaryDirectory() as folder:
        found |= _inside(f"sqlite:///{folder}/bench.sqlite3", "sqlite")
    print(json.dumps(found))
    return 0 if all(row["holds"] for row in found.values()) else 1


def _inside(url: str, which: str) -> dict[str, Any]:
    """The same file in a process of its own, on its own database."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.planning", which],
        env={**os.environ, "DATABASE_URL": url, "DEBUG": "0", "DJANGO_SETTINGS_MODULE": "portal.settings"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


# ── inside ───────────────────────────────────────────────────────────────────────────────────
def _prepare() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


@contextmanager
def _empty() -> Iterator[None]:
    """Without the records of the round before; history is guarded, so the guard is taken off for it."""
    from django.db import connection

    from cases import append_only
    from notices.models import Asked, Night

    append_only.disarm(connection)
    with connection.cursor() as cursor:
        for table in (Asked._meta.db_table, Night._meta.db_table):
            if connection.vendor == "postgresql":
                cursor.execute(f'TRUNCATE "{table}"')
                cursor.execute("CHECKPOINT")
            else:
                cursor.execute(f'DELETE FROM "{table}"')
    append_only.arm(connection)
    yield


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def inside(which: str) -> dict[str, Any]:
    _prepare()
    from bench import night_data
    from notices.actions import planning

    size = amount()
    night_data.fill(size)
    small = max(size // 10, 1_000)
    later = night_data.DUE.replace(month=7)
    night_data.fill(small, on=later, first=size)
    print(f"{size} instalments of {size // 2} people", file=sys.stderr)
    ours: list[float] = []
    ratios: list[float] = []
    rows = 0
    floor = _postgres_floor if which == "postgres" else _sqlite_floor
    with _empty():
        planning.record(night_data.AT)
    kept = _kept(which)
    for number in range(ROUNDS if which == "postgres" and size >= WHOLE else 3):
        lowest = floor(kept)
        with _empty():
            seconds, night = _timed(lambda: planning.record(night_data.AT))
        rows = night.count
        ours.append(seconds)
        ratios.append(seconds / lowest)
        print(f"round {number + 1}: floor {lowest:.2f} s, ours {seconds:.2f} s", file=sys.stderr)
    median = statistics.median(ratios)
    each = statistics.median(ours) / size
    spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
    most = FLOOR_MOST if which == "postgres" else SQLITE_MOST
    found = {
        f"planning, {which}": {
            "ratio": round(median, 2),
            "target": f"≤ {most} × the {'binary-COPY' if which == 'postgres' else 'insert'} floor",
            "detail": f"{rows} records of {size} candidates, {spread}, {1 / each:,.0f} candidates/s",
            "holds": median <= most,
        }
    }
    if which == "sqlite":
        return found
    at_small = night_data.AT.replace(month=7)
    few = []
    for _ in range(3):
        with _empty():
            few.append(_timed(lambda: planning.record(at_small))[0])
    growth = statistics.median(ours) / statistics.median(few)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lean = _memory_of_one_night()
    batched, one_by_one = _batched(min(size, 5_000)), _one_by_one(min(size, 300))
    found |= {
        "planning, batched ORM": _peer(batched / each, BATCHED_LEAST),
        "planning, row by row": _peer(one_by_one / each, EACH_LEAST),
        "planning, growth": {
            "ratio": round(growth, 2),
            "target": f"≤ {GROWTH_MOST} from a tenth to all",
            "detail": f"{statistics.median(few):.2f} s → {statistics.median(ours):.2f} s",
            "holds": growth <= GROWTH_MOST,
        },
        "planning, memory": {
            "ratio": round(lean),
            "target": f"≤ {MEMORY_MOST} MB resident",
            "detail": f"one night in a process of its own; with the bench around it {memory:.0f} MB",
            "holds": lean <= MEMORY_MOST,
        },
    }
    return found


def _peer(ratio: float, least: int) -> dict[str, Any]:
    return {
        "ratio": round(ratio, 1),
        "target": f"≥ {least} × slower than ours",
        "detail": "a sample, scaled by row",
        "holds": ratio >= least,
    }


def _kept(which: str) -> Any:
    """The night's rows as the floor writes them."""
    from django.db import connection

    from notices.actions import recording
    from notices.models import Asked

    names = ", ".join(f'"{name}"' for name in recording.COLUMNS)
    with connection.cursor() as cursor:
        if which == "postgres":
            cursor.execute(
                f'DROP TABLE IF EXISTS floor; CREATE TABLE floor (LIKE "{Asked._meta.db_table}" INCLUDING ALL)'
            )
            stream = io.BytesIO()
            cursor.copy_expert(
                f'COPY (SELECT {names} FROM "{Asked._meta.db_table}" ORDER BY id) TO STDOUT (FORMAT BINARY)',
                stream,
            )
            return stream
        # Without the key that counts up, which costs SQLite as much again: the floor is the rows and the index.
        cursor.execute(f'CREATE TABLE floor AS SELECT * FROM "{Asked._meta.db_table}" LIMIT 0')
        cursor.execute("CREATE INDEX floor_person ON floor (person)")
        cursor.execute(f'SELECT {names} FROM "{Asked._meta.db_table}"')
        return cursor.fetchall()


def _postgres_floor(stream: Any) -> float:
    from django.db import connection, transaction

    from notices.actions import recording

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE floor")
        cursor.execute("CHECKPOINT")
        stream.seek(0)

        def copy() -> None:
            with transaction.atomic():
                recording.copy_in(cursor, stream, "floor")

        return _timed(copy)[0]


def _sqlite_floor(rows: Any) -> float:
    from django.db import connection, transaction

    from notices.actions import recording

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM floor")
        marks = ", ".join(["%s"] * len(rows[0]))
        names = ", ".join(f'"{name}"' for name in recording.COLUMNS)

        def insert() -> None:
            with transaction.atomic():
                cursor.executemany(f"INSERT INTO floor ({names}) VALUES ({marks})", rows)

        return _timed(insert)[0]


def _memory_of_one_night() -> float:
    done = subprocess.run(
        [sys.executable, "-m", "bench.planning", "one-night"], stdout=subprocess.PIPE, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def one_night() -> None:
    """One night and nothing else: prints the most memory it held, in MB."""
    import django

    django.setup()
    from bench import night_data
    from notices.actions import planning

    with _empty():
        planning.record(night_data.AT)
    # Not ru_maxrss: a process inherits that from the one that started it, here the bench with all its rows.
    with open("/proc/self/status") as status:
        print(next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")))


def _batched(sample: int) -> float:
    """Seconds a row: facts in sets through the ORM, the gate one by one, bulk_create."""
    from django.db import transaction

    from bench import night_data
    from notices.actions.asking import Question, Surroundings, decision
    from notices.models import Decision, Message
    from repayment.models import Instalment

    def plan() -> None:
        rows = list(
            Instalment.objects.filter(due=night_data.DUE)
            .select_related("plan__case__borrower", "plan__case__lender")
            .order_by("plan__case__borrower")[:sample]
        )
        around = Surroundings({row.plan.case.borrower_id for row in rows}, at=night_data.AT, planned=True)
        messages, decisions = [], []
        for row in rows:
            case = row.plan.case
            question = Question(
                person=case.borrower,
                lender=case.lender,
                debt_id=row.plan.debt_id,
                purpose="reminder",
                channel=around.channel_for(case.borrower, case.lender),
                reminds_of_plan=True,
            )
            facts, verdict = around.ask(question, night_data.AT)
            message = Message(
                person=case.borrower, lender=case.lender, plan=row.plan, purpose="reminder", channel=question.channel,
                wording="reminder_due_today", key=f"bench:{row.pk}", due_at=night_data.AT,
                not_after=night_data.AT, made_at=night_data.AT,
            )  # fmt: skip
            messages.append(message)
            decisions.append(
                decision(message, stage="planning", at=night_data.AT, facts=facts, verdict=verdict)
            )
        with transaction.atomic():
            Message.objects.bulk_create(messages, batch_size=5_000)
            for message, each in zip(messages, decisions, strict=True):
                each.message_id = message.pk
            Decision.objects.bulk_create(decisions, batch_size=5_000)

    return _timed(plan)[0] / sample


def _one_by_one(sample: int) -> float:
    """Seconds a row: a loop as one would write it first, every fact a query."""
    from bench import night_data
    from notices.actions.asking import Question, Surroundings, decision
    from notices.models import Message
    from repayment.models import Instalment

    def plan() -> None:
        for row in Instalment.objects.filter(due=night_data.DUE).order_by("-pk")[:sample]:
            case = row.plan.case
            around = Surroundings([case.borrower_id], at=night_data.AT, planned=True)
            question = Question(
                person=case.borrower,
                lender=case.lender,
                debt_id=row.plan.debt_id,
                purpose="reminder",
                channel=around.channel_for(case.borrower, case.lender),
                reminds_of_plan=True,
            )
            facts, verdict = around.ask(question, night_data.AT)
            message = Message.objects.create(
                person=case.borrower, lender=case.lender, plan=row.plan, purpose="reminder", channel=question.channel,
                wording="reminder_due_today", key=f"each:{row.pk}", due_at=night_data.AT,
                not_after=night_data.AT, made_at=night_data.AT,
            )  # fmt: skip
            decision(message, stage="planning", at=night_data.AT, facts=facts, verdict=verdict).save()

    return _timed(plan)[0] / sample


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            sys.exit(main())
        case ["one-night"]:
            one_night()
        case [which]:
            print(json.dumps(inside(which)))
