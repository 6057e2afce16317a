"""CSV for people who open it in a spreadsheet: nothing in a cell of text may start to run there."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

# What makes a spreadsheet take text for a formula, once full-width forms are folded to narrow ones.
_TRIGGERS = ("=", "+", "-", "@", "|")
_BOM = "\ufeff"


def cell(value: object) -> str:
    """One cell as text. Numbers stay numbers, negative ones too; text that would run gets an apostrophe in front.

    Spreadsheets skip blanks and control characters before they look, and some fold ＝ to =, so we look the same way.
    Nothing is shown for None.
    """
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    text = str(value).replace("\x00", "")
    # A text that begins with a line end has an empty first line, so its own beginning is looked at too.
    return f"'{text}" if any(_runs(line) for line in [text, *text.splitlines()]) else text


def _runs(line: str) -> bool:
    bare = unicodedata.normalize("NFKC", line)
    if bare[:1] in {"\t", "\r", "\n"}:
        return True
    bare = bare.lstrip("".join({c for c in bare if c.isspace() or unicodedata.category(c) in {"Cc", "Cf"}}))
    return bare.startswith(_TRIGGERS)


def document(rows: Iterable[Sequence[object]]) -> bytes:
    """The file: UTF-8 with the mark that spreadsheets want, CRLF, every text cell harmless."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([cell(value) for value in row])
    return (_BOM + out.getvalue()).encode()
