"""
Reading call logs and messages: a telephone's export, a carrier's bill, or text that was copied from a screen. What comes
out is who called when, and never what was said. Every line that cannot be read keeps its number and a reason, so that
nothing vanishes; a line that names no telephone number is nobody's contact.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from cases.domain.call_times import instant_of, seconds_of
from cases.domain.csv_text import FileRefused, decode

MOST_ROWS = 5000
MOST_NUMBERS = 300
MOST_COLUMNS = 60
LONGEST_LINE = 4000

# Column → headings it is known by: telephones' exports, carriers' bills, back-up programs, in both languages.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "number": (
        "对方号码", "号码", "电话", "电话号码", "手机号", "手机号码", "来电号码", "主叫号码", "通话号码", "联系号码", "发送号码", "发件人",
        "對方號碼", "號碼", "電話號碼", "number", "phonenumber", "phone", "callernumber", "caller", "callerid", "from",
        "address", "sender", "senderid", "contactnumber", "othernumber", "callingnumber", "telephone",
    ),
    "at": (
        "时间", "通话时间", "开始时间", "起始时间", "通话开始时间", "通话起始时间", "日期时间", "呼叫时间", "发送时间", "接收时间", "短信时间",
        "時間", "通話時間", "開始時間", "datetime", "date/time", "dateandtime", "timestamp", "starttime", "calldate",
        "calltime", "messagedate", "readabledate", "start", "received", "receivedat", "at",
    ),
    "day": ("日期", "通话日期", "通話日期", "date", "day"),
    "clock": ("时刻", "時刻", "time", "timeofday"),
    "type": (
        "类型", "通话类型", "呼叫类型", "通信方式", "呼叫方式", "通话方式", "通信类型", "方向", "主被叫", "類型", "通話類型", "type",
        "calltype", "direction", "status", "calldirection", "kind",
    ),
    "seconds": (
        "时长", "通话时长", "通信时长", "通话时长秒", "時長", "通話時長", "duration", "durationseconds", "durationinseconds", "callduration",
        "seconds", "length",
    ),
    "channel": ("渠道", "业务类型", "業務類型", "channel", "service", "medium"),
    "text": ("内容", "短信内容", "正文", "內容", "body", "message", "text", "content", "sms"),
}  # fmt: skip
_HEADINGS = {name: column for column, names in COLUMNS.items() for name in names}

# Words of a type, longest first where one contains another: (words, direction, outcome of a call).
_TYPES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("未接", "missed", "unanswered", "noanswer", "notanswered", "未接通", "未接來電", "无人接", "無人接", "没接", "沒接"), "outbound", "unanswered"),
    (("拒接", "已拒", "挂断", "掛斷", "rejected", "declined", "blocked", "拦截", "refused"), "outbound", "refused"),
    (("语音信箱", "留言", "voicemail"), "outbound", "voicemail"),
    (("被叫", "呼入", "来电", "來電", "已接", "接听", "incoming", "received", "inbound", "接收", "收到", "answered"), "outbound", ""),
    (("主叫", "呼出", "去电", "去電", "拨出", "撥出", "已拨", "outgoing", "outbound", "dialled", "dialed", "发送", "发出", "sent"), "inbound", ""),
)  # fmt: skip
# Android's own numbers for the kinds of a call.
_CODES = {
    "1": ("outbound", ""),
    "2": ("inbound", ""),
    "3": ("outbound", "unanswered"),
    "4": ("outbound", "voicemail"),
    "5": ("outbound", "refused"),
    "6": ("outbound", "refused"),
}
# Only these say that a call was taken up; 来电 or 被叫 say no more than whose call it was.
_ANSWERED = ("已接", "接听", "接聽", "接通", "answered")
_SMS = ("短信", "彩信", "簡訊", "sms", "mms", "message", "信息")


@dataclass(frozen=True, kw_only=True)
class Row:
    """
    One contact that was read. Words as in the public contract; `direction` outbound is towards the person. `seconds` of
    a call, None when it is not said. `guessed_zone`: the time had no offset and was read on the person's clock;
    `guessed_day`: the day had no year, or was told from today, and was taken as the latest such day.
    """

    line: int
    at: datetime
    number: str
    channel: str
    direction: str
    outcome: str
    seconds: int | None = None
    guessed_zone: bool = False
    guessed_day: bool = False

    @property
    def same(self) -> tuple[object, ...]:
        """What two rows share when they are one contact written twice."""
        return (self.at, self.number, self.channel, self.direction)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A line that is not read. `code`: no_number, number_lost, no_time, unclear_day, no_such_time, in_the_future,
    too_long_ago, formula, markup, damaged, too_long, twice."""

    line: int
    code: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """One number of the reading with how often it appears; `first` and `last` are instants."""

    number: str
    calls: int
    texts: int
    first: datetime
    last: datetime

    @property
    def count(self) -> int:
        return self.calls + self.texts


