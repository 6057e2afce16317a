"""A part of somebody's text shown with the rest of its clause: never cut inside a word, and … where something was left off."""

import unicodedata

_SENTENCE = "。！？!?\n\r"
_CLAUSE = _SENTENCE + "，,；;"
# How much of the clause is shown on either side, in characters.
_BESIDE = 24


def quoted(text: str, start: int, end: int) -> str:
    """`text[start:end]` and its clause around it, at most 24 characters on either side."""
    first, last = start, end
    while first > 0 and start - first < _BESIDE and not _ends(text, first - 1, _CLAUSE):
        first -= 1
    while last < len(text) and last - end < _BESIDE and not _ends(text, last - 1, _SENTENCE):
        if text[last] in _CLAUSE:
            break
        last += 1
    while first < start and _inside(text, first):
        first += 1
    while last > end and _inside(text, last):
        last -= 1
    before, after = text[:first].rstrip(" "), text[last:].lstrip(" ")
    opened = not before or _ends(text, len(before) - 1, _SENTENCE)
    closed = not after or after[0] in _SENTENCE or _ends(text, last - 1, _SENTENCE)
    return f"{'' if opened else '…'}{text[first:last].strip()}{'' if closed else '…'}"


def _ends(text: str, place: int, marks: str) -> bool:
    mark = text[place]
    return mark in marks or (mark == "." and text[place + 1 : place + 2].isspace())


def _inside(text: str, place: int) -> bool:
    """Whether a cut here would part a word of letters and digits, or a mark from its letter."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    return unicodedata.combining(after) > 0 or (
        (before + after).isascii() and before.isalnum() and after.isalnum()
    )
