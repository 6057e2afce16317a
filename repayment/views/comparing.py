"""The comparison made ready for a page: names, figures and drawings, in the order of the date finished."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import charts
from cases.actions import budgets
from cases.domain.budget import Derivation
from cases.domain.money import exponent_of
from cases.models import Statement
from cases.naming import Named
from repayment.domain.comparison import Candidate, Kind, WhyNot
from repayment.domain.do_nothing import DoNothing
from repayment.queries_compare import Comparison

NAMES: Mapping[str, Promise | str] = {
    Kind.SOONEST: gettext_lazy("Free soonest"),
    Kind.LIGHT_FIRST: gettext_lazy("Light first"),
    Kind.LIGHTEST: gettext_lazy("Lightest month"),
}


@dataclass(frozen=True, kw_only=True)
class Card:
    """One plan that fits. `grows_from` is the first month's payment where later ones are dearer. `in_hand` is what its
    dearest month leaves after living costs, `at_first` what the first one leaves where that is more; `begins` is told
    of a pause. `same` names other ways out that come to this very plan.
    """

    kind: str
    name: str
    aside: str
    grows_from: int | None
    highest: int
    months: int
    last_due: date | None
    total: int
    in_hand: int
    at_first: int | None
    begins: date | None
    same: tuple[str, ...]
    stacked: charts.Stacked
    living: charts.Living | None
    checked: bool


@dataclass(frozen=True, kw_only=True)
class Unfit:
    """One plan that does not fit: what blocks it, and what a person can do about it."""

    kind: str
    name: str
    why_not: str
    lender: str
    needed: int | None


@dataclass(frozen=True, kw_only=True)
class Page:
    """`living_costs` is every cost of the budget but the cushion, None without its lines. `adds_up` says that income less
    what is set aside is exactly what may be paid, so that the sum can be shown as one.
    """

    cards: tuple[Card, ...]
    unfit: tuple[Unfit, ...]
    burn_down: charts.BurnDown | None
    costs: tuple[charts.CostBar, ...]
    owed: int
    waived: int
    needed: int | None
    pauses: tuple[tuple[str, int], ...]
    nothing: DoNothing | None
    assumed: tuple[str, ...]
    derivation: Derivation | None
    living_costs: int | None
    adds_up: bool
    unknown_rates: tuple[str, ...]
    at_contract: tuple[str, ...]
    earlier: int


def derived(statement: Statement | None) -> Derivation | None:
    """The budget's steps; None for one that keeps only its result."""
    return budgets.from_rows(statement.lines).derive() if statement and statement.lines else None


def page(comparison: Comparison, named: Mapping[str, Named], chosen: str = "") -> Page:
    """Everything the comparison page shows; `chosen` is the kind the person picked before, if any.

    `named` is by debt ref, over the whole list of the borrower's debts.
    """
    derivation = derived(comparison.statement)
    fitting, same = _distinct(each for each in comparison.candidates if each.fits)
    needs = [each.needed for each in comparison.candidates if each.needed is not None]
    owed = sum(debt.balance for debt in comparison.debts)
    cards = tuple(
        _card(each, fitting, same[each.kind], comparison, derivation, named, chosen) for each in fitting
    )
    unknown = {ref for each in fitting for ref in each.unknown_rates}
    nothing = comparison.nothing
    return Page(
        cards=cards,
        unfit=tuple(_unfit(each, named) for each in comparison.candidates if not each.fits),
        burn_down=charts.burn_down(
            [
                charts.Line(name=name_of(each.kind), order=place, left=_left(each), ends=each.last_due)
                for place, each in enumerate(fitting, 1)
                if each.last_due
            ]
        )
        if fitting
        else None,
        costs=charts.cost_bars(
            [
                charts.Cost(
                    name=name_of(each.kind), owed=owed - each.waived, interest=each.on_top + each.waived
                )
                for each in fitting
            ]
        ),
        owed=owed,
        waived=max((each.waived for each in fitting), default=0),
        needed=min(needs, default=None),
        pauses=_pauses(comparison, named),
        nothing=nothing,
        assumed=_once(named[ref].name for ref in nothing.unknown_rates) if nothing else (),
        derivation=derivation,
        living_costs=_living_costs(derivation) if derivation else None,
        adds_up=derivation is not None
        and derivation.available - derivation.deficit - comparison.agreed == comparison.available,
        unknown_rates=_once(named[debt.ref].name for debt in comparison.debts if debt.ref in unknown),
        at_contract=_once(named[debt.ref].name for debt in comparison.at_contract),
        earlier=max(card.months for card in cards) - min(card.months for card in cards) if cards else 0,
    )


def _living_costs(derivation: Derivation) -> int:
    return derivation.essentials + derivation.flexible + derivation.priority


