"""How people sign in: allauth's adapters, our one-time code, and the second factor that staff owe.

Borrowers come in by a code to a telephone number or an e-mail address; whoever is new becomes a
borrower once the code is right, so a known and an unknown number get the same answer. Staff are
refused on that path, again with the same answer, and need a password and a second factor.
"""

import hashlib
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import (
    get_authentication_records,
    perform_login,
    record_authentication,
)
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.stagekit import stash_login
from allauth.account.models import EmailAddress, Login
from allauth.account.stages import LoginByCodeStage, LoginStage, LoginStageController
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse, RateLimited
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as django_login
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from cases import access, fields, identifiers
from cases.actions import people
from cases.domain.refusal import Refused
from cases.forms.accounts import PhoneField, digits_of
from cases.identifiers import Identifier
from cases.models import User

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CODE_MINUTES = 10
_DEMO_DOOR = "demo_door"
# Between signing in with a password and doing something delicate, no second asking within this time.
_FRESH_SECONDS = 5 * 60

# What allauth would say, in our words; what is not here is not said.
_SAID = {
    "account/messages/email_confirmed.txt": _("The e-mail address is confirmed."),
    "account/messages/email_confirmation_failed.txt": _("This e-mail address cannot be confirmed here."),
    "account/messages/email_deleted.txt": _("The e-mail address is removed."),
    "account/messages/primary_email_set.txt": _("We will write to this address from now on."),
    "account/messages/cannot_delete_primary_email.txt": _(
        "Choose another main address first, then remove this one."
    ),
    "account/messages/unverified_primary_email.txt": _(
        "Confirm the address first, then make it the main one."
    ),
    "account/messages/password_changed.txt": _("Your password is changed."),
    "account/messages/password_set.txt": _("Your password is set."),
    "account/messages/phone_verified.txt": _("The number is yours and saved."),
    "mfa/messages/totp_activated.txt": _("The authenticator app is set up."),
    "mfa/messages/totp_deactivated.txt": _("The authenticator app is removed."),
    "mfa/messages/webauthn_added.txt": _("The passkey is added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is removed."),
    "mfa/messages/recovery_codes_generated.txt": _(
        "New recovery codes are ready. The old ones no longer work."
    ),
    "usersessions/messages/sessions_logged_out.txt": _("The other devices are signed out."),
}


