"""The rulebook of the day: the rules as they stood when something was decided by them."""

import hashlib
from functools import lru_cache

from cases.domain import rulebook
from cases.domain.rulebook import Rulebook, RulebookError
from cases.models import KeptRulebook


def is_version(book: Rulebook, version: str) -> bool:
    """Whether `version` names this very rulebook, with or without the house's own rules."""
    return version in (book.version, book.version_with_house)


def is_of_today(book: Rulebook) -> bool:
    return is_version(rulebook.load(book.id), book.version_with_house)


def of_version(version: str) -> Rulebook | None:
    """The rulebook of this version: one of today's files, or one that was kept."""
    for jurisdiction in rulebook.JURISDICTIONS:
        today = rulebook.load(jurisdiction)
        if is_version(today, version):
            return today
    return kept(version)


def kept(version: str) -> Rulebook | None:
    """The kept rulebook; None when its text is missing, was altered, or can no longer be read."""
    row = KeptRulebook.objects.filter(version=version).first()
    if row is None:
        return None
    content, house = row.text.encode(), row.house.encode()
    if hashlib.sha256(content + house).hexdigest() != version:
        return None
    try:
        return _read(content, house, f"{row.jurisdiction} {version[:12]}")
    except RulebookError:
        return None


@lru_cache(maxsize=16)
def _read(content: bytes, house: bytes, name: str) -> Rulebook:
    return rulebook.joined(content, house, name=name)
