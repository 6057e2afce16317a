"""The agreement pack in words: what an agreement costs, what a card agreement must say, rights, and what if not.

Built once for the sheet and for the page before a yes, so that both say the same. Nothing here decides; the sentences a
Chinese card agreement needs are those that `repayment.actions.card_agreements` counts before it lets a yes through.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_name
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases import formats, queries_diary
from cases.domain import rulebook
from cases.domain.money import exponent_of
from cases.domain.rulebook import Rule, RulebookError
from cases.models import Debt, Lender
from cases.queries_diary import Line
from repayment.domain import ceilings, legal_order
from repayment.domain.ceilings import Beside, Cost, Measure
from repayment.domain.content_blocks import Block, Clause
from repayment.domain.cost import Convention
from repayment.domain.negotiation import MISSED_BEFORE_BREAK
from repayment.domain.plan_cost import PlanCost, Why, plan_cost
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Terms, Treatment

BOOKS = {"CN": "cn", "UK": "uk", "US": "us"}

BLOCKS: Mapping[Block, Any] = {
    Block.BALANCE: gettext_lazy("What is owed, what it is made of, and in which currency"),
    Block.PAYMENTS: gettext_lazy("When, how and how much is paid"),
    Block.CHARGES: gettext_lazy("Whether annual fee, interest and other fees go on"),
    Block.NO_NEW_CARD: gettext_lazy("The promise to apply for no new credit card"),
    Block.RIGHTS_AND_DUTIES: gettext_lazy("Rights, duties, and what happens if it is not kept"),
    Block.OTHER: gettext_lazy("What else is agreed"),
}
# The sentences of the sheet that every card agreement has.
CLAUSES: Mapping[Clause, Any] = {
    Clause.ANNUAL_FEE: gettext_lazy("No annual fee is charged for this card while the agreement runs."),
    Clause.OTHER_FEES: gettext_lazy("Nothing is charged beyond what stands here."),
    Clause.NO_NEW_CARD: gettext_lazy(
        "Until this is settled you apply for no credit card, at this bank or any other. The rule asks for this promise."
    ),
    Clause.RIGHTS: gettext_lazy(
        "You may pay early, ask for a change, and complain; none of it costs anything."
    ),
    Clause.DUTIES: gettext_lazy(
        "You pay on the days named here; the bank counts every payment and does not press you meanwhile."
    ),
    Clause.DEFAULT: gettext_lazy(
        "If it is not kept, both sides talk first. If it then ends, what is still owed falls under the card contract again."
    ),
    Clause.OTHER: gettext_lazy("There is nothing else agreed beside this sheet."),
}
_OF_BLOCK: Mapping[Block, Sequence[Clause]] = {
    Block.CHARGES: (Clause.ANNUAL_FEE, Clause.OTHER_FEES),
    Block.NO_NEW_CARD: (Clause.NO_NEW_CARD,),
    Block.RIGHTS_AND_DUTIES: (Clause.RIGHTS, Clause.DUTIES, Clause.DEFAULT),
    Block.OTHER: (Clause.OTHER,),
}
# Rows of the rulebooks, in the order of the page. The first line is for card agreements of Chinese banks only.
_CARD_RIGHTS = ("cn.plan.card70.stop", "cn.plan.card70.second")
_RIGHTS = {
    "CN": ("house.plan_in_force", "cn.rate.disclosure_2026"),
    "UK": ("house.plan_in_force", "uk.forb", "uk.forb.pressure"),
    "US": ("house.plan_in_force", "us.crediting"),
}
_CREDIT = {"CN": ("cn.credit.retention", "cn.credit.objection"), "UK": ("uk.credit",), "US": ("us.fcra",)}
# Whom to tell beyond the lender, in the order of the page.
_COMPLAINTS = {"CN": ("12378", "12363")}


@dataclass(frozen=True, kw_only=True)
class BlockWords:
    """One block of a card agreement: its name and what this agreement says in it."""

    block: Block
    label: str
    sentences: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One line of the fee table, in minor units; what is taken off is negative."""

    label: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class BesideRow:
    """One rule with its figure and ours in words; `doubt` is empty when every figure was read in its source."""

    rule: Rule
    words: str
    doubt: str


