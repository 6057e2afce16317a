"""What every CSV file here goes through first: bytes to text in a fixed order of encodings, text to records, or a refusal.

The order is BOM, strict UTF-8, GB18030; UTF-16 is refused, because guessing it turns text into other text.
"""

import csv
import io
from collections.abc import Iterator

from .refusal import Refused

LARGEST_BYTES = 1024 * 1024


class FileRefused(Refused):
    """A file that cannot be read at all.

    `code` is one of `empty`, `too_big`, `utf16`, `spreadsheet`, `unreadable`, `too_wide`, `too_many_rows`,
    `no_rows`, `broken` (with `line`) and `columns` (with the names that are missing or there twice).
    """

    def __init__(
        self, code: str, *, line: int = 0, missing: tuple[str, ...] = (), twice: tuple[str, ...] = ()
    ) -> None:
        super().__init__(code, field="file")
        self.line = line
        self.missing = missing
        self.twice = twice


def decode(data: bytes) -> tuple[str, str]:
    """The text of a file and the name of its encoding. Raises FileRefused rather than guessing wide encodings."""
    if len(data) > LARGEST_BYTES:
        raise FileRefused("too_big")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise FileRefused("spreadsheet")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data:
        raise FileRefused("utf16")
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FileRefused("empty")
    for codec, name in (("utf-8-sig", "UTF-8"), ("gb18030", "GB18030")):
        try:
            return data.decode(codec), name
        except UnicodeDecodeError:
            continue
    raise FileRefused("unreadable")


def records(text: str, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """(line on which it starts, cells) of every record that says something. Raises FileRefused `broken`."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise FileRefused("broken", line=line) from None
        if any(cell.strip() for cell in cells):
            yield line, cells
