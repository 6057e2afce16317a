"""The gate across creditors, asked at the moment of a yes: does the statement still allow it beside every other plan?

The answer is one bit. An officer learns "above what the statement allows" and nothing of other lenders: not that there
are any, not who, not how much; therefore it is asked when somebody answers, never for a page that is only looked at. And
because many bits make a figure, a lender asks about few terms of its own: they are counted first, in a transaction that
no refusal undoes. A borrower's own terms are not the lender's to choose, and are not counted.
"""

import datetime as dt

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.domain import rulebook
from cases.domain.refusal import Refused
from cases.models import Case, User
from repayment import queries_compare
from repayment.actions import walls
from repayment.domain.crossing import above_statement
from repayment.domain.negotiation import OfferVerb
from repayment.domain.schedule import Schedule, build, terms_sha256
from repayment.domain.terms import Terms
from repayment.models import AskedTerms, Offer

RULE = "house.asked_terms"


def needs_second_person(offer: Offer, terms: Terms | None = None) -> bool:
    """Whether the offer's terms, or those that would answer it, need a reason and a second person.

    Takes the person's lock first: of two lenders that agree at the same time, the second sees the first one's plan.
    To be called inside a transaction, before any lock further down the order.
    """
    person = User.objects.select_for_update().get(
        pk=Case.objects.values("borrower").get(pk=offer.case_id)["borrower"]
    )
    terms = terms or Terms.from_json(offer.terms)
    available = queries_compare.stated(person, terms.currency)
    if available is None:
        return False
    promised = queries_compare.promises(person, terms.currency, besides=offer.debt_id)
    proposed = [(row.due, row.amount) for row in build(terms).rows]
    return above_statement(available, promised, proposed)


@transaction.atomic
def count_answer(*, by: User, offer: Offer, terms: Terms) -> None:
    """Count a lender's terms for an open offer before the gate is asked about them.

    To be called outside the answer's own transaction. Terms that the answer would refuse anyway are refused here, and
    do not count. Raises Refused.
    """
    offer = walls.held(by=by, offer=offer)
    walls.after(offer, OfferVerb.COUNTER, Offer.Side.LENDER)
    terms, schedule = walls.passed(offer, terms)
    count(by=by, offer=offer, terms=terms, schedule=schedule)


def count(*, by: User, offer: Offer, terms: Terms, schedule: Schedule) -> None:
    """Count these terms once a day. The caller holds person, debt and offer. Raises Refused beyond the house's numbers."""
    today, sha256 = clock.today(), terms_sha256(terms, schedule)
    asked = AskedTerms.objects.filter(offer__debt=offer.debt_id)
    if asked.filter(offer=offer, terms_sha256=sha256, on=today).exists():
        return
    rule = rulebook.load("house").rule(RULE, today)
    if asked.filter(on=today).count() >= rule.number("per_day"):
        message = _(
            "Enough different answers were tried on this debt today. Accept what the borrower proposes, ask them a "
            "question, decline, or try again tomorrow."
        )
        raise Refused("asked_enough_today", message, citation=rule.citation)
    since = today - dt.timedelta(days=rule.number("days"))
    if asked.filter(offer=offer, on__gt=since).count() >= rule.number("per_offer"):
        words = _(
            "{most} different answers were tried on this in {days} days. Accept what the borrower proposes, ask them a "
            "question, or decline."
        )
        message = format_lazy(words, most=rule.number("per_offer"), days=rule.number("days"))
        raise Refused("asked_enough", message, citation=rule.citation)
    AskedTerms.objects.create(offer=offer, by=by, terms_sha256=sha256, on=today, at=clock.now())
