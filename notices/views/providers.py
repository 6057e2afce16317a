"""Where providers call us: what became of a message, and what a person wrote back. Believed only with our signature."""

import datetime as dt
import json
import logging
import time
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from cases import clock
from cases.access import public
from notices import signing
from notices.actions import inbound, receipts
from notices.channels.base import EARLIEST, is_text
from notices.domain.inbound import LONGEST
from notices.models import Message

log = logging.getLogger(__name__)

LARGEST = 256 * 1024
MOST = 500
# A provider's clock may be a little ahead; an instant beyond that is none.
_AHEAD = dt.timedelta(minutes=10)


class _Wrong(Exception):
    """The body is not what docs/gateway.md describes."""


@csrf_exempt
@public
@require_POST
def receipts_in(request: HttpRequest) -> HttpResponseBase:
    """Receipts, at most MOST at once. Doubled, late and disordered ones are welcome; unknown ones are only counted."""
    try:
        words = [_receipt(one) for one in _list(request, "receipts")]
    except signing.Forged:
        return HttpResponse(status=403)
    except _Wrong as wrong:
        return JsonResponse({"error": str(wrong)}, status=400)
    known = {
        m.key: m
        for m in Message.objects.filter(key__in={key for key, _ in words}).prefetch_related("receipts")
    }
    taken = 0
    for key, answer in words:
        if key in known and _is_theirs(known[key], answer):
            receipts.record(message=known[key], answer=answer)
            taken += 1
    return JsonResponse({"taken": taken, "unknown": len(words) - taken})


@csrf_exempt
@public
@require_POST
def inbound_in(request: HttpRequest, channel: str) -> HttpResponseBase:
    """What people wrote back by `channel`. The answer is the same whether we know the sender or not."""
    try:
        if channel not in (Message.Channel.SMS, Message.Channel.WECHAT):
            raise _Wrong("the channel is not known")
        letters = [_letter(one) for one in _list(request, "messages")]
    except signing.Forged:
        return HttpResponse(status=403)
    except _Wrong as wrong:
        return JsonResponse({"error": str(wrong)}, status=400)
    for letter in letters:
        inbound.receive(channel=channel, **letter)
    return JsonResponse({"taken": len(letters)})


def _is_theirs(message: Message, answer: receipts.Answer) -> bool:
    """Whether it speaks of the message the provider took: under the number it named then, if it named one."""
    named = {receipt.provider_id for receipt in message.receipts.all()}
    return not named or answer.provider_id in named


def _list(request: HttpRequest, name: str) -> list[dict[str, Any]]:
    """The objects of a signed body's one list. Raises Forged before anything is read into, _Wrong for its form."""
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise _Wrong("the body is too large") from error
    try:
        signing.check(
            request.headers.get(signing.HEADER, ""), body, secret=settings.PROVIDER_SECRET, now=time.time()
        )
    except signing.Forged as reason:
        log.warning("A provider's call was not believed: %s.", reason)
        raise
    if len(body) > LARGEST:
        raise _Wrong("the body is too large")
    try:
        sheet = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _Wrong("the body is not JSON") from error
    found = sheet.get(name) if isinstance(sheet, dict) else None
    if not isinstance(found, list) or len(found) > MOST or not all(isinstance(one, dict) for one in found):
        raise _Wrong(f"{name} must be a list of at most {MOST} objects")
    return found


def _receipt(one: dict[str, Any]) -> tuple[str, receipts.Answer]:
    status = _text(one, "status", 16)
    if status not in ("accepted", "delivered", "failed"):
        raise _Wrong("status must be accepted, delivered or failed")
    return _text(one, "key", 120), receipts.Answer(
        provider_id=_text(one, "id", 80), status=status, at=_instant(one)
    )


def _letter(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "provider_id": _text(one, "id", 80),
        "sender": _text(one, "from", 128),
        "text": _text(one, "text", 10 * LONGEST),
        "at": _instant(one),
    }


def _text(one: dict[str, Any], name: str, longest: int) -> str:
    value = one.get(name)
    if not isinstance(value, str) or not is_text(value, longest):
        raise _Wrong(f"{name} must be text of at most {longest} characters")
    return value


def _instant(one: dict[str, Any]) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(str(one.get("at")))
    except ValueError as error:
        raise _Wrong("at must be an instant") from error
    if at.utcoffset() is None:
        raise _Wrong("at must have an offset")
    if not EARLIEST <= at <= max(clock.now(), clock.real_now()) + _AHEAD:
        raise _Wrong("at must lie in the past, after 2000")
    return at
