"""
The words of our messages. A wording is a sentence in a file with a few named places: no logic, no lookup, no second
pass, so that what a value contains can only ever be text. In discreet mode every message without a code is the same
sentence. Links are never sent, amounts never by SMS, and what could pass for a threat does not pass the lint.
"""

import hashlib
import json
import os
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cases.domain.refusal import Refused
from cases.domain.rulebook import LANGUAGES
from notices.domain.gate import Purpose

DIRECTORY = Path(__file__).resolve().parent.parent / "wordings"
CHANNELS = ("sms", "email")
LONGEST_NAME = 60
LONGEST_SUBJECT = 120
MOST_SEGMENTS = 3


class WordingError(ValueError):
    """A wording file that cannot be used; the message names the file and the place."""


class Style(StrEnum):
    PLAIN = "plain"
    DISCREET = "discreet"


class Type(StrEnum):
    """What a value may be. A date is written out in the reader's language; everything else stands as given."""

    NAME = "name"
    DATE = "date"
    MONEY = "money"
    CODE = "code"
    COUNT = "count"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One message in one channel, style and language. `version` is the SHA-256 of all that it says."""

    key: str
    purpose: Purpose
    channel: str
    style: Style
    language: str
    placeholders: Mapping[str, Type]
    subject: str
    body: str

    @property
    def used(self) -> frozenset[str]:
        return frozenset(_PLACE.findall(self.subject + self.body))

    @property
    def version(self) -> str:
        said = [self.key, self.purpose, self.channel, self.style, self.language, self.subject, self.body]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


Wordings = Mapping[tuple[str, str, Style, str], Entry]
"""Entries by key, channel, style and language."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """What leaves. `subject` is empty in an SMS; `version` is the entry's."""

    subject: str
    body: str
    version: str


@dataclass(frozen=True, kw_only=True)
class SmsLength:
    """`units` are septets in GSM-7 and UTF-16 units in UCS-2; `segments` is what is paid for."""

    encoding: str
    units: int
    segments: int


_PLACE = re.compile(r"\{([a-z_]+)\}")
_CONTROL = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co"})
_LINK = re.compile(
    r"://|www\.|[\w-]\.[a-z]{2,12}/|[\w-]\.(?:com|cn|net|org|info|biz|io|cc|co|me|top|xyz|vip|app|link|club|shop|site|ly|gl)(?![a-z])"
    r"|点击|點擊|click here|tap here",
    re.IGNORECASE,
)
# Where a full stop of ours would be followed by such a word in any sentence, only a dot makes it an address.
_LINK_BY_DOT = re.compile(
    r"[\w-]\.(?:tech|online|store|live|work|fun|ren|wang|xin|icu|mobi|win|us|uk|hk|tw|中国|中國|公司|网络|網絡|网址|網址|手机|手機)(?![a-z])"
    r"|xn--|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])",
    re.IGNORECASE,
)
# Letters that show nothing.
_BLANKS = re.compile("[\u115f\u1160\u2800\u3164\uffa0]")
_SPACED_OUT = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_FOREIGN_LETTERS = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_LATIN_LETTERS = re.compile("[A-Za-z]")
_WEEKDAYS = {"zh-hans": "周一 周二 周三 周四 周五 周六 周日", "zh-hant": "週一 週二 週三 週四 週五 週六 週日"}
_EN_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_EN_MONTHS = "January February March April May June July August September October November December"

