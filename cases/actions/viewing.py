"""The access log: who is about to be shown whose file. The one thing a GET may write, and before the page is made."""

from typing import Protocol

from cases import clock
from cases.models import Lender, User, Viewing


class OfOnePerson(Protocol):
    """A case, a complaint: what belongs to one borrower and one lender."""

    ref: str
    borrower: User
    lender: Lender


def record(*, by: User, about: OfOnePerson, purpose: str) -> Viewing:
    """Append one row. It carries no text and no Event: it is itself the record, and the database guards it.

    Deliberately without `atomic()`: on SQLite a page that is only read must not queue behind writers for longer
    than this one row takes. When it cannot be written the caller must not show the page.
    """
    return Viewing.objects.create(
        person=about.borrower,
        lender=about.lender,
        officer_ref=by.ref,
        role=by.role,
        purpose=Viewing.Purpose(purpose),
        about_type=about._meta.model_name,  # type: ignore[attr-defined]
        about_ref=about.ref,
        at=clock.now(),
    )
