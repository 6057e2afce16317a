"""The sentences of the site and their translations, collected and compiled without GNU gettext.

Sources are English. `zh_Hans` is written by people and kept from run to run; `zh_Hant` is drafted
from it by OpenCC and corrected by `locale/zh_Hant/overrides.json`; English needs no catalogue. The
files carry no dates and no line numbers, so the same sentences always give the same bytes.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

FOLDERS = ("portal", "cases", "repayment", "notices", "templates")
WRITTEN, DRAFTED = "zh_Hans", "zh_Hant"
CONTEXT_MARK = "\u0004"

# name → positions of (context, singular, plural) among the call's arguments
CALLS = {
    "_": (None, 0, None),
    "N_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
TEMPLATE_KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]|%%|%[sdifrgx]|\{\w*\}")


@dataclass(frozen=True, kw_only=True, order=True)
class Sentence:
    """What identifies one entry of a catalogue."""

    singular: str
    context: str = ""
    plural: str = ""

    @property
    def key(self) -> str:
        """The sentence as JSON files name it: with its context in front, if it has one."""
        return f"{self.context}{CONTEXT_MARK}{self.singular}" if self.context else self.singular


class Unreadable(Exception):
    """A source file that is not valid Python or not a valid template."""


class OpenCCMissing(Exception):
    """Traditional Chinese cannot be drafted here."""


@dataclass(kw_only=True)
class Report:
    """What one run found; `problems` is what `--check` refuses."""

    sentences: int = 0
    missing: list[Sentence] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)
    fuzzy: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    @property
    def problems(self) -> bool:
        return bool(self.missing or self.unreadable or self.mismatched or self.fuzzy or self.stale)


def in_python(source: str) -> Iterator[Sentence]:
    """Every literal sentence of a Python file; raises Unreadable."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise Unreadable(str(error)) from error
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else None
        if isinstance(node.func, ast.Name):
            name = node.func.id
        if name not in CALLS:
            continue
        words = [
            argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else ""
            for argument in node.args
        ]
        context, singular, plural = (
            words[position] if position is not None and position < len(words) else ""
            for position in CALLS[name]
        )
        if singular:
            yield Sentence(singular=singular, context=context, plural=plural)


def in_template(source: str, *, origin: str = "") -> Iterator[Sentence]:
    """Every sentence of a Django template; raises Unreadable."""
    try:
        # Parentheses around the text keep the tokenizer from minding its indentation.
        calls = BytesIO(f"(\n{templatize(source, origin=origin)}\n)".encode())
        found = list(extract("python", calls, keywords=TEMPLATE_KEYWORDS))
    except (SyntaxError, IndentationError) as error:
        raise Unreadable(str(error)) from error
    for _line, message, _comments, context in found:
        singular, plural = message if isinstance(message, tuple) else (message, "")
        if singular:
            yield Sentence(singular=singular, context=context or "", plural=plural)


