"""Small files of every kind, honest and dishonest, and evidence handed in through the action that people use."""

import io
import struct
import zipfile
import zlib
from typing import Any

import pillow_heif
from PIL import Image

from cases.actions import evidence
from cases.models import Complaint, Contact, Evidence, EvidenceShare
from tests.actions.complaining import a_complaint

pillow_heif.register_heif_opener()


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40), **how: Any) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, kind, **how)
    return out.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(wide: int, high: int) -> bytes:
    """A PNG that says it is huge, in a few kilobytes."""
    head = struct.pack(">IIBBBBB", wide, high, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1_000_000), 9))
        + chunk(b"IEND", b"")
    )


def box(name: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I4s", 8 + len(data), name) + data


def film(brand: bytes = b"isom", *, elsewhere: bytes = b"", inside: bytes = b"") -> bytes:
    """The smallest film there is; `elsewhere` makes its one track point at another file."""
    url = box(b"url ", b"\0\0\0\0" + elsewhere if elsewhere else b"\0\0\0\1")
    dref = box(b"dref", b"\0\0\0\0", struct.pack(">I", 1), url)
    trak = box(b"trak", box(b"mdia", box(b"minf", box(b"dinf", dref))))
    return (
        box(b"ftyp", brand, b"\0\0\2\0", b"isom" if brand != b"qt  " else b"qt  ")
        + box(b"moov", trak)
        + box(b"mdat", inside or bytes(64))
    )


def mp3(frames: int = 5) -> bytes:
    return b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + (b"\xff\xfb\x90\x00" + bytes(413)) * frames


def amr(frames: int = 5) -> bytes:
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * frames


def ogg(codec: bytes = b"OpusHead") -> bytes:
    def page(kind: int, body: bytes) -> bytes:
        return (
            b"OggS\0"
            + bytes([kind])
            + bytes(8)
            + bytes(4)
            + bytes(4)
            + bytes(4)
            + bytes([1, len(body)])
            + body
        )

    return page(2, codec + bytes(11)) + page(4, bytes(100))


def zipped(name: str = "a.txt") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(name, "x" * 50)
    return out.getvalue()


HONEST: dict[str, bytes] = {
    "png": picture("PNG"),
    "jpeg": picture("JPEG"),
    "webp": picture("WEBP"),
    "heic": picture("HEIF"),
    "pdf": picture("PDF"),
    "mp4": film(),
    "mov": film(b"qt  "),
    "m4a": film(b"M4A "),
    "mp3": mp3(),
    "amr": amr(),
    "ogg": ogg(),
}


def some_evidence(to: Complaint | Contact | None = None, data: bytes = b"", **how: Any) -> Evidence:
    to = to or a_complaint()
    how = {"name": "20270511-221745.png"} | how
    return evidence.add(by=to.borrower, to=to, file=io.BytesIO(data or HONEST["png"]), **how)


def shared_evidence(
    to: Complaint | None = None, scope: str = EvidenceShare.Scope.ORIGINAL, **how: Any
) -> Evidence:
    """Shown to the lender that the complaint went to."""
    to = to or a_complaint()
    kept = some_evidence(to, **how)
    evidence.share(by=to.borrower, evidence=kept, lender=to.lender, scope=scope)
    return kept
