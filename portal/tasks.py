"""What the site does by itself: once a night, what has outlived its period goes."""

from celery import shared_task

from portal.actions import retention


@shared_task
def apply_retention() -> None:
    retention.apply()
