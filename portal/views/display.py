"""How the pages look for this person: theme and text size, kept in a cookie."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from cases.access import public

CHOICES = {"theme": ("auto", "light", "dark"), "text": ("normal", "large", "larger")}
_YEAR = 365 * 24 * 60 * 60


def chosen(request: HttpRequest, what: str) -> str:
    """The person's choice of theme or text size; the first choice when nothing sensible is stored."""
    value = request.COOKIES.get(what, "")
    return value if value in CHOICES[what] else CHOICES[what][0]


def back_to(request: HttpRequest) -> str:
    """Where the form asks to return to, if that is a place on this site."""
    target = request.POST.get("next", "")
    # `redirect` would take a bare word for the name of a view, and stumble when there is none.
    if target.startswith("/") and url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return "/"


@public
@require_POST
def display(request: HttpRequest) -> HttpResponse:
    response = redirect(back_to(request))
    for what, values in CHOICES.items():
        value = request.POST.get(what)
        if value in values:
            response.set_cookie(
                what,
                value,
                max_age=_YEAR,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
    return response