_THREATS = re.compile(
    "起诉|起訴|法院|律师|律師|警方|逮捕|坐牢|征信|徵信|黑名单|黑名單|失信|老赖|老賴|恶意|惡意|欠债|欠債|后果|後果|否则|否則|最后|最後|警告"
    "|立即|立刻|马上|馬上|务必|務必|上门|上門|冻结|凍結|追究|未能|严重|嚴重|兹|茲|特此|予以|！|!"
    r"|\b(?:sue|court|lawyer|police|arrest|jail|warrant|legal action|credit record|blacklist|consequences?|otherwise|final|last"
    r"|warning|immediately|at once|urgent|must|seize|freeze|failed|failure|overdue|default)\b",
    re.IGNORECASE,
)
_TELLING = re.compile(
    r"稳还|穩還|steady|债|債|贷|貸|欠|还款|還款|催|逾期|机构|機構|银行|銀行|金额|金額|方案|协议|協議|分期|[¥￥$£元]"
    r"|\b(?:debts?|loans?|lenders?|banks?|owed?|pay\w*|repay\w*|amounts?|instal\w*|plans?|agreements?|collect\w*)\b",
    re.IGNORECASE,
)
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("\f^{}\\[~]|€")


def render(
    key: str,
    channel: str,
    language: str,
    discreet: bool,
    values: Mapping[str, object],
    *,
    wordings: Wordings | None = None,
    disclosing: bool = False,
) -> Rendered:
    """
    The message as it leaves. Values that this channel does not use may be given; values that the message does not know
    may not. A date is a `date` or "2027-03-05". `disclosing` adds to plain words who collects, in the house's sentence.

    Raises Refused: `unknown_wording`, `unknown_placeholder`, `missing_placeholder`, `unsafe_value`, `wrong_value`,
    `subject_too_long`; `field` is the placeholder.
    """
    style = Style.DISCREET if discreet else Style.PLAIN
    entry = (wordings or load()).get((key, channel, style, language.lower().replace("_", "-")))
    if entry is None:
        raise Refused("unknown_wording", f"There is no wording {key} for {channel} in {language}.")
    for name in sorted(set(values) - set(entry.placeholders)):
        raise Refused("unknown_placeholder", f"The message {key} has no place for {name}.", field=name)
    for name in sorted(entry.used - set(values)):
        raise Refused("missing_placeholder", f"The message {key} needs {name}.", field=name)
    shown = {
        name: shown_value(name, entry.placeholders[name], values[name], entry.language) for name in entry.used
    }
    subject = _filled(entry.subject, shown)
    if len(subject) > LONGEST_SUBJECT:
        raise Refused("subject_too_long", f"The subject would have more than {LONGEST_SUBJECT} characters.")
    body, version = _filled(entry.body, shown), entry.version
    if disclosing and style is Style.PLAIN:
        line = _house_line("disclosure", channel, entry.language.replace("-", "_"))
        body, version = f"{body}{line}", _with_line(version, line)
    return Rendered(subject=subject, body=body, version=version)


def versions_in(wordings: Wordings) -> frozenset[str]:
    """How what left is known: as each entry says it, and with the house's sentence that says who collects."""
    common = _read(DIRECTORY / "common.toml")
    found = set()
    for entry in wordings.values():
        line = _line(common, "disclosure", entry.channel, entry.language.replace("-", "_"))
        found |= {entry.version, _with_line(entry.version, line)}
    return frozenset(found)


def _with_line(version: str, line: str) -> str:
    return hashlib.sha256(f"{version}{line}".encode()).hexdigest()


def shown_value(name: str, kind: Type, value: object, language: str) -> str:
    """One value as text, or Refused: it must be what its type says, on one line, without a link or a disguise."""
    match kind:
        case Type.DATE:
            return _written_date(name, value, language)
        case Type.COUNT:
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10_000:
                raise Refused("wrong_value", f"{name} must be a small whole number.", field=name)
            return str(value)
        case Type.CODE:
            if not isinstance(value, str) or not re.fullmatch(r"[0-9A-Za-z-]{4,16}", value):
                raise Refused("wrong_value", f"{name} must be a code of letters and digits.", field=name)
            return value
        case Type.MONEY:
            if not isinstance(value, str) or not re.fullmatch(
                r"[A-Z]{0,3}[¥￥$£€]?\s?\d[\d,]{0,15}(\.\d{2})?\s?(?:元|[A-Z]{3})?", value
            ):
                raise Refused("wrong_value", f"{name} must be an amount as it is shown.", field=name)
            return _safe(name, value)
        case Type.NAME:
            if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_NAME:
                raise Refused("wrong_value", f"{name} must have 1 to {LONGEST_NAME} characters.", field=name)
            return _safe(name, value)


