"""The doorbell's ends: each task only asks the database what there is to do, so losing or doubling one is harmless."""

from celery import shared_task

from cases import clock
from notices.actions import dispatch as sending
from notices.actions import news, planning
from notices.domain.delivery import Lane

# One ring empties at most this much; the next one is seconds away.
LIMIT = 500


@shared_task
def plan_reminders() -> None:
    planning.plan(clock.now())


@shared_task
def dispatch_answers() -> None:
    """What somebody waits for; first among it, news from below that is not yet a message."""
    news.take_up(limit=LIMIT)
    sending.drain(limit=LIMIT, lane=Lane.ANSWERS)


@shared_task
def dispatch_reminders() -> None:
    sending.drain(limit=LIMIT, lane=Lane.REMINDERS)