@dataclass(frozen=True, kw_only=True)
class Reading:
    """
    What a log says. `zone`: the clock on which times without offset were read, empty when none was; `guessed_days`: how
    many rows have a day whose year was not written.
    """

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    zone: str = ""
    guessed_days: int = 0

    @property
    def numbers(self) -> tuple[Found, ...]:
        """Every number once, the most frequent first."""
        return numbers(self.rows)


def numbers(rows: Sequence[Row]) -> tuple[Found, ...]:
    held: dict[str, list[Row]] = {}
    for row in rows:
        held.setdefault(row.number, []).append(row)
    found = [
        Found(
            number=number,
            calls=sum(row.channel != "sms" for row in mine),
            texts=sum(row.channel == "sms" for row in mine),
            first=min(row.at for row in mine),
            last=max(row.at for row in mine),
        )
        for number, mine in held.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.count, each.number)))


def read_file(data: bytes, *, zone: str, now: datetime) -> Reading:
    """A file's bytes. Raises FileRefused for what is no text of a table: too big, a workbook, unreadable, empty."""
    text, _encoding = decode(data)
    return read(text, zone=zone, now=now)


def read(text: str, *, zone: str, now: datetime) -> Reading:
    """
    Read a table with headings, or else lines as they are copied from a screen. `zone` is the person's; `now` tells what
    has not happened yet. Raises FileRefused `empty`, `markup`, `no_rows`, `too_many_rows`, `too_many_numbers`.
    """
    text = text.lstrip("\ufeff").replace("\x00", "\ufffd")
    if not text.strip():
        raise FileRefused("empty")
    if re.match(r"\s*(?:<!doctype|<html|<\?xml|<head|<body)", text, re.IGNORECASE):
        raise FileRefused("markup")
    clock = ZoneInfo(zone)
    rows: list[Row] = []
    problems: list[Problem] = []
    seen: set[tuple[object, ...]] = set()
    for line, found in _table(text, clock, now) or _lines(text, clock, now):
        if len(rows) + len(problems) == MOST_ROWS:
            raise FileRefused("too_many_rows")
        if isinstance(found, str):
            problems.append(Problem(line=line, code=found))
        elif found.same in seen:
            problems.append(Problem(line=line, code="twice"))
        else:
            seen.add(found.same)
            rows.append(found)
    if not rows and not problems:
        raise FileRefused("no_rows")
    if len({row.number for row in rows}) > MOST_NUMBERS:
        raise FileRefused("too_many_numbers")
    guessed = any(row.guessed_zone for row in rows)
    return Reading(
        rows=tuple(rows),
        problems=tuple(problems),
        zone=zone if guessed else "",
        guessed_days=sum(row.guessed_day for row in rows),
    )


_Found = Row | str


# ── a table ──────────────────────────────────────────────────────────────────────────────────
def _table(text: str, zone: ZoneInfo, now: datetime) -> Iterator[tuple[int, _Found]] | None:
    """
    The rows under a line of headings, and before them what stands above it; None when no line among the first twenty is
    one.
    """
    lines = text.splitlines()
    for start, head in enumerate(lines[:20]):
        delimiter = max(",;\t，|", key=head.count)
        columns = [_HEADINGS.get(_heading(cell), "") for cell in head.split(delimiter)]
        if len(columns) > MOST_COLUMNS:
            raise FileRefused("too_wide")
        if "number" in columns and {"at", "day", "clock"} & set(columns):
            above = _lines("\n".join(lines[:start]), zone, now)
            return chain(
                above, _cells("\n".join(lines[start + 1 :]), start + 2, delimiter, columns, zone, now)
            )
    return None


