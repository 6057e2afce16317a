"""
Signs of a false "debt helper" in a pasted text: a closed list, each with its source. What is looked for are pieces of words
near each other and in order, found by plain searching, so that no text can make it slow. Full-width, spaced-out and
look-alike letters are undone first; what is shown stays a verbatim part of the text. Signs only, never a verdict on a person.
"""

import tomllib
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cases.domain.rulebook import LANGUAGES

FILE = Path(__file__).resolve().parent.parent / "guides" / "scam_signs.toml"
# What is shown of the text is a few words, whatever stands between them.
LONGEST_EXCERPT = 200
_SENTENCE_ENDS = frozenset("。！？!?\n\r")
_BLANK = "\0"
_LEET = str.maketrans("0345@$", "oeasas")


class Sign(StrEnum):
    """The closed list of the public contract."""

    UPFRONT_FEE = "upfront_fee"
    ASKS_CODES = "asks_codes"
    STOP_PAYING = "stop_paying"
    CREDIT_REPAIR = "credit_repair"
    FORGED_PAPERS = "forged_papers"
    IMPERSONATION = "impersonation"
    REMOTE_ACCESS = "remote_access"
    OFF_PLATFORM = "off_platform"
    GUARANTEED_RESULT = "guaranteed_result"
    PRESSURE = "pressure"
    TAKES_OVER = "takes_over"
    NEW_LOAN = "new_loan"


class SignsError(ValueError):
    """A file of signs that cannot be used; the message names the row."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One sign in words, keyed by language tag, and what is looked for: patterns of pieces of alternatives."""

    sign: Sign
    name: Mapping[str, str]
    source: Mapping[str, str]
    text: Mapping[str, str]
    patterns: Sequence[Sequence[Sequence[str]]]


