"""The way out that needs no login: the page behind an e-mail's "unsubscribe", and the mail program's own button."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from cases.access import public
from notices.actions import unsubscribing


@csrf_exempt
@public
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A page with one button; POST stops at once, with the button or with RFC 8058's one click (which has no token of ours
    beside the address: stopping is always safe). Tells nothing about the person."""
    if request.method == "POST":
        if not unsubscribing.unsubscribe(token=token):
            raise Http404
        return render(request, "messages/unsubscribe.html", {"done": True})
    if unsubscribing.message_of(token) is None:
        raise Http404
    return render(request, "messages/unsubscribe.html", {"token": token, "done": False})
