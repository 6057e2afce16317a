"""An export of a complaint's evidence as a ZIP that is written while it is sent: files, hashes, proofs, hands, and the script
that checks all of it without us (cases/evidence_check.py)."""

import datetime as dt
import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from cases import evidence_files, queries_ledger
from cases.domain.evidence import KINDS
from cases.models import Event, Evidence

CHECK = Path(__file__).with_name("evidence_check.py")
FORMAT = "steady.evidence.1"
README = """Evidence of one complaint, exported from Steady.

files/         the originals, byte for byte
manifest.json  what each file is, its SHA-256, and the proof that this hash was recorded on the day it was handed in
custody.json   every hand each file went through; each row commits to the one before it
verify.py      checks everything above and needs nothing but Python: python verify.py
               With heads.txt from /record/heads.txt of the site, better one that somebody else kept:
               python verify.py heads.txt

说明：files 里是原件，一个字节都没有改。运行 python verify.py 可以在不联网的电脑上核对全部内容。
"""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What an export consists of. `custody`: the exact text whose hash is in the export's event."""

    complaint_ref: str
    event: Event
    files: Sequence[Evidence]
    custody: str


def custody_text(hands: dict[str, list[str]]) -> str:
    """Reference of the file → the exact lines of its chain, as JSON."""
    return json.dumps(hands, ensure_ascii=False, indent=1, sort_keys=True)


def stream(exported: Exported, public_key: bytes) -> Iterator[bytes]:
    """The ZIP in pieces; never more than a chunk of a file in memory. Raises evidence_files.Unreadable."""
    sink = _Sink()
    with zipfile.ZipFile(cast(IO[bytes], sink), "w", zipfile.ZIP_STORED) as bundle:
        for number, each in enumerate(exported.files, start=1):
            with bundle.open(_entry(_path(number, each), exported), "w", force_zip64=True) as out:
                for block in evidence_files.read(each.stored, each.vault.key):
                    out.write(block)
                    yield sink.taken()
        manifest = json.dumps(_manifest(exported, public_key), ensure_ascii=False, indent=1)
        for name, text in (
            ("manifest.json", manifest),
            ("custody.json", exported.custody),
            ("README.txt", README),
            ("verify.py", CHECK.read_text(encoding="utf-8")),
        ):
            bundle.writestr(_entry(name, exported), text)
            yield sink.taken()
    yield sink.taken()


def _manifest(exported: Exported, public_key: bytes) -> dict[str, Any]:
    def proof(event: Event) -> dict[str, object]:
        found = queries_ledger.prove(event)
        assert found is not None, "an export is sealed before it is written"
        return queries_ledger.as_document(found, public_key)

    refs = [each.ref for each in exported.files]
    added = {
        event.about_ref: event for event in Event.objects.filter(kind="evidence.added", about_ref__in=refs)
    }
    return {
        "format": FORMAT,
        "complaint": exported.complaint_ref,
        "files": [{**entry, "proof": proof(added[str(entry["ref"])])} for entry in listed(exported.files)],
        "export": proof(exported.event),
    }


def listed(files: Sequence[Evidence]) -> list[dict[str, str | int]]:
    """What the manifest says of each file, keys sorted: the export's event has the hash of exactly this."""
    return [
        {
            "about": each.about,
            "added_at": each.added_at.astimezone(dt.UTC).isoformat(),
            "name": each.name,
            "path": _path(number, each),
            "ref": each.ref,
            "sha256": each.sha256,
            "size": each.size,
            "type": KINDS[each.kind].media_type,
        }
        for number, each in enumerate(files, start=1)
    ]


def listed_sha256(files: Sequence[Evidence]) -> str:
    return hashlib.sha256(json.dumps(listed(files)).encode()).hexdigest()


def _path(number: int, each: Evidence) -> str:
    """Never the name it came with: that one stands in the manifest, as text."""
    return f"files/{number:02d}-{each.ref}.{KINDS[each.kind].ending}"


def _entry(name: str, exported: Exported) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, exported.event.at.astimezone(dt.UTC).timetuple()[:6])
    entry.external_attr = 0o644 << 16
    return entry


class _Sink:
    """Where the ZIP is written to, piece by piece; it cannot go back, and ZipFile knows how to do without."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        return None

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
