"""What a lender is called on a page, and which letter it has in this borrower's list.

Letters and colours follow the order of the person's own list of debts, never a brand; the same lender keeps
its letter on every page because every page asks here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import get_language, gettext

from cases.models import Debt, DebtParty, Lender


@dataclass(frozen=True, kw_only=True)
class Named:
    """One debt's creditor as the borrower sees it; `order` counts from 1."""

    debt: Debt
    lender: Lender | None
    name: str
    letter: str
    order: int


def called(lender: Lender, language: str | None = None) -> str:
    """The lender's name in the reader's language, where it has one there."""
    english = (language or get_language() or "").startswith("en")
    return lender.name_en if english and lender.name_en else lender.name


def lender_shown(debt: Debt) -> Lender | None:
    """Who a borrower deals with today: the owner, else whoever services or collects."""
    parties = getattr(debt, "standing", None)
    if parties is None:
        parties = list(debt.parties.filter(until__isnull=True).select_related("lender"))
    owners = [party for party in parties if party.role == DebtParty.Role.OWNER]
    return next((party.lender for party in owners or parties), None)


def name_of(debt: Debt) -> str:
    lender = lender_shown(debt)
    if lender is not None:
        return called(lender)
    return debt.lender_words or gettext("Lender not known")


def named(debts: Iterable[Debt]) -> list[Named]:
    """The debts in their order, each with the letter of its creditor; the same creditor has one letter."""
    places: dict[str, int] = {}
    found = []
    for debt in debts:
        lender = lender_shown(debt)
        # Two debts to somebody unknown are two strangers.
        key = (
            lender.ref
            if lender
            else f"words {debt.lender_words}"
            if debt.lender_words
            else f"debt {debt.ref}"
        )
        order = places.setdefault(key, len(places) + 1)
        letter = chr(ord("A") + (order - 1) % 26)
        found.append(Named(debt=debt, lender=lender, name=name_of(debt), letter=letter, order=order))
    return found
