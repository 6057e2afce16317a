"""Letting institutions and their people in. Only the operator does this, from the command line."""

import datetime as dt
import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import access, clock
from cases.actions import events
from cases.domain.refusal import Refused
from cases.models import Lender, Post, User

# What every message can carry; a reminder in any other name would be set aside unsent.
LONGEST_NAME = 60
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co"})
_ADDRESS = re.compile(r"://|=\?|www\.|[\w-]\.[a-z]{2,}", re.IGNORECASE)


@transaction.atomic
def add_lender(*, name: str, name_en: str = "", kind: str, telephone: str = "") -> Lender:
    """A lender that borrowers can pick and send to. Raises Refused for a name that is taken or an unknown kind."""
    name = name.strip()
    if kind not in Lender.Kind.values:
        raise Refused("unknown_kind", _("This is no kind of lender we know."), field="kind")
    if not name:
        raise Refused("no_name", _("A lender needs a name."), field="name")
    for field, said in (("name", name), ("name_en", name_en.strip())):
        if not _can_be_written(said):
            raise Refused(
                "name_not_writable",
                _("A name is one line of at most 60 visible characters, and no address of a page."),
                field=field,
            )
    if Lender.objects.filter(name=name).exists():
        raise Refused("name_taken", _("A lender of this name is here already."), field="name")
    lender = Lender.objects.create(name=name, name_en=name_en.strip(), kind=kind, telephone=telephone)
    events.record("lender.added", by=None, about=lender, lender=lender, kind_of_lender=kind)
    return lender


@transaction.atomic
def add_staff(*, email: str, role: str, name: str = "", lender: Lender | None = None) -> User:
    """An account for a lender's person or for a regulator, without a password.

    They set one with "I forgot the password" and then their second factor; until then the account opens nothing.
    Raises Refused when the address is in use, or the role and the lender do not go together.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Refused("no_email", _("This is not an e-mail address."), field="email") from None
    if role not in access.STAFF_ROLES:
        raise Refused("unknown_role", _("This is no role for staff."), field="role")
    if (lender is None) != (role == access.Role.REGULATOR):
        raise Refused(
            "lender_and_role",
            _("A lender's people belong to one lender; a regulator to none."),
            field="lender",
        )
    if User.objects.filter(email=email).exists():
        raise Refused("email_taken", _("This address has an account already."), field="email")
    person = User.objects.create(role=role, email=email, name=name.strip())
    if lender is not None:
        Post.objects.create(officer=person, lender=lender, since=clock.today())
    events.record("staff.added", by=None, about=person, lender=lender, role=role)
    return person


@transaction.atomic
def end_post(*, person: User, on: dt.date | None = None) -> User:
    """A lender's person leaves: from the next request on they see nothing. The account is closed, not deleted."""
    person = User.objects.select_for_update().get(pk=person.pk)
    day = on or clock.today()
    for post in Post.objects.filter(officer=person, until__isnull=True):
        post.until = max(day, post.since)
        post.save(update_fields=["until"])
    person.is_active = False
    person.save(update_fields=["is_active"])
    events.record("staff.ended", by=None, about=person)
    return person


def _can_be_written(name: str) -> bool:
    """Whether messages can say this name: what a link or a second line could hide in is no name."""
    plain = unicodedata.normalize("NFKC", name).replace("。", ".")
    visible = not any(unicodedata.category(sign) in _INVISIBLE for sign in name)
    return len(name) <= LONGEST_NAME and visible and not _ADDRESS.search(plain)