def sms_length(text: str) -> SmsLength:
    """
    How long a text is as an SMS: GSM-7 (160 units, or 153 in each of several parts) where every character is in that
    alphabet, else UCS-2 (70 or 67). A character of two units is never divided between parts.
    """
    if all(c in _GSM or c in _GSM_TWICE for c in text):
        encoding, single, part = "GSM-7", 160, 153
        widths = [2 if c in _GSM_TWICE else 1 for c in text]
    else:
        encoding, single, part = "UCS-2", 70, 67
        widths = [2 if ord(c) > 0xFFFF else 1 for c in text]
    units = sum(widths)
    if units <= single:
        return SmsLength(encoding=encoding, units=units, segments=1)
    segments, room = 1, part
    for width in widths:
        if width > room:
            segments, room = segments + 1, part
        room -= width
    return SmsLength(encoding=encoding, units=units, segments=segments)


def load(directory: Path = DIRECTORY) -> Wordings:
    """Every wording of a directory. Raises WordingError naming the file and the place."""
    with os.scandir(directory) as files:
        stamp = tuple(
            sorted((file.name, file.stat().st_mtime_ns) for file in files if file.name.endswith(".toml"))
        )
    return _load(directory, stamp)


def is_known(key: str, wordings: Wordings) -> bool:
    """Whether the house has words for it; a lender's own take their place, and only once two people said yes."""
    return (key, "sms", Style.PLAIN, LANGUAGES[0]) in wordings


@lru_cache(maxsize=8)
def _load(directory: Path, _stamp: tuple[tuple[str, int], ...]) -> Wordings:
    common = _read(directory / "common.toml")
    entries: dict[tuple[str, str, Style, str], Entry] = {}
    for path in sorted(directory.glob("*.toml")):
        if path.name == "common.toml":
            continue
        for entry in _entries(_read(path), common, path):
            entries[entry.key, entry.channel, entry.style, entry.language] = entry
    return MappingProxyType(entries)