class AccountAdapter(DefaultAccountAdapter):
    """Borrowers by code; staff by password and second factor."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed. Ask us for help."),
        "incorrect_code": _(
            "This code is not right. Look at the newest message; a code works once, for 10 minutes."
        ),
        "incorrect_password": _("This password is not right."),
        "enter_current_password": _("This is not your current password."),
        "invalid_login": _("Enter a mobile number or an e-mail address."),
        "email_password_mismatch": _("These do not fit together. Check the address and the password."),
        "phone_password_mismatch": _("These do not fit together. Check the number and the password."),
        "phone_taken": _(
            "This number belongs to another account. Sign in with that number, or use a different one here."
        ),
        "same_as_current": _("This is already your number."),
        "rate_limited": _("That was a lot in a short time. Wait a minute, then try again."),
        "too_many_login_attempts": _("That was a lot in a short time. Wait a few minutes, then try again."),
    }

    # ── numbers ──
    def phone_form_field(self, **kwargs: Any) -> PhoneField:
        return PhoneField(**kwargs)

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        """Only a number that was shown to be theirs is kept at all."""
        if verified:
            self.set_phone_verified(user, phone)

    def set_phone_verified(self, user: User, phone: str) -> None:
        try:
            people.take_phone(by=user, phone=phone)
        except Refused as refused:
            messages.error(context.request, str(refused))
            raise ImmediateHttpResponse(redirect("account_change_phone")) from None

    def get_user_by_phone(self, phone: str) -> User | None:
        return people.by_phone(phone)

    def send_verification_code_sms(self, user: User, phone: str, code: str, **kwargs: Any) -> None:
        people.tell(
            person=user, channel="sms", address=phone, wording="code", code=code, minutes=CODE_MINUTES
        )

    # ── what is said ──
    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        said = message or _SAID.get(message_template or "")
        if said:
            messages.add_message(request, level, said, extra_tags=extra_tags)

    # ── coming in ──
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by allauth's own form: the code does it."""
        return False

    def get_login_stages(self) -> list[str]:
        """After the code and before the second factor: is this still the person the number belonged to?

        Nobody waits for the confirmation of an address: it is kept only once it is confirmed.
        """
        skipped = "allauth.account.stages.EmailVerificationStage"
        stages = [stage for stage in super().get_login_stages() if stage != skipped]
        after = stages.index("allauth.account.stages.LoginByCodeStage") + 1
        return [*stages[:after], "cases.accounts.StillYouStage", *stages[after:]]

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        people.signed_in(by=user, way=_way_in(request, user))
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever showed a password or a second factor a moment ago is not asked again."""
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        request = context.request
        shown = [
            record["at"]
            for record in get_authentication_records(request, request.user)
            if record["method"] in {"password", "mfa"}
        ]
        return not shown or time.time() - max(shown) > _FRESH_SECONDS

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth counts by e-mail and user name only: all telephone numbers would share one count.
        return f"login:{credentials.get('email') or credentials.get('phone') or ''}".lower()


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are encrypted at rest; staff cannot take off their last one."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right. Look at the newest code in your authenticator app."),
        "cannot_delete_authenticator": _(
            "Work accounts need a second factor. Add another one before removing this."
        ),
    }

    def encrypt(self, text: str) -> str:
        return fields.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return fields.decrypt(encrypted_text)

    def _get_user_identifier(self, user: User) -> str:
        return user.email or (identifiers.spoken(user.phone) if user.phone else user.ref)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        if authenticator.user.role not in access.STAFF_ROLES:
            return True
        others = Authenticator.objects.filter(user=authenticator.user).exclude(pk=authenticator.pk)
        return others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


# ── the one-time code ──────────────────────────────────────────────────────────────────────────
class CodeSignIn(LoginCodeVerificationProcess):
    """A code to a number or an address, whoever holds it.

    The session keeps a keyed hash of the code, never the code. Who it is, is asked again when the code is
    right: in between, a number may have changed hands.
    """

    @classmethod
    def begin(cls, request: HttpRequest, identifier: Identifier) -> "CodeSignIn":
        """Send the first code. Raises ValidationError when this number or address asked too often."""
        where = {identifier.kind: identifier.value}
        login = Login(user=None, **where)
        login.state["stages"] = {"current": LoginByCodeStage.key}
        stage = LoginByCodeStage(LoginStageController(request, login), request, login)
        stage.state.update(cls.initial_state(user=None, **where))
        stage.state["initiated_by_user"] = True
        process = cls(stage)
        process.send()
        process.persist()
        return process

    @classmethod
    def resume(cls, stage: LoginStage) -> "CodeSignIn | None":
        return cls(stage).abort_if_invalid()

    @property
    def identifier(self) -> Identifier:
        phone = self.state.get("phone")
        return Identifier(kind="phone" if phone else "email", value=phone or self.state["email"])

    def send(self, skip_enumeration_mails: bool = False) -> None:
        """A fresh code; the one before it is dead. Staff get word that codes are not for them."""
        to = self.identifier
        if not count_try(self.request, "request_login_code", to.value):
            raise RateLimited
        code = AccountAdapter(self.request).generate_login_code()
        person = _find(to)
        refused = person is not None and (person.role in access.STAFF_ROLES or not person.is_active)
        # A hash that no code fits keeps the session of a refused person like any other.
        self.state["code"] = _hash_of(to, "none" if refused else code)
        people.tell(
            person=person,
            channel="sms" if to.kind == "phone" else "email",
            address=to.value,
            wording="staff" if refused else "code",
            code=code,
            minutes=CODE_MINUTES,
        )

    def resend(self) -> None:
        self.send()
        self.record_resend()
        # Each code has its own ten minutes and its own three tries; how many codes there are is limited.
        self.state["at"], self.state["failed_attempts"] = time.time(), 0
        self.persist()

    def fits(self, typed: str) -> bool:
        """Counted before it is compared, so that a thousand tries at once are no more than a few.

        Raises RateLimited.
        """
        to = self.identifier
        usage = count_try(self.request, "check_code", to.value)
        if not usage:
            raise RateLimited
        right = constant_time_compare(_hash_of(to, digits_of(typed)), self.state["code"])
        if right:
            usage.rollback()
        return right

    def finish(self, redirect_url: str | None) -> HttpResponse:
        to = self.identifier
        person = _find(to)
        new = person is None
        if person is None:
            phone, email = (to.value, "") if to.kind == "phone" else ("", to.value)
            person = people.sign_up(phone=phone, email=email, language=translation.get_language() or "")
        record_authentication(self.request, person, method="code", **{to.kind: to.value})
        login = Login(user=person, redirect_url=redirect_url, signup=new, **{to.kind: to.value})
        return perform_login(self.request, login)


class StillYouStage(LoginStage):
    """A number silent for long may have a new owner: the code alone shows nothing personal."""

    key = "still_you"
    urlname = "account_still_you"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        person = self.login.user
        if person is None or person.role != access.Role.BORROWER or not people.phone_is_silent(person):
            return None, True
        methods = get_authentication_records(self.request, person)
        only_the_number = bool(methods) and all(m["method"] == "code" and m.get("phone") for m in methods)
        return (redirect(self.urlname), True) if only_the_number else (None, True)

    def keep(self) -> None:
        """Remember what this stage wrote down."""
        stash_login(self.request, self.login)

    def send_code(self, address: str) -> None:
        """A code to `address`, if it is this person's. The page says the same if it is not. Raises RateLimited."""
        person, address = self.login.user, address.lower()
        if not count_try(self.request, "request_login_code", person.ref):
            raise RateLimited
        code = AccountAdapter(self.request).generate_login_code()
        theirs = EmailAddress.objects.filter(user=person, email=address, verified=True).exists()
        self.state.update(at=time.time(), code=_hash_of(Identifier(kind="email", value=person.ref), code))
        if theirs:
            people.tell(
                person=person,
                channel="email",
                address=address,
                wording="code",
                code=code,
                minutes=CODE_MINUTES,
            )
        else:
            self.state["code"] = ""
        self.keep()

    def accepts(self, proof: str) -> bool:
        """Whether `proof` is the code by e-mail, the recovery code, or the password. Raises RateLimited."""
        person = self.login.user
        if not count_try(self.request, "check_code", person.ref):
            raise RateLimited
        sent = self.state.get("code") if time.time() - self.state.get("at", 0) <= CODE_MINUTES * 60 else ""
        by_mail = Identifier(kind="email", value=person.ref)
        if sent and constant_time_compare(_hash_of(by_mail, digits_of(proof)), sent):
            return True
        if person.has_usable_password() and person.check_password(proof):
            return True
        try:
            people.use_recovery_code(by=person, code=proof, only_for=person)
        except Refused:
            return False
        return True


