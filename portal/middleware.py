"""What every answer carries, who may enter at all, and the second factor that staff must have shown."""

import time
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import ResolverMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.defaults import page_not_found

from cases import access, accounts
from cases.actions import custody, viewing

GetResponse = Callable[[HttpRequest], HttpResponse]

_MINUTE = 60
_HOUR = 60 * _MINUTE
# Real time: a demo clock moves neither. (longest silence, longest session) in seconds.
LIMITS = {True: (15 * _MINUTE, 8 * _HOUR), False: (12 * _HOUR, 12 * _HOUR)}
_SIGNED_IN_AT, _SEEN_AT = "signed_in_at", "seen_at"


class PrivateByDefault:
    """Pages are nobody's to keep: not the browser's back button's, not a proxy's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store, private")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"
        )
        return response


class StaffSecondFactor:
    """Sessions end in time; pages we did not write keep to the table; staff show a second factor first."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if request.method == "POST" and match and match.view_name == "account_logout":
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None:
            return None
        user = request.user
        if not user.is_authenticated:
            if match.namespace == "admin":
                return _to_sign_in(request, request.get_full_path())
            return None
        staff = user.role in access.STAFF_ROLES
        if not user.is_active or _is_over(request, staff):
            logout(request)
            messages.info(
                request, _("You were signed out after a while without activity. Please sign in again.")
            )
            return _to_sign_in(request, request.get_full_path()) if staff else redirect("account_login")
        needed = getattr(view, "access", None) or permission_for(match)
        if needed == access.PUBLIC:
            return None
        if needed is not None and not user.may(needed):
            raise Http404
        if staff and request.method in ("GET", "HEAD"):
            # A page that only shows asks for the post once; what writes asks each time, inside its transaction.
            user.lender_read = {}
        return accounts.second_factor_step(request) if staff else None


class AccessLog:
    """Before an officer sees a borrower's file, the borrower's list of who looked has the row.

    A row that cannot be written raises, and the page is not shown. HEAD and POST show a file too, so every
    method counts; a file outside the officer's scope is a 404 and leaves nothing.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        watch, handing = getattr(view, "watch", None), getattr(view, "handing", None)
        user = request.user
        needed = getattr(view, "access", None)
        if not user.is_authenticated or needed is None or not user.may(needed):
            return
        if watch is not None and (about := watch.find(user, kwargs["ref"])) is not None:
            viewing.record(by=user, about=about, purpose=watch.purpose)
        # A file has a log of its own hands beside it, the borrower's own among them. Only GET hands one out; a row for
        # an answer without a file would make the log say what did not happen.
        if (
            handing is not None
            and request.method == "GET"
            and (file := handing.find(user, kwargs["ref"])) is not None
        ):
            custody.note(by=user, evidence=file, deed=handing.deed, lender=getattr(file, "lender", None))


class CalmAnswers:
    """What is not there, or only behind a button, is said on a page of ours, in the reader's language.

    The innermost, so that the person and the language are known. The demo runs with DEBUG, whose own 404 lists every
    address of the site; without DEBUG Django's handler shows the same page of ours by itself.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 404 and settings.DEMO and _is_html(response):
            return page_not_found(request, Http404())
        # Django's own 405 has no body. Machines get that one: a page would set a cookie where none is read.
        machine = request.path_info.startswith("/api/")
        if response.status_code == 405 and not machine and not response.content:
            calm = render(request, "405.html", status=405)
            calm.headers["Allow"] = response.headers.get("Allow", "")
            return calm
        return response


def permission_for(match: ResolverMatch) -> Any:
    """What the table of third-party pages asks for this one; None for a page that is not in it."""
    name = match.view_name
    exact = access.THIRD_PARTY.get(name)
    if exact is not None:
        return exact
    return next((need for pattern, need in access.THIRD_PARTY.items() if fnmatchcase(name, pattern)), None)


def _is_html(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").startswith("text/html")


def _is_over(request: HttpRequest, staff: bool) -> bool:
    """Whether this session was silent, or lasted, too long; keeps the time of this request."""
    now = time.time()
    silence, whole = LIMITS[staff]
    session = request.session
    begun = session.setdefault(_SIGNED_IN_AT, now)
    seen = session.get(_SEEN_AT, now)
    # Once a minute is exact enough, and spares a write on each page.
    if now - seen >= _MINUTE or _SEEN_AT not in session:
        session[_SEEN_AT] = now
    return bool(now - seen > silence or now - begun > whole)


def _to_sign_in(request: HttpRequest, target: str) -> HttpResponse:
    query = "?" + urlencode({"next": target}) if request.method == "GET" else ""
    return redirect(reverse("account_password_login") + query)