class Fault(StrEnum):
    """What may not go out."""

    UNDECLARED = "undeclared"
    BRACE = "brace"
    THREAT = "threat"
    LINK = "link"
    AMOUNT_IN_SMS = "amount_in_sms"
    TELLING = "telling"
    DISCREET_VALUE = "discreet_value"
    PLACES_DIFFER = "places_differ"
    TOO_LONG = "too_long"
    UNNAMED = "unnamed"
    DISGUISE = "disguise"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One fault of one entry. `found` is the word or the number that is at fault, where there is one."""

    entry: Entry
    fault: Fault
    found: str = ""


def faults(entry: Entry, first: Entry | None) -> Iterator[Finding]:
    """What is wrong with one entry. `first` is the same message in the first language, whose places all must share."""
    text = f"{entry.subject}\n{entry.body}"
    # What a reader sees: wide and compatible letters are the usual ones, and something stands in each place.
    seen = unicodedata.normalize("NFKC", _PLACE.sub("某", text))
    said = _SPACED_OUT.sub("", seen)

    def fault(kind: Fault, found: str = "") -> Finding:
        return Finding(entry=entry, fault=kind, found=found)

    if entry.used - set(entry.placeholders):
        yield fault(Fault.UNDECLARED, ", ".join(sorted(entry.used - set(entry.placeholders))))
    if "{" in _PLACE.sub("", text) or "}" in _PLACE.sub("", text):
        yield fault(Fault.BRACE)
    if found := _THREATS.search(text) or _THREATS.search(said):
        yield fault(Fault.THREAT, found.group())
    if found := _link_in(seen):
        yield fault(Fault.LINK, found.group())
    if any(unicodedata.category(c) in _CONTROL and c != "\n" for c in text) or _is_disguised(seen):
        yield fault(Fault.DISGUISE)
    types = {entry.placeholders.get(place) for place in entry.used}
    if entry.channel == "sms" and Type.MONEY in types:
        yield fault(Fault.AMOUNT_IN_SMS)
    if entry.style is Style.DISCREET:
        if found := _TELLING.search(said):
            yield fault(Fault.TELLING, found.group())
        if types - {Type.CODE, Type.COUNT}:
            yield fault(Fault.DISCREET_VALUE)
    elif "lender" in entry.placeholders and "lender" not in entry.used and entry.channel == "sms":
        # Whoever writes says who they are.
        yield fault(Fault.UNNAMED)
    if first is None or first.used != entry.used:
        yield fault(Fault.PLACES_DIFFER)
    if entry.channel == "sms" and longest_sms(entry).segments > MOST_SEGMENTS:
        yield fault(Fault.TOO_LONG, str(MOST_SEGMENTS))


def lint(wordings: Wordings) -> list[str]:
    """What may not go out, one sentence each, naming the entry. Empty when all is well."""
    problems = []
    for entry in wordings.values():
        first = wordings.get((entry.key, entry.channel, entry.style, LANGUAGES[0]))
        problems += [
            f"{entry.key} {entry.channel} {entry.style} {entry.language}: {finding.fault} {finding.found}".rstrip()
            for finding in faults(entry, first)
        ]
    for key in sorted({entry.key for entry in wordings.values()}):
        for channel in CHANNELS:
            for style in Style:
                problems.extend(
                    f"{key} {channel} {style} {language}: missing"
                    for language in LANGUAGES
                    if (key, channel, style, language) not in wordings
                )
    return problems


def of_sheet(sheet: Mapping[str, Any], directory: Path = DIRECTORY) -> Wordings:
    """The entries of one sheet in the form of a wording file, with the house's shared sentences. Raises WordingError."""
    common = _read(directory / "common.toml")
    found = _entries(sheet, common, Path(f"{sheet.get('key')}.toml"))
    return {(entry.key, entry.channel, entry.style, entry.language): entry for entry in found}


def longest_sms(entry: Entry) -> SmsLength:
    """The length with values of a usual greatest length: known before a wording is published."""
    longest = {
        Type.NAME: "某" * 15,  # a Chinese name makes an English SMS a long one
        Type.DATE: _written_date("date", date(2027, 9, 22), entry.language),
        Type.MONEY: "¥1,234,567.00",
        Type.CODE: "12345678",
        Type.COUNT: "360",
    }
    return sms_length(
        _filled(entry.body, {name: longest[entry.placeholders.get(name, Type.NAME)] for name in entry.used})
    )


def _filled(text: str, shown: Mapping[str, str]) -> str:
    """One pass: braces inside a value are never looked at."""
    return _PLACE.sub(lambda place: shown[place.group(1)], text)


def _safe(name: str, value: str) -> str:
    plain = unicodedata.normalize("NFKC", value)
    if any(unicodedata.category(c) in _CONTROL for c in value) or _BLANKS.search(value):
        raise Refused("unsafe_value", f"{name} must be one line of visible text.", field=name)
    if "=?" in plain or _link_in(plain):
        raise Refused("unsafe_value", f"{name} may not contain a link.", field=name)
    if _FOREIGN_LETTERS.search(plain) and _LATIN_LETTERS.search(plain):
        raise Refused("unsafe_value", f"{name} mixes alphabets that look alike.", field=name)
    return value


def _link_in(plain: str) -> re.Match[str] | None:
    """What a telephone would make a link of; it takes an ideographic full stop for a dot."""
    return _LINK.search(plain.replace("。", ".")) or _LINK_BY_DOT.search(plain)


