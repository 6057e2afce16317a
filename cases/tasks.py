"""What the cases app does by itself: it seals the record, marks clocks that ran out, and keeps the evidence folder in order."""

from celery import shared_task

from cases.actions import complaints, evidence, ledger


@shared_task
def seal_record() -> None:
    ledger.seal_all()


@shared_task
def mark_missed() -> None:
    complaints.mark_missed()


@shared_task
def tend_evidence() -> None:
    evidence.tend()
