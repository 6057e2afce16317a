"""What is handed in twice counts once: the token of a form or the hash of a file, and what was made of it the first time."""

import datetime as dt
from collections.abc import Iterable

from cases.models import Submission, User


def made_of(by: User, purpose: Submission.Purpose, key: str) -> list[str] | None:
    """The references of what this key made before; None when it is new or empty. To be asked under the lock on the person."""
    if not key:
        return None
    earlier = Submission.objects.filter(borrower=by, purpose=purpose, key=key).first()
    return list(earlier.made) if earlier else None


def keep(by: User, purpose: Submission.Purpose, key: str, made: Iterable[str], at: dt.datetime) -> None:
    """Remember what a key made, by references; without a key there is nothing to remember."""
    if key:
        Submission.objects.create(borrower=by, purpose=purpose, key=key, made=list(made), at=at)
