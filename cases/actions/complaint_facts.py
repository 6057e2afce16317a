"""Counting complaints without keeping whose they were."""

import datetime as dt

from django.db import transaction

from cases.actions import events
from cases.domain import taxonomy
from cases.domain.refusal import Refused
from cases.models import ComplaintFact, Lender


@transaction.atomic
def note(*, lender: Lender, category: str, received_on: dt.date, response: str) -> ComplaintFact:
    """Count one complaint whose outcome is known. Whoever brought that about stays out of the record.

    The caller sees to it that a complaint is counted once: from here no way leads back to it. The record says only
    that one was counted. Raises Refused for a category or an outcome that is not in the list.
    """
    if taxonomy.load().get(category) is None:
        raise Refused("unknown_category", f"There is no category {category}.", field="category")
    if response not in ComplaintFact.Response.values:
        raise Refused("unknown_response", f"There is no outcome {response}.", field="response")
    fact = ComplaintFact.objects.create(
        received_on=received_on, lender=lender, category=category, response=response
    )
    events.record("complaint.counted", by=None, about=fact)
    return fact
