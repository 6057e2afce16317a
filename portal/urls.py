"""The site's table of contents: nouns, no verbs, no walkable ids."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from portal.views import display, public

urlpatterns: list[URLPattern | URLResolver] = [
    # For anyone
    path("", public.start, name="start"),
    path("help/", public.help_page, name="help"),
    path("leave/", public.leave, name="leave"),
    path("away/", public.away, name="away"),
    path("language/", set_language, name="set_language"),
    path("display/", display.display, name="display"),
    # Signing in
    path("accounts/", include("allauth.urls")),
    # Lenders' people
    path("officer/", admin.site.urls),
]
