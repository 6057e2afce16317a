"""Whole numbers out of the database, by the hundred thousand: binary COPY on PostgreSQL, plain rows on SQLite, arrays either way."""

import contextlib
import io
import os
import queue
import threading
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import QuerySet
from numpy.typing import NDArray

Table = NDArray[np.int64]
"""One row for each column of the answer, so that a column lies in one piece."""

_PREAMBLE = 19
# For the one question of a night: its hash tables and its sort stay in memory, and a second processor may help with the many rows that
# are read before the first is sent.
_HINTS = "SET LOCAL work_mem = '192MB'; SET LOCAL parallel_tuple_cost = 0.01; SET LOCAL jit = off"


def blocks(sql: str, values: Sequence[Any], columns: int, block: int) -> Iterator[Table]:
    """The answer, every column of which is a bigint, in blocks of `block` rows; on PostgreSQL in the order asked for."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            text = cursor.mogrify(sql, values)
            with transaction.atomic():
                cursor.execute(_HINTS)
                yield from _copied_out(
                    cursor.cursor, text.decode() if isinstance(text, bytes) else text, columns, block
                )
            return
        cursor.execute(sql, values)
        # Row by row: a list of rows in between would be many times as large as the numbers.
        while rows := cursor.fetchmany(2_000):
            yield (
                np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=len(rows) * columns)
                .reshape(len(rows), columns)
                .T
            )


def table(found: "QuerySet[Any, tuple[Any, ...]]", columns: int) -> Table:
    """All that a query finds, whose columns are whole numbers."""
    sql, values = found.query.sql_with_params()
    names = ", ".join(f"c{number}" for number in range(columns))
    casts = ", ".join(f"CAST(c{number} AS bigint)" for number in range(columns))
    parts = list(
        blocks(f"WITH found ({names}) AS ({sql}) SELECT {casts} FROM found", values, columns, 16_384)
    )
    return np.concatenate(parts, axis=1) if parts else np.empty((columns, 0), dtype=np.int64)


def _copied_out(cursor: Any, sql: str, columns: int, block: int) -> Iterator[Table]:
    """The database's answer is drained into a pipe by one thread and cut into blocks by another, so that the next block is read
    while this one is being judged; psycopg2 hands over row by row, and only a file of the standard library takes them fast enough.
    """
    row = np.dtype([("columns", ">i2"), ("numbers", [("size", ">i4"), ("number", ">i8")], columns)])
    out, into = os.pipe()
    source, drain_into = (
        io.BufferedReader(io.FileIO(out), 1 << 20),
        io.BufferedWriter(io.FileIO(into, "w"), 1 << 20),
    )
    cut_off: queue.Queue[bytes | BaseException] = queue.Queue(maxsize=2)
    stopped = threading.Event()

    def drain() -> None:
        try:
            cursor.copy_expert(f"COPY ({sql}) TO STDOUT (FORMAT BINARY)", drain_into, 1 << 20)
        except BaseException as fault:
            _put(cut_off, fault, stopped)
        finally:
            with contextlib.suppress(OSError):
                drain_into.close()

    def cut() -> None:
        source.read(_PREAMBLE)
        # Two bytes end the stream: less than a row, and so never part of a block.
        while data := source.read(row.itemsize * block):
            _put(cut_off, data, stopped)
        _put(cut_off, b"", stopped)

    threads = [threading.Thread(target=work, name=f"night-{work.__name__}") for work in (drain, cut)]
    for thread in threads:
        thread.start()
    try:
        while data := cut_off.get():
            if isinstance(data, BaseException):
                raise data
            rows = np.frombuffer(data, dtype=row, count=len(data) // row.itemsize)
            if len(rows):
                yield rows["numbers"]["number"].T.astype(np.int64, order="C")
    finally:
        stopped.set()
        source.close()
        for thread in threads:
            thread.join()


def _put(line: "queue.Queue[Any]", what: object, stopped: threading.Event) -> None:
    """Wait for room, but not for a reader that has gone."""
    while not stopped.is_set():
        try:
            line.put(what, timeout=0.5)
        except queue.Full:
            continue
        return
