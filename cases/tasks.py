"""What the cases app does by itself: it seals the record and marks clocks that ran out, every minute."""

from celery import shared_task

from cases.actions import complaints, ledger


@shared_task
def seal_record() -> None:
    ledger.seal_all()


@shared_task
def mark_missed() -> None:
    complaints.mark_missed()
