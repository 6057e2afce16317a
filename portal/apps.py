"""The site's own app, and the officers' admin that stands in for Django's."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Steady"

    def ready(self) -> None:
        from portal import checks

        checks.register_all()


class OfficerAdminConfig(AdminConfig):
    default_site = "portal.officer.site.OfficerAdminSite"
