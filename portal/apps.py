"""The site's own app, and the officers' admin that stands in for Django's."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Steady"

    def ready(self) -> None:
        # The Celery app is made here, not in portal/__init__, so that portal.domain stays importable alone.
        from portal import celery, checks

        celery.app.set_default()
        checks.register_all()


class OfficerAdminConfig(AdminConfig):
    default_site = "portal.officer.site.OfficerAdminSite"