@dataclass(frozen=True, kw_only=True)
class Signs:
    rows: Mapping[Sign, Row]
    near: int
    near_letters: int
    negations: Sequence[str]
    warnings: Sequence[str]
    unwarnings: Sequence[str]
    blanks: Sequence[str]
    same: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A sign with the part of the text that shows it: `text[start:end]`."""

    sign: Sign
    excerpt: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.excerpt)


def find(text: str) -> list[Found]:
    """Every sign once, at its first place, in the order of the closed list."""
    signs = load()
    looked_at = _Text(text, signs)
    return [
        Found(sign=row.sign, excerpt=text[span[0] : span[1]], start=span[0])
        for row in signs.rows.values()
        if (span := looked_at.first(row.patterns)) is not None
    ]


class _Text:
    """A text as it is looked at: letters, digits and characters only, each knowing where it came from."""

    def __init__(self, text: str, signs: Signs) -> None:
        self._signs, self._text = signs, text
        flat, self._at, self._parted, sentences = _flatten(text, signs.same)
        tokens = _tokens(flat, self._parted)
        self._joined = _spelled_out(tokens, len(flat))
        flat = _unleet(flat, tokens)
        for word in signs.blanks:
            flat = flat.replace(word, _BLANK * len(word))
        self.flat, self._sentences = flat, sentences
        self._places: dict[str, list[tuple[int, int]]] = {}
        self._negations = self._all(signs.negations)
        self._warned = self._sentences_that_warn()

    def first(self, patterns: Sequence[Sequence[Sequence[str]]]) -> tuple[int, int] | None:
        """Where the earliest part of the text that one of the patterns fits begins and ends."""
        spans = [span for pattern in patterns if (span := self._match(pattern)) is not None]
        if not spans:
            return None
        start, end = min(spans, key=lambda span: (span[0], -span[1]))
        return self._at[start], self._at[end - 1] + 1

    def _match(self, pattern: Sequence[Sequence[str]]) -> tuple[int, int] | None:
        """Start and end of the first match. Begins at the rarest piece, so a text of one word a hundred thousand times is quick."""
        pieces = [self._all(words) for words in pattern]
        if not all(pieces):
            return None
        rarest = min(range(len(pieces)), key=lambda n: len(pieces[n]))
        for middle in pieces[rarest]:
            taken = [middle]
            for earlier in reversed(pieces[:rarest]):
                place = _last_before(earlier, taken[0][0])
                if place is None or not self._near(place, taken[0]):
                    break
                taken.insert(0, place)
            else:
                for later in pieces[rarest + 1 :]:
                    place = _first_after(later, taken[-1][1])
                    if place is None or not self._near(taken[-1], place):
                        break
                    taken.append(place)
                else:
                    if self._counts(taken):
                        return taken[0][0], taken[-1][1]
        return None

    def _near(self, one: tuple[int, int], other: tuple[int, int]) -> bool:
        latin = self.flat[one[0]].isascii() and self.flat[other[0]].isascii()
        near = self._signs.near_letters if latin else self._signs.near
        return (
            other[0] - one[1] <= near
            and self._sentences[one[0]] == self._sentences[other[1] - 1]
            and self._at[other[1] - 1] - self._at[one[0]] < LONGEST_EXCERPT
        )

    def _counts(self, taken: Sequence[tuple[int, int]]) -> bool:
        """Whether the words are meant: neither said not to be so, nor warned of."""
        start, end = taken[0][0], taken[-1][1]
        if self._at[end - 1] - self._at[start] >= LONGEST_EXCERPT:
            return False
        sentence = self._sentences[start]
        if sentence in self._warned:
            return False
        latin = self.flat[start].isascii()
        before = max(0, start - (self._signs.near_letters if latin else 6))
        place = bisect_left(self._negations, (before, 0))
        while place < len(self._negations) and self._negations[place][0] < end:
            first, last = self._negations[place]
            apart = all(last <= piece[0] or first >= piece[1] for piece in taken)
            if apart and last <= end and self._sentences[first] == sentence and not self._comma(last, start):
                return False
            place += 1
        return True

    def _comma(self, place: int, start: int) -> bool:
        """Whether a clause ends between what says no and what is said."""
        return place < start and any(
            mark in "，,、；;:：" for mark in self._text[self._at[place - 1] + 1 : self._at[start]]
        )

    def _sentences_that_warn(self) -> frozenset[int]:
        found = set()
        for start, _end in self._all(self._signs.warnings):
            said = self.flat[max(0, start - 8) : start]
            if not said.endswith(tuple(word.replace(" ", "") for word in self._signs.unwarnings)):
                found.add(self._sentences[start])
        return frozenset(found)

    def _all(self, words: Sequence[str]) -> list[tuple[int, int]]:
        """Every place of any of these words, in the order of the text; the longer first where two begin together."""
        if len(words) == 1:
            return self._find(words[0])
        places = [place for word in words for place in self._find(word)]
        return sorted(places, key=lambda place: (place[0], -place[1]))

    def _find(self, word: str) -> list[tuple[int, int]]:
        known = self._places.get(word)
        if known is not None:
            return known
        bare = word.replace(" ", "")
        places, start = [], self.flat.find(bare)
        while start >= 0:
            end = start + len(bare)
            if self._edge(start) and self._edge(end):
                places.append((start, end))
            start = self.flat.find(bare, start + 1)
        self._places[word] = places
        return places

    def _edge(self, place: int) -> bool:
        """Whether a word may begin or end here: anywhere in Chinese, between words in other scripts."""
        if place in (0, len(self.flat)) or self._parted[place]:
            return True
        before, after = self.flat[place - 1], self.flat[place]
        latin = (before + after).isascii() and (before + after).isalnum()
        if not latin or before.isalpha() != after.isalpha():
            return True
        return self._joined[place - 1] and self._joined[place]


def _flatten(text: str, same: Mapping[str, str]) -> tuple[str, list[int], list[bool], list[int]]:
    """The text without anything that parts letters; for each letter its place, whether it was parted, its sentence."""
    flat: list[str] = []
    at: list[int] = []
    parted: list[bool] = []
    sentences: list[int] = []
    known: dict[str, str] = {}
    gap, sentence, since = False, 0, 0
    for place, character in enumerate(text):
        folded = known.get(character)
        if folded is None:
            folded = known[character] = _fold(character, same)
        if folded:
            for letter in folded:
                flat.append(letter)
                at.append(place)
                parted.append(gap)
                sentences.append(sentence)
                gap = False
            since += 1
        elif character in _SENTENCE_ENDS or (character == "." and text[place + 1 : place + 2].isspace()):
            # A mark after every character is no sentence, but a way to hide one.
            sentence, since, gap = sentence + (since > 1), 0, True
        elif unicodedata.category(character) not in ("Cf", "Mn", "Me") and character not in "'’":
            gap = True
    return "".join(flat), at, parted, sentences


def _fold(character: str, same: Mapping[str, str]) -> str:
    """What a character counts as: nothing, or the plain letters it stands for."""
    plain = unicodedata.normalize("NFKD", character).casefold()
    kept = (same.get(letter, letter) for letter in plain)
    return "".join(letter for letter in kept if letter.isalnum() or letter in "%@$")


def _tokens(flat: str, parted: Sequence[bool]) -> list[tuple[int, int]]:
    """Words of ASCII letters and digits: first place, and the place after the last."""
    tokens = []
    start = -1
    for place, letter in enumerate(flat):
        if start >= 0 and (parted[place] or not letter.isascii()):
            tokens.append((start, place))
            start = -1
        if start < 0 and letter.isascii():
            start = place
    return [*tokens, (start, len(flat))] if start >= 0 else tokens


def _spelled_out(tokens: Sequence[tuple[int, int]], length: int) -> list[bool]:
    """Which letters stand alone in a row of at least three: f e e."""
    joined = [False] * length
    run: list[int] = []
    for start, end in [*tokens, (-9, -7)]:
        if end - start == 1 and (not run or start == run[-1] + 1):
            run.append(start)
            continue
        if len(run) > 2:
            for place in run:
                joined[place] = True
        run = [start] if end - start == 1 else []
    return joined


def _unleet(flat: str, tokens: Sequence[tuple[int, int]]) -> str:
    """Digits and signs inside a word as the letters they imitate: f33 is fee, 3000 stays a number."""
    parts, last = [], 0
    for start, end in tokens:
        word = flat[start:end]
        if word[0].isalpha() and not word.isalpha():
            parts += [flat[last:start], word.translate(_LEET)]
            last = end
    return "".join([*parts, flat[last:]]) if parts else flat


def _last_before(places: Sequence[tuple[int, int]], start: int) -> tuple[int, int] | None:
    """The nearest place that ends at `start` or before."""
    n = bisect_left(places, (start, 0))
    for place in reversed(places[max(0, n - 4) : n]):
        if place[1] <= start:
            return place
    return None


def _first_after(places: Sequence[tuple[int, int]], end: int) -> tuple[int, int] | None:
    n = bisect_right(places, (end, -1))
    return places[n] if n < len(places) else None


# ── the file ─────────────────────────────────────────────────────────────────────────────────
def load() -> Signs:
    """Raises SignsError naming the row."""
    return _load(FILE.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _load(_changed: int) -> Signs:
    return parse(FILE.read_bytes())


def parse(content: bytes) -> Signs:
    try:
        data = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SignsError(f"not readable as TOML: {error}") from None
    rows: dict[Sign, Row] = {}
    for row in data.get("sign", []):
        code = row.get("code", "?")
        if code not in list(Sign) or code in rows:
            raise SignsError(f"sign {code}: unknown, or there twice")
        rows[Sign(code)] = Row(
            sign=Sign(code),
            name=_words(row, "name"),
            source=_words(row, "source"),
            text=_words(row, "text"),
            patterns=[_pattern(written, code) for written in row.get("patterns", [])],
        )
    if list(rows) != list(Sign):
        raise SignsError("every sign of the closed list stands there once, in its order")
    pairs = data["same"] + data["traditional"]
    return Signs(
        rows=MappingProxyType(rows),
        near=data["near"],
        near_letters=data["near_letters"],
        negations=data["negations"],
        warnings=data["warnings"],
        unwarnings=data["unwarnings"],
        blanks=data["blanks"],
        same=MappingProxyType(dict(zip(pairs[::2], pairs[1::2], strict=True))),
    )


def _pattern(written: str, code: str) -> Sequence[Sequence[str]]:
    pieces = [[word.strip() for word in piece.split("|")] for piece in written.split(">")]
    if not all(word for piece in pieces for word in piece):
        raise SignsError(f"sign {code}: an empty word in {written!r}")
    return pieces


def _words(row: Mapping[str, Any], key: str) -> Mapping[str, str]:
    words = {language: row.get(key, {}).get(language.replace("-", "_"), "") for language in LANGUAGES}
    if not all(words.values()):
        raise SignsError(f"sign {row.get('code')}: {key} is missing in a language")
    return MappingProxyType(words)
