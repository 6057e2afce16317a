"""Log lines for machines and people, with nothing personal in them.

What looks like a telephone number, an address or an identity number is replaced before the line is written;
line breaks inside a message cannot forge a second line. References, codes and figures stay: they are what one
searches for.
"""

import datetime as dt
import json
import logging
import re

# Order matters: the longest shapes first.
_PERSONAL = (
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "[e-mail]"),
    (re.compile(r"(?<![\w-])\d{17}[\dXx](?![\w-])"), "[identity number]"),
    (re.compile(r"(?<![\w-])(?:\+|00)\d[\d -]{7,16}\d(?![\w-])"), "[telephone]"),
    (re.compile(r"(?<![\w-])1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![\w-])"), "[telephone]"),
)
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127)}


def without_personal(text: str) -> str:
    """`text` with personal shapes replaced and control characters made visible."""
    for shape, word in _PERSONAL:
        text = shape.sub(word, text)
    return text.translate(_CONTROL)


class PlainLine(logging.Formatter):
    """One readable line; a traceback follows indented."""

    def format(self, record: logging.LogRecord) -> str:
        head = f"{_instant(record)} {record.levelname} {record.name} {without_personal(record.getMessage())}"
        trace = _trace(self, record)
        return "\n  ".join([head, *(without_personal(line) for line in trace.splitlines())])


class JsonLine(logging.Formatter):
    """One JSON object a line: at, level, logger, message, and trace when there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": _instant(record),
            "level": record.levelname,
            "logger": record.name,
            "message": without_personal(record.getMessage()),
        }
        trace = _trace(self, record)
        if trace:
            line["trace"] = "\n".join(without_personal(row) for row in trace.splitlines())
        return json.dumps(line, ensure_ascii=False)


def _instant(record: logging.LogRecord) -> str:
    return dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return formatter.formatException(record.exc_info) if record.exc_info else ""
