"""What every request of a lender's own program passes through: its key, the key's scopes, how often, and only once.

The same strict JSON in and out as the public contract, in the caller's language; no cookie is read. A request that
changes something carries an `Idempotency-Key`: its first answer is kept as long as what it made, and given again.
"""

import datetime as dt
import functools
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from cases import clock, limits, queries_lender_api
from cases.access import View, by_token
from cases.actions.claims import Refusals
from cases.domain import wire
from cases.domain.refusal import Refused
from cases.models import KeyedRequest, Lender, LenderToken, User
from portal.api import desk, wording
from portal.api.problems import KINDS, Problem, as_json

# A request that has not answered after this long has died with its process.
LEASE = dt.timedelta(minutes=5)
_WAIT = "2"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_BEARER = re.compile(r"Bearer ([\x21-\x7e]{1,200})", re.IGNORECASE)

LENDER_KINDS: Mapping[int, tuple[str, Any]] = {
    **KINDS,
    401: ("key", _("A key of the lender is needed.")),
    403: ("scope", _("This key may not do that.")),
    404: ("not-found", _("There is nothing here.")),
    405: ("method", _("This address takes another method.")),
    409: ("conflict", _("This cannot be done as things stand.")),
}


class LenderProblem(Problem):
    """A problem document with a stable `code` for the caller's program."""

    kinds = LENDER_KINDS

    def __init__(self, status: int, code: str, detail: Any, *more: Any, **named: Any) -> None:
        super().__init__(status, detail, *more, **named)
        self.code = code

    def more(self) -> Mapping[str, Any]:
        return {"code": self.code}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request: for whom, in whose name, with which key, what it says, and what its address names."""

    lender: Lender
    by: User
    token: LenderToken
    sheet: wire.Reader
    query: Mapping[str, str]
    parts: Mapping[str, str] = field(default_factory=dict)


Answer = tuple[int, dict[str, Any]]
Deed = Callable[[Asked], Answer]


def endpoint(method: str, scope: str, *, key_needed: bool = False) -> Callable[[Deed], View]:
    """A view around what a lender's program asks for; `key_needed` where the same request twice would count twice."""

    def around(deed: Deed) -> View:
        @csrf_exempt
        @by_token
        @functools.wraps(deed)
        def view(request: HttpRequest, **parts: str) -> HttpResponse:
            language = desk.language_of(request)
            with translation.override(language):
                try:
                    response = _answer(request, deed, method, scope, key_needed, parts)
                except Problem as problem:
                    response = problem.response()
            response.headers["Content-Language"] = language
            patch_vary_headers(response, ["Accept-Language", "Authorization"])
            return response

        return view

    return around


def _answer(
    request: HttpRequest, deed: Deed, method: str, scope: str, key_needed: bool, parts: Mapping[str, str]
) -> HttpResponse:
    if request.method != method:
        raise LenderProblem(
            405, "method", _("Use the method that the description names."), headers={"Allow": method}
        )
    desk.count(request)
    token, by = _who(request, scope)
    who: dict[str, Any] = {"lender": token.lender, "by": by, "token": token, "parts": parts}
    if method == "GET":
        asked = Asked(sheet=wire.Reader({}), query=request.GET.dict(), **who)
        return _sent(*_done(deed, asked))
    key = request.headers.get("Idempotency-Key", "")
    if (key_needed or key) and not _KEY.fullmatch(key):
        raise LenderProblem(
            400,
            "key_needed",
            _(
                "Send an “Idempotency-Key” of 1 to 255 visible ASCII characters, a new one for each new request."
            ),
        )
    body = desk.bytes_of(request)
    sheet = wire.Reader(desk.value_of(body))
    asked = Asked(sheet=sheet, query={}, **who)
    if not key:
        return _sent(*_done(deed, asked))
    return _once(
        token.lender, request.path, key, hashlib.sha256(body).hexdigest(), lambda: _done(deed, asked)
    )


# ── who ──────────────────────────────────────────────────────────────────────────────────────
def _who(request: HttpRequest, scope: str) -> tuple[LenderToken, User]:
    bearer = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    token = queries_lender_api.token_by_secret(bearer[1]) if bearer else None
    by = queries_lender_api.system_of(token.lender) if token else None
    if token is None or by is None:
        raise LenderProblem(
            401,
            "no_key",
            _("Send “Authorization: Bearer …” with a key that has not ended and was not revoked."),
            headers={"WWW-Authenticate": 'Bearer realm="lender"'},
        )
    most = settings.API_PER_MINUTE
    if most is not None and not limits.allows("lender_api", token.lender.ref, most=most, seconds=60):
        raise LenderProblem(
            429, "too_many", _("Please wait a minute and go on."), headers={"Retry-After": "60"}
        )
    if scope not in token.scopes:
        raise LenderProblem(403, "scope", _("This key was made for other things."))
    return token, by


