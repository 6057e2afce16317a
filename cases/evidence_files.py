"""Where evidence lies: sealed files in a folder that no server serves, each under a random name, each chunk authenticated.

One data key for each complaint or diary entry, wrapped by the site's keys (`FIELD_KEYS`), and from it one key for each file.
AES-256-GCM in chunks, as the STREAM construction numbers them (Hoang, Reyhanitabar, Rogaway, Vizár 2015): a chunk that is
changed, moved, repeated or missing, the last one too, is noticed, and memory stays flat. Destroying a data key destroys
everything sealed with it, backups of the folder included.
"""

import base64
import contextlib
import hashlib
import os
import secrets
import time
import uuid
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from cases import fields

CHUNK = 256 * 1024
_TAG = 16
_HEAD = b"STEADY1\n"
_PREFIX = 7
# An upload that is still being written is no orphan.
_YOUNG_SECONDS = 60 * 60


class Unreadable(Exception):
    """A sealed file is missing, was altered, or its key is gone."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What was sealed: under which name, how many bytes of clear text, and their SHA-256 in hex."""

    name: str
    size: int
    sha256: str


def new_key() -> str:
    """A fresh data key, wrapped."""
    return fields.encrypt(base64.b64encode(secrets.token_bytes(32)).decode())


def folder() -> Path:
    return Path(settings.EVIDENCE_DIR)


def path_of(name: str) -> Path:
    return folder() / name[:2] / name


def store(source: IO[bytes], key: str) -> Stored:
    """Seal everything in `source`, from its beginning. The file appears under its name whole or not at all."""
    name = uuid.uuid4().hex
    cipher = _cipher(key, name)
    prefix = secrets.token_bytes(_PREFIX)
    path = path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    digest, size = hashlib.sha256(), 0
    source.seek(0)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(_HEAD + prefix)
            number, block = 0, source.read(CHUNK)
            while True:
                following = source.read(CHUNK)
                digest.update(block)
                size += len(block)
                out.write(cipher.encrypt(_nonce(prefix, number, last=not following), block, name.encode()))
                if not following:
                    break
                number, block = number + 1, following
            out.flush()
            os.fsync(out.fileno())
        os.replace(part, path)
        _settle(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return Stored(name=name, size=size, sha256=digest.hexdigest())


def read(name: str, key: str) -> Iterator[bytes]:
    """The clear text in chunks, each authenticated before it is handed out. Raises Unreadable."""
    if not key:
        raise Unreadable("The key was destroyed.")
    cipher = _cipher(key, name)
    try:
        with path_of(name).open("rb") as sealed:
            if sealed.read(len(_HEAD)) != _HEAD:
                raise Unreadable(f"{name} is no sealed file.")
            prefix = sealed.read(_PREFIX)
            number, block = 0, sealed.read(CHUNK + _TAG)
            while True:
                following = sealed.read(CHUNK + _TAG)
                yield cipher.decrypt(_nonce(prefix, number, last=not following), block, name.encode())
                if not following:
                    return
                number, block = number + 1, following
    except (OSError, InvalidTag, ValueError) as error:
        raise Unreadable(f"{name} cannot be read.") from error


def is_whole(name: str, key: str, sha256: str) -> bool:
    """Whether the sealed file still is what it was, to the last byte."""
    digest = hashlib.sha256()
    try:
        for block in read(name, key):
            digest.update(block)
    except Unreadable:
        return False
    return digest.hexdigest() == sha256


def remove(name: str) -> None:
    path_of(name).unlink(missing_ok=True)


def sweep(known: Container[str], *, now: float | None = None) -> int:
    """Remove what no row knows and is older than an hour: sealed files, half files, uploads that were cut off."""
    limit = (now or time.time()) - _YOUNG_SECONDS
    incoming = Path(settings.FILE_UPLOAD_TEMP_DIR)
    orphans = [path for path in folder().glob("??/*") if path.name not in known]
    removed = 0
    for path in [*orphans, *incoming.glob("*.upload*")]:
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < limit:
                path.unlink()
                removed += 1
    return removed


def _cipher(key: str, name: str) -> AESGCM:
    whole = base64.b64decode(fields.decrypt(key))
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"steady evidence " + name.encode())
    return AESGCM(derived.derive(whole))


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + (b"\x01" if last else b"\x00")


def _settle(directory: Path) -> None:
    """The name too survives a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
