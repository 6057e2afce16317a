"""What may be kept as evidence: kinds known by their content, how large, how many, and what a file may be called.

A file's own name and the type its sender declared are never believed. The first bytes say what it claims to be; then its
structure is walked to its end, because what two programs read in two ways is a trap for whoever opens it. Pictures and PDF
are drawn anew in a confined process afterwards; what is checked here is what needs no decoder.
"""

import re
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import IO

from cases.domain.refusal import Refused

MB = 1024 * 1024
MOST_FILES = 20  # of one complaint or one diary entry
MOST_BYTES = 500 * MB  # of one person
MOST_PIXELS = 40_000_000
LONGEST_NAME = 80
_BLOCK = 64 * 1024


class Group(StrEnum):
    PICTURE = "picture"
    DOCUMENT = "document"
    AUDIO = "audio"
    VIDEO = "video"


LARGEST = {Group.PICTURE: 15 * MB, Group.DOCUMENT: 15 * MB, Group.AUDIO: 50 * MB, Group.VIDEO: 100 * MB}
LARGEST_OF_ALL = max(LARGEST.values())


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One accepted kind. `media_type` is what we serve it as, whatever anybody declared."""

    code: str
    group: Group
    ending: str
    media_type: str

    @property
    def is_drawn(self) -> bool:
        """Whether a view copy is made of it; sound and film are kept sealed and handed out only whole."""
        return self.group in {Group.PICTURE, Group.DOCUMENT}


KINDS = {
    kind.code: kind
    for kind in (
        Kind(code="png", group=Group.PICTURE, ending="png", media_type="image/png"),
        Kind(code="jpeg", group=Group.PICTURE, ending="jpg", media_type="image/jpeg"),
        Kind(code="webp", group=Group.PICTURE, ending="webp", media_type="image/webp"),
        Kind(code="heic", group=Group.PICTURE, ending="heic", media_type="image/heic"),
        Kind(code="pdf", group=Group.DOCUMENT, ending="pdf", media_type="application/pdf"),
        Kind(code="mp4", group=Group.VIDEO, ending="mp4", media_type="video/mp4"),
        Kind(code="mov", group=Group.VIDEO, ending="mov", media_type="video/quicktime"),
        Kind(code="m4a", group=Group.AUDIO, ending="m4a", media_type="audio/mp4"),
        Kind(code="mp3", group=Group.AUDIO, ending="mp3", media_type="audio/mpeg"),
        Kind(code="amr", group=Group.AUDIO, ending="amr", media_type="audio/amr"),
        Kind(code="ogg", group=Group.AUDIO, ending="ogg", media_type="audio/ogg"),
    )
}


def identify(file: IO[bytes]) -> Kind:
    """What this file is, by its content from the first byte to the last.

    Raises Refused with `empty`, `web_page`, `archive`, `playlist`, `unknown_kind` for what is not accepted at all,
    `too_large` above the limit of its kind, `broken` for a file that ends early, `two_in_one` for one that is also
    something else.
    """
    size = file.seek(0, 2)
    if size == 0:
        raise Refused("empty")
    head = _at(file, 0, 4096)
    code = _claimed(head)
    kind = KINDS[code]
    if size > LARGEST[kind.group]:
        raise Refused("too_large")
    _WALKS[code](file, size)
    _one_only(file, size, kind)
    return kind


def clean_name(raw: str, kind: Kind) -> str:
    """A name that can be shown and put into a header: no path, no control or direction signs, our own ending."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", raw)[-1])
    name = "".join(sign for sign in name if unicodedata.category(sign) not in _UNSHOWN)
    name = re.sub(r'[<>:"|?*;%`$]', "_", name)
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name).strip(" .")[:LONGEST_NAME].strip(" .")
    if not stem or stem.upper() in _RESERVED:
        stem = f"file {stem}".strip()
    return f"{stem}.{kind.ending}"


_UNSHOWN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})
_RESERVED = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{n}{i}" for n in ("COM", "LPT") for i in range(1, 10))}
)


# ── what the first bytes claim ───────────────────────────────────────────────────────────────
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_MP4 = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV"})
_M4A = frozenset({b"M4A ", b"M4B "})
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"BZh")
_MARKUP = re.compile(
    rb"<\s*(?:!doctype|html|head|body|script|svg|iframe|\?xml|\?php|math|smil)\b|<\?xml", re.IGNORECASE
)
_PLAYLIST = re.compile(rb"#EXTM3U|#EXT-X-|ffconcat version|\[playlist\]|<asx\b|<smil\b", re.IGNORECASE)