def count_try(request: HttpRequest, action: str, key: str) -> Any:
    """allauth's count of one more try; None when there were too many.

    It reads, adds and writes, so tries at one instant would all see the same count: they take turns here, by a
    lock on the key on PostgreSQL, by the IMMEDIATE transaction on SQLite.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            turn = int.from_bytes(hashlib.sha256(f"{action}:{key}".encode()).digest()[:8], signed=True)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [turn])
        return ratelimit.consume(request, app="allauth.account", action=action, key=key)


def _find(to: Identifier) -> User | None:
    return people.by_phone(to.value) if to.kind == "phone" else people.by_email(to.value)


def _hash_of(to: Identifier, code: str) -> str:
    return salted_hmac("cases.accounts.code", f"{to.value}:{code}", algorithm="sha256").hexdigest()


def _way_in(request: HttpRequest, person: User) -> str:
    methods = get_authentication_records(request, person)
    for method in methods:
        if method["method"] == "code":
            return "code_phone" if method.get("phone") else "code_email"
        if method["method"] == "mfa" and method.get("passwordless"):
            return "passkey"
    return str(methods[0]["method"]) if methods else "other"


# ── the second factor ──────────────────────────────────────────────────────────────────────────
_SET_UP = {"mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate"}
_SHOW = {"mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_reauthenticate"}
_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def second_factor_step(request: HttpRequest) -> HttpResponse | None:
    """Where a member of staff must go before this page; None when password and second factor were shown.

    Both must have been shown in this very session. A text message is never a second factor here.
    """
    person = request.user
    if not isinstance(person, User):
        return None
    if came_through_demo_door(request):
        return None
    here = request.resolver_match.url_name if request.resolver_match else ""
    shown = {record["method"] for record in get_authentication_records(request, person)}
    if "mfa" in shown and "password" in shown:
        return None
    if not is_mfa_enabled(person, _FACTORS):
        return None if here in _SET_UP else _go("mfa_activate_totp", request)
    if here in _SHOW:
        return None
    return _go("account_reauthenticate" if "mfa" in shown else "mfa_reauthenticate", request)


def _go(name: str, request: HttpRequest) -> HttpResponse:
    target = reverse(name)
    if request.method == "GET" and name != "mfa_activate_totp":
        target += "?" + urlencode({"next": request.get_full_path()})
    return redirect(target)


def came_through_demo_door(request: HttpRequest) -> bool:
    """Whether nobody had to prove anything here, because this is the demo on somebody's own machine."""
    return bool(settings.DEMO and request.session.get(_DEMO_DOOR) == getattr(request.user, "ref", None))