def sources(root: Path) -> Iterator[Path]:
    """The files that may hold sentences, in a fixed order."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".html", ".txt", ".py"} and "migrations" not in path.parts:
                yield path


def collect(root: Path, report: Report) -> list[Sentence]:
    """All sentences below `root`, sorted, one entry for each (context, singular)."""
    found: dict[tuple[str, str], Sentence] = {}
    for path in sources(root):
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        try:
            if path.suffix == ".py":
                sentences = list(in_python(text))
            else:
                sentences = list(in_template(text, origin=str(path)))
        except Unreadable as error:
            report.unreadable.append(f"{path.relative_to(root)}: {error}")
            continue
        for sentence in sentences:
            known = found.get((sentence.context, sentence.singular))
            if known is None or not known.plural:
                found[sentence.context, sentence.singular] = sentence
    return sorted(found.values())


class Bare(Catalog):
    """A catalogue whose header never changes from run to run."""

    def _steady_headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", "steady"),
            ("Language", str(self.locale_identifier)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", "nplurals=1; plural=0;"),
        ]

    mime_headers = property(_steady_headers)


def catalogue(language: str, sentences: Iterable[Sentence], words: Mapping[tuple[str, str], str]) -> Bare:
    """The catalogue of `language`, with "" where `words` has no translation."""
    result = Bare(
        locale=language,
        header_comment=f"# {language}: written by `make messages`.",
        fuzzy=False,
    )
    for sentence in sentences:
        text = words.get((sentence.context, sentence.singular), "")
        result.add(
            (sentence.singular, sentence.plural) if sentence.plural else sentence.singular,
            (text,) if sentence.plural else text,
            context=sentence.context or None,
        )
    return result


def as_po(source: Catalog) -> bytes:
    out = BytesIO()
    write_po(out, source, width=100, no_location=True, ignore_obsolete=True)
    return out.getvalue()


def as_mo(source: Catalog) -> bytes:
    out = BytesIO()
    write_mo(out, source)
    return out.getvalue()


def po_path(root: Path, language: str) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


def translations(po: bytes, report: Report) -> dict[tuple[str, str], str]:
    """(context, singular) → text of every finished entry; fuzzy ones are reported and kept."""
    found = {}
    for message in read_po(BytesIO(po)):
        if not message.id:
            continue
        singular = message.id[0] if isinstance(message.id, tuple | list) else message.id
        text = message.string[0] if isinstance(message.string, tuple | list) else message.string
        if message.fuzzy:
            report.fuzzy.append(singular)
        if text:
            found[message.context or "", singular] = text
    return found


def filled(path: Path) -> dict[tuple[str, str], str]:
    """Translations of a JSON file; raises ValueError when an entry has another shape."""
    found = {}
    for key, value in json.loads(path.read_text(encoding="utf-8")).items():
        text = value.get("zh") if isinstance(value, dict) else value
        if not isinstance(text, str) or not text:
            raise ValueError(f'{path}: {key!r} must be "text" or {{"plural": "…", "zh": "…"}}.')
        context, _mark, singular = key.rpartition(CONTEXT_MARK)
        found[context, singular] = text
    return found


def placeholders(text: str) -> list[str]:
    return sorted({match[0] for match in PLACEHOLDER.finditer(text)} - {"%%"})


def same_placeholders(sentence: Sentence, text: str) -> bool:
    """A plural translation may follow either form: Chinese has one for both."""
    wanted = [placeholders(sentence.singular)]
    if sentence.plural:
        wanted.append(placeholders(sentence.plural))
    return placeholders(text) in wanted


def overrides(root: Path) -> dict[str, dict[str, str]]:
    path = root / "locale" / DRAFTED / "overrides.json"
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {"phrases": known.get("phrases", {}), "messages": known.get("messages", {})}


def drafted(
    words: Mapping[tuple[str, str], str], corrections: Mapping[str, Mapping[str, str]]
) -> dict[tuple[str, str], str]:
    """Traditional Chinese for every Simplified text; raises OpenCCMissing."""
    try:
        from opencc import OpenCC
    except ImportError as error:
        raise OpenCCMissing(
            "Traditional Chinese is drafted by OpenCC, a development package: "
            "run `make setup-dev`, then again."
        ) from error
    convert = OpenCC("s2twp").convert
    phrases = sorted(corrections["phrases"].items(), key=lambda pair: -len(pair[0]))
    found = {}
    for (context, singular), text in words.items():
        key = f"{context}{CONTEXT_MARK}{singular}" if context else singular
        traditional = corrections["messages"].get(key)
        if traditional is None:
            traditional = convert(text)
            for wrong, right in phrases:
                traditional = traditional.replace(wrong, right)
        found[context, singular] = traditional
    return found


def run(root: Path, *, fill: Iterable[Path] = (), check: bool = False) -> Report:
    """Bring all catalogues below `root` up to date, or with `check` only compare.

    Raises OpenCCMissing and ValueError. Sentences of files that could not be read stay as they were.
    """
    report = Report()
    sentences = collect(root, report)
    report.sentences = len(sentences)
    known = {(sentence.context, sentence.singular) for sentence in sentences}

    path = po_path(root, WRITTEN)
    words = translations(path.read_bytes(), report) if path.exists() else {}
    for source in fill:
        added = filled(source)
        words.update(added)
        report.unknown += [singular for key, singular in added if (key, singular) not in known]
    if report.unreadable:
        lost = [Sentence(singular=s, context=c) for c, s in words if (c, s) not in known]
        sentences = sorted([*sentences, *lost])
    known = {(sentence.context, sentence.singular) for sentence in sentences}
    words = {key: text for key, text in words.items() if key in known}

    traditional = drafted(words, overrides(root))
    for sentence in sentences:
        for translated in (words, traditional):
            text = translated.get((sentence.context, sentence.singular), "")
            if text and not same_placeholders(sentence, text):
                report.mismatched.append(f"{sentence.key!r} ≠ {text!r}")
        if (sentence.context, sentence.singular) not in words:
            report.missing.append(sentence)

    for language, translated in ((WRITTEN, words), (DRAFTED, traditional)):
        result = catalogue(language, sentences, translated)
        for path, wanted in (
            (po_path(root, language), as_po(result)),
            (po_path(root, language).with_suffix(".mo"), as_mo(result)),
        ):
            if path.exists() and path.read_bytes() == wanted:
                continue
            report.stale.append(str(path.relative_to(root)))
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(wanted)
    return report
