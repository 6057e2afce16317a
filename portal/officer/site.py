"""The officers' AdminSite: lenders' people only, second factor shown, one lender's part.

The index is the queue. The case pages are ours, inside the admin's frame, and end in the same actions
as the borrower's pages. Registered models keep Django's own list and form.
"""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from cases import queries as case_queries
from cases.access import Permission


class OfficerAdminSite(AdminSite):
    site_header = _("Officers' desk")
    site_title = _("Officers' desk")
    index_title = _("Queue")
    site_url = None
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.may(Permission.OFFICER_SITE)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one way to sign in, and it asks for the second factor; the admin's own form is not it."""
        return redirect("home" if request.user.is_authenticated else "account_login")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "lender": case_queries.lender_of(request.user)}

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # Imported here: the site object exists before the apps' models do.
        from portal.officer import views

        desk = [
            path("", self.admin_view(views.queue), name="index"),
            path("cases/<slug:ref>/", self.admin_view(views.case), name="case"),
            path("offers/<slug:ref>/acceptance/", self.admin_view(views.acceptance), name="offer_acceptance"),
            path("offers/<slug:ref>/counter/", self.admin_view(views.counter), name="offer_counter"),
            path("offers/<slug:ref>/refusal/", self.admin_view(views.refusal), name="offer_refusal"),
            path("offers/<slug:ref>/withdrawal/", self.admin_view(views.withdrawal), name="offer_withdrawal"),
        ]
        return [*desk, *super().get_urls()]