def sign_in_for_demo(request: HttpRequest, user: User) -> None:
    """Open a demo door. The mark it leaves counts only while settings.DEMO does, and only for this person.

    Raises PermissionDenied outside the demo.
    """
    if not settings.DEMO:
        raise PermissionDenied("Doors without a key exist only in the demo.")
    django_login(request, user, backend=BACKEND)
    # allauth's own signal, which keeps the list of devices, rings only for its own ways in.
    request.user = user
    UserSession.objects.create_from_request(request)
    request.session[_DEMO_DOOR] = user.ref
    people.signed_in(by=user, way="demo")


# ── what allauth did, for the record ───────────────────────────────────────────────────────────
def _authenticator_added(
    request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    people.key_changed(by=user, change="added", kind=authenticator.type)
    if authenticator.type in _FACTORS and request.user == user:
        # Setting it up is showing it: the code or the key was checked a moment ago.
        record_authentication(request, user, method="mfa", type=authenticator.type, id=authenticator.pk)


def _authenticator_removed(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    people.key_changed(by=user, change="removed", kind=authenticator.type)


def _authenticator_reset(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    people.key_changed(by=user, change="renewed", kind=authenticator.type)


def _password_changed(user: User, **kwargs: Any) -> None:
    people.key_changed(by=user, change="changed", kind="password")


def _email_confirmed(email_address: EmailAddress, **kwargs: Any) -> None:
    people.key_changed(by=email_address.user, change="added", kind="email")


def _email_removed(user: User, **kwargs: Any) -> None:
    people.key_changed(by=user, change="removed", kind="email")


def connect() -> None:
    """Listen to allauth, once, when the app is ready."""
    from allauth.account import signals as account
    from allauth.mfa import signals as mfa

    mfa.authenticator_added.connect(_authenticator_added)
    mfa.authenticator_removed.connect(_authenticator_removed)
    mfa.authenticator_reset.connect(_authenticator_reset)
    for changed in (account.password_set, account.password_changed, account.password_reset):
        changed.connect(_password_changed)
    account.email_confirmed.connect(_email_confirmed)
    account.email_removed.connect(_email_removed)
