"""Terms looked at before they are sent: kept in the session, so that going back never asks to send anything again.

Looking is a POST that redirects to `?look`; the page there is an ordinary page. A few drafts at most are kept, and they
go with the session.
"""

from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect

MOST = 4
_KEY = "drafts"
_BUTTONS = frozenset({"csrfmiddlewaretoken", "look", "send", "ask"})
_WORDS = _BUTTONS | {"reason", "note"}


def keep(request: HttpRequest) -> HttpResponseRedirect:
    """Keep what was typed for this page, and lead to the look at it."""
    drafts = request.session.get(_KEY, {})
    drafts.pop(request.path, None)
    kept = _bare(request.POST, _BUTTONS).urlencode()
    request.session[_KEY] = dict([*drafts.items(), (request.path, kept)][-MOST:])
    return redirect(f"{request.path}?look")


def is_sent(request: HttpRequest) -> bool:
    """Whether to send, and not to look: a button for it was pressed, and the terms are those that were looked at."""
    if request.method != "POST" or not request.POST.keys() & {"send", "ask"}:
        return False
    kept = request.session.get(_KEY, {}).get(request.path)
    return kept is None or _bare(QueryDict(kept), _WORDS) == _bare(request.POST, _WORDS)


def typed(request: HttpRequest) -> QueryDict | None:
    """What a form of this page is bound to: what was sent, or the draft that is looked at; None for a fresh page."""
    if request.method == "POST":
        return request.POST
    kept = request.session.get(_KEY, {}).get(request.path) if "look" in request.GET else None
    return QueryDict(kept) if kept is not None else None


def drop(request: HttpRequest) -> None:
    """Forget the draft of this page: it was sent."""
    drafts = request.session.get(_KEY, {})
    if drafts.pop(request.path, None) is not None:
        request.session[_KEY] = drafts


def _bare(data: QueryDict, without: frozenset[str]) -> QueryDict:
    left = data.copy()
    for name in without:
        left.pop(name, None)
    return left
