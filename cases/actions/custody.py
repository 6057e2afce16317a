"""The chain of hands: one row for each time a file was handed in, shown, taken, shared or put into an export."""

from django.db import IntegrityError, connection, transaction

from cases import clock
from cases.models import Custody, Evidence, Lender, User
from cases.queries_evidence import hash_of, line_of

_TRIES = 20


def note(*, by: User | None, evidence: Evidence, deed: str, lender: Lender | None = None) -> Custody:
    """Append one row to the chain of a file. `by` None is the site itself; `lender` whom it concerns.

    Like the access log it may be written by a page that is only read, and before that page is made, so it opens no
    transaction of its own there. Two hands at once meet at the unique number, and the slower one takes the next.
    """
    for attempt in range(_TRIES):
        last = Custody.objects.filter(evidence=evidence).order_by("-number").first()
        row = Custody(
            evidence=evidence,
            number=last.number + 1 if last else 1,
            at=clock.now(),
            deed=Custody.Deed(deed),
            by_ref=by.ref if by else "",
            role=by.role if by else "",
            lender=lender,
            previous=last.hash if last else "",
        )
        row.hash = hash_of(line_of(row, evidence.ref))
        try:
            if connection.in_atomic_block:
                with transaction.atomic():
                    row.save(force_insert=True)
            else:
                row.save(force_insert=True)
        except IntegrityError:
            if attempt == _TRIES - 1:
                raise
            continue
        return row
    raise AssertionError("unreachable")