def _is_disguised(plain: str) -> bool:
    """Marks over letters and letters that show nothing, which our languages do not have, or alphabets that look alike."""
    marked = any(unicodedata.category(c) in ("Mn", "Me") for c in plain)
    mixed = _FOREIGN_LETTERS.search(plain) and _LATIN_LETTERS.search(plain)
    return marked or bool(mixed) or _BLANKS.search(plain) is not None


def _written_date(name: str, value: object, language: str) -> str:
    try:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise Refused("wrong_value", f"{name} must be a date.", field=name) from None
    if language in _WEEKDAYS:
        return f"{day.year}年{day.month}月{day.day}日 {_WEEKDAYS[language].split()[day.weekday()]}"
    return f"{_EN_DAYS.split()[day.weekday()]} {day.day} {_EN_MONTHS.split()[day.month - 1]} {day.year}"


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WordingError(f"{path.name}: not readable: {error}") from None


def _entries(data: Mapping[str, Any], common: Mapping[str, Any], path: Path) -> Iterator[Entry]:
    try:
        key, purpose = data["key"], Purpose(data["purpose"])
        placeholders = {name: Type(kind) for name, kind in data["placeholders"].items()}
    except (KeyError, ValueError, AttributeError) as error:
        raise WordingError(f"{path.name}: key, purpose or placeholders: {error}") from None
    if key != path.stem:
        raise WordingError(f"{path.name}: the key {key!r} must be the file's name")
    for channel in CHANNELS:
        for style in Style:
            for language in LANGUAGES:
                tag = language.replace("-", "_")
                where = f"{path.name}: {channel}.{style}.{tag}"
                try:
                    subject, body = _texts(data, common, purpose, channel, style, tag)
                except (KeyError, TypeError):
                    raise WordingError(f"{where} is missing") from None
                if not isinstance(subject, str) or not isinstance(body, str) or not body.strip():
                    raise WordingError(f"{where} is missing")
                yield Entry(
                    key=key,
                    purpose=purpose,
                    channel=channel,
                    style=style,
                    language=language,
                    placeholders=MappingProxyType(placeholders),
                    subject=subject.strip(),
                    body=body.strip(),
                )


def _texts(
    data: Mapping[str, Any], common: Mapping[str, Any], purpose: Purpose, channel: str, style: Style, tag: str
) -> tuple[Any, Any]:
    """Subject and body. Only a code has discreet words of its own; only a plain reminder says how to end it."""
    if style is Style.DISCREET and purpose is not Purpose.SECURITY_CODE:
        subject = common["discreet"]["subject"][tag] if channel == "email" else ""
        return subject, common["discreet"]["body"][tag]
    said = data[channel][style][tag]
    subject, body = ("", said) if channel == "sms" else (said["subject"], said["body"])
    if style is Style.PLAIN and purpose is Purpose.REMINDER:
        body = f"{body.strip()}{_way_out(common, channel, tag)}"
    return subject, body


def _way_out(common: Mapping[str, Any], channel: str, tag: str) -> str:
    """What every plain reminder ends with."""
    return _line(common, "opt_out", channel, tag)


def _house_line(name: str, channel: str, tag: str) -> str:
    return _line(_read(DIRECTORY / "common.toml"), name, channel, tag)


def _line(common: Mapping[str, Any], name: str, channel: str, tag: str) -> str:
    """One of the house's sentences as it follows a body."""
    between = ("" if tag.startswith("zh") else " ") if channel == "sms" else "\n\n"
    return f"{between}{common[name][channel][tag]}"


def without_way_out(entry: Entry, directory: Path = DIRECTORY) -> str:
    """The body as its author wrote it: without the line that the house adds to a plain reminder."""
    common = _read(directory / "common.toml")
    return entry.body.removesuffix(_way_out(common, entry.channel, entry.language.replace("-", "_")))
