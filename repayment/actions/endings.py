"""What stands against an early end: the rule of grace, of enough missed in a row, and of a notice that has run out. It writes nothing."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from cases.domain.refusal import Refused
from repayment.domain import second_chance
from repayment.queries_second_chance import Chance

RULE = "grace.ending"


def against(chance: Chance, today: dt.date) -> list[Refused]:
    """Everything that stands against an early end today, each with the rule it comes from; whoever asks for it."""
    if chance.stopped:
        # Why is between the borrower and whoever protects.
        return [Refused("stopped", _("This agreement cannot be ended now."))]
    rule = second_chance.rules().rule(RULE, today)
    if not chance.standing.may_end:
        words = _("Not enough instalments in a row are missed after their days of grace.")
        return [Refused("not_missed_enough", words, rule.citation)]
    if chance.ends_from is None:
        return [Refused("no_notice", _("The borrower has not been told yet."), rule.citation)]
    if today < chance.ends_from:
        return [Refused("notice_runs", _("The days of notice are not over."), rule.citation)]
    return []
