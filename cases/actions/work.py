"""News travels upward as a row; the doorbell after it may be lost without harm."""

import contextlib
import datetime as dt
import logging
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from cases import clock
from cases.models import User, Work

_silent: ContextVar[bool] = ContextVar("silent", default=False)


@contextlib.contextmanager
def silently() -> Iterator[None]:
    """Write work without ringing for each row: for a large import, whose rows the next sweep finds anyway."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def put(kind: str, *, about: Any, person: User | None = None, due_at: dt.datetime | None = None) -> Work:
    """Leave work for a higher app. One open row per (kind, object): asking twice is asking once."""
    work, created = Work.objects.get_or_create(
        kind=kind,
        about_ref=about.ref,
        done_at=None,
        defaults={
            "about_type": about._meta.model_name,
            "person": person,
            "due_at": due_at or clock.now(),
        },
    )
    if created and not _silent.get():
        transaction.on_commit(_ring)
    return work


def _ring() -> None:
    """Wake a worker. The broker may be away: the sweep finds the row within seconds anyway."""
    try:
        current_app.send_task("notices.tasks.dispatch_answers", ignore_result=True)
    except (OperationalError, OSError):
        logging.getLogger(__name__).warning("The broker did not answer; the sweep will find the work.")
