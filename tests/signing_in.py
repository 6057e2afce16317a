"""Signing a test's person in, the way the site itself would have left the session."""

import time
from typing import Any

from django.conf import settings
from django.test import Client

from cases import access

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def client_for(user: Any, *, second_factor: bool = True, **headers: Any) -> Client:
    """A signed-in client. Staff have shown their second factor unless `second_factor` is False."""
    client = Client(**headers)
    client.force_login(user, backend=BACKEND)
    session = client.session
    methods: list[dict[str, Any]] = [{"method": "password", "at": time.time()}]
    if second_factor and user.role in access.STAFF_ROLES:
        give_second_factor(user)
        methods.append({"method": "mfa", "type": "totp", "at": time.time()})
    session["account_authentication_methods"] = methods
    session.save()
    return client


def give_second_factor(user: Any) -> Any:
    """The user's TOTP authenticator, made when missing; returns its row."""
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    known = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    return known or TOTP.activate(user, generate_totp_secret()).instance


def session_cookie(user: Any, **options: Any) -> str:
    """The value of the session cookie of a signed-in `user`, for a browser."""
    return client_for(user, **options).cookies[settings.SESSION_COOKIE_NAME].value
