"""Planning: whatever a message should be about soon becomes a candidate, every candidate is put before the gate, and every
question and answer is recorded before a single message is made of it.

One ordered stream comes from the database, facts and all; blocks of whole people are judged as arrays (`domain/bulk.py`) and
written by COPY. Idempotent: what has become a message is no candidate any more, and a run that was killed between its records
and its messages is taken up by the next.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping

import numpy as np
from django.db import connection

from cases.actions import ledger
from cases.actions import rulebooks as kept_rulebooks
from cases.domain import rulebook as rulebooks
from notices import queries_night
from notices.actions import recording, streaming, taking_up
from notices.actions.night_facts import Mandates, add_said, sent_before
from notices.actions.streaming import Table
from notices.actions.taking_up import Summary
from notices.domain import bulk
from notices.domain.bulk import Ints, Sent
from notices.domain.bulk_candidates import candidates
from notices.domain.night import Setting, TermsList
from notices.models import Night

__all__ = ["HORIZON", "Summary", "plan"]

HORIZON = dt.timedelta(hours=24)
# How many candidates are judged at once: enough for arrays to pay, little enough to stay small.
BLOCK = 8_192
OF = "decisions"
_LOCK = 0x57EAD2  # the planners' advisory lock on PostgreSQL


def plan(at: dt.datetime, horizon: dt.timedelta = HORIZON) -> Summary:
    """Plan everything whose moment lies before `at + horizon` and is not past its use.

    `at` is the business instant, aware. Deferred messages are queued too, for the next lawful moment. Another planner
    at work means that there is nothing to do.
    """
    with _only_planner() as alone:
        if not alone:
            return Summary()
        for left in queries_night.unsealed():
            # Its planner died between the records and their seal.
            seal(left)
        done = taking_up.finish()
        night = record(at, horizon)
        if night is None:
            return done
        seal(night)
        return done + taking_up.take_up(night)


def record(at: dt.datetime, horizon: dt.timedelta = HORIZON) -> Night | None:
    """The night's questions and answers, written as one whole; None when there was nobody to ask about."""
    kept_rulebooks.keep_today()
    books = {name: rulebooks.load(name) for name in ("CN", "US", "UK")}
    found = queries_night.places()
    run = queries_night.next_run()
    met, mandates = TermsList(), Mandates()
    judge = bulk.Night(
        run=run,
        setting=Setting(zones=found.zones, laws=found.laws, books=books, terms=met.met),
        start=at,
        ahead=horizon.days + 1,
        kin=mandates.kin(),
    )
    days = np.array(queries_night.said_when(at, horizon), dtype=np.int64).T
    work = _Work(judge, sent_before(at, mandates), days, found.law_of, met)
    sql, values = queries_night.candidates(at, horizon, found, books)
    try:
        for rows in _by_person(streaming.blocks(sql, values, len(queries_night.COLUMNS), BLOCK)):
            work.take(rows)
        work.take_rest()
    except BaseException:
        work.sink.drop()
        raise
    if not work.asked:
        return None
    return work.sink.close(
        {
            "run": run,
            "at": at,
            "zones": list(found.zones),
            "laws": [list(law) for law in found.laws],
            "books": {name: book.version_with_house for name, book in books.items()},
            "terms": met.as_json(),
        }
    )


class _Work:
    """Takes the stream block by block, cuts it between two people, judges and writes.

    A night of one block is written where it was read; a larger one beside it.
    """

    def __init__(
        self, judge: bulk.Night, sent: Sent, days: Ints, law_of: Mapping[int, int], met: TermsList
    ) -> None:
        self.sink: recording.Sink = recording.Here()
        self.asked = 0
        self._judge, self._sent, self._days, self._law_of, self._met = judge, sent, days, law_of, met
        self._rest: Table | None = None

    def take(self, rows: Table) -> None:
        if self._rest is not None:
            rows = np.concatenate([self._rest, rows], axis=1)
        people = rows[0]
        cut = int(np.searchsorted(people, people[-1]))
        self._rest = rows[:, cut:].copy()
        if cut:
            self._settle(rows[:, :cut])

    def take_rest(self) -> None:
        if self._rest is not None:
            self._settle(self._rest)

    def _settle(self, rows: Table) -> None:
        said = dict(zip(queries_night.COLUMNS, rows, strict=True))
        people = said["person"]
        found, told = candidates(said, self._days, self._law_of, self._judge, self._met)
        add_said(found, told, self._met)
        records = self._judge.settle(found, self._sent.of(int(people[0]), int(people[-1])))
        self.asked += len(records)
        large = self.asked > BLOCK and connection.vendor == "postgresql"
        if large and isinstance(self.sink, recording.Here):
            self.sink = recording.Beside(self.sink.blocks)
        self.sink.write(records)


def seal(night: Night) -> None:
    """One batch of the sealed record for the whole night."""
    ledger.seal_block(of=OF, block=night.pk, leaves=queries_night.leaves_of(night))


def _by_person(blocks: Iterator[Table]) -> Iterator[Table]:
    """The rows ordered by person. PostgreSQL does it; what SQLite gives is put in order here."""
    if connection.vendor == "postgresql":
        yield from blocks
        return
    parts = list(blocks)
    if parts:
        rows = np.concatenate(parts, axis=1)
        parts.clear()
        order = np.argsort(rows[0], kind="stable")
        for first in range(0, len(order), BLOCK):
            yield rows[:, order[first : first + BLOCK]]


@contextlib.contextmanager
def _only_planner() -> Iterator[bool]:
    """One planner at a time. On SQLite the writers' own lock is enough: two planners find the same, and keys decide."""
    if connection.vendor != "postgresql":
        yield True
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        (held,) = cursor.fetchone()
    try:
        yield bool(held)
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
