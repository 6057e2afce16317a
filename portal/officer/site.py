"""The officers' AdminSite: lenders' people only, second factor shown, one lender's part."""

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cases.access import Permission


class OfficerAdminSite(AdminSite):
    site_header = _("Officers' desk")
    site_title = _("Officers' desk")
    index_title = _("Queue")

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.may(Permission.OFFICER_SITE)
