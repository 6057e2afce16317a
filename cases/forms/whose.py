"""Whom a contact was about, as choices of a form: the institutions of a person's debts, and the names they wrote themselves."""

from collections.abc import Iterable

from cases import naming
from cases.models import Debt, Lender

NOT_KNOWN = "unknown"


def named_by(debts: Iterable[Debt]) -> tuple[dict[str, Lender], dict[str, str]]:
    """(key of a choice → institution, key → the person's own words); each once, in the order of the debts."""
    lenders: dict[str, Lender] = {}
    words: dict[str, str] = {}
    for named in naming.named(debts):
        if named.lender:
            lenders.setdefault(f"lender-{named.lender.ref}", named.lender)
        elif named.debt.lender_words and named.debt.lender_words not in words.values():
            words[f"debt-{named.debt.ref}"] = named.debt.lender_words
    return lenders, words
