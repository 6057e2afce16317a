"""Two questions machines ask: does the process live, and can it do its work."""

from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from cases.access import public
from portal import queries
from portal.celery import app

_PATIENCE = 2  # seconds for the broker to answer


@public
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nobody else, so that a slow database does not restart it."""
    return HttpResponse("ok", content_type="text/plain")


@public
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Database, broker, and how long the oldest message that is due has waited. 503 when work cannot go on."""
    found: dict[str, Any] = {"database": _database(), "broker": _broker(), "oldest_unsent_seconds": None}
    if found["database"] == "ok":
        found["oldest_unsent_seconds"] = queries.oldest_unsent_seconds()
    late = (found["oldest_unsent_seconds"] or 0) > settings.READY_LAG_SECONDS
    found["ready"] = found["database"] == "ok" and found["broker"] == "ok" and not late
    return JsonResponse(found, status=200 if found["ready"] else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError:
        return "down"
    return "ok"


def _broker() -> str:
    try:
        with app.connection_for_read() as broker:
            broker.ensure_connection(max_retries=1, timeout=_PATIENCE)
    except (OperationalError, OSError):
        return "down"
    return "ok"
