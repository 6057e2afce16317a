"""What every answer carries, and the second factor that staff must have shown."""

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from cases import access, accounts

GetResponse = Callable[[HttpRequest], HttpResponse]


class PrivateByDefault:
    """Pages are nobody's to keep: not the browser's back button's, not a proxy's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store, private")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        return response


class StaffSecondFactor:
    """Staff without a second factor in this session reach only the pages that let them show one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):  # type: ignore[no-untyped-def]
        user = request.user
        if not user.is_authenticated or user.role not in access.STAFF_ROLES:
            return None
        if not user.is_active:
            logout(request)
            return redirect("account_login")
        if getattr(view, "access", None) == access.PUBLIC:
            return None
        return accounts.second_factor_step(request)
