"""Problem documents (RFC 9457): what is wrong, where in the body, and what to do about it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

MEDIA_TYPE = "application/problem+json"

# Status → (last part of the type's address, title).
KINDS: Mapping[int, tuple[str, Any]] = {
    400: ("malformed", _("The body is not JSON.")),
    405: ("method", _("Only POST is answered here.")),
    413: ("too-large", _("The body is too large.")),
    415: ("media-type", _("The body must be JSON.")),
    422: ("invalid", _("Something in the body is wrong.")),
    429: ("too-many", _("Too many requests.")),
}


class Problem(Exception):
    """A request that gets a problem document. `errors` are (pointer, message)."""

    kinds = KINDS

    def __init__(
        self,
        status: int,
        detail: Any,
        errors: Iterable[tuple[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status)
        self.status = status
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def more(self) -> Mapping[str, Any]:
        """Further members of the document."""
        return {}

    def response(self) -> HttpResponse:
        kind, title = self.kinds[self.status]
        document = {
            "type": f"{settings.SITE_ADDRESS}/api/docs#{kind}",
            "title": str(title),
            "status": self.status,
            "detail": str(self.detail),
            "errors": [{"pointer": pointer, "message": str(message)} for pointer, message in self.errors],
            **self.more(),
        }
        return HttpResponse(
            as_json(document), status=self.status, content_type=MEDIA_TYPE, headers=self.headers
        )


def as_json(value: Any) -> bytes:
    """UTF-8 for people to read; half a surrogate pair, which a caller's id may hold, goes back as it came."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
