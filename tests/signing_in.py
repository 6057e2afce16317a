"""Signing a test's person in, the way the site itself would have left the session."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.http import HttpRequest
from django.test import Client

from cases import access

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def client_for(user: Any, *, second_factor: bool = True, **headers: Any) -> Client:
    """A signed-in client. Staff have shown their second factor unless `second_factor` is False."""
    client = Client(**headers)
    client.force_login(user, backend=BACKEND)
    # allauth keeps in the session how a person came in; staff pages ask it.
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, user, method="password")
    if second_factor and user.role in access.STAFF_ROLES:
        factor = give_second_factor(user)
        record_authentication(request, user, method="mfa", type=factor.type, id=factor.pk)
    request.session.save()
    return client


def give_second_factor(user: Any) -> Any:
    """The user's TOTP authenticator, made when missing; returns its row."""
    known = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    return known or TOTP.activate(user, generate_totp_secret()).instance


def session_cookie(user: Any, **options: Any) -> str:
    """The value of the session cookie of a signed-in `user`, for a browser."""
    return client_for(user, **options).cookies[settings.SESSION_COOKIE_NAME].value
