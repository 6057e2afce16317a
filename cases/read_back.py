"""What was typed, kept for the page that reads it back, so that this page has an address of its own.

An answer to a POST is kept by no browser here, so pressing "back" on it would end in the browser's own error page. What
was typed waits in the session instead, for a quarter of an hour, for one person and one form, and goes with the saving.
"""

from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

_KEY, _SALT, _MARK = "read_back", "cases.read-back", "look"
_SECONDS = 15 * 60


def keep(request: HttpRequest) -> HttpResponse:
    """Keep what was posted and lead to the page that reads it back, at the same address."""
    sent = request.POST.copy()
    sent.pop("csrfmiddlewaretoken", None)
    whose = {"of": request.user.pk, "at": request.path, "sent": sent.urlencode()}
    request.session[_KEY] = signing.dumps(whose, salt=_SALT)
    return redirect(f"{request.path}?{_MARK}=1")


def kept(request: HttpRequest) -> QueryDict | None:
    """What this person typed into this form a moment ago; None without any, or when it is too old."""
    if _MARK not in request.GET:
        return None
    try:
        found = signing.loads(request.session.get(_KEY, ""), salt=_SALT, max_age=_SECONDS)
    except signing.BadSignature:
        return None
    if (found["of"], found["at"]) != (request.user.pk, request.path):
        return None
    return QueryDict(found["sent"])


def forget(request: HttpRequest) -> None:
    request.session.pop(_KEY, None)
