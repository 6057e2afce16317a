"""Who is who: signing up, the number a person is reached at, and the ways back when it is lost.

A telephone number is not a person. It can be lost, and carriers give it to somebody else; so it
can be changed, released and, after long silence, alone opens nothing.
"""

import datetime as dt
import secrets
import unicodedata
import uuid
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.access import Permission, Role
from cases.actions.events import record
from cases.domain.refusal import Refused
from cases.fields import blind_index
from cases.models import User

# Carriers in China resell a cancelled number after 90 days; we begin to doubt earlier.
SILENCE = dt.timedelta(days=60)
_RECOVERY_DIGITS = 16
NAME_LENGTH = 60
# Control and direction signs, line ends and signs nobody has defined: a page or a letter would show another name.
_UNSHOWN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})


def by_phone(phone: str) -> User | None:
    """The one person who has shown that they hold this number (E.164)."""
    return User.objects.filter(phone_index=blind_index(phone), phone_verified=True).first()


def by_email(email: str) -> User | None:
    """Whose address this is. Only a verified address is anybody's; staff are known by their work address."""
    email = email.lower()
    staff = User.objects.exclude(role=Role.BORROWER).filter(email=email).first()
    if staff is not None:
        return staff
    address = EmailAddress.objects.filter(email=email, verified=True).select_related("user").first()
    return address.user if address else None


def phone_is_silent(person: User) -> bool:
    """Nobody has shown this number for so long that it may have a new owner. Real time, not the demo's."""
    seen = person.phone_seen_at
    return bool(person.phone) and (seen is None or clock.real_now() - seen > SILENCE)


def sign_up(*, by: User | None = None, phone: str = "", email: str = "", language: str = "") -> User:
    """A new borrower whose number or address was just shown to be theirs.

    Two people may confirm one number in the same second: the second one is handed the first one's account,
    since both hold the telephone.
    """
    if bool(phone) == bool(email):
        raise ValueError("A person signs up with a number or an address.")
    try:
        with transaction.atomic():
            person = User.objects.create(
                role=Role.BORROWER,
                language=language,
                email=email,
                phone=phone,
                phone_index=blind_index(phone) if phone else "",
                phone_verified=bool(phone),
                phone_seen_at=clock.real_now() if phone else None,
            )
            if email:
                EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
            record(
                "person.signed_up", by=person, about=person, person=person, way="phone" if phone else "email"
            )
    except IntegrityError:
        known = by_phone(phone) if phone else by_email(email)
        if known is None:
            raise
        return known
    return person


@transaction.atomic
def signed_in(*, by: User, way: str) -> User:
    """Somebody came in as `by`. `way` is code_phone, code_email, password, passkey, recovery or demo."""
    if way == "code_phone":
        by.phone_seen_at = clock.real_now()
        by.save(update_fields=["phone_seen_at"])
    record("person.signed_in", by=by, about=by, person=by, way=way)
    return by


@transaction.atomic
def name_oneself(*, by: User, name: str) -> User:
    """The borrower's own name, kept encrypted; a lender that they send a plan to finds their account by it.

    Raises Refused with the field when it is empty, longer than 60 characters, or has signs that cannot be shown.
    """
    if not by.may(Permission.FILE_KEEP):
        raise User.DoesNotExist
    name = unicodedata.normalize("NFC", name.strip())
    if not any(map(str.isalpha, name)):
        raise Refused("no_name", _("Write your name as the lender has it."), field="name")
    if len(name) > NAME_LENGTH:
        raise Refused("name_too_long", _("A name has at most 60 characters."), field="name")
    if any(unicodedata.category(sign) in _UNSHOWN for sign in name):
        raise Refused(
            "name_not_writable",
            _("This name has a sign in it that cannot be shown. Please type it once more."),
            field="name",
        )
    person = User.objects.select_for_update().get(pk=by.pk)
    first, by.name = not person.name, name
    if person.name != name:
        person.name = name
        person.save(update_fields=["name"])
        record("person.named", by=by, about=person, person=person, first=first)
    return person


@transaction.atomic
def take_phone(*, by: User, phone: str) -> User:
    """Make `phone` (E.164, just confirmed by code) the person's own; the old number is told.

    Raises Refused "phone_taken" when another person holds it, also when they were quicker by a moment.
    """
    person = User.objects.select_for_update().get(pk=by.pk)
    old = person.phone if person.phone_verified else ""
    person.phone, person.phone_index, person.phone_verified = phone, blind_index(phone), True
    person.phone_seen_at = clock.real_now()
    try:
        with transaction.atomic():
            person.save(update_fields=["phone", "phone_index", "phone_verified", "phone_seen_at"])
    except IntegrityError:
        raise Refused(
            "phone_taken",
            _(
                "This number belongs to another account. Sign in with that number, or use a different one here."
            ),
            field="phone",
        ) from None
    by.phone, by.phone_index, by.phone_verified = person.phone, person.phone_index, True
    by.phone_seen_at = person.phone_seen_at
    if old != phone:
        record("person.phone_changed", by=by, about=person, person=person, first=not old)
        if old:
            _tell_later(person=person, channel="sms", address=old, wording="number_changed")
        _tell_by_email(person=person, wording="number_changed")
    return person


