"""What every request of the public contract passes through before a calculator sees it.

JSON in, JSON out; nothing is stored or logged, no cookie is read or set, no token is asked for. The answer's language
follows `Accept-Language` alone. One counter per address and minute, in the cache and without the address itself,
keeps one caller from taking the desk away from the others.
"""

import functools
import json
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import get_supported_language_variant, parse_accept_lang_header
from django.views.decorators.csrf import csrf_exempt

from cases import limits
from cases.access import View, public
from cases.domain import wire
from cases.domain.refusal import Refused
from portal.api import wording
from portal.api.problems import Problem, as_json

LARGEST_BODY = 256 * 1024
DEFAULT_LANGUAGE = "en"
_MINUTE = 60
# Python refuses to read longer numbers; no field takes one that is nearly as long.
_LONGEST_NUMBER = 4_000

Calculator = Callable[[wire.Reader], dict[str, Any]]


def endpoint(calculator: Calculator) -> View:
    """A view around a calculator: it takes the body's reader and returns the answer, or refuses."""

    @csrf_exempt
    @public
    @functools.wraps(calculator)
    def view(request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        with translation.override(language):
            try:
                response = HttpResponse(
                    as_json(_answer(calculator, request)), content_type="application/json"
                )
            except Problem as problem:
                response = problem.response()
        response.headers["Content-Language"] = language
        patch_vary_headers(response, ["Accept-Language"])
        return response

    return view


def _answer(calculator: Calculator, request: HttpRequest) -> dict[str, Any]:
    if request.method != "POST":
        raise Problem(405, _("Send the question as a JSON object with POST."), headers={"Allow": "POST"})
    count(request)
    reader = wire.Reader(value_of(bytes_of(request)))
    try:
        answer = calculator(reader)
    except Refused as refused:
        raise invalid([wire.Problem(at=refused.field, code=refused.code)]) from None
    if reader.problems:
        raise invalid(reader.problems)
    return answer


def invalid(problems: list[wire.Problem]) -> Problem:
    return Problem(
        422,
        _("Nothing was worked out. Each entry under “errors” points at a value to change."),
        [
            ("" if problem.at is None else f"/{problem.at}", wording.message(problem.code, problem.words))
            for problem in problems
        ],
    )


def language_of(request: HttpRequest) -> str:
    """The first language of the header that we speak; English without one."""
    for code, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()):
        if code == "*":
            break
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return DEFAULT_LANGUAGE


# ── how often ────────────────────────────────────────────────────────────────────────────────
def count(request: HttpRequest) -> None:
    most = settings.API_PER_MINUTE
    if most is None:
        return
    now = time.time()
    minute, past = divmod(int(now), _MINUTE)
    who = salted_hmac("portal.api.desk", limits.address(request), algorithm="sha256").hexdigest()
    key = f"api:{minute}:{who}"
    cache.add(key, 0, timeout=2 * _MINUTE)
    try:
        count = cache.incr(key)
    except ValueError:  # another worker has just cleared the cache
        return
    if count > most:
        wait = str(_MINUTE - past)
        raise Problem(
            429,
            _("Please wait %(seconds)s seconds and go on.") % {"seconds": wait},
            headers={"Retry-After": wait},
        )


# ── the body ─────────────────────────────────────────────────────────────────────────────────
def bytes_of(request: HttpRequest) -> bytes:
    """The body as it came. Raises Problem when it is too large, of another kind, or broke off."""
    if request.content_type != "application/json":
        raise Problem(415, _("Send “Content-Type: application/json”."))
    too_large = Problem(413, _("A body may have at most 256 KiB."))
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        announced = 0
    if announced > LARGEST_BODY:
        raise too_large
    try:
        body = request.read(LARGEST_BODY + 1)
    except UnreadablePostError:
        raise Problem(400, _("The body broke off.")) from None
    if len(body) > LARGEST_BODY:
        raise too_large
    return body


def value_of(body: bytes) -> object:
    """The JSON value of a body. Raises Problem when it is not one JSON document that can be read in one way only."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_no_constant,
            parse_int=_number,
        )
    except (ValueError, RecursionError):
        raise Problem(
            400, _("The body must be one JSON document in UTF-8, with each name only once in an object.")
        ) from None
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object in which a name stands twice could be read in two ways, so it is not read at all."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _number(text: str) -> int:
    if len(text) <= _LONGEST_NUMBER:
        return int(text)
    return (-1 if text.startswith("-") else 1) * 10**_LONGEST_NUMBER
