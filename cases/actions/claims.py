"""Writing down what a lender says is owed. The borrower's own record stays as it is; the two stand side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases import clock, queries_lender_api
from cases import queries as case_queries
from cases.access import Permission
from cases.actions import events
from cases.domain.claim_lines import ClaimLine
from cases.domain.refusal import Refused
from cases.models import Case, Debt, Lender, LenderClaim, User

_SAME = ("debt", "kind", "currency", "principal", "interest", "fees", "annual_rate", "days_overdue", "as_of")


@dataclass(frozen=True, kw_only=True)
class Said:
    """One line and its row; `known` when the very same was said before, and nothing was written."""

    claim: LenderClaim
    known: bool


class Refusals(Refused):
    """Some of many lines may not happen, so none did: (place in the request, refusal) for each."""

    def __init__(self, found: Sequence[tuple[int, Refused]]) -> None:
        super().__init__("lines_refused", _("Nothing was taken over: some lines need a change."))
        self.found = tuple(found)


@transaction.atomic
def say(*, by: User, lines: Sequence[ClaimLine]) -> list[Said]:
    """Take over what a lender says, all lines or none, in their order. The same line again changes nothing.

    `by` is the lender's system or one of its people. A case whose borrower shows this lender no debts is no case.
    Raises Refusals with every line that cannot be taken, Lender.DoesNotExist for somebody who speaks for none.
    """
    lender = case_queries.lender_of(by) if by.may(Permission.CASE_ANSWER) else None
    if lender is None:
        raise Lender.DoesNotExist
    wanted = {line.case for line in lines}
    # People always in one order, whatever the order of the lines: two files at once then wait, and never for each other.
    found = {case.ref: case for case in queries_lender_api.cases_open_to(lender).filter(ref__in=wanted)}
    people = sorted({case.borrower_id for case in found.values()})
    list(User.objects.select_for_update().filter(pk__in=people).order_by("pk"))
    cases = {
        case.ref: case
        for case in queries_lender_api.cases_open_to(lender)
        .filter(ref__in=found)
        .select_related("borrower", "lender")
    }
    debts = {
        (debt.borrower_id, debt.ref): debt
        for debt in case_queries.debts_for(by).filter(ref__in={line.debt for line in lines if line.debt})
    }
    last = {
        (claim.case_id, claim.account): claim
        for claim in queries_lender_api.newest(
            LenderClaim.objects.filter(case__in=cases.values()).order_by("case", "account", "number")
        )
    }
    said, refused = [], []
    for place, line in enumerate(lines):
        try:
            said.append(_say(by, line, cases, debts, last))
        except Refused as caught:
            refused.append((place, caught))
    if refused:
        raise Refusals(refused)
    return said


def _say(
    by: User,
    line: ClaimLine,
    cases: dict[str, Case],
    debts: dict[tuple[int, str], Debt],
    last: dict[tuple[int, str], LenderClaim],
) -> Said:
    case = cases.get(line.case)
    if case is None:
        raise Refused("unknown_case", _("There is no such case."), field="case")
    debt = debts.get((case.borrower_id, line.debt)) if line.debt else None
    if line.debt and debt is None:
        raise Refused("unknown_debt", _("There is no such debt in this case."), field="debt")
    if line.as_of > clock.today():
        raise Refused("still_to_come", _("The day of the figures lies ahead."), field="as_of")
    before = last.get((case.pk, line.account))
    values = {field.name: getattr(line, field.name) for field in fields(line)} | {"case": case, "debt": debt}
    if before is not None and all(getattr(before, name) == values[name] for name in _SAME):
        return Said(claim=before, known=True)
    if before is not None and before.as_of > line.as_of:
        raise Refused(
            "older_than_known", _("Newer figures for this account are here already."), field="as_of"
        )
    claim = LenderClaim.objects.create(
        **values, number=before.number + 1 if before else 1, said_at=clock.now()
    )
    last[case.pk, line.account] = claim
    events.record(
        "claim.said",
        by=by,
        about=claim,
        person=case.borrower,
        lender=case.lender,
        debt=debt.ref if debt else "",
        number=claim.number,
        total=claim.balance,
        on=claim.as_of.isoformat(),
    )
    return Said(claim=claim, known=False)
