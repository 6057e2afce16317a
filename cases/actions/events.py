"""Writing the record: one Event for every change, in the same transaction."""

from typing import Any

from cases import clock
from cases.models import Event, Lender, User


def record(
    kind: str,
    *,
    by: User | None,
    about: Any,
    person: User | None = None,
    lender: Lender | None = None,
    **data: Any,
) -> Event:
    """Append one Event. `by` None is the system itself; `data` holds codes and figures, no personal text."""
    event = unsaved(kind, by=by, about=about, person=person, lender=lender, **data)
    event.save(force_insert=True)
    return event


def unsaved(
    kind: str,
    *,
    by: User | None,
    about: Any,
    person: User | None = None,
    lender: Lender | None = None,
    **data: Any,
) -> Event:
    """The same Event, for a caller who writes many at once."""
    return Event(
        at=clock.now(),
        kind=kind,
        actor_ref=by.ref if by else "",
        actor_role=by.role if by else "system",
        about_type=about._meta.model_name,
        about_ref=about.ref,
        person_ref=person.ref if person else "",
        lender_ref=lender.ref if lender else "",
        data=data,
    )


def record_of_house(kind: str, **data: Any) -> Event:
    """Append one Event about the house itself, such as a run of retention: about no row and no person."""
    return Event.objects.create(
        at=clock.now(), kind=kind, actor_role="system", about_type="house", about_ref="", data=data
    )
