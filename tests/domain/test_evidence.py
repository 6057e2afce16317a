"""A file is what its content says from the first byte to the last, or it is refused with a word that helps."""

import io
import struct

import pytest

from cases.domain import evidence
from cases.domain.refusal import Refused

PNG = (
    b"\x89PNG\r\n\x1a\n"
    + struct.pack(">I4s13sI", 13, b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0), 0)
    + struct.pack(">I4sI", 0, b"IEND", 0)
)
EMPTY_ZIP = b"PK\x05\x06" + bytes(18)
AMR = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 3


def code(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        evidence.identify(io.BytesIO(data))
    return refused.value.code


@pytest.mark.parametrize(("data", "kind"), [(PNG, "png"), (AMR, "amr")])
def test_what_is_whole_is_known(data: bytes, kind: str) -> None:
    assert evidence.identify(io.BytesIO(data)).code == kind


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>", "web_page"),
        (b"\n  <html><script>alert(1)</script>", "web_page"),
        ("<html>".encode("utf-16"), "web_page"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "web_page"),
        (b"<svg onload=alert(1)>", "web_page"),
        (b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\nhttps://elsewhere.test/a.ts", "playlist"),
        (b"ffconcat version 1.0\nfile elsewhere/a.ts", "playlist"),
        (b"PK\x03\x04rest of an archive or of an office document", "archive"),
        (b"\x1f\x8b\x08 a packed drawing", "archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "archive"),
        (b"push graphic-context viewbox 0 0 640 480", "unknown_kind"),
        (b"GIF89a", "unknown_kind"),
        (b"MZ\x90\x00", "unknown_kind"),
        (PNG[:-1], "broken"),
        (PNG[:20], "broken"),
        (PNG + b"<script>", "two_in_one"),
        (PNG + EMPTY_ZIP, "two_in_one"),
        (AMR + EMPTY_ZIP, "two_in_one"),
        (AMR + b"\x3c", "broken"),
        (AMR[:-1], "broken"),
        (b"\xff\xd8\xff\xe0\x00\x02<html>", "broken"),
        (b"%PDF-1.7\nno end", "broken"),
        (b"%PDF-1.7\n1 0 obj\n%%EOF\n" + b"<html>", "two_in_one"),
        (b"%PDF-1.7\n<script>x</script>\n%%EOF\n", "two_in_one"),
        (b"ID3\x04\0\0\0\0\0\0 no sound", "broken"),
        (b"OggS" + bytes(40), "unknown_kind"),
        (b"RIFF\x40\0\0\0WEBP", "broken"),
        (b"RIFF\x04\0\0\0WEBP and more", "two_in_one"),
    ],
)
def test_what_is_not_accepted_says_why(data: bytes, word: str) -> None:
    assert code(data) == word


@pytest.mark.parametrize("cut", range(1, len(AMR) - 6, 7))
def test_a_recording_that_was_cut_anywhere_is_not_whole(cut: int) -> None:
    frames = AMR[:-cut]
    whole = (len(frames) - 6) % 32 == 0
    assert whole or code(frames) == "broken"


@pytest.mark.parametrize(
    ("group", "limit"), [("picture", 15), ("document", 15), ("audio", 50), ("video", 100)]
)
def test_limits_are_those_that_the_page_says(group: str, limit: int) -> None:
    assert evidence.LARGEST[evidence.Group(group)] == limit * 1024 * 1024


def test_a_picture_above_its_limit_is_refused_before_anything_is_walked() -> None:
    assert code(PNG + bytes(15 * evidence.MB)) == "too_large"


def test_what_chance_writes_into_a_recording_accuses_nobody() -> None:
    """Four letters in any case turn up in a tenth of all long films; only what chance does not write counts."""
    noise = b"\x3c".ljust(32, b"\0") * 40
    noise += b"".join(b"\x3c<svg <asx %PDF- PK\x03\x04 <html".ljust(32, b"\0") for _ in range(4000))
    assert evidence.identify(io.BytesIO(b"#!AMR\n" + noise)).code == "amr"
    assert code(b"#!AMR\n" + noise + b"\x3c#ExtM3U".ljust(32, b"\0")) == "playlist"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("微信截图 2027-05-11.png", "微信截图 2027-05-11.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Users\\me\\a.png", "a.png"),
        ("a\r\nSet-Cookie: x=1.png", "aSet-Cookie_ x=1.png"),
        ("invoice\u202egnp.exe", "invoicegnp.png"),
        ("nul\x00byte.png", "nulbyte.png"),
        ("CON", "file CON.png"),
        ("con.jpg", "file con.png"),
        ("", "file.png"),
        ("....", "file.png"),
        ('a";filename="b.html', "a__filename=_b.png"),
        ("字" * 255 + ".png", "字" * 80 + ".png"),
        ("x" * 4096, "x" * 80 + ".png"),
        ("截图😀.png", "截图😀.png"),
    ],
)
def test_a_name_is_cleaned_and_takes_the_ending_of_what_it_is(raw: str, shown: str) -> None:
    assert evidence.clean_name(raw, evidence.KINDS["png"]) == shown


def test_cleaning_a_name_twice_changes_nothing() -> None:
    once = evidence.clean_name("a/b\u202e?.png", evidence.KINDS["png"])
    assert evidence.clean_name(once, evidence.KINDS["png"]) == once
