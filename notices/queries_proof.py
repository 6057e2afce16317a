"""That the decision about one message stands in a sealed batch: everything needed to check it without us, as JSON values.

A message planned at night is proven by the night's own record, the very bytes that were judged; any other by the first event
that speaks of it. What a message said when it left is proven by the event that says so, which holds the hash of the text.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from cases import queries_ledger
from cases.domain import merkle
from cases.models import Event, Seal
from notices.domain import delivery, heading, night
from notices.models import Message, Night
from notices.queries_night import heading_of, leaves_of, records_of


def proof_of(message: Message, public_key: bytes) -> dict[str, Any] | None:
    """None while nothing about the message is sealed yet. Raises `queries_ledger.Altered` where the rows no longer have the
    shape of what was sealed.
    """
    if message.record is not None:
        return _of_night(message.record, public_key)
    event = Event.objects.filter(about_ref=message.ref).order_by("pk").first()
    proof = queries_ledger.prove(event) if event else None
    return queries_ledger.as_document(proof, public_key) if proof else None


def text_proof_of(message: Message, public_key: bytes) -> dict[str, Any] | None:
    """That exactly this text left: the event that holds its hash, in its batch, and the text. None while it is not sealed, and
    where nothing left or the text was erased. Raises Altered where the text kept is not the one that left.
    """
    event = Event.objects.filter(about_ref=message.ref, data__has_key="text_sha256").order_by("pk").first()
    proof = queries_ledger.prove(event) if event and message.body else None
    if event is None or proof is None:
        return None
    if event.data["text_sha256"] != delivery.text_sha256(message.subject, message.body):
        raise queries_ledger.Altered(f"text of message {message.ref}")
    text = delivery.text_left(message.subject, message.body)
    return queries_ledger.as_document(proof, public_key) | {"text": text}


def _of_night(number: int, public_key: bytes) -> dict[str, Any] | None:
    """The night's record, and with a path of its own the heading that says what the record's numbers point at."""
    held = Night.objects.filter(first__lte=number, last__gte=number).first()
    seal = Seal.objects.filter(of="decisions", block=held.pk).first() if held else None
    if held is None or seal is None:
        return None
    found, record, _ = next(records_of(held, first=number), (0, b"", b""))
    if found != number or not record:
        raise queries_ledger.Altered(f"record {number}")
    letters, fields = night.layout(record)
    # The heading is leaf 0.
    position = number - held.first + 1
    leaves = partial(leaves_of, held)
    path, heading_path = (queries_ledger.path_in_block(seal, place, leaves) for place in (position, 0))
    document = queries_ledger.seal_document(
        seal, public_key, record=record.hex(), position=position, path=path
    )
    try:
        terms = _terms(held.terms, night.unpacked(record).terms) if held.terms else {}
        head = heading_of(held).decode()
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise queries_ledger.Altered(f"heading of night {held.pk}") from error
    return document | {
        "encoding": "hex",
        "struct": letters,
        "fields": list(fields),
        "heading": head,
        "heading_path": list(heading_path),
        **terms,
    }


def _terms(met: Sequence[Mapping[str, Any]], place: int) -> dict[str, Any]:
    """The terms that the record names, and the way from them to the root in the heading."""
    path = merkle.inclusion_path(heading.leaves_of(met), place)
    return {
        "terms": heading.terms_record(met[place]).decode(),
        "terms_path": [step.hex() for step in path],
    }