def _distinct(candidates: Iterable[Candidate]) -> tuple[list[Candidate], dict[str, tuple[str, ...]]]:
    """Candidates in the order of the day they end, each plan once, and the names that come to the same plan."""
    kept: list[Candidate] = []
    same: dict[str, tuple[str, ...]] = {}
    for each in candidates:
        twin = next((one for one in kept if one.per_debt == each.per_debt), None)
        if twin is None:
            kept.append(each)
            same[each.kind] = ()
        else:
            same[twin.kind] += (name_of(each.kind),)
    return sorted(kept, key=lambda each: (each.last_due, each.total_cost)), same


def _pauses(comparison: Comparison, named: Mapping[str, Named]) -> tuple[tuple[str, int], ...]:
    """Each lender that publishes a pause, and the most months of it."""
    most: dict[str, int] = {}
    for ref, months in comparison.pauses.items():
        name = named[ref].name
        most[name] = max(months, most.get(name, 0))
    return tuple(most.items())


def _once(names: Iterable[str]) -> tuple[str, ...]:
    """Each lender once, however many debts it has, in the given order."""
    return tuple(dict.fromkeys(names))


def name_of(kind: str) -> str:
    """A kind in words; choices made when there were other kinds keep a plain name."""
    return str(NAMES.get(kind, _("An earlier plan")))


def by_lender(candidate: Candidate, named: Mapping[str, Named]) -> list[tuple[Named, list[int]]]:
    """Each creditor's payments month by month, its debts added up, in the order of the borrower's list."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0] * len(candidate.monthly))
    who: dict[int, Named] = {}
    for place, month in enumerate(candidate.monthly):
        for ref, amount in month.per_debt:
            who.setdefault(named[ref].order, named[ref])
            sums[named[ref].order][place] += amount
    return [(who[order], sums[order]) for order in sorted(sums)]


def _card(
    candidate: Candidate,
    all_fitting: Sequence[Candidate],
    same: tuple[str, ...],
    comparison: Comparison,
    derivation: Derivation | None,
    named: Mapping[str, Named],
    chosen: str,
) -> Card:
    series = [
        charts.Series(letter=who.letter, name=who.name, order=who.order, amounts=amounts)
        for who, amounts in by_lender(candidate, named)
    ]
    buffer = derivation.buffer if derivation else 0
    in_hand = candidate.left_each_month + buffer
    living = None
    if derivation:
        essentials = _living_costs(derivation)
        set_aside = essentials + comparison.agreed + candidate.highest_monthly + buffer
        living = charts.living(
            income=derivation.income,
            essentials=essentials,
            agreed=comparison.agreed,
            plan=candidate.highest_monthly,
            cushion=buffer,
            rest=derivation.income - set_aside,
        )
    first, highest = candidate.first_monthly, candidate.highest_monthly
    unit = 10 ** exponent_of(comparison.statement.currency) if comparison.statement else 1
    begins = next((month.month for month in candidate.monthly if month.total), None)
    return Card(
        kind=candidate.kind,
        name=name_of(candidate.kind),
        aside=_fact(candidate, all_fitting),
        # Less than one unit of the currency apart is rounding, not a plan that grows.
        grows_from=first if highest - first >= unit else None,
        highest=highest,
        months=candidate.months,
        last_due=candidate.last_due,
        total=candidate.total_cost,
        in_hand=in_hand,
        at_first=candidate.left_at_first + buffer if highest - first >= unit else None,
        begins=begins if not first else None,
        same=same,
        stacked=charts.stacked(series, [month.month for month in candidate.monthly], other=_("Others")),
        living=living,
        checked=candidate.kind == chosen,
    )


def _fact(candidate: Candidate, others: Sequence[Candidate]) -> str:
    """What is true of this plan alone among the fitting ones. A fact, never a recommendation."""
    if len(others) < 2:
        return ""

    def only(measure: str) -> bool:
        values = [getattr(each, measure) for each in others]
        return values.count(min(values)) == 1 and getattr(candidate, measure) == min(values)

    if only("total_cost"):
        return _("costs least")
    if candidate.kind is not Kind.SOONEST and only("first_monthly"):
        return _("easier at first") if candidate.kind is Kind.LIGHT_FIRST else _("less each month")
    if candidate.kind is Kind.LIGHTEST and only("highest_monthly"):
        return _("less each month")
    return ""


def _left(candidate: Candidate) -> list[int]:
    """What is still to be repaid today and after each month, future interest aside."""
    repaid: dict[date, int] = defaultdict(int)
    for plan in candidate.per_debt:
        for row in plan.schedule.rows:
            repaid[row.due] += row.principal + row.arrears + row.fees
    left = [sum(repaid.values())]
    for month in candidate.monthly:
        left.append(left[-1] - repaid[month.month])
    return left


def _unfit(candidate: Candidate, named: Mapping[str, Named]) -> Unfit:
    return Unfit(
        kind=candidate.kind,
        name=name_of(candidate.kind),
        why_not=str(candidate.why_not or WhyNot.TOO_LITTLE),
        lender=named[candidate.blocked_by].name if candidate.blocked_by else "",
        needed=candidate.needed,
    )
