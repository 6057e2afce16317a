"""A copy of one's data, and leaving: the two rights that reach into every table.

Erasure goes through `portal.domain.personal` from top to bottom. What is left is an empty shell that the kept rows
point at: it opens nothing, and says nothing about anybody.
"""

import json
import logging
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet

from cases import clock
from cases.access import Permission
from cases.actions import events, evidence
from cases.domain.refusal import Refused
from cases.models import Consent, User, Vault
from notices.models import Message, OutboxEntry
from portal import queries_rights
from portal.domain.personal import PERSONAL, Fate, Rows
from repayment.actions import offers
from repayment.models import Offer


@transaction.atomic
def export(*, by: User) -> dict[str, Any]:
    """Everything we hold about `by`, ready for JSON. The record keeps that a copy was taken, not what was in it."""
    copy = queries_rights.export(by)
    events.record("person.data_exported", by=by, about=by, person=by, rows=_counted(copy))
    return copy


def erase(*, by: User) -> User:
    """Take `by` out of every table, as `portal.domain.personal` says. There is no way back.

    Open proposals are taken back and open offers declined first, so that nobody can agree with nobody.
    Raises Refused, with what stands against it; that somebody asked is in the record either way.
    """
    if not by.may(Permission.FILE_KEEP):
        raise User.DoesNotExist
    try:
        return _erase(by)
    except Refused as refused:
        events.record("person.erasure_refused", by=by, about=by, person=by, reason=refused.code)
        raise


def erase_again(*, person: User) -> User:
    """After a backup was restored: somebody who had left before it was made is back, and goes again.

    Nothing can stand against it, since it was granted already; what the backup holds is the past.
    """
    return _erase(person, granted=True)


@transaction.atomic
def _erase(by: User, *, granted: bool = False) -> User:
    person = User.objects.select_for_update().get(pk=by.pk, erased_at__isnull=True)
    # Whoever sends a message locks the person first: nothing can begin to leave from here on.
    against = [] if granted else queries_rights.against_erasure(person)
    if against:
        raise against[0]
    _end_what_is_open(person)
    reached = {
        person.phone,
        person.email,
        *EmailAddress.objects.filter(user=person).values_list("email", flat=True),
    }
    reached.discard("")
    _end_sessions(person, reached)
    _empty_mailbox(reached)
    # The files go when this transaction stands; without their keys they are noise already.
    evidence.shred(Vault.objects.filter(borrower=person))
    rows = sum(_clear(entry, person) for entry in PERSONAL)
    person.refresh_from_db()
    person.password = make_password(None)
    person.erased_at = clock.now()
    person.save(update_fields=["password", "erased_at"])
    events.record("person.erased", by=person, about=person, person=person, rows=rows)
    # The list of who must be erased again when an older backup comes back lives outside the database: in the logs.
    transaction.on_commit(lambda: logging.getLogger("portal.rights").info("Erased %s", person.ref))
    return person


def _end_what_is_open(person: User) -> None:
    """Offers, permissions and waiting messages: everything that could still begin something."""
    for offer in Offer.objects.filter(case__borrower=person, state=Offer.State.OPEN).select_related(
        "case", "debt"
    ):
        if offer.made_by == Offer.Side.BORROWER:
            offers.withdraw(by=person, offer=offer)
        else:
            offers.decline(by=person, offer=offer)
    Consent.objects.filter(borrower=person, revoked_at__isnull=True).update(revoked_at=clock.now())
    Message.objects.filter(person=person, state__in=[Message.State.PLANNED, Message.State.QUEUED]).update(
        state=Message.State.CANCELLED
    )


def _clear(entry: Rows, person: User) -> int:
    """What erasure does to one table; how many rows it touched."""
    rows = queries_rights.rows_of(entry, person)
    if entry.fate is Fate.KEPT:
        return 0
    if entry.fate is Fate.EMPTIED:
        return _emptied(entry, rows)
    kept = Q(pk__in=[])
    for relation in entry.kept_if:
        kept |= Q(**{f"{relation}__isnull": False})
    stays = list(rows.filter(kept).values_list("pk", flat=True)) if entry.kept_if else []
    gone, _each = rows.exclude(pk__in=stays).delete()
    return gone + _emptied(entry, apps.get_model(entry.model)._default_manager.filter(pk__in=stays))


def _emptied(entry: Rows, rows: QuerySet[Any]) -> int:
    return rows.update(**entry.empties) if entry.empties else 0


def _end_sessions(person: User, reached: set[str]) -> None:
    """Every browser is signed out. Sessions are looked into as well, for a sign-in that had just begun."""
    known = set(UserSession.objects.filter(user=person).values_list("session_key", flat=True))
    for session in Session.objects.iterator(chunk_size=500):
        held = session.get_decoded()
        text = json.dumps(held, default=str)
        if held.get("_auth_user_id") == str(person.pk) or any(address in text for address in reached):
            known.add(session.session_key)
    Session.objects.filter(session_key__in=known).delete()


def _empty_mailbox(reached: set[str]) -> None:
    """Codes sent to a number before it was anybody's stand in the outbox under no name. Addresses are ciphertext."""
    mine = [
        entry.pk
        for entry in OutboxEntry.objects.filter(person__isnull=True).only("address").iterator(chunk_size=500)
        if entry.address in reached
    ]
    OutboxEntry.objects.filter(pk__in=mine).delete()


def _counted(copy: dict[str, Any]) -> int:
    return sum(len(rows) for rows in copy["records"].values())
