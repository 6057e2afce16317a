"""Whose complaint a page may show: the person who is signed in, or for half an hour whoever typed its receipt.

The session keeps the receipt's keyed hash, never the digits.
"""

import functools
import time
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

from cases import queries_complaints, queries_diary
from cases.access import Permission, View, public
from cases.actions.complaint_steps import Bearer, Sender
from cases.models import Complaint

_HELD = "receipt"
# Real time: somebody else may take the telephone.
MINUTES = 30


def hold(request: HttpRequest, index: str) -> None:
    """Remember for this session that the receipt was typed."""
    request.session[_HELD] = {"index": index, "until": time.time() + 60 * MINUTES}


def let_go(request: HttpRequest) -> None:
    request.session.pop(_HELD, None)


def bearer_of(request: HttpRequest) -> Bearer | None:
    held = request.session.get(_HELD)
    if not isinstance(held, dict) or held["until"] < time.time():
        return None
    return Bearer(index=held["index"])


def by_person_or_receipt(view: View) -> View:
    """A borrower, or a visitor who typed a receipt; a visitor without one is asked to sign in. Staff find nothing."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            if not request.user.may(Permission.FILE_KEEP):
                raise Http404
        elif bearer_of(request) is None:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return public(guarded)


def own(request: HttpRequest, ref: str) -> Complaint:
    """The complaint with this reference if it is theirs, else a 404."""
    sender = sender_of(request)
    if isinstance(sender, Bearer):
        found = queries_complaints.of_receipt(sender.index)
    else:
        found = queries_diary.complaints_for(sender)
    return get_object_or_404(found.annotate(entries=Count("contacts")), ref=ref)


def sender_of(request: HttpRequest) -> Sender:
    if request.user.is_authenticated:
        return request.user
    bearer = bearer_of(request)
    if bearer is None:
        raise Http404
    return bearer