# ── once ─────────────────────────────────────────────────────────────────────────────────────
def _once(lender: Lender, route: str, key: str, digest: str, work: Callable[[], Answer]) -> HttpResponse:
    """The answer to a request under a key: worked out by whoever comes first, repeated to whoever comes after.

    The place is taken in a transaction of its own, so that a second request sees it while the first still works; the
    answer is kept in the same transaction as what was made. A request that is refused leaves its key free.
    """
    lease = clock.real_now() + LEASE
    row = KeyedRequest.objects.filter(lender=lender, route=route, key=key).first()
    if row is None:
        try:
            with transaction.atomic():
                row = KeyedRequest.objects.create(
                    lender=lender, route=route, key=key, body_sha256=digest, leased_until=lease
                )
        except IntegrityError:
            raise _running() from None
    else:
        if row.body_sha256 != digest:
            raise LenderProblem(
                409, "key_reused", _("This key belongs to another request. Take a new one for a new body.")
            )
        if row.status is not None:
            return _sent(row.status, row.answer, replayed=True)
        died = KeyedRequest.objects.filter(
            pk=row.pk, status=None, leased_until=row.leased_until, leased_until__lte=clock.real_now()
        )
        if not died.update(leased_until=lease):
            raise _running()
    ours = KeyedRequest.objects.filter(pk=row.pk, status=None, leased_until=lease)
    refused: Problem | None = None
    try:
        with transaction.atomic():
            try:
                status, answer = work()
            except Problem as problem:
                # The action took back what it did. That something was asked is counted, and stays.
                refused = problem
            else:
                if not ours.update(status=status, answer=answer):
                    raise _running()
    except BaseException:
        ours.delete()
        raise
    if refused is not None:
        ours.delete()
        raise refused
    return _sent(status, answer)


def _running() -> LenderProblem:
    return LenderProblem(
        409,
        "still_running",
        _("The first request with this key is still being worked on. Ask again in a moment."),
        headers={"Retry-After": _WAIT},
    )


# ── what came of it ──────────────────────────────────────────────────────────────────────────
def _done(deed: Deed, asked: Asked) -> Answer:
    try:
        status, answer = deed(asked)
    except Refusals as refusals:
        raise LenderProblem(
            422,
            "lines_refused",
            refusals.message,
            [(_pointer(f"{place}/{refused.field}"), str(refused)) for place, refused in refusals.found],
        ) from None
    except Refused as refused:
        raise refusal(refused) from None
    if asked.sheet.problems:
        raise invalid(asked.sheet.problems)
    return status, answer


def refusal(refused: Refused, above: str = "") -> LenderProblem:
    """422 with the value to change where there is one; 409 where nothing in the body could be another."""
    # The terms of a plan say what is wrong in codes, as the public contract does.
    known = refused.code in wording.MESSAGES and "%(" not in str(wording.MESSAGES[refused.code])
    message = str(refused.message) or (wording.message(refused.code) if known else refused.code)
    if not refused.field:
        return LenderProblem(409, refused.code, f"{message} {refused.citation}".strip())
    return LenderProblem(
        422,
        refused.code,
        _("Nothing was changed. Each entry under “errors” points at a value to change."),
        [(_pointer(above + refused.field), message)],
    )


def invalid(problems: list[wire.Problem]) -> LenderProblem:
    return LenderProblem(
        422,
        "invalid",
        _("Nothing was changed. Each entry under “errors” points at a value to change."),
        [
            ("" if problem.at is None else f"/{problem.at}", wording.message(problem.code, problem.words))
            for problem in problems
        ],
    )


def _pointer(path: str) -> str:
    return "/" + path.rstrip("/")


def _sent(status: int, answer: Any, *, replayed: bool = False) -> HttpResponse:
    """Names in one order, so that a kept answer is the first one byte for byte, whatever order a database keeps."""
    ordered = json.loads(json.dumps(answer, sort_keys=True))
    response = HttpResponse(as_json(ordered), status=status, content_type="application/json")
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response
