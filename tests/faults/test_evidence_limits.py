"""Evidence under pressure: many at once, connections that break, decoders that die. Nothing half, nothing over, the site stays up."""

import contextlib
import hashlib
import os
import re
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.db import connections

from cases import confined, evidence_files, queries_evidence
from cases.actions import custody, evidence
from cases.domain import evidence as kinds
from cases.domain.refusal import Refused
from cases.models import Custody, Evidence, User
from portal import uploads
from tests.actions.complaining import a_complaint
from tests.actions.evidencing import HONEST, amr, bomb, some_evidence
from tests.signing_in import client_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
THREADS = 20


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.EVIDENCE_DIR = tmp_path / "evidence"


def on_disk() -> set[str]:
    return {path.name for path in evidence_files.folder().glob("??/*")}


def known() -> set[str]:
    rows = Evidence.objects.filter(removed_at__isnull=True)
    return {
        *rows.values_list("stored", flat=True),
        *rows.filter(pages__isnull=False).values_list("pages__stored", flat=True),
    }


def race(deeds: list[Callable[[], object]]) -> Counter[str]:
    """All at once, each with a database connection of its own."""
    gate, found = threading.Barrier(len(deeds)), Counter[str]()

    def run(deed: Callable[[], object]) -> None:
        gate.wait(timeout=30)
        try:
            deed()
            found["done"] += 1
        except Refused as refused:
            found[refused.code] += 1
        except Exception as error:  # counted, and named by the assertion
            found[f"broken {error!r}"] += 1
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return found


# ── many at once ─────────────────────────────────────────────────────────────────────────────
def at_once(complaint: Any) -> Counter[str]:
    def add(number: int) -> Callable[[], object]:
        return lambda: some_evidence(complaint, data=amr(20) + b"\x3c" + bytes([number]) * 31)

    return race([add(number) for number in range(THREADS)])


