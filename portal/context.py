"""What every template may ask for."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from portal.views import display as display_view


def display(request: HttpRequest) -> dict[str, Any]:
    """Theme and text size come from the person's own cookies; DEMO shows the demo strip."""
    return {
        "display_theme": display_view.chosen(request, "theme"),
        "display_text": display_view.chosen(request, "text"),
        "DEMO": settings.DEMO,
        "DEBUG": settings.DEBUG,
    }
