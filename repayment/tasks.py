"""Work in the background: offers whose last day is over are closed, and what was missed is marked."""

import logging

from celery import shared_task

from cases import clock
from cases.domain.refusal import Refused
from repayment import queries, queries_approvals
from repayment.actions import approvals, offers, second_chance

BATCH = 100


@shared_task(name="repayment.tasks.expire_offers")
def expire_offers() -> int:
    """Close what has run out, one short transaction each, a batch at a time; returns how many offers were closed.

    Changes that nobody decided end too, and give back what they had reserved. Two workers may run at once: each offer is locked, and the second one finds it closed.
    """
    today = clock.today()
    closed = 0
    while due := list(queries.expirable(today).select_related(None)[:BATCH]):
        before = closed
        for offer in due:
            try:
                offers.expire(offer=offer, on=today)
                closed += 1
            except Refused as refused:
                logging.getLogger(__name__).info("Offer %s was answered first: %s", offer.ref, refused.code)
        if closed == before:
            break
    for approval in queries_approvals.changes_run_out(today):
        try:
            approvals.expire_change(approval=approval)
        except Refused as refused:
            logging.getLogger(__name__).info("Request %s was decided first: %s", approval.ref, refused.code)
    return closed


@shared_task(name="repayment.tasks.mark_missed")
def mark_missed() -> None:
    """Mark instalments that are past their grace, and let agreements run again for which everything missed was paid."""
    second_chance.mark_missed()
    second_chance.run_paid_again()
