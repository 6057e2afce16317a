"""What rules say of a cost, and what a card agreement will say, on the pages before an agreement."""

from collections.abc import Sequence

from django import template

from cases import clock, naming
from cases.models import Debt
from repayment import pack
from repayment.domain.plan_cost import plan_cost
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms
from repayment.models import Offer

register = template.Library()


@register.simple_tag
def debt_beside(debt: Debt) -> Sequence[pack.BesideRow]:
    """What rules say of a debt's own cost, for a contract of today: its own day is not known to us."""
    return pack.beside_rows(pack.beside_debt(debt, naming.lender_shown(debt), clock.today()))


@register.simple_tag
def offer_beside(offer: Offer, terms: Terms, schedule: Schedule) -> Sequence[pack.BesideRow]:
    """What rules say of what an offer would cost a year."""
    lender = offer.case.lender
    cost = plan_cost(terms, schedule, lender.jurisdiction)
    return pack.beside_rows(pack.beside_plan(terms, schedule, cost, lender, clock.today()))


@register.simple_tag
def offer_cost(offer: Offer, terms: Terms, schedule: Schedule) -> str:
    """What an offer would cost a year, in one sentence."""
    return pack.cost_words(plan_cost(terms, schedule, offer.case.lender.jurisdiction), terms.currency)


@register.simple_tag
def card_blocks(offer: Offer, terms: Terms, schedule: Schedule) -> Sequence[pack.BlockWords]:
    """What the agreement will say beside its table, where it is a card agreement; else nothing."""
    if not pack.is_card_agreement(offer.debt, offer.case.lender):
        return ()
    return pack.card_blocks(terms, schedule)


@register.simple_tag
def rates_above(debts: Sequence[Debt]) -> Sequence[tuple[str, pack.BesideRow]]:
    """The debts whose own rate is above what a rule names: (lender's name, the rule's row). No query when owners are read."""
    today = clock.today()
    found = []
    for debt in debts:
        above = [each for each in pack.beside_debt(debt, naming.lender_shown(debt), today) if each.above]
        found += [(naming.name_of(debt), row) for row in pack.beside_rows(above)]
    return found
