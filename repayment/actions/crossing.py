"""The gate across creditors, asked at the moment of a yes: does the statement still allow it beside every other plan?

The answer is one bit. An officer learns "above what the statement allows" and nothing of other lenders: not that there
are any, not who, not how much; therefore it is asked when somebody answers, never for a page that is only looked at.
"""

from cases.models import Case, User
from repayment import queries_compare
from repayment.domain.crossing import above_statement
from repayment.domain.schedule import build
from repayment.domain.terms import Terms
from repayment.models import Offer


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