@dataclass(frozen=True, kw_only=True)
class Pack:
    cost: PlanCost
    parts: Sequence[Part]
    cost_words: str
    beside: Sequence[BesideRow]
    blocks: Sequence[BlockWords]
    rights: Sequence[Rule]
    credit: Sequence[Rule]
    order_rule: Rule
    trouble: Sequence[str]
    steps: Sequence[str]
    help_lines: Sequence[Line]


def is_card_agreement(debt: Debt, lender: Lender) -> bool:
    """Whether article 70 of the card rules speaks of it: a credit card of a bank in China, and nothing else."""
    return (
        debt.kind == Debt.Kind.CREDIT_CARD and lender.kind == Lender.Kind.BANK and lender.jurisdiction == "CN"
    )


def book_of(lender: Lender | None) -> rulebook.Rulebook:
    """The rulebook of a lender's jurisdiction; China's where there is none or we do not know it."""
    return rulebook.load(BOOKS.get(lender.jurisdiction, "cn") if lender else "cn")


def pack(terms: Terms, schedule: Schedule, *, debt: Debt, lender: Lender, on: date) -> Pack:
    """Everything the sheet says beside its schedule, for an agreement of this day."""
    cost = plan_cost(terms, schedule, lender.jurisdiction)
    place = lender.jurisdiction if lender.jurisdiction in BOOKS else "CN"
    book = book_of(lender)
    card = is_card_agreement(debt, lender)
    return Pack(
        cost=cost,
        parts=parts(terms, schedule),
        cost_words=cost_words(cost, terms.currency),
        beside=beside_rows(beside_plan(terms, schedule, cost, lender, on)),
        blocks=card_blocks(terms, schedule) if card else (),
        rights=_rules(book, (*(_CARD_RIGHTS if card else ()), *_RIGHTS[place]), on),
        credit=_rules(book, _CREDIT[place], on),
        order_rule=legal_order.rule_for(lender.jurisdiction, on),
        trouble=trouble(terms, schedule),
        steps=steps(terms),
        help_lines=queries_diary.help_lines(*_COMPLAINTS[place]) if place in _COMPLAINTS else (),
    )


def parts(terms: Terms, schedule: Schedule) -> Sequence[Part]:
    """What is paid, line by line, down to the sum: the fee table. A line of nothing is left out, but for interest."""
    totals = schedule.totals
    lines = [
        (_("Principal"), totals.principal),
        (_("New interest"), totals.interest),
        (_("Interest from before"), totals.arrears),
        (_("Fees from before"), totals.fees),
    ]
    return [
        Part(label=label, amount=amount) for place, (label, amount) in enumerate(lines) if amount or place < 2
    ]


def cost_words(cost: PlanCost, currency: str) -> str:
    """The annual cost in one sentence, with how it was counted; or why there is none."""
    match cost.why:
        case Why.NOTHING_ON_TOP if cost.on_top < 0:
            return _("It costs nothing a year: you pay %(sum)s less than was owed.") % {
                "sum": formats.money(-cost.on_top, currency)
            }
        case Why.NOTHING_ON_TOP:
            return _("It costs nothing a year: you pay what was owed and nothing on top.")
        case Why.STAYS_OPEN:
            return _("No yearly cost can be named before the review, because a part stays owed until then.")
        case Why.NO_PAYMENTS:
            return _("No yearly cost can be named, because nothing is paid.")
        case Why.NOT_WORKED_OUT:
            return _("We could not work out the yearly cost of these payments.")
    figures = {name: f"{rate:,f}" for name, rate in cost.rates.items()}
    on_top = formats.money(cost.on_top, currency)
    match cost.convention:
        case Convention.CN_IRR:
            return _(
                "%(sum)s on top of the balance: %(simple)s %% a year, counted simply; %(compound)s %% with interest on interest."
            ) % {"sum": on_top, "simple": figures["simple"], "compound": figures["compound"]}
        case Convention.EU:
            return _("%(sum)s on top of the balance: %(rate)s %% a year, as the UK and the EU count.") % {
                "sum": on_top,
                "rate": figures["rate"],
            }
    return _("%(sum)s on top of the balance: %(rate)s %% a year, as the US counts.") % {
        "sum": on_top,
        "rate": figures["rate"],
    }


