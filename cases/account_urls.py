"""Signing in. Ours first; of allauth's pages, those that we serve as they are."""

from allauth.account import urls as allauth_account
from django.urls import include, path

from cases.views import accounts

_OURS = [
    path("", accounts.keys, name="account_keys"),
    path("login/", accounts.entry, name="account_login"),
    path("login/code/", accounts.to_entry, name="account_request_login_code"),
    path("login/code/confirm/", accounts.confirm_code, name="account_confirm_login_code"),
    path("login/password/", accounts.password, name="account_password_login"),
    path("login/number/", accounts.still_you, name="account_still_you"),
    path("signup/", accounts.to_entry, name="account_signup"),
    path("recover/", accounts.recover, name="account_recover"),
    path("name/", accounts.name, name="account_name"),
    path("recovery-code/", accounts.recovery_code, name="account_recovery_code"),
    path("phone/change/", accounts.change_phone, name="account_change_phone"),
    path("phone/verify/", accounts.verify_new_phone, name="account_verify_phone"),
]
_names = {pattern.name for pattern in _OURS}

urlpatterns = [
    *_OURS,
    *(pattern for pattern in allauth_account.urlpatterns if pattern.name not in _names),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
