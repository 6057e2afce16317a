"""That the decision about one message stands in a sealed batch: everything needed to check it without us, as JSON values.

A message planned at night is proven by the night's own record, the very bytes that were judged; any other by the first event
that speaks of it.
"""

from itertools import islice
from typing import Any

from cases import queries_ledger
from cases.domain import merkle
from cases.models import Event, Seal
from notices.domain import night
from notices.models import Asked, Message, Night
from notices.queries_night import heading_of, leaves_of, records_of

STRUCT = ">" + "".join(width for _, width in night.FIELDS)


def proof_of(message: Message, public_key: bytes) -> dict[str, Any] | None:
    """None while nothing about the message is sealed yet."""
    if message.record is not None:
        return _of_night(message.record, public_key)
    event = Event.objects.filter(about_ref=message.ref).order_by("pk").first()
    proof = queries_ledger.prove(event) if event else None
    return queries_ledger.as_document(proof, public_key) if proof else None


def _of_night(number: int, public_key: bytes) -> dict[str, Any] | None:
    """The night's record, and with a path of its own the heading that says what the record's numbers point at."""
    held = Night.objects.filter(first__lte=number, last__gte=number).first()
    seal = Seal.objects.filter(of="decisions", block=held.pk).first() if held else None
    row = Asked.objects.filter(pk=number).first()
    if held is None or seal is None or row is None:
        return None
    _, record, _ = next(islice(records_of(held, first=number), 1))
    # The heading is leaf 0.
    position = row.place + 1
    leaves = list(leaves_of(held))
    path, heading_path = (
        [step.hex() for step in merkle.inclusion_path(leaves, place)] for place in (position, 0)
    )
    document = queries_ledger.seal_document(
        seal, public_key, record=record.hex(), position=position, path=path
    )
    return document | {
        "encoding": "hex",
        "struct": STRUCT,
        "fields": [name for name, _ in night.FIELDS],
        "heading": heading_of(held).decode(),
        "heading_path": heading_path,
    }