def _claimed(head: bytes) -> str:
    """The code of the kind whose signature stands at the very beginning. Raises Refused."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head[4:8] == b"ftyp":
        return _branded(head)
    if head.startswith((b"#!AMR\n", b"#!AMR-WB\n")):
        return "amr"
    if head.startswith(b"OggS"):
        return "ogg"
    if head.startswith(b"ID3") or _mp3_frame(head[:4]):
        return "mp3"
    plain = head.replace(b"\x00", b"")  # UTF-16 looks like this
    if _PLAYLIST.search(plain):
        raise Refused("playlist")
    if _MARKUP.search(plain):
        raise Refused("web_page")
    if head.startswith(_ARCHIVES):
        raise Refused("archive")
    raise Refused("unknown_kind")


def _branded(head: bytes) -> str:
    """ISO base media: the brands of its first box, the major one first."""
    length = min(struct.unpack(">I", head[:4])[0], len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, length - 3, 4))]
    for brand in brands:
        if brand in _HEIC:
            return "heic"
        if brand in _M4A:
            return "m4a"
        if brand == b"qt  ":
            return "mov"
        if brand in _MP4:
            return "mp4"
    raise Refused("unknown_kind")


# ── from the first byte to the last ──────────────────────────────────────────────────────────
def _png(file: IO[bytes], size: int) -> None:
    at, first = 8, True
    while at + 12 <= size:
        length, name = struct.unpack(">I4s", _at(file, at, 8))
        if first != (name == b"IHDR") or not name.isalpha():
            raise Refused("broken")
        first = False
        at += 12 + length
        if name == b"IEND":
            if at != size:
                raise Refused("two_in_one" if at < size else "broken")
            return
    raise Refused("broken")


def _jpeg(file: IO[bytes], size: int) -> None:
    """Segments up to the picture, the picture up to its end mark. Cameras append second pictures; archives may not."""
    at = 2
    while True:
        mark = _at(file, at, 4)
        if len(mark) < 4 or mark[0] != 0xFF:
            raise Refused("broken")
        if mark[1] == 0xFF:
            at += 1
            continue
        if mark[1] == 0xDA:
            break
        at += 2 + int.from_bytes(mark[2:4], "big")
    end = _find_last(file, at, size, b"\xff\xd9")
    if end is None:
        raise Refused("broken")
    # After the end mark: nothing that another program would take for the real file.
    if _at(file, end + 2, 8).lstrip(b"\x00").startswith((*_ARCHIVES, b"%PDF", b"MZ", b"\x7fELF", b"<")):
        raise Refused("two_in_one")


def _webp(file: IO[bytes], size: int) -> None:
    whole = struct.unpack("<I", _at(file, 4, 4))[0] + 8
    if whole + (whole & 1) < size:
        raise Refused("two_in_one")
    if whole > size:
        raise Refused("broken")


def _pdf(file: IO[bytes], size: int) -> None:
    tail = _at(file, max(0, size - 2048), 2048)
    end = tail.rfind(b"%%EOF")
    if end < 0:
        raise Refused("broken")
    if tail[end + 5 :].strip(b"\x00\r\n\t \x1a"):
        raise Refused("two_in_one")


def _boxes(file: IO[bytes], start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, where its content begins, where it ends) of ISO media boxes that fill `start` to `end` exactly."""
    at = start
    while at < end:
        head = _at(file, at, 16)
        if len(head) < 8:
            raise Refused("broken")
        length, name = struct.unpack(">I4s", head[:8])
        inner = 8
        if length == 1 and len(head) == 16:
            length, inner = struct.unpack(">Q", head[8:])[0], 16
        elif length == 0:
            length = end - at
        if length < inner or at + length > end:
            raise Refused("broken")
        yield name, at + inner, at + length
        at += length


def _heic(file: IO[bytes], size: int) -> None:
    if b"meta" not in {name for name, _from, _to in _boxes(file, 0, size)}:
        raise Refused("broken")


def _film(file: IO[bytes], size: int) -> None:
    found = {name: (start, end) for name, start, end in _boxes(file, 0, size)}
    if b"moov" not in found or not {b"mdat", b"moof"} & found.keys():
        raise Refused("broken")
    _self_contained(file, *found[b"moov"])


_NESTED = frozenset({b"trak", b"mdia", b"minf", b"dinf"})


def _self_contained(file: IO[bytes], start: int, end: int, depth: int = 0) -> None:
    """A film may not point at other files: neither by a list of films nor by tracks that lie elsewhere."""
    for name, inside, after in _boxes(file, start, end):
        if name in {b"rmra", b"rmda", b"rdrf", b"rmdr"}:
            raise Refused("playlist")
        if name == b"dref":
            for _kind, entry, _after in _boxes(file, inside + 8, after):
                # ISO 14496-12 §8.7.2: flag 1 says that the media data is in this same file.
                if not _at(file, entry, 4)[3:4] or not _at(file, entry, 4)[3] & 1:
                    raise Refused("playlist")
        elif name in _NESTED and depth < 6:
            _self_contained(file, inside, after, depth + 1)


# Bytes of a frame without its first, by frame type; None: not a type. 3GPP TS 26.101 and 26.201.
_AMR_NB = (12, 13, 15, 17, 19, 20, 26, 31, 5, None, None, None, None, None, None, 0)
_AMR_WB = (17, 23, 32, 36, 40, 46, 50, 58, 60, 5, None, None, None, None, 0, 0)