def test_twenty_uploads_at_the_quota_stay_below_it(monkeypatch: Any) -> None:
    size = len(amr(21))
    monkeypatch.setattr(kinds, "MOST_BYTES", size * 3 + size // 2)
    complaint = a_complaint()
    assert at_once(complaint) == {"done": 3, "quota": THREADS - 3}
    person = User.objects.get(pk=complaint.borrower_id)
    assert sum(person.evidence.values_list("size", flat=True)) <= kinds.MOST_BYTES
    assert on_disk() == known()


def test_twenty_uploads_at_the_number_of_files_stay_below_it(monkeypatch: Any) -> None:
    monkeypatch.setattr(kinds, "MOST_FILES", 4)
    complaint = a_complaint()
    assert at_once(complaint) == {"done": 4, "too_many_files": THREADS - 4}
    assert on_disk() == known()


def test_without_the_second_look_under_the_lock_the_quota_is_broken(monkeypatch: Any) -> None:
    """The control: only the cheap check before the sealing, as everybody passes it together."""
    size = len(amr(21))
    monkeypatch.setattr(kinds, "MOST_BYTES", size * 3 + size // 2)
    honest, passed = evidence._check_room, threading.Barrier(THREADS)
    seen = threading.local()

    def only_first(*what: Any) -> None:
        if getattr(seen, "once", False):
            return
        seen.once = True
        honest(*what)
        passed.wait(timeout=60)

    monkeypatch.setattr(evidence, "_check_room", only_first)
    assert at_once(a_complaint())["done"] > 3


def test_the_same_file_twenty_times_at_once_is_kept_once() -> None:
    complaint = a_complaint()
    data = amr(40)
    assert race([lambda: some_evidence(complaint, data=data)] * THREADS) == {"done": THREADS}
    assert Evidence.objects.count() == 1
    assert on_disk() == known()


def test_twenty_hands_at_once_make_one_chain() -> None:
    kept = some_evidence(data=amr())
    assert race([lambda: custody.note(by=None, evidence=kept, deed="viewed")] * THREADS) == {"done": THREADS}
    rows = queries_evidence.hands(kept)
    assert len(rows) == THREADS + 1 == Custody.objects.count()
    assert queries_evidence.chain_holds(rows, kept.ref)


# ── connections that break ───────────────────────────────────────────────────────────────────
@pytest.fixture
def sender(live_server: Any) -> Iterator[Callable[..., bytes]]:
    """`send(upto)` hands in one recording over a bare socket and hangs up after so many bytes of the body."""
    complaint = a_complaint()
    client = client_for(complaint.borrower)
    path = f"/complaints/{complaint.ref}/evidence/"
    page = client.get(path).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    host = live_server.url.removeprefix("http://")
    edge = "----steadyedge"

    def field(name: str, content: bytes, more: str = "") -> bytes:
        head = f'--{edge}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
        return head.encode() + content + b"\r\n"

    # AMR may end after any frame: nothing in a recording itself tells that the rest is missing.
    body = field("csrfmiddlewaretoken", token.encode()) + field("about", "半夜来电".encode())
    body += field("file", amr(4000), '; filename="a.amr"') + field("file", amr(3000), '; filename="b.amr"')
    body += f"--{edge}--\r\n".encode()

    def send(upto: int) -> bytes:
        name, port = host.split(":")
        with socket.create_connection((name, int(port)), timeout=20) as line:
            head = (
                f"POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\nConnection: close\r\n"
                f"Content-Type: multipart/form-data; boundary={edge}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            line.sendall(head.encode())
            with contextlib.suppress(OSError):
                line.sendall(body[:upto])
                line.shutdown(socket.SHUT_WR)
            answer = b""
            with contextlib.suppress(OSError):
                while piece := line.recv(65536):
                    answer += piece
            return answer

    send.body = body
    return send


def settled(deed: Callable[[], bool]) -> bool:
    limit = time.monotonic() + 10
    while not deed() and time.monotonic() < limit:
        time.sleep(0.05)
    return deed()


def test_a_connection_cut_at_any_byte_leaves_neither_half_file_nor_row(sender: Any) -> None:
    incoming = Path(site_settings.FILE_UPLOAD_TEMP_DIR)
    before = set(incoming.iterdir())
    whole = len(sender.body)
    second = sender.body.index(b'filename="b.amr"')
    frame = sender.body.index(b"#!AMR") + 6
    cuts = [0, 1, 60, 130, 200, frame, frame + 32 * 7, frame + 32 * 100, whole // 3, whole // 2, second - 3]
    cuts += [
        second,
        second + 30,
        second + 19 + 4 + 6 + 32 * 9,
        whole - 4000,
        whole - 200,
        whole - 24,
        whole - 5,
        whole - 1,
    ]
    for cut in cuts:
        answer = sender(cut)
        assert not answer.startswith(b"HTTP/1.1 302"), cut
        assert not Evidence.objects.exists(), cut
        assert on_disk() == set(), cut
    assert settled(lambda: set(incoming.iterdir()) <= before)


def test_without_counting_the_bytes_a_part_would_pass_for_everything(sender: Any, monkeypatch: Any) -> None:
    """The control: the server hands over what came, and the parser is content with it."""
    monkeypatch.setattr(uploads.Bounded, "upload_complete", lambda self: None)
    sender(len(sender.body) - 4000)
    assert [row.size for row in Evidence.objects.all()] == [len(amr(4000))]


def test_the_same_bytes_uncut_are_kept(sender: Any) -> None:
    """The control: what the cuts are cut from is a good upload."""
    answer = sender(len(sender.body))
    assert b" 302 " in answer.split(b"\r\n")[0], answer[:2000]
    assert [row.size for row in Evidence.objects.order_by("-size")] == [len(amr(4000)), len(amr(3000))]
    assert on_disk() == known()


# ── children that die ────────────────────────────────────────────────────────────────────────
def a_child(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "child.py"
    path.write_text(body)
    return path


@pytest.mark.parametrize(
    "body",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "import os; os._exit(3)",
        "import os; os.kill(os.getpid(), 9)",
        "raise SystemExit(0)",
        "print('no json')",
        'import sys; sys.stdout.write(\'{"walls": [], "of": 1, "pages": [[1, 1, 5]]}\\n<html\')',
        "print('[]')",
        "print('{}')",
        'print(\'{"walls": 5, "of": {}, "pages": [5]}\')',
        'import sys; sys.stdout.buffer.write(b\'{"walls": [], "of": 1, "pages": [[99999, 1, 3]]}\\n\\xff\\xd8\\xff\')',
        "import sys\nwhile True: sys.stdout.write('x' * 100000)",
        "import time; time.sleep(600)",
        "import os, time\nif os.fork() == 0: time.sleep(600)\ntime.sleep(600)",
    ],
)
def test_whatever_the_child_does_the_site_says_no_and_goes_on(
    body: str, monkeypatch: Any, tmp_path: Path
) -> None:
    honest = confined.CHILD
    monkeypatch.setattr(confined, "CHILD", a_child(tmp_path, body))
    monkeypatch.setattr(confined, "SECONDS", 2)
    complaint = a_complaint()
    with pytest.raises(Refused) as refused:
        some_evidence(complaint)
    assert refused.value.code in {"too_costly", "broken"}
    assert on_disk() == set()
    monkeypatch.setattr(confined, "CHILD", honest)
    monkeypatch.setattr(confined, "SECONDS", 20)
    assert some_evidence(complaint).pages.count() == 1


def test_a_child_cannot_change_what_it_was_given_to_look_at(monkeypatch: Any, tmp_path: Path) -> None:
    """It looks before the original is sealed: what it could change would be the evidence, with a hash that agrees."""
    alter = (
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None); libc.mmap.restype = ctypes.c_void_p\n"
        "libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]\n"
        "place = libc.mmap(None, 16, 3, 1, 0, 0)\n"
        "if place and place != ctypes.c_void_p(-1).value: ctypes.memmove(place, b'EVIL', 4)\n"
        'os.write(1, b\'{"walls": [], "of": 1, "pages": [[1, 1, 3]]}\\n\\xff\\xd8\\xff\')\n'
    )
    monkeypatch.setattr(confined, "CHILD", a_child(tmp_path, alter))
    kept = some_evidence(a_complaint(), data=HONEST["png"])
    assert kept.sha256 == hashlib.sha256(HONEST["png"]).hexdigest()


def inside(body: str, *, threads: bool = False) -> str:
    """What a taken-over decoder could do: the child's own walls around lines of ours, its word back."""
    script = (
        "import importlib.util, sys, os, socket, subprocess, threading\n"
        f"spec = importlib.util.spec_from_file_location('child', {str(confined.CHILD)!r})\n"
        "child = importlib.util.module_from_spec(spec); spec.loader.exec_module(child)\n"
        f"child._walls(threads={threads})\n"
        "try:\n" + "".join(f"    {line}\n" for line in body.splitlines()) + "    said = 'DONE'\n"
        "except BaseException as error:\n    said = type(error).__name__\n"
        "os.write(1, said.encode())\nos._exit(0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, cwd="/", env={}, timeout=60, check=False
    )
    return done.stdout.decode() or f"killed {done.returncode}"


@pytest.mark.parametrize("threads", [False, True])
@pytest.mark.parametrize(
    "body",
    [
        "open({known!r}).read()",
        "open({planted!r}, 'w').write('x')",
        "socket.create_connection(('127.0.0.1', {port}), timeout=2)",
        "socket.socket(socket.AF_UNIX)",
        "os.fork()",
        "os.execv('/bin/sh', ['sh'])",
        "os.kill({parent}, 0)",
        "bytearray(2_000_000_000)",
    ],
)
def test_a_decoder_that_was_taken_over_reaches_nothing(body: str, threads: bool) -> None:
    planted = Path(tempfile.gettempdir()) / f"planted-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.2)
        port = canary.getsockname()[1]
        lines = body.format(port=port, parent=os.getpid(), known=os.__file__, planted=str(planted))
        assert inside(lines, threads=threads) != "DONE"
        with pytest.raises(TimeoutError):
            canary.accept()
    assert not planted.exists()


def test_without_walls_the_same_lines_do_reach_something() -> None:
    """The control."""
    with socket.create_server(("127.0.0.1", 0)) as canary:
        script = (
            f"import socket; socket.create_connection(('127.0.0.1', {canary.getsockname()[1]}), timeout=5)"
        )
        subprocess.run([sys.executable, "-I", "-c", script], check=True)
        canary.settimeout(5)
        canary.accept()[0].close()


def test_a_bomb_is_refused_quickly_and_in_little_memory() -> None:
    complaint = a_complaint()
    begun = time.monotonic()
    with pytest.raises(Refused) as refused:
        some_evidence(complaint, data=bomb(60_000, 60_000))
    assert refused.value.code == "too_many_pixels"
    assert time.monotonic() - begun < 2
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 512 * 1024
