"""Drawing a view copy of a stranger's file, in a process that can do nothing but draw (cases/confined_child.py).

The decoders are large and old, and a file may have been made to break them. So they run in a child with bounded memory,
time and output, a clean environment and no way to a file, a socket or a program; whatever happens to it, the site stays up.
"""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cases.domain.evidence import Kind
from cases.domain.refusal import Refused

CHILD = Path(__file__).with_name("confined_child.py")
SECONDS = 20
MOST_BYTES = 24 * 1024 * 1024
# Two cores, half a gigabyte each: more at once would be somebody else's trouble.
_AT_ONCE = threading.BoundedSemaphore(2)
# Whoever draws or waits holds a thread of the web server, which has four: one waits shortly, the last stays free for everybody.
_IN_ALL = threading.BoundedSemaphore(3)
_PATIENCE = 5
# What fits the columns of the database; the child itself stays far below.
_LONGEST_SIDE, _MOST_PAGES = 32_767, 1_000_000
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a view copy: a JPEG that holds nothing but pixels."""

    width: int
    height: int
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A view copy. `of`: how many pages the original has; `walls`: what the system allowed us to build around the child."""

    pages: Sequence[Page]
    of: int
    walls: Sequence[str]


def draw(file: IO[bytes], kind: Kind) -> Drawn:
    """The view copy of a picture or PDF. `file` must have a descriptor; it is read from its beginning.

    Raises Refused with `broken`, `too_many_pixels`, `locked`, `too_costly` (memory, time or output ran out) or `busy`.
    """
    if not _IN_ALL.acquire(blocking=False):
        raise Refused("busy")
    try:
        if not _AT_ONCE.acquire(timeout=_PATIENCE):
            raise Refused("busy")
        try:
            return _understood(_run(file, kind.code))
        finally:
            _AT_ONCE.release()
    finally:
        _IN_ALL.release()


def _run(file: IO[bytes], code: str) -> bytes:
    file.flush()
    source = _for_reading(file)
    try:
        child = _start(source, code)
    finally:
        os.close(source)
    assert child.stdout is not None
    timer = threading.Timer(SECONDS, _kill, [child])
    timer.start()
    begun = time.monotonic()
    try:
        said = child.stdout.read(MOST_BYTES + 1)
        if len(said) > MOST_BYTES:
            _kill(child)
        child.wait()
    finally:
        timer.cancel()
        _kill(child)
        child.stdout.close()
    if child.returncode != 0 or len(said) > MOST_BYTES:
        _logger.warning(
            "A view copy (%s) ended with status %s after %.1f s.",
            code,
            child.returncode,
            time.monotonic() - begun,
        )
        raise Refused("too_costly")
    return said


def _for_reading(file: IO[bytes]) -> int:
    """
    A descriptor of its own for the child, at the beginning, and on Linux for reading only: the upload is sealed after it was
    looked at, and a decoder that was taken over could change it through a shared mapping, which no limit of ours sees.
    """
    try:
        return os.open(f"/proc/self/fd/{file.fileno()}", os.O_RDONLY)
    except OSError:
        source = os.dup(file.fileno())
        os.lseek(source, 0, os.SEEK_SET)
        return source


def _start(source: int, code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-I", "-W", "ignore", str(CHILD), code],
        stdin=source,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"},
        close_fds=True,
        start_new_session=True,
    )


def _kill(child: "subprocess.Popen[bytes]") -> None:
    """The whole group, in case the child had children after all."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def _understood(said: bytes) -> Drawn:
    """Whatever the child says is not believed beyond its form: sizes are compared, pages must be JPEG."""
    line, _end, body = said.partition(b"\n")
    try:
        head: dict[str, Any] = json.loads(line)
    except ValueError:
        raise Refused("too_costly") from None
    try:
        if unfit := head.get("unfit"):
            raise Refused(unfit if unfit in {"too_many_pixels", "locked"} else "broken")
        return _drawn(head, body)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        raise Refused("broken") from None


def _drawn(head: dict[str, Any], body: bytes) -> Drawn:
    """Raises whatever a form that is not ours leads to."""
    pages, at = [], 0
    for width, height, length in head["pages"]:
        data = body[at : at + length]
        at += length
        if len(data) != length or not data.startswith(b"\xff\xd8\xff"):
            raise ValueError("a page is no picture")
        pages.append(Page(width=_side(width), height=_side(height), data=data))
    if not pages or at != len(body):
        raise ValueError("pages and bytes do not fit")
    return Drawn(
        pages=pages, of=max(1, min(int(head["of"]), _MOST_PAGES)), walls=[str(wall) for wall in head["walls"]]
    )


def _side(said: object) -> int:
    if isinstance(said, int) and 0 < said <= _LONGEST_SIDE:
        return said
    raise ValueError("no side of a picture")