@transaction.atomic
def release_phone(*, by: User | None, person: User, phone: str) -> User:
    """`phone` has a new owner who says that this account is not theirs: it no longer opens it.

    The account itself stays, and is reached by its e-mail, passkey, password or recovery code. Raises Refused
    "phone_gone" when the account has another number, or none, by now: that one is nobody's to give away.
    """
    person = User.objects.select_for_update().get(pk=person.pk)
    if not phone or person.phone != phone:
        raise Refused("phone_gone", _("The code has run out. We can send a new one."))
    person.phone, person.phone_index, person.phone_verified, person.phone_seen_at = "", "", False, None
    person.save(update_fields=["phone", "phone_index", "phone_verified", "phone_seen_at"])
    record("person.phone_released", by=by, about=person, person=person)
    _tell_by_email(person=person, wording="number_released")
    return person


@transaction.atomic
def make_recovery_code(*, by: User) -> str:
    """A new code of 16 digits; the one before it is dead. It is returned once and kept only as a keyed hash."""
    person = User.objects.select_for_update().get(pk=by.pk)
    code = str(secrets.choice("123456789")) + "".join(
        secrets.choice("0123456789") for _ in range(_RECOVERY_DIGITS - 1)
    )
    person.recovery_index = blind_index(f"recovery:{code}")
    person.recovery_made_at = clock.real_now()
    person.save(update_fields=["recovery_index", "recovery_made_at"])
    by.recovery_index, by.recovery_made_at = person.recovery_index, person.recovery_made_at
    record("person.recovery_code_made", by=by, about=person, person=person)
    return code


@transaction.atomic
def use_recovery_code(*, by: User | None, code: str, only_for: User | None = None) -> User:
    """The person whose code this is. It works once, and the old number alone opens nothing from then on.

    Raises Refused "unknown_recovery_code".
    """
    digits = "".join(str(int(sign)) for sign in code if sign.isdecimal())
    found = User.objects.select_for_update().filter(
        recovery_index=blind_index(f"recovery:{digits}"), role=Role.BORROWER, is_active=True
    )
    if only_for is not None:
        found = found.filter(pk=only_for.pk)
    person = found.first() if len(digits) == _RECOVERY_DIGITS else None
    if person is None:
        raise Refused(
            "unknown_recovery_code",
            _("This recovery code does not open an account. It has 16 digits and works once."),
            field="code",
        )
    person.recovery_index, person.recovery_made_at, person.phone_seen_at = "", None, None
    person.save(update_fields=["recovery_index", "recovery_made_at", "phone_seen_at"])
    record("person.recovery_code_used", by=person, about=person, person=person)
    if person.phone and only_for is None:
        _tell_later(person=person, channel="sms", address=person.phone, wording="recovered")
    _tell_by_email(person=person, wording="recovered")
    return person


@transaction.atomic
def key_changed(*, by: User, change: str, kind: str) -> User:
    """A password, passkey, authenticator or e-mail address was added, removed or changed (allauth did it)."""
    record(f"person.key_{change}", by=by, about=by, person=by, key=kind)
    return by


def tell(*, person: User | None, channel: str, address: str, wording: str, **values: Any) -> None:
    """Send a security message: a code, or news about the keys of the account. Never held back by a hold."""
    send = import_string(settings.SECURITY_CODE_SENDER)
    language = person.language if person is not None and person.language else translation.get_language()
    with translation.override(language):
        send(
            key=f"security-{uuid.uuid4().hex}",
            person=person,
            channel=channel,
            address=address,
            wording=wording,
            values=values,
        )


def _tell_later(**what: Any) -> None:
    """After the change has truly happened; a mail server that is away must not undo it."""
    transaction.on_commit(lambda: tell(**what), robust=True)


def _tell_by_email(*, person: User, wording: str) -> None:
    """The same to the person's verified address, where there is one."""
    address = EmailAddress.objects.filter(user=person, verified=True).order_by("-primary", "pk").first()
    if address is not None:
        _tell_later(person=person, channel="email", address=address.email, wording=wording)
