"""Keys for a lender's own programs: made, shown once, revoked. And in whose name the programs then act.

What a program does is written down as done by the lender's system, an account that nobody can sign in to: it has no
name, no address and no password. Each lender has one, so a key may be changed without becoming somebody else.
"""

import datetime as dt
import secrets
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases import queries as case_queries
from cases.access import Permission, Role
from cases.actions import events
from cases.domain.refusal import Refused
from cases.models import Lender, LenderToken, Post, User

# Ours: long enough for a yearly change of keys, short enough that a forgotten one ends.
LONGEST_DAYS = 400
DEFAULT_DAYS = 365
MOST_STANDING = 20
LABEL_LENGTH = 40
# So that a scanner of leaked secrets can tell what it found.
_PREFIX = "steady_lender_"


@transaction.atomic
def make(
    *, by: User | None, lender: Lender, label: str, scopes: Sequence[str], days: int = DEFAULT_DAYS
) -> tuple[LenderToken, str]:
    """A new key and its secret, which is returned this once. `by` None is the operator's command.

    Raises Refused with the field to change, Lender.DoesNotExist for another lender's people.
    """
    lender = _held(by, lender)
    label = label.strip()
    if not label or len(label) > LABEL_LENGTH or not label.isprintable():
        raise Refused(
            "label", _("Name the program that will hold this key, in at most 40 characters."), field="label"
        )
    chosen = [scope for scope in LenderToken.Scope.values if scope in scopes]
    if not chosen or len(chosen) != len(set(scopes)):
        raise Refused("scopes", _("Choose what this key may do."), field="scopes")
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused("days", _("A key ends after 1 to 400 days."), field="days")
    now = clock.real_now()
    if (
        LenderToken.objects.filter(lender=lender, revoked_at=None, expires_at__gt=now).count()
        >= MOST_STANDING
    ):
        raise Refused("too_many_tokens", _("There are 20 keys already. Revoke one that is not used."))
    secret = _PREFIX + secrets.token_urlsafe(32)
    token = LenderToken.objects.create(
        lender=lender,
        label=label,
        scopes=chosen,
        secret_sha256=LenderToken.hash_of(secret),
        made_by=by,
        made_at=now,
        expires_at=now + dt.timedelta(days=days),
    )
    _system(lender)
    events.record("token.made", by=by, about=token, lender=lender, scopes=chosen, days=days)
    return token, secret


@transaction.atomic
def revoke(*, by: User | None, token: LenderToken) -> LenderToken:
    """From the next request on this key opens nothing. Revoking twice changes nothing."""
    lender = _held(by, token.lender)
    found = LenderToken.objects.select_for_update().get(pk=token.pk, lender=lender)
    if found.revoked_at is None:
        found.revoked_at = clock.real_now()
        found.save(update_fields=["revoked_at"])
        events.record("token.revoked", by=by, about=found, lender=lender)
    return found


@transaction.atomic
def system_of(*, lender: Lender) -> User:
    """The account in whose name a lender's programs act; made when it is first needed."""
    return _system(Lender.objects.select_for_update().get(pk=lender.pk))


def _held(by: User | None, lender: Lender) -> Lender:
    if by is not None and (not by.may(Permission.KEY_KEEP) or case_queries.lender_of(by) != lender):
        raise Lender.DoesNotExist
    return Lender.objects.select_for_update().get(pk=lender.pk)


def _system(lender: Lender) -> User:
    """The caller holds the lender's row, so that there is one."""
    standing = User.objects.filter(
        role=Role.LENDER_SYSTEM, posts__lender=lender, posts__until=None, is_active=True
    )
    found = standing.first()
    if found is None:
        found = User.objects.create(role=Role.LENDER_SYSTEM)
        # Its post stands since the lender does: a demo's clock may stand before today.
        since = min(clock.today(), lender.created_at.date())
        Post.objects.create(officer=found, lender=lender, since=since)
        events.record("staff.added", by=None, about=found, lender=lender, role=found.role)
    return found
