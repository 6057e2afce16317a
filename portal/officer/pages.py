"""A page of the officers' desk: the frame of the admin around it, and the tab it stands under."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def desk_page(
    request: HttpRequest, template: str, /, *, here: str = "queue", status: int = 200, **context: Any
) -> HttpResponse:
    """`here` names the tab, or is empty for a page that stands under none."""
    return render(
        request, template, {**admin.site.each_context(request), "here": here, **context}, status=status
    )