def yearly_words(cost: PlanCost) -> str:
    """The rate a year for a table; words where there is none."""
    return _("not worked out") if cost.yearly is None else f"{cost.yearly:,f} %"


def beside_plan(
    terms: Terms, schedule: Schedule, cost: PlanCost, lender: Lender | None, on: date
) -> Sequence[Beside]:
    """What rules say of such a cost, next to this agreement's own."""
    totals = schedule.totals
    return _beside(
        lender,
        on,
        currency=terms.currency,
        yearly=cost.yearly,
        rate=terms.rate,
        principal=terms.principal,
        charges=totals.interest + totals.arrears + totals.fees,
        fees=totals.fees,
    )


def beside_debt(debt: Debt, lender: Lender | None, on: date) -> Sequence[Beside]:
    """What rules say of a debt's own rate and of what was charged so far. Its contract's day is not known to us."""
    known = debt.interest is not None and debt.fees is not None
    return _beside(
        lender,
        on,
        currency=debt.currency,
        yearly=None if debt.annual_rate is None else debt.annual_rate * 100,
        rate=debt.annual_rate,
        principal=debt.principal or 0,
        charges=(debt.interest or 0) + (debt.fees or 0) if known else None,
        fees=debt.fees,
    )


def _beside(
    lender: Lender | None,
    on: date,
    *,
    currency: str,
    yearly: Decimal | None,
    rate: Decimal | None,
    principal: int,
    charges: int | None,
    fees: int | None,
) -> Sequence[Beside]:
    cost = Cost(
        yearly=yearly,
        daily=None if rate is None else round(rate * 100 / 365, 4),
        charges=None if charges is None or not principal else round(Decimal(charges) * 100 / principal, 2),
        # The cap on default fees is in pounds.
        default_fees=Decimal(fees).scaleb(-exponent_of(currency))
        if currency == "GBP" and fees is not None
        else None,
    )
    return ceilings.beside(book_of(lender), on, lender.kind if lender else "", cost)


# The rule's figure, then how ours stands to it. Never a verdict: whether a rule binds a contract is not ours to say.
_NAMES = {
    Measure.YEARLY: gettext_lazy("For a contract of that day it names %(figure)s a year."),
    Measure.DAILY: gettext_lazy("It names %(figure)s of the credit a day."),
    Measure.CHARGES: gettext_lazy("It names %(figure)s of the credit for all charges together."),
    Measure.DEFAULT_FEES: gettext_lazy("It names %(figure)s for all default fees together."),
}


def beside_rows(found: Sequence[Beside]) -> Sequence[BesideRow]:
    """Each rule's figure beside ours in words."""
    return [BesideRow(rule=each.rule, words=_beside_words(each), doubt=_doubt(each)) for each in found]


def _beside_words(each: Beside) -> str:
    figure = str(_NAMES[each.measure]) % {"figure": _shown(each.measure, each.figure)}
    if each.ours is None:
        return _("%(figure)s Ours is not known.") % {"figure": figure}
    words = (
        _("%(figure)s Here it is %(ours)s: above what it allows.")
        if each.above
        else _("%(figure)s Here it is %(ours)s: not above it.")
    )
    return words % {"figure": figure, "ours": _shown(each.measure, each.ours)}


def _shown(measure: Measure, figure: Decimal) -> str:
    if measure is Measure.DEFAULT_FEES:
        return formats.money(int(figure * 100), "GBP")
    return formats.percent(figure / 100)


def _doubt(each: Beside) -> str:
    if each.known_until:
        return _("The prime rate behind it is confirmed until %(day)s only.") % {
            "day": formats.day(each.known_until)
        }
    return "" if each.verified else _("Not yet checked against the original text.")


