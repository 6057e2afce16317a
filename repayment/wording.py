"""Terms, differences and reasons in words: one wording for the borrower's page and the officer's."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases import formats
from repayment.domain.authority import Reason
from repayment.domain.difference import Change, Difference, Field, Value
from repayment.domain.eligibility import Condition, Conditions, Relief, Unmet
from repayment.domain.kinds import Kind
from repayment.domain.restructure import Line, Operation
from repayment.domain.rows import Sums
from repayment.queries_eligibility import Standing
from repayment.wording_terms import KINDS

_LABELS = {
    Field.TOTAL_COST: gettext_lazy("Total to pay"),
    Field.MONTHLY: gettext_lazy("Each month"),
    Field.HIGHEST_MONTHLY: gettext_lazy("Highest month"),
    Field.PERIODS: gettext_lazy("Instalments"),
    Field.PAUSE: gettext_lazy("Pause first"),
    Field.RATE: gettext_lazy("Rate a year"),
    Field.WAIVED_INTEREST: gettext_lazy("Interest waived"),
    Field.WAIVED_FEES: gettext_lazy("Fees waived"),
    Field.FIRST_DUE: gettext_lazy("First payment"),
    Field.LAST_DUE: gettext_lazy("Last payment"),
    Field.METHOD: gettext_lazy("Kind of plan"),
    Field.LIGHT_MONTHS: gettext_lazy("Lighter months first"),
    Field.LIGHT_AMOUNT: gettext_lazy("Paid in the lightest month"),
    Field.RELEASED: gettext_lazy("Waived with the last payment"),
    Field.REVIEW: gettext_lazy("Both sides look again"),
    Field.CLAWBACK: gettext_lazy("May come back if the plan breaks"),
    Field.LEFT_OPEN: gettext_lazy("Stays owed until the review"),
}
_MONEY = {
    Field.TOTAL_COST,
    Field.MONTHLY,
    Field.HIGHEST_MONTHLY,
    Field.WAIVED_INTEREST,
    Field.WAIVED_FEES,
    Field.LIGHT_AMOUNT,
    Field.RELEASED,
    Field.CLAWBACK,
    Field.LEFT_OPEN,
}
_DATES = {Field.FIRST_DUE, Field.LAST_DUE, Field.REVIEW}
# Why a case stands in the queue, by the code that `repayment.actions.waiting.settle` leaves.
REASONS = {
    "new_proposal": gettext_lazy("A new proposal waits for an answer"),
    "counter_offer": gettext_lazy("The borrower has answered with another proposal"),
    "offer_to_answer": gettext_lazy("Your offer is with the borrower"),
    "question_waiting": gettext_lazy("The borrower asks a question"),
    "question_to_answer": gettext_lazy("Your question is with the borrower"),
    "approval_waiting": gettext_lazy("An answer waits for a second person"),
    "plan_agreed": gettext_lazy("A plan is agreed"),
    "plan_completed": gettext_lazy("Everything agreed is paid"),
    "payment_to_confirm": gettext_lazy("A payment waits to be confirmed"),
    "payment_not_found": gettext_lazy("A payment is being checked"),
    "declined": gettext_lazy("The last proposal was declined"),
    "withdrawn": gettext_lazy("The last proposal was withdrawn"),
    "expired": gettext_lazy("The last proposal ran out"),
    "plan_paused": gettext_lazy("The agreement is paused"),
    "plan_broken": gettext_lazy("The agreement has ended early"),
    "taken_back": gettext_lazy("The borrower took the agreement back in time"),
}

# Why an answer needs a second person, in the officer's words.
APPROVAL_REASONS = {
    Reason.WAIVER: gettext_lazy("It waives more than the officer may alone"),
    Reason.PRINCIPAL: gettext_lazy("The debt is larger than the officer may decide alone"),
    Reason.PERIODS: gettext_lazy("It runs longer than the officer may agree alone"),
    Reason.STATEMENT: gettext_lazy("It is above what the statement allows"),
    Reason.CONDITIONS: gettext_lazy("A published condition is not met"),
}
RELIEFS = {
    Relief.DEFERRAL: gettext_lazy("A pause first"),
    Relief.INTEREST_FREE: gettext_lazy("A plan without interest"),
}


@dataclass(frozen=True, kw_only=True)
class ReliefRow:
    """One kind of relief in words: whether it is given, on what conditions, and what stands against it today."""

    title: str
    most: int
    is_met: bool
    conditions: Sequence[str]
    against: Sequence[str]


# The steps from one agreement to the next, as `repayment.domain.restructure` keeps them.
STEPS = {
    Operation.OPEN: gettext_lazy("The agreement before began with"),
    Operation.ACCRUE: gettext_lazy("Interest of the months that passed"),
    Operation.PAY: gettext_lazy("What you paid until then"),
    Operation.WAIVE: gettext_lazy("Waived now"),
    Operation.CAPITALISE: gettext_lazy("Overdue interest that joins the principal"),
    Operation.REBUILD: gettext_lazy("Interest of the months to come"),
}


@dataclass(frozen=True, kw_only=True)
class StepRow:
    """One step in words: what it moved in all, and what is owed after it, by part; minor units."""

    label: str
    moved: int
    after: Sums
    moves_nothing: bool


def step_rows(lines: Iterable[Line]) -> Sequence[StepRow]:
    """Every step that says something; one that moved nothing is left out, unless it is where all began."""
    return [
        StepRow(
            label=str(STEPS[line.operation]),
            moved=line.moved.total,
            after=line.after,
            moves_nothing=line.operation is Operation.CAPITALISE,
        )
        for line in lines
        if line.operation is Operation.OPEN or line.moved != Sums()
    ]


@dataclass(frozen=True, kw_only=True)
class DifferenceRow:
    """One line of a difference table, all text. `change` is empty when nothing changed."""

    label: str
    before: str
    after: str
    change: str


def difference_rows(differences: Iterable[Difference], currency: str) -> Sequence[DifferenceRow]:
    """Every field worth a line; fields that neither side uses are left out."""
    return [
        DifferenceRow(
            label=str(_LABELS[difference.field]),
            before=value_words(difference.field, difference.before, currency),
            after=value_words(difference.field, difference.after, currency),
            change=change_words(difference, currency),
        )
        for difference in differences
        if not (difference.before is None and difference.after is None)
    ]


def value_words(field: Field, value: Value, currency: str) -> str:
    """One value of a term in words; what is absent is "none"."""
    if value is None:
        return _("none")
    if field in _MONEY and isinstance(value, int):
        return formats.money(value, currency)
    if isinstance(value, dt.date):
        # Two dates stand side by side on a phone: here they may break.
        return formats.day(value).replace(formats.NBSP, " ")
    if field is Field.RATE and isinstance(value, Decimal):
        return formats.percent(value) if value else _("no interest")
    if field is Field.METHOD:
        return str(KINDS[Kind(str(value))])
    if field in (Field.PAUSE, Field.LIGHT_MONTHS) and isinstance(value, int):
        return ngettext("%(n)s month", "%(n)s months", value) % {"n": value}
    return str(value)


def change_words(difference: Difference, currency: str) -> str:
    """How a value moved, as "11.45 more"; empty when it did not."""
    change, by = difference.change, difference.by
    if change is Change.SAME:
        return ""
    if change is Change.NEW:
        return _("new")
    if change is Change.GONE:
        return _("no longer")
    if change is Change.OTHER or by is None:
        return _("different")
    more = change is Change.MORE
    if difference.field in _DATES:
        days = abs(int(by))
        words = ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
        return (_("%(much)s later") if more else _("%(much)s earlier")) % {"much": words}
    if difference.field in _MONEY:
        words = formats.money(abs(int(by)), currency)
    elif difference.field is Field.RATE:
        words = formats.percent(abs(Decimal(by)))
    else:
        words = str(abs(int(by)))
    return (_("%(much)s more") if more else _("%(much)s less")) % {"much": words}


def relief_rows(standing: Standing) -> ReliefRow:
    """A published relief and where one debt stands with it."""
    return ReliefRow(
        title=str(RELIEFS[standing.relief]),
        most=standing.most,
        is_met=standing.is_met,
        conditions=condition_words(standing.conditions),
        against=[unmet_words(each) for each in standing.unmet] if standing.is_given else [],
    )


def condition_words(conditions: Conditions) -> list[str]:
    """What a lender asks, one sentence each; empty when it asks nothing."""
    found = []
    if days := conditions.min_days_overdue:
        found.append(
            ngettext(
                "The debt is overdue for at least %(n)s day.",
                "The debt is overdue for at least %(n)s days.",
                days,
            )
            % {"n": days}
        )
    if (most := conditions.max_in_12_months) is not None:
        found.append(
            ngettext("At most %(n)s time in twelve months.", "At most %(n)s times in twelve months.", most)
            % {"n": most}
        )
    if conditions.needs_difficulty:
        found.append(_("There is a reason for the difficulty, and you agree to show it."))
    if paid := conditions.min_paid_on_time:
        found.append(
            ngettext(
                "%(n)s instalment of an earlier agreement was paid on time.",
                "%(n)s instalments of earlier agreements were paid on time.",
                paid,
            )
            % {"n": paid}
        )
    return found


def unmet_words(unmet: Unmet) -> str:
    """Why not yet, without blame: what is needed and what there is."""
    values = {"needed": unmet.needed, "found": unmet.found or 0}
    match unmet.condition:
        case Condition.DAYS_OVERDUE if unmet.found is None:
            return _("We do not know how long it has been overdue. You can add it to the debt.")
        case Condition.DAYS_OVERDUE:
            return _("It has been overdue for %(found)s days; they ask for %(needed)s.") % values
        case Condition.TIMES_A_YEAR:
            return (
                _("You have had it %(found)s times in the last twelve months; they give it %(needed)s.")
                % values
            )
        case Condition.DIFFICULTY:
            return _(
                "Your budget names no reason for the difficulty yet. You may add one, and choose who sees it."
            )
        case Condition.PAID_ON_TIME:
            return _("%(found)s instalments were paid on time so far; they ask for %(needed)s.") % values


def approval_reasons(codes: Iterable[str]) -> list[str]:
    return [str(APPROVAL_REASONS[Reason(code)]) for code in codes]
