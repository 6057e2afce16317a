"""Showing once more that it is oneself, before something that cannot be undone or must not fall into other hands.

Whoever showed a key a moment ago is not asked. Otherwise: the password or second factor, where there is one (allauth's own
pages ask), else a fresh code to the confirmed number or address. The session keeps a keyed hash of the code.
"""

import time

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.account.models import EmailAddress
from allauth.core.exceptions import RateLimited
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import urlencode

from cases import accounts
from cases.actions import people
from cases.identifiers import Identifier
from cases.models import User

FRESH_SECONDS = 5 * 60
_TRIES = 3
_KEY = "proof"


def step(request: HttpRequest, *, back_to: str) -> HttpResponse | None:
    """Where this person must go first; None when they showed a key within the last minutes. `back_to`: a URL name."""
    if _is_fresh(request):
        return None
    flows = get_reauthentication_flows(request.user)
    target = reverse(back_to)
    if flows:
        name = "account_reauthenticate" if flows[0]["id"] == "reauthenticate" else flows[0]["id"]
        return redirect(f"{reverse(name)}?{urlencode({'next': target})}")
    return redirect(f"{reverse('privacy_confirm')}?{urlencode({'next': target})}")


def _is_fresh(request: HttpRequest) -> bool:
    if accounts.came_through_demo_door(request):
        return True
    shown = [record["at"] for record in get_authentication_records(request, request.user)]
    return bool(shown) and time.time() - max(shown) < FRESH_SECONDS


def where(person: User) -> Identifier | None:
    """Where a code can go: the confirmed number, else the confirmed address."""
    if person.phone and person.phone_verified:
        return Identifier(kind="phone", value=person.phone)
    address = EmailAddress.objects.filter(user=person, verified=True).order_by("-primary", "pk").first()
    return Identifier(kind="email", value=address.email) if address else None


def send_code(request: HttpRequest, person: User, to: Identifier) -> None:
    """A fresh code; the one before it is dead. Raises RateLimited."""
    if not accounts.count_try(request, "request_login_code", to.value):
        raise RateLimited
    code = get_adapter(request).generate_login_code()
    request.session[_KEY] = {"at": time.time(), "hash": _hash_of(person, code), "tries": 0}
    people.tell(
        person=person,
        channel="sms" if to.kind == "phone" else "email",
        address=to.value,
        wording="code",
        code=code,
        minutes=accounts.CODE_MINUTES,
    )


def is_waiting(request: HttpRequest) -> bool:
    """Whether a code was sent that still counts."""
    sent = request.session.get(_KEY)
    if sent is None:
        return False
    return bool(time.time() - sent["at"] <= accounts.CODE_MINUTES * 60 and sent["tries"] < _TRIES)


def accepts(request: HttpRequest, person: User, typed: str, to: Identifier) -> bool:
    """Whether this is the code; counted before it is compared. Raises RateLimited."""
    if not accounts.count_try(request, "check_code", to.value):
        raise RateLimited
    if not is_waiting(request):
        return False
    sent = request.session[_KEY]
    request.session[_KEY] = sent | {"tries": sent["tries"] + 1}
    digits = "".join(str(int(sign)) for sign in typed if sign.isdecimal())
    if not constant_time_compare(_hash_of(person, digits), sent["hash"]):
        return False
    del request.session[_KEY]
    record_authentication(request, person, method="code", reauthenticated=True, **{to.kind: to.value})
    return True


def _hash_of(person: User, code: str) -> str:
    return salted_hmac("portal.proof", f"{person.ref}:{code}", algorithm="sha256").hexdigest()
