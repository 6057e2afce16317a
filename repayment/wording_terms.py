"""The kinds of plan and the clauses of an agreement in words, the same for both sides and wherever terms are shown."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases import formats
from repayment.domain.difference import released
from repayment.domain.kinds import Kind, kind_of
from repayment.domain.schedule import Schedule
from repayment.domain.terms import Step, Terms, Treatment

KINDS = {
    Kind.EQUAL_INSTALMENT: gettext_lazy("Equal instalments"),
    Kind.EQUAL_PRINCIPAL: gettext_lazy("Equal principal"),
    Kind.INTEREST_ONLY_BALLOON: gettext_lazy("Interest first, principal at the end"),
    Kind.INTEREST_FREE: gettext_lazy("Interest-free instalments"),
    Kind.FIXED_AMOUNT: gettext_lazy("A fixed amount until it is paid off"),
    Kind.TOKEN: gettext_lazy("Small payments until a review"),
    Kind.NIL: gettext_lazy("No payments until a review"),
    Kind.SETTLEMENT: gettext_lazy("A few sums settle everything"),
}
_TREATMENTS = {
    Treatment.CAPITALISED: gettext_lazy("The interest of these months is added to the principal."),
    Treatment.CARRIED_FIRST: gettext_lazy(
        "The interest of these months is paid with the first payment after them."
    ),
    Treatment.CARRIED_SPREAD: gettext_lazy(
        "The interest of these months is spread over the payments after them."
    ),
    Treatment.WAIVED: gettext_lazy("The interest of these months is waived."),
}
_SET_ASIDE = gettext_lazy("The interest of these months stays owed until the review.")


def kind_words(terms: Terms) -> str:
    return str(KINDS[kind_of(terms)])


def clause_lines(terms: Terms, schedule: Schedule) -> Sequence[str]:
    """Every clause beyond the plain method, one or two sentences each; nothing for a plain plan."""
    found = [*pause_lines(terms), *step_lines(terms), *settlement_lines(terms, schedule)]
    return [
        *found,
        *pay_day_lines(terms),
        *review_lines(terms, schedule),
        *clawback_lines(terms, schedule),
    ]


def pay_day_lines(terms: Terms) -> Sequence[str]:
    if terms.pay_day is None:
        return ()
    words = _("It is paid on day %(day)s of each month; a shorter month uses its last day.")
    return (words % {"day": terms.pay_day},)


def pause_lines(terms: Terms) -> Sequence[str]:
    if terms.deferral is None:
        return ()
    months = ngettext(
        "First a pause of %(n)s month.", "First a pause of %(n)s months.", terms.deferral.periods
    )
    treated = str(_TREATMENTS[terms.deferral.treatment]) if terms.rate else ""
    return (joined(months % {"n": terms.deferral.periods}, treated),)


def step_lines(terms: Terms) -> Sequence[str]:
    """The lighter months, in their order."""
    found = []
    for place, step in enumerate(terms.steps):
        found.append(joined(_step(step, terms.currency, first=not place), _treated(step, terms)))
    return found


def _step(step: Step, currency: str, *, first: bool) -> str:
    if not step.amount:
        words = (
            ngettext(
                "First %(n)s month without a payment.", "First %(n)s months without a payment.", step.periods
            )
            if first
            else ngettext(
                "Then %(n)s month without a payment.", "Then %(n)s months without a payment.", step.periods
            )
        )
    elif first:
        words = ngettext("First %(n)s month of %(sum)s.", "First %(n)s months of %(sum)s each.", step.periods)
    else:
        words = ngettext("Then %(n)s month of %(sum)s.", "Then %(n)s months of %(sum)s each.", step.periods)
    return words % {"n": step.periods, "sum": formats.money(step.amount, currency)}


def _treated(step: Step, terms: Terms) -> str:
    """What becomes of a step's interest; nothing is said where there is none, or where it is simply paid."""
    if step.treatment is None or not terms.rate:
        return ""
    if terms.is_open_ended and step.treatment in (Treatment.CARRIED_FIRST, Treatment.CARRIED_SPREAD):
        return str(_SET_ASIDE)
    return str(_TREATMENTS[step.treatment])


def settlement_lines(terms: Terms, schedule: Schedule) -> Sequence[str]:
    if not terms.settlement:
        return ()
    sums = [
        _("%(sum)s on %(day)s")
        % {"sum": formats.money(lump.amount, terms.currency), "day": formats.day(lump.on)}
        for lump in terms.settlement
    ]
    found = [_("It is settled by %(sums)s.") % {"sums": _(", ").join(sums)}]
    if rest := released(terms, schedule):
        found.append(
            _("With the last of these the rest, %(sum)s, is waived. Until then it stays owed.")
            % {"sum": formats.money(rest, terms.currency)}
        )
    return found


def review_lines(terms: Terms, schedule: Schedule) -> Sequence[str]:
    if terms.review is None:
        return ()
    day = formats.day(terms.review.on)
    if terms.is_open_ended:
        words = _("%(sum)s stays owed until both sides look again on %(day)s.")
        return (words % {"sum": formats.money(schedule.left.total, terms.currency), "day": day},)
    return (_("Both sides look again on %(day)s.") % {"day": day},)


def clawback_lines(terms: Terms, schedule: Schedule) -> Sequence[str]:
    """The one event, its amount and its last day."""
    if terms.clawback is None:
        return ()
    words = ngettext(
        "Of what is waived %(sum)s comes back if %(n)s payment is missed, until %(day)s at the latest; nothing else does.",
        "Of what is waived %(sum)s comes back if %(n)s payments in a row are missed, until %(day)s at the latest; nothing else does.",
        terms.clawback.after_missed,
    )
    return (
        words
        % {
            "sum": formats.money(schedule.clawback, terms.currency),
            "n": terms.clawback.after_missed,
            "day": formats.day(terms.clawback.until),
        },
    )


def joined(*words: str) -> str:
    """One after another: with a space between them, and in Chinese without."""
    between = "" if formats.locale().language == "zh" else " "
    return between.join(word for word in words if word)