def _amr(file: IO[bytes], size: int) -> None:
    wide = _at(file, 0, 9) == b"#!AMR-WB\n"
    sizes, at = (_AMR_WB, 9) if wide else (_AMR_NB, 6)
    file.seek(at)
    rest = file.read()
    place = 0
    while place < len(rest):
        length = sizes[rest[place] >> 3 & 15]
        if length is None or rest[place] & 0x83:
            raise Refused("two_in_one" if place else "broken")
        place += 1 + length
    if place != len(rest) or not rest:
        raise Refused("broken")


_SPEECH = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")


def _ogg(file: IO[bytes], size: int) -> None:
    at = 0
    while at < size:
        head = _at(file, at, 27)
        if len(head) < 27 or head[:4] != b"OggS":
            raise Refused("two_in_one" if at and len(head) == 27 else "broken")
        table = _at(file, at + 27, head[26])
        first = at == 0
        at += 27 + len(table) + sum(table)
        if first and not _at(file, 27 + len(table), 8).startswith(_SPEECH):
            raise Refused("unknown_kind")
    if at != size:
        raise Refused("broken")


_BITRATES = {  # kbit/s of layer III, by MPEG version bits
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mp3_frame(head: bytes) -> int:
    """Length in bytes of the MPEG layer III frame that begins here; 0 when none does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, sample = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer != 1 or rate in {0, 15} or sample == 3:
        return 0
    bits = _BITRATES[3 if version == 3 else 2][rate] * 1000
    return (144 if version == 3 else 72) * bits // _SAMPLES[version][sample] + (head[2] >> 1 & 1)


def _mp3(file: IO[bytes], size: int) -> None:
    at = 0
    head = _at(file, 0, 10)
    if head[:3] == b"ID3":
        if len(head) < 10 or any(byte & 0x80 for byte in head[6:10]):
            raise Refused("broken")
        at = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    frames = 0
    while at < size and (length := _mp3_frame(_at(file, at, 4))):
        frames, at = frames + 1, at + length
    if frames < 3:
        raise Refused("broken")
    # Players tag at the end as well; the last frame of a recording that was stopped may be short.
    rest = _at(file, at, 8)
    tagged = not rest.strip(b"\x00") or rest.startswith((b"TAG", b"APETAGEX", b"LYRICS", b"ID3"))
    if size - at > 4096 and not tagged:
        raise Refused("two_in_one")


_WALKS = {
    "png": _png, "jpeg": _jpeg, "webp": _webp, "heic": _heic, "pdf": _pdf, "mp4": _film,
    "mov": _film, "m4a": _film, "mp3": _mp3, "amr": _amr, "ogg": _ogg,
}  # fmt: skip


# ── and nothing else besides ─────────────────────────────────────────────────────────────────
_ACTIVE = re.compile(rb"<(?:script|iframe|!doctype html|html[\s>]|\?php\s)")
_LISTS = (b"#extm3u", b"#ext-x-", b"ffconcat version", b"[playlist]")
_EDGE = 64 * 1024
_OVERLAP = 64


def _one_only(file: IO[bytes], size: int, kind: Kind) -> None:
    """Raises Refused when another program could read this file as an archive, a page, a PDF or a playlist.

    Words are looked for that chance does not write: in 100 MB of film four given letters turn up by themselves. Pages are
    looked for all through pictures and PDF, and at both ends of sound and film.
    """
    if _ends_as_zip(file, size):
        raise Refused("two_in_one")
    if kind.code != "pdf" and b"%PDF-" in _at(file, 0, 1024):
        raise Refused("two_in_one")
    before, at = b"", 0
    for block in _blocks(file):
        seen = before + block.lower()
        if any(word in seen for word in _LISTS):
            raise Refused("playlist")
        at += len(block)
        searched = kind.is_drawn or at <= _EDGE or at >= size - _EDGE
        if searched and _ACTIVE.search(seen):
            raise Refused("two_in_one")
        before = seen[-_OVERLAP:]


def _ends_as_zip(file: IO[bytes], size: int) -> bool:
    """Whether a ZIP's own end record stands in the tail and leads to its directory (APPNOTE 4.3.16)."""
    start = max(0, size - 65_557)
    tail = _at(file, start, size - start)
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        record = tail[at : at + 22]
        if len(record) == 22:
            length = struct.unpack("<I", record[12:16])[0]
            directory = start + at - length
            if length == 0 or (directory >= 0 and _at(file, directory, 4) == b"PK\x01\x02"):
                return True
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return False


def _at(file: IO[bytes], place: int, length: int) -> bytes:
    file.seek(place)
    return file.read(length)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(_BLOCK):
        yield block


def _find_last(file: IO[bytes], start: int, size: int, what: bytes) -> int | None:
    """Where `what` stands last between `start` and the end; read from the end, block by block."""
    end = size
    while end > start:
        begin = max(start, end - _BLOCK)
        found = _at(file, begin, end - begin + len(what) - 1).rfind(what)
        if found >= 0:
            return begin + found
        end = begin
    return None
