"""Keeping the rules that judge: the text of every version, before anything is decided by it."""

from cases.domain import rulebook
from cases.models import KeptRulebook

# What this process has seen kept.
_seen: set[str] = set()


def keep(version: str) -> None:
    """Have the text of this version kept; `version` is that of a rulebook of today. Costs nothing once it has been seen."""
    if version not in _seen:
        keep_today()


def keep_today() -> None:
    """Keep the rulebooks as their files are now, each version once, whatever this process has seen.

    Two at once write one row. Only a row that was found counts as seen: one just written may still be rolled back.
    """
    books = {}
    for jurisdiction in rulebook.JURISDICTIONS:
        book = rulebook.load(jurisdiction)
        books[book.version_with_house] = (jurisdiction.upper(), book)
    found = set(KeptRulebook.objects.filter(version__in=books).values_list("version", flat=True))
    missing = [
        KeptRulebook(
            version=version,
            jurisdiction=jurisdiction,
            text=book.content.decode(),
            house=book.house.decode(),
        )
        for version, (jurisdiction, book) in books.items()
        if version not in found
    ]
    KeptRulebook.objects.bulk_create(missing, ignore_conflicts=True)
    _seen.update(found)
