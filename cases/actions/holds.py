"""Placing and lifting a hold: the one row that silences every kind of pressure."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.actions import events
from cases.domain.refusal import Refused
from cases.models import Debt, Hold, User


@transaction.atomic
def place(*, by: User, kind: str, debt: Debt | None = None, until: dt.datetime | None = None) -> Hold:
    """A borrower asks for quiet about everything, or about one debt of their own. It stands at once."""
    if debt is not None and debt.borrower_id != by.pk:
        raise Debt.DoesNotExist
    now = clock.now()
    if kind not in Hold.Kind.values or kind == Hold.Kind.LEGAL:
        raise Refused("unknown_kind", _("Choose what this is about."), field="kind")
    if until is not None and until <= now:
        raise Refused("ends_before_it_begins", _("Choose a day in the future, or none."), field="until")
    User.objects.select_for_update().get(pk=by.pk)
    hold = Hold.objects.create(borrower=by, kind=kind, debt=debt, since=now, until=until)
    events.record("hold.placed", by=by, about=hold, person=by, hold=kind)
    return hold


@transaction.atomic
def lift(*, by: User, hold: Hold) -> Hold:
    """End a hold now. Raises Hold.DoesNotExist for somebody else's, Refused when it is over already."""
    User.objects.select_for_update().get(pk=by.pk)
    held = Hold.objects.select_for_update().exclude(kind=Hold.Kind.LEGAL).get(pk=hold.pk, borrower=by)
    now = clock.now()
    if held.until is not None and held.until <= now:
        raise Refused("already_over", _("This has already ended."))
    held.until = now
    held.save(update_fields=["until"])
    events.record("hold.lifted", by=by, about=held, person=by, hold=held.kind)
    return held


@transaction.atomic
def preserve(*, by: User | None, person: User) -> Hold:
    """Keep a file from erasure and from the end of its retention, because a court or a regulator asked for it.

    `by` None is the operator's command. It stops neither reminders nor anything else; a second one is the first.
    """
    User.objects.select_for_update().get(pk=person.pk)
    standing = Hold.objects.filter(borrower=person, kind=Hold.Kind.LEGAL, until__isnull=True).first()
    if standing is not None:
        return standing
    hold = Hold.objects.create(borrower=person, kind=Hold.Kind.LEGAL, since=clock.now())
    events.record("hold.placed", by=by, about=hold, person=person, hold=Hold.Kind.LEGAL.value)
    return hold


@transaction.atomic
def release(*, by: User | None, person: User) -> Hold:
    """End a legal hold. Raises Hold.DoesNotExist when none stands."""
    hold = Hold.objects.select_for_update().get(borrower=person, kind=Hold.Kind.LEGAL, until__isnull=True)
    hold.until = clock.now()
    hold.save(update_fields=["until"])
    events.record("hold.lifted", by=by, about=hold, person=person, hold=Hold.Kind.LEGAL.value)
    return hold
