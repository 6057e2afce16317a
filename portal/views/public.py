"""Pages for anyone: the start, help, leaving quickly."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from cases.access import public


@public
def start(request: HttpRequest) -> HttpResponse:
    return render(request, "public/start.html")


@public
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "public/help.html")


@public
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """End the session and show a neutral page; the browser is asked to forget what it kept."""
    logout(request)
    response = redirect("away", permanent=False)
    response.status_code = 303
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@public
def away(request: HttpRequest) -> HttpResponse:
    """A page with nothing personal on it, and no word of debt."""
    return render(request, "public/away.html")