def _cells(
    text: str, first: int, delimiter: str, columns: Sequence[str], zone: ZoneInfo, now: datetime
) -> Iterator[tuple[int, _Found]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    sms = "text" in columns and "seconds" not in columns
    while True:
        line = first + reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, "damaged"
            continue
        if not any(cell.strip() for cell in cells):
            continue
        said: dict[str, str] = {}
        for column, cell in zip(columns, cells, strict=False):
            if column and column != "text":
                said.setdefault(column, _plain(cell))
        yield line, _row(line, said, sms, zone, now)


def _row(line: int, said: Mapping[str, str], sms: bool, zone: ZoneInfo, now: datetime) -> _Found:
    if any(len(cell) > 200 for cell in said.values()):
        return "too_long"
    for cell in said.values():
        if fault := _spoilt(cell):
            return fault
    number = telephone(said.get("number", ""))
    if number in ("", "?"):
        return "number_lost" if number else "no_number"
    when = said.get("at") or f"{said.get('day', '')} {said.get('clock', '')}"
    instant = instant_of(when.strip(), zone, now)
    if isinstance(instant, str):
        return instant
    words = _word(said.get("type", "") + said.get("channel", ""))
    channel = "sms" if sms or any(word in words for word in _SMS) else "call"
    return _made(line, instant, number, channel, said.get("type", ""), seconds_of(said.get("seconds", "")))


def _made(
    line: int,
    instant: tuple[datetime, bool, bool],
    number: str,
    channel: str,
    kind: str,
    seconds: int | None,
) -> Row:
    direction, outcome = _type_of(kind)
    if channel == "sms":
        outcome = "delivered"
    elif not outcome:
        # Only a length, or a word for it, shows that somebody spoke; the weaker claim is the safer one.
        spoken = seconds > 0 if seconds is not None else any(each in _word(kind) for each in _ANSWERED)
        outcome = "conversation" if spoken else "unanswered"
    return Row(
        line=line,
        at=instant[0],
        number=number,
        channel=channel,
        direction=direction,
        outcome=outcome,
        seconds=seconds if channel == "call" else None,
        guessed_zone=instant[1],
        guessed_day=instant[2],
    )


def _type_of(kind: str) -> tuple[str, str]:
    word = _word(kind)
    if word in _CODES:
        return _CODES[word]
    for words, direction, outcome in _TYPES:
        if any(each in word for each in words):
            return direction, outcome
    return "outbound", ""


# ── copied text ──────────────────────────────────────────────────────────────────────────────
_DATE = (
    r"\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}月\d{1,2}日"
    r"|(?:[A-Z][a-z]{2,8}\.?\s\d{1,2},?|\d{1,2}\s[A-Z][a-z]{2,8}\.?,?)\s\d{4}"
    r"|今天|昨天|前天|[Tt]oday|[Yy]esterday"
)
_CLOCK = (
    r"(?:上午|下午|晚上|早上|凌晨|中午)?\s?\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?:\.\d+)?\s?(?:[AaPp]\.?[Mm]\.?)?"
    r"(?:\s?(?:Z|[+-]\d{2}:?\d{2})(?!\d))?"
)
_WHEN = re.compile(rf"({_DATE})[T,\s星期周一二三四五六日天]{{0,8}}({_CLOCK})")
_NUMBER = re.compile(r"(?<![\d.])\+?\d[\d\- ()]{1,22}\d(?![\d.])")
_LENGTH = re.compile(
    r"(?<!\d)(?:\d{1,3}\s?(?:小时|时|h)\s?)?(?:\d{1,4}\s?(?:分钟?|m(?:in)?)\s?)?\d{1,6}\s?(?:秒|s(?:ec)?\b)"
    r"|(?<!\d)\d{1,4}\s?(?:分钟|min\b)"
)


def _lines(text: str, zone: ZoneInfo, now: datetime) -> Iterator[tuple[int, _Found]]:
    """One contact a line. Words without a figure above the first contact are a title, and are passed over."""
    begun = False
    for line, raw in enumerate(text.splitlines(), start=1):
        said = _plain(raw)
        if not said:
            continue
        if len(said) > LONGEST_LINE:
            yield line, "too_long"
            continue
        if fault := _spoilt(said[:200]):
            yield line, fault
            continue
        if not begun and not re.search(r"\d", said):
            continue
        begun = True
        when = _WHEN.search(said)
        if when and "【" in said[: when.start()] and not re.search(r"\d{4}", when[1]):
            # A day inside a message is what it says, not when it came.
            when = None
        rest = said.replace(when[0], " ", 1) if when else said
        length = _LENGTH.search(rest)
        # Beyond a mark of speech stands what was said: numbers there are somebody's figures, not who called.
        head = re.split(r"[:：【]", rest.replace(length[0], " ", 1) if length else rest, maxsplit=1)[0][:120]
        dialled = _NUMBER.search(head)
        number = telephone(dialled[0]) if dialled else ""
        if not number:
            yield line, "no_number" if when or not re.search(r"\d", said) else "no_time"
            continue
        if not when:
            yield line, "no_time"
            continue
        instant = instant_of(f"{when[1]} {when[2]}", zone, now)
        if isinstance(instant, str):
            yield line, instant
            continue
        sms = "【" in rest or any(word in rest.lower() for word in ("短信", "sms", "簡訊"))
        seconds = seconds_of(length[0]) if length else _last_cell(said[when.end() :], number)
        kind = head.replace(dialled[0], " ") if dialled else head
        yield line, _made(line, instant, number, "sms" if sms else "call", kind, seconds)


def _last_cell(after: str, number: str) -> int | None:
    """The length at the end of a line of a table that came without its headings: `138…,2026-11-18 23:10,来电,0`."""
    parts = re.split(r"[,;\t|]", after.rstrip(" ,;\t|"))
    last = parts[-1].strip()
    return seconds_of(last) if len(parts) > 1 and telephone(last) != number else None


# ── cells ────────────────────────────────────────────────────────────────────────────────────
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_FORMULA = re.compile(r"^[=@]|^[+-](?![\d(])")
_TAG = re.compile(r"</?[a-z!][^>]*>", re.IGNORECASE)


def _spoilt(cell: str) -> str:
    if "\ufffd" in cell or _CONTROL.search(cell):
        return "damaged"
    if _TAG.search(cell):
        return "markup"
    return "formula" if _FORMULA.match(cell) else ""


def _plain(cell: str) -> str:
    """Half-width and trimmed. A spreadsheet's own way to keep a number as text, ="138…", is taken for the number."""
    plain = unicodedata.normalize("NFKC", cell).strip().strip("'\u200b\u200e\u200f")
    kept = re.fullmatch(r'="([+\d\- ]+)"', plain)
    return kept[1].strip() if kept else plain


def telephone(said: str) -> str:
    """A number as digits, China's country code left away; "?" when a spreadsheet rounded it, empty when it is none."""
    if re.fullmatch(r"[\d.]+[eE]\+?\d+", said):
        return "?"
    if re.search(r"[A-Za-z*]", said) or not re.fullmatch(r"[\d\s+\-()（）.]*", said):
        return ""
    digits = national("".join(str(int(sign)) for sign in said if sign.isdecimal()))
    return digits if 3 <= len(digits) <= 20 else ""


def national(digits: str) -> str:
    """+86 138… and 138… are one telephone, and so are +86 571… and 0571…: as it is dialled inside China."""
    abroad = re.fullmatch(r"(?:00)?86(1[3-9]\d{9}|0?[1-9]\d{8,10})", digits)
    if abroad is None:
        return digits
    rest = abroad[1]
    return rest if re.fullmatch(r"1[3-9]\d{9}|0.*|[48]00\d{7}", rest) else "0" + rest


def _heading(name: str) -> str:
    """One way of writing a heading: half-width, lower case, no spaces, no unit in brackets."""
    plain = unicodedata.normalize("NFKC", name).strip().strip("\"'\ufeff").lower()
    return re.sub(r"[\s_\-]|\(.*?\)", "", plain)


def _word(cell: str) -> str:
    return re.sub(r"[\s_\-]", "", cell).lower()
