"""The wall before a card agreement in China: it says all that article 70 of the card rules asks, and ends in five years."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from cases import clock
from cases.domain.refusal import Refused
from cases.models import User
from repayment import pack
from repayment.domain import content_blocks
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms
from repayment.models import Offer


def must_be_complete(*, by: User | None, offer: Offer, terms: Terms, schedule: Schedule) -> None:
    """Raises Refused naming the first block that is missing, or the most months there are; `field` is the block's code.

    Where no person says yes for the lender, nobody has stated interest and fees that the borrower was not sure of.
    """
    lender, debt = offer.case.lender, offer.debt
    if not pack.is_card_agreement(debt, lender):
        return
    book, today = pack.book_of(lender), clock.today()
    contents = content_blocks.contents_of(
        terms,
        schedule,
        frozenset(pack.CLAUSES),
        overdue_known=by is not None or (debt.interest is not None and debt.fees is not None),
    )
    missing = content_blocks.content_blocks(contents)
    if missing:
        raise Refused(
            "missing_block",
            format_lazy(
                _("A card agreement must also say this, and it does not yet: {block}."),
                block=pack.BLOCKS[missing[0]],
            ),
            citation=book.rule(content_blocks.CONTENT, today).citation,
            field=missing[0].value,
        )
    term = book.rule(content_blocks.TERM, today)
    if content_blocks.months(terms, schedule) > term.number("instalments"):
        raise Refused(
            "card_plan_too_long",
            format_lazy(
                _("A card agreement runs at most {years} years, which is {months} monthly instalments."),
                years=term.number("years"),
                months=term.number("instalments"),
            ),
            citation=term.citation,
            field="periods",
        )