def card_blocks(terms: Terms, schedule: Schedule) -> Sequence[BlockWords]:
    """The six blocks of a card agreement in words, from its terms and the sentences that all of them have."""

    def amount(minor: int) -> str:
        return formats.money(minor, terms.currency)

    said: dict[Block, list[str]] = {
        block: [str(CLAUSES[each]) for each in _OF_BLOCK.get(block, ())] for block in Block
    }
    said[Block.BALANCE] = [
        _(
            "%(sum)s in %(currency)s: principal %(principal)s, interest from before %(interest)s, fees %(fees)s."
        )
        % {
            "sum": amount(terms.principal + terms.interest + terms.fees),
            "currency": get_currency_name(terms.currency, locale=formats.locale()),
            "principal": amount(terms.principal),
            "interest": amount(terms.interest),
            "fees": amount(terms.fees),
        }
    ]
    said[Block.PAYMENTS] = [_payment_words(terms, schedule)]
    interest = (
        _("New interest goes on at %(rate)s a year.") % {"rate": formats.percent(terms.rate)}
        if terms.rate
        else _("There is no new interest.")
    )
    said[Block.CHARGES].insert(0, interest)
    return [BlockWords(block=block, label=str(BLOCKS[block]), sentences=said[block]) for block in Block]


def _payment_words(terms: Terms, schedule: Schedule) -> str:
    if not schedule.rows:
        return _("Nothing is paid until %(day)s; then both sides look again.") % {
            "day": formats.day(terms.review.on if terms.review else schedule.last_due)
        }
    return ngettext(
        "%(n)s payment on %(first)s, in %(currency)s; its amount stands in the table.",
        "%(n)s monthly payments from %(first)s to %(last)s, in %(currency)s; each day and amount stands in the table.",
        len(schedule.rows),
    ) % {
        "n": len(schedule.rows),
        "first": formats.day(schedule.rows[0].due),
        "last": formats.day(schedule.last_due),
        "currency": get_currency_name(terms.currency, locale=formats.locale()),
    }


def trouble(terms: Terms, schedule: Schedule) -> Sequence[str]:
    """What happens if something goes wrong, in the order in which it would."""
    missed = terms.clawback.after_missed if terms.clawback else MISSED_BEFORE_BREAK
    found = [
        _("Paid late? It counts all the same, on the day it arrives."),
        _(
            "Cannot pay? Say so, if you can before the day. You may ask for a pause or another plan; asking costs nothing."
        ),
        ngettext(
            "The lender may end the agreement only when %(n)s payment is missed.",
            "The lender may end the agreement only when %(n)s payments in a row are missed.",
            missed,
        )
        % {"n": missed},
    ]
    if terms.clawback:
        found.append(
            _(
                "If it ends that way by %(day)s, %(sum)s that was waived is owed again, once. After that day it stays waived."
            )
            % {
                "day": formats.day(terms.clawback.until),
                "sum": formats.money(schedule.clawback, terms.currency),
            }
        )
    elif schedule.totals.waived:
        found.append(_("What was waived stays waived, even if the agreement ends early."))
    found.append(_("An agreement that ended can be taken up again as it was, without a new application."))
    return found


def steps(terms: Terms) -> Sequence[str]:
    """The months before the even payments begin, the pause first; and until when something stays open."""
    after = {
        Treatment.CAPITALISED: _("their interest joins the principal"),
        Treatment.CARRIED_FIRST: _("their interest is paid with the next payments"),
        Treatment.CARRIED_SPREAD: _("their interest is spread over the later payments"),
        Treatment.WAIVED: _("their interest is waived"),
    }
    found = []
    if terms.deferral:
        found.append(
            ngettext(
                "%(n)s month without a payment first; %(then)s.",
                "%(n)s months without a payment first; %(then)s.",
                terms.deferral.periods,
            )
            % {"n": terms.deferral.periods, "then": after[terms.deferral.treatment]}
        )
    for step in terms.steps:
        words = (
            ngettext("%(n)s month of %(sum)s", "%(n)s months of %(sum)s", step.periods)
            if step.amount
            else ngettext("%(n)s month without a payment", "%(n)s months without a payment", step.periods)
        ) % {"n": step.periods, "sum": formats.money(step.amount, terms.currency)}
        if step.treatment:
            words = _("%(step)s; %(then)s") % {"step": words, "then": after[step.treatment]}
        found.append(_("%(words)s.") % {"words": words})
    if terms.review:
        found.append(_("Both sides look again on %(day)s.") % {"day": formats.day(terms.review.on)})
    return found


def _rules(book: rulebook.Rulebook, names: Sequence[str], on: date) -> Sequence[Rule]:
    """The editions in force on a day; a rule that is not in force yet, or no longer, is left out."""
    found = []
    for name in names:
        try:
            found.append(book.rule(name, on))
        except RulebookError:
            continue
    return found
