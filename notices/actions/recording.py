"""Writing a night's records: binary COPY on PostgreSQL, one long insert on SQLite.

A large night is read and written at the same time, so its records go through a connection of their own, in one transaction
with the row that says that the night is whole. A small one takes the connection it is on.
"""

import io
import queue
import threading
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Protocol

import numpy as np
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from numpy.typing import NDArray

from notices.domain import night
from notices.domain.bulk import leaves
from notices.models import Asked, Night
from notices.queries_night import heading_of, next_run

_TABLE = Asked._meta.db_table
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_SIZES = {"q": 8, "i": 4, "h": 2}
# Rows in one statement on SQLite: what each statement costs by itself is shared, and its parameters are few enough for any build.
_AT_ONCE = 20
COLUMNS = (*(name for name, _ in night.FIELDS), "leaf")
# One row as binary COPY sends it: how many columns, then each with its length before it.
_ROW = np.dtype(
    [("columns", ">i2")]
    + [
        part
        for name, width in night.FIELDS
        for part in ((f"{name}_size", ">i4"), (name, f">i{_SIZES[width]}"))
    ]
    + [("leaf_size", ">i4"), ("leaf", "V32")]
)
_BLANK = np.array(
    (len(COLUMNS), *(part for _, width in night.FIELDS for part in (_SIZES[width], 0)), 32, bytes(32)),
    dtype=_ROW,
)


class Sink(Protocol):
    """Somewhere a night's records go, block by block; `close` makes them last, all or none."""

    def write(self, records: NDArray[Any]) -> None: ...

    def close(self, heading: dict[str, Any]) -> Night: ...

    def drop(self) -> None: ...


def copy_rows(records: NDArray[Any]) -> bytes:
    """RECORD rows with their leaf hashes, as binary COPY takes them."""
    rows = np.full(len(records), _BLANK)
    for name, _ in night.FIELDS:
        rows[name] = records[name]
    rows["leaf"] = np.frombuffer(b"".join(leaves(records)), dtype="V32")
    return rows.tobytes()


def copy_in(cursor: Any, stream: Any, table: str = _TABLE) -> None:
    """Feed a binary stream to PostgreSQL."""
    columns = ", ".join(f'"{name}"' for name in COLUMNS)
    cursor.copy_expert(f'COPY "{table}" ({columns}) FROM STDIN (FORMAT BINARY)', stream, 1 << 20)


class Here:
    """A night small enough to be held until it has been read: written on the connection at hand."""

    def __init__(self) -> None:
        self.blocks: list[NDArray[Any]] = []

    def write(self, records: NDArray[Any]) -> None:
        self.blocks.append(records)

    @transaction.atomic
    def close(self, heading: dict[str, Any]) -> Night:
        # On SQLite two planners may have read the same number; the one who writes first keeps it.
        run = next_run()
        for records in self.blocks:
            records["run"] = run
            _insert(records)
        with connection.cursor() as cursor:
            made = _headed(cursor, heading | {"run": run}, sum(len(each) for each in self.blocks))
        made.save()
        return made

    def drop(self) -> None:
        self.blocks.clear()


class Beside:
    """A large night on PostgreSQL: a thread with a connection of its own copies while the rest is still being read."""

    def __init__(self, first: Iterable[NDArray[Any]] = ()) -> None:
        self._blocks: queue.Queue[bytes | None] = queue.Queue(maxsize=4)
        self._count = 0
        self._fault: BaseException | None = None
        self._heading: dict[str, Any] = {}
        self._made: Night | None = None
        self._thread = threading.Thread(target=self._copy, name="night-records")
        self._thread.start()
        for records in first:
            self.write(records)

    def write(self, records: NDArray[Any]) -> None:
        self._count += len(records)
        self._put(copy_rows(records))

    def close(self, heading: dict[str, Any]) -> Night:
        self._heading = heading
        self._put(None)
        self._thread.join()
        if self._fault is not None:
            raise self._fault
        assert self._made is not None
        return self._made

    def drop(self) -> None:
        self._fault = self._fault or _Dropped()
        self._put(None)
        self._thread.join()

    def _put(self, block: bytes | None) -> None:
        while self._thread.is_alive():
            try:
                self._blocks.put(block, timeout=1)
            except queue.Full:
                continue
            return
        if self._fault is not None:
            raise self._fault

    def _copy(self) -> None:
        own = connections.create_connection(DEFAULT_DB_ALIAS)
        try:
            own.set_autocommit(False)
            with own.cursor() as cursor:
                copy_in(cursor, _Stream(self._taken()))
                if self._fault is not None:
                    raise self._fault
                self._made = _head_by_hand(cursor, self._heading, self._count)
            own.commit()
        except BaseException as fault:
            self._fault = fault
        finally:
            # What was not committed is rolled back with the connection.
            own.close()

    def _taken(self) -> Iterator[bytes]:
        yield _HEADER
        while (block := self._blocks.get()) is not None:
            yield block
        yield _TRAILER


class _Dropped(Exception):
    """The reader gave up; nothing of this night is kept."""


class _Stream:
    """What COPY reads from: blocks of bytes as one file."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size or size < 0:
            block = next(self._blocks, None)
            if block is None:
                break
            self._rest += block
        cut = len(self._rest) if size < 0 else size
        taken, self._rest = self._rest[:cut], self._rest[cut:]
        return taken


def _insert(records: NDArray[Any]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            copy_in(cursor, io.BytesIO(_HEADER + copy_rows(records) + _TRAILER))
            return
        # Column by column: numbers of one width become Python's own faster than records do.
        columns = (records[name].astype(np.int64).tolist() for name, _ in night.FIELDS)
        numbers = list(chain.from_iterable(zip(*columns, leaves(records), strict=True)))
        width = _AT_ONCE * len(COLUMNS)
        whole = len(numbers) - len(numbers) % width
        cursor.executemany(
            _inserting(_AT_ONCE), [numbers[first : first + width] for first in range(0, whole, width)]
        )
        if rest := numbers[whole:]:
            cursor.execute(_inserting(len(rest) // len(COLUMNS)), rest)


def _inserting(rows: int) -> str:
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    marks = ", ".join(["%s"] * len(COLUMNS))
    return f'INSERT INTO "{_TABLE}" ({names}) VALUES {", ".join([f"({marks})"] * rows)}'


def _head_by_hand(cursor: Any, heading: dict[str, Any], count: int) -> Night:
    """The same row, on a connection that the ORM does not know."""
    made = _headed(cursor, heading, count)
    fields = [field for field in Night._meta.concrete_fields if not field.primary_key]
    values = [field.get_db_prep_save(getattr(made, field.attname), connection) for field in fields]
    names = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    cursor.execute(f'INSERT INTO "{Night._meta.db_table}" ({names}) VALUES ({marks}) RETURNING id', values)
    (made.pk,) = cursor.fetchone()
    return made


def _headed(cursor: Any, heading: dict[str, Any], count: int) -> Night:
    """The night's own row, not yet saved.

    One planner at a time, so that the records of a night follow one another without a gap up to the last one made.
    """
    if connection.vendor == "postgresql":
        cursor.execute("SELECT currval(pg_get_serial_sequence(%s, 'id'))", [_TABLE])
    else:
        cursor.execute(f'SELECT max(id) FROM "{_TABLE}"')
    (last,) = cursor.fetchone()
    first = last - count + 1
    made = Night(**heading, count=count, first=first, last=last, taken_up=first - 1)
    made.leaf = night.leaf(heading_of(made))
    return made
