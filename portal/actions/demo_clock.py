"""The demo's clock: it moves forward by way of every moment at which something is due, and does that moment's jobs there.

A worker's minute would find each of them; a jump over them would find a night's reminders too late. Whatever is too much
for one press is left to the worker, whose beat is seconds away.
"""

import datetime as dt
import math
import time
from dataclasses import asdict

from django.conf import settings

from cases import clock
from cases import tasks as cases_tasks
from cases.models import Work
from notices.actions import dispatch, news, planning
from notices.domain import delivery
from notices.models import Message
from notices.queries_night import HOUR
from repayment import tasks as repayment_tasks

# The first twenty stops are where something is due; on a day with more, what is due between two of the others waits for
# the next. So a day has at most forty.
EXACT, NEAR, FAR = 20, dt.timedelta(minutes=1), dt.timedelta(minutes=72)
# How long one press may take over the jobs, in seconds, and in messages at a time.
PATIENCE, HANDFUL = 5.0, 10
# When days begin and end for what is missed or runs out, and when the planner's reminders leave.
_EACH_DAY = (dt.time(), HOUR)
_SECOND = dt.timedelta(seconds=1)


def move_to(target: dt.datetime) -> int:
    """Move on to `target`, an aware instant; returns at how many moments on the way jobs were done.

    Raises RuntimeError outside the demo.
    """
    if not settings.DEMO:
        raise RuntimeError("The clock moves only in the demo.")
    deadline, stops = time.monotonic() + PATIENCE, 0
    _look_ahead()
    _send(deadline)
    earliest = clock.now()
    while time.monotonic() < deadline:
        news_of_the_day = min(_next(each, clock.now()) for each in _EACH_DAY)
        # Hours open one second past their beginning, for a message too.
        stop = max(min(news_of_the_day, _next_due(target) + _SECOND), earliest)
        if stop >= target:
            break
        _advance_to(stop)
        if stop >= news_of_the_day:
            _look_ahead()
        _send(deadline)
        stops += 1
        earliest = clock.now() + (NEAR if stops < EXACT else FAR)
    _advance_to(target)
    _look_ahead()
    _send(max(deadline, time.monotonic() + PATIENCE / 5))
    return stops


def send_due() -> None:
    """Send what is due now, within the patience of one press."""
    _send(time.monotonic() + PATIENCE)


def _next_due(target: dt.datetime) -> dt.datetime:
    """The next moment at which something that waits is due; `target` where nothing is before it."""
    now, due = clock.now(), [target]
    messages = Message.objects.filter(state=Message.State.QUEUED, due_at__gt=now, due_at__lt=target)
    rows = Work.objects.filter(
        done_at=None, attempts__lt=delivery.ATTEMPTS, due_at__gt=now, due_at__lt=target
    )
    for waiting in (messages, rows):
        due += waiting.order_by("due_at").values_list("due_at", flat=True)[:1]
    return min(due)


def _next(time_of_day: dt.time, now: dt.datetime) -> dt.datetime:
    """One second past it, so that what is due at that moment is due."""
    local = now.astimezone(clock.BEIJING)
    moment = dt.datetime.combine(local.date(), time_of_day, clock.BEIJING) + _SECOND
    return moment if moment > local else moment + dt.timedelta(days=1)


def _advance_to(moment: dt.datetime) -> None:
    """Never back: somebody else may have pressed meanwhile."""
    seconds = math.ceil((moment - clock.now()).total_seconds())
    if seconds > 0:
        clock.advance(seconds)


def _look_ahead() -> None:
    """What another day brings, and what is to be said soon."""
    repayment_tasks.expire_offers()
    repayment_tasks.mark_missed()
    cases_tasks.mark_missed()
    planning.plan(clock.now())


def _send(deadline: float) -> None:
    """What is due."""
    news.take_up(limit=HANDFUL)
    while time.monotonic() < deadline and any(asdict(dispatch.drain(limit=HANDFUL)).values()):
        pass
